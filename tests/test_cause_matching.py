"""Which session, path and AS a cause is about: the node's own, by its name or address, and no other's."""

from __future__ import annotations

import pytest

from ecmpaudit.model import Confidence
from tests.rule_checks import findings_in

SHORT = """
tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
expect 2001:db8:100::7/128 nodes node1=2001:db8::1+fe80::1, node2=2001:db8::2+fe80::2, node3=2001:db8::3+fe80::3
"""
BEST = """
tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2
expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3
tor1 answered BGP table
tor1 setting multipath-relax off
tor1 bgp 198.51.100.7/32 via 192.0.2.1 aspath 64512 64520 origin IGP best external
tor1 bgp 198.51.100.7/32 via 192.0.2.2 aspath 64512 64520 origin IGP multipath external
"""


def said(text: str) -> str:
    return findings_in(text)["ECMP101"].message.partition("expected 3; ")[2]


# the session of a node


@pytest.mark.parametrize(
    "session", ["eth7 ipv6 Active since 00:01:00 name node3", "fe80::3%eth7 ipv6 Active since 00:01:00"]
)
def test_a_session_is_the_nodes_by_its_name_or_its_address(session: str) -> None:
    assert said(f"{SHORT}tor1 session {session}").endswith(
        "node3 (2001:db8::3) missing, likely because its BGP session to tor1 is down since 00:01:00 (Active)"
    )


@pytest.mark.parametrize("session", ["eth7 ipv6 Active name node4", "fe80::4%eth7 ipv6 Active", "node33 ipv6 Active"])
def test_the_session_of_another_peer_is_no_cause(session: str) -> None:
    assert said(f"{SHORT}tor1 session {session}") == "missing node3 (2001:db8::3)"


def test_a_neighbour_over_an_interface_is_the_node_that_its_session_names() -> None:
    text = f"""{SHORT}
        tor1 session eth6 ipv6 Established accepted 4 name node2
        tor1 session eth7 ipv6 Established accepted 4 name node3
        tor1 neighbor eth6 ipv6 prefix-list OF-NODE2
        tor1 neighbor eth7 ipv6 prefix-list OF-NODE3
        tor1 answered BGP table
    """
    assert "or prefix-list OF-NODE3 on tor1 rejects it" in said(text)


def test_a_path_over_the_session_of_a_node_is_its_path_whatever_next_hop_it_has() -> None:
    text = f"""{SHORT}
        tor1 session eth7 ipv6 Established accepted 4 name node3
        tor1 bgp 2001:db8:100::7/128 via 2001:db8::1 from eth6 localpref 200 best
        tor1 bgp 2001:db8:100::7/128 via 2001:db8:9::9 from eth7 localpref 100
    """
    assert said(text) == "node3 (2001:db8::3) missing: its path has local-pref 100, the best path (node1) has 200"


# the neighbouring AS


@pytest.mark.parametrize(
    "as_path, words",
    [
        pytest.param("64512 64530", None, id="same-neighbour-other-origin"),
        pytest.param("64513 64520", "AS path 64513 64520, the best path (node1) has 64512 64520", id="other-neighbour"),
    ],
)
def test_ebgp_compares_the_neighbouring_as_only(as_path: str, words: str | None) -> None:
    text = f"{BEST}tor1 bgp 198.51.100.7/32 via 192.0.2.3 aspath {as_path} origin IGP external"
    (cause,) = findings_in(text)["ECMP101"].causes
    assert (cause.link == "equal") is (words is not None)
    if words is not None:
        assert cause.confidence is Confidence.CERTAIN
        assert said(text) == f"node3 (192.0.2.3) missing: its path has {words} (multipath-relax is off on tor1)"


def test_ibgp_compares_the_whole_as_path() -> None:
    text = BEST.replace("external", "internal")
    text += "tor1 bgp 198.51.100.7/32 via 192.0.2.3 aspath 64512 64530 origin IGP internal"
    assert said(text) == (
        "node3 (192.0.2.3) missing: its path has AS path 64512 64530, the best path (node1) has 64512 64520 "
        "(multipath-relax is off on tor1)"
    )


@pytest.mark.parametrize(
    "as_path, setting, words",
    [
        pytest.param("64512 64530", "", "MED 10, the best path (node1) has 0", id="same-neighbour"),
        pytest.param("64513 64520", "", "AS path 64513 64520", id="other-neighbour"),
        pytest.param(
            "64513 64520",
            "tor1 setting always-compare-med on\n",
            "MED 10, the best path (node1) has 0",
            id="always-compare-med",
        ),
    ],
)
def test_the_med_is_compared_between_paths_of_one_neighbouring_as(as_path: str, setting: str, words: str) -> None:
    text = f"{BEST}{setting}tor1 bgp 198.51.100.7/32 via 192.0.2.3 aspath {as_path} origin IGP med 10 external"
    assert said(text).startswith(f"node3 (192.0.2.3) missing: its path has {words}")


# the fallback that still offers a node


def test_only_the_nearest_fallback_and_only_missing_nodes_are_named_as_offered() -> None:
    finding = findings_in(
        "tor1 198.51.100.7/32 via 192.0.2.1\n"
        "tor1 198.51.100.7/32 ospf via 192.0.2.1, 192.0.2.2\n"
        "tor1 198.51.100.7/32 rip via 192.0.2.1, 192.0.2.3\n"
        "expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3"
    )["ECMP101"]
    assert finding.cause == "OSPF still offers node2 (192.0.2.2), so only the better protocol has lost it"
