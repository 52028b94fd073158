"""Objects that run pods."""

from __future__ import annotations

from ecmpaudit.kubernetes.schema import Object, Part


class Container(Part):
    """One container of a pod."""

    image: str = ""


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
    """apps/v1 DaemonSet: only the images of its containers are read, for the release of a load balancer."""

    spec: DaemonSetSpec = DaemonSetSpec()
