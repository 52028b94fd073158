"""Which nodes may announce a Service at all.

What an announcer takes into account is data: `Habits`. Each was read in the announcer's source, see
docs/kubernetes.md. A cordoned node still announces: cordoning keeps new pods away and nothing else. So may a node that
is not Ready: no announcer reads that condition, but its speaker may be gone with the rest of the node.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.schema import Node
from ecmpaudit.model import name_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecmpaudit.kubernetes.announcer import Habits
    from ecmpaudit.kubernetes.objects import Objects

EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers"
_PLACES = frozenset({"rack", "zone", "region", "subnet"})
"""Last words of the labels that say where a node is."""
NO_ENDPOINT = "no ready endpoint"
NOT_READY = "not Ready"
DELETED = "being deleted"
_KEEPING_AWAY = frozenset({"NoExecute", "NoSchedule"})
_OF_KUBERNETES = ("node.kubernetes.io/", "node-role.kubernetes.io/", "node.cloudprovider.kubernetes.io/")


@lru_cache(maxsize=4)
def nodes_by_name(objects: Objects) -> Mapping[str, Node]:
    """Return the nodes, node2 before node10."""
    return {node.name: node for node in sorted(objects.of(Node), key=lambda node: name_key(node.name))}


@lru_cache(maxsize=4)
def not_ready_nodes(objects: Objects) -> Mapping[str, str]:
    """Return the nodes whose kubelet does not report that they are ready, each with the reason."""
    nodes = nodes_by_name(objects)
    return {name: NOT_READY for name, node in nodes.items() if node.condition("Ready") not in (None, "True")}


@lru_cache(maxsize=4)
def unsure_nodes(objects: Objects) -> Mapping[str, str]:
    """Return the nodes that may announce or not whatever the announcer is, each with the reason."""
    leaving = {name: DELETED for name, node in nodes_by_name(objects).items() if node.metadata.deletion_timestamp}
    return {**leaving, **not_ready_nodes(objects)}


def taints_of(node: Node) -> tuple[str, ...]:
    """Return the taints that may keep a speaker's pod away, without those of Kubernetes itself."""
    taints = (taint for taint in node.spec.taints if taint.effect in _KEEPING_AWAY)
    return tuple(f"{taint.key}:{taint.effect}" for taint in taints if not taint.key.startswith(_OF_KUBERNETES))


@lru_cache(maxsize=16)
def excluded_nodes(objects: Objects, habits: Habits) -> Mapping[str, str]:
    """Return the nodes that announce no Service, each with the reason."""
    return {name: why for name, node in nodes_by_name(objects).items() if (why := why_excluded(node, habits))}


def why_excluded(node: Node, habits: Habits) -> str | None:
    """Return why a node announces no Service, whichever it is; None when it may."""
    label = node.metadata.labels.get(EXCLUDE_LABEL)
    if habits.honours_the_label and label is not None and (label == "true" or not habits.label_has_to_be_true):
        return f"labelled {EXCLUDE_LABEL}"
    if habits.honours_network_unavailable and node.condition("NetworkUnavailable") == "True":
        return "NetworkUnavailable"
    return None


def shared_labels(node: Node) -> tuple[tuple[str, str], ...]:
    """Return where a node is, as its labels say: `("zone", "a")` of topology.kubernetes.io/zone."""
    labels = node.metadata.labels
    places = ((key.rpartition("/")[2], value) for key, value in labels.items())
    return tuple(dict.fromkeys((key, value) for key, value in places if key in _PLACES and value))
