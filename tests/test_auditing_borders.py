"""What an audit makes of tables, answers and requests, exactly where its answer changes."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.auditing.evidence import texts_of
from ecmpaudit.auditing.explanation import explain
from ecmpaudit.auditing.failed_captures import is_open
from ecmpaudit.auditing.judge import judge, judge_until
from ecmpaudit.auditing.not_judged import AuditedRoutes, aggregates, notes, own_prefixes, policy_prefixes
from ecmpaudit.auditing.notes import notes_about
from ecmpaudit.auditing.prefix_index import PrefixIndex
from ecmpaudit.auditing.request import Request, chosen_rules
from ecmpaudit.auditing.run import Material, audit_material, network_of_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.auditing.subjects import Subject, node_states, subjects
from ecmpaudit.auditing.without_tables import what_to_add
from ecmpaudit.configuration.schema import Configuration
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.from_kubernetes import ClusterKnowledge
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.model import (
    Capture,
    Evidence,
    Expectation,
    Fault,
    Finding,
    Network,
    NextHop,
    NextHops,
    Past,
    ResolvedFault,
    Route,
    RouterState,
    Severity,
    UnparsedLine,
)
from ecmpaudit.model.questions import Question
from ecmpaudit.rules import all_rules, rule
from tests.notation import parse_network
from tests.rule_checks import node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model.facts import Answer

# which prefix is around or inside which


@pytest.mark.parametrize(
    "prefix, around",
    [
        pytest.param("198.51.100.7/32", "198.51.100.6/31", id="one-bit-shorter"),
        pytest.param("198.51.100.8/32", "198.51.100.0/24", id="the-longest"),
        pytest.param("198.51.100.6/31", "198.51.100.0/24", id="not-itself"),
        pytest.param("198.51.101.0/32", "0.0.0.0/0", id="default-route"),
        pytest.param("0.0.0.0/0", None, id="nothing-is-around-the-default-route"),
        pytest.param("2001:db8::7/128", "2001:db8::6/127", id="one-bit-shorter-IPv6"),
        pytest.param("2001:db8::8/128", "2001:db8::/64", id="the-longest-IPv6"),
        pytest.param("2001:db8:0:1::/128", None, id="no-default-route-IPv6"),
    ],
)
def test_the_longest_less_specific_prefix_is_around_another(prefix: str, around: str | None) -> None:
    index = PrefixIndex(
        ["0.0.0.0/0", "198.51.100.0/24", "198.51.100.6/31", "198.51.100.7/32", "2001:db8::/64", "2001:db8::6/127"]
    )
    assert index.covering(prefix) == around


@pytest.mark.parametrize(
    "prefix, inside",
    [
        pytest.param("198.51.100.0/24", ["198.51.100.0/25", "198.51.100.255/32"], id="first-and-last-address"),
        pytest.param("198.51.100.0/25", [], id="not-itself"),
        pytest.param("198.51.99.0/24", [], id="neighbour-below"),
        pytest.param("198.51.101.0/24", ["198.51.101.0/32"], id="neighbour-above"),
        pytest.param("2001:db8::/64", ["2001:db8::/128", "2001:db8::ffff:ffff:ffff:ffff/128"], id="IPv6"),
        pytest.param("2001:db8:0:1::/64", [], id="neighbour-above-IPv6"),
    ],
)
def test_more_specific_prefixes_are_inside(prefix: str, inside: list[str]) -> None:
    known = ["198.51.100.255/32", "198.51.100.0/24", "198.51.100.0/25", "198.51.101.0/32"]
    known += ["2001:db8::ffff:ffff:ffff:ffff/128", "2001:db8::/128", "2001:db8::/64"]
    assert list(PrefixIndex(known).inside(prefix)) == inside


# notes


@pytest.mark.parametrize("count, rest", [(3, ""), (4, ""), (5, " and 1 more"), (6, " and 2 more")])
def test_a_note_names_four_prefixes_and_counts_the_others(count: int, rest: str) -> None:
    prefixes = [f"198.51.100.{n}/32" for n in range(1, count + 1)]
    named = ", ".join(prefixes[:4]) + rest
    text = "".join(f"tor1 {p} via 192.0.2.1-2\ntor1 {p} ospf via 192.0.2.1-2\n" for p in prefixes)
    assert notes_about(parse_network(text).prefixes, ()) == (
        f"tor1: OSPF is the fallback for BGP, with the same next hops: {named}",
    )
    assert list(notes("tor1", "default", prefixes, prefixes, prefixes)) == [
        f"tor1: not judged, since it is a router's own address or network: {named}",
        f"tor1: not judged, since it is an aggregate with more specific routes inside: {named}",
        f"tor1: not judged, since this table by number leads to no expected node: {named}",
    ]
    assert list(notes("", "red", prefixes, (), ())) == [
        f"(vrf red): not judged, since it is a router's own address or network: {named}"
    ]


@pytest.mark.parametrize(
    "fallback, is_noted",
    [("ospf via 192.0.2.1-2", True), ("ospf via 192.0.2.1", False), ("ospf via 192.0.2.1-3", False)],
)
def test_a_fallback_is_noted_where_it_has_the_same_next_hops(fallback: str, is_noted: bool) -> None:
    text = f"tor1 198.51.100.7/32 via 192.0.2.1-2\ntor1 198.51.100.7/32 {fallback}"
    assert bool(notes_about(parse_network(text).prefixes, ())) is is_noted


def test_only_the_nearest_fallback_is_noted() -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1-2\n"
    text += "tor1 198.51.100.7/32 ospf via 192.0.2.1\ntor1 198.51.100.7/32 rip via 192.0.2.1-2"
    assert notes_about(parse_network(text).prefixes, ()) == ()


# what is not judged


def route(hops: list[NextHop], protocol: str = "bgp", *, is_selected: bool = True) -> tuple[Route, ...]:
    """Return one route."""
    return (Route("198.51.100.0/24", protocol, NextHops(tuple(hops)), is_selected=is_selected),)


ON_LO = [NextHop(None, "lo")]
TO_NODE1, TO_SPINE = [NextHop("192.0.2.1")], [NextHop("192.0.2.254")]
NODE1 = Expectation("--nodes", 1, (node("node1", "192.0.2.1"),))


@pytest.mark.parametrize(
    "routes, is_own",
    [
        pytest.param(route(ON_LO, "connected"), True, id="connected"),
        pytest.param(route(ON_LO, "local"), True, id="local"),
        pytest.param((*route(ON_LO, "local"), *route(ON_LO, "connected")), True, id="local-and-connected"),
        pytest.param((*route(ON_LO, "connected"), *route(TO_NODE1)), False, id="announced-too"),
        pytest.param(route(ON_LO, "static"), False, id="static"),
        pytest.param(route(TO_NODE1, "kernel"), False, id="kernel-with-a-gateway"),
        pytest.param(route([*ON_LO, *TO_NODE1], "kernel"), False, id="kernel-with-one-gateway"),
        pytest.param(route([], "connected"), False, id="without-next-hop"),
        pytest.param((), False, id="no-route"),
    ],
)
def test_a_prefix_is_a_routers_own_without_a_gateway_and_an_announcement(
    routes: tuple[Route, ...], is_own: bool
) -> None:
    table = AuditedRoutes("tor1", {"198.51.100.7/32": routes}, {"198.51.100.7/32": None})
    assert own_prefixes([table], Expectations((), ())) == ({"198.51.100.7/32"} if is_own else set())


def test_a_prefix_that_is_expected_by_name_or_leads_to_a_node_elsewhere_is_no_routers_own() -> None:
    prefix = "198.51.100.7/32"
    own = AuditedRoutes("tor1", {prefix: route(ON_LO, "connected")}, {prefix: NODE1})
    elsewhere = [AuditedRoutes("tor2", {prefix: route(hops)}, {prefix: NODE1}) for hops in (TO_NODE1, TO_SPINE)]
    nothing = Expectations((), ())
    assert own_prefixes([own, elsewhere[0]], nothing) == set()
    assert own_prefixes([own, elsewhere[1]], nothing) == {prefix}
    assert own_prefixes([own], Expectations.from_flags([prefix], 1, ())) == set()


@pytest.mark.parametrize(
    "pool, inside, expectation, is_aggregate",
    [
        pytest.param(route(TO_SPINE), route(TO_NODE1), NODE1, True, id="from-another-router"),
        pytest.param(route([], "static"), route(TO_NODE1), NODE1, True, id="blackhole"),
        pytest.param(route(TO_NODE1), route(TO_NODE1), NODE1, False, id="from-the-node"),
        pytest.param(route(TO_SPINE), route(TO_SPINE), None, False, id="to-where-the-inner-one-leads"),
        pytest.param(route(TO_SPINE), None, NODE1, False, id="nothing-inside"),
        pytest.param(route(TO_NODE1, "kernel"), route(TO_NODE1), NODE1, True, id="not-announced"),
        pytest.param(route(TO_NODE1, is_selected=False), route(TO_NODE1), NODE1, True, id="not-selected"),
        pytest.param(route(ON_LO), route(ON_LO), None, True, id="without-addresses"),
    ],
)
def test_a_pool_beside_more_specific_routes_is_an_aggregate_unless_a_node_announces_it(
    pool: tuple[Route, ...], inside: tuple[Route, ...] | None, expectation: Expectation | None, is_aggregate: bool
) -> None:
    routes = {"198.51.100.0/24": pool} | ({"198.51.100.7/32": inside} if inside else {})
    audited = dict.fromkeys(routes, expectation)
    found = aggregates(audited, routes, ["198.51.100.0/24", "203.0.113.0/24"])
    assert found == ({"198.51.100.0/24"} if is_aggregate else set())


@pytest.mark.parametrize(
    "vrf, hops, main, is_policy",
    [
        pytest.param("100", TO_SPINE, True, True, id="by-number"),
        pytest.param("default table 88", TO_SPINE, True, True, id="by-number-FRR"),
        pytest.param("red", TO_SPINE, True, False, id="by-name"),
        pytest.param("100", TO_NODE1, True, False, id="to-a-node"),
        pytest.param("100", TO_SPINE, False, False, id="not-in-the-main-table"),
    ],
)
def test_a_table_by_number_that_repeats_the_main_table_to_no_node_is_a_policy(
    vrf: str, hops: list[NextHop], main: bool, is_policy: bool
) -> None:
    prefix = "198.51.100.7/32"
    table = AuditedRoutes("tor1", {prefix: route(hops)}, {prefix: NODE1})
    assert policy_prefixes(table, vrf, {prefix} if main else set()) == ({prefix} if is_policy else set())
    unknown = replace(table, audited={prefix: None})
    assert policy_prefixes(unknown, "100", {prefix}) == {prefix}


BY_NUMBER = "198.51.100.7 via 192.0.2.254 dev eth0 table 100 proto static\n"
MAIN = "198.51.100.7 via 192.0.2.1 dev eth0 proto bgp\n"
ELSEWHERE = "203.0.113.7 via 192.0.2.1 dev eth0 proto bgp\n"


@pytest.mark.parametrize(
    "tor1, tor2, judged",
    [
        pytest.param(MAIN + BY_NUMBER, ELSEWHERE, [("tor1", "default")], id="main-table-has-it"),
        pytest.param(ELSEWHERE + BY_NUMBER, ELSEWHERE, [("tor1", "100")], id="no-main-table-has-it"),
        pytest.param(ELSEWHERE + BY_NUMBER, MAIN, [("tor1", "100"), ("tor2", "default")], id="another-router-has-it"),
    ],
)
def test_a_table_by_number_is_a_policy_beside_the_main_table_of_its_own_router(
    tor1: str, tor2: str, judged: list[tuple[str, str]]
) -> None:
    captures = [
        Capture(name, "linux", "ip -4 route show table all", text, name)
        for name, text in (("tor1", tor1), ("tor2", tor2))
    ]
    expectations = Expectations.from_flags(["198.51.100.0/24"], None, parse_nodes(["node1=192.0.2.1"]))
    found = network_of_material(read_material(captures), Request(expectations)).prefixes
    assert sorted((each.router, each.vrf) for each in found if each.routes) == judged


# which answers are open


@pytest.mark.parametrize(
    "family, left_open, answer_is_open",
    [
        (4, 4, True),
        (6, 6, True),
        (4, 6, False),
        (6, 4, False),
        (None, 4, True),
        (None, 6, True),
        (None, None, True),
        (4, None, True),
        (6, None, True),
    ],
)
def test_an_answer_is_open_where_one_of_its_families_is(
    family: int | None, left_open: int | None, answer_is_open: bool
) -> None:
    answer: Answer = ("tor1", Question.SESSIONS, family)
    assert is_open(answer, {("tor1", Question.SESSIONS, left_open)}) is answer_is_open
    assert not is_open(answer, {("tor2", Question.SESSIONS, left_open), ("tor1", Question.BUILD, left_open)})


# tables of one router

FRR = """\
B>* 198.51.100.1/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05
  *                        via 192.0.2.2, eth0, weight 1, 00:00:05
"""
FRR_6 = FRR.replace("198.51.100.1/32", "2001:db8:1::1/128").replace("192.0.2.", "2001:db8::")
KERNEL = """\
198.51.100.1 proto zebra metric 20
\tnexthop via 192.0.2.1 dev eth0 weight 1
\tnexthop via 192.0.2.2 dev eth0 weight 1
"""
KERNEL_6 = KERNEL.replace("198.51.100.1", "2001:db8:1::1").replace("192.0.2.", "2001:db8::")
BIRD = """\
BIRD 2.0.12 ready.
Table master4:
198.51.100.1/32      unicast [node1 19:41:11.171] * (100) [AS64497i]
\tvia 192.0.2.1 on eth0
                     unicast [node2 19:41:11.171] (100) [AS64497i]
\tvia 192.0.2.2 on eth0
"""
BIRD_THIRD = """\
                     unicast [node3 19:41:11.171] (100) [AS64497i]
\tvia 192.0.2.3 on eth0
"""
BIRD_WORSE = """\
                     unicast [node3 19:41:11.171] (90) [AS64497i]
\tvia 192.0.2.3 on eth0
"""
ASKED = {
    FRR: "show ip route",
    FRR_6: "show ipv6 route",
    KERNEL: "ip route",
    KERNEL_6: "ip -6 route",
    BIRD: None,
    BIRD + BIRD_THIRD: None,
    BIRD + BIRD_WORSE: None,
}
PLATFORMS = {FRR: "frr", FRR_6: "frr", KERNEL: "linux", KERNEL_6: "linux", BIRD: "bird", BIRD + BIRD_THIRD: "bird"}
PLATFORMS |= {BIRD + BIRD_WORSE: "bird"}


def subject(*texts: str, **changed: str) -> Subject:
    """Return one router with these tables; a table may have other text than the one that names its command."""
    captures = [
        Capture("tor1", PLATFORMS[text], ASKED[text], changed.get(PLATFORMS[text], text), f"{number}.txt")
        for number, text in enumerate(texts)
    ]
    material = read_material(captures)
    assert material.failed == ()
    (only,) = subjects(material.tables)
    return only


@pytest.mark.parametrize(
    "texts, kernel, in_kernel",
    [
        pytest.param([FRR], KERNEL, None, id="kernel-not-asked"),
        pytest.param([KERNEL], KERNEL, None, id="kernel-alone"),
        pytest.param([FRR, KERNEL], KERNEL, 2, id="both"),
        pytest.param([FRR, KERNEL], "203.0.113.1 via 192.0.2.1 dev eth0\n", 0, id="kernel-lacks-it"),
        pytest.param([FRR, KERNEL_6], KERNEL_6, None, id="kernel-of-the-other-family"),
        pytest.param([FRR, KERNEL], f"{KERNEL}a line of no route\n", None, id="kernel-not-understood"),
    ],
)
def test_what_the_kernel_has_beside_a_daemon(texts: list[str], kernel: str, in_kernel: int | None) -> None:
    found = subject(*texts, linux=kernel).in_kernel("default", "198.51.100.1/32")
    assert (None if found is None else len(found)) == in_kernel


@pytest.mark.parametrize(
    "daemon, table, prefix",
    [(FRR, KERNEL, "198.51.100.1/32"), (FRR_6, KERNEL_6, "2001:db8:1::1/128")],
    ids=["IPv4", "IPv6"],
)
@pytest.mark.parametrize(
    "facts, in_kernel",
    [
        ({"nhid": 30}, None),
        ({"nhid": 30, "dev": "eth0"}, 1),
        ({"dev": "eth0"}, 1),
        ({"type": "blackhole"}, 0),
    ],
    ids=["its object alone", "with an interface", "without an object", "blackhole"],
)
def test_next_hops_that_the_kernel_names_by_their_object_alone_are_unknown(
    daemon: str, table: str, prefix: str, facts: dict[str, object], in_kernel: int | None
) -> None:
    router = subject(daemon, table, linux=json.dumps([{"dst": prefix.partition("/")[0], "flags": [], **facts}]))
    found = router.in_kernel("default", prefix)
    assert (None if found is None else len(found)) == in_kernel


def test_the_main_table_of_the_kernel_alone_is_known_to_lack_a_prefix() -> None:
    router = subject(FRR, KERNEL, linux="203.0.113.1 via 192.0.2.1 dev eth0\n")
    assert router.in_kernel("default", "198.51.100.1/32") == ()
    assert router.in_kernel("red", "198.51.100.1/32") is None
    assert router.in_kernel("default", "2001:db8:1::1/128") is None


ONE_HOP = "198.51.100.1 via 192.0.2.1 dev eth0 proto zebra metric 20\n"
OTHER_HOP = ONE_HOP.replace("192.0.2.1 dev", "192.0.2.9 dev")
SECOND_HOP = ONE_HOP.replace("192.0.2.1 dev", "192.0.2.2 dev")


@pytest.mark.parametrize(
    "daemon, kernel, differs",
    [
        pytest.param(FRR, KERNEL, False, id="FRR-agrees"),
        pytest.param(FRR, ONE_HOP, True, id="FRR-has-more"),
        pytest.param(FRR, KERNEL + "\tnexthop via 192.0.2.9 dev eth0 weight 1\n", True, id="kernel-has-more"),
        pytest.param(BIRD, KERNEL, False, id="BIRD-merges-paths"),
        pytest.param(BIRD, ONE_HOP, False, id="BIRD-does-not-merge-paths"),
        pytest.param(BIRD + BIRD_THIRD, KERNEL, True, id="BIRD-has-one-more-than-the-kernel"),
        pytest.param(BIRD + BIRD_WORSE, KERNEL, False, id="a-worse-route-of-BIRD-is-not-merged"),
        pytest.param(BIRD, SECOND_HOP, True, id="not-the-best-of-BIRD"),
        pytest.param(BIRD, OTHER_HOP, True, id="no-candidate-of-BIRD"),
        pytest.param(BIRD, KERNEL + "\tnexthop via 192.0.2.9 dev eth0 weight 1\n", True, id="more-than-candidates"),
    ],
)
def test_whether_daemon_and_kernel_differ(daemon: str, kernel: str, differs: bool) -> None:
    router = subject(daemon, KERNEL, linux=kernel)
    assert router.differs_from_kernel("default", "198.51.100.1/32") is differs
    assert not router.differs_from_kernel("red", "198.51.100.1/32")


@pytest.mark.parametrize(
    "texts, candidates, prefixes",
    [
        pytest.param([FRR], set(), {"198.51.100.1/32"}, id="FRR"),
        pytest.param([KERNEL], set(), {"198.51.100.1/32"}, id="kernel"),
        pytest.param([FRR, KERNEL_6], set(), {"198.51.100.1/32"}, id="the-daemon-counts-beside-a-kernel"),
        pytest.param([BIRD], {4}, {"198.51.100.1/32"}, id="BIRD"),
        pytest.param([BIRD, KERNEL], set(), {"198.51.100.1/32"}, id="BIRD-and-kernel"),
        pytest.param([BIRD, KERNEL_6], {4}, {"198.51.100.1/32"}, id="BIRD-and-the-other-family's-kernel"),
        pytest.param([FRR, FRR_6], set(), {"198.51.100.1/32", "2001:db8:1::1/128"}, id="both-families"),
    ],
)
def test_which_families_and_prefixes_a_router_has(texts: list[str], candidates: set[int], prefixes: set[str]) -> None:
    router = subject(*texts)
    assert (set(router.candidate_families), set(router.prefixes)) == (candidates, prefixes)
    assert router.shows_candidates_only("198.51.100.1/32") is (4 in candidates)
    assert not router.shows_candidates_only("2001:db8:1::1/128")
    assert bool(router.why_candidates_only) is (BIRD in texts)


BIRD_6 = """\
BIRD 2.0.12 ready.
Table master6:
2001:db8:1::1/128    unicast [node1 19:41:11.171] * (100) [AS64497i]
\tvia 2001:db8::1 on eth0
"""


@pytest.mark.parametrize(
    "command, kernel, candidates",
    [
        pytest.param(None, KERNEL + KERNEL_6, set(), id="pasted-of-both"),
        pytest.param(None, KERNEL_6, {4}, id="pasted-of-IPv6"),
        pytest.param("ip -j -6 route", "[]", {4}, id="empty-of-IPv6"),
        pytest.param("ip -j route", "[]", {6}, id="empty-of-IPv4"),
    ],
)
def test_a_table_of_the_kernel_is_of_its_routes_families_or_of_its_command(
    command: str | None, kernel: str, candidates: set[int]
) -> None:
    captures = [
        Capture("rx1", "bird", None, BIRD, "1.txt"),
        Capture("rx1", "bird", None, BIRD_6, "2.txt"),
        Capture("rx1", "linux", command, kernel, "3.txt", started="2026-11-20T10:15:00Z" if command else None),
    ]
    (router,) = subjects(read_material(captures).tables)
    assert router.candidate_families == candidates


@pytest.mark.parametrize(
    "texts, routes, next_hops, whole",
    [
        pytest.param([FRR], 1, 2, {4}, id="FRR"),
        pytest.param([FRR, KERNEL], 1, 2, {4}, id="the-daemon-alone-counts-beside-a-kernel"),
        pytest.param([FRR, KERNEL_6], 1, 2, {4}, id="the-other-family-of-the-kernel-does-not-count"),
        pytest.param([KERNEL], 1, 2, {4}, id="kernel"),
        pytest.param([BIRD, KERNEL], 3, 4, {4}, id="both-count-where-the-daemon-shows-candidates"),
    ],
)
def test_what_a_router_is_judged_on(texts: list[str], routes: int, next_hops: int, whole: set[int]) -> None:
    state = subject(*texts).state()
    assert (state.routes, state.next_hops, set(state.whole_families)) == (routes, next_hops, whole)


def test_of_bird_the_best_route_has_the_next_hops_of_the_kernel() -> None:
    router = subject(BIRD, KERNEL, linux=ONE_HOP)
    best, other = router.routes["default", "198.51.100.1/32"]
    assert [str(hop) for hop in best.installed] == ["192.0.2.1"]
    assert (best.is_selected, other.is_selected) == (True, False)
    elsewhere = subject(BIRD, KERNEL, linux=OTHER_HOP).routes["default", "198.51.100.1/32"][0]
    assert [(str(hop), hop.is_installed, hop.marks) for hop in elsewhere.next_hops] == [
        ("192.0.2.9", True, ()),
        ("192.0.2.1", False, ("not in the forwarding table",)),
    ]


# why something was not checked


def failed(router: str, command: str | None, why: str) -> Capture:
    """Return a capture of a scan without an answer."""
    return Capture(router, "frr", command, "", f"ssh {router}", failure=why, started="2026-11-28T03:00:00Z")


@pytest.mark.parametrize(
    "captures, has_table, why",
    [
        pytest.param([("show ip route", "refused")], False, "refused", id="one"),
        pytest.param([("show ip route", "refused"), ("show version", "refused")], False, "refused", id="one-reason"),
        pytest.param(
            [("show ip route", "refused"), ("show version", "timed out")],
            False,
            "show ip route: refused; show version: timed out",
            id="two-reasons",
        ),
        pytest.param([("show version", "refused")], True, "show version: refused", id="beside-a-table"),
        pytest.param(
            [("show version", "refused"), ("show ip bgp", "refused")],
            True,
            "show version, show ip bgp: refused",
            id="two-beside-a-table",
        ),
        pytest.param([], True, None, id="none"),
    ],
)
def test_commands_are_named_where_they_failed_for_different_reasons_or_others_did_not(
    captures: list[tuple[str, str]], has_table: bool, why: str | None
) -> None:
    tables = subject(FRR).tables if has_table else ()
    state = Subject("tor1", tables, tuple(failed("tor1", command, reason) for command, reason in captures)).state()
    assert (state.failure, state.has_data) == (why, has_table)
    of_nodes = node_states(
        [failed("node1", command, reason) for command, reason in captures], (), {"node1"} if has_table else set()
    )
    assert [(each.name, each.failure, each.has_data, each.is_node) for each in of_nodes] == (
        [("node1", why, has_table, True)] if captures else []
    )


def test_a_node_has_the_lines_of_its_own_outputs() -> None:
    lines = [UnparsedLine(name, f"ssh {name}", 1, "?", "no rule matches") for name in ("node1", "node2")]
    states = node_states([failed("node3", "ip -j address", "refused")], lines, {"node1", "node2"})
    assert [(state.name, state.failure, state.unparsed) for state in states] == [
        ("node1", None, (lines[0],)),
        ("node2", None, (lines[1],)),
        ("node3", "refused", ()),
    ]


# the request


@pytest.mark.parametrize(
    "select, ignore, codes",
    [
        pytest.param(["101", "ecmp501"], [], ["ECMP101", "ECMP501"], id="selected"),
        pytest.param(["101", "501"], ["ECMP501"], ["ECMP101"], id="selected-and-ignored"),
        pytest.param(["101"], ["101"], [], id="none"),
    ],
)
def test_which_rules_run(select: list[str], ignore: list[str], codes: list[str]) -> None:
    assert [each.code for each in chosen_rules(select, ignore)] == codes


def test_without_a_selection_all_rules_but_the_ignored_run() -> None:
    assert chosen_rules([], []) == all_rules()
    assert {each.code for each in all_rules()} - {each.code for each in chosen_rules([], ["101"])} == {"ECMP101"}


def configuration(**content: Any) -> Configuration:
    """Return a configuration."""
    return Configuration.model_validate(content)


@pytest.mark.parametrize("absent, named", [(9, ""), (10, ""), (11, " and 1 more"), (12, " and 2 more")])
def test_ten_of_the_routers_without_output_are_named_and_the_others_counted(absent: int, named: str) -> None:
    names = [f"tor{number:02}" for number in range(absent + 1)]
    request = Request(Expectations((), ()), configuration=configuration(routers={name: {} for name in names}))
    listed = ", ".join(names[1:11]) + named
    note = f"not asked, or without any output here: {listed} of the configured routers"
    assert network_of_material(Material(hosts=frozenset(names[:1])), request).notes == (note,)
    assert network_of_material(Material(hosts=frozenset(names)), request).notes == ()
    assert network_of_material(Material(), request).notes == ()
    assert network_of_material(Material(hosts=frozenset(names[:1])), request).asked == ("tor00",)


def test_a_run_started_when_its_oldest_capture_was_taken() -> None:
    captures = [
        Capture(name, "frr", "show ip route", FRR, name, started=started)
        for name, started in (("tor1", "2026-11-20T10:15:02Z"), ("tor2", "2026-11-20T10:15:01Z"), ("tor3", None))
    ]
    request = Request(Expectations((), ()))
    assert audit_material(read_material(captures), request, ()).started == "2026-11-20T10:15:01Z"
    assert audit_material(read_material(captures[2:]), request, ()).started is None


# judging


def test_findings_are_sorted_by_code_router_vrf_prefix_and_message() -> None:
    keys = [
        ("ECMP001", None, None, None, "b"),
        ("ECMP101", "tor1", "default", None, "b"),
        ("ECMP101", "tor1", "default", "198.51.100.9/32", "b"),
        ("ECMP101", "tor1", "default", "198.51.100.10/32", "a"),
        ("ECMP101", "tor1", "default", "198.51.100.10/32", "b"),
        ("ECMP101", "tor1", "red", "198.51.100.9/32", "a"),
        ("ECMP101", "tor2", "default", "198.51.100.9/32", "a"),
        ("ECMP101", "tor2", "default", "2001:db8::9/128", "a"),
    ]
    found = [
        Finding(code, Severity.ERROR, message, router=router, vrf=vrf, prefix=prefix)
        for code, router, vrf, prefix, message in reversed(keys)
    ]
    anything = replace(rule("101"), check=lambda network: iter(found if network else ()))
    assert [(f.code, f.router, f.vrf, f.prefix, f.message) for f in judge(Network(), [anything])] == keys


def test_a_rule_that_runs_alone_knows_every_resolved_fault_and_several_only_their_own() -> None:
    faults = [Fault(code, "tor1", "default", "198.51.100.7/32", "") for code in ("ECMP101", "ECMP501")]
    network = Network(past=Past(resolved={fault: ResolvedFault("run 41", 3) for fault in faults}))
    seen: list[set[str]] = []

    def check(known: Network) -> Any:
        seen.append({fault.code for fault in known.past.resolved})
        return iter(())

    judge(network, [replace(rule("604"), check=check)])
    judge(network, [replace(rule("604"), check=check), replace(rule("101"), check=lambda _: iter(()))])
    assert seen == [{"ECMP101", "ECMP501"}, {"ECMP101"}]


# evidence


@pytest.mark.parametrize("number, text", [(40, ""), (41, "first"), (43, "last"), (44, "")])
def test_lines_of_evidence_count_from_the_first_line_of_the_capture(number: int, text: str) -> None:
    capture = Capture("tor1", "frr", None, "first\nsecond\nlast\n", "session.txt", first_line=41)
    line, other = Evidence("session.txt", number, ""), Evidence("other.txt", number, "")
    with_text = texts_of([line, other], [capture])
    assert [shown.text for shown in with_text((line, other))] == [text, ""]


def test_a_line_that_has_its_text_keeps_it() -> None:
    capture = Capture("tor1", "frr", None, "first\nsecond\n", "session.txt")
    lines = (Evidence("session.txt", 1, "as it was read"), Evidence("session.txt", 2, ""))
    assert [line.text for line in texts_of(lines, [capture])(lines)] == ["as it was read", "second"]


# without a route table


@pytest.mark.parametrize(
    "pools, families",
    [
        pytest.param([], "4", id="nothing-is-known"),
        pytest.param(["198.51.100.0/24"], "4", id="IPv4"),
        pytest.param(["2001:db8:31::/64"], "6", id="IPv6"),
        pytest.param(["2001:db8:31::/64", "198.51.100.0/24"], "46", id="both"),
    ],
)
def test_the_commands_to_add_are_those_of_the_families_that_are_audited(pools: list[str], families: str) -> None:
    (sentence,) = what_to_add(Expectations.from_flags(pools, None, ()), parse_network("").facts)
    assert ("`show ip route`" in sentence, "`show ipv6 route`" in sentence) == ("4" in families, "6" in families)


def test_candidates_without_a_route_table_show_who_has_no_path_and_whose_session_is_down() -> None:
    facts = parse_network(
        "tor1 answered BGP table\n"
        "tor1 bgp 198.51.100.7/32 via 192.0.2.1 from 192.0.2.1\n"
        "tor1 bgp 198.51.100.7/32 via 203.0.113.9 from 192.0.2.2\n"
        "tor1 bgp 203.0.113.7/32 via 192.0.2.1\n"
        "tor2 bgp 198.51.100.7/32 via 192.0.2.1\n"
        "tor1 session 192.0.2.3 ipv4 Active\ntor1 session 192.0.2.1 ipv4 Established\ntor1 session 192.0.2.9 ipv4 Idle"
    ).facts
    nodes = parse_nodes(["node1=192.0.2.1,node2=192.0.2.2,node3=192.0.2.3"])
    _, *sentences = what_to_add(Expectations.from_flags(["198.51.100.0/24"], None, nodes), facts)
    assert sentences == [
        "tor1: 198.51.100.7/32: the BGP table has no path from node3 (192.0.2.3)",
        "tor1: the BGP session to node3 (192.0.2.3) is Active",
    ]


def test_a_bgp_table_of_no_named_router_may_be_of_any_router_of_a_cluster() -> None:
    content = configuration(
        routers={"tor1": {}},
        nodes={"node1": {"addresses": ["192.0.2.1"]}, "node2": {"addresses": ["192.0.2.2"]}},
        clusters={"prod": {"routers": ["tor1"], "pools": ["198.51.100.0/24"]}},
    )
    facts = parse_network("tor1 answered BGP table\ntor1 bgp 198.51.100.7/32 via 192.0.2.1").facts
    paths = tuple(replace(path, router="") for path in facts.paths)
    unnamed = replace(facts, paths=paths, answered=frozenset({("", Question.BGP_TABLE, None)}))
    _, *sentences = what_to_add(Expectations.from_configuration(content, "ecmpaudit.yaml"), unnamed)
    assert sentences == ["198.51.100.7/32: the BGP table has no path from node2 (192.0.2.2)"]


def test_addresses_that_nodes_report_make_them_known_by_their_next_hops() -> None:
    material = read_material([Capture("tor1", "frr", "show ipv6 route", FRR_6, "-")])
    request = Request(Expectations.from_flags([], None, parse_nodes(["node1=192.0.2.1,node2=192.0.2.2"])))
    reported = replace(material, node_addresses={"node1": ("2001:db8::1",), "node2": ("2001:db8::2",)})
    for known, names in ((material, []), (reported, ["node1", "node2"])):
        (prefix,) = network_of_material(known, request).prefixes
        assert prefix.expectation is not None
        assert [each.name for each in prefix.expectation.nodes] == names


# explain


@pytest.mark.parametrize(
    "text, is_whole",
    [
        pytest.param("via 192.0.2.1-2", True, id="all"),
        pytest.param("via 192.0.2.1", False, id="one-missing"),
        pytest.param("via 192.0.2.1, 192.0.2.9", False, id="another-in-its-place"),
        pytest.param("missing", False, id="no-route"),
    ],
)
def test_a_router_is_whole_if_it_has_every_expected_node(text: str, is_whole: bool) -> None:
    network = parse_network(f"tor1 198.51.100.7/32 {text}\nexpect 198.51.100.7/32 nodes 192.0.2.1-2")
    (router,) = explain(network, "198.51.100.7/32").routers
    assert router.is_whole is is_whole


@pytest.mark.parametrize(
    "ceiling, is_incomplete", [("", True), ("ceiling rx1 1", False), ("ceiling rx1 4", False)], ids=["none", "1", "4"]
)
def test_candidates_are_explained_completely_where_a_ceiling_is_known(ceiling: str, is_incomplete: bool) -> None:
    text = f"rx1 198.51.100.7/32 via 192.0.2.1-2\nrx1 shows candidates only\n{ceiling}"
    assert explain(parse_network(text), "198.51.100.7/32").is_incomplete is is_incomplete


def test_next_hops_of_no_expected_node_are_explained_by_their_addresses() -> None:
    text = (
        "tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.9\nexpect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2"
    )
    network = parse_network(text)
    (prefix,) = network.prefixes
    connected = route([NextHop(None, "eth7"), NextHop("192.0.2.9")])
    for routes, names in (
        (prefix.routes, ["node1", "node2", "192.0.2.9"]),
        (connected, ["node1", "node2", "192.0.2.9"]),
    ):
        known = replace(network, prefixes=(replace(prefix, routes=routes),))
        (router,) = explain(known, "198.51.100.7/32").routers
        assert [chain.node.name for chain in router.chains] == names


@pytest.mark.parametrize(
    "states, is_incomplete",
    [
        pytest.param((RouterState("tor1"),), False, id="checked"),
        pytest.param((RouterState("tor1", failure="cut off"),), True, id="failed"),
        pytest.param((RouterState("tor1", has_data=False),), True, id="no-answer"),
        pytest.param(
            (RouterState("tor1", unparsed=(UnparsedLine("tor1", "-", 1, "?", "?"),)),), True, id="not-understood"
        ),
    ],
)
def test_an_explanation_is_incomplete_where_a_router_was_not_checked(
    states: tuple[RouterState, ...], is_incomplete: bool
) -> None:
    network = replace(parse_network("tor1 198.51.100.7/32 via 192.0.2.1"), routers=states)
    assert explain(network, "198.51.100.7/32").is_incomplete is is_incomplete
    assert explain(network, "198.51.100.8/32").is_incomplete


# what every router should have


def audit_of(expectations: Expectations, **tables: str) -> dict[str, list[str]]:
    """Return the codes of the findings about missing prefixes by router, for FRR tables of several routers."""
    captures = [Capture(name, "frr", "show ip route", text, name) for name, text in tables.items()]
    found = audit_material(read_material(captures), Request(expectations), all_rules()).findings
    return {name: [f.code for f in found if f.router == name and f.code in {"ECMP102", "ECMP103"}] for name in tables}


@pytest.mark.parametrize(
    "expectations, codes",
    [
        pytest.param(Expectations.from_flags([], 2, ()), ["ECMP102"], id="something-is-given"),
        pytest.param(Expectations((), ()), [], id="all-is-inferred"),
    ],
)
def test_a_prefix_of_one_router_is_missing_on_another_where_something_is_given(
    expectations: Expectations, codes: list[str]
) -> None:
    other = FRR.replace("198.51.100.1/32", "203.0.113.1/32")
    assert audit_of(expectations, tor1=FRR, tor2=other) == {"tor1": codes, "tor2": codes}


@pytest.mark.parametrize("mark, code", [("B>* ", "ECMP103"), ("B   ", "ECMP102")], ids=["selected", "not-selected"])
def test_only_a_selected_route_covers_a_missing_prefix(mark: str, code: str) -> None:
    around = f"{mark}198.51.0.0/16 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05\n"
    assert audit_of(Expectations.from_flags(["198.51.100.7/32"], 2, ()), tor1=around) == {"tor1": [code]}


def test_the_candidates_of_bird_are_expected_together() -> None:
    network = network_of_material(
        read_material([Capture("rx1", "bird", None, BIRD, "-")]), Request(Expectations((), ()))
    )
    assert [(prefix.prefix, prefix.expected) for prefix in network.prefixes] == [("198.51.100.1/32", 2)]


def test_a_prefix_without_a_best_route_in_bird_is_expected_nowhere() -> None:
    not_best = "198.51.100.9/32      unicast [node1 19:41:11.171] (100) [AS64497i]\n\tvia 192.0.2.1 on eth0\n"
    capture = Capture("rx1", "bird", None, BIRD + not_best, "-")
    network = network_of_material(read_material([capture]), Request(Expectations((), ())))
    assert [prefix.prefix for prefix in network.prefixes] == ["198.51.100.1/32"]


BIRD_SIBLING = """\
198.51.100.2/32      unicast [node2 19:41:11.171] * (100) [AS64497i]
\tvia 192.0.2.2 on eth0
"""


def test_the_prefixes_of_bird_are_siblings_whatever_instance_is_best() -> None:
    capture = Capture("rx1", "bird", None, BIRD + BIRD_SIBLING, "-")
    network = network_of_material(read_material([capture]), Request(Expectations((), ())))
    assert [(prefix.prefix, prefix.expected) for prefix in network.prefixes] == [
        ("198.51.100.1/32", 2),
        ("198.51.100.2/32", 2),
    ]


def test_a_prefix_is_missing_in_the_main_table_where_only_a_vrf_has_routes() -> None:
    of_red = f"VRF red:\n{FRR}"
    found = audit_of(Expectations.from_flags(["203.0.113.7/32"], 2, ()), tor1=of_red)
    assert found == {"tor1": ["ECMP102"]}


@pytest.mark.parametrize("count, codes", [(0, []), (1, ["ECMP102"])])
def test_a_prefix_that_no_node_should_announce_is_not_missing(count: int, codes: list[str]) -> None:
    cluster = ClusterKnowledge({"198.51.100.1/32": Expectation("Service", count)})
    other = FRR.replace("198.51.100.1/32", "203.0.113.1/32")
    found = audit_of(Expectations((), ()).with_cluster(cluster), tor1=FRR, tor2=other)
    assert found == {"tor1": [], "tor2": codes}


@pytest.mark.parametrize("router, place", [("rx1", "rx1"), (None, "this router")])
def test_a_note_says_of_which_router_only_candidates_are_known(router: str | None, place: str) -> None:
    network = network_of_material(
        read_material([Capture(router, "bird", None, BIRD, "-")]), Request(Expectations((), ()))
    )
    assert [note.partition(":")[0] for note in network.notes] == [place]


@pytest.mark.parametrize("is_complete, ranges", [(True, ("203.0.113.0/24",)), (False, ())])
def test_a_range_is_completely_known_if_every_service_is(is_complete: bool, ranges: tuple[str, ...]) -> None:
    cluster = ClusterKnowledge(ranges=("203.0.113.0/24",), is_complete=is_complete)
    request = Request(Expectations((), ()).with_cluster(cluster))
    assert network_of_material(Material(), request).expects_everything_in == ranges
    assert network_of_material(Material(), Request(Expectations((), ()))).expects_everything_in == ()


def test_rules_end_at_the_deadline_and_are_named() -> None:
    found = [Finding("ECMP101", Severity.ERROR, name, router=name) for name in ("tor1", "tor2", "tor3")]

    def check(_: Network) -> Iterator[Finding]:
        yield found[0]
        time.sleep(0.2)
        yield found[1]
        yield found[2]

    first = replace(rule("001"), check=lambda _: iter(()))
    slow = replace(rule("101"), check=check)
    later = replace(rule("501"), check=lambda _: iter(found))
    judged = judge_until(Network(), [first, slow, later], time.monotonic() + 0.1)
    assert judged.findings == tuple(found[:2])
    assert (judged.codes, judged.cut_off) == (("ECMP001",), ("ECMP101", "ECMP501"))


def test_an_audit_that_the_deadline_ended_is_incomplete_and_says_so() -> None:
    request = Request.without_file(ScopeOptions())
    audit = audit_material(Material(), request, all_rules(), until=time.monotonic() - 1)
    assert (audit.is_incomplete, audit.codes, len(audit.cut_off)) == (True, (), len(all_rules()))
    sentence = audit.network.unanswered[-1]
    assert sentence.startswith("ECMP001, ECMP002, ")
    assert sentence.endswith(": not judged completely: the run's deadline was over (--deadline)")
    assert "ECMP703" in sentence
