"""Which known words a mistyped word may mean."""

from collections.abc import Collection, Iterable

SHORT_LETTERS = 5
"""So long a word forgives one typo, a longer one two."""
_SURE_LETTERS = 3
_RUSSIAN, _LATIN = "абвгдежзийклмнопрстуфхцчшщъыьэюя", "abcdefghijklmnopqrstuvwxyz0123456789"


def typos_allowed(word: str) -> int:
    """How many typos are forgiven: none up to three letters, one up to five, two beyond."""
    if len(word) <= _SURE_LETTERS:
        return 0
    return 1 if len(word) <= SHORT_LETTERS else 2


def typos_between(one: str, other: str) -> int:
    """The fewest letters left out, added, replaced, or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        current = [row]
        for column, other_letter in enumerate(other, start=1):
            replaced = last[column - 1] + (letter != other_letter)
            best = min(replaced, last[column] + 1, current[column - 1] + 1)
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == other_letter:
                best = min(best, before[column - 2] + 1)
            current.append(best)
        before, last = last, current
    return last[-1]


def one_typo_away(word: str) -> frozenset[str]:
    """The word and all that one letter left out, added, replaced, or swapped with its neighbour makes of it."""
    letters = _LATIN if word.isascii() else _RUSSIAN
    parts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    lost = {before + after[1:] for before, after in parts if after}
    swapped = {before + after[1] + after[0] + after[2:] for before, after in parts if len(after) > 1}
    replaced = {before + letter + after[1:] for before, after in parts if after for letter in letters}
    added = {before + letter + after for before, after in parts for letter in letters}
    return frozenset({word} | lost | swapped | replaced | added)


def closest_words(forms: Collection[str], known: Iterable[str]) -> tuple[str, ...]:
    """The known words with the fewest typos between them and a form, if these are forgiven; in alphabetical order.

    `forms` are a word as it was typed and its stem. The longer of two words says how many typos are forgiven.
    """
    forgiven = [
        (typos, each) for each in set(known) for form in forms if (typos := _forgiven_typos(form, each)) is not None
    ]
    fewest = min((typos for typos, _ in forgiven), default=0)
    return tuple(sorted({each for typos, each in forgiven if typos == fewest}))


def _forgiven_typos(one: str, other: str) -> int | None:
    allowed = typos_allowed(max(one, other, key=len))
    if abs(len(one) - len(other)) > allowed:
        return None
    typos = typos_between(one, other)
    return typos if typos <= allowed else None
