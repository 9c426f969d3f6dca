"""How full a group is, and who may take a seat."""

from dataclasses import dataclass, replace

from enrollment.domain.states import DRAFT, SEATED, WAITLISTED


@dataclass(frozen=True)
class Seats:
    """Seats of one group, and how many of its applications hold one, wait for one, or are not sent yet.

    `taken` may exceed `capacity` only because the capacity was lowered: nobody is thrown out.
    """

    capacity: int
    taken: int
    waiting: int
    drafts: int = 0

    @property
    def has_room(self) -> bool:
        """Whether a newcomer may sit down: a seat is free and nobody who came earlier waits for it."""
        return self.taken < self.capacity and self.waiting == 0

    @property
    def may_offer(self) -> bool:
        """Whether a free seat belongs to somebody who waits."""
        return self.taken < self.capacity and self.waiting > 0

    def after(self, before: str | None, now: str) -> "Seats":
        """The seats after one application went from status `before` (None: it is new) to `now`."""
        return replace(
            self,
            taken=self.taken + (now in SEATED) - (before in SEATED),
            waiting=self.waiting + (now == WAITLISTED) - (before == WAITLISTED),
            drafts=self.drafts + (now == DRAFT) - (before == DRAFT),
        )
