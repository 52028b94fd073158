"""Running a TextFSM template over lines, with the line number and the route of every row.

A row belongs to the route that the last Filldown value began: a line that sets a Filldown value begins a new route.
That is how `B>*` lines, BIRD's further sources of one prefix, and next-hop lines below them are told apart without a
word of Python about any platform.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl
import textfsm

from ecmpaudit.errors import TemplateError

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence
    from pathlib import Path

LINE, ROUTE = "line", "route"
"""Columns that every run adds to the template's own: 1-based line number, ordinal of the route."""


class _NumberedTextFSM(textfsm.TextFSM):  # type: ignore[misc]  # textfsm has no annotations
    """TextFSM that remembers the line and the route of every record."""

    def __init__(self, template: Any) -> None:
        self.positions: list[tuple[int, int]] = []
        self._line_number = 0
        self._route = 0
        super().__init__(template)
        self._filldown = frozenset(self.GetValuesByAttrib("Filldown"))

    def read(self, lines: Sequence[str]) -> list[list[str]]:
        """Return the rows of all lines; `positions` tells where each came from."""
        self.Reset()
        self.positions = []
        self._route = 0
        for self._line_number, line in enumerate(lines, start=1):
            self._CheckLine(line)
            if self._cur_state_name in {"End", "EOF"}:
                break
        return list(self.ParseText(""))  # the implicit record at the end of the text, unless the template forbids it

    def _CheckRule(self, rule: Any, line: str) -> re.Match[str] | None:  # noqa: N802 - textfsm's name
        matched: re.Match[str] | None = super()._CheckRule(rule, line)
        if matched and not self._filldown.isdisjoint(matched.groupdict()):
            self._route += 1
        return matched

    def _AppendRecord(self) -> None:  # noqa: N802 - textfsm's name
        before = len(self._result)
        super()._AppendRecord()
        if len(self._result) > before:
            self.positions.append((self._line_number, self._route))


def read_rows(template: Path, lines: Sequence[str]) -> pl.DataFrame:
    """Return one row per record: the template's values as strings, plus `line` and `route`.

    Raises:
        TemplateError: the template is missing or damaged.
    """
    machine = _load(template)
    rows = machine.read(lines)
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in machine.header]
    frame = pl.DataFrame(
        dict(zip(machine.header, columns, strict=True)), schema=dict.fromkeys(machine.header, pl.String)
    )
    return frame.with_columns(
        pl.Series(LINE, [line for line, _ in machine.positions], dtype=pl.UInt32),
        pl.Series(ROUTE, [route for _, route in machine.positions], dtype=pl.UInt32),
    )


@cache
def _load(template: Path) -> _NumberedTextFSM:
    try:
        with template.open(encoding="utf-8") as text:
            return _NumberedTextFSM(text)
    except OSError as error:
        raise TemplateError(f"{template}: cannot be read: {error.strerror}") from error
    except textfsm.TextFSMTemplateError as error:
        raise TemplateError(f"{template}: {error}") from error
