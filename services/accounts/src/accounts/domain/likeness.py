"""When two registrations mean one child.

Family name, given name and birth date make the child; the patronymic is optional and does not tell children apart.
Equal insurance numbers make one child whatever the names, and two different ones make two children whatever the names.
"""

from dataclasses import dataclass

BY_NAME, BY_SNILS = "name_and_birth_date", "snils"


@dataclass(frozen=True)
class Sketch:
    """What a child is recognised by: keyed hashes of name with birth date, and of the insurance number if known."""

    identity: bytes
    snils: bytes | None = None


def likeness(one: Sketch, other: Sketch) -> str | None:
    """What makes two registrations one child: `snils`, `name_and_birth_date`, or None for two children."""
    if one.snils is not None and other.snils is not None:
        return BY_SNILS if one.snils == other.snils else None
    return BY_NAME if one.identity == other.identity else None
