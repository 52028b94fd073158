"""Route tables that the programs print as JSON: `show ip route json` of FRR, `ip -j route` of Linux, GoBGP's RIB.

FRR before 10.1 prints one JSON document per VRF, one after the other; both forms are read. FRR 6 does not name the
VRF in them: the first is taken for the default one, the others are called `unnamed-2` and so on. JSON has no
lines of its own, so `line` is the line on which its document begins.
"""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

import polars as pl

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model.addressing import DEFAULT_VRF, is_ipv6
from ecmpaudit.parsing.ages import seconds
from ecmpaudit.parsing.columns import NOT_IN_FIB, SCHEMA
from ecmpaudit.parsing.gobgp_json import gobgp_routes, looks_like_gobgp

if TYPE_CHECKING:
    from collections.abc import Iterator

_FRR_MARKS = {"recursive": "recursive", "duplicate": "duplicate", "linkDown": "linkdown", "onLink": "onlink"}
_FRR_ROUTE_MARKS = {
    "queued": "queued",
    "failed": "rejected",
    "trapped": "trapped",
    "offloadFailed": "offload_failure",
}
"""Marks that FRR prints for the whole route; here each of its next hops has them."""
_FRR_PROTOCOLS = {"ospf6": "ospf", "ripng": "rip"}
_LINUX_MARKS = {"dead": "dead", "linkdown": "linkdown", "unresolved": "inactive", "onlink": "onlink"}
_LINUX_KINDS = {"throw": "unreachable"}
_MAIN_TABLE = "main"


def looks_like_json(text: str) -> bool:
    """Return whether the first character is that of JSON: other tables begin with a word, an address or a blank."""
    return text.lstrip()[:1] in {"{", "["}


def read_json(text: str, place: str, family: int | None) -> tuple[str, pl.DataFrame]:
    """Return the form, by the name that platform.toml gives as `json_form`, and the canonical table.

    `family` is that of the route `default` of Linux where no next hop shows it.

    Raises:
        UnknownFormatError: this is no JSON, or JSON of something else.
    """
    rows: list[dict[str, Any]] = []
    form = "frr"
    routes = 0
    for number, (line, document) in enumerate(_documents(text, place), start=1):
        form, entries = _entries(document, family, place)
        unnamed = DEFAULT_VRF if number == 1 else f"unnamed-{number}"
        for routes, (facts, hops) in enumerate(entries, start=routes + 1):  # noqa: B020 - the count continues
            rows.extend({"vrf": unnamed, **facts, **hop, "line": line, "route": routes} for hop in hops)
    try:
        return form, pl.DataFrame(rows, schema=SCHEMA)
    except (TypeError, OverflowError) as error:
        raise UnknownFormatError(f"{place}: a value in this JSON is not what a route table has: {error}") from error


def _documents(text: str, place: str) -> Iterator[tuple[int, Any]]:
    """Yield each JSON document of the text with the line that it begins on."""
    decoder = json.JSONDecoder()
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        line = text.count("\n", 0, position) + 1
        try:
            document, position = decoder.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError) as error:
            raise UnknownFormatError(f"{place}: this JSON is damaged or cut short: {error}") from error
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
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnknownFormatError(f"{place}: this JSON is no route table: {error!r}") from error
    raise UnknownFormatError(
        f"{place}: this JSON is no route table; expected that of `show ip route json` (FRR) or `ip -j route` (Linux)"
    )


def _frr_routes(document: dict[str, Any]) -> Iterator[_Entry]:
    for key, value in document.items():
        if isinstance(value, dict):  # FRR 10.1 and later group by VRF
            yield from _frr_routes(value)
        elif "/" in key:
            for route in value:
                yield _frr_facts(route), [_frr_next_hop(hop, route) for hop in route["nexthops"]]
        elif key not in {
            "routes",
            "prefixRoutes",
            "routesTotal",
            "routesTotalFib",
            "prefixRoutesTotal",
            "prefixRoutesTotalFib",
        }:
            raise ValueError(f"{key!r} is neither a prefix nor a VRF")


def _frr_facts(route: dict[str, Any]) -> dict[str, Any]:
    instance = route.get("instance")
    protocol = _FRR_PROTOCOLS.get(route["protocol"], route["protocol"])
    return {
        **({"vrf": route["vrfName"]} if "vrfName" in route else {}),
        "family": ip_network(route["prefix"]).version,
        "prefix": str(ip_network(route["prefix"])),
        "protocol": protocol,
        "distance": route.get("distance"),
        "metric": route.get("metric"),
        "selected": route.get("selected", False),
        "age": seconds(route.get("uptime", "")),
        "source": f"{protocol} {instance}" if instance else None,
    }


def _frr_next_hop(hop: dict[str, Any], route: dict[str, Any]) -> dict[str, Any]:
    active = hop.get("active", False)
    words = [word for key, word in _FRR_MARKS.items() if hop.get(key)]
    words += [] if active else ["inactive"]
    words += [word for key, word in _FRR_ROUTE_MARKS.items() if route.get(key)]
    kinds = {"blackhole": "blackhole", "admin-prohibited": "prohibit", "reject": "unreachable"}
    kind = next((kinds[key] for key in kinds if hop.get(key)), "unreachable" if hop.get("unreachable") else "unicast")
    return {
        "next_hop": str(ip_address(hop["ip"])) if "ip" in hop else None,
        "interface": hop.get("interfaceName"),
        "weight": hop.get("weight"),
        "installed": bool(hop.get("fib")) and _is_in_use(route) and NOT_IN_FIB.isdisjoint(words),
        "active": active,
        "recursive_depth": 1 if hop.get("resolver") else 0,
        "kind": kind,
        "next_hop_vrf": hop.get("vrf"),
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
        key = (facts["vrf"], facts["prefix"])
        lowest[key] = min(lowest.get(key, facts["metric"] or 0), facts["metric"] or 0)
    for facts, hops in entries:
        facts["selected"] = (facts["metric"] or 0) == lowest[facts["vrf"], facts["prefix"]]
        for hop in hops:
            hop["installed"] = facts["selected"] and NOT_IN_FIB.isdisjoint(hop["marks"].split(" "))
    return entries


def _linux_facts(route: dict[str, Any], family: int | None) -> dict[str, Any]:
    prefix = _linux_prefix(route, family)
    table = str(route.get("table", _MAIN_TABLE))
    kind = route.get("type", "unicast")
    return {
        "vrf": DEFAULT_VRF if table == _MAIN_TABLE else table,
        "family": prefix.version,
        "prefix": str(prefix),
        "protocol": route.get("protocol", "unknown"),
        "metric": route.get("metric"),
        "kind": _LINUX_KINDS.get(kind, kind),
    }


def _linux_prefix(route: dict[str, Any], family: int | None) -> Any:
    if route["dst"] != "default":
        return ip_network(route["dst"])
    gateways = [hop["gateway"] for hop in (route, *route.get("nexthops", ())) if "gateway" in hop]
    is_v6 = is_ipv6(gateways[0]) if gateways else family == 6 or "pref" in route  # noqa: PLR2004 - IP version
    return ip_network("::/0" if is_v6 else "0.0.0.0/0")


def _linux_next_hops(route: dict[str, Any]) -> list[dict[str, Any]]:
    hops = route.get("nexthops") or [route]
    return [
        {
            "next_hop": str(ip_address(address))
            if (address := hop.get("gateway") or hop.get("via", {}).get("host"))
            else None,
            "interface": hop.get("dev"),
            "weight": hop.get("weight"),
            "active": True,
            "recursive_depth": 0,
            "marks": " ".join(_LINUX_MARKS[flag] for flag in hop.get("flags", ()) if flag in _LINUX_MARKS),
        }
        for hop in hops
    ]
