"""Captures that could not be read: what they should have answered, and whether the audit is complete without them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.errors import DamagedOutputError
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.guard import resolved_if_readable
from ecmpaudit.parsing.parts import was_pasted
from ecmpaudit.parsing.plan import TOO_LATE
from ecmpaudit.platforms.registry import BgpTableFormat, FactFormat, TableFormat, platforms
from ecmpaudit.wording import listed, short_command

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from ecmpaudit.errors import UnknownFormatError
    from ecmpaudit.model import Capture
    from ecmpaudit.model.facts import Answer
    from ecmpaudit.parsing.resolved import Resolved


@dataclass(frozen=True, slots=True)
class FailedCapture:
    """A capture that could not be read, or holds no answer, and what it should have answered."""

    capture: Capture
    resolved: Resolved
    is_damaged: bool = False
    """It arrived, and was not understood."""


def failed_by(error: UnknownFormatError, capture: Capture, resolved: Resolved) -> FailedCapture:
    """Return a capture that a reader did not understand, with its error as the failure."""
    failure = str(error).removeprefix(f"{capture.place}: ").removeprefix(f"{capture.source}: ")
    if failure.startswith(f"{capture.source}:"):
        failure = f"line {failure.removeprefix(f'{capture.source}:')}"
    is_given_up = capture.is_given_up or failure == TOO_LATE
    failed = replace(capture, failure=failure, is_given_up=is_given_up)
    return FailedCapture(failed, resolved, isinstance(error, DamagedOutputError))


def without_output(captures: Iterable[Capture], with_table: Collection[str | None]) -> Iterator[FailedCapture]:
    """Yield the pasted commands with nothing below them, of routers without a route table."""
    for capture in captures:
        if capture.router not in with_table:
            failure = "nothing was printed below the command" if capture.command else "the text is empty"
            yield FailedCapture(replace(capture, failure=failure), resolved_if_readable(capture))


def reasons_of(failed: Sequence[Capture], *, is_partial: bool) -> str | None:
    """Return why captures failed: a pasted text by its file, a command where not all failed for the same reason."""
    by_reason: dict[str, list[str]] = {}
    for capture in failed:
        by_reason.setdefault(capture.failure or "", []).append(_name_of(capture))
    is_named = len(by_reason) > 1 or is_partial or any(map(was_pasted, failed))
    return "; ".join(f"{listed(names)}: {why}" if is_named else why for why, names in by_reason.items()) or None


def _name_of(capture: Capture) -> str:
    """Return the command; of a pasted text its file and line, and the command where it shows one."""
    if not was_pasted(capture):
        return short_command(capture.command or capture.place)
    return f"{capture.place} ({short_command(capture.command)})" if capture.command else capture.place


def is_of_daemon(capture: Capture, resolved: Resolved) -> bool:
    """Return whether a routing daemon itself was asked: neither its configuration file nor the kernel."""
    platform, form = platforms().get(capture.platform or ""), resolved.form
    if platform is None or platform.is_kernel or is_daemon_file(resolved):
        return False
    return form is not None and form in (*platform.tables, platform.bgp_table, *platform.facts)


def is_daemon_file(resolved: Resolved) -> bool:
    """Return whether it is a file that a routing daemon is started with."""
    return isinstance(resolved.form, FactFormat) and resolved.form.is_daemon_file


def is_optional(failed: FailedCapture) -> bool:
    """Return whether the answer only adds to what is known; an unreadable pasted text is never optional."""
    if failed.capture.command is None:
        return False
    if isinstance(failed.resolved.form, BgpTableFormat | FactFormat):
        return True
    is_kernel = is_kernel_beside_a_daemon(failed.capture, failed.resolved)
    return is_kernel and not _shows_candidates_only(failed.capture)


def is_kernel_beside_a_daemon(capture: Capture, resolved: Resolved) -> bool:
    """Return whether the kernel's table was asked for beside the one of a routing daemon."""
    platform, form = platforms().get(capture.platform or ""), resolved.form
    if platform is None or platform.is_forwarding_table:
        return False
    return isinstance(form, TableFormat) and form not in platform.tables


def _shows_candidates_only(capture: Capture) -> bool:
    """A daemon that shows what it installed needs no kernel's table: that is asked to compare."""
    platform = platforms().get(capture.platform or "")
    return platform is not None and platform.shows_candidates_only


def left_open_by(
    failed: FailedCapture, nodes: Collection[str | None], unaudited: Collection[str | None]
) -> Iterator[Answer]:
    """Yield the questions that a missing answer leaves open: other answers to them are not complete."""
    for question in questions_of(failed.capture, failed.resolved, nodes, unaudited):
        if not question.needs_one_answer:
            yield failed.capture.router or "", question, failed.resolved.family


def questions_of(
    capture: Capture, resolved: Resolved, nodes: Collection[str | None], unaudited: Collection[str | None]
) -> tuple[Question, ...]:
    """Return what a capture should answer; a host may be a node and a router."""
    if isinstance(resolved.form, BgpTableFormat):
        return (Question.BGP_TABLE,)
    if isinstance(resolved.form, FactFormat):
        return (resolved.form.question,)
    is_kernel = is_kernel_beside_a_daemon(capture, resolved)
    of_node = (Question.NODE_ROUTES,) if capture.router in nodes and not is_kernel else ()
    if capture.router in unaudited:
        return of_node
    is_to_compare = is_kernel and not _shows_candidates_only(capture)
    return (*of_node, Question.KERNEL_ROUTES if is_to_compare else Question.ROUTES)


def is_open(answer: Answer, left_open: Collection[Answer]) -> bool:
    """An answer about both families is open where one of them is, and the other way round."""
    host, question, family = answer
    families = (4, 6, None) if family is None else (family, None)
    return any((host, question, one) in left_open for one in families)
