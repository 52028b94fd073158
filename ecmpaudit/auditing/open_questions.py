"""Which questions hosts were asked and did not answer: what did not come, came incomplete, or was not understood.

Pasted text was not asked for, so nothing of it is open. A command that the host's version does not know, or a daemon
that does not run, leaves nothing open either: the host has no such thing. Routes and addresses every host has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.failed_captures import (
    FailedCapture,
    is_daemon_file,
    is_kernel_beside_a_daemon,
    questions_of,
)
from ecmpaudit.auditing.follow_ups import not_asked
from ecmpaudit.collectors.capture_texts import beginning_of, ends_with_a_line_end
from ecmpaudit.model.questions import OpenQuestion, Question
from ecmpaudit.parsing.cut_tables import WITHOUT_LINE_END
from ecmpaudit.parsing.facts.silence import is_not_applicable, is_unknown_command, silent_daemon
from ecmpaudit.parsing.guard import resolved_if_readable
from ecmpaudit.parsing.json_tables import looks_like_json
from ecmpaudit.parsing.parts import was_pasted
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ecmpaudit.auditing.read_capture import ReadCapture
    from ecmpaudit.model import Capture, UnparsedLine
    from ecmpaudit.model.facts import Answer
    from ecmpaudit.parsing.resolved import Resolved
    from ecmpaudit.parsing.route_table import RouteTable


_NEVER_OPTIONAL = frozenset({Question.ROUTES, Question.ADDRESSES})
_QUOTED = 80
"""Characters of a line that a reason quotes."""
_CUT = "cut off: the last line has no line end"


@dataclass(frozen=True, slots=True)
class Roles:
    """Which hosts are nodes and which are not audited; a host may be a node and a router."""

    nodes: Collection[str | None]
    unaudited: Collection[str | None]


def open_questions(
    roles: Roles,
    failed: Sequence[FailedCapture],
    read: Sequence[ReadCapture],
    tables: Sequence[RouteTable],
) -> tuple[OpenQuestion, ...]:
    """Return the open questions: those of failed captures, of facts, of route tables, then of what was not asked."""
    found = [
        *(each for one in failed for each in _of_failed(one, roles)),
        *(each for one in read for each in _of_read(one, roles)),
        *(each for one in tables for each in _of_table(one, roles)),
    ]
    answers = [*(one.capture for one in failed), *(one.capture for one in read)]
    for capture in not_asked(answers, found, roles.nodes, roles.unaudited):
        found += _of_failed(FailedCapture(capture, resolved_if_readable(capture)), roles)
    answered = {(host, question) for one in read for host, question, _ in one.facts.facts.answered}
    return tuple(
        replace(one, is_answered_otherwise=one.question.needs_one_answer and (one.host, one.question) in answered)
        for one in dict.fromkeys(found)
    )


def unknown_commands(
    roles: Roles, failed: Sequence[FailedCapture], read: Sequence[ReadCapture]
) -> tuple[tuple[str, str], ...]:
    """Return each command that leaves nothing open since the host's version does not know it, with its host before."""
    answers = [
        *((one.capture, one.resolved) for one in failed),
        *((one.capture, one.resolved) for one in read if not one.facts.facts.answered),
    ]
    return tuple(
        (capture.router or "", capture.command)
        for capture, resolved in answers
        if capture.command is not None
        and not was_pasted(capture)
        and is_unknown_command(capture)
        and _is_absent(capture, resolved, roles)
    )


def _of_failed(failed: FailedCapture, roles: Roles) -> Iterator[OpenQuestion]:
    capture = failed.capture
    if silent_daemon(capture) is None and not _is_absent(capture, failed.resolved, roles):
        yield from _questions(capture, failed.resolved, roles, capture.failure or "no answer")


def _is_absent(capture: Capture, resolved: Resolved, roles: Roles) -> bool:
    """Return whether the host says that it has nothing of the kind, which it may not have."""
    asked = questions_of(capture, resolved, roles.nodes, roles.unaudited)
    return is_not_applicable(capture) and _NEVER_OPTIONAL.isdisjoint(asked)


def _of_read(read: ReadCapture, roles: Roles) -> Iterator[OpenQuestion]:
    if not read.facts.facts.answered and _is_absent(read.capture, read.resolved, roles):
        return
    if read.facts.unparsed:
        yield from _questions(read.capture, read.resolved, roles, _not_understood(read.facts.unparsed))
    elif read.capture.failure is not None:
        return  # it failed since what was asked for does not exist: that is an answer
    elif _is_cut(read.capture, read.resolved):
        yield from _questions(read.capture, read.resolved, roles, _CUT)
    elif not _has_answered(read.resolved, read.facts.facts.answered):
        yield from _questions(read.capture, read.resolved, roles, "the answer is not complete")


def _has_answered(resolved: Resolved, answered: Collection[Answer]) -> bool:
    """Return whether a capture answers what it was asked; a reader says for which families."""
    return any(resolved.family in {None, family} or family is None for _, _, family in answered)


def _of_table(table: RouteTable, roles: Roles) -> Iterator[OpenQuestion]:
    if was_pasted(table.capture):
        return  # nobody asked a question
    resolved = resolved_if_readable(table.capture)
    reason = _CUT if table.cut == WITHOUT_LINE_END else table.cut
    if reason is None and table.unparsed:
        reason = _not_understood(table.unparsed)
    if reason is None and _is_cut(table.capture, resolved):
        reason = _CUT
    if reason:
        yield from _questions(table.capture, resolved, roles, reason)


def _is_cut(capture: Capture, resolved: Resolved) -> bool:
    """Return whether the last line has no line end: commands print one, and JSON shows itself where it ends."""
    is_whole = looks_like_json(beginning_of(capture)) or is_daemon_file(resolved)
    return not is_whole and not ends_with_a_line_end(capture)


def _not_understood(lines: Sequence[UnparsedLine]) -> str:
    first = lines[0]
    which = "it is" if len(lines) == 1 else "the first is"
    quoted = first.text.strip()[:_QUOTED]
    return f"{counted(len(lines), 'line')} not understood; {which} line {first.line}: {quoted}"


def _questions(capture: Capture, resolved: Resolved, roles: Roles, reason: str) -> Iterator[OpenQuestion]:
    if was_pasted(capture) or capture.router is None:
        return
    for question in questions_of(capture, resolved, roles.nodes, roles.unaudited):
        yield OpenQuestion(
            capture.router,
            question,
            resolved.family,
            capture.command or capture.source,
            reason,
            is_of_kernel=is_kernel_beside_a_daemon(capture, resolved),
        )
