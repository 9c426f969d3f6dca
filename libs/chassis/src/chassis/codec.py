"""JSON as others may send it: strict, small, shallow, and fit for PostgreSQL."""

import json
import math
from typing import Any

BYTES_MAX = 256 * 1024
DEPTH_MAX = 32


def dumps(value: Any) -> str:
    """Compact JSON. `ValueError` for NaN and infinities, `TypeError` for what JSON does not know."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def loads(body: bytes | str, *, bytes_max: int = BYTES_MAX, depth_max: int = DEPTH_MAX) -> Any:
    """The value of a JSON text.

    `ValueError` when it is longer than `bytes_max`, nested deeper than `depth_max`, not UTF-8, not JSON, holds NaN,
    an infinity, a name twice, or a character that no text column can hold (NUL, half a surrogate pair).
    """
    raw = body.encode() if isinstance(body, str) else bytes(body)
    if len(raw) > bytes_max:
        raise ValueError(f"longer than {bytes_max} bytes")
    text = raw.decode()
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_unique)
    except RecursionError:
        raise ValueError(f"nested deeper than {depth_max}") from None
    if text.count("[") + text.count("{") > depth_max:
        _check_depth(value, depth_max)
    if "\\u" in text:
        _check_texts(value)
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:20]} is too great")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return value


def _check_depth(value: Any, depth: int) -> None:
    if isinstance(value, dict | list):
        if depth == 0:
            raise ValueError("nested too deeply")
        for inner in value.values() if isinstance(value, dict) else value:
            if isinstance(inner, dict | list):
                _check_depth(inner, depth - 1)


def _check_texts(value: Any) -> None:
    """Only an escape can bring what neither UTF-8 nor JSON lets through as it is."""
    if isinstance(value, str):
        if not value.isprintable() and ("\0" in value or any("\ud800" <= each <= "\udfff" for each in value)):
            raise ValueError("a character that cannot be stored")
    elif isinstance(value, dict | list):
        for inner in (*value, *value.values()) if isinstance(value, dict) else value:
            _check_texts(inner)
