"""The whole suite with its sample data, once for all tests here; people reach it over HTTP and mail alone."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.testing import Suite, running_suite

sys.path.insert(0, str(Path(__file__).parent))

from people import Family, Person, staff

SAMPLE = ("catalog", "accounts", "billing")


@pytest.fixture(scope="session")
def suite() -> Iterator[Suite]:
    with running_suite(sample=SAMPLE) as running:
        yield running


@pytest.fixture(scope="session")
def url(suite: Suite) -> str:
    return suite.url


@pytest.fixture(scope="session")
def family(suite: Suite) -> Family:
    return Family.registered(suite.url, suite.mail, "38")


@pytest.fixture(scope="session")
def other_family(suite: Suite) -> Family:
    return Family.registered(suite.url, suite.mail, "38")


@pytest.fixture(scope="session")
def teacher(suite: Suite) -> Person:
    return staff(suite.url, "teacher", "38")


@pytest.fixture(scope="session")
def municipality(suite: Suite) -> Person:
    return staff(suite.url, "municipality", "38")
