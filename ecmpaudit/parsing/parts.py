"""The parts of a text: where the lines of one format end and those of another begin, a new part begins.

Each line costs a format nothing where some rule of it understands the line, and one where none does; a change of format
costs a little less than one line. The cheapest way through the text gives the parts. So a single line that looks like
another format never decides what the lines around it are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from ecmpaudit.parsing.bgp_json import looks_like_bgp_json
from ecmpaudit.parsing.facts.capture_facts import unparsed
from ecmpaudit.parsing.json_tables import json_end, looks_like_json
from ecmpaudit.parsing.long_texts import MOST_LINES, parts_of_long_text
from ecmpaudit.parsing.template import line_tests
from ecmpaudit.parsing.time_limit import LONGEST_LINE
from ecmpaudit.parsing.typed_commands import asked
from ecmpaudit.platforms.registry import BgpTableFormat, FactFormat, TableFormat, platforms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ecmpaudit.model import Capture, UnparsedLine
    from ecmpaudit.platforms.registry import Platform

Form: TypeAlias = TableFormat | BgpTableFormat | FactFormat

_WEIGHED = 30_000
"""Lines of a text of which each is weighed; a longer one is divided where its parts end."""
_HEAD_OF_JSON = 20_000
"""Characters at the head of a JSON document that are searched for its form."""
_ADDRESS = re.compile(r"\d\.\d|[0-9A-Fa-f]:[0-9A-Fa-f:]|/\d")
_FIRST_LINE = 8
"""Characters of a first line that shows, where it is there again, that a table was printed twice."""
_NOT_UNDERSTOOD = 10
"""The cost of a line that a format does not understand."""
_CHANGE = 9
"""The cost of a change: one line at the beginning or the end of a text is a part, within another format two are."""
_CHANGE_OF_PLATFORM = 45
"""The cost of a change to another router's route table: their lines look alike, and no router prints both."""
_SIGN = 1_000_000
"""How many lines with a format's own signs weigh as much as one unit of cost: they decide between equals."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a text, and the format that reads them."""

    start: int
    """Position of its first line, from 0."""
    stop: int
    form: Form | None
    """None: no format understands any of its lines."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A format of which the text has signs."""

    platform: Platform
    form: Form
    signs: re.Pattern[str]
    understands: Callable[[str], bool]


def was_pasted(capture: Capture) -> bool:
    """Return whether somebody saved or pasted the text, so that it may be of several commands."""
    return capture.started is None


def divided(capture: Capture) -> list[tuple[Capture, Form | None]]:
    """Return the parts of a text, each as a capture of its own with its form; None for a route table.

    The command belongs to the first part whose form it fits. A longer text than anybody pastes stays one.
    """
    lines = capture.text.split("\n")
    if len(lines) > MOST_LINES:
        return [(capture, None)]
    parts = [(_capture_of(capture, lines, part), part.form) for part in parts_of(lines, capture.platform)]
    answer = next((n for n, (_, form) in enumerate(parts) if _fits(form, capture.command)), None)
    return [
        (replace(part, command=capture.command) if number == answer else part, _beside_tables(form))
        for number, (part, form) in enumerate(parts)
    ]


def begins_again(text: str) -> bool:
    """Return whether the first line of a text is there again, as where one table was printed twice."""
    first = text.lstrip("\n").partition("\n")[0]
    return len(first) >= _FIRST_LINE and text.find(f"\n{first}\n", text.find(first) + len(first)) >= 0


def lines_of_others(capture: Capture, form: Form | None) -> tuple[UnparsedLine, ...]:
    """Return the lines that are not of this form, where its reader ignores them and only a pattern shows that."""
    if not isinstance(form, FactFormat) or form.lines is None or looks_like_json(capture.text):
        return ()
    return tuple(
        unparsed(capture, number, line)
        for number, line in enumerate(capture.text.split("\n"), start=1)
        if line.strip() and not form.lines.search(line[:LONGEST_LINE])
    )


def parts_of(lines: Sequence[str], platform: str | None = None) -> list[Part]:
    """Return the parts of these lines in their order; `platform` limits the formats to those of one router."""
    parts: list[Part] = []
    last_was_json = False
    for start, stop, is_json in _blocks(lines):
        if not is_json:
            found = _parts_of_block(lines[start:stop], platform)
            parts += [Part(part.start + start, part.stop + start, part.form) for part in found]
        else:
            form = form_of_json("\n".join(lines[start:stop]), platform)
            is_further = last_was_json and form is None and parts[-1].form is None  # FRR: a document for each VRF
            parts.append(Part(parts.pop().start if is_further else start, stop, form))
        last_was_json = is_json
    return parts


def _parts_of_block(lines: Sequence[str], platform: str | None) -> list[Part]:
    if len(lines) <= _WEIGHED:
        return _parts_of_text(lines, platform)
    found = parts_of_long_text(lines, lambda some: _as_tuples(_parts_of_text(some, platform)), _test_of_part)
    return [Part(*part) for part in found]


def _test_of_part(form: Form | None) -> Callable[[str], bool] | None:
    return _test_of(form) if form is not None else None


def _as_tuples(parts: Sequence[Part]) -> list[tuple[int, int, Form | None]]:
    return [(part.start, part.stop, part.form) for part in parts]


def form_of_json(text: str, platform: str | None = None) -> BgpTableFormat | FactFormat | None:
    """Return the form of a JSON document; None for a route table, or one that no reader knows."""
    head = text[:_HEAD_OF_JSON]
    is_bgp = looks_like_bgp_json(text)
    for known in _platforms(platform):
        if is_bgp and known.bgp_table:
            return known.bgp_table
        for fact in known.facts:
            if fact.detect is not None and fact.detect.search(head):
                return fact
    return None


def _fits(form: Form | None, command: str | None) -> bool:
    return command is not None and form is not None and form.command.search(asked(command)) is not None


def _beside_tables(form: Form | None) -> Form | None:
    return None if isinstance(form, TableFormat) else form


def _capture_of(capture: Capture, lines: Sequence[str], part: Part) -> Capture:
    text = "\n".join(lines[part.start : part.stop]) + ("\n" if part.stop < len(lines) else "")
    return replace(capture, text=text, first_line=capture.first_line + part.start, command=None)


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, int, bool]]:
    """Yield start and stop of each JSON document, with true, and of the lines between them, with false."""
    start = number = 0
    while number < len(lines):
        length = _lines_of_json(lines, number) if lines[number][:1] in {"{", "["} else 0
        if length == 0:
            number += 1
            continue
        if any(line.strip() for line in lines[start:number]):
            yield start, number, False
        yield number, number + length, True
        start = number = number + length
    if any(line.strip() for line in lines[start:]):
        yield start, len(lines), False


def _lines_of_json(lines: Sequence[str], start: int) -> int:
    """Return how many lines the JSON document takes that begins here; 0 where it is none, or is cut short."""
    if not looks_like_json("\n".join(lines[start : start + 2])):
        return 0
    text = "\n".join(lines[start:])
    end = json_end(text)
    return text.count("\n", 0, end) + 1 if end else 0


def _parts_of_text(lines: Sequence[str], platform: str | None) -> list[Part]:
    heads = [line[:LONGEST_LINE] for line in lines]
    known = [one for each in _platforms(platform) for one in _candidates_of(each)]
    candidates = [one for one in known if any(map(one.signs.search, heads))]
    if not candidates:
        return [Part(0, len(lines), None)]
    chosen = _cheapest(heads, candidates)
    starts = [0, *(n for n in range(1, len(chosen)) if chosen[n] != chosen[n - 1])]
    parts = (
        Part(start, stop, candidates[chosen[start]].form)
        for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True)
    )
    return [again for part in parts for again in _printed_again(heads, part)]


def _printed_again(lines: Sequence[str], part: Part) -> Iterator[Part]:
    """Yield a table as several parts where its first line is there again, with the headings above that line."""
    start = part.start
    if isinstance(part.form, TableFormat):
        first = next((line for line in lines[part.start : part.stop] if line.strip()), "")
        is_route = line_tests(part.form.template).is_route
        last_route = None
        for number in range(part.start, part.stop):
            if last_route is not None and len(first) >= _FIRST_LINE and lines[number] == first:
                yield Part(start, last_route + 1, part.form)
                start, last_route = last_route + 1, None
            if is_route(lines[number]) and _ADDRESS.search(lines[number]):
                last_route = number
    yield Part(start, part.stop, part.form)


def _platforms(name: str | None) -> list[Platform]:
    return [known for known in platforms().values() if known.is_kernel or name in {None, known.name}]


def _candidates_of(platform: Platform) -> Iterator[_Candidate]:
    """Yield the formats of a platform whose lines can be tested; JSON is detected as a whole."""
    forms: tuple[Form, ...] = (*platform.tables, *([platform.bgp_table] if platform.bgp_table else []), *platform.facts)
    for form in forms:
        test = _test_of(form)
        if form.detect is not None and test is not None:
            yield _Candidate(platform, form, form.detect, test)


def _test_of(form: Form) -> Callable[[str], bool] | None:
    """Return the test whether a form understands a line; None where it has none, as it is JSON or detected alone."""
    if isinstance(form, FactFormat) and form.lines is not None:
        lines = form.lines
        return lambda line: lines.search(line) is not None
    if form.template is not None and form.template.suffix == ".textfsm":
        return line_tests(form.template).understands
    if isinstance(form, FactFormat) and form.template is None and form.detect is not None:
        signs = form.detect
        return lambda line: signs.search(line) is not None
    return None


def _cheapest(lines: Sequence[str], candidates: Sequence[_Candidate]) -> list[int]:
    """Return which candidate each line belongs to, so that the sum of all costs is the lowest."""
    numbers = range(len(candidates))
    changes = [[_change(one, other) for one in candidates] for other in candidates]
    costs = [0] * len(candidates)
    origins: list[Sequence[int]] = []
    for line in lines:
        origin: Sequence[int] = numbers
        if line.strip():
            if max(costs) - min(costs) > _CHANGE * _SIGN:
                origin = [_origin(number, costs, changes[number]) for number in numbers]
            costs = [
                costs[before] + changes[number][before] + _cost(candidates[number], line)
                for number, before in zip(numbers, origin, strict=True)
            ]
        origins.append(origin)
    number = min(numbers, key=costs.__getitem__)
    chosen = []
    for origin in reversed(origins):
        chosen.append(number)
        number = origin[number]
    return chosen[::-1]


def _origin(number: int, costs: Sequence[int], changes: Sequence[int]) -> int:
    """Return which candidate a candidate is entered from at the lowest cost; itself where another costs the same."""
    totals = [cost + change for cost, change in zip(costs, changes, strict=True)]
    lowest = min(totals)
    return number if totals[number] == lowest else totals.index(lowest)


def _cost(candidate: _Candidate, line: str) -> int:
    cost = 0 if candidate.understands(line) else _NOT_UNDERSTOOD * _SIGN
    return cost - (1 if candidate.signs.search(line) else 0)


def _change(one: _Candidate, other: _Candidate) -> int:
    if one is other:
        return 0
    are_tables = isinstance(one.form, TableFormat) and isinstance(other.form, TableFormat)
    is_kernel = one.platform.is_kernel or other.platform.is_kernel
    differ = are_tables and not is_kernel and one.platform is not other.platform
    return (_CHANGE_OF_PLATFORM if differ else _CHANGE) * _SIGN
