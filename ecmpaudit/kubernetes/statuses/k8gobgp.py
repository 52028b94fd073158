"""PureLB's k8gobgp: one BGPNodeStatus for each node, renewed every `heartbeatSeconds`.

Fields are those of k8gobgp api/v1/bgpnodestatus_types.go, their meaning that of controllers/bgpnodestatus_reporter.go:
`prefixesSent` is what GoBGP has announced to a neighbour, `inRIB` is false for an address that is on an interface and
was not imported, `advertisedTo` names at most 16 neighbours. A part that is `truncated` is not used. The agent sets the
condition Ready to false with the reason AgentShutdown when it stops, and leaves the sessions as they were.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from pydantic import Field

from ecmpaudit.kubernetes.schema import Condition, Object, Part
from ecmpaudit.kubernetes.statuses.ages import renewed
from ecmpaudit.kubernetes.statuses.read import ESTABLISHED, Read, WithLength, families_of, session_of, state_word
from ecmpaudit.kubernetes.times import Time  # noqa: TC001 - pydantic reads it
from ecmpaudit.model.facts import Export, Facts, HostAddress, HostInterface, NodeRoute, SilentDaemon
from ecmpaudit.model.questions import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.statuses.ages import Report

_HEARTBEAT = 60
"""Seconds, k8gobgp's default."""
_SHUTDOWN = "AgentShutdown"
_INTERFACE = "kube-lb0"
"""PureLB's; what is on interfaces that are not imported is not shown."""


class GobgpNeighbor(Part):
    """One session."""

    address: str
    peer_asn: int | None = Field(default=None, alias="peerASN")
    local_asn: int | None = Field(default=None, alias="localASN")
    state: str = ""
    session_up_since: Time = None
    prefixes_sent: int | None = Field(default=None, ge=0)
    description: str = ""
    last_error: str = ""


class GobgpInterface(Part):
    """An interface whose addresses are imported."""

    name: str
    exists: bool = False
    oper_state: str = ""


class GobgpAddress(Part):
    """An address on one of them."""

    address: WithLength
    interface: str = ""
    in_rib: bool = Field(default=False, alias="inRIB")


class GobgpImport(Part):
    """The addresses that become routes."""

    enabled: bool = False
    interfaces: tuple[GobgpInterface, ...] = ()
    imported_addresses: tuple[GobgpAddress, ...] = ()
    truncated: bool = False


class GobgpRoute(Part):
    """A route of the node's own."""

    prefix: WithLength
    advertised_to: tuple[str, ...] = ()


class GobgpRib(Part):
    """The node's own routes."""

    local_routes: tuple[GobgpRoute, ...] = ()
    truncated: bool = False


class BGPNodeStatusData(Part):
    """What the agent of a node reports."""

    node_name: str = ""
    last_updated: Time = None
    heartbeat_seconds: int = _HEARTBEAT
    neighbors: tuple[GobgpNeighbor, ...] = ()
    netlink_import: GobgpImport | None = None
    rib: GobgpRib | None = None
    truncated: bool = False
    conditions: tuple[Condition, ...] = ()


class BGPNodeStatus(Object):
    """bgp.purelb.io BGPNodeStatus."""

    status: BGPNodeStatusData = BGPNodeStatusData()


def read_k8gobgp(objects: Objects) -> Read:
    """Return what the agents of k8gobgp report."""
    read = Read()
    for found in objects.of(BGPNodeStatus):
        status = found.status
        node = status.node_name or found.name
        report = renewed(objects, found, node, status.last_updated, status.heartbeat_seconds or _HEARTBEAT)
        if not read.uses(report):
            continue
        if stopped := next((c for c in status.conditions if c.reason == _SHUTDOWN), None):
            words = (stopped.message or stopped.reason)[:200]
            read.facts.append(Facts(silent_daemons=(SilentDaemon(node, words, report.evidence(words)),)))
            continue
        parts = {"neighbors": status.truncated, "netlinkImport": status.netlink_import and
                 status.netlink_import.truncated, "rib": status.rib and status.rib.truncated}  # fmt: skip
        for part in (name for name, is_cut in parts.items() if is_cut):
            read.unused.setdefault(f"its {part} are truncated", []).append(report.name)
        read.facts += _facts(status, report)
    return read


def _facts(status: BGPNodeStatusData, report: Report) -> Iterator[Facts]:
    if not status.truncated:
        yield _sessions(status, report)
    imported = status.netlink_import
    if imported and imported.enabled and not imported.truncated:
        yield _addresses(imported, report)
    if status.rib and not status.rib.truncated:
        yield _routes(status, status.rib, report)


def _sessions(status: BGPNodeStatusData, report: Report) -> Facts:
    sessions = []
    for neighbor in status.neighbors:
        state = state_word(neighbor.state)
        said = f"neighbour {neighbor.address} is {state}"
        said += f', last error "{neighbor.last_error}"' if neighbor.last_error else ""
        sessions += [
            session_of(
                report, neighbor.address, state, family, said,
                peer_name=neighbor.description or None,
                remote_as=neighbor.peer_asn,
                local_as=neighbor.local_asn,
                since=f"{neighbor.session_up_since:%Y-%m-%d %H:%M:%S} UTC" if neighbor.session_up_since else None,
                last_error=neighbor.last_error or None,
                sent=neighbor.prefixes_sent if state == ESTABLISHED else None,
            )
            for family in families_of(neighbor.address, state)
        ]  # fmt: skip
    return Facts(sessions=tuple(sessions), answered=frozenset({(report.node, Question.SESSIONS, None)}))


def _addresses(imported: GobgpImport, report: Report) -> Facts:
    """Return the addresses on the interfaces: all of them, so that one that is absent is on none."""
    interfaces = tuple(
        HostInterface(report.node, i.name, report.evidence(f"{i.name} is {i.oper_state}"), i.oper_state.upper() or None)
        for i in imported.interfaces
        if i.exists
    )
    addresses = tuple(
        HostAddress(report.node, a.interface, a.address, report.evidence(f"{a.address} is on {a.interface}, "
                    f"{'' if a.in_rib else 'not '}in the RIB"))
        for a in imported.imported_addresses
    )  # fmt: skip
    is_shown = any(interface.name == _INTERFACE for interface in imported.interfaces)
    answered = frozenset({(report.node, Question.ADDRESSES, None)} if is_shown else ())
    return Facts(interfaces=interfaces, addresses=addresses, answered=answered)


def _routes(status: BGPNodeStatusData, rib: GobgpRib, report: Report) -> Facts:
    routes, exports = [], []
    for route in rib.local_routes:
        prefix = str(ip_network(route.prefix, strict=False))
        said = f"{prefix} is in its RIB" + (f", advertised to {', '.join(route.advertised_to)}"
                                            if route.advertised_to else "")  # fmt: skip
        routes.append(NodeRoute(report.node, prefix, "local", report.evidence(said)))
        exports += [Export(report.node, prefix, peer, report.evidence(said)) for peer in route.advertised_to]
    is_shown = bool(exports)
    silent = {n.address for n in status.neighbors if n.prefixes_sent == 0}
    up = [n.address for n in status.neighbors if state_word(n.state) == ESTABLISHED]
    lists = {(report.node, peer, None) for peer in up if is_shown or peer in silent} if not status.truncated else set()
    answered = {(report.node, Question.NODE_ROUTES, None)}
    if lists:
        answered.add((report.node, Question.EXPORTS, None))
    return Facts(
        node_routes=tuple(routes), exports=tuple(exports), export_lists=frozenset(lists), answered=frozenset(answered)
    )
