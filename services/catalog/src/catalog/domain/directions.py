"""The six directions of supplementary education.

Their list is set by the Ministry of Education's Order 629 of 27 July 2022.
"""

DIRECTIONS: dict[str, str] = {
    "technical": "Техническая",
    "natural_science": "Естественнонаучная",
    "arts": "Художественная",
    "sport": "Физкультурно-спортивная",
    "tourism": "Туристско-краеведческая",
    "social_humanitarian": "Социально-гуманитарная",
}
"""Code → name on screen, in the order of the lists that families see."""
