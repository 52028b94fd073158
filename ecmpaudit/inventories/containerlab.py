"""Topology files of containerlab: its nodes as hosts, by their management address or container name.

A node goes before its group, this before its kind, and this before the defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecmpaudit.configuration.patterns import GROUP
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.hosts import OWN, Host
from ecmpaudit.inventories.lined_yaml import line_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_MACHINE = frozenset({"bridge", "ovs-bridge", "host"})
"""Kinds that are no machine of their own."""
_IMAGES = {"frr": "frr", "bird": "bird", "gobgp": "gobgp"}
"""Words in the image of a container of kind linux, with the platform that they show."""


def is_topology(document: Any) -> bool:
    """Return whether a document is a topology of containerlab."""
    topology = document.get("topology") if isinstance(document, dict) else None
    return isinstance(topology, dict) and "nodes" in topology


def read_topology(document: Any, name: str) -> Iterator[Host]:
    """Yield the nodes of a topology."""
    topology = document["topology"]
    nodes = topology["nodes"] or {}
    if not isinstance(nodes, dict):
        raise ConfigurationError(f"{name}: topology.nodes: expected a mapping of nodes")
    for node, body in nodes.items():
        place = f"{name}:{line_of(nodes, node)}"
        layers = _layers(body or {}, topology, place)
        kind = _first(layers, "kind") or "linux"
        if kind in _NO_MACHINE:
            continue
        labels = {k: str(v) for layer in reversed(layers) for k, v in (layer.get("labels") or {}).items()}
        group = _first(layers, "group")
        own = {key.removeprefix(OWN): labels.pop(key) for key in list(labels) if key.startswith(OWN)}
        settings = {"host": _host(document, node, layers), "platform": _platform(kind, _first(layers, "image"))} | own
        yield Host(node, place, settings, ({GROUP: str(group)} if group else {}) | labels)


def _layers(body: Any, topology: dict[str, Any], place: str) -> list[dict[str, Any]]:
    if not isinstance(body, dict):
        raise ConfigurationError(f"{place}: expected a mapping with kind, image and so on")
    defaults = topology.get("defaults") or {}
    of_group = (topology.get("groups") or {}).get(body.get("group") or defaults.get("group")) or {}
    kind = body.get("kind") or of_group.get("kind") or defaults.get("kind")
    of_kind = (topology.get("kinds") or {}).get(kind) or {}
    return [body, of_group, of_kind, defaults]


def _first(layers: list[dict[str, Any]], key: str) -> Any:
    return next((layer[key] for layer in layers if layer.get(key) is not None), None)


def _host(document: dict[str, Any], node: str, layers: list[dict[str, Any]]) -> str:
    """Return the management address, or the name that containerlab writes into /etc/hosts."""
    address = layers[0].get("mgmt-ipv4") or layers[0].get("mgmt-ipv6")
    if address:
        return str(address)
    prefix, lab = document.get("prefix", "clab"), document.get("name")
    words = {None: (node,), "": (node,), "__lab-name": (lab, node)}.get(prefix, (prefix, lab, node))
    return "-".join(str(word) for word in words)


def _platform(kind: str, image: Any) -> str:
    """Return the word for the platform: of a plain container, what its image says."""
    shown = str(image or "").rpartition("/")[2].lower() if kind == "linux" else ""
    return next((name for word, name in _IMAGES.items() if word in shown), kind)
