"""What FRR's prefix-lists and route-maps do to a prefix, and which entry decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecmpaudit.model import Capture
from ecmpaudit.model.policies import Decision, Policies, Verdict
from ecmpaudit.parsing.facts.frr_policies import policies_of
from ecmpaudit.rules import rule
from tests.notation import parse_network

CONFIGURATION = """frr version 8.4.4
!
ip prefix-list LB seq 5 deny 198.51.100.9/32
ip prefix-list LB seq 10 permit 198.51.100.0/24 ge 32
ip prefix-list LB seq 15 permit 203.0.113.0/24 le 30
ip prefix-list EXACT seq 5 permit 198.51.100.0/24
ip prefix-list ALL seq 5 permit any
ip prefix-list HOST-BITS seq 5 permit 198.51.100.7/24 ge 32
ipv6 prefix-list HOST-BITS6 seq 5 permit 2001:db8:100::7/64
ipv6 prefix-list LB6 seq 10 permit 2001:db8:100::/64 le 128
!
route-map IN permit 20
 match ip address prefix-list EXACT
 set local-preference 50
exit
!
route-map IN deny 10
 match ip address prefix-list LB
 description no host routes
exit
!
route-map IN6 permit 10
 match ipv6 address prefix-list LB6
 set metric 20
 set as-path prepend 64512 64512
exit
!
route-map OPEN permit 10
 match community CUSTOMERS
exit
!
route-map OPEN-LATER permit 10
 match ip address prefix-list EXACT
 match community CUSTOMERS
exit
route-map OPEN-LATER permit 20
exit
!
route-map CALLS permit 10
 call OTHER
exit
!
bgp as-path access-list ORIGINS seq 5 deny ^64512$
bgp as-path access-list ORIGINS seq 10 permit .*
bgp as-path access-list OTHERS seq 5 permit _64513_
ip as-path access-list OLD permit ^6451[0-9]$
!
route-map BY-PATH deny 10
 match as-path ORIGINS
exit
route-map BY-PATH permit 20
 match as-path OTHERS
exit
route-map BY-OLD permit 10
 match as-path OLD
exit
!
ip protocol bgp route-map IN
end
"""


def words_of(verdict: Verdict) -> str:
    return f"{verdict.filter} ({verdict.why})" if verdict.why else verdict.filter


@pytest.fixture(scope="module")
def policies() -> Policies:
    return policies_of(Capture("tor1", "frr", "show running-config", CONFIGURATION, "tor1"))


@pytest.mark.parametrize(
    "name, prefix, decision, entry",
    [
        ("LB", "198.51.100.7/32", Decision.PERMITTED, "prefix-list LB seq 10"),
        ("LB", "198.51.100.9/32", Decision.DENIED, "prefix-list LB seq 5"),
        ("LB", "198.51.100.0/24", Decision.DENIED, "prefix-list LB (no entry matches)"),
        ("LB", "203.0.113.0/24", Decision.PERMITTED, "prefix-list LB seq 15"),
        ("LB", "203.0.113.4/30", Decision.PERMITTED, "prefix-list LB seq 15"),
        ("LB", "203.0.113.4/31", Decision.DENIED, "prefix-list LB (no entry matches)"),
        ("LB", "198.51.0.0/16", Decision.DENIED, "prefix-list LB (no entry matches)"),
        ("EXACT", "198.51.100.0/24", Decision.PERMITTED, "prefix-list EXACT seq 5"),
        ("HOST-BITS", "198.51.100.9/32", Decision.PERMITTED, "prefix-list HOST-BITS seq 5"),
        ("HOST-BITS", "198.51.101.9/32", Decision.DENIED, "prefix-list HOST-BITS (no entry matches)"),
        ("HOST-BITS6", "2001:db8:100::/64", Decision.PERMITTED, "prefix-list HOST-BITS6 seq 5"),
        ("EXACT", "198.51.100.0/25", Decision.DENIED, "prefix-list EXACT (no entry matches)"),
        ("ALL", "192.0.2.1/32", Decision.PERMITTED, "prefix-list ALL seq 5"),
        ("ALL", "0.0.0.0/0", Decision.PERMITTED, "prefix-list ALL seq 5"),
        ("LB6", "2001:db8:100::7/128", Decision.PERMITTED, "prefix-list LB6 seq 10"),
        ("LB6", "2001:db8:101::7/128", Decision.DENIED, "prefix-list LB6 (no entry matches)"),
        ("NONE", "198.51.100.7/32", Decision.DENIED, "prefix-list NONE (it is not defined)"),
    ],
)
def test_the_first_entry_of_a_prefix_list_that_matches_decides(
    policies: Policies, name: str, prefix: str, decision: Decision, entry: str
) -> None:
    verdict = policies.by_prefix_list(name, prefix)
    assert (verdict.decision, words_of(verdict)) == (decision, entry)


@pytest.mark.parametrize(
    "name, prefix, decision, entry, sets",
    [
        ("IN", "198.51.100.7/32", Decision.DENIED, "route-map IN deny 10", []),
        ("IN", "198.51.100.0/24", Decision.PERMITTED, "route-map IN permit 20", [("local-preference", "50")]),
        ("IN", "192.0.2.0/24", Decision.DENIED, "route-map IN (no entry matches)", []),
        ("IN", "2001:db8:100::7/128", Decision.DENIED, "route-map IN (no entry matches)", []),
        (
            "IN6",
            "2001:db8:100::7/128",
            Decision.PERMITTED,
            "route-map IN6 permit 10",
            [("metric", "20"), ("as-path prepend", "64512 64512")],
        ),
        ("OPEN", "198.51.100.7/32", Decision.NOT_EVALUATED, "route-map OPEN seq 10", []),
        ("OPEN-LATER", "198.51.100.0/24", Decision.NOT_EVALUATED, "route-map OPEN-LATER seq 10", []),
        ("OPEN-LATER", "198.51.100.7/32", Decision.PERMITTED, "route-map OPEN-LATER permit 20", []),
        ("CALLS", "198.51.100.7/32", Decision.NOT_EVALUATED, "route-map CALLS seq 10", []),
        ("NONE", "198.51.100.7/32", Decision.DENIED, "route-map NONE (it is not defined)", []),
    ],
)
def test_the_first_entry_of_a_route_map_that_matches_decides(
    policies: Policies, name: str, prefix: str, decision: Decision, entry: str, sets: list[tuple[str, str]]
) -> None:
    verdict = policies.by_route_map(name, prefix)
    assert (verdict.decision, words_of(verdict)) == (decision, entry)
    assert [(what, value) for what, value, _ in verdict.sets] == sets


@pytest.mark.parametrize(
    "name, as_path, decision, entry",
    [
        ("ORIGINS", "64512", Decision.DENIED, "filter-list ORIGINS (its AS path is 64512)"),
        ("ORIGINS", "64512 64512", Decision.PERMITTED, "filter-list ORIGINS (its AS path is 64512 64512)"),
        ("ORIGINS", "164512", Decision.PERMITTED, "filter-list ORIGINS (its AS path is 164512)"),
        ("ORIGINS", None, Decision.NOT_EVALUATED, "filter-list ORIGINS"),
        ("OTHERS", "64512", Decision.DENIED, "filter-list OTHERS (no entry matches)"),
        ("OTHERS", "64512 64513", Decision.PERMITTED, "filter-list OTHERS (its AS path is 64512 64513)"),
        ("OTHERS", "64512 645130", Decision.DENIED, "filter-list OTHERS (no entry matches)"),
        ("OLD", "64512", Decision.NOT_EVALUATED, "filter-list OLD"),
        ("NONE", "64512", Decision.DENIED, "filter-list NONE (it is not defined)"),
    ],
)
def test_the_first_entry_of_an_as_path_list_that_matches_decides(
    policies: Policies, name: str, as_path: str | None, decision: Decision, entry: str
) -> None:
    verdict = policies.by_as_path_list(name, as_path)
    assert (verdict.decision, words_of(verdict)) == (decision, entry)


@pytest.mark.parametrize(
    "name, as_path, decision, entry",
    [
        ("BY-PATH", "64514", Decision.DENIED, "route-map BY-PATH deny 10"),
        ("BY-PATH", "64512", Decision.DENIED, "route-map BY-PATH (no entry matches)"),
        ("BY-PATH", None, Decision.NOT_EVALUATED, "route-map BY-PATH seq 10"),
        ("BY-OLD", "64512", Decision.NOT_EVALUATED, "route-map BY-OLD seq 10"),
    ],
)
def test_an_entry_of_a_route_map_matches_what_its_as_path_list_permits(
    policies: Policies, name: str, as_path: str | None, decision: Decision, entry: str
) -> None:
    verdict = policies.by_route_map(name, "198.51.100.7/32", as_path)
    assert (verdict.decision, words_of(verdict)) == (decision, entry)


def test_the_line_of_the_entry_that_decides_is_the_evidence(policies: Policies) -> None:
    assert [line.text for line in policies.by_prefix_list("LB", "198.51.100.9/32").evidence] == [
        "ip prefix-list LB seq 5 deny 198.51.100.9/32"
    ]
    (line,) = policies.by_route_map("OPEN", "198.51.100.7/32").evidence
    assert CONFIGURATION.split("\n")[line.line - 1].strip() == line.text == "match community CUSTOMERS"


NODE3_IS_UP = """
tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2
expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3
tor1 answered BGP table
tor1 answered BGP sessions
tor1 session 192.0.2.3 ipv4 Established accepted 4 since 01:00:00 as 64512
tor1 bgp 198.51.100.7/32 via 192.0.2.1 from 192.0.2.1 aspath 64512 origin IGP best external
"""
NODE3_SENDS = "node3 exports 198.51.100.7/32 to tor1\nnode3 answered exported routes to tor1\n"


def message_of(text: str, policies: Policies) -> str:
    network = parse_network(text)
    network = replace(network, facts=replace(network.facts, policies=(policies,)))
    (found,) = rule("ECMP101").check(network)
    return found.message.partition("node3 (192.0.2.3) missing")[2]


@pytest.mark.parametrize(
    "filters, reason",
    [
        ("route-map IN", ": route-map IN deny 10 on tor1 rejects 198.51.100.7/32 from it"),
        (
            "prefix-list EXACT",
            ": prefix-list EXACT on tor1 rejects 198.51.100.7/32 from it (no entry matches)",
        ),
        ("route-map NONE", ": route-map NONE on tor1 rejects 198.51.100.7/32 from it (it is not defined)"),
        ("prefix-list LB route-map IN", ": route-map IN deny 10 on tor1 rejects 198.51.100.7/32 from it"),
        (
            "prefix-list LB",
            (
                ": it does not announce 198.51.100.7/32: its BGP session is up, and"
                " prefix-list LB seq 10 on tor1 permits it"
            ),
        ),
        ("", ": it does not announce 198.51.100.7/32: its BGP session is up, and tor1 has no filter"),
        (
            "filter-list ORIGINS",
            ": filter-list ORIGINS on tor1 rejects 198.51.100.7/32 from it (its AS path is 64512)",
        ),
        (
            "filter-list OLD",
            ": it does not announce 198.51.100.7/32, or filter-list OLD on tor1 rejects it; its BGP session is up",
        ),
        (
            "distribute-list 10",
            ": it does not announce 198.51.100.7/32, or distribute-list 10 on tor1 rejects it; its BGP session is up",
        ),
        (
            "route-map OPEN",
            ": it does not announce 198.51.100.7/32, or route-map OPEN on tor1 rejects it; its BGP session is up",
        ),
    ],
)
def test_a_path_that_did_not_arrive_is_judged_by_the_routers_filters(
    policies: Policies, filters: str, reason: str
) -> None:
    found = message_of(f"{NODE3_IS_UP}tor1 neighbor 192.0.2.3 ipv4 {filters}", policies)
    assert found.replace(", likely because ", ": ") == reason


def test_a_path_that_was_sent_and_would_be_permitted_is_no_fault_of_the_filter(policies: Policies) -> None:
    found = message_of(f"{NODE3_IS_UP}{NODE3_SENDS}tor1 neighbor 192.0.2.3 ipv4 prefix-list LB", policies)
    assert found.endswith(
        "it sends 198.51.100.7/32, but tor1 has no path from it, although prefix-list LB seq 10 on tor1 permits it"
    )


def test_the_route_map_that_makes_a_path_worse_is_named() -> None:
    policies = policies_of(
        Capture("tor1", "frr", "", "route-map WORSE permit 10\n set local-preference 50\nexit\nend\n", "t")
    )
    path = "tor1 bgp 198.51.100.7/32 via 192.0.2.3 from 192.0.2.3 localpref 50 aspath 64512 origin IGP external\n"
    found = message_of(f"{NODE3_IS_UP}{path}tor1 neighbor 192.0.2.3 ipv4 route-map WORSE", policies)
    assert found.endswith(
        "its path has local-pref 50, the best path (node1) has 100 (set by route-map WORSE permit 10 on tor1)"
    )


def test_what_zebra_does_not_take_from_bgp_is_no_next_hop_that_does_not_resolve(policies: Policies) -> None:
    text = """
        tor1 198.51.100.7/32 via 192.0.2.3 inactive
        expect 198.51.100.7/32 nodes node3=192.0.2.3
        tor1 bgp 198.51.100.7/32 via 192.0.2.3 from 192.0.2.3 aspath 64512 origin IGP best external
    """
    found = message_of(text, policies)
    assert "tor1's zebra does not install it: route-map IN deny 10 of `ip protocol` rejects 198.51.100.7/32" in found


def test_zebra_takes_of_a_protocol_what_its_route_map_permits(policies: Policies) -> None:
    assert policies.by_zebra("bgp", "198.51.100.7/32").decision is Decision.DENIED
    assert policies.by_zebra("bgp", "2001:db8:100::7/128").decision is Decision.PERMITTED
    assert policies.by_zebra("ospf", "198.51.100.7/32").decision is Decision.PERMITTED


def test_a_fallback_that_zebra_does_not_take_is_reported_with_the_route_map(policies: Policies) -> None:
    network = parse_network("""
        tor1 198.51.100.7/32 ospf via 192.0.2.1, 192.0.2.2
        tor1 198.51.100.7/32 via 192.0.2.1 inactive, 192.0.2.2 inactive
    """)
    network = replace(network, facts=replace(network.facts, policies=(policies,)))
    (found,) = rule("ECMP402").check(network)
    assert found.message.endswith("; zebra rejects its route by route-map IN deny 10 of `ip protocol`")
    assert [line.text for line in found.evidence] == ["ip protocol bgp route-map IN", "route-map IN deny 10"]
