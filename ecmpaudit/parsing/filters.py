"""Narrowing a route table down before any Python object is made of its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

import polars as pl

from ecmpaudit.configuration.patterns import is_pattern
from ecmpaudit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ecmpaudit.parsing.route_table import RouteTable


@dataclass(frozen=True, slots=True)
class Filters:
    """The filter options of `ecmpaudit routes`; a route has to pass all that are given."""

    prefix: str | None = None
    """Exactly this prefix; an address is its /32 or /128."""
    within: str | None = None
    """This prefix and everything inside it."""
    protocol: str | None = None
    ecmp: bool = False
    """Only routes with several installed next hops."""
    lookup: str | None = None
    """The longest match for this address, per VRF."""
    prefixes: tuple[str, ...] = ()
    """Exactly one of these; a pattern has `*`."""
    vrfs: tuple[str, ...] = ()
    """Names and patterns."""

    @property
    def networks(self) -> list[str]:
        """The prefixes that all wanted routes lie in or around; empty when any route may be wanted."""
        if any(map(is_pattern, self.prefixes)):
            return []
        given = (self.prefix, *self.prefixes, self.within, self.lookup)
        return [text for text in given if text is not None]


def checked(filters: Filters) -> Filters:
    """Return the filters.

    Raises:
        ConfigurationError: one of them is no prefix or address.
    """
    for text in (filters.prefix, *filters.prefixes):
        if text is not None and not is_pattern(text):
            _network("--prefix", text)
    if filters.within is not None:
        _network("--within", filters.within)
    if filters.lookup is not None:
        _address(filters.lookup)
    return filters


def narrowed(table: RouteTable, filters: Filters) -> RouteTable:
    """Return the table with only the routes that pass the filters, which `checked` has accepted."""
    frame = table.frame
    exact = [text for text in (filters.prefix,) if text is not None]
    if words := [_canonical(text) for text in (*exact, *filters.prefixes)]:
        frame = _where_any(frame, "prefix", words)
    if filters.vrfs:
        frame = _where_any(frame, "vrf", filters.vrfs)
    if filters.within is not None:
        frame = _where_prefix(frame, _is_within(_network("--within", filters.within)))
    if filters.protocol is not None:
        frame = frame.filter(pl.col("protocol") == filters.protocol.lower())
    if filters.lookup is not None:
        frame = _longest_match(frame, filters.lookup)
    if filters.ecmp:
        several = frame.filter("installed", kind="unicast").group_by("route").len().filter(pl.col("len") > 1)["route"]
        frame = frame.filter(pl.col("route").is_in(several.implode()))
    return replace(table, rows=frame)


def _longest_match(frame: pl.DataFrame, text: str) -> pl.DataFrame:
    address = _address(text)
    matching = _where_prefix(frame, lambda network: network.version == address.version and address in network)
    length = pl.col("prefix").str.split("/").list.last().cast(pl.Int16)
    return matching.filter(length == length.max().over("vrf"))


def _canonical(text: str) -> str:
    return text if is_pattern(text) else str(_network("--prefix", text))


def _where_any(frame: pl.DataFrame, column: str, words: Iterable[str]) -> pl.DataFrame:
    """Return the rows whose name any word matches."""
    words = list(words)
    if not any(map(is_pattern, words)):
        return frame.filter(pl.col(column).is_in(words))
    wanted = [name for name in frame[column].unique() if any(fnmatchcase(name, word) for word in words)]
    return frame.filter(pl.col(column).is_in(wanted))


def _where_prefix(frame: pl.DataFrame, holds: Callable[[Any], bool]) -> pl.DataFrame:
    distinct = frame["prefix"].unique()
    wanted = [prefix for prefix in distinct if holds(ip_network(prefix))]
    return frame.filter(pl.col("prefix").is_in(wanted))


def _is_within(pool: Any) -> Callable[[Any], bool]:
    return lambda network: network.version == pool.version and network.subnet_of(pool)


def _address(text: str) -> Any:
    try:
        return ip_address(text)
    except ValueError as error:
        raise ConfigurationError(f"--lookup {text}: expected an IPv4 or IPv6 address") from error


def _network(option: str, text: str) -> Any:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ConfigurationError(f"{option} {text}: expected a prefix such as 172.31.0.0/16; {error}") from error
