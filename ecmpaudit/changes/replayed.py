"""Flows that a router's kernel is asked about: made by a seed or read from a file, and what a change does to them.

The kernel says where each flow goes now, so those of a lost node are known. What it would do after the change it cannot
be asked: of the flows of each node that stays, the share that the model moves is taken.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from ipaddress import ip_address, ip_network
from math import sqrt
from random import Random
from typing import TYPE_CHECKING

from ecmpaudit.changes.flows import PROTOCOLS, Flow, parse_flow
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model.addressing import family_of, is_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecmpaudit.changes.flows import Taken
    from ecmpaudit.changes.spreading import Members, Movement

CLIENTS = {4: ip_network("198.18.0.0/15"), 6: ip_network("2001:2::/48")}
"""Sources of flows that are made: the addresses of benchmarks (RFC 2544, RFC 5180)."""
_PORT = 443
_FIRST_PORT, _MOST_PORT = 1024, 65535
_PORTS = _MOST_PORT - _FIRST_PORT + 1
_DEVIATIONS = 5
"""Standard deviations from which a share is another one than the model's: by chance once in 1.7 million."""
_CONNTRACK = re.compile(
    r"\bsrc=(?P<source>\S+) dst=(?P<target>\S+) .*?\bsport=(?P<sport>\d{1,5}) dport=(?P<dport>\d{1,5})\b"
)
_SOCKET = re.compile(
    r"(?:tcp +|udp +)?[A-Z][A-Z0-9-]+ +\d+ +\d+ +(?P<own>\S+):(?P<port>\d{1,5}) +(?P<peer>\S+):(?P<of>\d{1,5})(?: .*)?"
)
_HEADINGS = ("State ", "Netid ", "conntrack v", "#")
_MAPPED = "::ffff:"


@dataclass(frozen=True, slots=True)
class Replay:
    """What a change does to the flows to one prefix about which the kernel of a router was asked."""

    flows: int
    shares_before: Mapping[str, Fraction]
    """Of these flows, by the node that the kernel sends them to."""
    moved: Fraction
    """Of these flows, those whose node changes."""
    innocent: Fraction
    """Of those of staying nodes, those that move to another staying node."""
    differs: str | None = None
    """How the kernel's answers differ from the model, by more than chance."""


@dataclass(frozen=True, slots=True)
class FileOfFlows:
    """The flows in a text."""

    flows: tuple[tuple[Flow, ...], ...]
    """Each with the directions in which it may be meant: a socket does not say which end is the client."""
    others: tuple[int, ...] = ()
    """The lines that are no flows."""


def made_flows(prefix: str, count: int, seed: str) -> list[Flow]:
    """Return random flows to the first address of a prefix; the same seed gives the same ones."""
    network = ip_network(prefix)
    target = str(network[0] if network.num_addresses == 1 else network[1])
    clients = CLIENTS[network.version]
    kind, first, size = type(network.network_address), int(clients.network_address), clients.num_addresses
    chance = Random(seed)  # noqa: S311 - the same seed gives the same flows
    return [
        Flow(str(kind(first + int(chance.random() * size))), _FIRST_PORT + int(chance.random() * _PORTS), target, _PORT)
        for _ in range(count)
    ]


def read_flows(text: str) -> FileOfFlows:
    """Return the flows of `conntrack -L`, of `ss -tn`, or of lines `SRC:PORT VIP:PORT[/tcp|udp]`."""
    found: list[tuple[Flow, ...]] = []
    others: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped and not stripped.startswith(_HEADINGS):
            flows = _of_line(stripped)
            if flows:
                found.append(flows)
            else:
                others.append(number)
    return FileOfFlows(tuple(found), tuple(others))


def _of_line(line: str) -> tuple[Flow, ...]:
    protocol = next((word for word in line.split()[:3] if word in PROTOCOLS), PROTOCOLS[0])
    if known := _CONNTRACK.search(line):
        return _flows([(known["source"], known["sport"], known["target"], known["dport"])], protocol)
    if known := _SOCKET.fullmatch(line):
        own, peer = (_plain(known["own"]), known["port"]), (_plain(known["peer"]), known["of"])
        return _flows([(*peer, *own), (*own, *peer)], protocol)
    words = line.split()
    try:
        return (parse_flow(*words),) if len(words) == 2 else ()  # noqa: PLR2004 - source and destination
    except ConfigurationError:
        return ()


def _flows(ends: Iterable[tuple[str, str, str, str]], protocol: str) -> tuple[Flow, ...]:
    return tuple(
        Flow(str(ip_address(source)), int(sport), str(ip_address(target)), int(dport), protocol)
        for source, sport, target, dport in ends
        if is_address(source) and is_address(target) and family_of(source) == family_of(target)
        if max(int(sport), int(dport)) <= _MOST_PORT
    )


def _plain(text: str) -> str:
    """Return an address of `ss` without brackets, zone and the prefix of an IPv4 address in an IPv6 socket."""
    return text.strip("[]").partition("%")[0].removeprefix(_MAPPED)


def replay_of(before: Members, movement: Movement, taken: Sequence[Taken], *, is_made: bool) -> Replay:
    """Return what the change does to flows of which the kernel has said where they go.

    Only flows that are made are spread evenly over all hashes, and compared with the model.
    """
    nodes = {member.hop: member.node for member in before}
    counts = Counter(_node_of(each, nodes) for each in taken)
    total = len(taken)
    shares = {node: Fraction(count, total) for node, count in counts.most_common()}
    moved = sum((share * movement.moved_of(node) for node, share in shares.items()), Fraction(0))
    staying = {node: share for node, share in shares.items() if node in movement.shares_after}
    innocent = sum((share * movement.innocent_of(node) for node, share in staying.items()), Fraction(0))
    of_staying = sum(staying.values(), Fraction(0))
    differs = _difference(shares, movement.shares_before, total, is_made=is_made)
    return Replay(total, shares, moved, innocent / of_staying if of_staying else Fraction(0), differs)


def _node_of(taken: Taken, nodes: Mapping[str, str]) -> str:
    with_zone = f"{taken.address}%{taken.interface}"
    hop = taken.address or f"directly connected, {taken.interface}"
    return nodes.get(with_zone) or nodes.get(hop) or taken.problem or hop


def _difference(
    shares: Mapping[str, Fraction], expected: Mapping[str, Fraction], total: int, *, is_made: bool
) -> str | None:
    if unknown := next((node for node in shares if node not in expected), None):
        return f"the kernel sends flows to {unknown}, which is no next hop in the table that was read"
    for node, wanted in expected.items() if is_made else ():
        share = shares.get(node, Fraction(0))
        if abs(share - wanted) > _DEVIATIONS * sqrt(wanted * (1 - wanted) / total):
            return f"the kernel sends {float(share):.1%} to {node}, and the model {float(wanted):.1%}".replace(
                "%", " %"
            )
    return None
