"""Marks on a lesson page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from chassis.errors import Conflict, InvalidInput

MARKS = ("present", "absent", "ill", "excused")


@dataclass(frozen=True)
class NewMark:
    """A mark that a teacher sets for one enrolment."""

    enrollment_id: str
    mark: str


@dataclass(frozen=True)
class ChangedMark:
    """A mark that differs from what the page said; `previous` is None where the page was empty."""

    enrollment_id: str
    mark: str
    previous: str | None


def check_version(page_version: int, seen: int | None) -> None:
    """Whoever names the version that it has seen must have seen the page as it is.

    Raises `Conflict("stale_page")` with the page's version.
    """
    if seen is not None and seen != page_version:
        raise Conflict("stale_page", "The page was changed meanwhile.", page_version=str(page_version))


def changes(current: Mapping[str, str], wanted: Sequence[NewMark], roster: Collection[str]) -> tuple[ChangedMark, ...]:
    """The marks that change the page, in the order given; none when the page already says so.

    `current` maps enrolments to marks; `roster` holds those who may be marked. Raises `InvalidInput` naming each
    line whose enrolment is not on the roster or is named twice.
    """
    _check_lines(wanted, roster)
    return tuple(
        ChangedMark(line.enrollment_id, line.mark, current.get(line.enrollment_id))
        for line in wanted
        if current.get(line.enrollment_id) != line.mark
    )


def _check_lines(wanted: Sequence[NewMark], roster: Collection[str]) -> None:
    faults: dict[str, str] = {}
    seen: set[str] = set()
    for index, line in enumerate(wanted):
        if line.enrollment_id not in roster:
            faults[f"marks.{index}.enrollment_id"] = "Not enrolled in this group on the day of the lesson."
        elif line.enrollment_id in seen:
            faults[f"marks.{index}.enrollment_id"] = "Named twice."
        seen.add(line.enrollment_id)
    if faults:
        raise InvalidInput("invalid_request", "Some lines cannot be marked.", **faults)
