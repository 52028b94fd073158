"""A platform's samples, read with its templates: what each line became, and whether the routes are those beside it.

A sample is a pasted table, `samples/show_routes--ecmp.txt` in the platform's folder. A `.json` beside it has its
routes, written by hand from the text, and not by the templates that are checked with it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecmpaudit.encoding import decode
from ecmpaudit.errors import EcmpauditError, UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.parsing.explain import explain_line
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.plain_files import read_plain

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.parsing.route_table import RouteTable
    from ecmpaudit.platforms.registry import Platform

_FACTS = ("prefix", "vrf", "protocol", "distance", "metric", "selected", "kind")
_NEXT_HOP = ("next_hop", "interface", "installed")


@dataclass(frozen=True, slots=True)
class LineRead:
    """What one line of a sample became."""

    number: int
    text: str
    rule: str
    """`show_routes.textfsm:14`; empty where no rule reads the line."""
    values: dict[str, str]
    """What the rule took from the line, by Value name."""
    became: tuple[str, ...]
    """The routes and next hops that it gave, or why it was not understood."""
    is_understood: bool


@dataclass(frozen=True, slots=True)
class SampleRead:
    """One sample, read."""

    file: Path
    lines: tuple[LineRead, ...] = ()
    faults: tuple[str, ...] = ()
    """One sentence each, with place and remedy."""
    routes: int = 0
    next_hops: int = 0
    has_expectation: bool = False
    """Its routes were compared with those of the .json beside it."""


def read_sample(file: Path, platform: Platform) -> SampleRead:
    """Return what each line of a sample became with the platform's templates."""
    try:
        text = decode(read_plain(file))
        capture = Capture(None, platform.name, None, text, str(file))
        table = read_capture(capture)
    except (OSError, EcmpauditError) as error:
        return SampleRead(file, faults=(f"{file}: {error}",))
    lines = tuple(_line(capture, table, number) for number in range(1, text.rstrip("\n").count("\n") + 2))
    unread = tuple(
        f"{file}:{line.number}: not understood: {line.text.strip()}; add a rule for this form of line to the template"
        for line in lines
        if not line.is_understood
    )
    routes = routes_of(table)
    beside = file.with_suffix(".json")
    faults = (*_detection_faults(file, text, platform), *unread)
    if beside.is_file():
        faults = (*faults, *_differences(beside, routes))
    return SampleRead(file, lines, faults, len(routes), table.next_hops, has_expectation=beside.is_file())


def routes_of(table: RouteTable) -> list[dict[str, Any]]:
    """Return the routes in the form of a sample's .json: facts, and `[address, interface, installed]` per next hop."""
    routes: dict[int, dict[str, Any]] = {}
    for row in table.frame.iter_rows(named=True):
        route = routes.setdefault(row["route"], {**{fact: row[fact] for fact in _FACTS}, "next_hops": []})
        if row["kind"] == "unicast":
            route["next_hops"].append([row[fact] for fact in _NEXT_HOP])
    return list(routes.values())


def _line(capture: Capture, table: RouteTable, number: int) -> LineRead:
    read = explain_line(capture, number)
    reasons = tuple(f"not understood: {line.reason}" for line in table.unparsed if line.line == number)
    rows = table.frame.filter(table.frame["line"] == number).iter_rows(named=True)
    became = tuple(dict.fromkeys(_became(row) for row in rows))
    rule = f"{read.template.name}:{read.rule_line}" if read and read.rule_line else ""
    text = read.text if read else ""
    return LineRead(number, text, rule, read.values if read else {}, (*became, *reasons), not reasons)


def _became(row: dict[str, Any]) -> str:
    route = f"{row['prefix']} ({row['protocol']}, VRF {row['vrf']})"
    if row["kind"] != "unicast":
        return f"{route}: {row['kind']}"
    hop = " on ".join(word for word in (row["next_hop"], row["interface"]) if word)
    return f"{route}: next hop {hop}, {'installed' if row['installed'] else 'not installed'}"


def _detection_faults(file: Path, text: str, platform: Platform) -> tuple[str, ...]:
    """Return the sentence about a text that is not detected as the platform's when nothing but itself is known."""
    try:
        found = read_capture(Capture(None, None, None, text, str(file))).platform
    except UnknownFormatError:
        return (f"{file}: not detected without --platform; check `detect` and `signs` in platform.toml",)
    if found == platform.name:
        return ()
    return (f"{file}: detected as {found}, expected {platform.name}; give platform.toml more `detect`, or `signs`",)


def _differences(beside: Path, routes: list[dict[str, Any]]) -> tuple[str, ...]:
    try:
        expected = json.loads(decode(read_plain(beside)))
    except (OSError, ValueError) as error:
        return (f"{beside}: cannot be read: {error}",)
    if not isinstance(expected, list):
        return (f"{beside}: expected a list of routes, found {type(expected).__name__}",)
    lost = [route for route in expected if route not in routes]
    gained = [route for route in routes if route not in expected]
    moved: tuple[str, ...] = ()
    if not lost and not gained and expected != routes:
        moved = (f"{beside}: the same routes in another order or number; write them as the sample lists them",)
    return (
        *(f"{beside}: the templates give no such route: {json.dumps(route)}" for route in lost),
        *(f"{beside}: it lacks a route that the templates give: {json.dumps(route)}" for route in gained),
        *moved,
    )
