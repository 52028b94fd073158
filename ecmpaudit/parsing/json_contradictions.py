"""Contradictions within JSON: a key twice in one object, and values of FRR that must agree and do not.

Python's decoder keeps the last of equal keys, so that a route that is there twice would lose the first one in silence.
FRR prints most facts of a route twice: the prefix as key and value, the next hops and their number.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from ecmpaudit.parsing.contradictions import CONTRADICTS
from ecmpaudit.parsing.outside_values import objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ACTIVE, IN_FIB = 1, 2
_BITS = ACTIVE | IN_FIB
"""Bits of a next hop's `flags` (zebra's `NEXTHOP_FLAG_ACTIVE`, `NEXTHOP_FLAG_FIB`)."""
_WORD = re.compile(r'"([^"\\]*+)"')
"""A key or a text; those that are asked for, prefixes, have nothing that is written as an escape."""
NUMBERS = ("internalNextHopNum", "internalNextHopActiveNum", "internalNextHopFibInstalledNum")
"""Keys of a route with its numbers of next hops: all, the active ones, those in the FIB."""


@dataclass(frozen=True, slots=True)
class JsonContradiction:
    """Two values that cannot both be right."""

    prefix: str | None
    """The prefix that cannot be judged; None where it is not known."""
    text: str
    """The two values, or the key."""
    reason: str
    key: str | None = None
    """A key whose lines are reported, instead of the line on which the document begins."""


class LinesOfKeys:
    """The lines of a text on which its keys are, all found in one pass when the first is asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: dict[str, list[int]] | None = None

    def not_reported(self, key: str) -> list[int]:
        """Return the lines of a key, 1-based; none where they were asked for before."""
        if self._lines is None:
            self._lines = {}
            for number, content in enumerate(self._text.split("\n"), start=1):
                for word in dict.fromkeys(_WORD.findall(content)):
                    self._lines.setdefault(word, []).append(number)
        return self._lines.pop(key, [])


class _WithRepeatedKeys(dict[str, Any]):
    """An object in which a key was twice; the first value of it is lost."""

    repeated: tuple[str, ...] = ()


def object_with_repeated_keys(marked: list[Any]) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """Return what makes an object of its pairs, and adds it to `marked` if a key is twice."""

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        plain = dict(pairs)
        if len(plain) == len(pairs):
            return plain
        found = _WithRepeatedKeys(plain)
        times = Counter(name for name, _ in pairs)
        found.repeated = tuple(name for name in plain if times[name] > 1)
        marked.append(found)
        return found

    return as_object


def contradictions_in(
    form: str, document: Any, lines: LinesOfKeys, line: int, *, has_repeated_keys: bool
) -> Iterator[tuple[int, JsonContradiction]]:
    """Yield each contradiction of a document with the line that it is reported for; `line` is where it begins."""
    repeated = _repeated_keys(document) if has_repeated_keys else ()
    for found in chain(repeated, contradictions_of_routes(document) if form == "frr" else ()):
        if found.key is None:
            yield line, found
        else:
            yield from ((number, found) for number in lines.not_reported(found.key))


def contradictions_of_routes(document: dict[str, Any]) -> Iterator[JsonContradiction]:
    """Yield what the routes of a document of FRR say twice in different ways."""
    for prefix, route in routes_of_frr(document):
        hops = route["nexthops"]
        active = [hop for hop in hops if hop.get("active")]
        in_fib = [hop for hop in hops if hop.get("fib")]
        yield from _counted(prefix, route, (len(hops), len(active), len(in_fib)))
        for hop in hops:
            flags = hop.get("flags")
            if type(flags) is int and flags & _BITS != (ACTIVE if hop.get("active") else 0) | (
                IN_FIB if hop.get("fib") else 0
            ):
                yield _of_flags(prefix, hop)


def routes_of_frr(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each route with the prefix that is its key."""
    for key, value in document.items():
        if isinstance(value, dict):  # FRR 10.1 and later group by VRF
            yield from routes_of_frr(value)
        elif "/" in key:
            yield from ((key, route) for route in objects(value, key))
        elif key not in {
            "routes",
            "prefixRoutes",
            "routesTotal",
            "routesTotalFib",
            "prefixRoutesTotal",
            "prefixRoutesTotalFib",
        }:
            raise ValueError(f"{key!r} is neither a prefix nor a VRF")


def _repeated_keys(document: Any) -> Iterator[JsonContradiction]:
    """Yield each key that one object of a document has twice, with the prefix that it is below.

    Without recursion: a device may nest its JSON deeper than Python calls.
    """
    reason = f"{CONTRADICTS}: a key is twice in one object"
    waiting: list[tuple[Any, str | None]] = [(document, None)]
    while waiting:
        value, prefix = waiting.pop()
        if isinstance(value, list):
            waiting += ((entry, prefix) for entry in value)
        elif isinstance(value, dict):
            own = dst if isinstance(dst := value.get("dst"), str) else prefix
            waiting += ((entry, key if "/" in key else own) for key, entry in value.items())
            for key in value.repeated if isinstance(value, _WithRepeatedKeys) else ():
                yield JsonContradiction(key if "/" in key else own, f'"{key}"', reason, key if "/" in key else None)


def _counted(prefix: str, route: Mapping[str, Any], numbers: tuple[int, int, int]) -> Iterator[JsonContradiction]:
    """Yield what a route of FRR says twice in different ways; a version that prints a value once has none of it."""
    if route["prefix"] != prefix:
        yield _differs(prefix, route, "prefix", prefix)
    length = route.get("prefixLen")
    if length is not None and not prefix.endswith(f"/{length}"):
        yield _differs(prefix, route, "prefixLen", prefix)
    for key, number in zip(NUMBERS, numbers, strict=True):
        if route.get(key, number) != number:
            yield _differs(prefix, route, key, number)


def _differs(prefix: str, route: Mapping[str, Any], key: str, shown: object) -> JsonContradiction:
    text = f'{prefix}: "{key}" is {route[key]}, and the rest of the route shows {shown}'
    return JsonContradiction(prefix, text, f'{CONTRADICTS}: "{key}" differs from the rest of the route')


def _of_flags(prefix: str, hop: Mapping[str, Any]) -> JsonContradiction:
    active, in_fib = bool(hop.get("active")), bool(hop.get("fib"))
    key = "active" if active != bool(hop["flags"] & ACTIVE) else "fib"
    name = hop.get("ip", hop.get("interfaceName"))
    text = f'{prefix}: {name}: "flags" is {hop["flags"]}, "active" {active} and "fib" {in_fib}'
    return JsonContradiction(prefix, text, f'{CONTRADICTS}: "{key}" of a next hop differs from its "flags"')
