"""Which nodes have which BGP sessions in Cilium, and which advertisements each session carries.

As cilium pkg/bgp/manager/reconciler/peer_advertisements.go and operator/pkg/bgp/cluster.go decide it: a peer is sent
what the families of its CiliumBGPPeerConfig select, and nothing without families. A node that a CiliumBGPPeeringPolicy
selects uses that one (pkg/bgpv1/agent/controller.go, up to 1.18), and with two of them no session at all. Nodes with
the same sessions are one group, so that a Service is compared with groups and not with nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.cilium_schema import (
    CiliumAdvertised,
    CiliumAdvertisement,
    CiliumCluster,
    CiliumNodeConfig,
    CiliumPeerConfig,
    CiliumPolicy,
    CiliumServiceOptions,
)
from ecmpaudit.kubernetes.nodes import nodes_by_name
from ecmpaudit.kubernetes.releases import release_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecmpaudit.kubernetes.cilium_schema import CiliumFamily
    from ecmpaudit.kubernetes.objects import Objects


_WITHOUT_POLICIES = (1, 19)
"""The first release without CiliumBGPPeeringPolicy (cilium#42278)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One entry of an advertisement that a session carries in one family."""

    source: str
    """Its object, as `kind name`."""
    family: str
    """`IPv4` or `IPv6`."""
    entry: CiliumAdvertised
    is_for_all: bool
    """Every session of the node carries it."""
    is_internal: bool = False
    """A session with a peer of the same AS carries it, so that its local preference is sent."""


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes with the same sessions."""

    nodes: tuple[str, ...]
    choices: tuple[tuple[Offer, ...], ...]
    """What their sessions carry; several where it is not known which of several objects holds."""
    why_not: str
    """Why they do not announce what their sessions do not carry."""


def policies_of(objects: Objects) -> tuple[CiliumPolicy, ...]:
    """Return the CiliumBGPPeeringPolicies; none where a release runs that no longer reads them."""
    release = release_of(objects, "cilium/cilium")
    return () if release and release >= _WITHOUT_POLICIES else objects.of(CiliumPolicy)


@lru_cache(maxsize=4)
def session_groups(objects: Objects) -> tuple[Group, ...]:
    """Return the nodes in groups."""
    clusters, policies = objects.of(CiliumCluster), policies_of(objects)
    members: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for name, node in nodes_by_name(objects).items():
        labels = node.metadata.labels
        own = tuple(policy.name for policy in policies if policy.spec.node_selector.selects(labels))
        of = tuple(cluster.name for cluster in clusters if cluster.spec.node_selector.selects(labels))
        members.setdefault((own, _holding(objects, name, of)), []).append(name)
    return tuple(_group(objects, tuple(names), own, of) for (own, of), names in members.items())


def _holding(objects: Objects, node: str, clusters: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of several CiliumBGPClusterConfigs holds for a node, where its CiliumBGPNodeConfig says so."""
    if len(clusters) < 2:  # noqa: PLR2004 - two contradict each other
        return clusters
    config = objects.by_kind.get(CiliumNodeConfig, {}).get(node)
    owners = [owner.name for owner in config.metadata.owner_references] if config else []
    return tuple(name for name in clusters if name in owners) or clusters


def _group(objects: Objects, nodes: tuple[str, ...], policies: tuple[str, ...], clusters: tuple[str, ...]) -> Group:
    if len(policies) > 1:
        names = f"CiliumBGPPeeringPolicy {' and '.join(policies)}"
        return Group(nodes, ((),), f"{names} select it: Cilium clears its sessions")
    if policies:
        kind, name = "CiliumBGPPeeringPolicy", policies[0]
        found = next(policy for policy in objects.of(CiliumPolicy) if policy.name == name)
        return Group(nodes, (tuple(_of_policy(found)),), f"{kind} {name} announces it to no neighbour")
    if clusters:
        names = f"CiliumBGPClusterConfig {' and '.join(clusters)}"
        choices = tuple(_of_cluster(objects, name) for name in clusters)
        why_not = f"no peer of {names} is sent it" if len(clusters) == 1 else f"{names} select it, one of them holds"
        return Group(nodes, choices, why_not)
    if not objects.of(CiliumCluster) and not policies_of(objects):
        return Group(nodes, (tuple(_every_advertisement(objects)),), "no CiliumBGPAdvertisement selects it")
    kind = "CiliumBGPClusterConfig" if objects.of(CiliumCluster) else "CiliumBGPPeeringPolicy"
    return Group(nodes, ((),), f"selected by no {kind}")


def _of_policy(policy: CiliumPolicy) -> Iterable[Offer]:
    for router in policy.spec.virtual_routers:
        entry = CiliumAdvertised(
            service=CiliumServiceOptions(addresses=router.service_advertisements), selector=router.service_selector
        )
        families = [_families(neighbour.families) for neighbour in router.neighbors]
        for family in ("IPv4", "IPv6"):
            count = sum(family in found for found in families)
            if count:
                yield Offer(f"CiliumBGPPeeringPolicy {policy.name}", family, entry, count == len(families))


def _families(given: tuple[CiliumFamily, ...]) -> frozenset[str]:
    return frozenset(_family(family) for family in given) if given else frozenset({"IPv4", "IPv6"})


def _family(family: CiliumFamily) -> str:
    return {"ipv4": "IPv4", "ipv6": "IPv6"}.get(family.afi.lower(), "") if family.safi.lower() == "unicast" else ""


@lru_cache(maxsize=1024)
def _of_cluster(objects: Objects, name: str) -> tuple[Offer, ...]:
    cluster = next(found for found in objects.of(CiliumCluster) if found.name == name)
    if not objects.of(CiliumPeerConfig):
        return tuple(_every_advertisement(objects))
    of = [(peer, instance.local_asn) for instance in cluster.spec.bgp_instances for peer in instance.peers]
    peers = [peer for peer, _ in of]
    sent = [set(_sent_to(objects, peer.peer_config_ref.name)) if peer.peer_config_ref else set() for peer in peers]
    internal = {pair for (peer, own), each in zip(of, sent, strict=True) if peer.peer_asn == own for pair in each}
    counts: dict[tuple[str, str], int] = {}
    for each in sent:
        for pair in each:
            counts[pair] = counts.get(pair, 0) + 1
    carried = tuple((*pair, count == len(peers), pair in internal) for pair, count in sorted(counts.items()))
    return _offers(objects, carried)


@lru_cache(maxsize=1024)
def _offers(objects: Objects, carried: tuple[tuple[str, str, bool, bool], ...]) -> tuple[Offer, ...]:
    """Return the entries of advertisements: the same object for all clusters whose sessions carry the same."""
    known = {found.name: found for found in objects.of(CiliumAdvertisement)}
    return tuple(
        Offer(f"CiliumBGPAdvertisement {key}", family, entry, is_for_all, is_internal)
        for key, family, is_for_all, is_internal in carried
        for entry in known[key].spec.advertisements
    )


@lru_cache(maxsize=1024)
def _sent_to(objects: Objects, config: str) -> tuple[tuple[str, str], ...]:
    """Return the advertisements that peers with a CiliumBGPPeerConfig are sent, each with the family."""
    found = objects.by_kind.get(CiliumPeerConfig, {}).get(config)
    families = found.spec.families if isinstance(found, CiliumPeerConfig) else ()
    return tuple(
        (advertisement.name, _family(family))
        for family in families
        if family.advertisements is not None and _family(family)
        for advertisement in objects.of(CiliumAdvertisement)
        if family.advertisements.selects(advertisement.metadata.labels)
    )


def _every_advertisement(objects: Objects) -> Iterable[Offer]:
    for advertisement in objects.of(CiliumAdvertisement):
        for entry in advertisement.spec.advertisements:
            for family in ("IPv4", "IPv6"):
                yield Offer(f"CiliumBGPAdvertisement {advertisement.name}", family, entry, is_for_all=True)


Reasons = dict[str, str]
"""Nodes, each with a reason."""


@lru_cache(maxsize=1024)
def nodes_without(objects: Objects, states: tuple[bool | None, ...]) -> tuple[Reasons, Reasons]:
    """Return the nodes of the groups that do not announce, and those that perhaps do; one state for each group.

    Services with the same states have the same nodes: one pair of mappings serves them all.
    """
    never: Reasons = {}
    unsure: Reasons = {}
    for group, is_announced in zip(session_groups(objects), states, strict=True):
        if is_announced is not True:
            (unsure if is_announced is None else never).update(dict.fromkeys(group.nodes, group.why_not))
    return never, unsure


def states_of(groups: Mapping[int, set[bool]], count: int) -> tuple[bool | None, ...]:
    """Return one state for each group from what each choice of it does."""
    return tuple(
        None if len(found) > 1 else next(iter(found))
        for found in (groups.get(number, {False}) for number in range(count))
    )
