"""BGP paths of BIRD: `show route all` is its BGP table too, `show route all filtered` has what import filters rejected.

BIRD has a route for each session. Its attributes are on the lines below: `BGP.local_pref: 100`, and in BIRD 3
`bgp_local_pref: 100`. Only the best route is marked, not the set that the kernel gets.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import polars as pl

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model.facts import BgpPath, Facts, RejectedPath
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, evidence, host_of
from ecmpaudit.parsing.reading import read_capture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved
    from ecmpaudit.parsing.route_table import RouteTable

_ATTRIBUTE = re.compile(
    r"(?:[0-9]{4}[- ]| {5})?\s+(?:BGP\.|bgp_)(?P<name>origin|as_path|path|next_hop|med|local_pref): *(?P<value>.*\S)?"
)
_IS_OF_ROUTE = re.compile(r"(?:[0-9]{4}[- ]| {5})?\t")
"""BIRD begins the lines below a route with a tab."""
_ORIGINS = {"IGP": "IGP", "EGP": "EGP", "INCOMPLETE": "incomplete"}
_NUMBER = re.compile(r"[0-9]{1,10}")
_COLUMNS = ("vrf", "prefix", "source", "distance", "metric", "selected", "kind", "next_hop", "line")


def facts_of_bird_table(table: RouteTable, capture: Capture) -> Facts:
    """Return the BGP paths of `show route all`; none where the command did not ask for attributes.

    `capture` is the table's capture with its text.
    """
    paths = tuple(_paths(table, capture))
    is_complete = bool(table.is_whole or table.inside) and not table.unparsed and not table.cut
    if not is_complete or not _has_attributes(table, paths):
        return Facts(paths=paths)
    families = table.families if capture.command is None else {table.asked_family}
    return Facts(paths=paths, answered=frozenset((table.router or "", Question.BGP_TABLE, of) for of in families))


def _has_attributes(table: RouteTable, paths: Sequence[BgpPath]) -> bool:
    """Return whether the output is that of `all`: its command says so, or a path shows it."""
    command = table.capture.command
    return bool(paths) if command is None else re.search(r"\ball\b", command) is not None


def read_filtered_paths(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return the paths of `show route all filtered`: those that import filters rejected and that were kept.

    A channel without `import keep filtered` keeps none, so that an empty answer says nothing.

    Raises:
        UnknownFormatError: this is no route table of BIRD, or says why there is none.
    """
    table = read_capture(capture)
    if table.messages and not table.route_count:
        raise UnknownFormatError(f"{capture.source}: {table.messages[0]}")
    rejected = tuple(
        RejectedPath(path.router, path.prefix, path.next_hops, path.peer or "", path.evidence, path.vrf)
        for path in _paths(table, capture)
    )
    answered = frozenset({(host_of(capture), Question.REJECTED_PATHS, resolved.family)})
    is_complete = not table.unparsed and not table.cut
    return CaptureFacts(
        Facts(rejected=rejected, answered=answered if is_complete else frozenset()), unparsed=table.unparsed
    )


def _paths(table: RouteTable, capture: Capture) -> Iterator[BgpPath]:
    of_bgp = table.frame.filter(pl.col("protocol") == "bgp").unique("route", keep="first", maintain_order=True)
    if of_bgp.is_empty():
        return
    lines = capture.text.split("\n")
    for row in of_bgp.select(_COLUMNS).iter_rows(named=True):
        first = row["line"] - capture.first_line
        if path := _path(row, first, lines, capture):
            yield path


def _path(row: dict[str, Any], first: int, lines: Sequence[str], capture: Capture) -> BgpPath | None:
    """Return the path of a route, whose first next hop is on the line `first`; None where no attributes are below."""
    attributes = dict(_attributes(first, lines))
    if not attributes:
        return None
    head = _heading(first, lines)
    hops = attributes.get("next_hop", row["next_hop"] or "").split()
    return BgpPath(
        router=host_of(capture),
        prefix=row["prefix"],
        next_hop=hops[0] if hops else "",
        other_next_hop=hops[1] if len(hops) > 1 else None,
        evidence=evidence(capture, head + 1, lines[head]),
        vrf=row["vrf"],
        peer=row["source"],
        is_accessible=row["kind"] != "unreachable",
        is_best=bool(row["selected"]),
        preference=row["distance"],
        local_preference=_number(attributes, "local_pref"),
        as_path=attributes.get("as_path", attributes.get("path", "")),
        origin=_ORIGINS.get(attributes.get("origin", "").upper()),
        med=_number(attributes, "med"),
        igp_metric=row["metric"],
    )


def _heading(first: int, lines: Sequence[str]) -> int:
    """Return the line of the route itself, above that of its first next hop; BIRD 1.6 has both on one."""
    while first > 0 and _IS_OF_ROUTE.match(lines[first]):
        first -= 1
    return first


def _attributes(first: int, lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for number in range(first + 1, len(lines)):
        if not _IS_OF_ROUTE.match(lines[number]):
            return
        if found := _ATTRIBUTE.fullmatch(lines[number].rstrip()):
            yield found["name"], found["value"] or ""


def _number(attributes: dict[str, str], name: str) -> int | None:
    """Return the number of an attribute; None where it has none, or one that cannot be."""
    digits = attributes.get(name, "")
    return int(digits) if _NUMBER.fullmatch(digits) else None
