"""The status of a CiliumBGPNodeConfig: the sessions of a node as its agent reports them.

As cilium pkg/k8s/apis/cilium.io/v2/bgp_node_types.go has it; v2alpha1 differs in names that are not read.
"""

from __future__ import annotations

from pydantic import Field

from ecmpaudit.kubernetes.schema import Condition, Part
from ecmpaudit.kubernetes.times import Time  # noqa: TC001 - pydantic reads it


class CiliumRouteCount(Part):
    """How many routes a session exchanges in one family."""

    afi: str = ""
    safi: str = ""
    received: int | None = Field(default=None, ge=0)
    advertised: int | None = Field(default=None, ge=0)


class CiliumPeerStatus(Part):
    """One session, as the agent of the node reports it."""

    name: str = ""
    peer_address: str = ""
    peer_asn: int | None = Field(default=None, alias="peerASN")
    peering_state: str = ""
    established_time: Time = None
    route_count: tuple[CiliumRouteCount, ...] = ()


class CiliumInstanceStatus(Part):
    """The sessions of one BGP speaker."""

    peers: tuple[CiliumPeerStatus, ...] = ()


class CiliumNodeStatus(Part):
    """What the agent of the node reports; empty where its status reports are off."""

    bgp_instances: tuple[CiliumInstanceStatus, ...] = ()
    conditions: tuple[Condition, ...] = ()
