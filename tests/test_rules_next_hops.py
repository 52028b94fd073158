"""What the rules say of next hops themselves: outside the FIB, in the fallback, unexpected, unequal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecmpaudit.model import NextHop, NextHops, Route, Severity
from tests.notation import parse_network
from tests.rule_checks import cut_within, findings_in, messages_in, node, seen_as_candidates

# 301: selected but not in the FIB


@pytest.mark.parametrize(
    "hops, severity, fact, hint",
    [
        pytest.param(
            "192.0.2.1, 192.0.2.2 inactive",
            Severity.WARNING,
            "1 of 2 next hops in the FIB, expected all; 192.0.2.2: inactive",
            "check with `show ip nht`",
            id="some-inactive",
        ),
        pytest.param(
            "192.0.2.1 rejected, 192.0.2.2 rejected",
            Severity.ERROR,
            "none of 2 next hops in the FIB, expected all; 192.0.2.1: rejected, 192.0.2.2: rejected",
            "read zebra's and the kernel's log",
            id="all-rejected",
        ),
        pytest.param(
            "2001:db8::1 queued",
            Severity.ERROR,
            "none of 1 next hop in the FIB, expected all; 2001:db8::1: queued",
            "run the audit again",
            id="queued",
        ),
        pytest.param(
            "fe80::1%eth0, fe80::1%eth1 dead linkdown",
            Severity.WARNING,
            "1 of 2 next hops in the FIB, expected all; fe80::1%eth1: dead linkdown",
            "repair the link",
            id="same-address-on-two-interfaces",
        ),
    ],
)
def test_a_next_hop_outside_the_fib_is_reported_with_its_mark(
    hops: str, severity: Severity, fact: str, hint: str
) -> None:
    found = findings_in(f"tor1 2001:db8:100::7/128 via {hops}")
    assert list(found) == ["ECMP301"]
    assert found["ECMP301"].message == f"tor1 2001:db8:100::7/128: {fact}"
    assert found["ECMP301"].severity is severity
    assert (found["ECMP301"].hint or "").startswith(hint)


@pytest.mark.parametrize("mark", ["recursive", "duplicate", "backup"])
def test_a_hop_that_should_not_forward_is_not_wanted_in_the_fib(mark: str) -> None:
    assert findings_in(f"tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2, 192.0.2.9 {mark}") == {}


@pytest.mark.parametrize(
    "hop, suffix, codes",
    [
        pytest.param("192.0.2.9", "", [], id="removed-node"),
        pytest.param("192.0.2.9", " inferred from 198.51.100.8/32", ["ECMP301"], id="guessed-list"),
        pytest.param("fe80::9%eth0", "", ["ECMP301"], id="could-be-any-node"),
        pytest.param("2001:db8::9", "", ["ECMP301"], id="family-without-a-list"),
    ],
)
def test_an_inactive_hop_is_left_alone_only_if_it_is_surely_no_nodes(hop: str, suffix: str, codes: list[str]) -> None:
    text = f"tor1 198.51.100.7/32 via 192.0.2.1-2, {hop} inactive\nexpect 198.51.100.7/32 nodes 192.0.2.1-2{suffix}"
    assert list(findings_in(text)) == codes


def test_a_link_local_inactive_hop_may_be_a_nodes_whose_list_has_only_global_addresses() -> None:
    text = (
        "tor1 2001:db8:100::7/128 via 2001:db8::1-2, fe80::9%eth0 inactive\n"
        "expect 2001:db8:100::7/128 nodes 2001:db8::1-2"
    )
    assert list(findings_in(text)) == ["ECMP301"]


def test_with_a_mere_count_any_hop_outside_the_fib_may_be_the_cause() -> None:
    found = findings_in("tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2 rejected\nexpect 198.51.100.7/32 count 2")
    assert found["ECMP101"].cause == "in the RIB but not in the FIB: 192.0.2.2: rejected"


def test_a_whole_route_outside_the_fib_is_a_fault_whoever_its_hops_are() -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.9 rejected\nexpect 198.51.100.7/32 nodes 192.0.2.1-2"
    assert sorted(findings_in(text)) == ["ECMP101", "ECMP301"]


def test_candidates_are_not_said_to_be_outside_the_fib() -> None:
    assert findings_in(seen_as_candidates("tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2 inactive")) == {}


def test_a_missing_node_that_is_in_the_rib_only_has_that_as_its_cause() -> None:
    found = findings_in(
        "tor1 2001:db8:100::7/128 via 2001:db8::1, 2001:db8::2 inactive\n"
        "expect 2001:db8:100::7/128 nodes node1=2001:db8::1, node2=2001:db8::2"
    )
    assert sorted(found) == ["ECMP101", "ECMP301"]
    assert found["ECMP101"].cause == (
        "node2 (2001:db8::2) missing: tor1 marks it inactive: its next hop does not resolve"
    )


# 402: the fallback


@pytest.mark.parametrize(
    "ahead, behind, fact",
    [
        pytest.param(
            "via 192.0.2.1-3",
            "ospf via 192.0.2.1-2",
            "OSPF is the fallback for BGP with 2 next hops, expected the 3 of BGP; missing 192.0.2.3",
            id="smaller",
        ),
        pytest.param(
            "via 192.0.2.1-2",
            "ospf via 192.0.2.1, 192.0.2.9",
            "OSPF is the fallback for BGP with 2 next hops, expected the 2 of BGP; missing 192.0.2.2",
            id="as-many-but-others",
        ),
        pytest.param(
            "via fe80::1%eth0, fe80::1%eth1",
            "isis via fe80::1%eth0",
            "IS-IS is the fallback for BGP with 1 next hop, expected the 2 of BGP; missing fe80::1%eth1",
            id="same-link-local-on-two-interfaces",
        ),
        pytest.param(
            "via 2001:db8::1-3",
            "ospf via fe80::1%eth0, fe80::2%eth0",
            "OSPF is the fallback for BGP with 2 next hops, expected the 3 of BGP",
            id="link-local-behind-global",
        ),
        pytest.param(
            "via 192.0.2.1-2",
            "ospf via 192.0.2.1, 192.0.2.2 inactive",
            "OSPF is the fallback for BGP with 1 next hop, expected the 2 of BGP; missing 192.0.2.2",
            id="inactive-behind",
        ),
        pytest.param("via 192.0.2.1-2", "ospf via 192.0.2.1-2", None, id="same"),
        pytest.param("via 192.0.2.1-2", "ospf via 192.0.2.1-3", None, id="larger"),
        pytest.param("via 2001:db8::1-2", "ospf via fe80::1%eth0, fe80::2%eth0", None, id="as-many-link-local"),
        pytest.param("via 192.0.2.1%eth0, 192.0.2.2%eth0", "ospf via 192.0.2.1-2", None, id="interface-not-shown"),
        pytest.param("via 192.0.2.1", "ospf via 192.0.2.9", None, id="no-equal-cost-set"),
        pytest.param("via 192.0.2.1-2", "connected via 192.0.2.1", None, id="connected"),
        pytest.param("via 192.0.2.1-2", "kernel via 192.0.2.1", None, id="kernel"),
        pytest.param("via 192.0.2.1-2", "static blackhole", None, id="blackhole"),
    ],
)
def test_the_fallbacks_set_is_compared(ahead: str, behind: str, fact: str | None) -> None:
    prefix = "2001:db8:100::7/128" if "::" in ahead else "198.51.100.7/32"
    expected = {} if fact is None else {"ECMP402": f"tor1 {prefix}: {fact}"}
    assert messages_in(f"tor1 {prefix} {ahead}\ntor1 {prefix} {behind}") == expected


def test_only_the_nearest_fallback_is_judged() -> None:
    text = (
        "tor1 198.51.100.7/32 via 192.0.2.1-2\n"
        "tor1 198.51.100.7/32 rip via 192.0.2.1\n"
        "tor1 198.51.100.7/32 ospf via 192.0.2.1-2"
    )
    assert findings_in(text) == {}


def test_nodes_that_the_fallback_lacks_are_named() -> None:
    finding = findings_in(
        "tor1 198.51.100.7/32 via 192.0.2.1-2\ntor1 198.51.100.7/32 ospf via 192.0.2.1\n"
        "expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2"
    )["ECMP402"]
    assert finding.message.endswith("; missing node2 (192.0.2.2)")
    assert finding.missing == (node("node2", "192.0.2.2"),)
    assert (finding.expected, finding.actual, finding.severity) == (2, 1, Severity.WARNING)


# 501 and 502: too many or wrong


def test_a_mere_count_calls_no_next_hop_unexpected() -> None:
    assert findings_in("tor1 198.51.100.7/32 via 192.0.2.1-6\nexpect 198.51.100.7/32 count 5") == {}


def test_a_link_local_next_hop_is_not_called_unexpected() -> None:
    text = "tor1 2001:db8:100::7/128 via 2001:db8::1, fe80::2%eth0\nexpect 2001:db8:100::7/128 nodes 2001:db8::1-2"
    assert findings_in(text) == {}


def test_an_unexpected_next_hop_is_kept_in_the_finding() -> None:
    text = "tor1 2001:db8:100::7/128 via 2001:db8::1-2, 2001:db8::9\nexpect 2001:db8:100::7/128 nodes 2001:db8::1-2"
    assert findings_in(text)["ECMP501"].unexpected == (NextHop("2001:db8::9"),)


def test_a_more_specific_route_is_named_with_its_protocol_and_next_hops() -> None:
    text = (
        "tor1 198.51.100.0/24 via 192.0.2.1-5\ntor1 198.51.100.0/24 more specific 198.51.100.7/32 kernel via 192.0.2.9"
    )
    assert messages_in(text) == {
        "ECMP502": "tor1 198.51.100.0/24: 5 next hops, expected for all its addresses; "
        "the more specific route 198.51.100.7/32 (kernel via 192.0.2.9) takes precedence"
    }


def test_many_more_specific_routes_are_one_finding() -> None:
    inside = "".join(
        f"tor1 2001:db8:100::/64 more specific 2001:db8:100::{n}/128 static blackhole\n" for n in range(1, 6)
    )
    assert messages_in(f"tor1 2001:db8:100::/64 via 2001:db8::1-2\n{inside}") == {
        "ECMP502": "tor1 2001:db8:100::/64: 2 next hops, expected for all its addresses; "
        "the more specific routes 2001:db8:100::1/128 (static blackhole), 2001:db8:100::2/128 (static blackhole), "
        "2001:db8:100::3/128 (static blackhole) and 2 more take precedence"
    }


def test_a_more_specific_route_takes_nothing_from_a_prefix_that_is_not_there() -> None:
    text = "tor1 198.51.100.0/24 missing\ntor1 198.51.100.0/24 more specific 198.51.100.7/32 via 192.0.2.1"
    assert list(findings_in(text)) == ["ECMP102"]


@pytest.mark.parametrize(
    "inside, codes",
    [
        pytest.param("via 192.0.2.1", [], id="one-of-several-sources"),
        pytest.param("via 192.0.2.9", ["ECMP502"], id="elsewhere"),
        pytest.param("static blackhole", ["ECMP502"], id="nowhere"),
    ],
)
def test_candidates_of_a_more_specific_route_prove_only_what_is_elsewhere(inside: str, codes: list[str]) -> None:
    network = seen_as_candidates(
        f"tor1 198.51.100.0/24 via 192.0.2.1-2\ntor1 198.51.100.0/24 more specific 198.51.100.7/32 {inside}"
    )
    assert list(findings_in(network)) == codes


# 701: unequal weights


def test_unequal_shares_are_reported_in_percent_with_the_nodes_names() -> None:
    text = (
        "tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2 weight 2, 192.0.2.3\n"
        "expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3"
    )
    assert messages_in(text) == {
        "ECMP701": "tor1 198.51.100.7/32: 3 next hops with unequal weights, expected equal shares; "
        "node1 (192.0.2.1) gets 25%, node2 (192.0.2.2) gets 50%, node3 (192.0.2.3) gets 25%"
    }


def test_a_tiny_share_is_not_called_nothing() -> None:
    text = "tor1 2001:db8:100::7/128 via 2001:db8::1, 2001:db8::2 weight 255"
    assert messages_in(text)["ECMP701"].endswith("2001:db8::1 gets under 1%, 2001:db8::2 gets over 99%")


def test_a_weight_outside_the_fib_does_not_count() -> None:
    assert list(findings_in("tor1 198.51.100.7/32 via 192.0.2.1-2, 192.0.2.3 weight 9 inactive")) == ["ECMP301"]


@pytest.mark.parametrize(
    "text",
    [
        "tor1 2001:db8:100::7/128 via 2001:db8::1-5\ntwins 198.51.100.7/32 2001:db8:100::7/128",
        "tor2 198.51.100.7/32 via 192.0.2.1-5",
        "tor1 kernel 198.51.100.7/32 via 192.0.2.1-5",
        "tor1 198.51.100.7/32 had 192.0.2.1-5 in the last run",
        "tor1 198.51.100.7/32 had 192.0.2.1-5 in the last run\ntor1 198.51.100.7/32 changed 3 times",
    ],
    ids=["ECMP104", "ECMP105", "ECMP302", "ECMP602", "ECMP601"],
)
def test_a_set_that_the_tables_end_cut_through_is_held_against_no_other(text: str) -> None:
    with_route = f"tor1 198.51.100.7/32 via 192.0.2.1-3\n{text}"
    assert findings_in(with_route) != {}
    assert findings_in(cut_within(with_route, "tor1", "198.51.100.7/32")) == {}


def test_next_hops_that_resolve_to_one_in_a_cut_table_may_resolve_to_more() -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1 recursive, 192.0.2.2 recursive, 203.0.113.254"
    assert set(findings_in(text)) == {"ECMP303"}
    assert findings_in(cut_within(text, "tor1", "198.51.100.7/32")) == {}


def test_the_routers_beside_one_that_was_cut_are_compared() -> None:
    text = "".join(
        f"{router} 198.51.100.7/32 via 192.0.2.1-{n}\n" for router, n in (("tor1", 3), ("tor2", 5), ("tor3", 4))
    )
    assert messages_in(cut_within(text, "tor1", "198.51.100.7/32")) == {
        "ECMP105": "tor3 198.51.100.7/32: 4 next hops, expected 5; tor3 and tor2 differ: only tor2 has 192.0.2.5"
    }


@pytest.mark.parametrize(
    "default, inside", [("0.0.0.0/0", "198.51.100.0/24"), ("::/0", "2001:db8:100::/64")], ids=["ipv4", "ipv6"]
)
def test_no_route_takes_anything_away_from_the_default_route(default: str, inside: str) -> None:
    hop = "2001:db8::" if ":" in default else "192.0.2."
    text = f"tor1 {default} via {hop}1-2\ntor1 {default} more specific {inside} static blackhole"
    assert findings_in(text) == {}


def test_a_more_specific_route_that_is_not_in_the_fib_takes_nothing() -> None:
    text = "tor1 198.51.100.0/24 via 192.0.2.1-2\ntor1 198.51.100.0/24 more specific 198.51.100.7/32 via 192.0.2.9"
    assert set(findings_in(text)) == {"ECMP502"}
    assert findings_in(f"{text} rejected") == {}


def test_a_connected_route_is_called_by_its_interface() -> None:
    network = parse_network("tor1 198.51.100.0/24 via 192.0.2.1-2")
    connected = Route("198.51.100.8/30", "connected", NextHops((NextHop(None, "eth7"),)), is_selected=True)
    (prefix,) = network.prefixes
    said = messages_in(replace(network, prefixes=(replace(prefix, more_specific=(connected,)),)))["ECMP502"]
    assert said.endswith("; the more specific route 198.51.100.8/30 (connected, eth7) takes precedence")
