"""The facts and the shape of the data files; loading them is tested on the database."""

import re
from collections import Counter

import pytest

from catalog.domain.places import check_municipality, check_region
from catalog.sample import municipalities, regions


@pytest.mark.parametrize(("region_code", "count", "prefixes"), [("38", 42, ("256", "257")), ("05", 51, ("826", "827"))])
def test_every_municipality_of_the_region_is_there_once(
    region_code: str, count: int, prefixes: tuple[str, str]
) -> None:
    known = municipalities(region_code)

    assert len(known) == count
    assert len({each.municipality_code for each in known}) == count
    assert len({each.payer_code for each in known}) == count
    assert len({each.name for each in known}) == count
    for each in known:
        check_municipality(each)
        assert re.fullmatch(rf"({'|'.join(prefixes)})\d\d000", each.municipality_code)
        assert each.name.endswith(" район") == each.municipality_code.startswith(prefixes[0])


def test_the_places_of_the_announcements_are_there() -> None:
    named = {each.municipality_code: each.name for code in ("05", "38") for each in municipalities(code)}

    assert named["82654000"] == "Хасавюртовский район"
    assert named["82735000"] == "Хасавюрт"
    assert named["25701000"] == "Иркутск"
    assert named["25703000"] == "Ангарск"
    assert named["25714000"] == "Братск"


def test_the_regions_differ_in_words_hours_and_hosts() -> None:
    dagestan, irkutsk = regions()

    for region in (dagestan, irkutsk):
        check_region(region)
        assert Counter(host[0] for host in region.hosts) == {"р": 1, "p": 1}
    assert (dagestan.region_code, dagestan.time_zone) == ("05", "Europe/Moscow")
    assert (irkutsk.region_code, irkutsk.time_zone) == ("38", "Asia/Irkutsk")
    assert dagestan.financing_term == "персонифицированное финансирование"
    assert irkutsk.financing_term == "персонализированное финансирование"
