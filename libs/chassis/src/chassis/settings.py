"""Settings come from environment variables, are checked all at once at start, and never change afterwards."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from chassis import tokens

ENVIRONMENTS = ("local", "test", "production")
LOG_LEVELS = ("debug", "info", "warning", "error")
_REQUIRED: Any = object()
_Settings = TypeVar("_Settings", bound="Settings")


class SettingsInvalid(Exception):
    """Everything that is wrong with the environment, one line each; holds no secret's value."""


def setting(
    name: str, help: str, parse: Callable[[str], Any] = str, default: Any = _REQUIRED, secret: bool = False
) -> Any:
    """A field read from the variable `name`; without a default it must be set.

    `parse` raises `ValueError` for what it does not take. A secret is never shown, and may be in a file that
    `<name>_FILE` names instead.
    """
    options = {} if default is _REQUIRED else {"default": default}
    metadata = {"name": name, "help": help, "parse": parse, "secret": secret}
    return dataclasses.field(repr=not secret, kw_only=True, metadata=metadata, **options)


def one_of(*allowed: str) -> Callable[[str], str]:
    """Takes these words only, in any case."""

    def parse(text: str) -> str:
        if text.lower() not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return text.lower()

    return parse


def at_least(lowest: int, highest: int | None = None) -> Callable[[str], int]:
    """Takes whole numbers from `lowest` on, up to `highest`."""

    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < lowest:
            raise ValueError(f"must be a whole number, at least {lowest}")
        if highest is not None and int(text) > highest:
            raise ValueError(f"must be at most {highest}")
        return int(text)

    return parse


def host_and_port(text: str) -> tuple[str, int]:
    """Takes `host:port` apart."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError("must look like 127.0.0.1:9101")
    return host, int(port)


def address(text: str) -> str:
    """Takes `host:port` and keeps it."""
    host_and_port(text)
    return text


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not text.startswith(schemes):
            raise ValueError(f"must begin with {' or '.join(schemes)}")
        return text

    return parse


def _delays(text: str) -> tuple[int, ...]:
    return tuple(at_least(1)(part.strip()) for part in text.split(","))


@dataclass(frozen=True)
class Settings:
    """What every service reads."""

    environment: str = setting(
        "KRUZHOK_ENV", "Where this runs: local, test or production.", parse=one_of(*ENVIRONMENTS)
    )
    amqp_url: str = setting(
        "KRUZHOK_AMQP_URL", "The broker, as this service's own user.", parse=_url("amqp://"), secret=True
    )
    database_url: str = setting(
        "KRUZHOK_DATABASE_URL",
        "The service's own database; the gateway has none.",
        parse=_url("postgresql+psycopg2://"),
        default="",
        secret=True,
    )
    admin_address: str = setting(
        "KRUZHOK_ADMIN_ADDRESS",
        "Where metrics and health answer, host:port.",
        parse=address,
        default="127.0.0.1:9101",
    )
    token_public_key: str = setting(
        "KRUZHOK_TOKEN_PUBLIC_KEY",
        "Ed25519 public key (PEM) that access tokens are verified with.",
        parse=tokens.checked_public_key,
        secret=True,
    )
    log_level: str = setting(
        "KRUZHOK_LOG_LEVEL", f"The least level logged: {', '.join(LOG_LEVELS)}.", one_of(*LOG_LEVELS), default="info"
    )
    max_workers: int = setting(
        "KRUZHOK_MAX_WORKERS", "Pieces of work at once in one process.", parse=at_least(4), default=24
    )
    retry_delays_seconds: tuple[int, ...] = setting(
        "KRUZHOK_RETRY_DELAYS_SECONDS",
        "Pauses before an event's handling is tried again; then it is parked.",
        parse=_delays,
        default=(5, 30, 300, 1800),
    )
    catch_up_seconds: int = setting(
        "KRUZHOK_CATCH_UP_SECONDS", "How often producers' logs are compared.", parse=at_least(1), default=10
    )
    catch_up_age_seconds: int = setting(
        "KRUZHOK_CATCH_UP_AGE_SECONDS",
        "How old an event must be before it is fetched from its producer's log.",
        parse=at_least(0),
        default=5,
    )
    drain_seconds: int = setting(
        "KRUZHOK_DRAIN_SECONDS",
        "Longest wait for work in progress at stop; at most 25.",
        parse=at_least(0, 25),
        default=25,
    )
    start_wait_seconds: int = setting(
        "KRUZHOK_START_WAIT_SECONDS", "Longest wait for broker and database at start.", parse=at_least(0), default=60
    )

    @property
    def admin_host(self) -> str:
        """Host of the admin address."""
        return host_and_port(self.admin_address)[0]

    @property
    def admin_port(self) -> int:
        """Port of the admin address."""
        return host_and_port(self.admin_address)[1]


def load(cls: type[_Settings], environ: Mapping[str, str]) -> _Settings:
    """Read every setting of `cls`. `SettingsInvalid` tells all faults together."""
    values: dict[str, Any] = {}
    faults: list[str] = []
    for field in dataclasses.fields(cls):
        try:
            text = _text_of(field.metadata, environ)
            if text is not None:
                values[field.name] = _parsed(field.metadata, text)
            elif field.default is dataclasses.MISSING:
                raise ValueError(f"is not set ({field.metadata['help']})")
        except ValueError as fault:
            faults.append(f"  {field.metadata['name']} {fault}")
    if faults:
        raise SettingsInvalid("\n".join(["The settings are not usable:", *faults]))
    return cls(**values)


def documented(cls: type[Settings]) -> list[tuple[str, str, str | None, bool]]:
    """Name, help, default (None when required) and secrecy of each setting, in order."""
    return [
        (field.metadata["name"], field.metadata["help"], _default_text(field.default), field.metadata["secret"])
        for field in dataclasses.fields(cls)
    ]


def _text_of(metadata: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    name = metadata["name"]
    text, path = environ.get(name), environ.get(f"{name}_FILE") if metadata["secret"] else None
    if text and path:
        raise ValueError(f"and {name}_FILE are both set")
    if not path:
        return text or None
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot be read from {path}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None


def _parsed(metadata: Mapping[str, Any], text: str) -> Any:
    try:
        return metadata["parse"](text)
    except ValueError as error:
        raise ValueError("is malformed" + ("" if metadata["secret"] else f": {error}")) from None


def _default_text(default: Any) -> str | None:
    if default is dataclasses.MISSING:
        return None
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
