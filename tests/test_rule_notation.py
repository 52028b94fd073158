"""The notation of the rules' examples means what it says, and a slip is an error that names its line."""

from __future__ import annotations

import pytest

from ecmpaudit.model import AuditedPrefix, Ceiling, Expectation, NextHop, NextHops, Node, Route, UnparsedLine
from tests.notation import NotationError, parse_network


def only_prefix(text: str) -> AuditedPrefix:
    (prefix,) = parse_network(text).prefixes
    return prefix


def test_a_route_is_selected_installed_and_of_bgp() -> None:
    prefix = only_prefix("tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2")
    hops = (NextHop("192.0.2.1"), NextHop("192.0.2.2"))
    assert prefix == AuditedPrefix(
        router="tor1",
        vrf="default",
        prefix="198.51.100.7/32",
        routes=(Route("198.51.100.7/32", "bgp", NextHops(hops), distance=20, is_selected=True),),
    )


def test_a_second_protocol_is_the_fallback_of_the_first() -> None:
    prefix = only_prefix("tor1 2001:db8:100::7/128 via 2001:db8::1\ntor1 2001:db8:100::7/128 ospf via fe80::1%eth0")
    behind = (NextHop("fe80::1", "eth0", is_installed=False),)
    assert prefix.fallbacks == (Route("2001:db8:100::7/128", "ospf", NextHops(behind), distance=110),)
    assert prefix.installed.hops == (NextHop("2001:db8::1"),)


@pytest.mark.parametrize(
    "written, hop",
    [
        pytest.param("192.0.2.3 weight 50", NextHop("192.0.2.3", weight=50), id="weight"),
        pytest.param("fe80::1%eth0", NextHop("fe80::1", "eth0"), id="interface"),
        pytest.param("2001:DB8::0:1".lower(), NextHop("2001:db8::1"), id="canonical"),
        pytest.param(
            "192.0.2.3 inactive",
            NextHop("192.0.2.3", is_installed=False, is_active=False, marks=("inactive",)),
            id="inactive",
        ),
        pytest.param(
            "2001:db8::3%eth1 weight 2 rejected",
            NextHop("2001:db8::3", "eth1", weight=2, is_installed=False, marks=("rejected",)),
            id="all-at-once",
        ),
        pytest.param(
            "192.0.2.3 dead linkdown",
            NextHop("192.0.2.3", is_installed=False, marks=("dead", "linkdown")),
            id="two-marks",
        ),
    ],
)
def test_a_next_hop_has_interface_weight_and_marks(written: str, hop: NextHop) -> None:
    assert only_prefix(f"tor1 198.51.100.7/32 via {written}").routes[0].next_hops == NextHops((hop,))


def test_a_range_of_next_hops_is_written_out() -> None:
    prefix = only_prefix("tor1 198.51.100.7/32 via 192.0.2.9-11, 192.0.2.20")
    assert [hop.address for hop in prefix.installed] == ["192.0.2.9", "192.0.2.10", "192.0.2.11", "192.0.2.20"]


def test_a_blackhole_has_no_next_hops() -> None:
    (route,) = only_prefix("tor1 198.51.100.0/24 static blackhole").routes
    assert route == Route("198.51.100.0/24", "static", NextHops(), distance=1, is_selected=True, kind="blackhole")


def test_a_vrf_is_named_before_the_prefix() -> None:
    assert only_prefix("tor1 vrf red 198.51.100.7/32 via 192.0.2.1").vrf == "red"


def test_a_missing_prefix_has_no_routes_and_perhaps_a_covering_one() -> None:
    assert only_prefix("tor1 198.51.100.7/32 missing").routes == ()
    covered = only_prefix("tor1 198.51.100.7/32 missing, covered by 0.0.0.0/0 static via 192.0.2.254")
    assert covered.routes == ()
    assert covered.covering == Route(
        "0.0.0.0/0", "static", NextHops((NextHop("192.0.2.254"),)), distance=1, is_selected=True
    )


def test_more_specific_routes_are_no_prefixes_of_their_own() -> None:
    prefix = only_prefix(
        "tor1 198.51.100.0/24 via 192.0.2.1\ntor1 198.51.100.0/24 more specific 198.51.100.7/32 kernel via 192.0.2.9"
    )
    assert [route.prefix for route in prefix.more_specific] == ["198.51.100.7/32"]
    assert prefix.more_specific[0].protocol == "kernel"


def test_named_nodes_are_expected_on_every_router() -> None:
    network = parse_network(
        """
        tor1 198.51.100.7/32 via 192.0.2.1
        tor2 198.51.100.7/32 via 192.0.2.2
        expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2
        """
    )
    nodes = (Node("node1", frozenset({"192.0.2.1"})), Node("node2", frozenset({"192.0.2.2"})))
    wanted = Expectation("the example", 2, nodes)
    assert [prefix.expectation for prefix in network.prefixes] == [wanted, wanted]


def test_a_range_of_nodes_may_be_inferred_from_a_sibling() -> None:
    prefix = only_prefix(
        "tor1 2001:db8:100::7/128 via 2001:db8::1\n"
        "expect 2001:db8:100::7/128 nodes 2001:db8::1-2 inferred from 2001:db8:100::8/128"
    )
    assert prefix.expectation == Expectation(
        "inferred from its sibling 2001:db8:100::8/128",
        2,
        (Node("2001:db8::1", frozenset({"2001:db8::1"})), Node("2001:db8::2", frozenset({"2001:db8::2"}))),
        is_inferred=True,
    )


def test_a_count_names_no_nodes() -> None:
    prefix = only_prefix("tor1 198.51.100.7/32 via 192.0.2.1\nexpect 198.51.100.7/32 count 5")
    assert prefix.expectation == Expectation("the example", 5)


def test_a_ceiling_holds_for_its_router_only() -> None:
    network = parse_network("tor1 198.51.100.7/32 via 192.0.2.1\ntor2 198.51.100.7/32 via 192.0.2.1\nceiling tor1 4")
    assert [prefix.ceiling for prefix in network.prefixes] == [
        Ceiling(4, "maximum-paths in its configuration"),
        None,
    ]


def test_what_was_not_checked_is_kept_by_router() -> None:
    network = parse_network(
        """
        tor1 not checked: connection refused
        tor2 cut off: the connection was lost
        tor3 line 17 not understood: B>* [20/0] via
        nothing audited: pool 198.51.100.0/24 has no prefix on any router
        """
    )
    tor1, tor2, tor3 = network.routers
    assert (tor1.name, tor1.failure, tor1.has_data) == ("tor1", "connection refused", False)
    assert (tor2.name, tor2.failure, tor2.has_data) == ("tor2", "the connection was lost", True)
    assert tor3.unparsed == (
        UnparsedLine("tor3", "show ip route", 17, "B>* [20/0] via", "no rule of the template matches it"),
    )
    assert network.unanswered == ("pool 198.51.100.0/24 has no prefix on any router",)


@pytest.mark.parametrize(
    "line, complaint",
    [
        pytest.param("tor1 198.51.100.7/32 through 192.0.2.1", 'line 2: .*"through 192.0.2.1" is no route', id="word"),
        pytest.param("tor1 198.51.100.7/32 xgp via 192.0.2.1", 'line 2: .*"xgp" is no protocol', id="protocol"),
        pytest.param("tor1 198.51.100.7/32 via 192.0.2.1 slow", 'line 2: .*"slow" is no mark', id="mark"),
        pytest.param("tor1 198.51.100.7/32 via 192.0.2.1,", 'line 2: .*"" is no next hop', id="trailing-comma"),
        pytest.param("tor1 198.51.100.7/32 via 192.0.2.300", "line 2: .*192.0.2.300", id="next-hop-address"),
        pytest.param("tor1 198.51.100.7/24 via 192.0.2.1", "line 2: .*has host bits set", id="host-bits"),
        pytest.param("tor1 is well", "line 2: tor1 is well: no statement of the notation", id="statement"),
        pytest.param("expect 198.51.100.7/32 five", "line 2: .*no statement of the notation", id="expectation"),
        pytest.param("expect 198.51.100.7/32 nodes 192.0.2.5-1", "line 2: .*backwards", id="range"),
        pytest.param("tor0 198.51.100.8/32 via 192.0.2.1", "line 2: .*a second bgp route", id="second-route"),
        pytest.param(
            "expect 198.51.100.9/32 count 5", "expect 198.51.100.9/32: no router's line", id="expected-of-none"
        ),
        pytest.param("ceiling tor9 4", "ceiling tor9: no line", id="ceiling-of-none"),
    ],
)
def test_a_slip_is_an_error_that_names_its_place(line: str, complaint: str) -> None:
    with pytest.raises(NotationError, match=complaint):
        parse_network(f"tor0 198.51.100.8/32 via 192.0.2.1\n{line}")
