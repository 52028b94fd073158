"""Routers of which only commands for other prefixes were read: `show ip route 203.0.113.0/24 longer-prefixes`."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING

from ecmpaudit.parsing.typed_commands import asked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from ipaddress import IPv4Network, IPv6Network

    from ecmpaudit.auditing.subjects import Subject
    from ecmpaudit.expectations.configured import Expectations
    from ecmpaudit.parsing.route_table import RouteTable

_PREFIX = re.compile(
    r"(?<![\w./:\-])(?P<address>\d+(?:\.\d+){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*)"
    r"(?P<rest>/\d+| +255\.\d+\.\d+\.\d+)?(?![\w.:])"
)


def lists_nothing_of(routers: Sequence[Subject], expectations: Expectations) -> Iterator[str]:
    """Yield a sentence for each pool or prefix that no command of a router asked for, as all name others.

    Where a command about another one failed, that is reported already.
    """
    for subject in routers:
        tables = [table for table in subject.tables if not table.is_around]
        commands = [table.capture.command or "" for table in tables]
        asked_for = [_asked_for(table) for table in tables]
        failed = [network for capture in subject.failed for network in named_prefixes(capture.command or "")]
        if not commands or not all(asked_for):
            continue
        wanted = dict.fromkeys((*expectations.pools(subject.name), *expectations.named_prefixes(subject.name)))
        for prefix in wanted:
            if not any(_overlap(prefix, other) for networks in (*asked_for, failed) for other in networks):
                place = f"{subject.label}: " if subject.label else ""
                listed = "`, `".join(dict.fromkeys(commands))
                yield f"{place}`{listed}` lists nothing of {prefix}: add the command's output for it, or for all routes"


def _asked_for(table: RouteTable) -> list[IPv4Network | IPv6Network]:
    return [ip_network(prefix) for prefix in table.inside] or named_prefixes(table.capture.command or "")


def named_prefixes(command: str) -> list[IPv4Network | IPv6Network]:
    """Return the prefixes and addresses that a command asks for, without those that its output is filtered with."""
    found = _PREFIX.finditer(asked(command).partition("|")[0])
    return [network for match in found if (network := _network(match)) is not None]


def _network(match: re.Match[str]) -> IPv4Network | IPv6Network | None:
    length = (match["rest"] or "").strip(" /")
    try:
        return ip_network(f"{match['address']}/{length}" if length else match["address"], strict=False)
    except ValueError:
        return None


def _overlap(prefix: str, other: IPv4Network | IPv6Network) -> bool:
    network = ip_network(prefix)
    return network.version == other.version and network.overlaps(other)
