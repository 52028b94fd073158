"""What ties one part of the configuration to another: names that must exist, values that may occur once.

A fault carries the path of keys to its value; the reader turns that into a line number.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from ecmpaudit.model.addressing import is_ipv6
from ecmpaudit.wording import listed, suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from ecmpaudit.configuration.kubernetes_section import Kubernetes
    from ecmpaudit.configuration.sections import (
        AddressPair,
        Cluster,
        Device,
        ExceptionalPrefix,
        Node,
        Pool,
        Router,
    )

_MOST_NAMES_LISTED = 10


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the file that contradicts something else in it."""

    path: tuple[str | int, ...]
    message: str


def reference_faults(
    routers: Mapping[str, Router],
    nodes: Mapping[str, Node],
    clusters: Mapping[str, Cluster],
    kubernetes: Kubernetes | None,
) -> tuple[Fault, ...]:
    """Return the contradictions between the sections of a configuration, in their order."""
    return (
        *_names_used_twice(routers, nodes),
        *_machines_used_twice(routers, nodes),
        *_addresses_used_twice(nodes),
        *_cluster_faults(clusters, routers, nodes),
        *_prefixes_used_twice(clusters, "pools"),
        *_prefixes_used_twice(clusters, "exceptions"),
        *(unknown_names(kubernetes.routers, routers, "router", ("kubernetes", "routers")) if kubernetes else ()),
    )


def _names_used_twice(routers: Collection[str], nodes: Collection[str]) -> Iterator[Fault]:
    for name in nodes:
        if name in routers:
            yield Fault(("nodes", name), f"{name} is a router's name already: expected another name for the node")


def _machines_used_twice(routers: Mapping[str, Router], nodes: Mapping[str, Node]) -> Iterator[Fault]:
    """Two routers or two nodes for one machine: its faults would be counted twice. One may be router and node.

    Another port, user, client configuration or prefix of the commands may reach another one: a container, or a machine
    behind a bastion.
    """
    owners: dict[tuple[object, ...], str] = {}
    devices: list[tuple[str, str, Device]] = [("routers", name, device) for name, device in routers.items()]
    devices += [("nodes", name, device) for name, device in nodes.items() if device.host is not None]
    for section, name, device in devices:
        host = device.host or name
        own = f"{section.removesuffix('s')} {name}"
        reached = (
            section,
            _canonical(host),
            device.port,
            device.user,
            device.config,
            device.command_prefix,
            device.transport,
        )
        owner = owners.setdefault(reached, own)
        if owner != own:
            remedy = "; of a node that is not asked, leave `host` out" if section == "nodes" else ""
            yield Fault(
                (section, name, *(("host",) if device.host else ())),
                f"{host} is {owner} already: one machine cannot be asked as two{remedy}",
            )


def _canonical(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        return host.lower().removesuffix(".")


def _addresses_used_twice(nodes: Mapping[str, Node]) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for name, node in nodes.items():
        for index, address in enumerate(node.addresses):
            owner = owners.setdefault(address, name)
            if owner != name:
                message = f"{address} belongs to node {owner} already: an address identifies one node"
                yield Fault(("nodes", name, "addresses", index), message)
            elif address in node.addresses[:index]:
                yield Fault(("nodes", name, "addresses", index), f"{address} occurs twice in this list")


def _cluster_faults(
    clusters: Mapping[str, Cluster], routers: Collection[str], nodes: Collection[str]
) -> Iterator[Fault]:
    for name, cluster in clusters.items():
        place = ("clusters", name)
        yield from unknown_names(cluster.routers, routers, "router", (*place, "routers"))
        yield from unknown_names(cluster.nodes, nodes, "node", (*place, "nodes"))
        if not cluster.pools and not cluster.exceptions:
            yield Fault(place, "expected pools: without one, nothing of this cluster is audited")
        if cluster.nodes is not None and cluster.expect is not None:
            yield Fault((*place, "expect"), "expected either nodes or expect, found both")
        for index, pool in enumerate(cluster.pools):
            yield from unknown_names(pool.nodes, nodes, "node", (*place, "pools", index, "nodes"))
            if pool.nodes is not None and pool.expect is not None:
                yield Fault((*place, "pools", index, "expect"), "expected either nodes or expect, found both")
        for index, exception in enumerate(cluster.exceptions):
            yield from unknown_names(exception.nodes, nodes, "node", (*place, "exceptions", index, "nodes"))
            yield from _not_exactly_one(exception, (*place, "exceptions", index))
        for index, pair in enumerate(cluster.pairs):
            yield from _wrong_family(pair, (*place, "pairs", index))


def unknown_names(
    names: tuple[str, ...] | None, known: Collection[str], word: str, place: tuple[str | int, ...]
) -> Iterator[Fault]:
    """Yield each name of a list that is not known, or that occurs in it before."""
    for index, name in enumerate(names or ()):
        if name not in known:
            message = f"there is no {word} {name}; {_listing(word, known)}{suggestion(name, known)}"
            yield Fault((*place, index), message)
        elif name in (names or ())[:index]:
            yield Fault((*place, index), f"{name} occurs twice in this list")


def _listing(word: str, known: Collection[str]) -> str:
    if not known:
        return f"expected a name from {word}s, which has none"
    return f"{word}s has {listed(sorted(known), _MOST_NAMES_LISTED)}"


def _not_exactly_one(exception: ExceptionalPrefix, place: tuple[str | int, ...]) -> Iterator[Fault]:
    given = [key for key in ("nodes", "expect", "ignore") if getattr(exception, key) is not None]
    if len(given) != 1:
        found = listed(given, separator=" and ") or "none of them"
        yield Fault(place, f"{exception.prefix}: expected exactly one of nodes, expect, ignore; found {found}")


def _wrong_family(pair: AddressPair, place: tuple[str | int, ...]) -> Iterator[Fault]:
    if is_ipv6(pair.ipv4):
        yield Fault((*place, "ipv4"), f"{pair.ipv4} is an IPv6 prefix: expected the service's IPv4 prefix")
    if not is_ipv6(pair.ipv6):
        yield Fault((*place, "ipv6"), f"{pair.ipv6} is an IPv4 prefix: expected the service's IPv6 prefix")


def _prefixes_used_twice(clusters: Mapping[str, Cluster], key: str) -> Iterator[Fault]:
    """Of two equal prefixes on one router neither is the more specific, so none could be chosen."""
    users: dict[str, list[tuple[str, Cluster]]] = {}
    for name, cluster in clusters.items():
        entries: Sequence[Pool | ExceptionalPrefix] = cluster.pools if key == "pools" else cluster.exceptions
        for index, entry in enumerate(entries):
            earlier = users.setdefault(entry.prefix, [])
            for other_name, other in earlier:
                if _share_a_router(cluster, other):
                    where = "this list" if other_name == name else f"{key} of cluster {other_name}"
                    message = f"{entry.prefix} is in {where} already{_on_which_routers(cluster, other)}"
                    yield Fault(("clusters", name, key, index, "prefix"), message)
                    break
            earlier.append((name, cluster))


def _share_a_router(one: Cluster, other: Cluster) -> bool:
    return one.routers is None or other.routers is None or bool({*one.routers} & {*other.routers})


def _on_which_routers(one: Cluster, other: Cluster) -> str:
    if one is other:
        return ""
    if one.routers is None and other.routers is None:
        return ", and both clusters are on all routers"
    shared = {*(one.routers or other.routers or ())} & {*(other.routers or one.routers or ())}
    return f", and both clusters are on router {', '.join(sorted(shared))}"
