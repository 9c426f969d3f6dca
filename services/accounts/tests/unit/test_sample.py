"""The demo accounts are those that the README promises."""

import re
from pathlib import Path

from accounts import sample

README = (Path(__file__).parents[4] / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_the_demo_accounts_and_no_others() -> None:
    assert set(re.findall(r"\S+@example\.org", README)) == {account.email for account in sample.ACCOUNTS}


def test_each_stands_beside_its_role_and_below_its_region() -> None:
    (head,) = (line for line in README.splitlines() if line.startswith("| role |"))
    regions = re.findall(r"\d{2}", head)
    for account in sample.ACCOUNTS:
        (row,) = (line for line in README.splitlines() if line.startswith(f"| {account.role} |"))
        assert account.email in row.split("|")[2 + regions.index(account.region_code)]


def test_the_readme_tells_their_password() -> None:
    assert f"`{sample.PASSWORD}`" in README
