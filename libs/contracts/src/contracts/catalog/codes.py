"""The words of catalog's fields."""

from contracts.fields import Written

SERVICE = "catalog"
DIRECTIONS = ("technical", "natural_science", "arts", "sport", "tourism", "social_humanitarian")
ADMISSIONS = ("instant", "review")
GROUP_STATES = ("published", "closed")
OWN_GROUP_STATES = ("draft", *GROUP_STATES)
"""A draft is seen by its provider alone and announced to nobody."""
PROVIDER_STATES = ("active", "suspended")
PROVIDER_KINDS = ("school", "club", "sport_school", "entrepreneur")
"""The four kinds: general school, institution of supplementary education, sport school, individual entrepreneur."""
SUSPENSION_REASONS = ("licence_lapsed", "complaint_check", "own_request", "data_check", "cleared")
TIME_OF_DAY = Written(r"^([01]\d|2[0-3]):[0-5]\d$", error="Hours and minutes, 16:30.")
