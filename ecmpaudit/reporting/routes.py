"""Route tables for people and programs: the answer of `ecmpaudit routes`.

The JSON form is a contract: keys may be added, those that are there do not change.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.parsing.route_table import all_routes
from ecmpaudit.reporting.cells import csv_text
from ecmpaudit.reporting.terminal import safe, safe_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecmpaudit.model import NextHop, NotRead, Route, UnparsedLine
    from ecmpaudit.parsing.explain import Explanation
    from ecmpaudit.parsing.route_table import RouteTable

_HEADINGS = ("router", "vrf", "prefix", "protocol", "distance", "metric", "next hop", "interface", "weight", "state")


def routes_json(
    tables: Sequence[RouteTable], further_lines: Sequence[UnparsedLine] = (), not_read: Sequence[NotRead] = ()
) -> str:
    """Return one object: `routes` with their `nexthops`, the `unparsed` lines, and what was `not_read`.

    `further_lines` are those of other outputs than route tables.
    """
    routes = [_route(table, vrf, route) for table in tables for vrf, route in _routes(table)]
    unparsed = [
        {"line": line.line, "text": line.text, "source": line.source, "router": line.router, "reason": line.reason}
        for line in (*(line for table in tables for line in table.unparsed), *further_lines)
    ]
    messages = [message for table in tables for message in table.messages]
    document = {
        "routes": routes,
        "unparsed": unparsed,
        "messages": messages,
        "not_read": [asdict(part) for part in not_read],
    }
    return safe_json(json.dumps(document, indent=2, ensure_ascii=False))


def _routes(table: RouteTable) -> Iterator[tuple[str, Route]]:
    for (vrf, _), routes in table.views().items():
        for route in routes:
            yield vrf, route


def _route(table: RouteTable, vrf: str, route: Route) -> dict[str, Any]:
    return {
        "router": table.router,
        "vrf": vrf,
        "prefix": route.prefix,
        "protocol": route.protocol,
        "distance": route.distance,
        "metric": route.metric,
        "selected": route.is_selected,
        "kind": route.kind,
        "source": route.source,
        "line": route.line,
        "nexthops": [_next_hop(hop) for hop in route.next_hops],
    }


def _next_hop(hop: NextHop) -> dict[str, Any]:
    """A hop without a weight has the weight 1: that is what equal cost means."""
    marks = {mark.replace(" ", "_"): True for mark in hop.marks}
    return {
        "ip": hop.address,
        "interface": hop.interface,
        "weight": hop.effective_weight,
        "fib": hop.is_installed,
        "active": hop.is_active,
        **({"vrf": hop.vrf} if hop.vrf != DEFAULT_VRF else {}),
        **marks,
    }


def spread_text(tables: Sequence[RouteTable]) -> str:
    """Return how many routes have how many next hops, for each router, family and protocol."""
    lines = [("router", "family", "protocol", "next hops", "routes")]
    for table in tables:
        for family, protocol, next_hops, routes in table.spread():
            facts = (table.router or "", f"IPv{family}", protocol, str(next_hops), str(routes))
            lines.append(tuple(safe(fact) for fact in facts))  # type: ignore[arg-type]  # five of each
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def explained_text(source: str, number: int, explanation: Explanation) -> str:
    """Return which rule matches a line and its values, or that no rule matches."""
    place = f"{source}:{number}: {safe(explanation.text)}"
    template = f"{explanation.template.parent.name}/{explanation.template.name}"
    if explanation.rule_line is None:
        return f"{place}\n  no rule of {template} matches"
    values = [f"  {name} = {safe(value)}" for name, value in explanation.values.items()]
    return "\n".join([place, f"  {template}:{explanation.rule_line}: {explanation.rule}", *values])


def routes_csv(tables: Sequence[RouteTable]) -> str:
    """Return one line per next hop, with a heading; no cell can be taken for a formula by a spreadsheet."""
    frame = all_routes(tables)
    return csv_text(frame.columns, frame.astype(object).where(frame.notna(), None).itertuples(index=False))


def routes_parquet(tables: Sequence[RouteTable]) -> bytes:
    """Return one row per next hop as a Parquet file, in the columns and types of the library's routes table."""
    frame = all_routes(tables)
    content: bytes = frame.to_parquet(index=False)
    return content


def routes_text(tables: Sequence[RouteTable], *, color: bool) -> str:
    """Return a table with one line per next hop, as wide as it needs."""
    from ecmpaudit.reporting.text_table import text_table  # noqa: PLC0415 - rich costs 13 ms, and other forms need none

    return text_table(_HEADINGS, list(_lines(tables)), width=0, color=color)


def _lines(tables: Iterable[RouteTable]) -> Iterator[tuple[str, ...]]:
    for table in tables:
        for vrf, route in _routes(table):
            facts = (
                table.router or "",
                vrf,
                route.prefix,
                route.protocol,
                _number(route.distance),
                _number(route.metric),
            )
            for hop in route.next_hops or (None,):
                yield tuple(safe(cell) for cell in (*facts, *_hop_cells(hop, route)))


def _hop_cells(hop: NextHop | None, route: Route) -> tuple[str, str, str, str]:
    if hop is None:
        return route.kind, "", "", "selected" if route.is_selected else ""
    state = "installed" if hop.is_installed else " ".join(hop.marks) or ("not installed" if route.is_selected else "")
    return hop.address or "connected", hop.interface or "", _number(hop.weight), state


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
