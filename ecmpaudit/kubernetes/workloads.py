"""Objects that run pods."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ecmpaudit.kubernetes.nodes import nodes_by_name
from ecmpaudit.kubernetes.schema import Object, Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Node


class Variable(Part):
    """A variable of its environment; one from a Secret or a field has no value here."""

    name: str
    value: str = ""
    value_from: object = None


class Container(Part):
    """One container of a pod."""

    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[Variable, ...] = ()
    env_from: tuple[object, ...] = ()


class PodSpec(Part):
    """The containers of a pod, and where it runs."""

    containers: tuple[Container, ...] = ()
    node_name: str | None = None
    node_selector: dict[str, str] = Field(default_factory=dict)


class PodTemplate(Part):
    """What each pod of a DaemonSet is like."""

    spec: PodSpec = PodSpec()


class DaemonSetSpec(Part):
    """Its pods."""

    template: PodTemplate = PodTemplate()


class DaemonSet(Object):
    """apps/v1 DaemonSet: the images of load balancers, for their release, and what they are started with."""

    spec: DaemonSetSpec = DaemonSetSpec()


class Pod(Object):
    """v1 Pod: read where a node runs it by itself, as a static pod without a DaemonSet, and from files only."""

    spec: PodSpec = PodSpec()


def is_static_pod(values: dict[str, Any]) -> bool:
    """Return whether a Pod as plain values belongs to its node; others are as many as a cluster has, and not read."""
    metadata = values.get("metadata")
    owners = metadata.get("ownerReferences") if isinstance(metadata, dict) else None
    return isinstance(owners, list) and any(isinstance(one, dict) and one.get("kind") == "Node" for one in owners)


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """One container, and what runs it."""

    by: str
    """For messages: `DaemonSet kube-system/kube-router`."""
    container: Container
    pod: PodSpec

    def may_run_on(self, node: Node) -> bool:
        """Return whether a node may run it: affinity and taints may keep it away all the same."""
        if self.pod.node_name:
            return self.pod.node_name == node.name
        labels = node.metadata.labels
        return all(labels.get(key) == value for key, value in self.pod.node_selector.items())


def static_pods(objects: Objects, image: str) -> tuple[Pod, ...]:
    """Return the static pods with a container of an image such as `kube-vip/kube-vip`."""
    return tuple(pod for pod in objects.of(Pod) if any(_has_image(c, image) for c in pod.spec.containers))


def running(objects: Objects, image: str) -> tuple[Running, ...]:
    """Return the containers of DaemonSets and static pods with such an image, from any registry."""
    pods = [(f"DaemonSet {found.key}", found.spec.template.spec) for found in objects.of(DaemonSet)]
    pods += [(f"Pod {pod.key}", pod.spec) for pod in static_pods(objects, image)]
    return tuple(Running(by, c, pod) for by, pod in pods for c in pod.containers if _has_image(c, image))


Outcome = tuple[bool | None, str]
"""Whether the nodes with one container announce an address, or None where that is not known; and why not."""


def may_announce(outcomes: Iterable[Outcome]) -> bool:
    """Return whether any of them announces an address, as far as is known."""
    return any(is_announced is not False for is_announced, _ in outcomes)


@lru_cache(maxsize=64)
def limits_of(
    objects: Objects, containers: tuple[Running, ...], outcomes: tuple[Outcome, ...], name: str
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the nodes that do not announce an address, and those that may, each with the reason.

    There is an outcome for each container; `name` is the announcer's.
    """
    never, unsure = {}, {}
    for node in nodes_by_name(objects).values():
        found = [known for one, known in zip(containers, outcomes, strict=True) if one.may_run_on(node)]
        why = next((why for is_announced, why in found if not is_announced), "")
        if not found:
            never[node.name] = f"no DaemonSet or static pod of {name} runs on it"
        elif not may_announce(found):
            never[node.name] = why
        elif why:
            unsure[node.name] = why
    return never, unsure


def _has_image(container: Container, image: str) -> bool:
    return f"/{_repository(container.image)}".endswith(f"/{image}")


def _repository(name: str) -> str:
    """Return an image's name without its tag and digest."""
    bare = name.partition("@")[0]
    before, colon, tag = bare.rpartition(":")
    return before if colon and "/" not in tag else bare
