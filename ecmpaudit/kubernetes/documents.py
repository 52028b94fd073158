"""From documents, as files or an API give them, to the objects of a cluster.

An object of a kind that decides nothing is counted and ignored. One that cannot be understood is a problem that
the caller has to report: no object is lost silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ecmpaudit.kubernetes.detection import announcers
from ecmpaudit.kubernetes.objects import Newest, Objects
from ecmpaudit.kubernetes.schema import EndpointSlice, Node, Object, Service
from ecmpaudit.kubernetes.statuses import status_kinds
from ecmpaudit.kubernetes.statuses.ages import times_in
from ecmpaudit.kubernetes.workloads import DaemonSet, Pod, is_static_pod

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails

_OF_KUBERNETES: dict[tuple[str, str], type[Object]] = {
    ("", "Node"): Node,
    ("", "Service"): Service,
    ("discovery.k8s.io", "EndpointSlice"): EndpointSlice,
    ("apps", "DaemonSet"): DaemonSet,
}


@dataclass(frozen=True, slots=True)
class Document:
    """One object or list as plain values, and its place."""

    source: str
    """For messages: a file name, with the line where the document begins."""
    values: Any


@cache
def kinds_read() -> Mapping[tuple[str, str], type[Object]]:
    """Return what is read, by API group and kind, in any version of the group."""
    of_announcers = {
        key: model for known in announcers().values() for key, model in {**known.kinds, **known.looked_up}.items()
    }
    return _OF_KUBERNETES | of_announcers | status_kinds()


@cache
def _with_places() -> frozenset[type[Object]]:
    return frozenset(status_kinds().values())


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
        _understand({**values, "apiVersion": version}, source, objects, version.rpartition("/")[0], kind)


def _understand(values: dict[str, Any], source: str, objects: Objects, group: str, kind: str) -> None:
    is_pod = (group, kind) == ("", "Pod") and is_static_pod(values)
    model = Pod if is_pod else kinds_read().get((group, kind))
    if model is None:
        objects.skipped[kind] += 1
        return
    try:
        found = model.model_validate(values)
    except ValidationError as error:
        place = f"{source}: {kind} {_name(values)}"
        objects.problems += [f"{place}: {_fault(details)}" for details in error.errors(include_url=False)]
        return
    except UnicodeEncodeError:
        objects.problems.append(f"{source}: {kind} {_name(values)}: expected text, found half of a surrogate pair")
        return
    objects.by_kind.setdefault(model, {})[found.key] = found
    if model in _with_places():
        objects.places[model, found.key] = source
    for time in times_in(found):
        if objects.newest is None or time > objects.newest.time:
            objects.newest = Newest(time, f"{kind} {found.key}")


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
