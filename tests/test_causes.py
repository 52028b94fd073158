"""Why a node is missing: the first broken link of its chain, said as a person would say it."""

from __future__ import annotations

import pytest

from ecmpaudit.model import Confidence, Finding
from ecmpaudit.rules.causes import Link, Step, chain_of
from tests.notation import parse_network
from tests.rule_checks import findings_in

EXPECTED = "expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3"
SHORT = f"""
tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2
{EXPECTED}
"""
EXPECTED_V6 = (
    "expect 2001:db8:100::7/128 nodes node1=2001:db8::1+fe80::1, node2=2001:db8::2+fe80::2, node3=2001:db8::3+fe80::3"
)
SHORT_V6 = f"""
tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
{EXPECTED_V6}
"""
NODE3_IS_WELL = """
node1 address 198.51.100.7/32 on kube-lb0
node3 address 198.51.100.7/32 on kube-lb0
node3 answered addresses
node3 answered node's routes
node3 route 198.51.100.7/32 direct
"""
NODE3_SENDS = f"""
{NODE3_IS_WELL}
node3 answered exported routes to tor1
node3 exports 198.51.100.7/32 to tor1
"""
TWO_PATHS = """
tor1 answered BGP table
tor1 answered BGP sessions
tor1 session 192.0.2.3 ipv4 Established accepted 4 since 01:00:00
tor1 bgp 198.51.100.7/32 via 192.0.2.1 from 192.0.2.1 aspath 64512 origin IGP best external
tor1 bgp 198.51.100.7/32 via 192.0.2.2 from 192.0.2.2 aspath 64512 origin IGP multipath external
"""


def too_few(text: str) -> Finding:
    return findings_in(text)["ECMP101"]


def said(text: str) -> str:
    """Return what 101 says beyond the numbers."""
    return too_few(text).message.partition("expected 3; ")[2]


def chain_of_node3(text: str) -> tuple[Step, ...]:
    network = parse_network(text)
    (prefix,) = network.prefixes
    (node3,) = [node for node in prefix.missing if node.name == "node3"]
    return chain_of(prefix, node3, network.facts)


def cause(text: str) -> tuple[str, Confidence]:
    (only,) = too_few(text).causes
    return only.link, only.confidence


# the node


def test_an_address_that_is_not_on_kube_lb0_is_the_cause() -> None:
    text = f"""{SHORT}
        node1 address 198.51.100.7/32 on kube-lb0
        node3 address 198.51.100.8/32 on kube-lb0
        node3 answered addresses
    """
    assert said(text) == "node3 (192.0.2.3) missing: 198.51.100.7/32 is not on its kube-lb0"
    assert cause(text) == ("address", Confidence.CERTAIN)


def test_a_node_with_nothing_on_kube_lb0_is_named_so() -> None:
    text = f"""{SHORT_V6}
        node1 address 2001:db8:100::7/128 on kube-lb0
        node3 address 2001:db8::3/64 on eth0
        node3 interface kube-lb0
        node3 answered addresses
    """
    assert said(text) == "node3 (2001:db8::3) missing: it has no address on kube-lb0"


def test_a_node_without_kube_lb0_among_nodes_that_announce_from_it_has_probably_lost_it() -> None:
    text = f"""{SHORT}
        node1 address 198.51.100.7/32 on kube-lb0
        node3 address 192.0.2.3/24 on eth0
        node3 answered addresses
    """
    assert said(text) == "node3 (192.0.2.3) missing, likely because it has no address on kube-lb0"


def test_a_node_that_announces_the_other_prefixes_without_kube_lb0_is_not_blamed_for_lacking_it() -> None:
    """An FRR node with `network` statements beside nodes of PureLB: one statement was lost."""
    text = f"""{SHORT}
        node1 address 198.51.100.7/32 on kube-lb0
        node1 address 198.51.100.8/32 on kube-lb0
        node3 address 192.0.2.3/24 on eth0
        node3 answered addresses
        node3 answered node's routes
        node3 route 198.51.100.8/32 static
    """
    assert said(text) == "node3 (192.0.2.3) missing: its routing daemon does not have 198.51.100.7/32"
    assert cause(text) == ("node route", Confidence.CERTAIN)


@pytest.mark.parametrize("peer, short", [("192.0.2.3", SHORT), ("2001:db8::3", SHORT_V6)], ids=["IPv4", "IPv6"])
def test_where_no_node_announces_from_kube_lb0_the_cause_is_looked_for_behind_it(peer: str, short: str) -> None:
    """Of MetalLB, Cilium, Calico and GoBGP no node has the interface."""
    text = f"""{short}
        node1 interface eth0
        node3 interface eth0
        node3 answered addresses
        tor1 session {peer} ipv{6 if short is SHORT_V6 else 4} Active since 00:12:31
    """
    assert (
        said(text) == f"node3 ({peer}) missing, likely because its BGP session to tor1 is down since 00:12:31 (Active)"
    )
    assert cause(text)[0] == "session"


def test_kube_lb0_of_a_node_for_another_prefix_does_not_make_this_one_pass_it() -> None:
    text = f"""{SHORT}
        node9 address 198.51.100.99/32 on kube-lb0
        node3 interface eth0
        node3 answered addresses
        node3 answered node's routes
    """
    assert cause(text) == ("node route", Confidence.CERTAIN)


def test_an_address_on_kube_ipvs0_proves_nothing() -> None:
    text = f"""{SHORT}
        node1 address 198.51.100.7/32 on kube-lb0
        node3 address 198.51.100.7/32 on kube-ipvs0
        node3 interface kube-lb0
        node3 answered addresses
    """
    assert cause(text) == ("address", Confidence.CERTAIN)


def test_without_any_kube_lb0_no_node_is_blamed_for_not_having_the_address() -> None:
    text = f"{SHORT}\nnode3 answered addresses\nnode3 address 192.0.2.3/24 on eth0"
    assert too_few(text).causes[0].confidence is Confidence.UNKNOWN


def test_an_aggregate_is_announced_for_the_addresses_inside_it() -> None:
    text = """
        tor1 198.51.100.0/24 via 192.0.2.1, 192.0.2.2
        expect 198.51.100.0/24 nodes node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3
        node3 address 198.51.100.9/32 on kube-lb0
        node3 answered addresses
        node3 answered node's routes
    """
    assert said(text) == "node3 (192.0.2.3) missing: its routing daemon does not have 198.51.100.0/24"


def test_an_address_that_the_routing_daemon_does_not_have_is_the_cause() -> None:
    text = f"""{SHORT}
        node3 address 198.51.100.7/32 on kube-lb0
        node3 answered addresses
        node3 answered node's routes
    """
    assert said(text) == "node3 (192.0.2.3) missing: its routing daemon does not have 198.51.100.7/32"
    assert cause(text) == ("node route", Confidence.CERTAIN)


def test_a_routing_daemon_that_does_not_answer_its_client_is_the_cause() -> None:
    text = f"""{SHORT}
        node1 address 198.51.100.7/32 on kube-lb0
        node3 address 198.51.100.7/32 on kube-lb0
        node3 answered addresses
        node3 daemon silent "failed to connect to any daemons"
        tor1 session 192.0.2.3 ipv4 Active since 00:12:31
    """
    assert said(text) == (
        'node3 (192.0.2.3) missing: its routing daemon does not answer ("failed to connect to any daemons")'
    )
    assert cause(text) == ("node route", Confidence.CERTAIN)


TO_TOR1 = """
node3 session 192.0.2.254 ipv4 Established name tor1
node3 answered exported routes to tor1
"""
TO_BOTH = f"""{TO_TOR1}
node3 session 192.0.2.253 ipv4 Established name tor2
node3 answered exported routes to tor2
"""
TOR1_NOT_ASKED = f"""{TO_BOTH.replace("node3 answered exported routes to tor1", "")}
node3 exports 198.51.100.7/32 to tor2
"""


@pytest.mark.parametrize(
    "exports, to_whom, confidence",
    [
        pytest.param(TO_BOTH, "to any router", Confidence.CERTAIN, id="all"),
        pytest.param(
            f"{TO_BOTH}node3 exports 198.51.100.7/32 to tor2",
            "to tor1, only to others",
            Confidence.CERTAIN,
            id="other",
        ),
        pytest.param("node3 answered exported routes to tor1", "to tor1", Confidence.CERTAIN, id="no-sessions-listed"),
        pytest.param(
            "node3 answered exported routes to uplink", "over uplink", Confidence.LIKELY, id="unknown-session"
        ),
    ],
)
def test_a_route_that_is_not_sent_is_the_export_filters_fault(
    exports: str, to_whom: str, confidence: Confidence
) -> None:
    text = f"{SHORT}{NODE3_IS_WELL}\n{exports}"
    certain = "missing: " if confidence is Confidence.CERTAIN else "missing, likely because "
    assert said(text) == (
        f"node3 (192.0.2.3) {certain}it has 198.51.100.7/32 but does not send it {to_whom}: "
        "its export filter rejects it"
    )
    assert cause(text) == ("export", confidence)


@pytest.mark.parametrize(
    "short, prefix", [(SHORT, "198.51.100.7/32"), (SHORT_V6, "2001:db8:100::7/128")], ids=["IPv4", "IPv6"]
)
def test_of_a_node_whose_own_table_was_not_read_it_is_not_said_that_it_has_the_route(short: str, prefix: str) -> None:
    finding = too_few(f"{short}\nnode3 answered exported routes to tor1")
    assert finding.message.endswith(
        f"missing, likely because it does not send {prefix} to tor1: "
        "it does not have it, or its export filter rejects it"
    )


def test_what_is_not_known_to_be_sent_to_this_router_blames_no_export_filter() -> None:
    assert too_few(f"{SHORT}{NODE3_IS_WELL}{TOR1_NOT_ASKED}").causes[0].confidence is Confidence.UNKNOWN


def test_a_route_that_is_sent_to_another_router_only_is_reported_so() -> None:
    text = f"""{SHORT}{NODE3_IS_WELL}
        node3 answered exported routes to tor1
        node3 answered exported routes to tor2
        node3 exports 198.51.100.7/32 to tor2
    """
    assert "does not send it to tor1, only to others" in said(text)


def test_where_a_node_sends_it_is_not_guessed_from_an_unknown_session_name() -> None:
    text = f"""{SHORT}{NODE3_IS_WELL}
        node3 answered exported routes to uplink
        node3 exports 198.51.100.7/32 to uplink
    """
    assert too_few(text).causes[0].confidence is Confidence.UNKNOWN


# the session

DOWN = 'tor1 session 192.0.2.3 ipv4 Active since 00:12:31 error "Connection refused"'


def test_a_session_that_is_down_is_reported_with_its_state_and_error() -> None:
    text = f"{SHORT}{NODE3_IS_WELL}\n{DOWN}"
    finding = too_few(text)
    assert finding.message == (
        "tor1 198.51.100.7/32: 2 next hops, expected 3; node3 (192.0.2.3) missing: "
        'its BGP session to tor1 is down since 00:12:31 (Active, "Connection refused")'
    )
    assert cause(text) == ("session", Confidence.CERTAIN)
    assert finding.causes[0].text == ('its BGP session to tor1 is down since 00:12:31 (Active, "Connection refused")')
    assert [line.text for line in finding.evidence] == [DOWN]


def test_over_a_session_that_is_down_no_export_filter_is_blamed() -> None:
    text = f"{SHORT}{NODE3_IS_WELL}\nnode3 answered exported routes to tor1\n{DOWN}"
    assert cause(text) == ("session", Confidence.CERTAIN)


def test_a_session_is_only_likely_the_cause_where_the_node_was_not_asked() -> None:
    assert said(f"{SHORT}\n{DOWN}") == (
        "node3 (192.0.2.3) missing, likely because "
        'its BGP session to tor1 is down since 00:12:31 (Active, "Connection refused")'
    )


def test_a_node_that_could_not_be_asked_is_not_blamed() -> None:
    text = f"{SHORT}{TWO_PATHS}\nnode node3 unreachable\ntor1 bgp 198.51.100.7/32 via 192.0.2.3 localpref 50"
    assert cause(text) == ("equal", Confidence.CERTAIN)
    alone = too_few(f"{SHORT}\nnode node3 unreachable")
    assert alone.message.endswith("; missing node3 (192.0.2.3)")
    assert alone.cause is not None
    assert alone.cause.startswith("why node3 is missing is not known: it could not be asked, ")


@pytest.mark.parametrize(
    "session, words",
    [
        pytest.param("Idle", "its BGP session to tor1 has never been up (Idle)", id="never"),
        pytest.param(
            "Idle since 00:01:00 detail Admin",
            "its BGP session is shut down on tor1 by configuration since 00:01:00 (Idle, Admin)",
            id="admin",
        ),
        pytest.param(
            "Idle since 00:01:00 detail PfxCt limit 10",
            "its BGP session is shut by tor1 at its prefix limit of 10 since 00:01:00 (Idle, PfxCt)",
            id="limit",
        ),
    ],
)
def test_why_a_session_is_down_is_reported(session: str, words: str) -> None:
    text = f"{SHORT}{NODE3_IS_WELL}\ntor1 session 192.0.2.3 ipv4 {session}"
    assert said(text) == f"node3 (192.0.2.3) missing: {words}"


@pytest.mark.parametrize(
    "configured, session, words",
    [
        ("password", "Connect since 00:01:00", ", which demands a password (MD5), is down since 00:01:00 (Connect)"),
        ("ttl-security", "Idle", ", which demands `ttl-security hops 1`, has never been up (Idle)"),
        (
            "password ttl-security",
            "Active since 00:01:00",
            ", which demands a password (MD5) and `ttl-security hops 1`, is down since 00:01:00 (Active)",
        ),
    ],
)
def test_what_the_router_demands_is_said_of_a_session_that_is_down(configured: str, session: str, words: str) -> None:
    text = f"{SHORT}{NODE3_IS_WELL}\ntor1 session 192.0.2.3 ipv4 {session}\ntor1 neighbor 192.0.2.3 ipv4 {configured}"
    assert said(text) == f"node3 (192.0.2.3) missing: its BGP session to tor1{words}"


def test_a_reason_that_the_router_names_is_said_without_its_demands() -> None:
    session = 'tor1 session 192.0.2.3 ipv4 Idle since 00:01:00 error "OPEN Message Error/Bad Peer AS"'
    text = f"{SHORT}{NODE3_IS_WELL}\n{session}\ntor1 neighbor 192.0.2.3 ipv4 password"
    assert "demands" not in said(text)


def test_a_neighbour_that_is_not_configured_is_the_cause() -> None:
    text = f"""{SHORT}{NODE3_IS_WELL}
        tor1 answered BGP sessions
        tor1 answered configuration
        tor1 session 192.0.2.1 ipv4 Established accepted 4
    """
    assert said(text) == "node3 (192.0.2.3) missing: tor1 has no BGP neighbour configured for it"
    assert cause(text) == ("session", Confidence.CERTAIN)


def test_of_a_configuration_that_was_not_read_nothing_is_said() -> None:
    """A dynamic neighbour (`bgp listen range`) that did not connect is in no list of sessions."""
    text = f"""{SHORT}{NODE3_IS_WELL}
        tor1 answered BGP sessions
        tor1 session 192.0.2.1 ipv4 Established accepted 4
    """
    assert said(text) == "node3 (192.0.2.3) missing, likely because tor1 lists no BGP session with it"
    assert cause(text) == ("session", Confidence.LIKELY)


def test_a_neighbour_that_is_not_configured_is_why_the_nodes_own_session_is_down() -> None:
    text = f"""{SHORT}{NODE3_IS_WELL}
        tor1 answered BGP sessions
        tor1 answered configuration
        tor1 session 192.0.2.1 ipv4 Established accepted 4
        tor1 address 192.0.2.254/24 on eth0
        node3 session 192.0.2.254 ipv4 Active error "Connection refused" name uplink
    """
    assert said(text) == "node3 (192.0.2.3) missing: tor1 has no BGP neighbour configured for it"


def test_a_nodes_session_is_with_the_router_that_has_the_address() -> None:
    text = f"""{SHORT}{NODE3_IS_WELL}{TWO_PATHS}
        node3 answered exported routes to uplink
        node3 exports 198.51.100.7/32 to uplink
        node3 session 192.0.2.254 ipv4 Established name uplink
        tor1 address 192.0.2.254/24 on eth0
        tor1 neighbor 192.0.2.3 ipv4 prefix-list LB-IN
    """
    assert said(text) == (
        "node3 (192.0.2.3) missing: it sends 198.51.100.7/32, but prefix-list LB-IN on tor1 rejects it"
    )
    assert cause(text) == ("accepted", Confidence.CERTAIN)


def test_behind_a_route_reflector_no_node_is_blamed_for_having_no_session() -> None:
    text = f"""{SHORT}{NODE3_IS_WELL}
        tor1 answered BGP sessions
        tor1 session 203.0.113.1 ipv4 Established accepted 4 name rr1
        tor1 bgp 198.51.100.7/32 via 192.0.2.1 from 203.0.113.1 best internal
    """
    (only,) = too_few(text).causes
    assert only.confidence is Confidence.UNKNOWN
    assert "tor1 has a BGP session with no node, as behind a route reflector" in only.text


def test_a_session_of_the_other_family_only_is_reported_so() -> None:
    text = f"""{SHORT_V6}
        tor1 answered BGP sessions
        tor1 session 2001:db8::3 ipv4 Established accepted 4
    """
    assert "its BGP session to tor1 carries IPv4 but not IPv6" in said(text)


def test_a_family_that_was_not_negotiated_is_no_session_that_is_down() -> None:
    text = f"{SHORT_V6}\ntor1 answered BGP sessions\ntor1 session 2001:db8::3 ipv6 NoNeg since 00:12:31"
    assert "its BGP session to tor1 is up, but IPv6 was not negotiated over it (NoNeg)" in said(text)
    other = f"{text}\ntor1 session fe80::3 ipv6 Active since 00:01:00"
    assert "its BGP session to tor1 is down since 00:01:00 (Active)" in said(other)


def test_a_session_over_an_interface_may_be_any_nodes() -> None:
    text = f"{SHORT_V6}\ntor1 answered BGP sessions\ntor1 session eth7 ipv6 Established accepted 4"
    assert too_few(text).causes[0].confidence is Confidence.UNKNOWN
    named = f"{SHORT_V6}\ntor1 answered BGP sessions\ntor1 session eth7 ipv6 Active since 00:01:00 name node3"
    assert "its BGP session to tor1 is down since 00:01:00 (Active)" in said(named)


def test_a_dynamic_neighbour_that_has_not_connected_is_reported_so() -> None:
    text = f"""{SHORT}{NODE3_IS_WELL}
        tor1 answered BGP sessions
        tor1 neighbor 192.0.2.0/24 ipv4
    """
    assert said(text) == (
        "node3 (192.0.2.3) missing: it has not connected to tor1, "
        "which accepts it as a dynamic neighbour of 192.0.2.0/24"
    )


def test_ospf_has_no_sessions_that_could_be_blamed() -> None:
    text = f"""
        tor1 198.51.100.7/32 ospf via 192.0.2.1, 192.0.2.2
        {EXPECTED}
        {NODE3_SENDS}
        tor1 answered BGP sessions
        tor1 answered BGP table
    """
    (only,) = too_few(text).causes
    assert only.confidence is Confidence.UNKNOWN
    assert "tor1's OSPF adjacencies are not known" in only.text


def test_rip_has_no_sessions_and_no_adjacencies_that_could_be_blamed() -> None:
    text = f"tor1 198.51.100.7/32 rip via 192.0.2.1\n{EXPECTED}\ntor1 answered BGP sessions"
    assert "from whom tor1 hears RIP updates is not known" in too_few(text).causes[0].text


OSPF_DATABASE = f"""
        tor1 198.51.100.7/32 ospf via 192.0.2.1, 192.0.2.2
        {EXPECTED}
        tor1 answered OSPF adjacencies
        tor1 answered external OSPF routes
        tor1 adjacency 192.0.2.1 ipv4 Full/DROther
        tor1 adjacency 192.0.2.2 ipv4 Full/DROther
        tor1 adjacency 192.0.2.3 ipv4 Full/DROther
        tor1 external 198.51.100.7/32 from 192.0.2.1 type 2 metric 20
        tor1 external 198.51.100.7/32 from 192.0.2.2 type 2 metric 20
"""


def test_node_without_an_external_route_does_not_announce_by_ospf() -> None:
    assert cause(OSPF_DATABASE)[0] == "export"
    assert said(OSPF_DATABASE) == (
        "node3 (192.0.2.3) missing, likely because it does not announce 198.51.100.7/32 by OSPF: "
        "tor1's OSPF database has it from others only"
    )


@pytest.mark.parametrize(
    "external, own",
    [("type 2 metric 30", "metric 30 of type 2"), ("type 2 metric 21", "metric 21 of type 2")],
)
def test_external_route_that_is_worse_is_not_used(external: str, own: str) -> None:
    text = f"{OSPF_DATABASE}tor1 external 198.51.100.7/32 from 192.0.2.3 {external}"
    assert said(text) == (
        f"node3 (192.0.2.3) missing: its external OSPF route has {own}, the best one (node1) has metric 20 of type 2"
    )
    assert cause(text) == ("equal", Confidence.CERTAIN)


def test_database_without_the_prefix_blames_nobody() -> None:
    text = "\n".join(line for line in OSPF_DATABASE.split("\n") if "external 198" not in line)
    assert too_few(text).causes[0].confidence is Confidence.UNKNOWN


def test_announcing_router_that_is_no_known_node_may_be_the_missing_one() -> None:
    text = f"{OSPF_DATABASE}tor1 external 198.51.100.7/32 from 203.0.113.9 type 2 metric 20"
    assert too_few(text).causes[0].confidence is Confidence.UNKNOWN


def test_node_that_sends_no_rip_updates_is_named() -> None:
    text = f"""
        tor1 198.51.100.7/32 rip via 192.0.2.1, 192.0.2.2
        {EXPECTED}
        tor1 answered sources of RIP updates
        tor1 rip 192.0.2.1 ipv4
        tor1 rip 192.0.2.2 ipv4
    """
    assert said(text) == "node3 (192.0.2.3) missing, likely because tor1 hears no RIP updates of it"


# what the router takes in


def test_a_path_that_is_sent_and_not_there_was_refused_and_the_filter_is_named() -> None:
    text = f"{SHORT}{NODE3_SENDS}{TWO_PATHS}\ntor1 neighbor 192.0.2.3 ipv4 prefix-list LB-IN"
    assert said(text) == (
        "node3 (192.0.2.3) missing: it sends 198.51.100.7/32, but prefix-list LB-IN on tor1 rejects it"
    )
    assert cause(text) == ("accepted", Confidence.CERTAIN)


def test_who_keeps_a_path_out_is_not_guessed_where_the_node_was_not_asked() -> None:
    text = f"{SHORT}{TWO_PATHS}"
    assert said(text) == (
        "node3 (192.0.2.3) missing, likely because it does not announce 198.51.100.7/32, or tor1 rejects it; "
        "its BGP session is up"
    )


def test_a_neighbour_without_a_policy_is_reported_so() -> None:
    text = f"""{SHORT}{NODE3_SENDS}
        tor1 answered BGP table
        tor1 session 192.0.2.3 ipv4 Established accepted 0 detail Policy
    """
    assert "tor1 accepts nothing from it: the neighbour has no inbound policy (Policy)" in said(text)


def test_a_next_hop_that_is_not_resolved_is_the_cause() -> None:
    text = f"{SHORT}{TWO_PATHS}\ntor1 bgp 198.51.100.7/32 via 192.0.2.3 from 192.0.2.3 invalid inaccessible"
    assert said(text) == "node3 (192.0.2.3) missing: tor1 cannot resolve its next hop 192.0.2.3 (inaccessible)"
    assert cause(text) == ("accepted", Confidence.CERTAIN)


# which path is as good as the best


@pytest.mark.parametrize(
    "attributes, words",
    [
        pytest.param("weight 0 localpref 50 aspath 64512", "local-pref 50, the best path (node1) has 100", id="pref"),
        pytest.param("aspath 64512 64512 64512", "AS path length 3, the best path (node1) has 1", id="as_path_length"),
        pytest.param("aspath 64512 origin incomplete", "origin incomplete, the best path (node1) has IGP", id="origin"),
        pytest.param("aspath 64512 origin IGP med 10", "MED 10, the best path (node1) has 0", id="med"),
        pytest.param(
            "aspath 64512 origin IGP internal",
            "peer type iBGP, the best path (node1) has eBGP (eBGP and iBGP paths do not form one multipath set)",
            id="ibgp",
        ),
    ],
)
def test_the_first_attribute_that_differs_is_reported_with_both_values(attributes: str, words: str) -> None:
    text = f"{SHORT}{TWO_PATHS}\ntor1 bgp 198.51.100.7/32 via 192.0.2.3 from 192.0.2.3 {attributes}"
    assert said(text) == f"node3 (192.0.2.3) missing: its path has {words}"
    assert cause(text) == ("equal", Confidence.CERTAIN)


def test_of_several_differences_the_one_that_decides_is_reported() -> None:
    text = (
        f"{SHORT}{TWO_PATHS}\n"
        "tor1 bgp 198.51.100.7/32 via 192.0.2.3 weight 0 localpref 100 aspath 64512 64512 med 5 origin EGP"
    )
    assert "its path has AS path length 2, the best path (node1) has 1" in said(text)


def test_the_med_of_another_as_is_not_compared() -> None:
    text = f"""{SHORT}{TWO_PATHS}
        tor1 setting multipath-relax off
        tor1 bgp 198.51.100.7/32 via 192.0.2.3 aspath 64513 origin IGP med 10
    """
    assert said(text) == (
        "node3 (192.0.2.3) missing: its path has AS path 64513, the best path (node1) has 64512 "
        "(multipath-relax is off on tor1)"
    )


def test_an_as_path_is_blamed_only_where_multipath_relax_is_not_on() -> None:
    other_as = "tor1 bgp 198.51.100.7/32 via 192.0.2.3 aspath 64513 origin IGP"
    relaxed = too_few(f"{SHORT}{TWO_PATHS}\ntor1 setting multipath-relax on\n{other_as}")
    assert relaxed.causes[0].link != "equal"
    assert said(f"{SHORT}{TWO_PATHS}\n{other_as}") == (
        "node3 (192.0.2.3) missing, likely because its path has AS path 64513, the best path (node1) has 64512 "
        "(multipath-relax is probably off on tor1)"
    )


def test_bird_does_not_compare_the_content_of_the_as_path() -> None:
    text = f"""{SHORT}{TWO_PATHS}
        tor1 setting merge paths on
        tor1 bgp 198.51.100.7/32 via 192.0.2.3 aspath 64513 origin IGP
    """
    assert too_few(text).causes[0].link != "equal"


def test_one_better_path_is_the_cause_for_all_that_lose_to_it() -> None:
    text = f"""
        tor1 198.51.100.7/32 via 192.0.2.2
        {EXPECTED}
        tor1 bgp 198.51.100.7/32 via 192.0.2.1 localpref 100
        tor1 bgp 198.51.100.7/32 via 192.0.2.2 localpref 200 best
        tor1 bgp 198.51.100.7/32 via 192.0.2.3 localpref 100
    """
    assert said(text) == (
        "node1 (192.0.2.1), node3 (192.0.2.3) missing: their paths have local-pref 100, the best path (node2) has 200"
    )


# from the choice to the kernel


def test_an_equal_path_beyond_the_ceiling_is_certain() -> None:
    text = f"""{SHORT}{TWO_PATHS}
        ceiling tor1 2
        tor1 bgp 198.51.100.7/32 via 192.0.2.3 aspath 64512 origin IGP external
    """
    assert said(text) == ("node3 (192.0.2.3) missing: the ceiling of 2 is reached (maximum-paths in its configuration)")
    assert cause(text) == ("ceiling", Confidence.CERTAIN)


def test_an_equal_path_that_is_not_chosen_makes_a_ceiling_likely() -> None:
    text = f"{SHORT}{TWO_PATHS}\ntor1 bgp 198.51.100.7/32 via 192.0.2.3 aspath 64512 origin IGP external"
    assert said(text) == (
        "node3 (192.0.2.3) missing, likely because its path is as good as the best one, but BGP selected only 2: "
        "the ceiling is probably 2"
    )


def test_a_path_that_bgp_selected_without_a_selected_route_in_the_rib_is_reported_so() -> None:
    text = f"tor1 198.51.100.7/32 missing\n{EXPECTED}\ntor1 bgp 198.51.100.7/32 via 192.0.2.1 best"
    (first, *_) = findings_in(text)["ECMP102"].causes
    assert first.text == "BGP selected its path, but tor1's RIB has no selected route"


def test_a_path_that_bgp_selected_and_the_rib_lacks_is_reported_so() -> None:
    text = f"{SHORT}{TWO_PATHS}\ntor1 bgp 198.51.100.7/32 via 192.0.2.3 aspath 64512 origin IGP multipath"
    assert said(text) == "node3 (192.0.2.3) missing: BGP selected its path, but tor1's RIB does not have it"
    assert cause(text) == ("RIB", Confidence.CERTAIN)


@pytest.mark.parametrize(
    "mark, words, link",
    [
        pytest.param("inactive", "tor1 marks it inactive: its next hop does not resolve", "RIB", id="inactive"),
        pytest.param("rejected", "it is in tor1's RIB, but the kernel rejected it (rejected)", "kernel", id="rejected"),
        pytest.param("linkdown", "it is in tor1's RIB, but its interface has no carrier", "kernel", id="linkdown"),
    ],
)
def test_what_the_table_marks_is_certain_without_any_other_answer(mark: str, words: str, link: str) -> None:
    text = f"tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2, 192.0.2.3 {mark}\n{EXPECTED}"
    assert said(text) == f"node3 (192.0.2.3) missing: {words}"
    assert cause(text) == (link, Confidence.CERTAIN)


def test_a_next_hop_that_is_inactive_beyond_the_ceiling_is_the_ceilings_fault() -> None:
    text = f"tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2, 192.0.2.3 inactive\n{EXPECTED}\nceiling tor1 2"
    assert said(text).startswith("node3 (192.0.2.3) missing, likely because the ceiling of 2 is reached")
    assert set(findings_in(text)) == {"ECMP101", "ECMP202"}


# how it is said


def test_nodes_with_one_cause_are_named_together() -> None:
    text = f"""
        tor1 198.51.100.7/32 via 192.0.2.1
        {EXPECTED}
        tor1 session 192.0.2.2 ipv4 Active since 00:12:31
        tor1 session 192.0.2.3 ipv4 Idle since 00:01:00
    """
    assert said(text) == (
        "node2 (192.0.2.2), node3 (192.0.2.3) missing, likely because their BGP sessions to tor1 are down: "
        "node2 since 00:12:31 (Active), node3 since 00:01:00 (Idle)"
    )
    alike = text.replace("Idle since 00:01:00", "Active since 00:12:31")
    assert said(alike).endswith("their BGP sessions to tor1 are down since 00:12:31 (Active)")


def test_nodes_with_different_causes_have_a_sentence_each() -> None:
    text = f"""
        tor1 198.51.100.7/32 via 192.0.2.1
        {EXPECTED}
        node1 address 198.51.100.7/32 on kube-lb0
        node2 interface kube-lb0
        node2 answered addresses
        tor1 session 192.0.2.3 ipv4 Active since 00:12:31
    """
    assert said(text) == (
        "node2 (192.0.2.2) missing: it has no address on kube-lb0; node3 (192.0.2.3) missing, likely because "
        "its BGP session to tor1 is down since 00:12:31 (Active)"
    )
    assert [c.node for c in too_few(text).causes] == ["node2", "node3"]


@pytest.mark.parametrize("words", ["Established not-negotiated", "NoNeg", "Established", "Established accepted 0"])
def test_a_session_over_the_other_family_does_not_count_where_it_does_not_carry_this_one(words: str) -> None:
    """FRR lists an IPv6 peer under IPv4 too (`bgp default ipv4-unicast`)."""
    text = f"""{SHORT.replace("node3=192.0.2.3", "node3=192.0.2.3+2001:db8::3")}
        tor1 answered BGP sessions
        tor1 session 2001:db8::3 ipv4 {words} since 01:00:00
        tor1 session 192.0.2.3 ipv4 Active since 00:12:31
    """
    assert said(text).endswith("its BGP session to tor1 is down since 00:12:31 (Active)")
    assert cause(text)[0] == "session"


@pytest.mark.parametrize("words", ["Established negotiated", "Established accepted 4"])
def test_a_session_over_the_other_family_counts_where_it_carries_this_one(words: str) -> None:
    text = f"""{SHORT.replace("node3=192.0.2.3", "node3=192.0.2.3+2001:db8::3")}
        tor1 answered BGP sessions
        tor1 answered BGP table
        tor1 session 2001:db8::3 ipv4 {words} since 01:00:00
        tor1 session 192.0.2.3 ipv4 Active since 00:12:31
    """
    assert cause(text)[0] == "accepted"


def test_an_ipv4_peer_that_did_not_offer_ipv6_is_named_as_that() -> None:
    text = f"""{SHORT_V6.replace("node3=2001:db8::3", "node3=192.0.2.3+2001:db8::3")}
        tor1 answered BGP sessions
        tor1 session 192.0.2.3 ipv6 Established not-negotiated since 01:00:00
    """
    assert "but IPv6 was not negotiated over it (Established)" in said(text)


def test_a_next_hop_that_a_static_route_lacks_was_forgotten_and_no_session_is_blamed() -> None:
    text = f"""
        tor1 198.51.100.7/32 static via 192.0.2.1, 192.0.2.2
        {EXPECTED}
        tor1 answered kernel's routes
        node3 answered addresses
    """
    assert said(text) == "node3 (192.0.2.3) missing, likely because tor1's static route does not have it"
    steps = {step.link.value: step.state.word for step in chain_of_node3(text)}
    assert {link for link, state in steps.items() if state == "not applicable"} == {
        *("address", "node route", "export", "session", "accepted", "equal", "kernel", "neighbour", "detection")
    }


def test_a_static_route_over_paths_of_bgp_does_not_hide_their_links() -> None:
    text = f"""
        tor1 198.51.100.7/32 static via 192.0.2.1, 192.0.2.2
        {EXPECTED}
        tor1 session 192.0.2.3 ipv4 Active since 00:12:31
    """
    assert cause(text)[0] == "session"


def test_a_kernel_that_was_asked_is_not_called_unasked() -> None:
    text = f"{SHORT}\ntor1 kernel 198.51.100.7/32 via 192.0.2.1-2\ntor1 session 192.0.2.3 ipv4 Established"
    (kernel,) = [step for step in chain_of_node3(text) if step.link is Link.KERNEL]
    assert kernel.text == "the RIB has no route over it for the kernel"


def test_a_node_without_its_bgp_daemon_is_named_by_that_and_not_by_its_session() -> None:
    text = f"""{SHORT}
        {NODE3_IS_WELL}
        node3 daemon bgpd silent "bgpd is not running"
        tor1 session 192.0.2.3 ipv4 Active since 00:12:31 error "Connection refused"
    """
    assert said(text) == 'node3 (192.0.2.3) missing: its routing daemon does not run ("bgpd is not running")'


def test_bgp_that_does_not_run_is_no_cause_where_nobody_has_a_session_with_the_node() -> None:
    text = f"""
        tor1 198.51.100.7/32 ospf via 192.0.2.1, 192.0.2.2
        {EXPECTED}
        node3 daemon bgpd silent "bgpd is not running"
    """
    assert too_few(text).causes == ()


def test_a_router_without_its_bgp_daemon_is_the_cause_and_no_node_is_blamed() -> None:
    text = f"""{SHORT}
        tor1 daemon bgpd silent "bgpd is not running"
        tor1 address 192.0.2.254/24 on eth0
        node3 session 192.0.2.254 ipv4 Active since 00:12:31
        node3 session 192.0.2.9 ipv4 Established
    """
    found = findings_in(text)
    assert "tor1's bgpd does not run" in found["ECMP101"].message
    assert found["ECMP405"].message == "tor1: bgpd is not running, and 1 node has a BGP session with it: node3"


@pytest.mark.parametrize("used", ["static", "connected"])
def test_a_route_of_the_routers_own_that_is_used_instead_is_the_cause(used: str) -> None:
    text = f"""
        tor1 198.51.100.7/32 {used} via 192.0.2.9
        tor1 198.51.100.7/32 via 192.0.2.1-3
        {EXPECTED}
    """
    assert f"tor1 uses the {used} route, and only its BGP route has them" in said(text)


@pytest.mark.parametrize(
    "error, reason",
    [
        ("BGP Notification send: OPEN Message Error/Bad Peer AS", "fails: the AS numbers do not match"),
        ("BGP Error: Bad peer AS", "fails: the AS numbers do not match"),
        ("BGP Notification send: OPEN Message Error/Bad BGP Identifier", "fails: the router id is in use"),
        ("BGP Notification received: Cease/Administrative Shutdown", "it has shut down its BGP session with tor1"),
        ("BGP Notification received: Cease/Peer Unconfigured", "it has no BGP session with tor1 configured any more"),
        ("BFD down received", "BFD reported it as down"),
        ("BGP Notification send: Cease/Administrative Shutdown", "its BGP session to tor1 is down"),
        ("Connection refused", "its BGP session to tor1 is down"),
    ],
)
def test_the_words_about_the_end_of_a_session_say_why_it_is_down(error: str, reason: str) -> None:
    text = f"""{SHORT}
        tor1 answered BGP sessions
        tor1 session 192.0.2.3 ipv4 Active since 00:12:31 error "{error}"
    """
    assert f'{reason} since 00:12:31 (Active, "{error}")' in said(text)
    assert cause(text)[0] == "session"


@pytest.mark.parametrize(
    "limit, words",
    [(2, "takes no more dynamic neighbours: its listen limit of 2 is reached"), (3, "has not connected")],
)
def test_a_dynamic_neighbour_beyond_the_listen_limit_is_not_said_to_be_silent(limit: int, words: str) -> None:
    text = f"""{SHORT}
        tor1 answered BGP sessions
        tor1 session 192.0.2.1 ipv4 Established
        tor1 session 192.0.2.2 ipv4 Established
        tor1 neighbor 192.0.2.0/24 ipv4
        tor1 setting listen limit {limit}
    """
    assert words in said(text)


@pytest.mark.parametrize(
    "configured, words",
    [
        ("tor1 neighbor 2001:db8::/64 ipv6", "its listen limit of 2 is reached"),
        ("tor1 neighbor 2001:db8::/64 ipv6\ntor1 neighbor 2001:db8::1 ipv6", "has not connected"),
        ("", "has not connected"),
    ],
    ids=["in another range", "configured by its address", "in no range"],
)
def test_the_listen_limit_counts_dynamic_neighbours_of_all_ranges(configured: str, words: str) -> None:
    text = f"""{SHORT}
        tor1 answered BGP sessions
        tor1 session 192.0.2.1 ipv4 Established
        tor1 session 2001:db8::1 ipv6 Established
        tor1 neighbor 192.0.2.0/24 ipv4
        tor1 setting listen limit 2
        {configured}
    """
    assert words in said(text)


MED_OF_NODE3 = "tor1 bgp 198.51.100.7/32 via 192.0.2.3 from 192.0.2.3 aspath 64512 origin IGP external"


@pytest.mark.parametrize(
    "path, settings, difference",
    [
        (f"{MED_OF_NODE3} med 10", "", "its path has MED 10, the best path (node1) has 0"),
        (MED_OF_NODE3, "tor1 setting missing-as-worst on", "its path has MED 4294967295, the best path (node1) has 5"),
        (f"{MED_OF_NODE3} localpref 0", "", "has 100 (as the community graceful-shutdown sets it)"),
    ],
)
def test_an_attribute_counts_as_the_router_is_configured(path: str, settings: str, difference: str) -> None:
    of_best = TWO_PATHS.replace("origin IGP best", "origin IGP med 5 best") if settings else TWO_PATHS
    assert difference in said(f"{SHORT}\n{of_best}\n{path}\n{settings}")


def test_a_damped_path_is_not_said_to_have_a_next_hop_that_does_not_resolve() -> None:
    damped = "tor1 bgp 198.51.100.7/32 via 192.0.2.3 from 192.0.2.3 aspath 64512 origin IGP damped"
    assert said(f"{SHORT}\n{TWO_PATHS}\n{damped}").endswith("tor1 suppresses its path after flaps (route dampening)")


OSPF = """
tor1 198.51.100.7/32 ospf via 192.0.2.1, 192.0.2.2
tor1 adjacency 192.0.2.1 ipv4 Full/DR
tor1 adjacency 192.0.2.2 ipv4 Full/DROther
expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3
"""
OSPF_V3 = """
tor1 2001:db8:100::7/128 ospf via fe80::1%eth0, fe80::2%eth0
tor1 adjacency 192.0.2.1 ipv6 Full
tor1 adjacency 192.0.2.2 ipv6 Full
expect 2001:db8:100::7/128 nodes node1=192.0.2.1+fe80::1, node2=192.0.2.2+fe80::2, node3=192.0.2.3+fe80::3
"""


@pytest.mark.parametrize("text", [OSPF, OSPF_V3], ids=["OSPFv2", "OSPFv3"])
@pytest.mark.parametrize(
    "state, words, confidence",
    [
        ("ExStart/DROther", "its OSPF adjacency with tor1 stays in ExStart, as where the MTU", Confidence.LIKELY),
        ("Init/DROther", "stays in Init: tor1 hears it, and it does not hear tor1", Confidence.LIKELY),
        ("", "it is no OSPF neighbour of tor1", Confidence.LIKELY),
    ],
)
def test_an_adjacency_that_is_not_full_is_the_cause(text: str, state: str, words: str, confidence: Confidence) -> None:
    family = 6 if text is OSPF_V3 else 4
    of_node3 = f"tor1 adjacency 192.0.2.3 ipv{family} {state}" if state else ""
    found = f"{text}\ntor1 answered OSPF adjacencies\n{of_node3}"
    assert words in said(found)
    assert cause(found) == ("session", confidence)


@pytest.mark.parametrize("state", ["Full/DR", "Full", "2-Way/DROther"])
def test_a_full_adjacency_is_no_cause(state: str) -> None:
    text = f"{OSPF}\ntor1 answered OSPF adjacencies\ntor1 adjacency 192.0.2.3 ipv4 {state}"
    assert too_few(text).causes[0].confidence is Confidence.UNKNOWN


def test_neighbours_whose_router_ids_are_no_nodes_address_blame_nobody() -> None:
    text = OSPF.replace("adjacency 192.0.2", "adjacency 203.0.113")
    text += "tor1 answered OSPF adjacencies"
    assert "cannot determine which of tor1's OSPF neighbours is it: 203.0.113.1, 203.0.113.2" in (
        too_few(text).causes[0].text
    )


def test_a_mere_number_names_the_path_that_is_left_out() -> None:
    text = f"""
        tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2
        expect 198.51.100.7/32 count 3
        {TWO_PATHS}
        tor1 bgp 198.51.100.7/32 via 192.0.2.3 aspath 64512 origin incomplete
    """
    assert said(text) == (
        "found only 192.0.2.1, 192.0.2.2; "
        "192.0.2.3 missing: its path has origin incomplete, the best path (192.0.2.1) has IGP"
    )


def test_a_route_table_alone_names_no_causes() -> None:
    finding = too_few(SHORT)
    assert (finding.causes, finding.cause) == ((), None)
    assert finding.message.endswith("; missing node3 (192.0.2.3)")


def test_a_path_in_the_table_implies_the_links_before_it() -> None:
    text = f"""{SHORT}{TWO_PATHS}
        node1 address 198.51.100.7/32 on kube-lb0
        node3 answered addresses
        tor1 bgp 198.51.100.7/32 via 192.0.2.3 localpref 50
    """
    assert cause(text)[0] == "equal"


def test_the_bgp_table_of_another_vrf_is_no_answer_for_this_one() -> None:
    text = """
        tor1 vrf red 198.51.100.7/32 via 192.0.2.1
        expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2
        tor1 answered BGP table
        tor1 bgp 198.51.100.9/32 via 192.0.2.1 best
    """
    assert "tor1's BGP table is not known" in too_few(text).causes[0].text
    of_red = text.replace("tor1 bgp", "tor1 vrf red bgp")
    assert "tor1 has no path from it" in too_few(of_red).causes[0].text
    assert (
        "tor1's BGP table is not known"
        in too_few(of_red.replace("vrf red 198.51.100.7", "198.51.100.7")).causes[0].text
    )


def test_a_second_session_without_policy_is_not_blamed_while_the_first_brings_prefixes() -> None:
    text = f"""{SHORT.replace("node3=192.0.2.3", "node3=192.0.2.3+2001:db8::3")}
        tor1 session 2001:db8::3 ipv4 Established accepted 0 detail Policy
        {TWO_PATHS}
    """
    assert "it does not announce 198.51.100.7/32, or tor1 rejects it; its BGP session is up" in said(text)
    assert "(Policy)" not in said(text)
