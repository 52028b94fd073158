"""Calico: CalicoNodeStatus, which somebody has to ask for with an object for each node.

Fields are those of Calico's api/pkg/apis/projectcalico/v3/nodestatus.go; only the `classes` that are asked for are
filled. `updatePeriodSeconds` is its period; with 0 it is written once. A route that is not listed may be there all the
same, as birdcl's lines of blackhole routes are not listed in every release.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from pydantic import Field

from ecmpaudit.kubernetes.schema import Address, Object, Part
from ecmpaudit.kubernetes.statuses.ages import renewed
from ecmpaudit.kubernetes.statuses.read import IPV4, IPV6, Read, WithLength, session_of, state_word
from ecmpaudit.kubernetes.times import Time  # noqa: TC001 - pydantic reads it
from ecmpaudit.model.facts import Facts, NodeRoute, SilentDaemon
from ecmpaudit.model.questions import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.statuses.ages import Report

_PERIOD = 10
_OWN = frozenset({"Static", "Direct", "Kernel"})
"""Sources of routes that are the node's own."""
_NOT_READY = "NotReady"


class CalicoDaemon(Part):
    """BIRD for one family."""

    state: str = ""


class CalicoAgent(Part):
    """BIRD for both."""

    bird_v4: CalicoDaemon = Field(default=CalicoDaemon(), alias="birdV4")
    bird_v6: CalicoDaemon = Field(default=CalicoDaemon(), alias="birdV6")


class CalicoNodePeer(Part):
    """One session."""

    peer_ip: Address = Field(alias="peerIP")
    type: str = ""
    state: str = ""
    since: str = ""


class CalicoSessions(Part):
    """The sessions of a node."""

    peers_v4: tuple[CalicoNodePeer, ...] = Field(default=(), alias="peersV4")
    peers_v6: tuple[CalicoNodePeer, ...] = Field(default=(), alias="peersV6")


class CalicoSource(Part):
    """Where a route comes from."""

    source_type: str = ""


class CalicoRoute(Part):
    """One route."""

    destination: WithLength
    learned_from: CalicoSource = CalicoSource()


class CalicoRoutes(Part):
    """The routes of a node."""

    routes_v4: tuple[CalicoRoute, ...] = Field(default=(), alias="routesV4")
    routes_v6: tuple[CalicoRoute, ...] = Field(default=(), alias="routesV6")


class CalicoNodeStatusStatus(Part):
    """What the agent of a node reports."""

    last_updated: Time = None
    agent: CalicoAgent = CalicoAgent()
    bgp: CalicoSessions = CalicoSessions()
    routes: CalicoRoutes = CalicoRoutes()


class CalicoNodeStatusSpec(Part):
    """What it was asked for."""

    node: str = ""
    classes: tuple[str, ...] = ()
    update_period_seconds: int = _PERIOD


class CalicoNodeStatus(Object):
    """projectcalico.org CalicoNodeStatus."""

    spec: CalicoNodeStatusSpec = CalicoNodeStatusSpec()
    status: CalicoNodeStatusStatus = CalicoNodeStatusStatus()


def read_calico(objects: Objects) -> Read:
    """Return what Calico reports of its nodes."""
    read = Read()
    for found in objects.of(CalicoNodeStatus):
        spec = found.spec
        report = renewed(objects, found, spec.node or found.name, found.status.last_updated, spec.update_period_seconds)
        if read.uses(report):
            read.facts += _facts(found, report)
    return read


def _facts(found: CalicoNodeStatus, report: Report) -> Iterator[Facts]:
    status, classes = found.status, found.spec.classes
    agent = status.agent
    if "Agent" in classes and agent.bird_v4.state == _NOT_READY == agent.bird_v6.state:
        yield Facts(silent_daemons=(SilentDaemon(report.node, _NOT_READY, report.evidence("BIRD is NotReady")),))
    elif "BGP" in classes:
        by_family = {IPV4: status.bgp.peers_v4, IPV6: status.bgp.peers_v6}
        sessions = tuple(
            session_of(report, peer.peer_ip, state_word(peer.state), family,
                       f"peer {peer.peer_ip} is {peer.state}", since=peer.since or None)
            for family, peers in by_family.items()
            for peer in peers
            if peer.type != "NodeMesh"
        )  # fmt: skip
        yield Facts(sessions=sessions, answered=frozenset({(report.node, Question.SESSIONS, None)}))
    if "Routes" in classes:
        routes = (*status.routes.routes_v4, *status.routes.routes_v6)
        yield Facts(
            node_routes=tuple(
                NodeRoute(report.node, str(ip_network(route.destination, strict=False)),
                          route.learned_from.source_type.lower(), report.evidence(f"it has {route.destination}"))
                for route in routes
                if route.learned_from.source_type in _OWN
            )
        )  # fmt: skip
