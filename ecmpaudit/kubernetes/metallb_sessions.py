"""Which nodes have a session of MetalLB that carries a family.

As metallb internal/bgp/frr/frr.go (createConfig) decides it from 0.15 on: a session carries the family of its address,
and both where it is unnumbered or has `dualStackAddressFamily`, which the API of that release fills in. Before that it
carried both unless `disableMP` was set.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pydantic import Field

from ecmpaudit.kubernetes.nodes import nodes_by_name
from ecmpaudit.kubernetes.releases import release_of
from ecmpaudit.kubernetes.schema import Object, Part, PeerAddress, Selector
from ecmpaudit.model.addressing import is_ipv6

if TYPE_CHECKING:
    from ecmpaudit.kubernetes.objects import Objects

_ONE_FAMILY = (0, 15)
"""The first release whose sessions carry one family unless they are configured for both."""
_IPV6 = 6


class MetallbPeerSpec(Part):
    """A session of every node, or of those selected."""

    peer_address: PeerAddress = ""
    interface: str = ""
    my_asn: int = Field(default=0, alias="myASN")
    peer_asn: int = Field(default=0, alias="peerASN")
    dynamic_asn: str = Field(default="", alias="dynamicASN")
    dual_stack_address_family: bool | None = None
    disable_mp: bool = Field(default=False, alias="disableMP")
    ebgp_multi_hop: bool = False
    node_selectors: tuple[Selector, ...] = ()


class MetallbPeer(Object):
    """metallb.io BGPPeer."""

    spec: MetallbPeerSpec


Reasons = dict[str, str]
"""Nodes, each with a reason."""


@lru_cache(maxsize=128)
def nodes_without(objects: Objects, key: str, names: tuple[str, ...], family: int) -> Reasons:
    """Return the nodes without a session for the BGPAdvertisement of this key, each with the reason.

    `names` are the peers of the advertisement; without any, all are. Without BGPPeers, every node has a session.
    """
    known = objects.of(MetallbPeer)
    peers = [peer for peer in known if not names or peer.name in names]
    carrying = {peer.key for peer in peers if _carries(objects, peer.spec, family)}
    reasons: Reasons = {}
    for name, node in nodes_by_name(objects).items() if known else ():
        own = {peer.key for peer in peers if _has_session(peer, node.metadata.labels)}
        if not own:
            reasons[name] = "selected by no BGPPeer" + (f" of BGPAdvertisement {key}" if names else "")
        elif not own & carrying:
            reasons[name] = f"none of its BGPPeers carries IPv{family}: dualStackAddressFamily is not set"
    return reasons


def _carries(objects: Objects, spec: MetallbPeerSpec, family: int) -> bool:
    if spec.interface or spec.dual_stack_address_family or not spec.peer_address:
        return True
    if is_ipv6(spec.peer_address) is (family == _IPV6):
        return True
    has_field = spec.dual_stack_address_family is not None
    carries_one = has_field or (release_of(objects, "metallb/speaker") or (0, 0)) >= _ONE_FAMILY
    return not carries_one and not spec.disable_mp


def _has_session(peer: MetallbPeer, labels: dict[str, str]) -> bool:
    return not peer.spec.node_selectors or any(selector.selects(labels) for selector in peer.spec.node_selectors)
