"""What one host showed, made where it was asked and judged elsewhere: rows and facts, and no text of an answer.

Rules quote lines of route tables and of facts. Those lines travel packed, with their secrets masked, and are unpacked
where a finding quotes one.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.asking_again import commands_to_repeat
from ecmpaudit.auditing.evidence import packed_lines
from ecmpaudit.auditing.gathering import Gathered
from ecmpaudit.auditing.run import gathered_of, material_of, network_of_material
from ecmpaudit.collectors.capture_texts import beginning_of, ends_with_a_line_end, loaded
from ecmpaudit.masking import masked
from ecmpaudit.model.captures import Evidence
from ecmpaudit.parsing.json_tables import looks_like_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.auditing.run import Material, Reading
    from ecmpaudit.collectors.answer_budget import AnswerBudget
    from ecmpaudit.model import Capture

_LONGEST = 1000
"""Characters of an answer that was not understood: its head says why."""


@dataclass(frozen=True, slots=True)
class ShownHost:
    """All that one host showed."""

    name: str
    asked: tuple[Capture, ...]
    """Each command and how it ended, without the answer."""
    gathered: Gathered
    lines: Mapping[str, bytes]
    """By source, as `evidence.packed_lines` packs them."""


def shown_host(name: str, captures: Sequence[Capture], reading: Reading, budget: AnswerBudget) -> ShownHost:
    """Return what the captures of one host show."""
    gathered = gathered_of(captures, reading, budget)
    with_text = gathered.captures
    gathered.without_texts(_light, lambda capture: _head_of(capture, budget))
    quotable = {*_lines_of_routes(gathered), *_lines_in(gathered)}
    return ShownHost(
        name,
        tuple(replace(capture, text="", file=None) for capture in captures),
        gathered,
        dict.fromkeys((line.source for line in quotable), packed_lines(quotable, with_text)),
    )


def _light(capture: Capture) -> Capture:
    """Return a capture that was understood, without its text; it still shows whether the last line has its end."""
    is_whole = looks_like_json(beginning_of(capture)) or ends_with_a_line_end(capture)
    return replace(capture, text="\n" if is_whole else "", file=None)


def _head_of(capture: Capture, budget: AnswerBudget) -> Capture:
    """Return a capture that failed, or was not understood, with the head of its text and no secret."""
    text = masked(loaded(capture, budget).text)
    head = text[:_LONGEST]
    return replace(capture, text=f"{head}\n" if text.endswith("\n") and not head.endswith("\n") else head, file=None)


def _lines_of_routes(gathered: Gathered) -> set[Evidence]:
    return {
        Evidence(table.capture.source, line, "", (prefix,))
        for table in gathered.tables
        for line, prefix in table.frame.select("line", "prefix").unique().rows()
        if line
    }


class _Finder(pickle.Pickler):
    """Finds each line without a text, wherever in an object it is."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), pickle.HIGHEST_PROTOCOL)
        self.found: set[Evidence] = set()

    def persistent_id(self, obj: object) -> None:
        """See each object; none has an identity of its own."""
        if isinstance(obj, Evidence) and not obj.text:
            self.found.add(obj)


def _lines_in(gathered: Gathered) -> set[Evidence]:
    finder = _Finder()
    finder.dump(gathered)
    return finder.found


def commands_again(shown: Sequence[ShownHost], reading: Reading, request: Request) -> dict[str, tuple[str, ...]]:
    """Return by router the commands that `asking_again` repeats."""
    material = material_of_shown(shown, reading)
    asked = [capture for host in shown for capture in host.asked]
    return commands_to_repeat(asked, material, network_of_material(material, request))


def with_later(first: ShownHost, later: ShownHost) -> ShownHost:
    """Return what a host showed, with its later answers in the place of the first ones.

    Where one of the later ones failed, all first ones are kept, as in `asking_again.with_later_answers`; `later` has
    then what failed, and nothing else.
    """
    has_failed = any(not capture.is_complete for capture in later.asked)
    replaced = () if has_failed else tuple(capture.command for capture in later.asked)
    first.gathered.take(later.gathered, replaced, [capture.command for capture in first.asked])
    return first if has_failed else replace(first, lines={**first.lines, **later.lines})


def material_of_shown(shown: Sequence[ShownHost], reading: Reading) -> Material:
    """Return what all hosts show, in their order."""
    gathered = Gathered(reading.nodes, reading.routers)
    lines: dict[str, bytes] = {}
    for host in shown:
        gathered.join(host.gathered)
        lines |= host.lines
    return replace(material_of(gathered), packed_lines=lines)
