"""Which known words a mistyped word may mean."""

from collections.abc import Iterable

_SURE_LETTERS, _LONG_LETTERS = 3, 6


def typos_allowed(word: str) -> int:
    """How many typos are forgiven: none up to three letters, one up to five, two beyond."""
    if len(word) <= _SURE_LETTERS:
        return 0
    return 1 if len(word) < _LONG_LETTERS else 2


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


def closest_words(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """The known words with the fewest typos between them and `word`, if these are forgiven; in alphabetical order."""
    counted = [(typos_between(word, each), each) for each in set(known)]
    fewest = min((typos for typos, _ in counted), default=typos_allowed(word) + 1)
    if fewest > typos_allowed(word):
        return ()
    return tuple(sorted(each for typos, each in counted if typos == fewest))
