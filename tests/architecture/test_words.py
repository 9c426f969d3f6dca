"""What several services call the same thing in Russian is the same word: a domain imports no contract to share it."""

from billing.domain import words as in_offers
from catalog.domain.directions import DIRECTIONS
from gateway.texts import words as in_refusals


def test_a_direction_has_one_name_in_lists_offers_and_refusals() -> None:
    names = {code: name[0].lower() + name[1:] for code, name in DIRECTIONS.items()}
    assert names == in_offers.DIRECTIONS
    assert {code: in_refusals.RUSSIAN[code] for code in DIRECTIONS} == names
