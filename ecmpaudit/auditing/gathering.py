"""Reading the captures of one run one after the other: route tables, facts, and what could not be read.

Only a route table has to come: without it a router is not audited. Any other answer that fails, or that a version does
not have, leaves its facts unknown and the audit of the routes as it is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.model.facts import Facts, NodeRoute, Question
from ecmpaudit.parsing.bgp_table import is_bgp_table, read_bgp_table
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, all_facts, evidence_of
from ecmpaudit.parsing.facts.formats import format_of, question_of
from ecmpaudit.parsing.facts.silence import absent_device, silent_daemon
from ecmpaudit.parsing.reading import read_captures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ecmpaudit.parsing.facts.ceilings import CeilingFact
    from ecmpaudit.parsing.plan import Wanted
    from ecmpaudit.parsing.route_table import RouteTable

_Answer: TypeAlias = "tuple[str, Question, int | None]"
_log = logging.getLogger(__name__)
_SERVICE_INTERFACE = "kube-lb0"
_KERNEL = "linux"


@dataclass
class Gathered:
    """What has been read so far."""

    nodes: frozenset[str]
    """Hosts that are nodes, as far as somebody said so."""
    tables: list[RouteTable] = field(default_factory=list)
    """In the order of the captures, once `read_tables` was called."""
    told: list[CaptureFacts] = field(default_factory=list)
    ceilings: list[tuple[str | None, CeilingFact]] = field(default_factory=list)
    own_addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _in_order: list[RouteTable | Capture] = field(default_factory=list)
    _failed: list[Capture] = field(default_factory=list)
    _answering: set[str | None] = field(default_factory=set)

    def add_table(self, table: RouteTable) -> None:
        """Add a table that was read already."""
        self._in_order.append(table)

    def read(self, capture: Capture) -> None:
        """Read one capture, or keep it for `read_tables`; whatever is wrong with it is noted down, and not raised."""
        try:
            if capture.failure is not None and absent_device(capture) is None:
                self._leave_out(capture)
                return
            self._answering.add(capture.router)
            if is_bgp_table(capture):
                self._add(capture, _of_bgp_table(capture))
            elif format_of(capture):
                from ecmpaudit.parsing.facts.readers import read_facts  # noqa: PLC0415 - a pasted route table needs none

                self._add(capture, read_facts(capture))
            else:
                self._in_order.append(capture)
        except UnknownFormatError as error:
            self._leave_out(_that_failed(capture, error))

    def read_tables(self, wanted: Wanted) -> None:
        """Read the route tables, of which many are read quicker at once."""
        waiting = [capture for capture in self._in_order if isinstance(capture, Capture)]
        read = zip(waiting, read_captures(waiting, wanted), strict=True)
        for known in self._in_order:
            capture, table = next(read) if isinstance(known, Capture) else (known.capture, known)
            if isinstance(table, UnknownFormatError):
                self._leave_out(_that_failed(capture, table))
            else:
                self.tables.append(table)

    @property
    def facts(self) -> Facts:
        """All facts, with the routes of nodes."""
        nodes = self._all_nodes()
        of_nodes = [_of_node_table(table) for table in self.tables if table.router in nodes]
        of_kernels = [_of_kernel_table(table) for table in self.tables if table.router not in nodes]
        silent = {capture.router for capture in self._failed if capture.router} - self._answering
        facts = all_facts([*(told.facts for told in self.told), *of_nodes, *of_kernels], filter(None, silent))
        left_open = {answer for capture in self._failed for answer in _left_open(capture, nodes)}
        answered = frozenset(answer for answer in facts.answered if not _is_open(answer, left_open))
        return replace(facts, answered=answered, silent_daemons=tuple(filter(None, map(silent_daemon, self._failed))))

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
        """The captures without which the audit is not complete: route tables, and hosts that told nothing at all."""
        nodes = self._all_nodes()
        serious = [capture for capture in self._failed if capture.router not in nodes and not _is_optional(capture)]
        told = {capture.router for capture in serious} | self._answering
        of_silent = {capture.router: capture for capture in reversed(self._failed) if capture.router not in told}
        return (*serious, *of_silent.values())

    def _all_nodes(self) -> frozenset[str]:
        """Hosts that were said to be nodes, and those that show load-balancer addresses of their own."""
        addresses = (address for told in self.told for address in told.facts.addresses)
        return self.nodes | {a.node for a in addresses if a.interface == _SERVICE_INTERFACE and a.node}

    def _add(self, capture: Capture, told: CaptureFacts) -> None:
        self.told.append(told)
        self.ceilings += [(capture.router, ceiling) for ceiling in told.ceilings]
        if told.own_addresses:
            self.own_addresses[capture.router or ""] = told.own_addresses
        for line in told.unparsed:
            _log.info("%s:%d: not understood: %s", line.source, line.line, line.text)

    def _leave_out(self, capture: Capture) -> None:
        self._failed.append(capture)
        _log.info("%s: what it tells stays unknown: %s", capture.source, capture.failure)


def _that_failed(capture: Capture, error: UnknownFormatError) -> Capture:
    return replace(capture, failure=str(error).removeprefix(f"{capture.source}: "))


def _is_optional(capture: Capture) -> bool:
    """The answer adds to what is known; a pasted text that nobody can read is never optional."""
    if capture.command is None:
        return False
    return is_bgp_table(capture) or format_of(capture) is not None or _is_of_kernel_beside_a_daemon(capture)


def _is_of_kernel_beside_a_daemon(capture: Capture) -> bool:
    """FRR says itself what it installed; its kernel's table is asked to compare."""
    return capture.platform == "frr" and (capture.command or "").startswith("ip ")


def _left_open(capture: Capture, nodes: Collection[str | None]) -> Iterator[_Answer]:
    """Yield what an answer that did not come leaves open: what others tell of it is not the whole."""
    known = format_of(capture)
    question: Question | None = None
    if is_bgp_table(capture):
        question = Question.BGP_TABLE
    elif known is not None:
        question = question_of(known)
    elif capture.router in nodes:
        question = Question.NODE_ROUTES
    elif _is_of_kernel_beside_a_daemon(capture):
        question = Question.KERNEL_ROUTES
    if question is not None:
        yield capture.router or "", question, _family_of(capture.command or "")


def _is_open(answer: _Answer, left_open: Collection[_Answer]) -> bool:
    """An answer about both families is open where one of them is, and the other way round."""
    host, question, family = answer
    families = (4, 6, None) if family is None else (family, None)
    return any((host, question, one) in left_open for one in families)


def _of_bgp_table(capture: Capture) -> CaptureFacts:
    table = read_bgp_table(capture)
    is_known = table.is_whole and table.family is not None
    answer = (capture.router or "", Question.BGP_TABLE, table.family)
    return CaptureFacts(
        Facts(paths=table.paths, answered=frozenset({answer} if is_known else ())), unparsed=table.unparsed
    )


def _of_node_table(table: RouteTable) -> Facts:
    """Return the routes that a node's daemon has of its own: neither a kernel's table nor what others told it."""
    if table.platform == _KERNEL:
        return Facts()
    capture, host = table.capture, table.router or ""
    # GoBGP's RIB has what it was told to announce, with whatever next hop that came.
    own = table.origins(without_next_hop=table.platform != "gobgp")
    routes = tuple(NodeRoute(host, prefix, origin, evidence_of(capture, prefix, origin)) for prefix, origin in own)
    is_complete = not table.unparsed and not table.cut
    answered = _answers(table, host, Question.NODE_ROUTES) if is_complete else frozenset()
    return Facts(node_routes=routes, answered=answered)


def _of_kernel_table(table: RouteTable) -> Facts:
    if table.platform != _KERNEL or not table.is_whole or table.unparsed or table.cut:
        return Facts()
    return Facts(answered=_answers(table, table.router or "", Question.KERNEL_ROUTES))


def _answers(table: RouteTable, host: str, question: Question) -> frozenset[_Answer]:
    command = table.capture.command or ""
    if table.platform in {"bird", "gobgp"} and "-a" not in command.split():
        return frozenset({(host, question, None)})
    return frozenset({(host, question, _family_of(command) or 4)})


def _family_of(command: str) -> int | None:
    """Return the family that a command names, None where it is of both."""
    if "ipv6" in command or "-6" in command.split():
        return 6
    return 4 if "ipv4" in command or "show ip " in command or "-4" in command.split() else None
