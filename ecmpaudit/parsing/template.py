"""Running a TextFSM template over lines, with the line number and the route of every row.

A row belongs to the route that the last Filldown value began: a line that sets a Filldown value begins a new route.
That is how `B>*` lines, BIRD's further sources of one prefix, and next-hop lines below them are distinguished without
Python code for any platform.

A template of the one-row-per-line subset runs in columns (`columnar`); any other one runs on the textfsm library, to
the same rows.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl
import textfsm

from ecmpaudit.errors import TemplateError
from ecmpaudit.parsing.columnar import LINE, ROUTE, TEXT, ColumnarTemplate, columnar_template, rows_of_lines
from ecmpaudit.parsing.time_limit import LONGEST_LINE, TimeLimit
from ecmpaudit.plain_files import open_plain
from ecmpaudit.platforms.patient_patterns import PatientPattern, is_own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

_NO_ROUTE = re.compile(r"\(\?P<(?:UNPARSED|HEADING|MESSAGE)>")
_NOT_UNDERSTOOD = re.compile(r"\(\?P<(?:UNPARSED|HEADING)>")
"""The values of lines that are reported: those that no other rule matches, and headings of an unknown form."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Which engine runs a template, and why."""

    columnar: ColumnarTemplate | None
    reason: str
    """Why it does not run in columns; empty when it does."""


@dataclass(frozen=True, slots=True)
class LineTests:
    """What the rules of a template, in any of its states, say of a single line."""

    understands: Callable[[str], bool]
    """Some rule matches the line, other than the one for lines that are not understood."""
    is_route: Callable[[str], bool]
    """A rule that records a route or a next hop matches the line."""


class _NumberedTextFSM(textfsm.TextFSM):  # type: ignore[misc]  # textfsm has no annotations
    """TextFSM that remembers the line and the route of every record."""

    def __init__(self, template: Any) -> None:
        self.positions: list[tuple[int, int]] = []
        self._line_number = 0
        self._route = 0
        super().__init__(template)
        self._filldown = frozenset(self.GetValuesByAttrib("Filldown"))

    def read(self, lines: Iterable[tuple[int, str]]) -> list[list[str]]:
        """Return the rows of all numbered lines; `positions` has the line and the route of each."""
        self.Reset()
        self.positions = []
        self._route = 0
        limit = TimeLimit()
        for self._line_number, line in lines:
            limit.check()
            self._CheckLine(line)
            if self._cur_state_name in {"End", "EOF"}:
                break
        return list(self.ParseText(""))  # the implicit record at the end of the text, unless the template forbids it

    def _CheckRule(self, rule: Any, line: str) -> re.Match[str] | None:  # noqa: N802 - textfsm's name
        if len(line) > LONGEST_LINE and rule is not self.states[self._cur_state_name][-1]:
            return None
        matched: re.Match[str] | None = super()._CheckRule(rule, line)
        if matched and not self._filldown.isdisjoint(matched.groupdict()):
            self._route += 1
        return matched

    def _AppendRecord(self) -> None:  # noqa: N802 - textfsm's name
        before = len(self._result)
        super()._AppendRecord()
        if len(self._result) > before:
            self.positions.append((self._line_number, self._route))


def read_rows(template: Path, lines: pl.DataFrame, wanted: frozenset[str] | None = None) -> pl.DataFrame:
    """Return one row per record of numbered lines: the template's values as strings, plus `line` and `route`.

    With `wanted`, other values may be omitted.

    Raises:
        TemplateError: the template is missing or damaged.
    """
    columnar = engine_of(template).columnar
    if columnar is None:
        return read_rows_textfsm(template, lines)
    return rows_of_lines(columnar if wanted is None else columnar.narrowed(wanted), lines)


@cache
def engine_of(template: Path) -> Engine:
    """Return which engine runs a template.

    Raises:
        TemplateError: the template is missing or damaged.
    """
    try:
        machine = load_template(template)
        return Engine(_patient(columnar_template(machine), machine), "")
    except TemplateError as error:
        if template.name in str(error):
            raise
        return Engine(None, str(error))


def read_rows_textfsm(template: Path, lines: pl.DataFrame) -> pl.DataFrame:
    """Return what `read_rows` returns, with the textfsm library whatever the template."""
    machine = load_template(template)
    rows = [[_as_text(value) for value in row] for row in machine.read(lines.select(LINE, TEXT).iter_rows())]
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in machine.header]
    header = machine.header
    frame = pl.DataFrame(dict(zip(header, columns, strict=True)), schema=dict.fromkeys(header, pl.String))
    return frame.with_columns(
        pl.Series(LINE, [line for line, _ in machine.positions], dtype=pl.UInt32),
        pl.Series(ROUTE, [route for _, route in machine.positions], dtype=pl.UInt32),
    )


def rules_of(template: Path) -> list[tuple[int, str, re.Pattern[str]]]:
    """Return the rules of a template's first state: line of the template, the rule as it is written, its pattern."""
    return [(rule.line_num, rule.match, rule.regex_obj) for rule in load_template(template).states["Start"]]


@cache
def line_tests(template: Path) -> LineTests:
    """Return the tests for one line.

    Raises:
        TemplateError: the template is missing or damaged.
    """
    states = load_template(template).states.values()
    rules = [rule for state in states for rule in state if not _NOT_UNDERSTOOD.search(rule.regex)]
    forms_of_routes = [r.regex_obj for r in rules if "Record" in r.record_op and not _NO_ROUTE.search(r.regex)]
    return LineTests(_matcher([rule.regex_obj for rule in rules]), _matcher(forms_of_routes))


def _matcher(forms: Sequence[re.Pattern[str]]) -> Callable[[str], bool]:
    return lambda line: len(line) <= LONGEST_LINE and any(form.match(line) for form in forms)


def _as_text(value: Any) -> str:
    """Return the value as one text; the parts of a List value are joined by blanks."""
    return " ".join(value) if isinstance(value, list) else value


@cache
def load_template(template: Path) -> _NumberedTextFSM:
    """Return the machine of a template; one of the user's own gives up on a line that takes too long.

    Raises:
        TemplateError: the template is missing or damaged.
    """
    try:
        with io.TextIOWrapper(open_plain(template), encoding="utf-8") as text:
            machine = _NumberedTextFSM(text)
    except OSError as error:
        raise TemplateError(f"{template}: cannot be read: {error.strerror}") from error
    except (textfsm.TextFSMTemplateError, UnicodeDecodeError) as error:
        raise TemplateError(f"{template}: {error}") from error
    own = is_own(template)
    for rule in (rule for state in machine.states.values() for rule in state):
        rule.regex_obj = PatientPattern(rule.regex, f"{template}:{rule.line_num}") if own else re.compile(rule.regex)
    for value in machine.values:
        if own and hasattr(value, "compiled_regex"):  # only a List value has one, for groups within it
            value.compiled_regex = PatientPattern(value.compiled_regex.pattern, f"{template}: Value {value.name}")
    return machine


def _patient(columnar: ColumnarTemplate, machine: _NumberedTextFSM) -> ColumnarTemplate:
    """Return the template with the machine's own patterns for the lines that Python reads."""
    rules = zip(columnar.rules, machine.states["Start"], strict=True)
    return replace(columnar, rules=tuple(replace(rule, python=own.regex_obj) for rule, own in rules))
