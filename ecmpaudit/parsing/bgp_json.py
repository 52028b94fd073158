"""BGP tables that FRR prints as JSON: `show bgp ipv4|ipv6 unicast json`, all of it or one prefix's paths in detail.

The two forms name the same facts differently: `locPrf` beside `localpref`, a path's peer as an id or as an object,
its AS path as a text or as an object with the text. FRR 6 has names of its own again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import DamagedOutputError
from ecmpaudit.model import Evidence
from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.model.facts import BgpPath
from ecmpaudit.parsing.outside_values import (
    WRAPPED,
    address,
    flag_in,
    json_document,
    mapping,
    network,
    number_in,
    object_in,
    objects,
    text_in,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.json_places import Path

_FIRST_KEYS = re.compile(
    r'\s*\{\s*(?:"vrfId"\s*:|"prefix"\s*:[^{}]*(?:"version"|"advertisedTo"|"pathCount"|"paths")\s*:)'
)
_ONE_PREFIX = re.compile(r'\s*\{\s*"prefix"\s*:')
_HEAD = 4_000
"""Characters at the head of a text by which its form is detected."""
_LOCAL_PREFERENCE = ("locPrf", "localPref", "localpref")
_MED = ("metric", "med")
_UNSPECIFIED = "(unspec)"
"""The peer of the router's own paths."""


def looks_like_bgp_json(text: str) -> bool:
    """Return whether the first keys are those of a BGP table, `vrfId`, or of the paths of one prefix."""
    return _FIRST_KEYS.match(text[:_HEAD]) is not None


def is_of_one_prefix(text: str) -> bool:
    """Return whether these are the paths of one prefix in detail; other prefixes remain unknown."""
    return _ONE_PREFIX.match(text[:_HEAD]) is not None


def paths_of_json(capture: Capture, vrf: str | None) -> tuple[BgpPath, ...]:
    """Return the paths in output order; `vrf` is the one that the command names, None where it names none.

    Raises:
        DamagedOutputError: the JSON is damaged, cut short or of something else.
    """
    document = json_document(capture.text, capture.source)
    try:
        return tuple(
            _path(capture, prefix, path, vrf or named, (*above, number, "nexthops", 0, "ip"))
            for named, prefix, paths, above in _prefixes(document)
            for number, path in enumerate(paths)
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise DamagedOutputError(f"{capture.source}: this JSON is no BGP table: {error!r}") from error


def _prefixes(document: Any, above: Path = ()) -> Iterator[tuple[str, str, list[dict[str, Any]], Path]]:
    """Yield VRF, prefix, paths and the keys above the paths; `vrf all` has one document in another."""
    if "paths" in mapping(document, "a BGP table"):
        yield DEFAULT_VRF, text_of(document["prefix"], "prefix"), objects(document["paths"], "paths"), (*above, "paths")
    elif "routes" in document:
        vrf = text_in(document, "vrfName") or DEFAULT_VRF
        for prefix, entry in object_in(document, "routes").items():
            keys = (*above, "routes", prefix, *(("paths",) if isinstance(entry, dict) else ()))
            paths = entry["paths"] if isinstance(entry, dict) else entry
            yield (DEFAULT_VRF if vrf.lower() == DEFAULT_VRF else vrf), prefix, objects(paths, "paths"), keys
    else:
        for name, instance in document.items():
            yield from _prefixes(instance, (*above, name))


def _path(capture: Capture, prefix: str, path: dict[str, Any], vrf: str, place: Path) -> BgpPath:
    peer, hops = object_in(path, "peer"), objects(path["nexthops"], "nexthops")
    addresses = [address(hop["ip"]) for hop in hops if "ip" in hop]
    is_best = _is_best(path.get("bestpath", False))
    return BgpPath(
        router=capture.router or "",
        prefix=network(prefix),
        next_hop=addresses[0],
        evidence=Evidence(capture.source, capture.first_line, "", place),
        vrf=vrf,
        other_next_hop=addresses[1] if len(addresses) > 1 else None,
        peer=_peer(text_in(peer, "peerId") or text_in(path, "peerId")),
        is_valid=flag_in(path, "valid") and not any(path.get(word) for word in ("history", "damped", "removed")),
        is_best=is_best,
        is_multipath=is_best or flag_in(path, "multipath"),
        is_stale=flag_in(path, "stale"),
        is_damped=flag_in(path, "damped") or flag_in(path, "history"),
        is_internal=_is_internal(text_in(peer, "type") or text_in(path, "pathFrom")),
        is_accessible=all(hop.get("accessible", True) for hop in hops),
        weight=number_in(path, "weight"),
        local_preference=_first(path, _LOCAL_PREFERENCE),
        as_path=_as_path(path),
        origin=text_in(path, "origin"),
        med=_first(path, _MED),
        igp_metric=next((number_in(hop, "metric", least=WRAPPED) for hop in hops if "metric" in hop), None),
        router_id=text_in(peer, "routerId"),
    )


def _is_best(best: Any) -> bool:
    """Return whether the path is the best of all: the detail form also marks the best of each neighbouring AS."""
    return bool(best.get("overall", False) if isinstance(best, dict) else best)


def _peer(peer: str | None) -> str | None:
    return None if peer == _UNSPECIFIED else peer


def _is_internal(kind: str | None) -> bool | None:
    return None if kind is None else kind == "internal"


def _as_path(path: dict[str, Any]) -> str:
    found = path.get("aspath", path.get("path", ""))
    text = text_of(found["string"] if isinstance(found, dict) else found, "the AS path")
    return "" if text == "Local" else text


def _first(path: dict[str, Any], names: tuple[str, ...]) -> int | None:
    return next((number_in(path, name, least=WRAPPED) for name in names if name in path), None)
