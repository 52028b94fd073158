"""What the rules 101 to 103 say of expected and found: who is named, and what weighs how much."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecmpaudit.model import (
    AuditedPrefix,
    Evidence,
    Expectation,
    Finding,
    Network,
    NextHop,
    NextHops,
    Route,
    Severity,
)
from tests.notation import parse_network
from tests.rule_checks import FIVE_NODES, findings_in, messages_in, node

# 101: too few next hops


def test_missing_nodes_are_named_with_their_addresses() -> None:
    finding = findings_in(
        f"tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2, 192.0.2.5\nexpect 198.51.100.7/32 nodes {FIVE_NODES}"
    )["ECMP101"]
    assert finding == Finding(
        code="ECMP101",
        severity=Severity.ERROR,
        message="tor1 198.51.100.7/32: 3 next hops, expected 5; missing node3 (192.0.2.3), node4 (192.0.2.4)",
        router="tor1",
        vrf="default",
        prefix="198.51.100.7/32",
        expected=5,
        actual=3,
        missing=(node("node3", "192.0.2.3"), node("node4", "192.0.2.4")),
        hint="ask node3, node4: is 198.51.100.7/32 announced, and is the session with tor1 up?",
    )


def test_a_node_with_addresses_of_both_families_is_named_with_the_one_of_the_prefix() -> None:
    both = (node("node1", "192.0.2.1", "2001:db8::1", "fe80::1"), node("node2", "192.0.2.2", "2001:db8::2", "fe80::2"))
    network = parse_network("tor1 2001:db8:100::7/128 via fe80::1%eth0\ntor1 198.51.100.7/32 via 192.0.2.2")
    v6, v4 = (replace(p, expectation=Expectation("--nodes", 2, both)) for p in network.prefixes)
    assert messages_in(Network(prefixes=(v6,))) == {
        "ECMP101": "tor1 2001:db8:100::7/128: 1 next hop, expected 2; missing node2 (2001:db8::2)"
    }
    assert messages_in(Network(prefixes=(v4,))) == {
        "ECMP101": "tor1 198.51.100.7/32: 1 next hop, expected 2; missing node1 (192.0.2.1)"
    }


def test_an_inferred_expectation_is_called_so_and_weighs_less() -> None:
    finding = findings_in(
        "tor1 172.31.1.0/32 via 172.30.250.101, 172.30.250.102, 172.30.250.105\n"
        "expect 172.31.1.0/32 nodes 172.30.250.101-105 inferred from 172.31.1.1/32"
    )["ECMP101"]
    assert finding.message == (
        "tor1 172.31.1.0/32: 3 next hops, expected 5; missing 172.30.250.103, 172.30.250.104"
        "; expected 5 is inferred from its sibling 172.31.1.1/32"
    )
    assert finding.severity is Severity.WARNING
    assert finding.is_inferred


def test_a_vrf_that_is_not_the_default_is_in_the_message() -> None:
    text = "tor1 vrf red 2001:db8:100::7/128 via 2001:db8::1\nexpect 2001:db8:100::7/128 nodes 2001:db8::1-2"
    assert messages_in(text)["ECMP101"] == (
        "tor1 2001:db8:100::7/128 (vrf red): 1 next hop, expected 2; missing 2001:db8::2"
    )


def test_a_router_without_a_name_is_left_out_of_the_message() -> None:
    network = parse_network("tor1 198.51.100.7/32 via 192.0.2.1\nexpect 198.51.100.7/32 nodes 192.0.2.1-2")
    unnamed = Network(prefixes=(replace(network.prefixes[0], router=""),))
    assert messages_in(unnamed)["ECMP101"] == "198.51.100.7/32: 1 next hop, expected 2; missing 192.0.2.2"


def test_a_count_names_no_node_and_lists_the_installed_next_hops() -> None:
    finding = findings_in("tor1 198.51.100.7/32 via 192.0.2.2, 192.0.2.1\nexpect 198.51.100.7/32 count 5")["ECMP101"]
    assert finding.message == ("tor1 198.51.100.7/32: 2 next hops, expected 5; found only 192.0.2.1, 192.0.2.2")
    assert finding.missing == ()
    assert finding.hint == "list the nodes in ecmpaudit.yaml or with --nodes, so that the missing one can be named"


@pytest.mark.parametrize(
    "hops, fact",
    [
        pytest.param(
            "fe80::1%eth0, fe80::2%eth0",
            "2 next hops, expected 3; cannot determine which node is missing: "
            "2 next hops are link-local addresses that are in no node's list",
            id="all-link-local",
        ),
        pytest.param(
            "2001:db8::1, fe80::2%eth0",
            "2 next hops, expected 3; cannot determine which node is missing: "
            "1 next hop is a link-local address that is in no node's list; it is one of 2001:db8::2, 2001:db8::3",
            id="one-link-local",
        ),
        pytest.param(
            "192.0.2.1, 192.0.2.2",
            "2 next hops, expected 3; cannot determine which node is missing: "
            "2 next hops are IPv4 addresses that are in no node's list",
            id="other-family",
        ),
    ],
)
def test_an_unidentified_next_hop_keeps_nodes_from_being_blamed(hops: str, fact: str) -> None:
    finding = findings_in(f"tor1 2001:db8:100::7/128 via {hops}\nexpect 2001:db8:100::7/128 nodes 2001:db8::1-3")[
        "ECMP101"
    ]
    assert finding.message == f"tor1 2001:db8:100::7/128: {fact}"
    assert finding.missing == ()
    assert finding.hint == (
        "add the nodes' addresses of this kind, also link-local ones, to their lists in ecmpaudit.yaml"
    )


def test_ipv6_next_hops_of_an_ipv4_prefix_are_not_unknown_when_the_nodes_have_them() -> None:
    text = (
        "tor1 198.51.100.7/32 via fe80::1%eth0\nexpect 198.51.100.7/32 nodes node1=192.0.2.1+fe80::1, node2=192.0.2.2"
    )
    assert messages_in(text) == {"ECMP101": "tor1 198.51.100.7/32: 1 next hop, expected 2; missing node2 (192.0.2.2)"}


def test_the_right_number_with_a_wrong_node_is_a_fault_of_two_kinds() -> None:
    text = (
        "tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.9\nexpect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2"
    )
    assert messages_in(text) == {
        "ECMP101": "tor1 198.51.100.7/32: 2 next hops, expected 2; missing node2 (192.0.2.2)",
        "ECMP501": "tor1 198.51.100.7/32: 2 next hops, expected 2; unexpected 192.0.2.9",
    }


def test_a_blackhole_in_the_prefixs_place_has_no_next_hop() -> None:
    text = "tor1 198.51.100.7/32 static blackhole\nexpect 198.51.100.7/32 nodes 192.0.2.1-2"
    assert messages_in(text) == {
        "ECMP101": "tor1 198.51.100.7/32: no next hop installed (blackhole), expected 2; "
        "192.0.2.1, 192.0.2.2 missing, likely because tor1's static route does not have them"
    }


def test_a_route_that_is_not_selected_carries_nothing() -> None:
    routes = (Route("198.51.100.7/32", "ospf", NextHops((NextHop("192.0.2.1", is_installed=False),))),)
    prefix = AuditedPrefix("tor1", "default", "198.51.100.7/32", routes, Expectation("--expect 2", 2))
    finding = findings_in(Network(prefixes=(prefix,)))["ECMP101"]
    assert finding.message == "tor1 198.51.100.7/32: no next hop installed, expected 2"
    assert finding.cause == "no route to it is selected"


def test_a_missing_node_that_the_fallback_still_offers_has_that_as_its_cause() -> None:
    finding = findings_in(
        "tor1 198.51.100.7/32 via 192.0.2.1\n"
        "tor1 198.51.100.7/32 ospf via 192.0.2.1, 192.0.2.2\n"
        "expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2"
    )["ECMP101"]
    assert finding.cause == "OSPF still offers node2 (192.0.2.2), so only the better protocol has lost it"


def test_the_routes_line_is_the_evidence() -> None:
    route = Route(
        "198.51.100.7/32",
        "bgp",
        NextHops((NextHop("192.0.2.1"),)),
        is_selected=True,
        line=14,
        text_source="show_ip_route.txt",
    )
    behind = replace(
        route,
        protocol="ospf",
        is_selected=False,
        line=15,
        next_hops=NextHops((NextHop("192.0.2.1", is_installed=False),)),
    )
    prefix = AuditedPrefix("tor1", "default", "198.51.100.7/32", (route, behind), Expectation("--expect 2", 2))
    finding = findings_in(Network(prefixes=(prefix,)))["ECMP101"]
    assert finding.evidence == (Evidence("show_ip_route.txt", 14, "", ("198.51.100.7/32",)),)


def test_a_bird_table_has_candidates_and_all_its_sources_as_evidence() -> None:
    routes = tuple(
        Route(
            "198.51.100.7/32",
            "bgp",
            NextHops((NextHop(f"192.0.2.{n}", is_installed=n == 1),)),
            source=f"node{n}",
            is_selected=n == 1,
            line=n,
            text_source="bird.txt",
        )
        for n in (1, 2)
    )
    prefix = AuditedPrefix(
        "tor1", "default", "198.51.100.7/32", routes, Expectation("--expect 3", 3), shows_candidates_only=True
    )
    finding = findings_in(Network(prefixes=(prefix,)))["ECMP101"]
    assert finding.message == (
        "tor1 198.51.100.7/32: 2 candidate next hops, expected 3; found only 192.0.2.1, 192.0.2.2"
    )
    assert finding.evidence == tuple(Evidence("bird.txt", n, "", ("198.51.100.7/32",)) for n in (1, 2))


# 102 and 103: no route of its own


@pytest.mark.parametrize(
    "covered, code, fact",
    [
        pytest.param("", "ECMP102", "no route, expected 2 next hops; nothing covers it", id="nothing"),
        pytest.param(
            ", covered by 0.0.0.0/0 kernel via 192.0.2.254",
            "ECMP102",
            "no route, expected 2 next hops; only the default route 0.0.0.0/0 covers it: kernel via 192.0.2.254",
            id="default",
        ),
        pytest.param(
            ", covered by 198.51.100.0/24 via 192.0.2.1-2",
            "ECMP103",
            "no route of its own, expected 2 next hops; only 198.51.100.0/24 covers it: BGP via 192.0.2.1, 192.0.2.2",
            id="network",
        ),
        pytest.param(
            ", covered by 198.51.100.0/24 static blackhole",
            "ECMP103",
            "no route of its own, expected 2 next hops; "
            "only 198.51.100.0/24 covers it: static blackhole, which drops its packets silently",
            id="blackhole",
        ),
    ],
)
def test_a_prefix_without_a_route_is_one_finding_that_says_what_is_left(covered: str, code: str, fact: str) -> None:
    found = findings_in(f"tor1 198.51.100.7/32 missing{covered}\nexpect 198.51.100.7/32 nodes 192.0.2.1-2")
    assert {code: finding.message for code, finding in found.items()} == {code: f"tor1 198.51.100.7/32: {fact}"}
    assert found[code].missing == (node("192.0.2.1", "192.0.2.1"), node("192.0.2.2", "192.0.2.2"))
    assert (found[code].expected, found[code].actual, found[code].severity) == (2, 0, Severity.ERROR)


def test_an_ipv6_default_route_is_no_covering_network() -> None:
    assert messages_in("tor1 2001:db8:100::7/128 missing, covered by ::/0 static unreachable") == {
        "ECMP102": "tor1 2001:db8:100::7/128: no route, expected one; "
        "only the default route ::/0 covers it: static unreachable"
    }


def test_a_prefix_whose_absence_contradicts_only_a_guess_weighs_less() -> None:
    finding = findings_in("tor1 198.51.100.7/32 missing\nexpect 198.51.100.7/32 count 5 inferred from 198.51.100.8/32")[
        "ECMP102"
    ]
    assert finding.message.endswith("; expected 5 is inferred from its sibling 198.51.100.8/32")
    assert (finding.severity, finding.is_inferred) == (Severity.WARNING, True)


def test_a_covered_prefix_whose_absence_contradicts_only_a_guess_weighs_less() -> None:
    text = "tor1 198.51.100.7/32 missing, covered by 198.51.100.0/24 static blackhole\n"
    finding = findings_in(f"{text}expect 198.51.100.7/32 count 5 inferred from 198.51.100.8/32")["ECMP103"]
    assert finding.message.endswith("; expected 5 is inferred from its sibling 198.51.100.8/32")
    assert (finding.severity, finding.is_inferred) == (Severity.WARNING, True)


def test_a_covering_routes_line_is_the_evidence() -> None:
    covering = Route(
        "198.51.100.0/24", "bgp", NextHops((NextHop("192.0.2.1"),)), line=9, text_source="a.txt", is_selected=True
    )
    prefix = AuditedPrefix("tor1", "default", "198.51.100.7/32", (), covering=covering)
    finding = findings_in(Network(prefixes=(prefix,)))["ECMP103"]
    assert finding.evidence == (Evidence("a.txt", 9, "", ("198.51.100.0/24",)),)


def test_a_prefix_with_a_route_of_its_own_is_not_reported_as_covered() -> None:
    (prefix,) = parse_network("tor1 198.51.100.7/32 via 192.0.2.1").prefixes
    covering = Route("198.51.100.0/24", "bgp", NextHops((NextHop("192.0.2.1"),)), is_selected=True)
    assert findings_in(Network(prefixes=(replace(prefix, covering=covering),))) == {}
