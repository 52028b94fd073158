"""The facts of one capture, how several become one, and how a fact finds the line that it was read from."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from ecmpaudit.model import Evidence, UnparsedLine
from ecmpaudit.model.facts import BgpPath, BgpSession, Facts
from ecmpaudit.parsing.json_tables import looks_like_json
from ecmpaudit.parsing.outside_values import json_document
from ecmpaudit.parsing.time_limit import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.facts.ceilings import CeilingFact

LONGEST = 200
"""Characters of a line that are quoted: a whole JSON document may be one line."""
_LONGEST_MATCHED = 4 * LONGEST_LINE
"""Characters of a line that patterns are matched with; an AS path with its communities takes less."""
_CUT = "\ufffd"
_ESTABLISHED = "Established"
_NOT_SAID = frozenset({None, ""})


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """The facts read from one capture."""

    facts: Facts = Facts()  # noqa: RUF009 - frozen, and empty
    ceilings: tuple[CeilingFact, ...] = ()
    own_addresses: tuple[str, ...] = ()
    """The addresses of a node, on any interface but the loopback one."""
    unparsed: tuple[UnparsedLine, ...] = ()


def host_of(capture: Capture) -> str:
    """Return the host that the facts of this capture belong to; empty where a pasted text names no router."""
    return capture.router or ""


def evidence(capture: Capture, line: int, text: str) -> Evidence:
    """Return a line of the capture as evidence; `line` is 1-based in the capture."""
    return Evidence(capture.source, capture.first_line - 1 + line, text.strip()[:LONGEST])


def place_in_json(capture: Capture, *path: str | int) -> Evidence:
    """Return a value of the capture's JSON document as evidence, by the keys that lead to it."""
    return Evidence(capture.source, capture.first_line, "", path)


def unparsed(capture: Capture, line: int, text: str) -> UnparsedLine:
    """Return a line of the capture that no rule understood."""
    return UnparsedLine(
        capture.router, capture.source, capture.first_line - 1 + line, text, "no rule matches this line"
    )


def numbered(capture: Capture) -> Iterator[tuple[int, str]]:
    """Yield the lines of a capture with their 1-based numbers.

    A pattern may take very long for a line that no answer has, so a longer one is cut, and ends in what none matches.
    """
    for number, line in enumerate(capture.text.split("\n"), start=1):
        yield number, line if len(line) <= _LONGEST_MATCHED else f"{line[:_LONGEST_MATCHED]} {_CUT}"


def json_of(capture: Capture) -> Any:
    """Return the JSON document of a capture.

    Raises:
        DamagedOutputError: it is damaged or cut short.
    """
    return json_document(capture.text, capture.source)


def is_json(capture: Capture) -> bool:
    """Return whether the text begins as JSON does."""
    return looks_like_json(capture.text)


def all_facts(parts: Iterable[Facts]) -> Facts:
    """Return the facts of several captures as one, each kind of fact joined as `_JOIN` says."""
    read = list(parts)
    return Facts(**{kind.name: _join([getattr(part, kind.name) for part in read], kind.name) for kind in fields(Facts)})


def _join(outputs: Sequence[Any], kind: str) -> Any:
    """Return what several outputs have of one kind of fact: a set of all, or a list without repetitions."""
    if isinstance(getattr(Facts(), kind), frozenset):
        return frozenset(chain.from_iterable(outputs))
    return _JOIN[kind](outputs) if kind in _JOIN else _once(outputs)


def _paths(outputs: Sequence[Sequence[BgpPath]]) -> tuple[BgpPath, ...]:
    """The first output with paths to a prefix decides: there are many, and one table may have been printed twice."""
    first_output: dict[tuple[str, str, str], int] = {}
    return tuple(
        path
        for number, paths in enumerate(outputs)
        for path in paths
        if first_output.setdefault((path.router, path.vrf, path.prefix), number) == number
    )


def _once(outputs: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    """Keep one of several equal facts, the first, with its line."""
    known: dict[tuple[Any, ...], Any] = {}
    for fact in chain.from_iterable(outputs):
        known.setdefault(tuple(getattr(fact, f.name) for f in fields(fact) if f.name != "evidence"), fact)
    return tuple(known.values())


def _sessions(outputs: Sequence[Sequence[BgpSession]]) -> tuple[BgpSession, ...]:
    """The first output to name a session decides, later ones add what it left out (`show bgp neighbors`)."""
    known: dict[tuple[str, str, str, int], BgpSession] = {}
    for session in chain.from_iterable(outputs):
        key = (session.host, session.vrf, session.peer, session.family)
        first = known.get(key)
        known[key] = _completed(first, session) if first else session
    return tuple(known.values())


def _completed(first: BgpSession, second: BgpSession) -> BgpSession:
    states = [first.state, second.state]
    if _ESTABLISHED in states and states != [_ESTABLISHED] * 2:  # it went up or down between the two commands
        return first
    wanting = [f.name for f in fields(BgpSession) if getattr(first, f.name) in _NOT_SAID]
    return replace(first, **{name: getattr(second, name) for name in wanting})


_JOIN: dict[str, Callable[[Sequence[Any]], tuple[Any, ...]]] = {"paths": _paths, "sessions": _sessions}
"""How facts of one kind from several outputs become one list, where it is not enough to keep one of several equals."""
