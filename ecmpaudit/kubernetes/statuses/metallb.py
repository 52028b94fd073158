"""MetalLB: ServiceBGPStatus and ServiceL2Status, one for each Service and node; ConfigurationState, one for each node.

Fields are those of metallb api/v1beta1 (servicebgpstatus_types.go, servicel2status_types.go,
configurationstate_types.go). A ServiceBGPStatus says that the speaker of a node is configured to announce the Service
to these peers, and nothing of the sessions. A ConfigurationState says whether a speaker, or the controller, takes the
objects of MetalLB; one that does not goes on with those that it had (configuration_state_controller.go).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.nodes import nodes_by_name, not_ready_nodes
from ecmpaudit.kubernetes.schema import Condition, Object, Part
from ecmpaudit.kubernetes.statuses.ages import on_change
from ecmpaudit.kubernetes.statuses.read import Read
from ecmpaudit.model.cluster_faults import ClusterFault, FaultKind
from ecmpaudit.model.facts import Facts, NodeRoute
from ecmpaudit.model.questions import Question

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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


NODE = "metallb.io/node-name"
_INVALID = "Invalid"
_LONGEST = 200


class ConfigurationStatus(Part):
    """Whether the objects are taken, and why not."""

    result: str = ""
    error_summary: str = ""
    conditions: tuple[Condition, ...] = ()


class ConfigurationState(Object):
    """metallb.io ConfigurationState; its labels say of which node."""

    status: ConfigurationStatus = ConfigurationStatus()

    @property
    def node(self) -> str:
        """The node of a speaker; empty for the controller."""
        return self.metadata.labels.get(NODE, "")

    @property
    def why_rejected(self) -> str | None:
        """Why the objects are not taken; None where they are, or where that is not known."""
        if self.status.result != _INVALID:
            return None
        messages = (condition.message for condition in self.status.conditions if condition.status == "False")
        text = self.status.error_summary or "; ".join(filter(None, messages)) or "no reason is given"
        return " ".join(text.split())[:_LONGEST]


@lru_cache(maxsize=4)
def rejecting_nodes(objects: Objects) -> Mapping[str, str]:
    """Return the nodes whose speaker rejects MetalLB's objects, each with the reason."""
    found = [s for s in objects.of(ConfigurationState) if s.why_rejected and not on_change(objects, s, s.node).why_not]
    return {s.node: f'its speaker rejects the objects and goes on with older ones: "{s.why_rejected}"' for s in found}


def _rejections(objects: Objects, read: Read) -> Iterator[ClusterFault]:
    """Yield which speakers reject MetalLB's objects; the controller's own state is of no node."""
    for state in objects.of(ConfigurationState):
        report = on_change(objects, state, state.node)
        if why := state.why_rejected:
            place = state.node or "MetalLB's controller"
            fact = f'MetalLB rejects its objects and goes on with older ones: "{why}"'
            if not state.node or read.uses(report):
                yield ClusterFault(FaultKind.REJECTED, place, fact, evidence=(report.evidence(why),))


def read_metallb(objects: Objects, prefixes: Mapping[str, Sequence[str]]) -> Read:
    """Return what the speakers of MetalLB are configured to announce; `prefixes` are those of each Service.

    Where every Service has such a status, a node without one does not announce it.
    """
    read = Read()
    read.faults += _rejections(objects, read)
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
