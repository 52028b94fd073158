"""Session lists and BGP tables that were pasted twice: the newest is used, and the older one is named."""

from __future__ import annotations

import json

import pytest

from tests.program import ecmpaudit

TABLE = "tor1# show ip route\nB>* 198.51.100.1/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:10:00\n"
TABLE_6 = "tor1# show ipv6 route\nB>* 2001:db8:1::1/128 [20/0] via 2001:db8::101, eth0, weight 1, 00:10:00\n"
OPTIONS = ("--pool", "198.51.100.0/24", "--pool", "2001:db8:1::/48", "--nodes", "192.0.2.101-102", "-f", "json")
OPTIONS_6 = ("--pool", "2001:db8:1::/48", "--nodes", "2001:db8::101-2001:db8::102", "-f", "json")
UP, DOWN = "00:10:00            1        1 N/A", "00:01:00       Active        0 N/A"


def summary(family: int, node: str, state: str, command: str | None) -> str:
    """Return `show bgp summary` with one session."""
    prompt = f"tor1# {command}\n" if command else ""
    return (
        f"{prompt}\nIPv{family} Unicast Summary (VRF default):\n"
        "BGP router identifier 192.0.2.1, local AS number 64500 vrf-id 0\nBGP table version 3\n\n"
        "Neighbor        V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc\n"
        f"{node:15} 4      64512       100       100        0    0    0 {state}\n\nTotal number of neighbors 1\n"
    )


def paths(*next_hops: str) -> str:
    """Return `show bgp ipv4 unicast` with these next hops of one prefix."""
    heading = "    Network          Next Hop            Metric LocPrf Weight Path"
    signs = [(">", "198.51.100.1/32"), *[("=", "")] * (len(next_hops) - 1)]
    lines = [f" *{s} {p:17}{hop:25}0             0 64512 ?" for (s, p), hop in zip(signs, next_hops, strict=True)]
    first = "BGP table version is 3, local router ID is 192.0.2.1, vrf id 0"
    last = f"Displayed  1 routes and {len(next_hops)} total paths"
    return "\n".join(("tor1# show bgp ipv4 unicast", first, "", heading, *lines, "", last, ""))


@pytest.mark.parametrize("command", ["show bgp summary", "sh bgp summary"])
def test_the_newest_list_of_sessions_is_used_and_the_older_is_named(command: str) -> None:
    sessions = summary(4, "192.0.2.102", UP, "show bgp summary") + summary(4, "192.0.2.102", DOWN, command)
    report = json.loads(ecmpaudit("analyze", "-", *OPTIONS, text=TABLE + sessions).stdout)
    (finding,) = [found for found in report["findings"] if found["code"] == "ECMP101"]
    assert "BGP session to tor1 is down since 00:01:00 (Active)" in finding["message"]
    assert [note for note in report["notes"] if "is the newest output of `show bgp summary` and is used" in note]


def test_the_newest_list_of_ipv6_sessions_is_used() -> None:
    sessions = "".join(summary(6, "2001:db8::102", state, "show bgp ipv6 summary") for state in (UP, DOWN))
    report = json.loads(ecmpaudit("analyze", "-", *OPTIONS_6, text=TABLE_6 + sessions).stdout)
    (finding,) = [found for found in report["findings"] if found["code"] == "ECMP101"]
    assert "BGP session to tor1 is down since 00:01:00 (Active)" in finding["message"]


def test_the_newest_bgp_table_is_used() -> None:
    text = TABLE + paths("192.0.2.101", "192.0.2.102") + paths("192.0.2.101")
    report = json.loads(ecmpaudit("analyze", "-", *OPTIONS, text=text).stdout)
    (finding,) = [found for found in report["findings"] if found["code"] == "ECMP101"]
    assert "tor1 has no path from it" in finding["message"]
    assert [note for note in report["notes"] if "newest output of `show bgp ipv4 unicast`" in note]


def test_lists_of_sessions_of_two_families_are_both_used() -> None:
    text = (
        TABLE
        + summary(4, "192.0.2.102", DOWN, "show bgp ipv4 summary")
        + summary(6, "2001:db8::102", UP, "show bgp ipv6 summary")
    )
    report = json.loads(ecmpaudit("analyze", "-", *OPTIONS, text=text).stdout)
    assert [note for note in report["notes"] if "newest" in note] == []
    (finding,) = [found for found in report["findings"] if found["code"] == "ECMP101"]
    assert "down since 00:01:00 (Active)" in finding["message"]
