"""Reading the captures of one run one after the other: route tables, facts, and what could not be read.

Only a route table is required: without it a router is not audited. Any other answer that fails, or that a version does
not have, leaves its facts unknown and the audit of the routes as it is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.model.facts import Facts, NodeRoute, Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, all_facts
from ecmpaudit.parsing.facts.line_finder import LineFinder
from ecmpaudit.parsing.facts.silence import absent_device, silent_daemon
from ecmpaudit.parsing.guard import guarded
from ecmpaudit.parsing.reading import read_captures
from ecmpaudit.parsing.resolved import UNRESOLVED, resolve
from ecmpaudit.platforms.registry import BgpTableFormat, FactFormat, TableFormat, platforms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ecmpaudit.model.facts import Answer
    from ecmpaudit.parsing.facts.ceilings import CeilingFact
    from ecmpaudit.parsing.plan import Wanted
    from ecmpaudit.parsing.resolved import Resolved
    from ecmpaudit.parsing.route_table import RouteTable

_log = logging.getLogger(__name__)
_SERVICE_INTERFACE = "kube-lb0"


@dataclass(frozen=True, slots=True)
class _Failed:
    """A capture that could not be read, or holds no answer, and what it should have answered."""

    capture: Capture
    resolved: Resolved
    is_damaged: bool = False
    """It arrived, and was not understood: that counts also where only optional facts were asked for."""


@dataclass
class Gathered:
    """What has been read so far."""

    nodes: frozenset[str]
    """Hosts that the configuration or the caller names as nodes."""
    tables: list[RouteTable] = field(default_factory=list)
    """In the order of the captures, once `read_tables` was called."""
    read_facts: list[CaptureFacts] = field(default_factory=list)
    ceilings: list[tuple[str | None, CeilingFact]] = field(default_factory=list)
    own_addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _in_order: list[RouteTable | Capture] = field(default_factory=list)
    _failed: list[_Failed] = field(default_factory=list)
    _answering: set[str | None] = field(default_factory=set)

    def add_table(self, table: RouteTable) -> None:
        """Add a table that was read already."""
        self._in_order.append(table)

    def read(self, capture: Capture) -> None:
        """Read one capture, or keep it for `read_tables`; a fault is recorded, and not raised."""
        resolved = UNRESOLVED
        try:
            resolved = guarded(capture, lambda: resolve(capture))
            if capture.failure is not None and absent_device(capture) is None:
                self._record_failure(_Failed(capture, resolved))
                return
            self._answering.add(capture.router)
            facts = guarded(capture, lambda: _facts_of(capture, resolved))
        except UnknownFormatError as error:
            self._record_failure(_failed_by(error, capture, resolved))
            return
        if facts is None:
            self._in_order.append(capture)
        else:
            self._add(capture, facts)

    def read_tables(self, wanted: Wanted) -> None:
        """Read the route tables, of which many are read quicker at once."""
        waiting = [capture for capture in self._in_order if isinstance(capture, Capture)]
        read = zip(waiting, read_captures(waiting, wanted), strict=True)
        for known in self._in_order:
            capture, table = next(read) if isinstance(known, Capture) else (known.capture, known)
            if isinstance(table, UnknownFormatError):
                self._record_failure(_failed_by(table, capture, resolve(capture)))
            else:
                self.tables.append(table)

    @property
    def facts(self) -> Facts:
        """All facts, with the routes of nodes."""
        nodes = self._all_nodes()
        of_nodes = [_facts_of_node_table(table) for table in self.tables if table.router in nodes]
        of_kernels = [_facts_of_kernel_table(table) for table in self.tables if table.router not in nodes]
        facts = all_facts([*(read.facts for read in self.read_facts), *of_nodes, *of_kernels])
        left_open = {answer for failed in self._failed for answer in _left_open(failed, nodes)}
        hosts_without_answer = {failed.capture.router for failed in self._failed} - self._answering
        return replace(
            facts,
            answered=frozenset(answer for answer in facts.answered if not _is_open(answer, left_open)),
            unreachable=frozenset(host for host in hosts_without_answer if host),
            silent_daemons=tuple(filter(None, (silent_daemon(failed.capture) for failed in self._failed))),
        )

    @property
    def router_tables(self) -> tuple[RouteTable, ...]:
        """The route tables that are audited."""
        nodes = self._all_nodes()
        return tuple(table for table in self.tables if table.router not in nodes)

    @property
    def node_tables(self) -> tuple[RouteTable, ...]:
        """The route tables of nodes."""
        nodes = self._all_nodes()
        return tuple(table for table in self.tables if table.router in nodes)

    @property
    def failures(self) -> tuple[Capture, ...]:
        """The captures without which the audit is not complete: route tables, and hosts without any answer."""
        nodes = self._all_nodes()
        serious = [
            failed.capture
            for failed in self._failed
            if failed.is_damaged or (failed.capture.router not in nodes and not _is_optional(failed))
        ]
        known = {capture.router for capture in serious} | self._answering
        silent = [failed.capture for failed in self._failed if failed.capture.router not in known]
        first_of_silent = {capture.router: capture for capture in reversed(silent)}
        return (*serious, *first_of_silent.values())

    def _all_nodes(self) -> frozenset[str]:
        """Hosts that are named as nodes, and those that show load-balancer addresses of their own."""
        addresses = (address for read in self.read_facts for address in read.facts.addresses)
        return self.nodes | {a.node for a in addresses if a.interface == _SERVICE_INTERFACE and a.node}

    def _add(self, capture: Capture, read: CaptureFacts) -> None:
        self.read_facts.append(read)
        self.ceilings += [(capture.router, ceiling) for ceiling in read.ceilings]
        if read.own_addresses:
            self.own_addresses[capture.router or ""] = read.own_addresses
        for line in read.unparsed:
            _log.info("%s:%d: not understood: %s", line.source, line.line, line.text)

    def _record_failure(self, failed: _Failed) -> None:
        self._failed.append(failed)
        _log.info("%s: its facts stay unknown: %s", failed.capture.source, failed.capture.failure)


def _facts_of(capture: Capture, resolved: Resolved) -> CaptureFacts | None:
    """Return the facts of a capture; None where it is a route table."""
    if isinstance(resolved.form, BgpTableFormat):
        return _facts_of_bgp_table(capture, resolved)
    if isinstance(resolved.form, FactFormat):
        from ecmpaudit.parsing.facts.readers import read_facts  # noqa: PLC0415 - a pasted route table needs none

        return read_facts(capture, resolved)
    return None


def _failed_by(error: UnknownFormatError, capture: Capture, resolved: Resolved) -> _Failed:
    failure = str(error).removeprefix(f"{capture.source}: ")
    return _Failed(replace(capture, failure=failure), resolved, isinstance(error, DamagedOutputError))


def _is_optional(failed: _Failed) -> bool:
    """Return whether the answer only adds to what is known; an unreadable pasted text is never optional."""
    if failed.capture.command is None:
        return False
    return isinstance(failed.resolved.form, BgpTableFormat | FactFormat) or _is_kernel_beside_a_daemon(failed)


def _is_kernel_beside_a_daemon(failed: _Failed) -> bool:
    """A daemon that shows what it installed needs no kernel's table: that is asked to compare."""
    platform, form = platforms().get(failed.capture.platform or ""), failed.resolved.form
    if platform is None or platform.is_forwarding_table or platform.shows_candidates_only:
        return False
    return isinstance(form, TableFormat) and form not in platform.tables


def _left_open(failed: _Failed, nodes: Collection[str | None]) -> Iterator[Answer]:
    """Yield the questions that a missing answer leaves open: other answers to them are not complete."""
    form, question = failed.resolved.form, None
    if isinstance(form, BgpTableFormat):
        question = Question.BGP_TABLE
    elif isinstance(form, FactFormat):
        question = form.question
    elif failed.capture.router in nodes:
        question = Question.NODE_ROUTES
    elif _is_kernel_beside_a_daemon(failed):
        question = Question.KERNEL_ROUTES
    if question is not None:
        yield failed.capture.router or "", question, failed.resolved.family


def _is_open(answer: Answer, left_open: Collection[Answer]) -> bool:
    """An answer about both families is open where one of them is, and the other way round."""
    host, question, family = answer
    families = (4, 6, None) if family is None else (family, None)
    return any((host, question, one) in left_open for one in families)


def _facts_of_bgp_table(capture: Capture, resolved: Resolved) -> CaptureFacts:
    from ecmpaudit.parsing.bgp_table import read_bgp_table  # noqa: PLC0415 - a pasted route table needs none

    table = read_bgp_table(capture, resolved)
    is_known = table.is_whole and table.family is not None
    answered = frozenset({(capture.router or "", Question.BGP_TABLE, table.family)} if is_known else ())
    return CaptureFacts(Facts(paths=table.paths, answered=answered), unparsed=table.unparsed)


def _facts_of_node_table(table: RouteTable) -> Facts:
    """Return the routes that a node's daemon has of its own; neither those of a kernel nor those it learned."""
    platform = platforms()[table.platform]
    if platform.is_forwarding_table:
        return Facts()
    host = table.router or ""
    own = table.origins(without_next_hop=not platform.own_routes_have_next_hops)
    lines = LineFinder(table.capture)
    routes = tuple(NodeRoute(host, prefix, origin, lines.evidence(prefix, origin)) for prefix, origin in own)
    is_complete = not table.unparsed and not table.cut
    return Facts(node_routes=routes, answered=_answers(table, Question.NODE_ROUTES) if is_complete else frozenset())


def _facts_of_kernel_table(table: RouteTable) -> Facts:
    is_complete = table.is_whole and not table.unparsed and not table.cut
    if not (platforms()[table.platform].is_forwarding_table and is_complete):
        return Facts()
    return Facts(answered=_answers(table, Question.KERNEL_ROUTES))


def _answers(table: RouteTable, question: Question) -> frozenset[Answer]:
    """A table without its command answers only for the families that it has routes of."""
    families = table.families if table.capture.command is None else {table.asked_family}
    return frozenset((table.router or "", question, family) for family in families)
