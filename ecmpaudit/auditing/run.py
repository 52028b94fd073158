"""The one pipeline from captures to an audit; a scan and an offline analysis differ only in the source of captures.

An output that cannot be read becomes a failure of its router, and the run continues.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

from ecmpaudit.auditing.cluster_reports import faults_of_cluster, with_reports
from ecmpaudit.auditing.evidence import quoted
from ecmpaudit.auditing.gathering import Gathered
from ecmpaudit.auditing.igp_metrics import with_igp_metrics
from ecmpaudit.auditing.judge import judge_until
from ecmpaudit.auditing.known_addresses import known_expectations, with_routes_of_fabric
from ecmpaudit.auditing.learned_links import notes_about_links
from ecmpaudit.auditing.network import network_of
from ecmpaudit.auditing.router_option import Naming, refuse_merging
from ecmpaudit.auditing.splitting import naming_in, read_or_split
from ecmpaudit.auditing.subjects import node_states
from ecmpaudit.auditing.unavailable import without_kernels
from ecmpaudit.auditing.undetermined import not_answered
from ecmpaudit.auditing.whole_instead import notes as notes_of_whole_tables
from ecmpaudit.auditing.without_tables import what_to_add
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.incidents import incidents_of
from ecmpaudit.model import Audit, Facts, NotRead, Past
from ecmpaudit.parsing.columns import SCHEMA
from ecmpaudit.parsing.places import with_distinct_places
from ecmpaudit.parsing.plan import TOO_LATE, Wanted
from ecmpaudit.parsing.route_table import RouteTable, all_routes
from ecmpaudit.wording import and_listed, listed, short_command

_NAMED = 10
"""Routers that a note names; further ones are counted."""

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    import pandas as pd

    from ecmpaudit.auditing.repeated_tables import OlderOutput
    from ecmpaudit.auditing.request import Request
    from ecmpaudit.model import Capture, Network, UnparsedLine
    from ecmpaudit.parsing.facts.ceilings import CeilingFact
    from ecmpaudit.rules import Rule


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read of hosts, as `read_material` takes it."""

    only: tuple[str, ...] = ()
    nodes: frozenset[str] = frozenset()
    routers: frozenset[str] = frozenset()
    columns: frozenset[str] = frozenset(SCHEMA)
    platform: str | None = None

    def of_hosts(self, names: Collection[str | None]) -> Reading:
        """Return what these hosts need of it: the names of a whole fleet in each task would grow with its square."""
        return replace(self, nodes=self.nodes.intersection(names), routers=self.routers.intersection(names))


@dataclass(frozen=True)
class Material:
    """Everything that the captures of one run show."""

    tables: tuple[RouteTable, ...] = ()
    node_tables: tuple[RouteTable, ...] = ()
    """Those of nodes: they are facts, and not audited."""
    captures: tuple[Capture, ...] = ()
    """Everything that was read, for the text of lines that are evidence."""
    failed: tuple[Capture, ...] = ()
    """Captures that are missing, incomplete or not readable, and that the audit needs; `failure` says why."""
    unread_tables: tuple[Capture, ...] = ()
    """The route tables among all such captures, whether the audit needs them or not."""
    unaudited: frozenset[str] = frozenset()
    """Hosts that are nodes and no routers."""
    answering: frozenset[str | None] = frozenset()
    """Hosts of which any answer could be read."""
    hosts: frozenset[str | None] = frozenset()
    """Every host that was asked, or that has a capture."""
    facts: Facts = Facts()  # noqa: RUF009 - frozen, and empty
    """Everything that was read beside routes."""
    ceilings: tuple[tuple[str | None, CeilingFact], ...] = ()
    """Each ceiling that a router reports, with the router."""
    unparsed: tuple[UnparsedLine, ...] = ()
    """Lines of other texts than route tables that were not understood, of pasted ones."""
    notes: tuple[str, ...] = ()
    """What of the inputs was left out, or named otherwise, because of an option."""
    unknown_commands: tuple[tuple[str, str], ...] = ()
    """Each command that a host's version does not know, and need not know, with its host before."""
    older_tables: tuple[OlderOutput, ...] = ()
    """Outputs that a newer one of the same command replaces."""
    node_addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The addresses that nodes report, by node."""
    packed_lines: dict[str, bytes] = field(default_factory=dict)
    """By source, the lines that may be evidence, where captures come without their texts."""

    @property
    def not_read(self) -> tuple[NotRead, ...]:
        """What could not be read; every route table counts here, whatever an audit needs."""
        unread = dict.fromkeys((*self.failed, *self.unread_tables))
        return tuple(NotRead(c.source, c.first_line, c.router, c.command, c.failure or "") for c in unread)

    @property
    def routes(self) -> pd.DataFrame:
        """All route tables as one pandas DataFrame, one row per next hop in the order of the outputs."""
        return all_routes((*self.tables, *self.node_tables))


def read_material(
    captures: Iterable[Capture],
    *,
    router: str | None = None,
    platform: str | None = None,
    only: Sequence[str] = (),
    nodes: Collection[str] = (),
    routers: Collection[str] = (),
    columns: frozenset[str] = frozenset(SCHEMA),
    budget: AnswerBudget | None = None,
) -> Material:
    """Return what the captures show; `platform` takes precedence over the text.

    `router` names a text whose router is unknown; where the captures name several, only this one and the nodes are
    read. With `only`, prefixes, large tables are read only where routes lie inside of these or around them. `nodes`
    are the names of hosts that are no audited routers; `routers` of those that are, whatever they show. `columns` are
    those of the canonical table that are needed. The texts share the `budget`; when its time is over, no capture is
    read any more: each that is left has failed.

    Raises:
        ConfigurationError: `router` would make one router of several.
    """
    naming = Naming()
    given = [capture for capture in captures if not capture.is_of_cluster]
    if router is not None:
        naming = naming_in(given, router, platform, set(nodes) - set(routers))
    reading = Reading(tuple(only), frozenset(nodes), frozenset(routers), columns, platform)
    return material_of(gathered_of(given, reading, budget or AnswerBudget(), naming), naming)


def gathered_of(
    captures: Sequence[Capture],
    reading: Reading,
    budget: AnswerBudget,
    naming: Naming = Naming(),  # noqa: B008 - frozen
) -> Gathered:
    """Return what the captures of hosts show; each host is read apart from all others."""
    wanted = Wanted(tuple(ip_network(prefix) for prefix in reading.only), reading.columns, budget.until)
    gathered = Gathered(reading.nodes, reading.routers, budget)
    for read in with_distinct_places(list(read_or_split(captures, naming.name, reading.platform, wanted, budget))):
        if read.router in naming.left_out:
            continue
        if isinstance(read, RouteTable):
            gathered.add_table(read)
        else:
            is_left = wanted.is_late and read.failure is None
            gathered.read(replace(read, failure=TOO_LATE, is_given_up=True) if is_left else read)
    gathered.read_tables(wanted)
    return gathered


def material_of(gathered: Gathered, naming: Naming = Naming()) -> Material:  # noqa: B008 - frozen
    """Return everything that was read, of all hosts; errors are those of `read_material`."""
    if naming.name is not None:
        refuse_merging(naming.name, gathered.tables, gathered.older_tables)
    return Material(
        tables=gathered.router_tables,
        node_tables=gathered.node_tables,
        captures=gathered.captures,
        failed=gathered.failures,
        unread_tables=gathered.unread_tables,
        facts=gathered.facts,
        unaudited=gathered.unaudited,
        answering=gathered.answering,
        hosts=frozenset(gathered.hosts),
        notes=(*naming.notes, *notes_of_whole_tables(gathered.replaced_commands)),
        ceilings=gathered.ceilings,
        unparsed=tuple(gathered.unparsed),
        unknown_commands=gathered.unknown_commands,
        older_tables=tuple(gathered.older_tables),
        node_addresses=gathered.own_addresses,
    )


def audit_material(
    material: Material,
    request: Request,
    rules: Sequence[Rule],
    past: Past = Past(),  # noqa: B008 - it is frozen
    until: float = math.inf,
) -> Audit:
    """Return the findings of the rules, at most until a moment of the monotonic clock; then the audit is incomplete."""
    network = network_of_material(material, request, past)
    network = replace(network, not_answered=not_answered(network, rules, request.unavailable))
    captures = [*(table.capture for table in material.tables), *material.failed]
    started = min((capture.started for capture in captures if capture.started), default=None)
    judged = judge_until(network, rules, until)
    if judged.cut_off:
        sentence = f"{listed(judged.cut_off)}: not judged completely: the run's deadline was over (--deadline)"
        network = replace(network, unanswered=(*network.unanswered, sentence))
    findings = quoted(judged.findings, material.captures, material.packed_lines)
    return Audit(network, findings, started, judged.codes, incidents_of(network, findings), judged.cut_off)


def network_of_material(
    material: Material,
    request: Request,
    past: Past = Past(),  # noqa: B008 - it is frozen
) -> Network:
    """Return everything that is known, ready to be judged or explained."""
    facts = with_reports(with_igp_metrics(material.facts, material.tables), material.tables, request)
    material = replace(material, facts=facts)
    expectations = known_expectations(material.facts, material.node_addresses, request, past, material.tables)
    ceilings = request.ceilings.with_reported(material.ceilings)
    failed = [capture for capture in material.failed if not request.unavailable.excuses(capture)]
    of_nodes = [capture for capture in failed if capture.router in material.unaudited]
    of_routers = [capture for capture in failed if capture.router not in material.unaudited]
    lines_of_nodes = [line for line in material.unparsed if line.router in material.unaudited]
    lines_of_routers = [line for line in material.unparsed if line.router not in material.unaudited]
    network = network_of(material.tables, expectations, ceilings, of_routers, past, lines_of_routers)
    network = without_kernels(network, request.unavailable)
    if not material.tables and not material.failed:
        network = replace(network, unanswered=(*network.unanswered, *what_to_add(expectations, material.facts)))
    return replace(
        network,
        notes=(
            *material.notes,
            *network.notes,
            *map(str, material.older_tables),
            *_taken_as_nodes(material, request),
            *_without_output(material, request),
            *_unknown_commands(material),
            *notes_about_links(expectations.fabric, expectations.nodes),
        ),
        routers=(*network.routers, *node_states(of_nodes, lines_of_nodes, material.answering)),
        asked=tuple(name for name in request.routers if name in material.hosts),
        expectation_sources=request.sources,
        links=expectations.fabric.links(expectations.nodes) if expectations.fabric else (),
        growth=request.growth,
        cluster_faults=faults_of_cluster(request),
        detection_limit=request.detection_limit,
        not_read=material.not_read,
        facts=with_routes_of_fabric(network, material.facts, expectations),
    )


def _taken_as_nodes(material: Material, request: Request) -> Iterator[str]:
    """Yield a note where hosts count as nodes because of what they show, and their route tables are not audited."""
    hosts = {table.router for table in material.node_tables if table.router} - request.nodes
    if hosts:
        yield (
            f"not audited, as these have load-balancer addresses of their own and so count as nodes: "
            f"{listed(sorted(hosts))}; name a router under `routers:`"
        )


def routers_without_output(material: Material, request: Request) -> list[str]:
    """Return the configured routers that were not asked, or are in none of the inputs."""
    return [name for name in request.routers if name not in material.hosts]


def _without_output(material: Material, request: Request) -> Iterator[str]:
    """Yield a note where only some of the configured routers were asked, or are in the inputs."""
    absent = routers_without_output(material, request)
    if absent and len(absent) < len(request.routers):
        yield f"not asked, or without any output here: {listed(absent, _NAMED)} of the configured routers"


def _unknown_commands(material: Material) -> Iterator[str]:
    """Yield for each host which commands its version does not know."""
    by_host: dict[str, list[str]] = {}
    for host, command in material.unknown_commands:
        by_host.setdefault(host, []).append(f"`{short_command(command)}`")
    for host, commands in by_host.items():
        yield f"{host}: its version does not know {and_listed(commands)}"
