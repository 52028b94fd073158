"""BGP tables: `show bgp ipv4|ipv6 unicast` of FRR, as text and as JSON. They list candidates and are no route tables.

The tricky thing: in the text a path takes up to three lines where its prefix or its next hop is too long for its
column, and a line without marks is either the rest of the path above or an invalid path of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model import Evidence, UnparsedLine
from ecmpaudit.model.addressing import DEFAULT_VRF, family_of
from ecmpaudit.model.facts import BgpPath
from ecmpaudit.parsing.bgp_json import is_of_one_prefix, paths_of_json
from ecmpaudit.parsing.columnar import numbered_lines
from ecmpaudit.parsing.contradictions import CONTRADICTS
from ecmpaudit.parsing.outside_values import address_or_none, network, network_or_none
from ecmpaudit.parsing.resolved import Resolved, resolve
from ecmpaudit.parsing.template import read_rows
from ecmpaudit.platforms.registry import BgpTableFormat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecmpaudit.model import Capture

_ORIGINS = {"i": "IGP", "e": "EGP", "?": "incomplete"}
_NOTHING_FOUND = "Network not in table"
_DETAIL = "BGP routing table entry for "
_NUMBER = re.compile(r"[0-9]+")
_SAMPLE = 40
"""Lines at the head of a text that are searched for the detail form."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BgpTable:
    """The BGP paths of one router, as one capture shows them."""

    paths: tuple[BgpPath, ...]
    unparsed: tuple[UnparsedLine, ...]
    family: int | None
    """4 or 6; None where neither the command nor a prefix says which."""
    is_whole: bool
    """The output reaches from the heading to the closing line, or is a whole JSON document, and the command asked for
    all prefixes or for all inside a prefix. Then the router does not have a path that is not listed."""


def is_bgp_table(capture: Capture) -> bool:
    """Return whether the command or, where a pasted text has none, the first lines are those of a BGP table."""
    return isinstance(resolve(capture).form, BgpTableFormat)


def read_bgp_table(capture: Capture, resolved: Resolved | None = None) -> BgpTable:
    """Return the paths of a BGP table, in output order.

    Raises:
        UnknownFormatError: the text is no BGP table, or JSON that is damaged or of something else.
    """
    known = resolved or resolve(capture)
    if not isinstance(known.form, BgpTableFormat):
        raise UnknownFormatError(f"{capture.source}: this is no BGP table; expected that of `show bgp ipv4 unicast`")
    if capture.text.lstrip()[:1] in {"{", "["}:
        return _of_json(capture, known)
    rows = read_rows(known.form.template, numbered_lines(capture.text)).to_dicts()
    lines = capture.text.split("\n")
    if any(line.startswith(_DETAIL) for line in lines[:_SAMPLE]):
        raise UnknownFormatError(f"{capture.source}: the detail form of BGP paths is read only as JSON: add `json`")
    entries = [_entry(group, capture, known, lines) for group in _of_one_path(rows)]
    paths = tuple(entry for entry in entries if isinstance(entry, BgpPath))
    unparsed = tuple(entry for entry in entries if isinstance(entry, UnparsedLine))
    unparsed = unparsed or tuple(_fewer_than_displayed(rows, paths, capture, known))
    is_closed = any(row["CLOSING"] or _NOTHING_FOUND in row["MESSAGE"] for row in rows)
    return BgpTable(
        paths,
        unparsed,
        _family(known, paths),
        is_whole=is_closed and not unparsed and known.whole,
    )


def _fewer_than_displayed(
    rows: Iterable[Row], paths: Sequence[BgpPath], capture: Capture, resolved: Resolved
) -> Iterator[UnparsedLine]:
    """Yield both lines where the closing line of a table says more than the table lists.

    `Displayed 3 routes and 9 total paths` counts paths that a filter left out too, so these are compared where nothing
    is filtered.
    """
    above = 0
    for row in rows:
        if not row["CLOSING"]:
            continue
        number = capture.first_line - 1 + row["line"]
        of_table = [path for path in paths if above < path.evidence.line < number]
        above = number
        prefixes, *total_paths = map(int, _NUMBER.findall(row["CLOSING"]))
        listed = len({path.prefix for path in of_table})
        reason = None
        if listed < prefixes:
            reason = f"{CONTRADICTS}: it says {prefixes} prefixes, and {listed} are listed"
        elif resolved.whole and total_paths and len(of_table) < total_paths[0]:
            reason = f"{CONTRADICTS}: it says {total_paths[0]} paths, and {len(of_table)} are listed"
        if reason and of_table:
            last = of_table[-1].evidence
            yield UnparsedLine(capture.router, capture.source, last.line, last.text, reason)
            yield UnparsedLine(capture.router, capture.source, number, row["CLOSING"], reason)


def _of_json(capture: Capture, resolved: Resolved) -> BgpTable:
    paths = paths_of_json(capture, resolved.vrf)
    is_whole = resolved.whole and not is_of_one_prefix(capture.text)
    return BgpTable(paths, (), _family(resolved, paths), is_whole=is_whole)


def _family(resolved: Resolved, paths: Sequence[BgpPath]) -> int | None:
    """Return the family of the command, else of the paths: `show bgp` is IPv4 or IPv6, as FRR was built."""
    if resolved.family is not None:
        return resolved.family
    families = {family_of(path.prefix) for path in paths}
    return families.pop() if len(families) == 1 else None


def _of_one_path(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield the rows of each path together: one line, or up to three."""
    group: list[Row] = []
    for row in rows:
        if group and not _continues(group, row):
            yield group
            group = []
        if not row["CLOSING"]:
            group.append(row)
    if group:
        yield group


def _continues(group: list[Row], row: Row) -> bool:
    above = group[-1]
    is_open = not (above["ORIGIN"] or above["MESSAGE"] or above["UNPARSED"])
    has_marks = (row["STATUS"] + row["CHOSEN"] + row["LEARNED"]).strip() != ""
    has_own_next_hop = row["NEXTHOP"] != "" and any(part["NEXTHOP"] for part in group)
    is_next_line = row["line"] == above["line"] + 1 and row["route"] == above["route"]
    return is_open and is_next_line and not (has_marks or has_own_next_hop or row["MESSAGE"] or row["CLOSING"])


def _entry(
    group: list[Row], capture: Capture, resolved: Resolved, lines: Sequence[str]
) -> BgpPath | UnparsedLine | None:
    """Return the path of one or several lines, or the unparsed line; None for a message that no path exists."""
    head = group[0]
    number = capture.first_line - 1 + head["line"]
    text = lines[head["line"] - 1]
    if _NOTHING_FOUND in head["MESSAGE"]:
        return None
    reason = _fault(group)
    if reason is not None:
        return UnparsedLine(capture.router, capture.source, number, text, reason)
    return _path(group, capture, resolved, Evidence(capture.source, number, text))


def _fault(group: list[Row]) -> str | None:
    head = group[0]
    if head["UNPARSED"] or head["MESSAGE"]:
        return "no rule matches" if head["UNPARSED"] else "a message of the router instead of a table"
    if head["PREFIX"] == "":
        return "a path without a prefix above it"
    if network_or_none(head["PREFIX"]) is None:
        return f"{head['PREFIX']} is no IP prefix"
    next_hop, origin = _one(group, "NEXTHOP"), _one(group, "ORIGIN")
    if next_hop is None or origin is None:
        return "the path ends early: was the output cut short?"
    if not next_hop[0].isalpha() and address_or_none(next_hop) is None:
        return f"{next_hop} is no IP address"
    return None


def _path(group: list[Row], capture: Capture, resolved: Resolved, evidence: Evidence) -> BgpPath:
    head = group[0]
    next_hop = _one(group, "NEXTHOP") or ""
    address = address_or_none(next_hop)
    return BgpPath(
        router=capture.router or "",
        prefix=network(head["PREFIX"]),
        next_hop=address or next_hop,
        evidence=evidence,
        vrf=_vrf(head, resolved),
        peer=None if address else next_hop,
        is_valid=head["STATUS"] in "*Ssr" and head["CHOSEN"] not in "hd",
        is_best=head["CHOSEN"] == ">",
        is_multipath=head["CHOSEN"] in ">=",
        is_stale=head["STATUS"] == "S",
        is_internal="i" in head["LEARNED"],
        weight=_number(group, "WEIGHT"),
        local_preference=_number(group, "LOCPRF") or _number(group, "LONG_LOCPRF"),
        as_path=_one(group, "AS_PATH") or "",
        origin=_ORIGINS[_one(group, "ORIGIN") or "?"],
        med=_number(group, "MED"),
    )


def _vrf(row: Row, resolved: Resolved) -> str:
    """Return the VRF: the heading names it only in `vrf all`, and otherwise has a number, 0 for the default VRF."""
    if row["INSTANCE"]:
        return DEFAULT_VRF if row["INSTANCE"].lower() == DEFAULT_VRF else str(row["INSTANCE"])
    if resolved.vrf is not None:
        return resolved.vrf
    return f"vrf id {row['VRF_ID']}" if row["VRF_ID"].strip("0") else DEFAULT_VRF


def _one(group: list[Row], name: str) -> str | None:
    return next((str(row[name]) for row in group if row[name]), None)


def _number(group: list[Row], name: str) -> int | None:
    digits = _one(group, name)
    return None if digits is None else int(digits)
