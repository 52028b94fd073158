"""MetalLB: ServiceBGPStatus and ServiceL2Status, one for each Service and node.

Fields are those of metallb api/v1beta1 (servicebgpstatus_types.go, servicel2status_types.go). A ServiceBGPStatus says
that the speaker of a node is configured to announce the Service to these peers, and nothing of the sessions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.nodes import nodes_by_name, not_ready_nodes
from ecmpaudit.kubernetes.schema import Object, Part
from ecmpaudit.kubernetes.statuses.ages import on_change
from ecmpaudit.kubernetes.statuses.read import Read
from ecmpaudit.model.facts import Facts, NodeRoute
from ecmpaudit.model.questions import Question

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecmpaudit.kubernetes.objects import Objects


class ServiceStatusData(Part):
    """Which Service, on which node, and for a BGP status to which peers."""

    node: str = ""
    service_name: str = ""
    service_namespace: str = ""
    peers: tuple[str, ...] = ()

    @property
    def service(self) -> str:
        """`namespace/name`."""
        return f"{self.service_namespace}/{self.service_name}"


class ServiceBGPStatus(Object):
    """metallb.io ServiceBGPStatus."""

    status: ServiceStatusData = ServiceStatusData()


class ServiceL2Status(Object):
    """metallb.io ServiceL2Status."""

    status: ServiceStatusData = ServiceStatusData()


def read_metallb(objects: Objects, prefixes: Mapping[str, Sequence[str]]) -> Read:
    """Return what the speakers of MetalLB are configured to announce; `prefixes` are those of each Service.

    Where every Service has such a status, a node without one does not announce it.
    """
    read = Read()
    usable: dict[str, bool] = {}
    for found in objects.of(ServiceBGPStatus):
        status = found.status
        report = on_change(objects, found, status.node)
        is_used = read.uses(report)
        usable[status.node] = is_used and usable.get(status.node, True)
        if is_used:
            said = f"Service {status.service} is announced to {', '.join(status.peers) or 'no peer'}"
            announced = prefixes.get(status.service, ()) if status.peers else ()
            routes = tuple(NodeRoute(status.node, p, "MetalLB", report.evidence(said)) for p in announced)
            read.facts.append(Facts(node_routes=routes))
    services = {found.status.service for found in objects.of(ServiceBGPStatus)}
    is_of_metallb_alone = services >= prefixes.keys()  # else another announcer may have the other Services
    if any(usable.values()) and is_of_metallb_alone and ServiceBGPStatus not in objects.unread:
        speakers = [node for node in nodes_by_name(objects) if node not in not_ready_nodes(objects)]
        complete = {(node, Question.NODE_ROUTES, None) for node in speakers if usable.get(node, True)}
        read.facts.append(Facts(answered=frozenset(complete)))
    return read


def answering_nodes(objects: Objects) -> dict[str, list[str]]:
    """Return by Service the nodes that answer ARP and NDP for it."""
    found: dict[str, list[str]] = {}
    for status in (known.status for known in objects.of(ServiceL2Status)):
        if status.node:
            found.setdefault(status.service, []).append(status.node)
    return found
