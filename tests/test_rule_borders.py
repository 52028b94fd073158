"""What each rule reports exactly where its answer changes: the last value that is silent and the first that is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecmpaudit.model import Evidence, Expectation, Network, NextHop, NextHops, Route, RouterState, Severity
from ecmpaudit.model.facts import BgpSession
from ecmpaudit.model.questions import NotAnswered, Question
from ecmpaudit.rules.messages import described, named_peer
from ecmpaudit.rules.not_answered import sentence
from ecmpaudit.rules.suppression import is_reported_as_missing, is_session_with
from tests.notation import parse_network
from tests.rule_checks import findings_in, messages_in, node, seen_as_candidates

BOTH = frozenset({4, 6})


def with_expectation(text: str, expectation: Expectation) -> Network:
    """Return the network with this expectation of each prefix."""
    network = parse_network(text)
    return replace(network, prefixes=tuple(replace(p, expectation=expectation) for p in network.prefixes))


# 004 and 005: what is not known


@pytest.mark.parametrize(
    "families, prefixes, said",
    [
        pytest.param(BOTH, "", "candidates were counted", id="both-families-and-no-prefix"),
        pytest.param({4}, "", "IPv4 candidates were counted", id="IPv4-and-no-prefix"),
        pytest.param({6}, "", "IPv6 candidates were counted", id="IPv6-and-no-prefix"),
        pytest.param(BOTH, "rx1 198.51.100.7/32 via 192.0.2.1", "IPv4 candidates were counted", id="IPv4-is-audited"),
        pytest.param(BOTH, "rx1 2001:db8::7/128 via 2001:db8::1", "IPv6 candidates were counted", id="IPv6-is-audited"),
        pytest.param({6}, "rx1 198.51.100.7/32 via 192.0.2.1", None, id="only-the-other-family-is-audited"),
        pytest.param(BOTH, "rx1 198.51.100.7/32 missing", "candidates were counted", id="no-route-of-a-family"),
        pytest.param(BOTH, "rx1 198.51.100.7/32 via 192.0.2.1\nceiling rx1 4", None, id="ceiling"),
        pytest.param(BOTH, "rx2 198.51.100.7/32 via 192.0.2.1\nceiling rx2 4", "candidates", id="ceiling-of-another"),
    ],
)
def test_004_reports_the_audited_families_of_which_only_candidates_are_known(
    families: set[int], prefixes: str, said: str | None
) -> None:
    network = parse_network(prefixes)
    router = RouterState("rx1", candidate_families=frozenset(families))
    message = messages_in(replace(network, routers=(router,))).get("ECMP004")
    assert message is None if said is None else message is not None and message.startswith(f"rx1: {said}")


def test_004_names_no_router_where_a_pasted_table_names_none() -> None:
    network = Network(routers=(RouterState("", candidate_families=frozenset({4})),))
    assert messages_in(network)["ECMP004"].startswith("IPv4 candidates were counted")


OF_ROUTES = NotAnswered("tor1", "show ip route", "refused", (Question.ROUTES,), undetermined=("ECMP101",))
OF_KERNEL = NotAnswered("tor1", "ip route", "refused", (Question.KERNEL_ROUTES,), undetermined=("ECMP302",))


@pytest.mark.parametrize(
    "entry, states, is_reported",
    [
        pytest.param(OF_ROUTES, (), True, id="no-state"),
        pytest.param(OF_ROUTES, (RouterState("tor1"),), True, id="nothing-else-is-reported"),
        pytest.param(OF_ROUTES, (RouterState("tor1", failure="refused"),), False, id="001-reports-the-routes"),
        pytest.param(OF_KERNEL, (RouterState("tor1", failure="refused"),), True, id="001-reports-other-routes"),
        pytest.param(OF_KERNEL, (RouterState("tor1", has_data=False),), False, id="001-reports-the-router"),
        pytest.param(replace(OF_KERNEL, is_unavailable=True), (), False, id="unavailable-as-configured"),
        pytest.param(replace(OF_KERNEL, undetermined=()), (), False, id="no-rule-is-concerned"),
    ],
)
def test_005_reports_what_could_not_be_judged_unless_001_does(
    entry: NotAnswered, states: tuple[RouterState, ...], is_reported: bool
) -> None:
    assert ("ECMP005" in messages_in(Network(routers=states, not_answered=(entry,)))) is is_reported


@pytest.mark.parametrize(
    "entries, said",
    [
        pytest.param([OF_KERNEL], "`ip route` (refused), so ECMP302 could not be judged", id="rule"),
        pytest.param(
            [OF_KERNEL, OF_ROUTES],
            "`ip route` and `show ip route` (refused), so ECMP101 and 302 could not be judged",
            id="two-of-one-reason",
        ),
        pytest.param(
            [OF_KERNEL, replace(OF_ROUTES, reason="timed out")],
            "`ip route` (refused); `show ip route` (timed out), so ECMP101 and 302 could not be judged",
            id="two-reasons",
        ),
        pytest.param(
            [replace(OF_KERNEL, is_unavailable=True)],
            "`ip route` (refused), so ECMP302 could not be judged, as `unavailable` in the configuration expects",
            id="as-configured",
        ),
        pytest.param(
            [replace(OF_KERNEL, is_unavailable=True), OF_ROUTES],
            "`ip route` and `show ip route` (refused), so ECMP101 and 302 could not be judged",
            id="one-as-configured",
        ),
        pytest.param(
            [replace(OF_KERNEL, undetermined=(), causes=("kernel",))],
            "`ip route` (refused), so what a finding says of its cause may lack kernel",
            id="cause",
        ),
        pytest.param([replace(OF_KERNEL, undetermined=())], "`ip route` (refused), so no rule was affected", id="none"),
    ],
)
def test_what_was_not_answered_is_one_sentence_with_its_consequence(entries: list[NotAnswered], said: str) -> None:
    assert sentence(entries) == f"not answered: {said}"


# 104, 105: what is compared


def test_104_weighs_an_inferred_expectation_no_less_as_it_rests_on_the_twin() -> None:
    text = """
        tor1 198.51.100.7/32 via 192.0.2.1-3
        tor1 2001:db8:100::7/128 via 2001:db8::1-2
        expect 2001:db8:100::7/128 count 2 inferred from 2001:db8:100::8/128
        twins 198.51.100.7/32 2001:db8:100::7/128
    """
    finding = findings_in(text)["ECMP104"]
    assert (finding.severity, finding.is_inferred) == (Severity.WARNING, False)
    assert finding.message.endswith(
        "2001:db8:100::7/128: 2 next hops, expected 3: 198.51.100.7/32 of the same service has 3"
    )


TWO_ROUTERS = "tor1 198.51.100.7/32 via 192.0.2.1-3\ntor2 198.51.100.7/32 via 192.0.2.1-2\n"


@pytest.mark.parametrize(
    "text, codes",
    [
        pytest.param(TWO_ROUTERS, ["ECMP105"], id="nothing-is-expected"),
        pytest.param(f"{TWO_ROUTERS}expect 198.51.100.7/32 count 2", [], id="both-have-what-was-given"),
        pytest.param(
            f"{TWO_ROUTERS}expect 198.51.100.7/32 count 2 inferred from 198.51.100.8/32", ["ECMP105"], id="inferred"
        ),
        pytest.param(
            f"{TWO_ROUTERS}expect 198.51.100.7/32 count 3 inferred from 198.51.100.8/32",
            ["ECMP101"],
            id="101-reports-it",
        ),
        pytest.param(f"{TWO_ROUTERS}tor2 shows candidates only", ["ECMP004"], id="candidates"),
    ],
)
def test_105_compares_what_no_other_rule_judges_and_is_known_to_be_installed(text: str, codes: list[str]) -> None:
    assert sorted(findings_in(text)) == codes


def test_105_has_no_finding_about_a_prefix_of_one_router() -> None:
    assert findings_in("tor1 198.51.100.7/32 via 192.0.2.1-3\ntor2 198.51.100.8/32 via 192.0.2.1-2") == {}


@pytest.mark.parametrize(
    "text, is_reported",
    [
        pytest.param("tor1 198.51.100.7/32 missing", True, id="no-route"),
        pytest.param("tor1 198.51.100.7/32 via 192.0.2.1", False, id="nothing-expected"),
        pytest.param("tor1 198.51.100.7/32 via 192.0.2.1\nexpect 198.51.100.7/32 count 1", False, id="enough"),
        pytest.param("tor1 198.51.100.7/32 via 192.0.2.1\nexpect 198.51.100.7/32 count 2", True, id="too-few"),
        pytest.param("tor1 198.51.100.7/32 via 192.0.2.1\nexpect 198.51.100.7/32 nodes 192.0.2.2", True, id="another"),
    ],
)
def test_what_rules_101_to_103_report(text: str, is_reported: bool) -> None:
    (prefix,) = parse_network(text).prefixes
    assert is_reported_as_missing(prefix) is is_reported


@pytest.mark.parametrize(
    "peer, name, is_node3",
    [
        ("192.0.2.3", None, True),
        ("fe80::3%eth7", None, True),
        ("eth7", "node3", True),
        ("192.0.2.4", "node3", True),
        ("192.0.2.4", None, False),
        ("fe80::4%eth7", "node4", False),
        ("eth7", None, False),
    ],
)
def test_a_session_is_with_a_node_by_its_name_or_its_address(peer: str, name: str | None, is_node3: bool) -> None:
    session = BgpSession("tor1", peer, 4, "Established", Evidence("summary", 1, ""), peer_name=name)
    assert is_session_with(session, node("node3", "192.0.2.3", "fe80::3")) is is_node3
    named = name or ("node3" if is_node3 else None)
    other_end = node("node3", "192.0.2.3") if is_node3 else None
    assert named_peer(session, other_end) == (f"{named} ({peer})" if named else peer)


def test_a_peer_without_another_name_is_called_by_its_address_once() -> None:
    session = BgpSession("tor1", "192.0.2.3", 4, "Active", Evidence("summary", 1, ""))
    assert named_peer(session, node("192.0.2.3", "192.0.2.3")) == "192.0.2.3"


# 201 to 204: ceilings


@pytest.mark.parametrize(
    "ceiling, codes",
    [
        pytest.param(1, ["ECMP102", "ECMP204"], id="204-reports-a-ceiling-of-1"),
        pytest.param(2, ["ECMP102", "ECMP201"], id="2"),
        pytest.param(5, ["ECMP102"], id="as-many-as-expected"),
    ],
)
@pytest.mark.parametrize("prefix", ["198.51.100.7/32", "2001:db8:100::7/128"])
def test_a_ceiling_below_what_is_expected_is_reported_where_the_prefix_is_missing_too(
    prefix: str, ceiling: int, codes: list[str]
) -> None:
    found = findings_in(f"tor1 {prefix} missing\nexpect {prefix} count 5\nceiling tor1 {ceiling}")
    assert sorted(found) == codes
    if "ECMP204" in found:
        assert (found["ECMP204"].expected, found["ECMP204"].actual) == (5, 0)


def test_202_weighs_less_where_the_expectation_is_inferred() -> None:
    finding = findings_in(
        "tor1 198.51.100.7/32 via 192.0.2.1-4\n"
        "expect 198.51.100.7/32 count 5 inferred from 198.51.100.8/32\nceiling tor1 4"
    )["ECMP202"]
    assert (finding.severity, finding.is_inferred) == (Severity.WARNING, True)
    assert finding.message.endswith("; expected 5 is inferred from its sibling 198.51.100.8/32")


@pytest.mark.parametrize(
    "text, is_reported",
    [
        pytest.param("via 192.0.2.1\nceiling tor1 1", False, id="204-reports-a-ceiling-of-1"),
        pytest.param("via 192.0.2.1\nceiling tor1 2", True, id="no-room-for-2-more"),
        pytest.param("via 192.0.2.1\nceiling tor1 3", False, id="room-for-2-more"),
        pytest.param("via 192.0.2.1-2\nceiling tor1 2", True, id="full"),
        pytest.param("via 192.0.2.1-3\nceiling tor1 2", False, id="201-reports-what-is-above"),
        pytest.param("missing\nceiling tor1 2", False, id="nothing-that-could-grow"),
    ],
)
def test_203_reports_a_ceiling_that_is_kept_now_and_not_with_two_more_nodes(text: str, is_reported: bool) -> None:
    assert ("ECMP203" in findings_in(f"tor1 198.51.100.7/32 {text}\ngrowth 2")) is is_reported


@pytest.mark.parametrize(
    "ceiling, fact",
    [
        pytest.param(1, "1 next hop, expected 5", id="multipath-is-off"),
        pytest.param(2, "3 candidate next hops, expected 5", id="two-of-the-candidates"),
        pytest.param(None, "3 candidate next hops, expected 5", id="unknown"),
    ],
)
def test_candidates_are_called_so_unless_only_one_of_them_can_be_installed(ceiling: int | None, fact: str) -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2 queued, 192.0.2.3 queued\nexpect 198.51.100.7/32 count 5"
    network = seen_as_candidates(f"{text}\nceiling tor1 {ceiling}" if ceiling else text)
    assert messages_in(network)["ECMP101"].startswith(f"tor1 198.51.100.7/32: {fact}")


# 401: worse candidates


@pytest.mark.parametrize(
    "best, other, is_reported",
    [
        pytest.param("best external", "external", True, id="eBGP"),
        pytest.param("best internal", "internal", True, id="iBGP"),
        pytest.param("best internal", "external", True, id="eBGP-beside-iBGP"),
        pytest.param("best external", "internal", False, id="iBGP-copy-beside-eBGP"),
        pytest.param("best", "internal", True, id="kind-of-the-best-is-unknown"),
        pytest.param("best external", "", True, id="own-kind-is-unknown"),
    ],
)
def test_401_reports_a_worse_path_unless_it_is_another_routers_copy(best: str, other: str, is_reported: bool) -> None:
    text = f"""
        tor1 198.51.100.7/32 via 192.0.2.1
        tor1 bgp 198.51.100.7/32 via 192.0.2.1 localpref 200 {best}
        tor1 bgp 198.51.100.7/32 via 192.0.2.2 localpref 100 {other}
    """
    assert ("ECMP401" in findings_in(text)) is is_reported


@pytest.mark.parametrize("mark", ["best", "multipath", "best multipath"])
def test_401_does_not_report_a_second_path_to_a_next_hop_that_is_used(mark: str) -> None:
    text = f"""
        tor1 198.51.100.7/32 via 192.0.2.1-2
        tor1 bgp 198.51.100.7/32 via 192.0.2.1 localpref 200 best
        tor1 bgp 198.51.100.7/32 via 192.0.2.2 from 192.0.2.2 localpref 200 {mark}
        tor1 bgp 198.51.100.7/32 via 192.0.2.2 from 192.0.2.9 localpref 100
    """
    assert findings_in(text) == {}


@pytest.mark.parametrize(
    "others, said",
    [
        (["192.0.2.2"], "192.0.2.2 not used: its path has local-pref 100"),
        (["192.0.2.2", "192.0.2.3"], "192.0.2.2, 192.0.2.3 not used: their paths have local-pref 100"),
    ],
)
def test_401_says_of_one_path_its_and_of_several_their(others: list[str], said: str) -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1\ntor1 bgp 198.51.100.7/32 via 192.0.2.1 localpref 200 best\n"
    text += "\n".join(f"tor1 bgp 198.51.100.7/32 via {hop} localpref 100" for hop in others)
    assert f"; {said}, the best path (192.0.2.1) has 200" in messages_in(text)["ECMP401"]


# 403 and 404: sessions

CARRYING = "tor1 198.51.100.7/32 ospf via 192.0.2.1-2\ntor1 session 192.0.2.1 ipv4 Established"
EMPTY = "tor1 session 192.0.2.9 ipv4 Established accepted 0"
NOTHING_ACCEPTED = "tor1: no IPv4 prefix accepted from 192.0.2.9, expected at least 1; its BGP session is up"
NO_POLICY = "the neighbour has no inbound policy (Policy)"


@pytest.mark.parametrize(
    "text, said",
    [
        pytest.param(f"{CARRYING} accepted 1 as 64512\n{EMPTY} as 64512", NOTHING_ACCEPTED, id="its-AS-carries"),
        pytest.param(f"{CARRYING} accepted 0 as 64512\n{EMPTY} as 64512", None, id="its-AS-carries-nothing"),
        pytest.param(f"{CARRYING} accepted 1 as 64513\n{EMPTY} as 64512", None, id="another-AS-carries"),
        pytest.param(f"{CARRYING} accepted 1\n{EMPTY}", None, id="no-AS-is-known"),
        pytest.param(
            f"{CARRYING.replace('tor1 session', 'tor1 vrf red session')} accepted 1 as 64512\n{EMPTY} as 64512",
            None,
            id="another-VRF-carries",
        ),
        pytest.param(
            f"{CARRYING.replace('ipv4', 'ipv6')} accepted 1 as 64512\n{EMPTY} as 64512",
            None,
            id="another-family-carries",
        ),
        pytest.param(
            f"{CARRYING} accepted 1 as 64512\n{EMPTY.replace('accepted 0', 'accepted 1')} as 64512",
            None,
            id="both-carry",
        ),
        pytest.param(
            f"{CARRYING} accepted 1 as 64512\n{EMPTY.replace('accepted 0', '')} as 64512", None, id="unknown-number"
        ),
        pytest.param(
            f"{CARRYING} accepted 1 as 64512\n{EMPTY.replace('Established', 'Active')} as 64512", None, id="down"
        ),
        pytest.param(f"{CARRYING}\n{EMPTY} detail Policy", f"{NOTHING_ACCEPTED}; {NO_POLICY}", id="no-policy"),
    ],
)
def test_403_reports_an_empty_session_whose_as_carries_prefixes_or_that_has_no_policy(
    text: str, said: str | None
) -> None:
    finding = findings_in(text).get("ECMP403")
    assert (finding.message if finding else None) == said
    if finding:
        assert finding.cause == (NO_POLICY if "Policy" in text else None)
        assert ("ebgp-requires-policy" in (finding.hint or "")) is ("Policy" in text)


@pytest.mark.parametrize(
    "name, session",
    [
        pytest.param("node2", "192.0.2.2 ipv4", id="expected"),
        pytest.param("192.0.2.9", "192.0.2.9 ipv4", id="of-no-node"),
    ],
)
def test_403_names_the_node_of_the_session_and_no_other(name: str, session: str) -> None:
    text = "tor1 198.51.100.7/32 ospf via 192.0.2.1-2\nexpect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2\n"
    text += f"tor1 session {session} Established accepted 0 detail Policy"
    shown = "node2 (192.0.2.2)" if name == "node2" else name
    assert f"no IPv4 prefix accepted from {shown}, " in messages_in(text)["ECMP403"]


@pytest.mark.parametrize(
    "accepted, limit, is_reported",
    [(799, 1000, False), (800, 1000, True), (793, 1000, False), (0, 1, False), (1, 1, True), (None, 1, False)],
)
def test_404_counts_from_exactly_80_percent(accepted: int | None, limit: int, is_reported: bool) -> None:
    known = "" if accepted is None else f"accepted {accepted} "
    text = f"tor1 198.51.100.7/32 via 192.0.2.1\ntor1 session 192.0.2.1 ipv4 Established {known}limit {limit}"
    assert ("ECMP404" in findings_in(text)) is is_reported


@pytest.mark.parametrize(
    "neighbor, is_reported",
    [
        pytest.param("tor1 neighbor 192.0.2.1 ipv4 limit 10", True, id="of-the-session"),
        pytest.param("tor1 neighbor 192.0.2.1 ipv4 route-map X", False, id="no-limit"),
        pytest.param("tor1 neighbor 192.0.2.2 ipv4 limit 10", False, id="of-another-peer"),
        pytest.param("tor1 neighbor 192.0.2.1 ipv6 limit 10", False, id="of-the-other-family"),
        pytest.param("tor1 vrf red neighbor 192.0.2.1 ipv4 limit 10", False, id="of-another-VRF"),
        pytest.param("tor2 neighbor 192.0.2.1 ipv4 limit 10", False, id="of-another-router"),
    ],
)
def test_404_takes_the_limit_from_the_configuration_of_the_same_session(neighbor: str, is_reported: bool) -> None:
    text = f"tor1 198.51.100.7/32 via 192.0.2.1\ntor1 session 192.0.2.1 ipv4 Established accepted 9\n{neighbor}"
    assert ("ECMP404" in findings_in(text)) is is_reported


@pytest.mark.parametrize(
    "limit, at_limit", [(" limit 10", " of 10"), ("", "")], ids=["limit-is-known", "limit-is-unknown"]
)
def test_404_reports_a_session_that_its_limit_shut_as_an_error(limit: str, at_limit: str) -> None:
    text = f"tor1 198.51.100.7/32 via 192.0.2.1\ntor1 session 192.0.2.9 ipv4 Idle detail PfxCt{limit}"
    finding = findings_in(text)["ECMP404"]
    assert finding.severity is Severity.ERROR
    assert finding.message == (
        f"tor1: the BGP session with 192.0.2.9 was shut at its IPv4 prefix limit{at_limit}, expected up"
    )


def test_404_says_what_happens_beyond_a_limit_that_blocks() -> None:
    network = parse_network(
        "tor1 198.51.100.7/32 via 192.0.2.1\ntor1 session 192.0.2.1 ipv4 Established accepted 9 limit 10"
    )
    (session,) = network.facts.sessions
    blocking = replace(network.facts, sessions=(replace(session, blocks_at_limit=True),))
    assert messages_in(replace(network, facts=blocking))["ECMP404"].endswith("beyond the limit no more are accepted")


# 501 to 503: too many, or elsewhere


def test_501_names_the_service_and_why_a_known_node_is_unexpected() -> None:
    expectation = Expectation(
        "Service prod/web",
        1,
        (node("node1", "192.0.2.1"),),
        services=("prod/web",),
        excluded=((node("node2", "192.0.2.2"), "no ready endpoint"), (node("node3", "192.0.2.3"), "not selected")),
    )
    network = with_expectation("tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2, 192.0.2.9", expectation)
    assert messages_in(network) == {
        "ECMP501": "tor1 198.51.100.7/32: 3 next hops, expected 1; "
        "unexpected node2 (192.0.2.2; no ready endpoint), 192.0.2.9; Service prod/web"
    }


@pytest.mark.parametrize(
    "inside, is_reported", [("via 192.0.2.1-2", False), ("via 192.0.2.1", False), ("via 192.0.2.1, 192.0.2.9", True)]
)
def test_502_compares_candidates_by_what_leads_elsewhere(inside: str, is_reported: bool) -> None:
    text = f"tor1 198.51.100.0/24 via 192.0.2.1-2\ntor1 198.51.100.0/24 more specific 198.51.100.7/32 {inside}"
    assert ("ECMP502" in findings_in(seen_as_candidates(text))) is is_reported


@pytest.mark.parametrize(
    "route, said",
    [
        pytest.param(
            "via 192.0.2.1, 192.0.2.2 inactive",
            "1 next hop, expected no route: no service has this address; announced by 192.0.2.1, 192.0.2.2",
            id="announced",
        ),
        pytest.param(
            "static blackhole", "0 next hops, expected no route: no service has this address", id="without-next-hop"
        ),
        pytest.param("missing", None, id="no-route"),
    ],
)
def test_503_names_all_that_announce_an_address_of_no_service(route: str, said: str | None) -> None:
    message = messages_in(f"tor1 198.51.100.9/32 {route}\nexpect 198.51.100.9/32 of no service").get("ECMP503")
    assert message == (said and f"tor1 198.51.100.9/32: {said}")


# 601 to 603: the past, and stale paths


def test_603_shows_the_stale_paths_of_the_next_hops_that_are_installed() -> None:
    text = """
        tor1 198.51.100.7/32 via 192.0.2.1-2
        tor1 bgp 198.51.100.7/32 via 192.0.2.1 best
        tor1 bgp 198.51.100.7/32 via 192.0.2.2 multipath stale
        tor1 bgp 198.51.100.7/32 via 192.0.2.3 stale
    """
    finding = findings_in(text)["ECMP603"]
    assert [line.text for line in finding.evidence] == ["tor1 bgp 198.51.100.7/32 via 192.0.2.2 multipath stale"]


# 701, and how a route is named


def test_a_rule_that_rests_on_no_expectation_weighs_as_much_where_one_is_inferred() -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2 weight 2\n"
    finding = findings_in(f"{text}expect 198.51.100.7/32 count 2 inferred from 198.51.100.8/32")["ECMP701"]
    assert (finding.severity, finding.is_inferred) == (Severity.WARNING, False)
    assert "inferred" not in finding.message


@pytest.mark.parametrize(
    "hops, said",
    [
        pytest.param((), "static without next hop", id="none"),
        pytest.param((NextHop(None, "eth7"),), "static, eth7", id="interface"),
        pytest.param((NextHop(None),), "static, directly connected", id="no-interface-shown"),
        pytest.param((NextHop("192.0.2.1", "eth7"),), "static via 192.0.2.1", id="IPv4"),
        pytest.param((NextHop("fe80::1", "eth7"),), "static via fe80::1%eth7", id="link-local"),
        pytest.param(
            (NextHop("192.0.2.1"), NextHop("192.0.2.2", is_installed=False)), "static via 192.0.2.1", id="in-the-FIB"
        ),
        pytest.param((NextHop("192.0.2.2", is_installed=False),), "static via 192.0.2.2", id="not-in-the-FIB"),
        pytest.param(
            (NextHop(None, "eth7"), NextHop("2001:db8::1")),
            "static via directly connected, eth7, 2001:db8::1",
            id="interface-and-address",
        ),
    ],
)
def test_a_route_is_named_by_its_protocol_and_next_hops(hops: tuple[NextHop, ...], said: str) -> None:
    assert described(Route("198.51.100.0/24", "static", NextHops(hops), is_selected=True)) == said
