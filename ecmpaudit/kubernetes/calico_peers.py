"""Which nodes have a BGP session with a router in Calico, and what its filters let through.

BGPPeer and BGPFilter as calico confd/pkg/backends/calico/client.go (updatePeersV1) and bgp_processor.go use them: the
first rule that matches decides, and what no rule matches is accepted, unless an IPPool around it has disableBGPExport
(bird_ipam.cfg.template). IPv4 and IPv6 have a BIRD each, so a session carries the family of its addresses only
(bird6.cfg.template). Which router has a peer's address is not known, so a prefix that some sessions of a node let
through and others do not is neither expected of it nor unexpected.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from ecmpaudit.kubernetes.calico_selectors import calico_selector
from ecmpaudit.kubernetes.nodes import nodes_by_name
from ecmpaudit.kubernetes.schema import Object, Part, PeerAddress, Prefix
from ecmpaudit.model.addressing import is_ipv6

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecmpaudit.kubernetes.objects import Objects


def _checked(text: str) -> str:
    calico_selector(text)
    return text


CalicoSelector = Annotated[str, AfterValidator(_checked)]


class PrefixLengths(Part):
    """The lengths that a rule holds for, both included."""

    min: int = Field(default=0, ge=0, le=128)
    max: int = Field(default=128, ge=0, le=128)


class FilterRule(Part):
    """One rule: it matches where everything in it holds."""

    action: Literal["Accept", "Reject"]
    cidr: Prefix | None = None
    match_operator: Literal["Equal", "NotEqual", "In", "NotIn"] | None = None
    prefix_length: PrefixLengths | None = None
    source: str | None = None
    interface: str | None = None
    peer_type: str | None = None
    communities: object = None
    as_path_prefix: object = None
    priority: object = None


class FilterSpec(Part):
    """What is sent; what is received does not matter here."""

    export_v4: tuple[FilterRule, ...] = Field(default=(), alias="exportV4")
    export_v6: tuple[FilterRule, ...] = Field(default=(), alias="exportV6")


class BGPFilter(Object):
    """projectcalico.org BGPFilter."""

    spec: FilterSpec = FilterSpec()


class CalicoPeerSpec(Part):
    """Which nodes have this session, with whom, and through which filters."""

    node: str = ""
    node_selector: CalicoSelector = ""
    peer_ip: PeerAddress = Field(default="", alias="peerIP")
    peer_selector: CalicoSelector = ""
    local_workload_selector: CalicoSelector = ""
    filters: tuple[str, ...] = ()

    @property
    def is_with_a_router(self) -> bool:
        """Return whether the peer is neither another node nor a workload."""
        return not self.peer_selector and not self.local_workload_selector

    def carries(self, family: str) -> bool:
        """Return whether the session carries `IPv4` or `IPv6`: that of its address."""
        return not self.peer_ip or is_ipv6(self.peer_ip) is (family == "IPv6")


class CalicoPeer(Object):
    """projectcalico.org BGPPeer."""

    spec: CalicoPeerSpec = CalicoPeerSpec()


class CalicoPoolSpec(Part):
    """Pools for LoadBalancer addresses say so in `allowedUses`."""

    cidr: Prefix
    allowed_uses: tuple[str, ...] = ()
    disable_bgp_export: bool = Field(default=False, alias="disableBGPExport")


class CalicoPool(Object):
    """projectcalico.org IPPool."""

    spec: CalicoPoolSpec


Reasons = dict[str, str]
"""Nodes, each with a reason."""


def nodes_by_sessions(objects: Objects, prefix: str, *, has_mesh: bool) -> tuple[Reasons, Reasons]:
    """Return the nodes that send a prefix to no router, and those that perhaps do, each with the reason."""
    family = "IPv6" if is_ipv6(prefix) else "IPv4"
    profiles = _profiles(objects, family)
    verdicts = tuple(_verdict(objects, names, prefix, family, has_mesh=has_mesh) for names in profiles)
    return _reasons(objects, family, verdicts)


def unknown_filters(objects: Objects) -> list[str]:
    """Return the filters that BGPPeers name and that were not given."""
    given = {found.name for found in objects.of(BGPFilter)}
    named = {name for peer in objects.of(CalicoPeer) for name in peer.spec.filters}
    return sorted(named - given)


@lru_cache(maxsize=4)
def _profiles(objects: Objects, family: str) -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Return the nodes by the keys of the BGPPeers that give them a session of a family with a router."""
    outside = [peer for peer in objects.of(CalicoPeer) if peer.spec.is_with_a_router and peer.spec.carries(family)]
    by_peers: dict[tuple[str, ...], list[str]] = {}
    for name, node in nodes_by_name(objects).items():
        peers = tuple(peer.name for peer in outside if _is_of(peer, name, node.metadata.labels))
        by_peers.setdefault(peers, []).append(name)
    return {peers: tuple(names) for peers, names in by_peers.items()}


def _is_of(peer: CalicoPeer, name: str, labels: Mapping[str, str]) -> bool:
    if peer.spec.node_selector:
        return calico_selector(peer.spec.node_selector)(labels)
    return peer.spec.node in ("", name)


@lru_cache(maxsize=64)
def _reasons(objects: Objects, family: str, verdicts: tuple[tuple[bool | None, str], ...]) -> tuple[Reasons, Reasons]:
    """Prefixes with the same verdicts have the same nodes: one pair of mappings serves them all."""
    never: Reasons = {}
    unsure: Reasons = {}
    for names, (is_sent, why) in zip(_profiles(objects, family).values(), verdicts, strict=True):
        if is_sent is not True:
            (unsure if is_sent is None else never).update(dict.fromkeys(names, why))
    return never, unsure


def _verdict(
    objects: Objects, peers: tuple[str, ...], prefix: str, family: str, *, has_mesh: bool
) -> tuple[bool | None, str]:
    """Return whether nodes with these sessions send a prefix to a router; None for perhaps."""
    known = {peer.name: peer for peer in objects.of(CalicoPeer)}
    pool = _without_export(objects, prefix)
    if not known:
        return (False, f"IPPool {pool} has disableBGPExport") if pool else (True, "")
    if not peers:
        return _without_peers(list(known.values()), family, has_mesh=has_mesh)
    found = {name: _is_sent(objects, known[name].spec.filters, prefix) for name in peers}
    if all(is_sent is False for is_sent in found.values()):
        by = f"IPPool {pool} has disableBGPExport" if pool else f"BGPFilter of BGPPeer {', '.join(found)} rejects it"
        return False, by
    if all(is_sent is True for is_sent in found.values()):
        return True, ""
    held = [name for name, is_sent in found.items() if is_sent is not True]
    return None, f"the filters of BGPPeer {', '.join(held)} may reject it"


def _without_peers(known: list[CalicoPeer], family: str, *, has_mesh: bool) -> tuple[bool | None, str]:
    """Return whether nodes without a session with a router send a prefix to one all the same."""
    with_routers = [peer.spec for peer in known if peer.spec.is_with_a_router]
    if with_routers and not any(spec.carries(family) for spec in with_routers):
        return False, f"no BGPPeer has an {family} address"
    if has_mesh or any(peer.spec.peer_selector for peer in known):
        return None, "it has no BGPPeer of its own, another node may pass its routes on"
    return False, "selected by no BGPPeer"


@lru_cache(maxsize=20_000)
def _is_sent(objects: Objects, names: tuple[str, ...], prefix: str) -> bool | None:
    """Return whether filters let a prefix out: each of them in turn, the first rule that matches decides."""
    filters = {found.name: found.spec for found in objects.of(BGPFilter)}
    for name in names:
        spec = filters.get(name)
        for rule in () if spec is None else (spec.export_v6 if is_ipv6(prefix) else spec.export_v4):
            is_match = _matches(rule, prefix)
            if is_match is None:
                return None
            if is_match:
                return rule.action == "Accept"
    return _without_export(objects, prefix) is None


@lru_cache(maxsize=20_000)
def _without_export(objects: Objects, prefix: str) -> str | None:
    """Return the IPPool around a prefix that is exported to no peer; an accepting BGPFilter comes before it."""
    own = ip_network(prefix)
    for pool in objects.of(CalicoPool):
        around = ip_network(pool.spec.cidr, strict=False) if pool.spec.disable_bgp_export else None
        if around and own.version == around.version and own.subnet_of(around):  # type: ignore[arg-type]  # same family
            return pool.name
    return None


def _matches(rule: FilterRule, prefix: str) -> bool | None:
    """Return whether a rule matches a route of the node's own; None where that depends on more than the prefix."""
    if rule.source == "RemotePeers" or rule.interface:
        return False
    own = ip_network(prefix)
    if rule.cidr is not None:
        wanted = ip_network(rule.cidr, strict=False)
        is_inside = own.version == wanted.version and own.subnet_of(wanted)  # type: ignore[arg-type]  # same family
        lengths = rule.prefix_length
        if lengths and not lengths.min <= own.prefixlen <= lengths.max:
            is_inside = False
        held = {"Equal": own == wanted, "NotEqual": own != wanted, "In": is_inside, "NotIn": not is_inside}
        if not held[rule.match_operator or "In"]:
            return False
    return None if any((rule.peer_type, rule.communities, rule.as_path_prefix, rule.priority)) else True
