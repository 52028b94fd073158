"""What each link of the chain says of one node, where its answer changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecmpaudit.model import AuditedPrefix, Confidence, Expectation, Network, NextHop, NextHops, Route
from ecmpaudit.rules.causes import Link, Step, chain_of
from tests.notation import parse_network
from tests.rule_checks import findings_in, messages_in, node, seen_as_candidates

NODES = "expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3"
SHORT = f"tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2\n{NODES}\n"
SHORT_V6 = """
tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
expect 2001:db8:100::7/128 nodes node1=2001:db8::1+fe80::1, node2=2001:db8::2+fe80::2, node3=2001:db8::3
"""
PATH = "tor1 bgp 198.51.100.7/32 via 192.0.2.3"
BEST = "tor1 bgp 198.51.100.7/32 via 192.0.2.1 aspath 64512 origin IGP best external\n"
NOTHING_ACCEPTED = "it does not announce 198.51.100.7/32, or tor1 rejects it; its BGP session is up"


def step(network: Network | str, link: Link, name: str = "node3") -> Step:
    """Return what one link says of a node on the only router of a network."""
    if isinstance(network, str):
        network = parse_network(network)
    (prefix,) = network.prefixes
    nodes = prefix.expectation.nodes if prefix.expectation else ()
    asked = next(node for node in nodes if node.name == name)
    return next(step for step in chain_of(prefix, asked, network.facts) if step.link is link)


def said(network: Network | str, link: Link, name: str = "node3") -> tuple[str, str]:
    """Return the state of a link and its sentence."""
    found = step(network, link, name)
    return found.state.word, found.sentence


def cause(text: str) -> str | None:
    """Return the cause in the finding about too few next hops."""
    return findings_in(text)["ECMP101"].cause


# asked, and what a later link implies


@pytest.mark.parametrize(
    "facts, words",
    [
        pytest.param("", ("unknown", "it was not asked"), id="not-asked"),
        pytest.param("node3 answered addresses", ("ok", "it answered"), id="answered"),
        pytest.param("node node3 unreachable", ("unknown", "it could not be asked"), id="unreachable"),
        pytest.param(PATH, ("unknown", "it was not asked"), id="no-path-implies-that-a-node-was-asked"),
    ],
)
def test_a_node_was_asked_only_if_it_answered(facts: str, words: tuple[str, str]) -> None:
    assert said(f"{SHORT}{facts}", Link.ASKED) == words


def test_a_link_with_an_answer_of_its_own_keeps_it_where_a_later_link_implies_it() -> None:
    text = f"{SHORT}{PATH}\ntor1 session 192.0.2.3 ipv4 Established since 01:00:00"
    assert said(text, Link.SESSION) == ("ok", "its BGP session to tor1 is up, since 01:00:00")
    assert said(text, Link.NODE_ROUTE) == ("ok", "implied: tor1 has its path")


def test_without_a_link_that_implies_others_each_link_is_as_it_was_judged() -> None:
    assert said(SHORT, Link.NODE_ROUTE) == ("unknown", "its routing daemon's table is not known")


def test_a_path_implies_the_export_over_a_session_that_is_down_now_and_nothing_about_kube_lb0() -> None:
    text = f"{SHORT}{PATH}\nnode3 answered addresses\ntor1 session 192.0.2.3 ipv4 Active"
    assert said(text, Link.EXPORT) == ("ok", "implied: tor1 has its path")
    assert said(text, Link.ADDRESS) == ("not applicable", "it does not announce from kube-lb0")


# the address


@pytest.mark.parametrize(
    "sibling, words",
    [
        pytest.param("198.51.100.7/32 on kube-lb0", ("broken", "it has no address on kube-lb0"), id="has-it"),
        pytest.param(
            "198.51.100.8/32 on kube-lb0", ("not applicable", "it does not announce from kube-lb0"), id="has-another"
        ),
        pytest.param("198.51.100.7/32 on lo", ("not applicable", "it does not announce from kube-lb0"), id="on-lo"),
    ],
)
def test_a_node_needs_the_address_on_kube_lb0_only_if_a_sibling_has_it_there(
    sibling: str, words: tuple[str, str]
) -> None:
    assert said(f"{SHORT}node3 answered addresses\nnode1 address {sibling}", Link.ADDRESS) == words


@pytest.mark.parametrize("others, shown", [(1, 1), (3, 3), (4, 3)])
def test_three_other_addresses_on_kube_lb0_are_shown(others: int, shown: int) -> None:
    text = f"{SHORT}node3 answered addresses\n"
    text += "\n".join(f"node3 address 198.51.100.{100 + n}/32 on kube-lb0" for n in range(others))
    assert said(text, Link.ADDRESS) == ("broken", "198.51.100.7/32 is not on its kube-lb0")
    assert len(step(text, Link.ADDRESS).evidence) == shown


# the session


@pytest.mark.parametrize(
    "facts, words",
    [
        pytest.param("", "its BGP session to tor1 is down since 00:01:00 (Idle)", id="down"),
        pytest.param(
            "tor1 neighbor 192.0.2.3 ipv4 limit 10",
            "its BGP session to tor1 is down since 00:01:00 (Idle)",
            id="configured-and-not-shut-down",
        ),
        pytest.param(
            "tor1 neighbor 192.0.2.3 ipv4 shutdown",
            "its BGP session is shut down on tor1 by configuration since 00:01:00 (Idle)",
            id="configured-as-shut-down",
        ),
    ],
)
def test_a_session_is_shut_down_by_configuration_only_where_that_says_so(facts: str, words: str) -> None:
    text = f"{SHORT}tor1 session 192.0.2.3 ipv4 Idle since 00:01:00\n{facts}"
    assert said(text, Link.SESSION) == ("broken", words)
    assert len(step(text, Link.SESSION).evidence) == (2 if "shutdown" in facts else 1)


@pytest.mark.parametrize(
    "session, neighbor, limit",
    [
        pytest.param(" limit 10", "limit 20", " of 10", id="of-the-session"),
        pytest.param("", "limit 20", " of 20", id="of-the-configuration"),
        pytest.param("", "", "", id="unknown"),
    ],
)
def test_the_limit_that_shut_a_session_is_named_where_it_is_known(session: str, neighbor: str, limit: str) -> None:
    text = f"{SHORT}tor1 session 192.0.2.3 ipv4 Idle detail PfxCt{session}\ntor1 neighbor 192.0.2.3 ipv4 {neighbor}"
    assert said(text, Link.SESSION) == (
        "broken",
        f"its BGP session is shut by tor1 at its prefix limit{limit} (Idle, PfxCt)",
    )


def test_of_two_sessions_that_are_up_the_one_that_brings_routes_counts() -> None:
    text = SHORT.replace("node3=192.0.2.3", "node3=192.0.2.3+2001:db8::3")
    text += "tor1 session 192.0.2.3 ipv4 Established since 00:01:00 accepted 0 negotiated\n"
    text += "tor1 session 2001:db8::3 ipv4 Established since 00:02:00 accepted 4 negotiated"
    assert said(text, Link.SESSION) == ("ok", "its BGP session to tor1 is up, since 00:02:00")


def test_a_session_that_is_up_is_named_with_its_age_where_that_is_known() -> None:
    text = f"{SHORT}tor1 session 192.0.2.3 ipv4 Established"
    assert said(text, Link.SESSION) == ("ok", "its BGP session to tor1 is up")


@pytest.mark.parametrize(
    "session, words",
    [
        pytest.param(
            "198.51.100.9 ipv6 Active", "tor1 has a BGP session with no node", id="of-no-kind-that-node3-lacks"
        ),
        pytest.param("eth7 ipv4 Active", "tor1 has a BGP session with no node", id="of-the-other-family"),
        pytest.param("eth7 ipv6 Active", "cannot determine which of tor1's BGP sessions is with it: eth7", id="any"),
        pytest.param(
            "fe80::9 ipv6 Active",
            "cannot determine which of tor1's BGP sessions is with it: fe80::9",
            id="of-a-kind-that-node3-lacks",
        ),
        pytest.param("2001:db8::9 ipv6 Active", "tor1 has a BGP session with no node", id="of-the-kind-of-node3"),
    ],
)
def test_a_session_may_be_a_nodes_if_its_peer_is_of_a_kind_that_the_nodes_list_lacks(session: str, words: str) -> None:
    text = f"{SHORT_V6.replace('node3=', 'node3=192.0.2.3+')}tor1 answered BGP sessions\ntor1 session {session}"
    state, sentence = said(text, Link.SESSION)
    assert (state, sentence.startswith(words)) == ("unknown", True)


def test_a_session_over_an_interface_that_names_another_node_is_not_this_ones() -> None:
    text = f"{SHORT_V6}tor1 answered BGP sessions\ntor1 session eth7 ipv6 Established name node1"
    assert said(text, Link.SESSION) == ("broken", "tor1 lists no BGP session with it")


def test_a_neighbour_that_is_shut_down_needs_no_session_in_the_list() -> None:
    text = f"{SHORT}tor1 neighbor 192.0.2.3 ipv4 shutdown"
    assert said(text, Link.SESSION) == ("broken", "its BGP session is shut down on tor1 by configuration")
    assert said(f"{SHORT}tor1 neighbor 192.0.2.3 ipv4 limit 10", Link.SESSION) == (
        "unknown",
        "tor1's BGP sessions are not known",
    )


def test_a_neighbour_that_is_configured_and_not_listed_is_unknown() -> None:
    text = f"{SHORT}tor1 answered BGP sessions\ntor1 neighbor 192.0.2.3 ipv4 limit 10"
    assert said(text, Link.SESSION) == ("unknown", "tor1 has it configured as a neighbour, but lists no session")


@pytest.mark.parametrize(
    "state, words",
    [
        pytest.param("Established", ("ok", "the node reports its BGP session to tor1 as up"), id="up"),
        pytest.param(
            "Active since 00:01:00", ("broken", "its BGP session to tor1 is down since 00:01:00 (Active)"), id="down"
        ),
        pytest.param(
            'Active error "Received: Administrative shutdown"',
            ("broken", 'tor1 has shut down its BGP session (Active, "Received: Administrative shutdown")'),
            id="shut-by-the-router",
        ),
        pytest.param(
            'Idle error "Peer Unconfigured"',
            ("broken", 'tor1 has its BGP session not configured any more (Idle, "Peer Unconfigured")'),
            id="removed-on-the-router",
        ),
        pytest.param(
            "Idle detail Admin",
            ("broken", "it has shut down its BGP session with tor1 by configuration (Idle, Admin)"),
            id="shut-by-the-node",
        ),
        pytest.param(
            "Idle detail PfxCt",
            ("broken", "it has shut down its BGP session with tor1 at a prefix limit (Idle, PfxCt)"),
            id="at-the-nodes-limit",
        ),
        pytest.param(
            'Idle error "BFD Down"',
            ("broken", 'BFD of the node reported tor1 as down (Idle, "BFD Down")'),
            id="bfd-of-the-node",
        ),
        pytest.param(
            'Idle error "Bad Peer AS"',
            ("broken", 'its BGP session to tor1 fails: the AS numbers do not match (Idle, "Bad Peer AS")'),
            id="as-numbers",
        ),
    ],
)
def test_where_the_router_was_not_asked_the_nodes_own_session_counts(state: str, words: tuple[str, str]) -> None:
    assert said(f"{SHORT}node3 session 192.0.2.254 ipv4 {state} name tor1", Link.SESSION) == words


@pytest.mark.parametrize(
    "address, peer, family, is_with_tor1",
    [
        pytest.param("192.0.2.254/24", "192.0.2.254", "ipv4", True, id="IPv4"),
        pytest.param("127.0.0.1/8", "127.0.0.1", "ipv4", False, id="IPv4-loopback"),
        pytest.param("2001:db8::fe/64", "2001:db8::fe", "ipv6", True, id="IPv6"),
        pytest.param("::1/128", "::1", "ipv6", False, id="IPv6-loopback"),
        pytest.param("fe80::1/64", "fe80::1", "ipv6", False, id="link-local"),
    ],
)
def test_a_router_is_not_known_by_an_address_that_other_hosts_have_too(
    address: str, peer: str, family: str, is_with_tor1: bool
) -> None:
    base = SHORT if family == "ipv4" else SHORT_V6
    text = f"{base}tor1 address {address} on eth0\nnode3 session {peer} {family} Active"
    assert (step(text, Link.SESSION).state.word == "broken") is is_with_tor1


@pytest.mark.parametrize(
    "neighbor, is_dynamic",
    [
        pytest.param("192.0.2.0/24 ipv4", True, id="around-the-node"),
        pytest.param("192.0.2.3/24 ipv4", True, id="with-host-bits"),
        pytest.param("192.0.2.0/31 ipv4", False, id="beside-the-node"),
        pytest.param("2001:db8::/64 ipv6", False, id="other-family"),
    ],
)
def test_a_node_inside_a_range_of_dynamic_neighbours_has_not_connected(neighbor: str, is_dynamic: bool) -> None:
    text = SHORT.replace("node3=192.0.2.3", "node3=192.0.2.3+2001:db8::3")
    text += "tor1 answered BGP sessions\ntor1 answered configuration\ntor1 session 192.0.2.1 ipv4 Established\n"
    text += f"tor1 neighbor {neighbor}"
    words = "it has not connected to tor1" if is_dynamic else "tor1 has no BGP neighbour configured for it"
    assert said(text, Link.SESSION)[1].startswith(words)


def test_a_range_of_dynamic_neighbours_holds_for_its_own_vrf() -> None:
    text = f"{SHORT}tor1 answered BGP sessions\ntor1 session 192.0.2.1 ipv4 Established\n"
    text += "tor1 answered configuration\ntor1 vrf red neighbor 192.0.2.0/24 ipv4"
    assert said(text, Link.SESSION) == ("broken", "tor1 has no BGP neighbour configured for it")


# the path


@pytest.mark.parametrize(
    "marks, words",
    [
        pytest.param("", ("ok", "tor1 has its path"), id="usable"),
        pytest.param(" stale", ("ok", "tor1 has its path, stale (kept by graceful restart)"), id="stale"),
        pytest.param(" invalid", ("broken", "tor1 cannot resolve its next hop 192.0.2.3"), id="invalid"),
        pytest.param(
            " inaccessible", ("broken", "tor1 cannot resolve its next hop 192.0.2.3 (inaccessible)"), id="inaccessible"
        ),
    ],
)
def test_a_path_is_accepted_if_it_is_valid_and_accessible(marks: str, words: tuple[str, str]) -> None:
    text = f"{SHORT}{BEST}{PATH}{marks}"
    assert said(text, Link.ACCEPTED) == words
    assert (step(text, Link.EQUAL).text == "it has no path to compare") is (words[0] == "broken")


@pytest.mark.parametrize(
    "accepted, words",
    [
        pytest.param("accepted 0", f"{NOTHING_ACCEPTED} with 0 prefixes accepted", id="none"),
        pytest.param("accepted 1", NOTHING_ACCEPTED, id="one"),
        pytest.param("", NOTHING_ACCEPTED, id="unknown"),
    ],
)
def test_a_session_without_any_accepted_prefix_is_reported_so(accepted: str, words: str) -> None:
    text = f"{SHORT}tor1 answered BGP table\ntor1 session 192.0.2.3 ipv4 Established {accepted}"
    assert said(text, Link.ACCEPTED) == ("broken", words)


def test_the_session_of_the_other_family_says_nothing_about_what_is_accepted() -> None:
    text = SHORT.replace("node3=192.0.2.3", "node3=192.0.2.3+2001:db8::3")
    text += "tor1 answered BGP table\ntor1 session 192.0.2.3 ipv4 Established accepted 0\n"
    text += "tor1 session 2001:db8::3 ipv6 Established accepted 4"
    assert said(text, Link.ACCEPTED) == ("broken", f"{NOTHING_ACCEPTED} with 0 prefixes accepted")


@pytest.mark.parametrize(
    "next_hop, words",
    [
        pytest.param("fe80::9", ("unknown", "cannot determine which node these paths lead to: fe80::9"), id="any"),
        pytest.param("fe80::1", ("broken", "tor1 has no path from it"), id="of-another-node"),
        pytest.param("2001:db8::9", ("broken", "tor1 has no path from it"), id="of-the-kind-of-node3"),
        pytest.param("2001:db8::9 fe80::9", ("broken", "tor1 has no path from it"), id="with-one-of-that-kind"),
    ],
)
def test_a_path_may_be_a_nodes_if_its_next_hops_are_of_kinds_that_the_nodes_list_lacks(
    next_hop: str, words: tuple[str, str]
) -> None:
    text = f"{SHORT_V6}tor1 answered BGP table\ntor1 bgp 2001:db8:100::7/128 via {next_hop}"
    assert said(text, Link.ACCEPTED) == words


@pytest.mark.parametrize("peer", ["192.0.2.33", "eth7"])
def test_a_path_and_a_neighbour_are_the_nodes_whose_name_the_session_has(peer: str) -> None:
    session = f"tor1 answered BGP table\ntor1 session {peer} ipv4 Established accepted 4 name node3"
    path = f"{SHORT}{session}\ntor1 bgp 198.51.100.7/32 via 203.0.113.9 from {peer}"
    assert said(path, Link.ACCEPTED) == ("ok", "tor1 has its path")
    filtered = f"{SHORT}{session}\ntor1 neighbor {peer} ipv4 prefix-list OF-NODE3"
    assert "prefix-list OF-NODE3 on tor1 rejects it" in said(filtered, Link.ACCEPTED)[1]
    assert "prefix-list" not in said(filtered.replace("name node3", "name node4"), Link.ACCEPTED)[1]


# as good as the best


@pytest.mark.parametrize(
    "marks, words",
    [
        pytest.param("best", "its path is the best one", id="best"),
        pytest.param("multipath", "its path is as good as the best one", id="multipath"),
        pytest.param("best multipath", "its path is the best one", id="best-of-a-set"),
    ],
)
def test_a_path_that_bgp_selected_is_as_good_as_the_best(marks: str, words: str) -> None:
    assert said(f"{SHORT}{PATH} localpref 50 {marks}", Link.EQUAL) == ("ok", words)


SAME = ("ok", "its path differs from the best one in no known attribute")


@pytest.mark.parametrize(
    "own, best, words",
    [
        pytest.param(
            "igp 20", "igp 10", ("broken", "its path has IGP metric 20, the best path (node1) has 10"), id="IGP"
        ),
        pytest.param("igp 10", "igp 10", SAME, id="same-IGP"),
        pytest.param("igp 20", "", SAME, id="IGP-of-the-best-is-unknown"),
        pytest.param("", "igp 10", SAME, id="own-IGP-is-unknown"),
        pytest.param("aspath 64512 {64513 64514}", "aspath 64512 64513", SAME, id="AS-set-counts-once"),
        pytest.param("aspath (65001 65002) 64512", "aspath 64512", SAME, id="confederation-does-not-count"),
        pytest.param(
            "aspath 64512 64513",
            "aspath 64512",
            ("broken", "its path has AS path length 2, the best path (node1) has 1"),
            id="AS-path",
        ),
        pytest.param(
            "weight 5",
            "",
            ("broken", "its path has weight 5, the best path (node1) has 0"),
            id="weight-is-0-by-default",
        ),
        pytest.param("localpref 100", "", SAME, id="local-preference-is-100-by-default"),
        pytest.param("med 0 aspath 64512", "aspath 64512", SAME, id="MED-is-0-by-default"),
    ],
)
def test_what_two_paths_differ_in(own: str, best: str, words: tuple[str, str]) -> None:
    text = f"{SHORT}tor1 bgp 198.51.100.7/32 via 192.0.2.1 {best} best\n{PATH} {own}"
    assert said(text, Link.EQUAL) == words


# from the ceiling to the kernel


def test_a_node_in_the_fib_is_under_the_ceiling() -> None:
    assert said(SHORT, Link.CEILING, "node1") == ("ok", "it is an installed next hop")


@pytest.mark.parametrize(
    "ceiling, words",
    [
        pytest.param("", ("unknown", "tor1's ceiling is not known"), id="unknown"),
        pytest.param(
            "ceiling tor1 2",
            ("ok", "the ceiling is 2 (maximum-paths in its configuration)"),
            id="room-for-all",
        ),
    ],
)
def test_a_candidate_is_under_a_ceiling_that_has_room_for_all(ceiling: str, words: tuple[str, str]) -> None:
    assert said(seen_as_candidates(f"{SHORT}{ceiling}"), Link.CEILING, "node1") == words


def test_of_more_candidates_than_the_ceiling_any_may_be_beyond_it() -> None:
    text = SHORT.replace("192.0.2.1, 192.0.2.2\n", "192.0.2.1, 192.0.2.2, 192.0.2.3\n")
    assert said(seen_as_candidates(f"{text}ceiling tor1 2"), Link.CEILING) == (
        "unknown",
        "it is one of 3 candidates, the ceiling is 2 (maximum-paths in its configuration)",
    )


def test_a_route_that_is_not_selected_is_another_thing_than_no_route() -> None:
    hops = NextHops((NextHop("192.0.2.1", is_installed=False),))
    route = Route("198.51.100.7/32", "ospf", hops)
    nodes = (node("node1", "192.0.2.1"), node("node3", "192.0.2.3"))
    prefix = AuditedPrefix("tor1", "default", "198.51.100.7/32", (route,), Expectation("--nodes", 2, nodes))
    assert said(Network(prefixes=(prefix,)), Link.RIB) == ("unknown", "no route is selected")
    absent = Network(prefixes=(replace(prefix, routes=()),))
    assert said(absent, Link.RIB) == ("unknown", "tor1 has no route to it")


@pytest.mark.parametrize(
    "protocol, words",
    [
        ("bgp", "BGP selected its path, but tor1's RIB does not have it"),
        ("ospf", "BGP selected its path, but tor1 uses the OSPF route"),
        ("static", "BGP selected its path, but tor1 uses the static route"),
    ],
)
def test_a_selected_path_that_the_rib_lacks_lost_to_a_nearer_protocol_or_was_not_taken(
    protocol: str, words: str
) -> None:
    text = SHORT.replace("/32 via", f"/32 {protocol} via")
    assert said(f"{text}{PATH} multipath", Link.RIB) == ("broken", words)


@pytest.mark.parametrize(
    "kernel, words",
    [
        pytest.param("", ("ok", "tor1 reports it as installed"), id="not-asked"),
        pytest.param("via 192.0.2.1", ("ok", "the kernel forwards packets to it"), id="has-it"),
        pytest.param(
            "via 192.0.2.2",
            ("broken", "tor1 reports it as installed, but its kernel does not have it"),
            id="lacks-it",
        ),
    ],
)
def test_the_kernels_own_table_decides_where_it_was_read(kernel: str, words: tuple[str, str]) -> None:
    text = f"{SHORT}tor1 kernel 198.51.100.7/32 {kernel}" if kernel else SHORT
    assert said(text, Link.KERNEL, "node1") == words


# who is missing, where only a number is expected

COUNTED = "tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2\nexpect 198.51.100.7/32 count 3\n"
DOWN = "192.0.2.3 missing, likely because its BGP session to tor1 is down since 00:01:00 (Active)"


@pytest.mark.parametrize(
    "sessions, words",
    [
        pytest.param("", DOWN, id="one-down-one-short"),
        pytest.param("tor1 session 192.0.2.4 ipv4 Active since 00:02:00", None, id="two-down-one-short"),
        pytest.param("tor1 session 192.0.2.4 ipv4 Established", DOWN, id="another-up"),
        pytest.param("tor1 session 2001:db8::4 ipv6 Active", DOWN, id="another-family-down"),
    ],
)
def test_a_session_that_is_down_is_the_missing_nodes_only_if_no_more_are_down_than_next_hops_are_missing(
    sessions: str, words: str | None
) -> None:
    text = f"{COUNTED}tor1 session 192.0.2.3 ipv4 Active since 00:01:00\n{sessions}"
    assert cause(text) == words


def test_a_path_that_is_not_used_names_nobody_while_a_next_hop_may_be_any_nodes() -> None:
    text = """
        tor1 2001:db8:100::7/128 via 2001:db8::1, fe80::2%eth0
        expect 2001:db8:100::7/128 nodes node1=2001:db8::1, node2=2001:db8::2, node3=2001:db8::3
        tor1 bgp 2001:db8:100::7/128 via 2001:db8::1 best
        tor1 bgp 2001:db8:100::7/128 via 2001:db8::3 localpref 50
    """
    finding = findings_in(text)["ECMP101"]
    assert finding.causes == ()
    assert "cannot determine which node is missing" in finding.message


# what is unknown, and what the table alone shows


def test_the_cause_of_a_node_without_one_is_the_first_unknown_link() -> None:
    (unknown,) = findings_in(f"{SHORT}node3 answered addresses")["ECMP101"].causes
    assert (unknown.link, unknown.confidence) == ("node route", Confidence.UNKNOWN)


def test_a_node_of_which_every_link_holds_has_no_cause() -> None:
    text = f"""
        tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2, 192.0.2.3 queued
        {NODES}
        tor1 kernel 198.51.100.7/32 via 192.0.2.1-3
        node3 answered addresses
    """
    finding = findings_in(text)["ECMP101"]
    assert [(cause.link, cause.text) for cause in finding.causes] == [("", "")]
    assert finding.cause is None


REACHED = "the ceiling of 2 is reached (maximum-paths in its configuration)"


@pytest.mark.parametrize(
    "expected, ceiling, words",
    [
        pytest.param("count 3", "ceiling tor1 2", REACHED, id="number-and-known-ceiling"),
        pytest.param(
            "nodes node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3",
            "ceiling tor1 2",
            f"node3 (192.0.2.3) missing, likely because {REACHED}",
            id="nodes-and-known-ceiling",
        ),
        pytest.param("count 3", "", None, id="2-is-no-default"),
    ],
)
def test_a_reached_ceiling_is_named_once_as_the_cause(expected: str, ceiling: str, words: str | None) -> None:
    text = f"tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2\nexpect 198.51.100.7/32 {expected}\n{ceiling}"
    assert cause(text) == words


def test_a_suspected_ceiling_is_named_beside_missing_nodes() -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1-16\nexpect 198.51.100.7/32 nodes 192.0.2.1-17"
    assert cause(text) == "16 is a common default ceiling"
    assert messages_in(text)["ECMP101"].endswith("expected 17; missing 192.0.2.17")
