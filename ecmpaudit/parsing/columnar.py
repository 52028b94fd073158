"""Running a TextFSM template over all lines at once, in polars, for templates whose every rule is one line.

Each rule is tried on the lines that no earlier rule matched, so rule order holds; Filldown is a forward fill.
The rows are those of the textfsm library, to the last value: regular expressions are translated where Python and Rust
read them differently, and what cannot be translated sends the whole template to the library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from ecmpaudit.errors import TemplateError
from ecmpaudit.parsing.carried_state import CarriedState
from ecmpaudit.parsing.rust_patterns import rust_pattern
from ecmpaudit.parsing.time_limit import LONGEST_LINE, TimeLimit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import textfsm

LINE, ROUTE = "line", "route"
TEXT, _MATCHED = "_text", "_matched"
_LONGEST = 1 << 16
"""Characters of a line that are read."""
FEW = 200
"""Lines of a text up to which Python reads it quicker than polars."""
_SAMPLE = 4096
"""Lines by which it is known whether lines repeat."""


@dataclass(frozen=True, slots=True)
class ColumnarRule:
    """One rule of a template, as the columnar engine needs it."""

    number: int
    """Line of the template, for messages."""
    pattern: str
    """For Rust's engine, with an empty group that shows a match."""
    python: re.Pattern[str]
    """The same as the template has it."""
    values: tuple[str, ...]
    records: bool
    clears_all: bool
    begins_route: bool
    """The rule sets a Filldown value, so its line begins a new route."""

    def narrowed(self, kept: frozenset[str]) -> ColumnarRule:
        """Return the rule with groups for the kept values alone."""
        others = [value for value in self.values if value not in kept]
        pattern = self.pattern
        for value in others:
            pattern = pattern.replace(f"(?P<{value}>", "(?:")
        return replace(self, pattern=pattern, values=tuple(value for value in self.values if value in kept))


@dataclass(frozen=True, slots=True)
class ColumnarTemplate:
    """A template of the one-row-per-line subset."""

    values: tuple[str, ...]
    filldown: frozenset[str]
    required: frozenset[str]
    rules: tuple[ColumnarRule, ...]

    def narrowed(self, wanted: frozenset[str]) -> ColumnarTemplate:
        """Return the template with only these values; what a rule matches and does stays the same."""
        kept = frozenset(self.values) & (wanted | self.required)
        rules = tuple(rule.narrowed(kept) for rule in self.rules)
        return ColumnarTemplate(tuple(v for v in self.values if v in kept), self.filldown & kept, self.required, rules)


def columnar_template(machine: textfsm.TextFSM) -> ColumnarTemplate:
    """Return the template for the columnar engine.

    Raises:
        TemplateError: it is outside of the subset; the message names the rule and the reason.
    """
    if set(machine.states) != {"Start", "EOF"}:
        raise TemplateError("it needs one state, Start, and an empty EOF")
    for value in machine.values:
        if unsupported := set(value.OptionNames()) - {"Filldown", "Required"}:
            raise TemplateError(f"Value {value.name} is {min(unsupported)}, which needs more than one line")
    filldown = frozenset(machine.GetValuesByAttrib("Filldown"))
    return ColumnarTemplate(
        values=tuple(machine.header),
        filldown=filldown,
        required=frozenset(machine.GetValuesByAttrib("Required")),
        rules=tuple(_rule(rule, filldown) for rule in machine.states["Start"]),
    )


def _rule(rule: Any, filldown: frozenset[str]) -> ColumnarRule:
    place = f"the rule in line {rule.line_num}"
    if rule.line_op not in {"", "Next"} or rule.new_state:
        raise TemplateError(f"{place} continues with the same line or in another state")
    own = re.compile(rule.regex)
    values = tuple(own.groupindex)
    records = rule.record_op == "Record"
    if not records and (pending := set(values) - filldown):
        raise TemplateError(f"{place} sets {min(pending)} for a later line and does not record it")
    try:
        pattern = rust_pattern(rule.regex)
        matched = f"^(?P<{_MATCHED}>){pattern.removeprefix('^')}"
        pl.Series([""]).str.extract_groups(matched)
    except (ValueError, pl.exceptions.ComputeError) as error:
        raise TemplateError(f"{place} cannot be read by both engines: {error}") from error
    begins_route = not filldown.isdisjoint(values)
    return ColumnarRule(rule.line_num, matched, own, values, records, rule.record_op == "Clearall", begins_route)


def numbered_lines(text: str) -> pl.DataFrame:
    r"""Return the lines of a text with their 1-based numbers; they are those of `text.split("\n")`.

    Of a line that is longer than any route can be, only the head is kept and how much more there was.
    """
    if len(text) <= _LONGEST and text.count("\n") < FEW:
        few = [line.removesuffix("\r") for line in text.encode(errors="replace").decode().split("\n")]
        return pl.DataFrame({LINE: range(1, len(few) + 1), TEXT: few}, schema={LINE: pl.UInt32, TEXT: pl.String})
    lines = pl.read_lines(text.encode(errors="replace"), name=TEXT)
    if not text or text.endswith("\n"):
        lines = pl.concat([lines, pl.DataFrame({TEXT: [""]})])
    length = lines[TEXT].str.len_bytes()
    if (length > _LONGEST).any():
        head = pl.format("{} … and {} bytes in all", pl.col(TEXT).str.head(_LONGEST), length)
        lines = lines.with_columns(pl.when(length > _LONGEST).then(head).otherwise(TEXT).alias(TEXT))
    return lines.with_row_index(LINE, offset=1)


def rows_of_lines(template: ColumnarTemplate, lines: pl.DataFrame) -> pl.DataFrame:
    """Return one row per record: the template's values as strings, plus `line` and `route`.

    The lines are numbered, and the numbers may have gaps.
    """
    return rows_of(template, match_rules(template, lines), CarriedState())


def match_rules(template: ColumnarTemplate, lines: pl.DataFrame, starts: Sequence[int] = ()) -> pl.DataFrame:
    """Return the values of each line that a rule matches, in order and filled down; null where nothing was filled yet.

    Further columns are the line's number and what its rule does: begin a route, record. With `starts`, the numbers
    of first lines of tables, nothing is filled down from one table into the next.
    """
    in_order = _match_distinct(template, lines) if _repeat(lines) else _match_each(template, lines)
    cleared = _cleared(template, in_order, starts) if starts else ()
    filled = (pl.col(value).forward_fill() for value in template.values if value in template.filldown)
    return in_order.with_columns(*cleared).with_columns(*filled)


def _repeat(lines: pl.DataFrame) -> bool:
    """Return whether most lines have the text of another one, by a sample of them."""
    sample = lines[TEXT].gather_every(max(1, lines.height // _SAMPLE))
    return sample.n_unique() * 2 < len(sample)


def _match_distinct(template: ColumnarTemplate, lines: pl.DataFrame) -> pl.DataFrame:
    """Return what `_match_each` does, with each text matched once: next hops of many prefixes have equal lines."""
    texts = lines.select(TEXT).unique().with_row_index(LINE)
    matches = _match_each(template, texts).join(texts, on=LINE).drop(LINE)
    shown = [value for value in matches.columns if value != TEXT and matches[value].null_count() < matches.height]
    joined = lines.select(LINE, TEXT).join(matches.select(TEXT, *shown), on=TEXT, maintain_order="left").drop(TEXT)
    return pl.concat([_no_rows(template), joined], how="diagonal")  # with the values that no text has


def _match_each(template: ColumnarTemplate, lines: pl.DataFrame) -> pl.DataFrame:
    """Return the values of each line that a rule matches, in order; null where the line does not set one."""
    is_ascii = pl.col(TEXT).str.len_bytes() == pl.col(TEXT).str.len_chars()
    rest, others = lines.filter(is_ascii), lines.filter(~is_ascii).select(LINE, TEXT)
    parts = []
    if others.height:
        parts.append(_as_frame(template, _read_one_by_one(template, others.iter_rows())))
    for rule in template.rules:
        if not rest.height:
            break
        if rule.begins_route or rule.records or rule.clears_all:
            found = rest[TEXT].str.extract_groups(rule.pattern).struct.unnest()
            matches = found[_MATCHED].is_not_null()
            if matches.any():
                part = rest.select(LINE).with_columns(found.get_column(value) for value in rule.values)
                parts.append(_as_part(template, rule, part if matches.all() else part.filter(matches)))
        else:
            matches = rest[TEXT].str.contains(rule.pattern)
        if matches.any():
            rest = rest.filter(~matches)
    return pl.concat([_no_rows(template), *parts], how="diagonal").sort(LINE)


def state_after(template: ColumnarTemplate, matches: pl.DataFrame, lines: int) -> CarriedState:
    """Return what these matches add to the state for the lines below; `lines` is how many lines were read."""
    last = matches.select(template.filldown).tail(1).to_dicts()
    filled = {value: text for row in last for value, text in row.items() if text is not None}
    return CarriedState(lines, int(matches["_begins"].sum()), filled)


def _cleared(template: ColumnarTemplate, matches: pl.DataFrame, starts: Sequence[int]) -> list[pl.Series]:
    """Return the values that are filled down, cleared in the first match of each table."""
    firsts = matches[LINE].search_sorted(pl.Series(starts, dtype=pl.UInt32)).unique()
    firsts = firsts.filter(firsts < matches.height)
    values = (matches[value] for value in template.values if value in template.filldown)
    return [value.scatter(firsts, value[firsts].fill_null("")) for value in values]


def rows_of(template: ColumnarTemplate, matches: pl.DataFrame, before: CarriedState) -> pl.DataFrame:
    """Return the rows of the lines that were recorded; `before` is the state in which the first line was read."""
    route = (pl.col("_begins").cast(pl.UInt32).cum_sum() + before.routes).alias(ROUTE)
    recorded = matches.with_columns(route).filter("_records")
    rows = recorded.select(
        *(_filled(recorded[value], before.filled.get(value, "")) for value in template.values),
        pl.col(LINE) + before.lines,
        ROUTE,
    )
    has_required = [pl.col(value) != "" for value in template.required]
    return rows.filter(*has_required) if has_required else rows


def _filled(values: pl.Series, text: str) -> pl.Expr:
    """Return the values with a text for null; of a value that no line has, polars needs to keep one only."""
    if values.null_count() == 0:
        return pl.col(values.name)
    is_constant = values.null_count() == len(values)
    return pl.lit(text).alias(values.name) if is_constant else pl.col(values.name).fill_null(text)


def _as_part(template: ColumnarTemplate, rule: ColumnarRule, part: pl.DataFrame) -> pl.DataFrame:
    """Return the lines that one rule read, with what it does: begin a route, record, clear what was filled down.

    A Filldown value that the rule has and the line has not is empty, while null means that it is filled down.
    """
    empty = [pl.col(value).fill_null("") for value in rule.values if value in template.filldown]
    cleared = [pl.lit("").alias(v) for v in template.filldown if v not in rule.values] if rule.clears_all else []
    return part.with_columns(*empty, *cleared, _begins=pl.lit(rule.begins_route), _records=pl.lit(rule.records))


def match_few(template: ColumnarTemplate, lines: pl.DataFrame) -> pl.DataFrame | None:
    """Return what `match_rules` returns of a few lines, read one by one; None where they are many, or one is too long.

    An operation of polars takes as long as a hundred lines do, and each rule needs four. Patterns of the user's own
    stay in columns, where the time does not grow with the pattern.
    """
    if lines.height > FEW or not all(isinstance(rule.python, re.Pattern) for rule in template.rules):
        return None
    texts = lines[TEXT].to_list()
    if any(len(text) > LONGEST_LINE for text in texts):
        return None
    rows = _read_one_by_one(template, zip(lines[LINE].to_list(), texts, strict=True))
    filled: dict[str, str] = {}
    for row in rows:
        filled |= {value: row[value] for value in template.filldown if row.get(value) is not None}
        row.update(filled)
    return _as_frame(template, rows)


def _read_one_by_one(template: ColumnarTemplate, lines: Iterable[tuple[int, str]]) -> list[dict[str, Any]]:
    """Read lines with Python's own regular expressions, rule by rule; return a row for each that a rule matches."""
    rows = []
    limit = TimeLimit()
    for number, text in lines:
        limit.check()
        for rule in template.rules if len(text) <= LONGEST_LINE else template.rules[-1:]:
            matched = rule.python.match(text)
            if matched:
                values = {value: matched[value] for value in rule.values}
                cleared = template.filldown if rule.clears_all else template.filldown.intersection(rule.values)
                empty = {value: "" for value in cleared if values.get(value) is None}
                flags = {"_begins": rule.begins_route, "_records": rule.records}
                rows.append({LINE: number, **values, **empty, **flags})
                break
    return rows


def _as_frame(template: ColumnarTemplate, rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = _no_rows(template).schema
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in schema}, schema=schema)


def _no_rows(template: ColumnarTemplate) -> pl.DataFrame:
    flags = {"_begins": pl.Boolean, "_records": pl.Boolean}
    return pl.DataFrame(schema={LINE: pl.UInt32, **dict.fromkeys(template.values, pl.String), **flags})
