"""Contradictions within JSON: a key twice in one object, and values of FRR that must agree and do not.

Python's decoder keeps the last of equal keys, so that a route that is there twice would lose the first one in silence.
FRR prints most facts of a route twice: the prefix as key and value, the next hops and their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecmpaudit.parsing.contradictions import CONTRADICTS
from ecmpaudit.parsing.outside_values import objects

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ACTIVE, _IN_FIB = 1, 2
"""Bits of a next hop's `flags` (zebra's `NEXTHOP_FLAG_ACTIVE`, `NEXTHOP_FLAG_FIB`)."""


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


class _WithRepeatedKeys(dict[str, Any]):
    """An object in which a key was twice; the first value of it is lost."""

    repeated: tuple[str, ...] = ()


def keep_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of some pairs, which is marked if a key is twice; for `JSONDecoder(object_pairs_hook=…)`."""
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    marked = _WithRepeatedKeys(plain)
    names = [name for name, _ in pairs]
    marked.repeated = tuple(name for name in plain if names.count(name) > 1)
    return marked


def contradictions_in(form: str, document: Any, text: str, line: int) -> Iterator[tuple[int, JsonContradiction]]:
    """Yield each contradiction of a document with the line that it is reported for; `line` is where it begins."""
    for found in _contradictions(form, document):
        if found.key is None:
            yield line, found
        else:
            lines = enumerate(text.split("\n"), start=1)
            yield from ((number, found) for number, content in lines if f'"{found.key}"' in content)


def _contradictions(form: str, document: Any) -> Iterator[JsonContradiction]:
    yield from _repeated_keys(document)
    if form == "frr":
        for prefix, route in routes_of_frr(document):
            yield from _frr_contradictions(prefix, route)


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


def _frr_contradictions(prefix: str, route: Mapping[str, Any]) -> Iterator[JsonContradiction]:
    """Yield what a route of FRR says twice in different ways; a version that prints a value once has none of it."""
    hops = route["nexthops"]
    active, in_fib = (sum(1 for hop in hops if hop.get(key)) for key in ("active", "fib"))
    counted: dict[str, Any] = {
        "prefix": prefix,
        "prefixLen": prefix.rpartition("/")[2],
        "internalNextHopNum": len(hops),
        "internalNextHopActiveNum": active,
        "internalNextHopFibInstalledNum": in_fib,
    }
    for key, value in counted.items():
        if str(route.get(key, value)) != str(value):
            text = f'{prefix}: "{key}" is {route[key]}, and the rest of the route shows {value}'
            yield JsonContradiction(prefix, text, f'{CONTRADICTS}: "{key}" differs from the rest of the route')
    for hop in hops:
        flags = hop.get("flags")
        if not isinstance(flags, int):
            continue
        for key, bit in (("active", _ACTIVE), ("fib", _IN_FIB)):
            if bool(flags & bit) != bool(hop.get(key)):
                text = (
                    f'{prefix}: {hop.get("ip", hop.get("interfaceName"))}: "flags" is {flags}, "{key}" {hop.get(key)}'
                )
                yield JsonContradiction(prefix, text, f'{CONTRADICTS}: "{key}" of a next hop differs from its "flags"')
