"""A published text of consent never changes."""

from accounts.domain.consents import CURRENT

PUBLISHED = {"1": "d2dfa3bd4eae3e21777d89384c3edac27eaf8643860da2b4af97502900bd02e9"}


def test_every_published_version_keeps_its_text() -> None:
    assert PUBLISHED[CURRENT.version] == CURRENT.text_sha256
