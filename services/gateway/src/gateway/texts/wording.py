"""What is said about a refusal, to whom."""

from typing import NamedTuple


class Wording(NamedTuple):
    """When a code is answered (for developers), and what happened and what to do next, for people.

    Braces in the texts name facts of the refusal.
    """

    when: str
    russian: str
    english: str


Wordings = dict[str, Wording]
