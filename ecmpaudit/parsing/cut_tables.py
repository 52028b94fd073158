"""Tables that begin or end in the middle: what is missing there is unknown, not absent.

Signs of a cut: a next hop above any route, a last line that was not understood, a route without next hop, a last line
that lacks what all others have, or a pager that was left. A table that is cut between two lines, or above or within the
first prefix, looks whole.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.parsing.cut_marks import CUT_OUT, is_cut_mark
from ecmpaudit.parsing.pagers import is_pager_prompt
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.model import Capture, UnparsedLine
    from ecmpaudit.parsing.reassembly import ParsedText

ENDS_EARLY = "the line ends early: was the output cut short?"
WITHOUT_LINE_END = "is cut off: its last line has no line end"
WITHOUT_SUMMARY = "ends without the summary that was asked for last"
LEFT_AT_PAGER = "the output was left at the pager's prompt: what follows is not known"
_NEXT_HOP_ALONE = re.compile(r"[^A-Za-z]{0,200}\b(?:via|nexthop|dev|is directly connected)\b")
_ADDRESS = re.compile(r"\d\.\d|[0-9A-Fa-f]:[0-9A-Fa-f:]|/\d")
_ASKS_FOR_SUMMARY = re.compile(r" summary['\"]?\s*$")
_END_OF_SUMMARY = re.compile(r"^Totals\s", re.MULTILINE)
_NEAR = 2
"""Lines from the last row to the one that was not understood: a blank one may be between them."""
_CLOSED = re.compile(
    r"\s$|[\])}>\"%]$|\bnever$|\b[0-9]{2}:[0-9]{2}:[0-9]{2}$|[0-9]d[0-9]{2}h([0-9]{2}m)?$|[0-9][wy][0-9]+[dw]([0-9]{2}h)?$"
    r"|\b[0-9]+\.[0-9]+\.[0-9]+\.(0|[0-9]{3}|2[6-9]|[3-9][0-9])$|/32$|^[^0-9A-Za-z]*$"
)
"""Ends of a line that cannot go on: a blank, a bracket, a whole age, an IPv4 address that can have no further digit."""
_SIBLINGS = 3
"""Rows that must have an age before one without it is suspected to be cut."""


def unfinished(capture: Capture, text: str) -> str | None:
    """Return in words why an answer is not whole, by the end of its text; None where nothing shows that it is not.

    Only of one that was asked for: somebody may paste a part.
    """
    if capture.started is None or not text:
        return None
    if not text.endswith("\n"):
        return WITHOUT_LINE_END
    if _ASKS_FOR_SUMMARY.search(capture.command or "") and not _END_OF_SUMMARY.search(text):
        return WITHOUT_SUMMARY
    return None


def cut_line(parsed: ParsedText, text: str) -> int | None:
    """Return the number of the last line if it ends early and is not rejected yet; `text` ends with it."""
    routes = parsed.routes
    if "age" in routes.columns and _is_cut_row(routes, parsed.last, ends_with_line=parsed.ends_with_line):
        return parsed.last
    if not parsed.ends_with_line or parsed.messages or parsed.last in parsed.rejected["line"]:
        return None
    is_row = routes["line"].max() == parsed.last
    interface = routes["interface"][-1] if is_row and "interface" in routes.columns else None
    return parsed.last if may_go_on(text, interface) else None


def without_cut_line(parsed: ParsedText, cut: int, text: str) -> ParsedText:
    """Return the result without the row of a line, which is reported instead."""
    row = pl.DataFrame([(cut, ENDS_EARLY, text.split("\n")[cut - 1])], schema=parsed.rejected.schema, orient="row")
    is_cut = pl.col("line") == cut
    prefixes = parsed.routes.filter(is_cut)["prefix"]
    return replace(
        parsed,
        routes=parsed.routes.filter(~is_cut),
        rejected=pl.concat([parsed.rejected, row]),
        contradictions=parsed.contradictions.filter(~pl.col("prefix").is_in(prefixes.implode())),
    )


def _is_cut_row(routes: pl.DataFrame, last: int, *, ends_with_line: bool) -> bool:
    """Return whether the row of the last line lacks what all others have.

    `last` is the number of the last line that is not blank; `ends_with_line`: no line feed follows it.

    `via 192.0.2.10` may be the beginning of `via 192.0.2.104, eth0, weight 1, 00:00:05`, and `dev e` of `dev eth0`, so
    such a next hop is not used.
    """
    if len(routes) <= _SIBLINGS or routes["line"][-1] != last:
        return False
    lacks_age = routes["age"][-1] is None and routes["age"].null_count() == 1 and _has_siblings(routes)
    return lacks_age or (ends_with_line and _interface_is_cut(routes))


def may_go_on(text: str, interface: str | None) -> bool:
    """Return whether the last line of a text, which no line feed follows, may be the beginning of a longer one.

    It may not where its end is closed by its form, or where another line has the same last word. `interface` is that of
    its row: a name is whole if it ends in its number, as far as the names of other rows do not say otherwise.
    """
    _, _, last = text.rpartition("\n")
    if not last.strip() or _CLOSED.search(last):
        return False
    word = last.split()[-1]
    is_name = word == interface and word[-1].isdigit()
    return not is_name and f"{last[-len(word) - 1 :]}\n" not in text


def _has_siblings(routes: pl.DataFrame) -> bool:
    """Return whether other routes of its protocol have an age: IOS prints none for static and connected routes."""
    return "protocol" not in routes.columns or routes["protocol"][-1] in routes["protocol"].head(-1)


def _interface_is_cut(routes: pl.DataFrame) -> bool:
    last, others = routes.row(-1, named=True), routes.head(-1)["interface"]
    if last["interface"] is None:
        return last["kind"] == "unicast" and not last["marks"] and others.null_count() == 0
    known = others.drop_nulls().unique().to_list()
    return last["interface"] not in known and any(name.startswith(last["interface"]) for name in known)


def where_cut(lines: Sequence[str], routes: pl.DataFrame, rejected: Sequence[int]) -> str | None:
    """Return in words where the table is cut, None where nothing shows that it is.

    `rejected` are the 1-based numbers of the lines that gave no row; `lines` and `routes` count the same way.
    """
    first_route = int(routes["line"][0]) if len(routes) else len(lines) + 1
    last = next((number for number in range(len(lines), 0, -1) if lines[number - 1].strip()), 0)
    places = []
    if any(number in range(first_route, last) and is_cut_mark(lines[number - 1]) for number in rejected):
        places.append("is cut in its middle")
    if any(_NEXT_HOP_ALONE.match(lines[number - 1]) for number in rejected if number < first_route):
        places.append("begins in mid-table")
    if last in rejected and _is_cut_short(lines, last):
        places.append("ends in mid-table")
    return listed(places, separator=" and ") or None


def _is_cut_short(lines: Sequence[str], last: int) -> bool:
    """Return whether the last line stops early, and is no sentence that somebody wrote below the table."""
    line = lines[last - 1]
    follows_at_once = last > 1 and lines[last - 2].strip() != ""
    return follows_at_once or is_pager_prompt(line) or line[:1].isspace() or _ADDRESS.search(line) is not None


def may_continue(last_row: int, prefix: str | None, unparsed: Sequence[UnparsedLine]) -> bool:
    """Return whether the prefix of the last row may have more next hops than were read, in a table that ends too early.

    It may where the line directly below it was not understood, and is a next hop, the prompt of a pager, or the
    beginning of a route to `prefix`: that of the last row where none of its routes above is selected, else None.
    """
    last = unparsed[-1] if unparsed else None
    if last is None or not 0 < last.line - last_row <= _NEAR:
        return False
    if last.text[:1].isspace() or is_pager_prompt(last.text):
        return True
    return prefix is not None and _may_be_of(prefix, last.text)


def _may_be_of(prefix: str, line: str) -> bool:
    """Return whether a route line, or its beginning (`B>* 172.31.`, `B>`), may be of a prefix."""
    return any(prefix.startswith(word) for word in line.split()) or not any(map(str.isalnum, line[1:]))


def explained(text: str) -> str | None:
    """Return why a line that was not understood shows that the table is cut, None where it does not."""
    if is_cut_mark(text):
        return CUT_OUT
    return LEFT_AT_PAGER if is_pager_prompt(text) else None
