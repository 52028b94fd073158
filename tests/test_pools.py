"""A scan asks for the audited pools and for what covers them: which networks, and what a table of them shows."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.commands import commands_after, commands_for, whole_tables_for
from ecmpaudit.collectors.pools import MOST_NETWORKS, above, around, networks_of
from ecmpaudit.collectors.target import Target
from ecmpaudit.model import Capture
from ecmpaudit.platforms.registry import ScanCommand, platforms
from ecmpaudit.rules import all_rules

if TYPE_CHECKING:
    from ecmpaudit.model import Audit

SUMMARY = """Route Source         Routes               FIB  (vrf default)
bgp                  2                    2
------
Totals               2                    2
"""
POOL4 = "vtysh -c 'show ip route vrf all 198.51.100.0/24 longer-prefixes' -c 'show ip route vrf all summary'"
POOL6 = "vtysh -c 'show ipv6 route vrf all 2001:db8:1::/64 longer-prefixes' -c 'show ipv6 route vrf all summary'"
KERNEL = "ip -j -4 route show table all root 198.51.100.0/24"
AROUND = "vtysh -c 'show ip route vrf all 0.0.0.0/0' -c 'show ip route vrf all 128.0.0.0/1'"
NOW = "2026-11-27T14:00:00.000+00:00"
COVERING = """Routing entry for 0.0.0.0/0
  Known via "static", distance 1, metric 0, best
  Last update 00:00:04 ago
  * 192.0.2.254, via eth0, weight 1

% Network not in RIB
"""


def test_networks_of_one_family_are_asked_for_once_and_in_order() -> None:
    pools = ["203.0.113.0/24", "2001:db8::/64", "198.51.100.7/32", "198.51.100.0/24", "198.51.100.0/24"]
    assert list(map(str, networks_of(pools, 4))) == ["198.51.100.0/24", "203.0.113.0/24"]
    assert list(map(str, networks_of(pools, 6))) == ["2001:db8::/64"]


def test_many_pools_that_lie_near_each_other_are_asked_for_as_few_networks() -> None:
    pools = [f"198.51.100.{number}/32" for number in range(0, 100, 2)] + ["203.0.113.0/24"]
    found = networks_of(pools, 4)
    assert len(found) <= MOST_NETWORKS
    assert all(any(ip_network(pool).subnet_of(one) for one in found) for pool in pools)  # type: ignore[arg-type]
    assert not any(one.overlaps(other) for one in found for other in found if one is not other)


def test_pools_far_from_each_other_are_not_joined_to_most_of_a_table() -> None:
    pools = [f"{number}.0.2.0/24" for number in range(1, 100, 8)]
    assert list(map(str, networks_of(pools, 4))) == pools


def test_what_covers_a_pool_is_above_it_or_around_it() -> None:
    pool = ip_network("160.0.0.0/3")
    assert str(above(pool)) == "128.0.0.0/2"
    assert above(ip_network("::/0")) is None
    assert list(map(str, around([pool, ip_network("64.0.0.0/2")]))) == [
        "0.0.0.0/0",
        "0.0.0.0/1",
        "128.0.0.0/1",
        "128.0.0.0/2",
    ]


def test_pool_that_is_everything_is_asked_for_as_the_whole_table() -> None:
    asked = commands_for(platforms()["linux"].scan_router, ["0.0.0.0/0"])
    assert [command for command in asked if "route" in command] == ["ip -j -4 route show table all"]


def test_bird_is_asked_for_all_pools_of_a_family_at_once() -> None:
    of_both = "198.51.100.0/24+, 198.51.100.0/24-, 203.0.113.0/24+, 203.0.113.0/24-"
    asked = commands_for(platforms()["bird"].scan_router, ["198.51.100.0/24", "203.0.113.0/24", "2001:db8::/64"])
    assert [command for command in asked if "show route all" in command] == [
        f"birdc -r 'show route all where net ~ [ {of_both} ]'",
        "birdc -r 'show route all where net ~ [ 2001:db8::/64+, 2001:db8::/64- ]'",
    ]


def test_a_version_that_does_not_know_a_command_is_asked_for_the_whole_table_once() -> None:
    known, pools = platforms()["linux"].scan_router, ["198.51.100.0/24", "203.0.113.0/24"]
    target = Target("tor1", commands=commands_for(known, pools), whole_tables=whole_tables_for(known, pools))
    unknown = "the command failed with exit status 1: ip: unrecognized option: j"
    answers = [Capture("tor1", "linux", command, "", "", failure=unknown) for command in target.commands]
    assert commands_after(target, answers, AnswerBudget()).asked == ("ip -j -4 route show table all",)
    lost = [Capture("tor1", "linux", command, "", "", failure="connection lost") for command in target.commands]
    assert commands_after(target, lost, AnswerBudget()).asked == ()


def table(*prefixes: str) -> str:
    """Return FRR's table with these prefixes and the summary below it."""
    lines = [
        f"B>* {prefix} [20/0] via {'2001:db8::1' if ':' in prefix else '192.0.2.1'}, eth0, weight 1, 00:01:21"
        for prefix in prefixes
    ]
    return "\n".join(["VRF default:", *lines, SUMMARY])


def audited(answers: dict[str, str], *pools: str, failures: dict[str, str] | None = None) -> Audit:
    """Return the audit of what tor1 and tor2 answer; tor2 has what tor1 has not."""
    captures = [
        Capture("tor1", "frr", command, text, f"ssh tor1: {command}", started=NOW) for command, text in answers.items()
    ]
    captures += [
        Capture("tor1", "frr", command, "", f"ssh tor1: {command}", failure=why, started=NOW)
        for command, why in (failures or {}).items()
    ]
    other = {POOL4: table("198.51.100.7/32", "198.51.100.8/32"), POOL6: table("2001:db8:1::7/128")}
    captures += [
        Capture("tor2", "frr", command, text, f"ssh tor2: {command}", started=NOW) for command, text in other.items()
    ]
    request = Request.of(ScopeOptions(pools=pools, nodes=("node1=192.0.2.1+2001:db8::1",), is_searched=False))
    material = read_material(captures, only=request.audited)
    return audit_material(material, request, all_rules())


def found(audit: Audit) -> list[tuple[str, str, str | None]]:
    return [(finding.code, finding.router or "", finding.prefix) for finding in audit.findings]


@pytest.mark.parametrize(
    "command, prefix, pool",
    [(POOL4, "198.51.100.8/32", "198.51.100.0/24"), (POOL6, "2001:db8:1::7/128", "2001:db8:1::/64")],
)
def test_prefix_that_is_not_in_the_answer_about_its_pool_is_missing(command: str, prefix: str, pool: str) -> None:
    assert ("ECMP102", "tor1", prefix) in found(audited({command: table()}, pool))


def test_prefix_outside_of_what_was_asked_for_is_not_missing() -> None:
    narrower = POOL4.replace("198.51.100.0/24", "198.51.100.0/29")
    assert ("ECMP102", "tor1", "198.51.100.8/32") not in found(
        audited({narrower: table("198.51.100.7/32")}, "198.51.100.0/24")
    )


def test_covering_route_is_found_beside_the_pool_and_absent_prefixes_are_no_note() -> None:
    audit = audited({POOL4: table("198.51.100.7/32"), AROUND: COVERING}, "198.51.100.0/24")
    (missing,) = (finding for finding in audit.findings if finding.code == "ECMP102")
    assert "only the default route 0.0.0.0/0 covers it" in missing.message
    assert not any("Network not in" in note for note in audit.network.notes)


def test_an_answer_about_a_pool_without_any_line_is_no_answer() -> None:
    audit = audited({POOL4: ""}, "198.51.100.0/24")
    assert ("ECMP001", "tor1", None) in found(audit)
    assert ("ECMP102", "tor1", "198.51.100.8/32") not in found(audit)


def test_kernel_is_compared_inside_of_the_pool_alone() -> None:
    with_both = {POOL4: table("198.51.100.7/32", "198.51.100.8/32"), KERNEL: "[]"}
    assert [place for place in found(audited(with_both, "198.51.100.0/24")) if place[0] == "ECMP302"] == [
        ("ECMP302", "tor1", "198.51.100.7/32"),
        ("ECMP302", "tor1", "198.51.100.8/32"),
    ]
    elsewhere = {POOL4: with_both[POOL4], KERNEL.replace("198.51.100", "203.0.113"): "[]"}
    assert not any(code == "ECMP302" for code, _, _ in found(audited(elsewhere, "198.51.100.0/24")))


def test_the_whole_table_in_place_of_an_unknown_command_is_complete_and_noted() -> None:
    unknown = {POOL4: "the command failed with exit status 1: % Unknown command: show ip route vrf all 198.51.100.0/24"}
    answers = {"vtysh -c 'show ip route vrf all'": table("198.51.100.7/32", "198.51.100.8/32")}
    audit = audited(answers, "198.51.100.0/24", failures=unknown)
    assert found(audit) == []
    note = (
        f"tor1: its version does not know `{POOL4}`, so the whole table was asked: `vtysh -c 'show ip route vrf all'`"
    )
    assert note in audit.network.notes
    alone = audited({}, "198.51.100.0/24", failures=unknown)
    assert ("ECMP001", "tor1", None) in found(alone)


def test_next_hop_without_a_route_has_an_answer_that_is_read() -> None:
    asked = "vtysh -c 'show ip route 192.0.2.99' -c 'show ip route summary'"
    whole = {POOL4: table("198.51.100.7/32", "198.51.100.8/32")}
    for text in (SUMMARY, COVERING.partition("% ")[0] + SUMMARY):
        assert found(audited({**whole, asked: text}, "198.51.100.0/24")) == []
    assert ("ECMP001", "tor1", None) in found(audited({**whole, asked: ""}, "198.51.100.0/24"))


@pytest.mark.parametrize(
    "lost, reason",
    [
        (SUMMARY, "ends without the summary that was asked for last"),
        (", weight 1, 00:01:21\n" + SUMMARY, "cut off: the last line has no line end"),
        ("\n" + SUMMARY, "cut off: the last line has no line end"),
    ],
    ids=["at a line end", "in a line", "without the line end"],
)
@pytest.mark.parametrize("command, prefix", [(POOL4, "198.51.100.7/32"), (POOL6, "2001:db8:1::7/128")])
def test_an_answer_about_a_pool_that_ends_early_proves_nothing_of_what_may_follow(
    command: str, prefix: str, lost: str, reason: str
) -> None:
    """The route to the pool's prefix of another protocol, which is not selected, comes first."""
    whole = table(prefix).replace("B>* ", "O   ")
    assert whole.endswith(lost)
    audit = audited({command: whole.removesuffix(lost)}, "198.51.100.0/24", "2001:db8:1::/64")
    assert not [place for place in found(audit) if place[1] == "tor1" and place[0] in {"ECMP101", "ECMP102", "ECMP103"}]
    (gap,) = (f.message for f in audit.findings if f.code == "ECMP005" and f.router == "tor1")
    assert reason in gap


def test_only_a_first_command_that_has_one_is_replaced_by_its_whole_table() -> None:
    known = (
        ScanCommand("show ip route {pool}", family=4, whole="show ip route"),
        ScanCommand("show ipv6 route {pool}", family=6, whole="show ipv6 route"),
        ScanCommand("show version"),
        ScanCommand("show bgp neighbors {name}", whole="show bgp neighbors", after="show bgp summary"),
    )
    assert whole_tables_for(known, ["198.51.100.0/24", "2001:db8::/32"]) == {
        "show ip route 198.51.100.0/24": "show ip route",
        "show ipv6 route 2001:db8::/32": "show ipv6 route",
    }
