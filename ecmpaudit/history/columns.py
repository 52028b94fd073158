"""Types of columns that are checked when they are read: SQLite returns whatever a damaged file holds in a column."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, String, Text
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy import Dialect


@lru_cache(maxsize=65_536)  # few of them are in many rows
def _checked_prefix(value: str) -> str:
    ip_network(value)
    return value


@lru_cache(maxsize=65_536)
def _checked_time(value: str) -> str:
    dt.datetime.fromisoformat(value)
    return value


class Whole(TypeDecorator[int]):
    """A whole number."""

    impl = Integer
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:  # noqa: ARG002 - the base class names it
        """Return the number; ValueError if it is none."""
        if value is None or type(value) is int:
            return value
        raise ValueError(f"expected a whole number, found {value!r}")


class Time(TypeDecorator[str]):
    """An ISO 8601 time in UTC, to the second: sorts as text, the same in both databases."""

    impl = String(20)
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - the base class names it
        """Return the time; ValueError if it is none."""
        if value is None:
            return None
        if isinstance(value, str) and value.endswith("Z"):
            return _checked_time(value)
        raise ValueError(f"expected a time such as 2026-11-20T10:15:00Z, found {value!r}")


class Prefix(TypeDecorator[str]):
    """An IPv4 or IPv6 prefix."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - the base class names it
        """Return the prefix; ValueError if it is none."""
        if value is None:
            return None
        if isinstance(value, str):
            return _checked_prefix(value)
        raise ValueError(f"expected a prefix, found {value!r}")
