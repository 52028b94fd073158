"""What load balancers announce, as their own code and tests state it: cases with the upstream place of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.kubernetes_objects import Values, node

NODES = (node(1, rack="a"), node(2, rack="a"), node(3, rack="b"))


@dataclass(frozen=True)
class Case:
    """One cluster and what its nodes announce."""

    id: str
    upstream: str
    """Repository and file, with the function or the test."""
    objects: tuple[Values, ...]
    announced: dict[str, str]
    """The numbers of the nodes by prefix, `1 3`; empty text for a prefix that no node should announce."""
    possible: dict[str, str] = field(default_factory=dict)
    """The numbers of the nodes that may announce a prefix or not."""
    note: str = ""
    """A part of a note."""
    undetermined: str = ""
    """A part of a sentence about what cannot be determined."""
    nodes: tuple[Values, ...] = NODES
    announcer: str = "auto"


def custom(api_version: str, kind: str, name: str, **spec: Any) -> Values:
    """Return a custom resource without namespace."""
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def daemon_set(name: str, container: Values) -> Values:
    """Return a DaemonSet with one container."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return custom("apps/v1", "DaemonSet", name, selector={"matchLabels": labels}, template=template)


def labelled(values: Values, **labels: str) -> Values:
    """Return an object with labels; `__` in a key is `/`, and `_` is `-`."""
    keys = {key.replace("__", "/").replace("_", "-"): value for key, value in labels.items()}
    return {**values, "metadata": {**values["metadata"], "labels": keys}}


def annotated(values: Values, **annotations: str) -> Values:
    """Return an object with annotations; `__` in a key is `/`, and `_` is `-`."""
    keys = {key.replace("__", "/").replace("_", "-"): value for key, value in annotations.items()}
    return {**values, "metadata": {**values["metadata"], "annotations": keys}}


def changed(values: Values, **parts: Any) -> Values:
    """Return an object with other parts."""
    return {**values, **parts}


def running(image: str) -> Values:
    """Return a DaemonSet with an image, which shows the release."""
    return daemon_set("agent", {"name": "agent", "image": image})
