"""What a guardian reads about each kind of event: subject and text, in Russian.

Texts hold sums, days, titles of groups and the certificate's number; never a person's name or contact. Each says what
happened, why, what to do next, and how much is left where the event tells it.
"""

from notifications.domain.texts import certificates, lessons, money, places
from notifications.domain.texts.kinds import Facts, Group, Kind, Text

KINDS: dict[str, Kind] = {
    kind.code: kind for kind in (*places.KINDS, *lessons.KINDS, *certificates.KINDS, *money.KINDS)
}

__all__ = ["KINDS", "Facts", "Group", "Kind", "Text", "certificates", "lessons", "money", "places"]
