"""Narrowing a route table down before any Python object is made of its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

import polars as pl

from ecmpaudit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecmpaudit.parsing.route_table import RouteTable


@dataclass(frozen=True, slots=True)
class Filters:
    """The filter options of `ecmpaudit routes`; a route has to pass all that are given."""

    prefix: str | None = None
    """Exactly this prefix."""
    within: str | None = None
    """This prefix and everything inside it."""
    protocol: str | None = None
    ecmp: bool = False
    """Only routes with several installed next hops."""
    lookup: str | None = None
    """The longest match for this address, per VRF."""

    @property
    def networks(self) -> list[str]:
        """The prefixes that all wanted routes lie in or around; empty when any route may be wanted."""
        given = (self.prefix, self.within, self.lookup)
        return [text for text in given if text is not None]


def checked(filters: Filters) -> Filters:
    """Return the filters.

    Raises:
        ConfigurationError: one of them is no prefix or address.
    """
    for option, text in (("--prefix", filters.prefix), ("--within", filters.within)):
        if text is not None:
            _network(option, text)
    if filters.lookup is not None:
        _address(filters.lookup)
    return filters


def narrowed(table: RouteTable, filters: Filters) -> RouteTable:
    """Return the table with only the routes that pass the filters, which `checked` has accepted."""
    frame = table.frame
    if filters.prefix is not None:
        frame = frame.filter(pl.col("prefix") == str(_network("--prefix", filters.prefix)))
    if filters.within is not None:
        frame = _where_prefix(frame, _is_within(_network("--within", filters.within)))
    if filters.protocol is not None:
        frame = frame.filter(pl.col("protocol") == filters.protocol.lower())
    if filters.lookup is not None:
        frame = _longest_match(frame, filters.lookup)
    if filters.ecmp:
        several = frame.filter("installed", kind="unicast").group_by("route").len().filter(pl.col("len") > 1)["route"]
        frame = frame.filter(pl.col("route").is_in(several.implode()))
    return replace(table, frame=frame)


def _longest_match(frame: pl.DataFrame, text: str) -> pl.DataFrame:
    address = _address(text)
    matching = _where_prefix(frame, lambda network: network.version == address.version and address in network)
    length = pl.col("prefix").str.split("/").list.last().cast(pl.Int16)
    return matching.filter(length == length.max().over("vrf"))


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
