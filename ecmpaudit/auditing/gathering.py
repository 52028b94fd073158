"""Reading the captures of one run one after the other: route tables, facts, and what could not be read.

Only a route table is required: without it a router is not audited. Any other answer that fails, or that a version does
not have, leaves its facts unknown and the audit of the routes as it is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, fields, replace
from itertools import compress
from typing import TYPE_CHECKING

from ecmpaudit.auditing.failed_captures import (
    FailedCapture,
    failed_by,
    is_open,
    is_optional,
    left_open_by,
    without_output,
)
from ecmpaudit.auditing.open_questions import Roles, open_questions, unknown_commands
from ecmpaudit.auditing.read_capture import ReadCapture, facts_of, in_force, may_have_parts, parts_of_capture
from ecmpaudit.auditing.repeated_tables import OlderOutput, newest, newest_answers
from ecmpaudit.auditing.table_facts import facts_of_candidates, facts_of_kernel_table, facts_of_node_table
from ecmpaudit.auditing.whole_instead import without_replaced
from ecmpaudit.collectors.answer_budget import LARGE, AnswerBudget
from ecmpaudit.collectors.capture_texts import loaded
from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.masking import masked
from ecmpaudit.model import Capture
from ecmpaudit.parsing.batches import read_captures
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, all_facts
from ecmpaudit.parsing.facts.silence import is_an_answer, is_not_applicable, silent_daemon
from ecmpaudit.parsing.guard import guarded, resolved_if_readable
from ecmpaudit.parsing.parts import lines_of_others, was_pasted
from ecmpaudit.parsing.resolved import UNRESOLVED, resolve
from ecmpaudit.parsing.route_table import RouteTable
from ecmpaudit.platforms.registry import BgpTableFormat, FactFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from ecmpaudit.model import UnparsedLine
    from ecmpaudit.model.facts import Facts
    from ecmpaudit.parsing.facts.ceilings import CeilingFact
    from ecmpaudit.parsing.parts import Form
    from ecmpaudit.parsing.plan import Wanted
    from ecmpaudit.parsing.resolved import Resolved

_log = logging.getLogger(__name__)
MOST_PARTS = 200
"""Outputs without a prompt between them that one text may have: each takes about as long as a whole table."""
_TOO_MANY_PARTS = (
    f"has more than {MOST_PARTS} outputs one below the other, without prompts; put each into a file of its own"
)
SERVICE_INTERFACE = "kube-lb0"
"""The interface of a node that has load-balancer addresses."""


@dataclass
class Gathered:
    """What has been read so far."""

    nodes: frozenset[str]
    """Hosts that the configuration or the caller names as nodes."""
    routers: frozenset[str] = frozenset()
    """Hosts that it names as routers: these are audited, whatever else they are."""
    budget: AnswerBudget = field(default_factory=AnswerBudget)
    """What the texts share: one that is in a file is loaded while it is read."""
    tables: list[RouteTable] = field(default_factory=list)
    """In the order of the captures, once `read_tables` was called."""
    older_tables: list[OlderOutput] = field(default_factory=list)
    """Outputs that a newer one of the same command replaces."""
    own_addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    replaced_commands: list[tuple[str, str, str]] = field(default_factory=list)
    """Of commands that a version does not know: host, command, and that of the whole table in its place."""
    unparsed: list[UnparsedLine] = field(default_factory=list)
    """Lines of other texts than route tables that were not understood, of pasted ones."""
    hosts: dict[str | None, None] = field(default_factory=dict)
    """Every host that has a capture, in their order."""
    _in_order: list[RouteTable | Capture] = field(default_factory=list)
    _read: list[ReadCapture] = field(default_factory=list)
    _failed: list[FailedCapture] = field(default_factory=list)
    _empty: list[Capture] = field(default_factory=list)
    """Commands of pasted texts with nothing below them."""
    _answering: set[str | None] = field(default_factory=set)
    _of_nodes: list[Facts] = field(default_factory=list)
    _of_kernels: list[Facts] = field(default_factory=list)
    _of_candidates: list[Facts] = field(default_factory=list)

    def join(self, later: Gathered) -> None:
        """Add what was read of other hosts."""
        for each in fields(self):
            known, further = getattr(self, each.name), getattr(later, each.name)
            if isinstance(known, list):
                known += further
            elif isinstance(known, set | dict):
                known.update(further)

    def take(self, later: Gathered, replaced: Collection[str | None], order: Sequence[str | None]) -> None:
        """Put what the one host here showed later in the place of these commands' answers; all commands in order."""
        is_kept = [table.capture.command not in replaced for table in self.tables]
        beside = ("_of_nodes", "_of_kernels", "_of_candidates")  # of each table, or of none
        for name in ("tables", *beside):
            known = getattr(self, name)
            setattr(self, name, list(compress(known, is_kept)) if len(known) == len(is_kept) else known)
        self._read = [read for read in self._read if read.capture.command not in replaced]
        self._failed = [failed for failed in self._failed if failed.capture.command not in replaced]
        self.join(later)
        place = {command: number for number, command in enumerate(order)}
        places = [place.get(table.capture.command, len(place)) for table in self.tables]
        in_order = sorted(range(len(places)), key=places.__getitem__)
        for name in ("tables", *beside):
            known = getattr(self, name)
            setattr(self, name, [known[number] for number in in_order] if len(known) == len(places) else known)
        for one in (self._read, self._failed):
            one.sort(key=lambda each: place.get(each.capture.command, len(place)))
        self._settle()

    def without_texts(
        self, light: Callable[[Capture], Capture], other: Callable[[Capture], Capture] | None = None
    ) -> None:
        """Replace the text of what was understood, which only evidence needs; mask the secrets in all others."""
        other = other or _masked
        self.tables = [replace(table, capture=light(table.capture)) for table in self.tables]
        self._read = [
            replace(read, capture=(light if read.facts.facts.answered else other)(read.capture)) for read in self._read
        ]
        self._failed = [replace(failed, capture=other(failed.capture)) for failed in self._failed]

    def add_table(self, table: RouteTable) -> None:
        """Add a table that was read already."""
        self.hosts.setdefault(table.router)
        self._in_order.append(table)

    def read(self, capture: Capture) -> None:
        """Read one capture, or keep it for `read_tables`; a fault is recorded, and not raised."""
        self.hosts.setdefault(capture.router)
        if capture.failure is None and capture.command is None:
            self._in_order.append(capture)
        else:
            self._read_as(capture, None)

    def read_tables(self, wanted: Wanted) -> None:
        """Read the route tables, of which many are read quicker at once, and the texts without a command."""
        waiting = [capture for capture in self._in_order if isinstance(capture, Capture) and capture.file is None]
        read = zip(waiting, read_captures(waiting, wanted), strict=True)
        of_files: list[Capture] = []
        for known in self._in_order:
            if isinstance(known, Capture) and known.file is not None:
                of_files.append(known)
                continue
            self._read_tables_of_files(of_files, wanted)
            of_files = []
            if isinstance(known, RouteTable):
                self._add_table_or_parts(known.capture, known, wanted)
            else:
                self._add_table_or_parts(*next(read), wanted)
        self._read_tables_of_files(of_files, wanted)
        for failed in without_output(self._empty, {table.router for table in self.tables}):
            self._record_failure(failed)
        self.tables, older = newest(self.tables)
        self._read, older_answers = newest_answers(self._read)
        self.older_tables = [*older, *older_answers]
        order = {host: number for number, host in enumerate(self.hosts)}
        self._failed.sort(key=lambda failed: order.get(failed.capture.router, len(order)))
        self._in_order = []
        self._settle()
        nodes, routers = self.all_nodes, self.router_tables
        self._of_nodes = [facts_of_node_table(table) for table in self.tables if table.router in nodes]
        self._of_kernels = [facts_of_kernel_table(table) for table in routers]
        self._of_candidates = [facts_of_candidates(table) for table in routers]

    def _settle(self) -> None:
        """Leave out what failed and a whole table replaces."""
        self._failed, replaced = without_replaced(self._failed, self.tables)
        self.replaced_commands += replaced

    def _read_tables_of_files(self, captures: Iterable[Capture], wanted: Wanted) -> None:
        """Read texts that are in files, some megabytes of them at once, and keep none of them in memory."""
        files = ((capture, loaded(capture, self.budget)) for capture in captures)
        for portion in _portions(files, min(LARGE, self.budget.memory)):
            read = iter(read_captures([full for _, full in portion if full.failure is None], wanted))
            for capture, full in portion:
                if full.failure is None:
                    self._add_table_of_file(capture, full, next(read), wanted)
                else:
                    self._record_failure(FailedCapture(full, resolved_if_readable(capture)))

    def _add_table_of_file(
        self, capture: Capture, full: Capture, table: RouteTable | UnknownFormatError, wanted: Wanted
    ) -> None:
        if may_have_parts(full, table) and self._read_parts(full, wanted):
            return
        if isinstance(table, RouteTable):
            self.tables.append(replace(table, capture=capture))
        else:
            failed = failed_by(table, full, resolved_if_readable(full))
            self._record_failure(replace(failed, capture=replace(failed.capture, text="")))

    def _add_table_or_parts(self, capture: Capture, table: RouteTable | UnknownFormatError, wanted: Wanted) -> None:
        if isinstance(table, UnknownFormatError) and was_pasted(capture) and not capture.text.strip():
            self._empty.append(capture)
        elif not (may_have_parts(capture, table) and self._read_parts(capture, wanted)):
            self._add_read(capture, table)

    def _read_as(self, capture: Capture, form: Form | None) -> None:
        """Read facts, of this form where it is known; a route table is kept for `read_tables`."""
        resolved = UNRESOLVED
        try:
            resolved = guarded(capture, lambda: resolve(capture, form))
            if capture.failure is not None and not is_an_answer(capture):
                self._record_failure(FailedCapture(capture, resolved))
                return
            if not isinstance(resolved.form, BgpTableFormat | FactFormat):
                self._in_order.append(capture)
                return
            full = loaded(capture, self.budget)
            if full.failure is not None and capture.failure is None:
                self._record_failure(FailedCapture(full, resolved))
                return
            facts = guarded(capture, lambda: facts_of(full, resolved))
        except UnknownFormatError as error:
            if form is not None or not self._read_further_parts(capture):
                if is_not_applicable(capture) or not capture.text.strip():  # it was reached, and ran the command
                    self._answering.add(capture.router)
                self._record_failure(failed_by(error, capture, resolved))
            return
        others = lines_of_others(full, resolved.form)
        if form is not None:
            self._add(capture, resolved, replace(facts, unparsed=(*facts.unparsed, *others)))
        elif not ((others or facts.unparsed) and self._read_further_parts(full)):
            self._add(capture, resolved, facts)

    def _read_further_parts(self, capture: Capture) -> bool:
        """Read a text that answers several commands, typed as one; return False where it does not."""
        parts = parts_of_capture(capture) if was_pasted(capture) else []
        if not 1 < len(parts) <= MOST_PARTS:
            return False
        for part, form in parts:
            self._read_as(part, form)
        return True

    def _read_parts(self, capture: Capture, wanted: Wanted) -> bool:
        """Read each part of a text in its own form; return False where the text is one route table or none."""
        parts = parts_of_capture(capture)
        if len(parts) == 1 and parts[0][1] is None:
            return False
        if len(parts) > MOST_PARTS:
            self._record_failure(FailedCapture(replace(capture, failure=_TOO_MANY_PARTS), UNRESOLVED))
            return True
        for part, form in parts:
            if form is None:
                self._add_read(part, read_captures([part], wanted)[0])
            else:
                self._read_as(part, form)
        return True

    def _add_read(self, capture: Capture, table: RouteTable | UnknownFormatError) -> None:
        if isinstance(table, UnknownFormatError):
            self._record_failure(failed_by(table, capture, resolved_if_readable(capture)))
        else:
            self._answering.add(table.router)
            self.tables.append(table)

    @property
    def facts(self) -> Facts:
        """All facts, with the routes of nodes."""
        of_tables = (*self._of_nodes, *self._of_kernels, *self._of_candidates)
        facts = all_facts([*(read.facts.facts for read in self._in_force), *of_tables])
        roles = self._roles
        left_open = {answer for failed in self._failed for answer in left_open_by(failed, roles.nodes, roles.unaudited)}
        hosts_without_answer = {failed.capture.router for failed in self._failed} - self._answering
        return replace(
            facts,
            answered=frozenset(answer for answer in facts.answered if not is_open(answer, left_open)),
            not_answered=open_questions(roles, self._failed, self._read, self.tables),
            unreachable=frozenset(host for host in hosts_without_answer if host),
            silent_daemons=tuple(filter(None, (silent_daemon(failed.capture) for failed in self._failed))),
        )

    @property
    def router_tables(self) -> tuple[RouteTable, ...]:
        """The route tables that are audited."""
        unaudited = self.unaudited
        return tuple(table for table in self.tables if table.router not in unaudited)

    @property
    def node_tables(self) -> tuple[RouteTable, ...]:
        """The route tables of hosts that are nodes and no routers."""
        unaudited = self.unaudited
        return tuple(table for table in self.tables if table.router in unaudited)

    @property
    def ceilings(self) -> tuple[tuple[str | None, CeilingFact], ...]:
        """Each ceiling that a router reports, with the router."""
        return tuple((read.capture.router, ceiling) for read in self._in_force for ceiling in read.facts.ceilings)

    @property
    def failures(self) -> tuple[Capture, ...]:
        """The captures without which the audit is not complete.

        These are route tables of routers, whatever was given up, damaged texts that no host was asked for, and hosts
        without any answer. Any other answer that failed leaves its questions open, which rules and causes count.
        """
        unaudited = self.unaudited
        serious = [
            failed.capture
            for failed in self._failed
            if failed.capture.is_given_up
            or (failed.is_damaged and was_pasted(failed.capture))
            or (failed.capture.router not in unaudited and not is_optional(failed))
        ]
        known = {capture.router for capture in serious} | self._answering
        silent = [failed.capture for failed in self._failed if failed.capture.router not in known]
        first_of_silent = {capture.router: capture for capture in reversed(silent)}
        return (*serious, *first_of_silent.values())

    @property
    def unknown_commands(self) -> tuple[tuple[str, str], ...]:
        """The commands that a host's version does not know, and need not know, each with its host before."""
        return unknown_commands(self._roles, self._failed, self._read)

    @property
    def _roles(self) -> Roles:
        return Roles(self.all_nodes, self.unaudited)

    @property
    def unread_tables(self) -> tuple[Capture, ...]:
        """The route tables that could not be read, also those without which the audit is complete."""
        beside = (BgpTableFormat, FactFormat)
        return tuple(failed.capture for failed in self._failed if not isinstance(failed.resolved.form, beside))

    @property
    def answering(self) -> frozenset[str | None]:
        """The hosts of which any answer could be read."""
        return frozenset(self._answering)

    @property
    def unaudited(self) -> frozenset[str]:
        """The hosts that are nodes and no routers."""
        return self.all_nodes - self.routers

    @property
    def all_nodes(self) -> frozenset[str]:
        """Hosts that are named as nodes, and those that show load-balancer addresses of their own."""
        addresses = (address for read in self._read for address in read.facts.facts.addresses)
        return self.nodes | {a.node for a in addresses if a.interface == SERVICE_INTERFACE and a.node}

    @property
    def captures(self) -> tuple[Capture, ...]:
        """Everything that was read: route tables, and answers with facts."""
        return (*(table.capture for table in self.tables), *(read.capture for read in self._read))

    @property
    def _in_force(self) -> tuple[ReadCapture, ...]:
        return in_force(self._read, self.tables, self._failed)

    def _add(self, capture: Capture, resolved: Resolved, read: CaptureFacts) -> None:
        self._read.append(ReadCapture(capture, resolved, read))
        if read.facts.answered or not read.unparsed:
            self._answering.add(capture.router)
        if read.own_addresses:
            self.own_addresses[capture.router or ""] = read.own_addresses
        if was_pasted(capture):  # of an answer that was asked for, they are why its questions are open
            self.unparsed += read.unparsed

    def _record_failure(self, failed: FailedCapture) -> None:
        self._failed.append(failed)
        _log.info("%s: its facts stay unknown: %s", failed.capture.source, failed.capture.failure)


def _masked(capture: Capture) -> Capture:
    return replace(capture, text=masked(capture.text))


def _portions(files: Iterable[tuple[Capture, Capture]], enough: int) -> Iterator[list[tuple[Capture, Capture]]]:
    """Yield captures and their loaded texts in portions, each full as soon as its texts have `enough` characters."""
    portion: list[tuple[Capture, Capture]] = []
    characters = 0
    for capture, full in files:
        portion.append((capture, full))
        characters += len(full.text)
        if characters >= enough:
            yield portion
            portion, characters = [], 0
    if portion:
        yield portion
