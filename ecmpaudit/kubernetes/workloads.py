"""Objects that run pods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.schema import Object, Part

if TYPE_CHECKING:
    from ecmpaudit.kubernetes.objects import Objects


class Variable(Part):
    """A variable of its environment; one from a Secret or a field has no value here."""

    name: str
    value: str = ""


class Container(Part):
    """One container of a pod."""

    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[Variable, ...] = ()


class PodSpec(Part):
    """The containers of a pod."""

    containers: tuple[Container, ...] = ()


class PodTemplate(Part):
    """What each pod of a DaemonSet is like."""

    spec: PodSpec = PodSpec()


class DaemonSetSpec(Part):
    """Its pods."""

    template: PodTemplate = PodTemplate()


class DaemonSet(Object):
    """apps/v1 DaemonSet: the images of load balancers, for their release, and what they are started with."""

    spec: DaemonSetSpec = DaemonSetSpec()


def containers_of(objects: Objects, image: str) -> tuple[Container, ...]:
    """Return the containers of DaemonSets with an image such as `kube-vip/kube-vip`, from any registry."""
    containers = (c for found in objects.of(DaemonSet) for c in found.spec.template.spec.containers)
    return tuple(c for c in containers if f"/{_repository(c.image)}".endswith(f"/{image}"))


def _repository(name: str) -> str:
    """Return an image's name without its tag and digest."""
    bare = name.partition("@")[0]
    before, colon, tag = bare.rpartition(":")
    return before if colon and "/" not in tag else bare
