"""Which platform and which form of table a text is: by its lines, or by the command where that is known."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ecmpaudit.errors import ConfigurationError, UnknownFormatError
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model import Capture
    from ecmpaudit.platforms.registry import Platform, TableFormat

SAMPLE = 4_000
"""Lines at the head of a text among which the first lines that are not blank are searched."""
_MOST_LINES = 400
"""Lines, without blank ones, by which a table is detected: its head shows its form."""
_LONGEST = 300
"""Characters of a line that are matched: no pattern needs a later part of it."""


def detect(capture: Capture, lines: Sequence[str]) -> tuple[Platform, TableFormat]:
    """Return the platform and the table format that most lines of the text match.

    Raises:
        UnknownFormatError: no line is one of any known route table.
        ConfigurationError: the capture's platform is not known.
    """
    check_platform(capture)
    nonblank = (line[:_LONGEST] for line in islice(lines, SAMPLE) if line.strip())
    sample = list(islice(nonblank, _MOST_LINES))
    formats = list(_formats(capture.platform))
    fitting = [known for known in formats if capture.command and known[1].command.search(capture.command)]
    if len(fitting) == 1 and any(fitting[0][1].detect.search(line) for line in sample):
        return fitting[0]
    scored = [(_score(table, sample, capture.command), platform, table) for platform, table in formats]
    best = max(scored, key=lambda entry: entry[0])
    if best[0] == 0:
        raise UnknownFormatError(f"{_place(capture)}: this is no route table of {_expected(capture.platform)}")
    return best[1], best[2]


def check_platform(capture: Capture) -> None:
    """Check that the capture's platform, if it has one, is known.

    Raises:
        ConfigurationError: it is not.
    """
    if capture.platform is not None and capture.platform not in platforms():
        raise ConfigurationError(f"platform {capture.platform}: expected one of {', '.join(platforms())}")


def _formats(platform: str | None) -> Iterator[tuple[Platform, TableFormat]]:
    for known in platforms().values():
        if platform in {None, known.name}:
            for table in known.tables:
                yield known, table


def _score(table: TableFormat, sample: Sequence[str], command: str | None) -> int:
    """Count the lines that match; a command that fits decides between forms that both have some."""
    matching = sum(1 for found in map(table.detect.search, sample) if found)
    return matching + (len(sample) if matching and command and table.command.search(command) else 0)


def _place(capture: Capture) -> str:
    return f"{capture.source}:{capture.first_line}" if capture.first_line > 1 else capture.source


def _expected(platform: str | None) -> str:
    if platform is not None:
        return platforms()[platform].title
    return "a known platform; expected the output of `show ip route` (FRR), `show route` (BIRD) or `ip route` (Linux)"
