"""How names and addresses are written down, and what makes two of them the same."""

import re
import unicodedata

_SPACES = re.compile(r"\s+")
_SIGNS = " -.'’\u0301"
_SAME_LOOK = str.maketrans("ёabcehkmoptxy", "еавсенкмортху")
_AROUND_HYPHEN = re.compile(r"\s*[-\u2010-\u2015\u2212]\s*")


def written(name: str) -> str:
    """A name as it is kept and shown: composed letters, single spaces, plain hyphens, nothing around."""
    composed = unicodedata.normalize("NFC", name)
    return _AROUND_HYPHEN.sub("-", _SPACES.sub(" ", composed)).strip(" -")


def is_name(name: str) -> bool:
    """Whether a written name holds a letter, and nothing but letters, spaces, hyphens, full stops and apostrophes."""
    return any(sign.isalpha() for sign in name) and all(sign.isalpha() or sign in _SIGNS for sign in name)


def same_person_key(family_name: str, given_name: str) -> str:
    """What two spellings of one person's name have in common; a patronymic may be missing and is left out.

    Letter case, ё and е, stress marks, all signs that are no letters, and Latin letters that look like Cyrillic ones do
    not tell people apart; each part of the name stays in its place.
    """
    return "|".join(_compared(part) for part in (family_name, given_name))


def normalised_email(email: str) -> str:
    """The one spelling of an address: it identifies the account, and mail goes to exactly this spelling."""
    return unicodedata.normalize("NFC", email.strip()).casefold()


def _compared(part: str) -> str:
    letters = (sign for sign in written(part).casefold() if sign.isalpha())
    return "".join(letters).translate(_SAME_LOOK)
