"""One capture whose facts could be read, and how they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.auditing.failed_captures import is_daemon_file, is_of_daemon
from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model.facts import Facts
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts
from ecmpaudit.parsing.guard import guarded
from ecmpaudit.parsing.parts import begins_again, divided, was_pasted
from ecmpaudit.parsing.reading import SMALL
from ecmpaudit.platforms.registry import BgpTableFormat, platforms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.auditing.failed_captures import FailedCapture
    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.parts import Form
    from ecmpaudit.parsing.resolved import Resolved
    from ecmpaudit.parsing.route_table import RouteTable


_FEWEST_OF_LONG = 3
"""Lines of a long text that its format does not have, from which on it may have several parts."""


@dataclass(frozen=True, slots=True)
class ReadCapture:
    """A capture, what it is an answer to, and the facts in it."""

    capture: Capture
    resolved: Resolved
    facts: CaptureFacts


def facts_of(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return the facts of a capture that is no route table."""
    if isinstance(resolved.form, BgpTableFormat):
        return _facts_of_bgp_table(capture, resolved)
    from ecmpaudit.parsing.facts.readers import read_facts  # noqa: PLC0415 - a pasted route table needs none

    return read_facts(capture, resolved)


def _facts_of_bgp_table(capture: Capture, resolved: Resolved) -> CaptureFacts:
    from ecmpaudit.parsing.bgp_table import read_bgp_table  # noqa: PLC0415 - a pasted route table needs none

    table = read_bgp_table(capture, resolved)
    is_known = table.is_whole and table.family is not None
    answered = frozenset({(capture.router or "", Question.BGP_TABLE, table.family)} if is_known else ())
    return CaptureFacts(Facts(paths=table.paths, answered=answered), unparsed=table.unparsed)


def may_have_parts(capture: Capture, table: RouteTable | UnknownFormatError) -> bool:
    """Return whether a pasted text was not understood as one route table, or has one twice."""
    if not was_pasted(capture):
        return False
    if isinstance(table, UnknownFormatError):
        return True
    fewest = _FEWEST_OF_LONG if len(capture.text) > SMALL else 1
    return len(table.unparsed) >= fewest or begins_again(capture.text)


def in_force(
    read: Sequence[ReadCapture], tables: Sequence[RouteTable], failures: Sequence[FailedCapture]
) -> tuple[ReadCapture, ...]:
    """Return what was read, without the configuration files of daemons that were asked and did not answer.

    Such a daemon may not run, or have another configuration, so that its file says nothing about the host.
    """
    answering = {each.capture.router for each in read if is_of_daemon(each.capture, each.resolved)}
    answering |= {table.router for table in tables if not platforms()[table.platform].is_forwarding_table}
    silent = {failed.capture.router for failed in failures if is_of_daemon(failed.capture, failed.resolved)}
    return tuple(
        each for each in read if not is_daemon_file(each.resolved) or each.capture.router not in silent - answering
    )


def parts_of_capture(capture: Capture) -> list[tuple[Capture, Form | None]]:
    """Return the parts of a text; one that takes too long to divide stays one."""
    try:
        return guarded(capture, lambda: divided(capture))
    except UnknownFormatError:
        return [(capture, None)]
