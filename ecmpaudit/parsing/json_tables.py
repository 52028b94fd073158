"""Route tables that the programs print as JSON: `show ip route json` of FRR, `ip -j route` of Linux, GoBGP's RIB.

FRR before 10.1 prints one JSON document per VRF, one after the other; both forms are read. FRR 6 does not name the
VRF in them: the first is taken for the default one, the others are called `unnamed-2` and so on. JSON has no
lines of its own, so `line` is the line on which its document begins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

import polars as pl

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model.addressing import DEFAULT_VRF, is_ipv6
from ecmpaudit.parsing.ages import seconds
from ecmpaudit.parsing.columns import NOT_IN_FIB, SCHEMA
from ecmpaudit.parsing.gobgp_json import gobgp_routes, looks_like_gobgp
from ecmpaudit.parsing.json_contradictions import (
    JsonContradiction,
    LinesOfKeys,
    contradictions_in,
    object_with_repeated_keys,
    routes_of_frr,
)
from ecmpaudit.parsing.outside_values import (
    WRAPPED,
    flag_in,
    json_decoder,
    number_in,
    object_in,
    objects,
    objects_in,
    text_in,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FRR_MARKS = {"recursive": "recursive", "duplicate": "duplicate", "linkDown": "linkdown", "onLink": "onlink"}
FRR_ROUTE_MARKS = {
    "queued": "queued",
    "failed": "rejected",
    "trapped": "trapped",
    "offloadFailed": "offload_failure",
}
"""Marks that FRR prints for the whole route; here each of its next hops has them."""
FRR_PROTOCOLS = {"ospf6": "ospf", "ripng": "rip"}
LINUX_MARKS = {"dead": "dead", "linkdown": "linkdown", "unresolved": "inactive", "onlink": "onlink"}
LINUX_KINDS = {"throw": "unreachable"}
FRR_KINDS = {
    "blackhole": "blackhole",
    "adminProhibited": "prohibit",
    "admin-prohibited": "prohibit",
    "reject": "unreachable",
    "unreachable": "unreachable",
}
"""By the keys of FRR's JSON, of which `unreachable` is there for all of them."""
MAIN_TABLE = "main"
_JSON = re.compile(r"""\s*[\[{]\s*(?:["{\[\]}]|\Z)""")
FRR_MAIN_TABLES = (None, 0, 254)
"""Numbers that FRR's JSON gives the main table of the default VRF; a VRF of its own has its table's number beside."""


def looks_like_json(text: str) -> bool:
    """Return whether the text begins as JSON does; `[edit]`, `{master:0}` and `[VRF: DMZ]` are no JSON."""
    return _JSON.match(text) is not None


def json_end(text: str) -> int:
    """Return the position after the JSON document that the text begins with; 0 if it is none or is cut short."""
    try:
        return json_decoder().raw_decode(text.lstrip())[1] + len(text) - len(text.lstrip())
    except (ValueError, RecursionError):
        return 0


@dataclass(frozen=True, slots=True)
class JsonTable:
    """What was read from JSON."""

    form: str
    """By the name that platform.toml gives as `json_form`."""
    routes: pl.DataFrame
    """The canonical table."""
    contradictions: tuple[tuple[int, JsonContradiction], ...]
    """With the line that each is reported for."""
    lines: int
    """Lines that are not blank."""


def read_json(text: str, place: str, family: int | None) -> JsonTable:
    """Return the canonical table, and what in the text contradicts itself.

    `family` is that of the route `default` of Linux where no next hop shows it.

    Raises:
        UnknownFormatError: this is no JSON, or JSON of something else.
        DamagedOutputError: a value in it is not what a route table has.
    """
    rows: list[dict[str, Any]] = []
    form = "frr"
    routes = 0
    found: list[tuple[int, JsonContradiction]] = []
    repeated: list[Any] = []
    lines = LinesOfKeys(text)
    for number, (line, document) in enumerate(_documents(text, place, repeated), start=1):
        form, entries = _entries(document, family, place)
        found += contradictions_in(form, document, lines, line, has_repeated_keys=bool(repeated))
        unnamed = DEFAULT_VRF if number == 1 else f"unnamed-{number}"
        for routes, (facts, hops) in enumerate(entries, start=routes + 1):  # noqa: B020 - the count continues
            rows.extend({"vrf": unnamed, **facts, **hop, "line": line, "route": routes} for hop in hops)
    try:
        nonblank = sum(1 for line in text.split("\n") if line.strip())
        return JsonTable(form, pl.DataFrame(rows, schema=SCHEMA), tuple(found), nonblank)
    except (TypeError, OverflowError, ValueError, pl.exceptions.PolarsError) as error:
        raise DamagedOutputError(f"{place}: a value in this JSON is not what a route table has: {error}") from error


def _documents(text: str, place: str, repeated: list[Any]) -> Iterator[tuple[int, Any]]:
    """Yield each JSON document of the text with the line that it begins on."""
    decoder = json_decoder(object_with_repeated_keys(repeated))
    position = counted = 0
    line = 1
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        line += text.count("\n", counted, position)
        counted = position
        try:
            document, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            raise DamagedOutputError(f"{place}: this JSON is damaged or cut short: {error}") from error
        yield line, document


_Entry = tuple[dict[str, Any], list[dict[str, Any]]]


def _entries(document: Any, family: int | None, place: str) -> tuple[str, list[_Entry]]:
    try:
        if isinstance(document, list) and all("dst" in route for route in document):
            return "linux", _linux_routes(document, family)
        if looks_like_gobgp(document):
            return "gobgp", list(gobgp_routes(document))
        if isinstance(document, dict):
            return "frr", list(_frr_routes(document))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise DamagedOutputError(f"{place}: this JSON is no route table: {error!r}") from error
    raise UnknownFormatError(
        f"{place}: this JSON is no route table; expected that of `show ip route json` (FRR) or `ip -j route` (Linux)"
    )


def _frr_routes(document: dict[str, Any]) -> Iterator[_Entry]:
    for _, route in routes_of_frr(document):
        yield _frr_facts(route), [_frr_next_hop(hop, route) for hop in objects(route["nexthops"], "nexthops")]


def _frr_facts(route: dict[str, Any]) -> dict[str, Any]:
    instance, vrf = number_in(route, "instance"), text_in(route, "vrfName")
    table = number_in(route, "table")
    if vrf == DEFAULT_VRF and table not in FRR_MAIN_TABLES:
        vrf = f"{vrf} table {table}"
    protocol = text_of(route["protocol"], "protocol")
    protocol = FRR_PROTOCOLS.get(protocol, protocol)
    prefix = ip_network(text_of(route["prefix"], "prefix"))
    return {
        **({} if vrf is None else {"vrf": vrf}),
        "family": prefix.version,
        "prefix": str(prefix),
        "protocol": protocol,
        "distance": number_in(route, "distance"),
        "metric": number_in(route, "metric", least=WRAPPED),
        "selected": flag_in(route, "selected"),
        "age": seconds(text_in(route, "uptime") or ""),
        "source": f"{protocol} {instance}" if instance else None,
    }


def _frr_next_hop(hop: dict[str, Any], route: dict[str, Any]) -> dict[str, Any]:
    active = flag_in(hop, "active")
    words = [word for key, word in FRR_MARKS.items() if hop.get(key)]
    words += [] if active else ["inactive"]
    words += [word for key, word in FRR_ROUTE_MARKS.items() if route.get(key)]
    return {
        "next_hop": str(ip_address(text_of(hop["ip"], "ip"))) if "ip" in hop else None,
        "interface": text_in(hop, "interfaceName"),
        "weight": number_in(hop, "weight"),
        "installed": bool(hop.get("fib")) and _is_in_use(route) and NOT_IN_FIB.isdisjoint(words),
        "active": active,
        "recursive_depth": 1 if hop.get("resolver") else 0,
        "kind": next((kind for key, kind in FRR_KINDS.items() if hop.get(key)), "unicast"),
        "next_hop_vrf": text_in(hop, "vrf"),
        "marks": " ".join(words),
    }


def _is_in_use(route: dict[str, Any]) -> bool:
    """Return whether the route is installed: one that lost keeps `fib` (dumps default_route of FRR 8.4 and 10.7).

    FRR 6 has neither `nexthopGroupId` nor `installed`, and its `fib` is right.
    """
    return bool(route.get("installed")) or "nexthopGroupId" not in route


def _linux_routes(document: list[dict[str, Any]], family: int | None) -> list[_Entry]:
    """Return the routes; of several to one prefix, the one with the lowest metric is selected, as in the kernel."""
    entries = [(_linux_facts(route, family), _linux_next_hops(route)) for route in document]
    lowest: dict[tuple[str, str], int] = {}
    for facts, _ in entries:
        key, metric = (facts["vrf"], facts["prefix"]), facts["metric"] or 0
        lowest[key] = min(lowest.get(key, metric), metric)
    for facts, hops in entries:
        facts["selected"] = (facts["metric"] or 0) == lowest[facts["vrf"], facts["prefix"]]
        for hop in hops:
            hop["installed"] = facts["selected"] and NOT_IN_FIB.isdisjoint(hop["marks"].split(" "))
    return entries


def _linux_facts(route: dict[str, Any], family: int | None) -> dict[str, Any]:
    prefix = _linux_prefix(route, family)
    table = _table_of(route)
    kind = text_in(route, "type") or "unicast"
    return {
        "vrf": DEFAULT_VRF if table == MAIN_TABLE else table,
        "family": prefix.version,
        "prefix": str(prefix),
        "protocol": text_in(route, "protocol") or "unknown",
        "metric": number_in(route, "metric"),
        "kind": LINUX_KINDS.get(kind, kind),
    }


def _table_of(route: dict[str, Any]) -> str:
    """Return the name of a route's table; iproute2 prints one without a name as a text or a number."""
    table = route.get("table", MAIN_TABLE)
    return str(number_in(route, "table")) if isinstance(table, int) else text_of(table, "table")


def _linux_prefix(route: dict[str, Any], family: int | None) -> Any:
    if route["dst"] != "default":
        return ip_network(text_of(route["dst"], "dst"))
    return ip_network(prefix_of_default(route, family))


def prefix_of_default(route: dict[str, Any], family: int | None) -> str:
    """Return the prefix of a route of Linux to `default`, by its next hops, its preference, or the family given."""
    gateways = [
        text_of(hop["gateway"], "gateway") for hop in (route, *objects_in(route, "nexthops")) if "gateway" in hop
    ]
    is_v6 = is_ipv6(gateways[0]) if gateways else family == 6 or "pref" in route  # noqa: PLR2004 - IP version
    return "::/0" if is_v6 else "0.0.0.0/0"


def _linux_next_hops(route: dict[str, Any]) -> list[dict[str, Any]]:
    hops = objects_in(route, "nexthops") or [route]
    return [
        {
            "next_hop": str(ip_address(address))
            if (address := text_in(hop, "gateway") or text_in(object_in(hop, "via"), "host"))
            else None,
            "interface": text_in(hop, "dev"),
            "weight": number_in(hop, "weight"),
            "active": True,
            "recursive_depth": 0,
            "marks": " ".join(LINUX_MARKS[flag] for flag in hop.get("flags", ()) if flag in LINUX_MARKS),
        }
        for hop in hops
    ]
