"""The small notation of the rules' examples: one line of text for each route, expectation or failure.

    tor1 198.51.100.7/32 via 192.0.2.1-3, 192.0.2.4 weight 50, 192.0.2.5 inactive, fe80::1%eth0
    tor1 vrf red 2001:db8:100::7/128 ospf via 2001:db8::1
    tor1 198.51.100.0/24 blackhole
    tor1 198.51.100.7/32 missing, covered by 198.51.100.0/24 static blackhole
    tor1 198.51.100.0/24 more specific 198.51.100.7/32 kernel via 192.0.2.9
    expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2
    expect 198.51.100.7/32 count 5 inferred from 198.51.100.8/32
    ceiling tor1 4
    tor1 not checked: connection refused
    tor1 cut off: the connection was lost
    rx1 shows candidates only
    tor1 line 17 not understood: B>* [20/0] via
    tor1 `ip -j -4 route show table all` not answered: permission denied, undetermined ECMP302
    nothing audited: pool 198.51.100.0/24 has no prefix on any router
    tor1 198.51.100.7/32 had 192.0.2.1-5 in the last run
    tor1 198.51.100.7/32 changed 4 times
    tor1 198.51.100.7/32 ECMP101 about node3 was resolved
    tor1 kernel 198.51.100.7/32 via 192.0.2.1-4
    twins 198.51.100.7/32 2001:db8:100::7/128
    expect 198.51.100.9/32 of no service
    nodes of 198.51.100.7/32 are stateful
    growth 2
    cluster not announced, Service shop/web 198.51.100.7/32: 198.51.100.7 is announced by no node

`notation_facts` has the statements about BGP, sessions and nodes.

A route without a protocol's name is BGP's. The first route to a prefix is selected and installed; further ones, of
other protocols, are its fallbacks. A next hop with a mark is not installed. Ranges are those of `--nodes`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.errors import EcmpauditError
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.model import (
    AuditedPrefix,
    Ceiling,
    Expectation,
    Fault,
    Growth,
    Network,
    NextHop,
    Past,
    PastSet,
    Place,
    ResolvedFault,
    Route,
    RouterState,
    UnparsedLine,
)
from ecmpaudit.model.cluster_faults import ClusterFault, FaultKind
from ecmpaudit.model.questions import NotAnswered
from tests.notation_facts import FACT_STATEMENTS, FactsDraft
from tests.notation_routes import hops_of, not_selected, prefix_of, selected_route

if TYPE_CHECKING:
    from collections.abc import Callable

_LAST_RUN = "run 41 of 2026-11-20 10:15 UTC"


class NotationError(EcmpauditError):
    """A line of the notation is not understood; the message names its number and text."""


@dataclass
class _Draft:
    """What has been read so far."""

    prefixes: dict[tuple[str, str, str], dict[str, Route]] = field(default_factory=dict)
    """The routes of each router's prefixes, by protocol."""
    covering: dict[tuple[str, str, str], Route] = field(default_factory=dict)
    more_specific: dict[tuple[str, str, str], list[Route]] = field(default_factory=dict)
    expectations: dict[str, Expectation] = field(default_factory=dict)
    ceilings: dict[str, Ceiling] = field(default_factory=dict)
    routers: dict[str, None] = field(default_factory=dict)
    failures: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """Why a router was not checked, and whether it answered something all the same."""
    shows_candidates_only: set[str] = field(default_factory=set)
    unparsed: list[UnparsedLine] = field(default_factory=list)
    not_answered: list[NotAnswered] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    last: dict[Place, PastSet] = field(default_factory=dict)
    changes: dict[Place, int] = field(default_factory=dict)
    resolved: dict[Fault, ResolvedFault] = field(default_factory=dict)
    in_kernel: dict[tuple[str, str, str], tuple[NextHop, ...]] = field(default_factory=dict)
    twins: dict[str, str] = field(default_factory=dict)
    orphans: set[str] = field(default_factory=set)
    stateful: set[str] = field(default_factory=set)
    growth: Growth | None = None
    cluster_faults: list[ClusterFault] = field(default_factory=list)
    facts: FactsDraft = field(default_factory=FactsDraft)

    def place(self, found: re.Match[str]) -> tuple[str, str, str]:
        """Return the key of the prefix that a line is about, and remember that it is there."""
        self.routers[found["router"]] = None
        key = (found["router"], found["vrf"] or "default", prefix_of(found["prefix"]))
        self.prefixes.setdefault(key, {})
        return key


def parse_network(text: str) -> Network:
    """Return the network that the lines describe; NotationError names the first line that is not understood."""
    draft = _Draft()
    for number, line in enumerate(text.splitlines(), start=1):
        if stripped := " ".join(line.split()):
            try:
                _read(stripped, draft)
            except (ValueError, EcmpauditError) as error:
                raise NotationError(f"line {number}: {stripped}: {error}") from error
    return _network(draft)


def _read(line: str, draft: _Draft) -> None:
    for pattern, read_fact in FACT_STATEMENTS:
        if found := pattern.fullmatch(line):
            read_fact(found, draft.facts)
            return
    for pattern, read in _STATEMENTS:
        if found := pattern.fullmatch(line):
            read(found, draft)
            return
    raise ValueError("no statement of the notation; expected a route, missing, expect, ceiling or what was not checked")


def _network(draft: _Draft) -> Network:
    _check_that_all_is_used(draft)
    return Network(
        routers=tuple(_router_state(router, draft) for router in draft.routers),
        prefixes=tuple(
            AuditedPrefix(
                router=key[0],
                vrf=key[1],
                prefix=key[2],
                routes=tuple(routes.values()),
                expectation=draft.expectations.get(key[2]),
                ceiling=draft.ceilings.get(key[0]),
                covering=draft.covering.get(key),
                more_specific=tuple(draft.more_specific.get(key, ())),
                shows_candidates_only=key[0] in draft.shows_candidates_only,
                in_kernel=draft.in_kernel.get(key),
                twin=draft.twins.get(key[2]),
                is_orphan=key[2] in draft.orphans,
                is_stateful=key[2] in draft.stateful,
            )
            for key, routes in draft.prefixes.items()
        ),
        not_answered=tuple(draft.not_answered),
        unanswered=tuple(draft.unanswered),
        past=Past(last=draft.last, changes=draft.changes, window="24 hours", resolved=draft.resolved),
        growth=draft.growth,
        cluster_faults=tuple(draft.cluster_faults),
        facts=draft.facts.facts(),
        links=tuple(draft.facts.links),
    )


def _check_that_all_is_used(draft: _Draft) -> None:
    """An expectation or a ceiling that fits nothing is a slip, and the example would prove nothing."""
    for prefix in draft.expectations.keys() - {prefix for _, _, prefix in draft.prefixes}:
        raise NotationError(f"expect {prefix}: no router's line is about this prefix")
    for router in draft.ceilings.keys() - {router for router, _, _ in draft.prefixes}:
        raise NotationError(f"ceiling {router}: no line is about a prefix of this router")


def _router_state(router: str, draft: _Draft) -> RouterState:
    failure, has_data = draft.failures.get(router, (None, True))
    unparsed = tuple(line for line in draft.unparsed if line.router == router)
    families = frozenset({4, 6} if router in draft.shows_candidates_only else ())
    return RouterState(router, failure, has_data, unparsed=unparsed, candidate_families=families)


def _read_not_answered(found: re.Match[str], draft: _Draft) -> None:
    codes = tuple(found["codes"].split(", "))
    draft.not_answered.append(NotAnswered(found["router"], found["command"], found["reason"], undetermined=codes))


def _read_nothing_audited(found: re.Match[str], draft: _Draft) -> None:
    draft.unanswered.append(found["sentence"])


def _read_expectation(found: re.Match[str], draft: _Draft) -> None:
    nodes = parse_nodes([found["nodes"]]) if found["nodes"] else ()
    sibling = found["sibling"]
    draft.expectations[prefix_of(found["prefix"])] = Expectation(
        source=f"inferred from its sibling {prefix_of(sibling)}" if sibling else "the example",
        count=len(nodes) or int(found["count"]),
        nodes=nodes,
        is_inferred=sibling is not None,
    )


def _read_kernel(found: re.Match[str], draft: _Draft) -> None:
    draft.in_kernel[draft.place(found)] = tuple(
        hop for part in found["hops"].split(",") for hop in hops_of(part.strip())
    )


def _read_not_in_kernel(found: re.Match[str], draft: _Draft) -> None:
    draft.in_kernel[draft.place(found)] = ()


def _read_twins(found: re.Match[str], draft: _Draft) -> None:
    one, other = prefix_of(found["one"]), prefix_of(found["other"])
    draft.twins |= {one: other, other: one}


def _read_orphan(found: re.Match[str], draft: _Draft) -> None:
    draft.orphans.add(prefix_of(found["prefix"]))


def _read_stateful(found: re.Match[str], draft: _Draft) -> None:
    draft.stateful.add(prefix_of(found["prefix"]))


def _read_growth(found: re.Match[str], draft: _Draft) -> None:
    draft.growth = Growth(int(found["amount"]), is_percentage=found["percent"] is not None)


def _read_ceiling(found: re.Match[str], draft: _Draft) -> None:
    draft.ceilings[found["router"]] = Ceiling(int(found["value"]), "maximum-paths in its configuration")


def _read_failure(found: re.Match[str], draft: _Draft) -> None:
    draft.routers[found["router"]] = None
    draft.failures[found["router"]] = (found["reason"], found["extent"] == "cut off")


def _read_candidates_only(found: re.Match[str], draft: _Draft) -> None:
    draft.routers[found["router"]] = None
    draft.shows_candidates_only.add(found["router"])


def _read_unparsed(found: re.Match[str], draft: _Draft) -> None:
    router = found["router"]
    draft.routers[router] = None
    draft.unparsed.append(
        UnparsedLine(router, "show ip route", int(found["line"]), found["text"], "no rule of the template matches it")
    )


def _read_missing(found: re.Match[str], draft: _Draft) -> None:
    key = draft.place(found)
    if found["covering"]:
        draft.covering[key] = selected_route(found["covering"], found["route"])


def _read_more_specific(found: re.Match[str], draft: _Draft) -> None:
    draft.more_specific.setdefault(draft.place(found), []).append(selected_route(found["inside"], found["route"]))


def _read_last_set(found: re.Match[str], draft: _Draft) -> None:
    hops = tuple(hop for part in found["hops"].split(",") for hop in hops_of(part.strip()))
    draft.last[draft.place(found)] = PastSet(_LAST_RUN, hops)


def _read_changes(found: re.Match[str], draft: _Draft) -> None:
    draft.changes[draft.place(found)] = int(found["count"])


def _read_resolved(found: re.Match[str], draft: _Draft) -> None:
    fault = Fault(found["code"], *draft.place(found), found["about"] or "")
    draft.resolved[fault] = ResolvedFault(_LAST_RUN, times_seen=3)


def _read_cluster_fault(found: re.Match[str], draft: _Draft) -> None:
    services = (found["place"].removeprefix("Service "),) if found["place"].startswith("Service ") else ()
    fault = ClusterFault(FaultKind(found["kind"]), found["place"], found["fact"], services, found["prefix"])
    draft.cluster_faults.append(fault)


def _read_route(found: re.Match[str], draft: _Draft) -> None:
    key = draft.place(found)
    routes = draft.prefixes[key]
    route = selected_route(key[2], found["route"])
    if route.protocol in routes:
        raise ValueError(f"a second {route.protocol} route; expected another protocol")
    routes[route.protocol] = not_selected(route) if routes else route


_ROUTER = r"(?!expect |ceiling )(?P<router>\S+) (?:vrf (?P<vrf>\S+) )?"
_PLACE = _ROUTER + r"(?P<prefix>[0-9a-f.:]+/\d+) "
_STATEMENTS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], _Draft], None]], ...] = (
    (re.compile(r"nothing audited: (?P<sentence>.+)"), _read_nothing_audited),
    (
        re.compile(
            r"expect (?P<prefix>\S+) (?:nodes (?P<nodes>.+?)|count (?P<count>\d+))(?: inferred from (?P<sibling>\S+))?"
        ),
        _read_expectation,
    ),
    (re.compile(r"expect (?P<prefix>\S+) of no service"), _read_orphan),
    (re.compile(r"nodes of (?P<prefix>\S+) are stateful"), _read_stateful),
    (
        re.compile(r"cluster (?P<kind>[a-z ]+), (?P<place>(?:Service )?\S+?)(?: (?P<prefix>\S+/\d+))?: (?P<fact>.+)"),
        _read_cluster_fault,
    ),
    (re.compile(r"growth (?P<amount>\d+)(?P<percent>%)?"), _read_growth),
    (re.compile(r"twins (?P<one>\S+) (?P<other>\S+)"), _read_twins),
    (re.compile(_ROUTER + r"kernel (?P<prefix>\S+) via (?P<hops>.+)"), _read_kernel),
    (re.compile(_ROUTER + r"kernel (?P<prefix>\S+) missing"), _read_not_in_kernel),
    (re.compile(r"ceiling (?P<router>\S+) (?P<value>\d+)"), _read_ceiling),
    (
        re.compile(_ROUTER + r"`(?P<command>[^`]+)` not answered: (?P<reason>.+), undetermined (?P<codes>ECMP.+)"),
        _read_not_answered,
    ),
    (re.compile(r"(?P<router>\S+) (?P<extent>not checked|cut off): (?P<reason>.+)"), _read_failure),
    (re.compile(r"(?P<router>\S+) shows candidates only"), _read_candidates_only),
    (re.compile(r"(?P<router>\S+) line (?P<line>\d+) not understood: (?P<text>.+)"), _read_unparsed),
    (re.compile(_PLACE + r"missing(?:, covered by (?P<covering>\S+) (?P<route>.+))?"), _read_missing),
    (re.compile(_PLACE + r"more specific (?P<inside>\S+) (?P<route>.+)"), _read_more_specific),
    (re.compile(_PLACE + r"had (?P<hops>.+) in the last run"), _read_last_set),
    (re.compile(_PLACE + r"changed (?P<count>\d+) times"), _read_changes),
    (re.compile(_PLACE + r"(?P<code>ECMP\d+)(?: about (?P<about>\S+))? was resolved"), _read_resolved),
    (re.compile(_PLACE + r"(?P<route>.+)"), _read_route),
)
