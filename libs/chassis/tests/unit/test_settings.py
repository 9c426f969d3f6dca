"""Settings: read once, checked together, silent about secrets."""

from dataclasses import FrozenInstanceError, dataclass, fields
from pathlib import Path

import pytest
from signing_keys import PUBLIC_KEY

from chassis.settings import Settings, SettingsInvalid, documented, host_and_port, load, setting

GOOD = {
    "KRUZHOK_ENV": "test",
    "KRUZHOK_AMQP_URL": "amqp://shop:pass-of-broker@127.0.0.1:5672/",
    "KRUZHOK_TOKEN_PUBLIC_KEY": PUBLIC_KEY,
    "SHOP_PIN": "pin-0451",
}


@dataclass(frozen=True)
class ShopSettings(Settings):
    """The shop's."""

    pin: str = setting("SHOP_PIN", "Of the till.", secret=True)
    safe: int = setting("SHOP_SAFE", "Its combination.", parse=int, default=0, secret=True)
    shelves: int = setting("SHOP_SHELVES", "How many.", parse=int, default=3)


def test_what_is_not_set_has_its_default() -> None:
    loaded = load(ShopSettings, GOOD)
    assert (loaded.shelves, loaded.max_workers, loaded.log_level) == (3, 24, "info")
    assert loaded.retry_delays_seconds == (5, 30, 300, 1800)
    assert (loaded.admin_host, loaded.admin_port) == ("127.0.0.1", 9101)
    assert loaded.database_url == ""


def test_what_is_set_is_parsed() -> None:
    given = {
        "SHOP_SHELVES": "12",
        "KRUZHOK_RETRY_DELAYS_SECONDS": "1, 2,3",
        "KRUZHOK_ADMIN_ADDRESS": "0.0.0.0:80",
        "KRUZHOK_LOG_LEVEL": "WARNING",
    }
    loaded = load(ShopSettings, GOOD | given)
    assert (loaded.shelves, loaded.retry_delays_seconds, loaded.log_level) == (12, (1, 2, 3), "warning")
    assert (loaded.admin_host, loaded.admin_port) == ("0.0.0.0", 80)


def test_all_faults_are_told_at_once() -> None:
    given = {
        "KRUZHOK_ENV": "moon",
        "KRUZHOK_AMQP_URL": "http://127.0.0.1",
        "KRUZHOK_DATABASE_URL": "postgresql://shop@127.0.0.1/shop",
        "KRUZHOK_TOKEN_PUBLIC_KEY": "no key",
        "KRUZHOK_ADMIN_ADDRESS": "9101",
        "KRUZHOK_MAX_WORKERS": "-1",
        "KRUZHOK_RETRY_DELAYS_SECONDS": "soon",
        "KRUZHOK_DRAIN_SECONDS": "26",
        "SHOP_SHELVES": "many",
    }
    with pytest.raises(SettingsInvalid) as refused:
        load(ShopSettings, given)
    told = str(refused.value)
    assert [name for name in [*given, "SHOP_PIN"] if name not in told] == []
    assert "SHOP_PIN is not set (Of the till.)" in told
    assert "must be one of local, test, production" in told
    assert "KRUZHOK_DRAIN_SECONDS is malformed: must be at most 25" in told
    assert len(told.splitlines()) == 1 + len(given) + 1


def test_an_empty_variable_counts_as_not_set() -> None:
    with pytest.raises(SettingsInvalid, match="SHOP_PIN is not set"):
        load(ShopSettings, GOOD | {"SHOP_PIN": ""})


def test_a_secret_may_be_in_a_file_without_its_last_line_end(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("0451\n")
    given = {name: value for name, value in GOOD.items() if name != "SHOP_PIN"}
    assert load(ShopSettings, given | {"SHOP_PIN_FILE": str(tmp_path / "pin")}).pin == "0451"


def test_a_secret_given_twice_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("0451")
    with pytest.raises(SettingsInvalid, match="SHOP_PIN and SHOP_PIN_FILE are both set"):
        load(ShopSettings, GOOD | {"SHOP_PIN_FILE": str(tmp_path / "pin")})


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file"), (b"\xff", "not UTF-8")])
def test_an_unreadable_secret_file_is_a_fault_with_its_reason(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "pin"
    if content is not None:
        path.write_bytes(content)
    given = {name: value for name, value in GOOD.items() if name != "SHOP_PIN"}
    with pytest.raises(SettingsInvalid, match=reason):
        load(ShopSettings, given | {"SHOP_PIN_FILE": str(path)})


def test_only_secrets_are_read_from_files(tmp_path: Path) -> None:
    (tmp_path / "shelves").write_text("9")
    assert load(ShopSettings, GOOD | {"SHOP_SHELVES_FILE": str(tmp_path / "shelves")}).shelves == 3


def test_no_secret_is_ever_shown() -> None:
    loaded = load(ShopSettings, GOOD)
    broken = {"KRUZHOK_AMQP_URL": "broken://shop:pass-of-broker@x", "KRUZHOK_ENV": "moon", "SHOP_SAFE": "safe-77"}
    with pytest.raises(SettingsInvalid, match="SHOP_SAFE is malformed") as refused:
        load(ShopSettings, GOOD | broken)
    for shown in (repr(loaded), str(refused.value)):
        assert "pin-0451" not in shown
        assert "safe-77" not in shown
        assert "pass-of-broker" not in shown
    assert "test" in repr(loaded)


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        load(ShopSettings, GOOD).shelves = 4  # type: ignore[misc]


def test_every_setting_is_documented_with_its_default() -> None:
    lines = documented(ShopSettings)
    assert len(lines) == len(fields(ShopSettings))
    assert ("SHOP_PIN", "Of the till.", None, True) in lines
    assert ("SHOP_SHELVES", "How many.", "3", False) in lines
    assert ("5,30,300,1800") in [default for name, _, default, _ in lines if name == "KRUZHOK_RETRY_DELAYS_SECONDS"]


@pytest.mark.parametrize("text", ["", "host", ":80", "host:", "host:http", "host:65536"])
def test_an_address_is_a_host_and_a_port(text: str) -> None:
    with pytest.raises(ValueError, match="must look like"):
        host_and_port(text)
    assert host_and_port("[::1]:80") == ("[::1]", 80)
