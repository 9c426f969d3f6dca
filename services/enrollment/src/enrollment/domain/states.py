"""The life of an application; an enrolment is the same application later in its life.

`draft → submitted → confirmed → enrolled → completed`, with `waitlisted → offered` before it and `paused` beside
`enrolled`; `cancelled` ends it before the enrolment, `withdrawn` after it. What is not in the table cannot happen; nor
can `paused` yet: no command pauses an enrolment.
"""

from chassis.errors import Conflict

DRAFT, SUBMITTED, WAITLISTED, OFFERED, CONFIRMED = "draft", "submitted", "waitlisted", "offered", "confirmed"
ENROLLED, PAUSED, COMPLETED, WITHDRAWN, CANCELLED = "enrolled", "paused", "completed", "withdrawn", "cancelled"

NEXT: dict[str, frozenset[str]] = {
    DRAFT: frozenset({SUBMITTED, WAITLISTED, CANCELLED}),
    SUBMITTED: frozenset({CONFIRMED, CANCELLED}),
    WAITLISTED: frozenset({OFFERED, CANCELLED}),
    OFFERED: frozenset({SUBMITTED, CANCELLED}),
    CONFIRMED: frozenset({ENROLLED, CANCELLED}),
    ENROLLED: frozenset({PAUSED, COMPLETED, WITHDRAWN}),
    PAUSED: frozenset({ENROLLED, WITHDRAWN}),
    COMPLETED: frozenset(),
    WITHDRAWN: frozenset(),
    CANCELLED: frozenset(),
}
"""Which status may follow which."""

SEATED = (SUBMITTED, OFFERED, CONFIRMED, ENROLLED, PAUSED)
"""Statuses in which the application holds one of the group's seats."""

LIVE = (*SEATED, WAITLISTED)
"""Statuses in which the child counts as being in the module: at most one such application per child and module."""

BEFORE_ENROLMENT = (DRAFT, WAITLISTED, OFFERED, SUBMITTED, CONFIRMED)
"""Statuses that a cancellation ends; after them the child is enrolled, and a withdrawal does."""


def advance(status: str, *targets: str) -> str:
    """The last of `targets`, reached from `status` one legal step at a time.

    Raises `Conflict("transition_not_allowed")` at the first step that the table does not know.
    """
    for target in targets:
        if target not in NEXT[status]:
            raise Conflict(
                "transition_not_allowed", "The application's status does not allow this.", status=status, target=target
            )
        status = target
    return status


def path_of(admission: str, has_room: bool) -> tuple[str, ...]:
    """The steps that an application takes when it is sent or takes an offered place: into a seat, or into the list.

    A group of `admission` "instant" enrols without the provider; of "review" it holds the seat until the provider
    decides.
    """
    if not has_room:
        return (WAITLISTED,)
    return (SUBMITTED, CONFIRMED, ENROLLED) if admission == "instant" else (SUBMITTED,)
