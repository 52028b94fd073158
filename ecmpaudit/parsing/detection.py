"""Which platform and which form of table a text is: by its lines, or by the command where that is known."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.parsing.line_repairs import repaired
from ecmpaudit.parsing.prefix_order import ORDERS
from ecmpaudit.parsing.template import rules_of
from ecmpaudit.parsing.time_limit import LONGEST_LINE
from ecmpaudit.platforms.names import platform_name
from ecmpaudit.platforms.registry import platforms
from ecmpaudit.platforms.unsupported import unsupported_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ecmpaudit.model import Capture
    from ecmpaudit.platforms.registry import Platform, TableFormat

SAMPLE = 4_000
"""Lines at the head of a text among which the first lines that are not blank are searched."""
_MOST_LINES = 400
"""Lines, without blank ones, by which a table is detected: its head shows its form."""
_LONGEST = 300
"""Characters of a line that are matched: no pattern needs a later part of it."""
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?:[0-9A-Fa-f]{1,4}:){1,7}:|::[0-9A-Fa-f]|(?:[0-9A-Fa-f]{1,4}:){7})"
)
"""An address, which every line of a route or of a next hop has, apart from few; a time of day is none."""
_REPAIRS = 3
"""Rounds of repairs before a text contradicts a form: a line may be indented and wrapped."""
_MOST_UNREAD = 0.2
"""Share of the lines with an address that a template may leave unread, beside one line, and still be the right one."""


def detect(capture: Capture, lines: Sequence[str]) -> tuple[Platform, TableFormat]:
    """Return the platform and the table format that most lines of the text match, and none contradict.

    A platform that the capture names is not contradicted: what its template cannot read is reported line by line.

    Raises:
        UnknownFormatError: no line is one of any known route table, or it is the table of a platform not supported.
        ConfigurationError: the capture's platform is not known.
    """
    check_platform(capture)
    platform, table = _detected(capture, lines)
    return platform, replace(table, invariants=without_orders(capture, table.invariants))


def without_orders(capture: Capture, invariants: frozenset[str]) -> frozenset[str]:
    """Return the invariants that hold for a capture: addresses that were anonymised are in no order."""
    return invariants - ORDERS.keys() if capture.is_anonymised else invariants


def _detected(capture: Capture, lines: Sequence[str]) -> tuple[Platform, TableFormat]:
    nonblank = (line[:_LONGEST] for line in islice(lines, SAMPLE) if line.strip())
    sample = list(islice(nonblank, _MOST_LINES))
    matching = [known for known in _formats(capture.platform) if any(map(known[1].detect.search, sample))]
    if capture.platform is None:
        if (unsupported := _unsupported(sample)) is not None:
            raise UnknownFormatError(f"{capture.place}: this looks like {unsupported}, which is not supported")
        matching = [known for known in matching if not _is_contradicted(*known, sample)]
    fitting = [known for known in matching if capture.command and known[1].command.search(capture.command)]
    if len(fitting) == 1:
        return fitting[0]
    if not matching:
        raise UnknownFormatError(f"{capture.place}: this is no route table of {_expected(capture.platform)}")
    return max(matching, key=lambda known: _score(known[1], sample, capture.command))


def check_platform(capture: Capture) -> None:
    """Check that the capture's platform, if it has one, is known.

    Raises:
        ConfigurationError: it is not.
    """
    if capture.platform is not None and capture.platform not in platforms():
        platform_name(capture.platform)


def _formats(platform: str | None) -> Iterator[tuple[Platform, TableFormat]]:
    for known in platforms().values():
        if platform in {None, known.name}:
            for table in known.tables:
                yield known, table


def _score(table: TableFormat, sample: Sequence[str], command: str | None) -> tuple[bool, int]:
    """Return whether the command fits, which decides between forms that all have lines, and how many lines match."""
    matching = sum(1 for found in map(table.detect.search, sample) if found)
    return bool(command and table.command.search(command)), matching


def _unsupported(sample: Sequence[str]) -> str | None:
    """Return the name of the platform that is known not to be read, if a line has its sign."""
    return next((name for name, signs in unsupported_tables() if any(map(signs.search, sample))), None)


def _is_contradicted(platform: Platform, table: TableFormat, sample: Sequence[str]) -> bool:
    """Return whether the text lacks the signs of the form, has one of another form, or many lines that it cannot read.

    Only lines with an address count: whatever else a text has, its routes have to be read.
    """
    if table.signs is not None and not any(map(table.signs.search, sample)):
        return True
    if table.never is not None and any(map(table.never.search, sample)):
        return True
    lines: Sequence[str] = sample
    for _ in range(_REPAIRS):
        unread = _unread(platform, table, lines)
        if not _are_too_many(unread, lines):
            return False
        lines, changes = repaired(table.template, lines, unread)
        if not changes:
            return True
    return _are_too_many(_unread(platform, table, lines), lines)


def _unread(platform: Platform, table: TableFormat, lines: Sequence[str]) -> list[int]:
    """Return the 1-based numbers of the lines with an address that are not of this form."""
    return [
        number
        for number, line in enumerate(lines, start=1)
        if _ADDRESS.search(line) and not _is_read(platform, table, line)
    ]


def _are_too_many(unread: Sequence[int], lines: Sequence[str]) -> bool:
    with_address = sum(1 for line in lines if _ADDRESS.search(line))
    return len(unread) > 1 + with_address * _MOST_UNREAD


def _is_read(platform: Platform, table: TableFormat, line: str) -> bool:
    """Return whether a line is one of the form, is read by a rule of its template, or is explained by the platform."""
    line = line[:LONGEST_LINE]
    return (
        table.detect.search(line) is not None
        or any(rule.match(line) for rule in _reading_rules(table.template))
        or any(explanation.pattern.search(line) for explanation in platform.explanations)
    )


@cache
def _reading_rules(template: Path) -> list[re.Pattern[str]]:
    """Return the rules of a template, without those that report an unparsed line."""
    return [pattern for _, _, pattern in rules_of(template) if "UNPARSED" not in pattern.groupindex]


def _expected(platform: str | None) -> str:
    if platform is not None:
        return platforms()[platform].title
    return "a known platform; expected the output of `show ip route` (FRR), `show route` (BIRD) or `ip route` (Linux)"
