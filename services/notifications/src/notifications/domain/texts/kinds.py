"""What a text is made of, and what a kind of text needs to know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chassis.values import Amount
from notifications.domain import formats


@dataclass(frozen=True)
class Text:
    """A message to a person."""

    subject: str
    body: str


@dataclass(frozen=True)
class Group:
    """What a message says of a group; times of its lessons and deadlines are told in its time zone."""

    title: str
    provider_name: str
    time_zone: str


@dataclass(frozen=True)
class Facts:
    """What an event told, as JSON values, and the group it concerns, if any."""

    values: Mapping[str, Any]
    group: Group | None = None

    def money(self, name: str) -> str:
        """An amount as people read it."""
        return formats.money(Amount.from_wire(self.values[name]))

    def day(self, name: str) -> str:
        """A day as people read it."""
        return formats.day(date.fromisoformat(self.values[name]))

    def month(self, name: str) -> str:
        """The month of a day as people read it."""
        return formats.month(date.fromisoformat(self.values[name]))

    def moment(self, name: str) -> str:
        """Day and time of an instant where the group is."""
        return f"{formats.moment(self._instant(name), self._group.time_zone)} по местному времени"

    def time(self, name: str) -> str:
        """The time of an instant where the group is."""
        return formats.time(self._instant(name), self._group.time_zone)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def title(self) -> str:
        """The group in quotes."""
        return f"«{self._group.title}»"

    @property
    def place(self) -> str:
        """The group in quotes and who runs it."""
        return f"{self.title} ({self._group.provider_name})"

    def _instant(self, name: str) -> datetime:
        return datetime.fromisoformat(self.values[name])

    @property
    def _group(self) -> Group:
        if self.group is None:
            raise ValueError("this event does not name a group")
        return self.group


@dataclass(frozen=True)
class Kind:
    """A kind of message: which facts it needs and how it is written.

    One `to_roster` concerns every child that is in the group, any other the child that the event names.
    """

    code: str
    facts: tuple[str, ...]
    write: Callable[[Facts], Text]
    about_group: bool = False
    to_roster: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        """The fields of the event that this service uses."""
        child = () if self.to_roster else ("child_id",)
        return (*child, *(("group_id",) if self.about_group else ()), *self.facts)
