"""BIRD's bird.conf: `merge paths` of its kernel protocols and `ecmp` of OSPF, which `show route` does not show.

The text is free in form, so it is read word by word. A file that includes others is not the whole configuration: what
it does not say is unknown then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model import Ceiling
from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.model.facts import Facts, Setting
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, evidence, host_of
from ecmpaudit.parsing.facts.ceilings import CeilingFact
from ecmpaudit.parsing.outside_values import LARGEST_CEILING, whole_number
from ecmpaudit.platforms.defaults import default_ceiling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecmpaudit.model import Capture, Evidence
    from ecmpaudit.parsing.resolved import Resolved

_WORD = re.compile(r'"[^"\n]*"|#[^\n]*|/\*.*?(?:\*/|\Z)|[{};]|[^\s{};"#]+', re.DOTALL)
_CHANNELS = {"ipv4": 4, "ipv6": 6}
_NO = frozenset({"off", "no", "false", "0"})
_MAIN_TABLE = frozenset({"254", "main"})
_MAKE_MULTIPATH = ("ospf", "rip", "babel")
"""Protocols that make multipath routes themselves: `merge paths` does not limit these."""
_VERSIONS = frozenset({"v2", "v3", "ng"})
_DEEPEST = 50
"""Blocks in one another; a filter with many conditions has ten."""
_MOST_INHERITED = 20_000
"""Statements that protocols and templates have from templates, together."""


@dataclass(frozen=True, slots=True)
class _Statement:
    """One statement, with the headings of the blocks around it."""

    blocks: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]
    line: int
    """1-based; of its first word."""
    number: int
    """Where in the file its words end."""
    inside: int | None
    """The number of the outermost heading around it: two protocols may have the same words (`protocol kernel`)."""


@dataclass(frozen=True, slots=True)
class _Protocol:
    """A protocol with what its templates say for it."""

    statements: tuple[_Statement, ...]
    line: int
    families: tuple[int | None, ...]
    """Those of its channels; BIRD 1 has none, and one daemon for each family."""

    def words_after(self, *first: str) -> _Statement | None:
        """Return the last statement that begins with these words: it overrules those before it."""
        found = [statement for statement in self.statements if statement.words[: len(first)] == first]
        return found[-1] if found else None


def read_bird_configuration(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return what a bird.conf says about multipath.

    Raises:
        UnknownFormatError: this is no configuration of BIRD.
        DamagedOutputError: a limit in it cannot be, or its blocks are nested too deep.
    """
    try:
        return _read(capture, resolved, list(_statements(capture.text)))
    except ValueError as error:
        raise DamagedOutputError(f"{capture.source}: {error}") from error


def _read(capture: Capture, resolved: Resolved, statements: Sequence[_Statement]) -> CaptureFacts:
    if not any(words[0] in {"protocol", "template"} for s in statements for words in (*s.blocks, s.words) if words):
        raise UnknownFormatError(f"{capture.source}: this is no bird.conf: it defines no protocol")
    is_whole = not any(statement.words[:1] == ("include",) for statement in statements)
    version = "2" if any(s.words[:1] and s.words[0] in _CHANNELS and s.blocks for s in statements) else "1"
    family = _family_of_daemon(capture, resolved) if version == "1" else None
    items = [
        *_of_kernels(statements, capture, is_whole=is_whole),
        *_of_ospf(statements, capture, version, is_whole=is_whole),
    ]
    of_family: list[Setting | CeilingFact] = [replace(item, family=item.family or family) for item in items]
    settings = tuple(item for item in of_family if isinstance(item, Setting))
    answered = frozenset({(host_of(capture), Question.CONFIGURATION, family)}) if is_whole else frozenset()
    ceilings = tuple(item for item in of_family if isinstance(item, CeilingFact))
    return CaptureFacts(Facts(settings=settings, answered=answered), ceilings=ceilings)


def _family_of_daemon(capture: Capture, resolved: Resolved) -> int | None:
    """Return which of BIRD 1's two daemons a file is of: bird6.conf says nothing of IPv4, and bird.conf of IPv6."""
    return None if capture.command is None else resolved.family or 4


def _statements(text: str) -> Iterator[_Statement]:
    blocks: tuple[tuple[str, ...], ...] = ()
    words: list[str] = []
    line = begun = 1
    position = outermost = 0
    for found in _WORD.finditer(text):
        line += text.count("\n", position, found.start())
        position = found.start()
        word = found[0]
        if word.startswith(("#", "/*")):
            continue
        if not words:
            begun = line
        if word not in {"{", "}", ";"}:
            words.append(word)
            continue
        if words or word == "{":
            yield _Statement(blocks, tuple(words), begun, position, outermost if blocks else None)
        if word == "{":
            outermost = outermost if blocks else position
            blocks = (*blocks, tuple(words))
            if len(blocks) > _DEEPEST:
                raise ValueError(f"line {begun}: more than {_DEEPEST} blocks in one another")
        elif word == "}":
            blocks = blocks[:-1]
        words = []


def _of_kernels(
    statements: Sequence[_Statement], capture: Capture, *, is_whole: bool
) -> Iterator[Setting | CeilingFact]:
    lines = capture.text.split("\n")
    not_merged = _own_multipath(statements)

    def quoted(line: int) -> Evidence:
        return evidence(capture, line, lines[line - 1])

    for kernel in _protocols(statements, "kernel"):
        table = kernel.words_after("kernel", "table")
        if table and table.words[2] not in _MAIN_TABLE:
            continue
        merging = kernel.words_after("merge", "paths")
        if merging is None and not is_whole:
            continue
        is_on = merging is not None and not _NO & set(merging.words[2:3])
        ceiling = _merging_ceiling(merging, is_on=is_on)
        for family in kernel.families:
            place = quoted(merging.line if merging else kernel.line)
            yield Setting(host_of(capture), "merge paths", "on" if is_on else "off", place, family=family)
            if ceiling:
                yield CeilingFact(ceiling, DEFAULT_VRF, family, other_than=not_merged)


def _own_multipath(statements: Sequence[_Statement]) -> frozenset[str]:
    """Return the names under which routes need no merging: the types of their protocols, and those of their instances.

    BIRD numbers instances without a name: `ospf1`, `ospf2`.
    """
    names = set(_MAKE_MULTIPATH)
    for kind in _MAKE_MULTIPATH:
        headings = [s.words for s in statements if not s.blocks and s.words[:2] == ("protocol", kind)]
        names |= {word for words in headings for word in words[2:4] if word not in _VERSIONS}
        names |= {f"{kind}{number}" for number in range(1, len(headings) + 1)}
    return frozenset(names)


def _merging_ceiling(merging: _Statement | None, *, is_on: bool) -> Ceiling | None:
    if merging is None:
        return default_ceiling("bird", "merge paths unset")
    text = f"`{' '.join(merging.words)}` in its bird.conf"
    if not is_on:
        return Ceiling(1, text)
    return _limit(merging, text) or default_ceiling("bird", "merge paths on")


def _of_ospf(
    statements: Sequence[_Statement], capture: Capture, version: str, *, is_whole: bool
) -> Iterator[Setting | CeilingFact]:
    lines = capture.text.split("\n")
    for ospf in _protocols(statements, "ospf"):
        merging = ospf.words_after("merge", "external")
        if merging is not None or is_whole:
            line = merging.line if merging else ospf.line
            value = "on" if merging and not _NO & set(merging.words[2:3]) else "off"
            for family in ospf.families:
                place = evidence(capture, line, lines[line - 1])
                yield Setting(host_of(capture), "merge external", value, place, family=family)
        ecmp = ospf.words_after("ecmp")
        ceiling: Ceiling | None
        if ecmp is None:
            ceiling = default_ceiling("bird", "ecmp unset", version) if is_whole else None
        elif _NO & set(ecmp.words[1:2]):
            ceiling = Ceiling(1, f"`{' '.join(ecmp.words)}` of OSPF in its bird.conf")
        else:
            text = f"`{' '.join(ecmp.words)}` of OSPF in its bird.conf"
            ceiling = _limit(ecmp, text) or default_ceiling("bird", "ecmp on")
        if ceiling:
            yield from (CeilingFact(ceiling, DEFAULT_VRF, family, "ospf") for family in ospf.families)


def _limit(statement: _Statement, source: str) -> Ceiling | None:
    if "limit" not in statement.words[:-1]:
        return None
    number = statement.words[statement.words.index("limit") + 1]
    if not number[0].isdigit():  # the name of a constant
        return None
    return Ceiling(whole_number(number, f"line {statement.line}: limit", least=1, most=LARGEST_CEILING), source)


def _protocols(statements: Sequence[_Statement], kind: str) -> Iterator[_Protocol]:
    templates: dict[str, tuple[_Statement, ...]] = {}
    inside: dict[int | None, list[_Statement]] = {}
    for statement in statements:
        inside.setdefault(statement.inside, []).append(statement)
    total = 0
    for heading in statements:
        words = heading.words
        if heading.blocks or words[1:2] != (kind,) or words[0] not in {"protocol", "template"}:
            continue
        inherited = templates.get(words[words.index("from") + 1], ()) if "from" in words[:-1] else ()
        total += len(inherited)
        if total > _MOST_INHERITED:
            raise ValueError(f"line {heading.line}: more than {_MOST_INHERITED} statements from templates")
        together = (*inherited, *inside.get(heading.number, ()))
        if words[0] == "template":
            templates[_name(words)] = together
        else:
            yield _Protocol(together, heading.line, _families(together, words))


def _name(heading: Sequence[str]) -> str:
    """Return the name of a template: `template kernel NAME from OTHER`, `template ospf v2 NAME`."""
    return heading[heading.index("from") - 1] if "from" in heading else heading[-1]


def _families(statements: Iterable[_Statement], words: Sequence[str]) -> tuple[int | None, ...]:
    first_words = {block[0] for s in statements for block in (*s.blocks[1:2], s.words) if block}
    if named := first_words & set(_CHANNELS):
        return tuple(sorted(_CHANNELS[word] for word in named))
    return (4,) if "v2" in words else (6,) if "v3" in words else (None,)
