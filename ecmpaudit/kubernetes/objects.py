"""What is known of a cluster: its objects by kind, wherever they were read.

An object of a kind that decides nothing is counted and ignored. One that cannot be understood is a problem that
the caller has to report: no object is lost silently.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import ValidationError

from ecmpaudit.kubernetes import custom_resources as custom
from ecmpaudit.kubernetes import schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails

_Kind = TypeVar("_Kind", bound=schema.Object)

KINDS: dict[tuple[str, str], type[schema.Object]] = {
    ("", "Node"): schema.Node,
    ("", "Service"): schema.Service,
    ("discovery.k8s.io", "EndpointSlice"): schema.EndpointSlice,
    ("metallb.io", "IPAddressPool"): custom.IPAddressPool,
    ("metallb.io", "BGPAdvertisement"): custom.BGPAdvertisement,
    ("metallb.io", "L2Advertisement"): custom.L2Advertisement,
    ("metallb.io", "BGPPeer"): custom.MetallbPeer,
    ("purelb.io", "ServiceGroup"): custom.ServiceGroup,
    ("projectcalico.org", "BGPConfiguration"): custom.BGPConfiguration,
    ("projectcalico.org", "IPPool"): custom.CalicoPool,
    ("projectcalico.org", "BGPPeer"): custom.CalicoPeer,
    ("crd.projectcalico.org", "BGPConfiguration"): custom.BGPConfiguration,
    ("crd.projectcalico.org", "IPPool"): custom.CalicoPool,
    ("crd.projectcalico.org", "BGPPeer"): custom.CalicoPeer,
    ("cilium.io", "CiliumLoadBalancerIPPool"): custom.CiliumPool,
    ("cilium.io", "CiliumBGPAdvertisement"): custom.CiliumAdvertisement,
    ("cilium.io", "CiliumBGPClusterConfig"): custom.CiliumCluster,
    ("cilium.io", "CiliumBGPPeeringPolicy"): custom.CiliumPolicy,
}
"""API group and kind of what is read, in any version of the group."""


@dataclass(frozen=True, slots=True)
class Document:
    """One object or list as plain values, and its place."""

    source: str
    """For messages: a file name, with the line where the document begins."""
    values: Any


@dataclass(slots=True, eq=False)
class Objects:
    """The objects of one cluster; of two with the same kind, namespace and name, the last one read counts."""

    by_kind: dict[type[schema.Object], dict[str, schema.Object]] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    """How many objects of which kinds decide nothing here."""
    problems: list[str] = field(default_factory=list)
    """What could not be understood: file, kind, name and field."""
    _in_order: dict[type[schema.Object], tuple[schema.Object, ...]] = field(default_factory=dict)
    """What was asked for before: nothing is entered after `objects_of`, and each Service asks again."""

    def of(self, kind: type[_Kind]) -> tuple[_Kind, ...]:
        """Return the objects of a kind, by namespace and name."""
        if kind not in self._in_order:
            known = self.by_kind.get(kind, {})
            self._in_order[kind] = tuple(known[key] for key in sorted(known))
        return cast("tuple[_Kind, ...]", self._in_order[kind])

    @property
    def count(self) -> int:
        """How many objects were understood."""
        return sum(len(objects) for objects in self.by_kind.values())


def objects_of(documents: Iterable[Document], problems: Iterable[str] = ()) -> Objects:
    """Return the objects in the documents; lists, and lists in lists, are opened."""
    objects = Objects(problems=list(problems))
    for document in documents:
        _add(document.values, document.source, objects, "", "")
    return objects


def _add(values: Any, source: str, objects: Objects, version: str, kind: str) -> None:
    """Enter one object; the items of a typed list (NodeList) may leave kind and version to the list."""
    if not isinstance(values, dict):
        objects.problems.append(f"{source}: expected a Kubernetes object, found {_found(values)}")
        return
    version, kind = str(values.get("apiVersion") or version), str(values.get("kind") or kind)
    if not kind:
        objects.problems.append(f"{source}: expected a Kubernetes object, found a mapping without a kind")
    elif kind.endswith("List") and isinstance(values.get("items") or [], list):
        item = kind.removesuffix("List")
        for inner in values.get("items") or []:
            _add(inner, source, objects, version if item else "", item)
    else:
        _understand(values, source, objects, version.rpartition("/")[0], kind)


def _understand(values: dict[str, Any], source: str, objects: Objects, group: str, kind: str) -> None:
    model = KINDS.get((group, kind))
    if model is None:
        objects.skipped[kind] += 1
        return
    try:
        found = model.model_validate(values)
    except ValidationError as error:
        place = f"{source}: {kind} {_name(values)}"
        objects.problems += [f"{place}: {_fault(details)}" for details in error.errors(include_url=False)]
        return
    objects.by_kind.setdefault(model, {})[found.key] = found


def _name(values: dict[str, Any]) -> str:
    metadata = values.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    name = str(known.get("name") or "without a name")
    return f"{known['namespace']}/{name}" if known.get("namespace") else name


def _fault(details: ErrorDetails) -> str:
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in details["loc"]).removeprefix(".")
    message = str(details["ctx"]["error"]) if details["type"] == "value_error" else details["msg"]
    return f"{place}: {message}" if place else message


def _found(values: Any) -> str:
    kinds = {list: "a list", type(None): "nothing", str: "a text"}
    return kinds.get(type(values), "a value")
