"""A published text of consent never changes."""

from accounts.domain.consents import CURRENT, PUBLISHED

HASHES = {
    "1": "d2dfa3bd4eae3e21777d89384c3edac27eaf8643860da2b4af97502900bd02e9",
    "2": "d7a966958c030936d554b4ecc3a85190fb5b9566d3c8bd14e79ee2e98e437793",
}


def test_every_published_version_keeps_its_text() -> None:
    assert {each.version: each.text_sha256 for each in PUBLISHED} == HASHES


def test_the_newest_version_is_asked_for() -> None:
    assert PUBLISHED[-1] == CURRENT
    assert "подана заявка или зачислен" in CURRENT.text
