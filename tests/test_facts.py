"""Facts beside routes: what is read from configurations, sessions and nodes, and what a missing answer leaves open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import Material, audit_material, read_material
from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.model import Audit, Capture
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts import ttp_templates
from ecmpaudit.parsing.facts.readers import read_facts
from ecmpaudit.parsing.transcript import captures_from_text
from ecmpaudit.platforms.defaults import default_ceiling
from ecmpaudit.rules import all_rules

FIXTURES = Path(__file__).parent / "fixtures"
STARTED = "2026-11-28T03:00:00Z"
"""A capture that has it was asked for by a scan, not pasted."""

RUNNING_CONFIG = """Building configuration...

Current configuration:
!
frr version 8.4.4
hostname tor1
!
router bgp 64496
 no bgp default ipv4-unicast
 neighbor K8S peer-group
 neighbor K8S remote-as 64512
 neighbor K8S shutdown message rack 3 is moved
 neighbor 192.0.2.1 peer-group K8S
 neighbor 192.0.2.2 remote-as 64512
 neighbor eth1 interface v6only remote-as external
 bgp listen range 192.0.2.128/25 peer-group K8S
 !
 address-family ipv4 unicast
  neighbor K8S activate
  neighbor K8S route-map FROM-NODES in
  neighbor K8S maximum-prefix 10 warning-only
  neighbor 192.0.2.2 activate
  neighbor 192.0.2.2 prefix-list LB-IN in
  neighbor 192.0.2.2 prefix-list LB-OUT out
  maximum-paths 4
  maximum-paths ibgp 2
 exit-address-family
 !
 address-family ipv6 unicast
  neighbor eth1 activate
 exit-address-family
exit
!
router bgp 64497 vrf red
 bgp bestpath as-path multipath-relax
 neighbor 198.51.100.1 remote-as 64512
exit
!
end
"""

ROUTES = """Codes: K - kernel route, C - connected, S - static, B - BGP,
       > - selected route, * - FIB route, q - queued, r - rejected, b - backup

B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:10
  *                        via 192.0.2.2, eth0, weight 1, 00:00:10
"""


def material_of(command: str, text: str, platform: str = "frr") -> Material:
    """Return what is read from one router's answer to one command."""
    return read_material([Capture("tor1", platform, command, text, f"ssh tor1: {command}")])


def audited(*captures: Capture) -> Audit:
    """Return the audit of a pool that two nodes carry."""
    expectations = Expectations.from_flags(["198.51.100.0/24"], None, parse_nodes(["192.0.2.1-2"]))
    return audit_material(read_material(captures), Request(expectations), all_rules())


def answer(command: str, text: str, *, failure: str | None = None, router: str = "tor1") -> Capture:
    """Return what FRR answered to a command in a scan."""
    return Capture(router, "frr", command, text, f"ssh {router}: {command}", failure=failure)


def test_a_neighbour_has_what_its_peer_group_says() -> None:
    neighbors = {
        (n.peer, n.family, n.vrf): n for n in material_of("show running-config", RUNNING_CONFIG).facts.neighbors
    }
    assert set(neighbors) == {
        ("192.0.2.1", 4, "default"),
        ("192.0.2.2", 4, "default"),
        ("eth1", 6, "default"),
        ("192.0.2.128/25", 4, "default"),
        ("198.51.100.1", 4, "red"),
    }
    grouped, alone = neighbors["192.0.2.1", 4, "default"], neighbors["192.0.2.2", 4, "default"]
    assert (grouped.is_shutdown, grouped.route_map_in, grouped.prefix_list_in, grouped.limit) == (
        True,
        "FROM-NODES",
        None,
        None,
    )
    assert (alone.is_shutdown, alone.route_map_in, alone.prefix_list_in, alone.limit) == (False, None, "LB-IN", None)
    assert (grouped.evidence.line, grouped.evidence.text) == (13, "neighbor 192.0.2.1 peer-group K8S")


def test_multipath_relax_is_off_where_a_whole_configuration_does_not_have_it() -> None:
    whole = material_of("show running-config", RUNNING_CONFIG)
    assert {(s.vrf, s.value) for s in whole.facts.settings} == {("default", "off"), ("red", "on")}
    assert whole.facts.knows("tor1", Question.CONFIGURATION)


def test_configuration_that_is_cut_short_leaves_open_what_it_does_not_say() -> None:
    cut = material_of("show running-config", RUNNING_CONFIG.removesuffix("end\n"))
    assert {(s.vrf, s.value) for s in cut.facts.settings} == {("red", "on")}
    assert not cut.facts.knows("tor1", Question.CONFIGURATION)


def test_a_limit_that_only_warns_shuts_no_session() -> None:
    def limits(*lines: str) -> list[int | None]:
        text = RUNNING_CONFIG.replace(
            "  neighbor K8S maximum-prefix 10 warning-only\n", "".join(f"  {x}\n" for x in lines)
        )
        neighbors = {(n.peer, n.family): n.limit for n in material_of("show running-config", text).facts.neighbors}
        return [neighbors["192.0.2.1", 4], neighbors["192.0.2.2", 4]]

    group, own = "neighbor K8S maximum-prefix", "neighbor 192.0.2.1 maximum-prefix"
    assert limits(f"{group} 10") == [10, None]
    assert limits(f"{group} 10 80") == [10, None]
    assert limits(f"{group} 10 80 restart 5") == [10, None]
    assert limits(f"{group} 10 warning-only", f"{own} 20") == [20, None]
    assert limits(f"{group} 10", f"{own} 20 90 warning-only") == [None, None]


def test_one_configuration_leaves_nothing_for_the_next() -> None:
    bare = "Current configuration:\n!\nfrr version 8.4.4\nhostname tor9\nend\n"
    ospf = bare.replace("end\n", "router ospf\n maximum-paths 3\nexit\nend\n")
    texts = [RUNNING_CONFIG, bare, ospf, RUNNING_CONFIG.replace("64496", "64999"), bare]
    in_a_row = [material_of("show running-config", text) for text in texts]
    for text, material in zip(texts, in_a_row, strict=True):
        ttp_templates._parser.cache_clear()
        alone = material_of("show running-config", text)
        assert (material.facts, material.ceilings) == (alone.facts, alone.ceilings)
    assert [bool(material.facts.neighbors) for material in in_a_row] == [True, False, False, True, False]
    assert [len(material.ceilings) > 0 for material in in_a_row] == [True, False, True, True, False]


@pytest.mark.parametrize("text", ["% Unknown command: show running-config\n", "", "syntax error, unexpected ALL\n"])
def test_answer_that_is_an_error_leaves_the_question_open(text: str) -> None:
    material = material_of("vtysh -c 'show running-config'", text)
    assert material.facts.answered == frozenset()
    assert [capture.command for capture in material.failed] == []


def test_what_decides_how_paths_are_compared_is_read_from_the_configuration() -> None:
    text = """frr version 8.4.4
router bgp 64512
 bgp always-compare-med
 bgp bestpath as-path ignore
 bgp bestpath med missing-as-worst
 bgp listen limit 2
exit
end
"""
    facts = material_of("show running-config", text).facts
    named = {s.name: (s.value, s.evidence.line) for s in facts.settings if s.name != "multipath-relax"}
    assert named == {
        "always-compare-med": ("on", 3),
        "as-path ignore": ("on", 4),
        "missing-as-worst": ("on", 5),
        "listen limit": ("2", 6),
    }


def test_missing_evidence_does_not_make_the_audit_of_the_routes_incomplete() -> None:
    audit = audited(
        answer("vtysh -c 'show ip route vrf all'", ROUTES),
        answer("vtysh -c 'show bgp vrf all summary json'", "% Unknown command: show bgp vrf all summary json\n"),
        answer("vtysh -c 'show zebra'", "", failure="timed out"),
        answer("ip -j -4 route show table all", "", failure="no such command (exit status 127)"),
    )
    assert not audit.is_incomplete
    assert not audit.network.facts.knows("tor1", Question.SESSIONS, 4)


def test_table_of_one_family_that_does_not_come_leaves_the_other_known() -> None:
    table = '{"vrfId":0,"vrfName":"default","routes":{}}'
    facts = read_material([
        answer("vtysh -c 'show bgp ipv4 unicast json'", table),
        answer("vtysh -c 'show bgp ipv6 unicast json'", "% No such neighbor or address family\n"),
    ]).facts  # fmt: skip
    assert facts.knows("tor1", Question.BGP_TABLE, 4)
    assert not facts.knows("tor1", Question.BGP_TABLE, 6)


def test_missing_route_table_is_incomplete_though_other_evidence_came() -> None:
    audit = audited(
        replace(answer("vtysh -c 'show ip route vrf all'", "", failure="timed out"), started=STARTED),
        answer("vtysh -c 'show running-config'", RUNNING_CONFIG),
    )
    assert audit.is_incomplete
    assert [state.failure for state in audit.network.routers] == ["timed out"]


def test_host_that_answered_nothing_is_unreachable_and_reported_once() -> None:
    commands = ("vtysh -c 'show ip route vrf all'", "vtysh -c 'show ipv6 route vrf all'", "vtysh -c 'show zebra'")
    audit = audited(
        *(replace(answer(command, "", failure="connection refused"), started=STARTED) for command in commands)
    )
    assert audit.network.facts.unreachable == {"tor1"}
    assert [state.failure for state in audit.network.routers] == ["connection refused"]


def test_kernel_beside_frr_is_compared_and_no_second_table() -> None:
    kernel = '[{"dst":"198.51.100.7","protocol":"bgp","nexthops":[{"gateway":"192.0.2.1","dev":"eth0","weight":1}]}]'
    audit = audited(answer("vtysh -c 'show ip route vrf all'", ROUTES), answer("ip -j -4 route show table all", kernel))
    (prefix,) = audit.network.prefixes
    assert {hop.address for hop in prefix.installed} == {"192.0.2.1", "192.0.2.2"}
    assert [hop.address for hop in prefix.in_kernel or ()] == ["192.0.2.1"]
    (state,) = audit.network.routers
    assert (state.routes, state.next_hops) == (1, 2)


def test_kernel_table_does_not_replace_a_missing_table_of_frr() -> None:
    kernel = '[{"dst":"default","gateway":"192.0.2.254","dev":"eth0"}]'
    audit = audited(
        answer("vtysh -c 'show ip route vrf all'", "", failure="timed out"),
        answer("vtysh -c 'show ipv6 route vrf all'", ROUTES.replace("198.51.100.7/32", "2001:db8::7/128")),
        answer("ip -j -4 route show table all", kernel),
    )
    assert {finding.code for finding in audit.findings} == {"ECMP001", "ECMP003"}  # not checked, nothing to audit


def test_smallest_of_all_ceilings_counts_with_its_source() -> None:
    audit = audited(
        answer("vtysh -c 'show ip route vrf all'", ROUTES),
        answer("vtysh -c 'show running-config'", RUNNING_CONFIG),
        answer("vtysh -c 'show zebra'", " ECMP Maximum                   3                        \n"),
        answer("vtysh -c 'show version'", "FRRouting 8.4.4 (tor1).\nconfigured with:\n    '--enable-multipath=256'\n"),
    )
    (prefix,) = audit.network.prefixes
    assert prefix.ceiling is not None
    assert (prefix.ceiling.value, prefix.ceiling.source) == (3, "`ECMP Maximum 3` of zebra (`show zebra`)")


@pytest.mark.parametrize("text, values", [
    ("protocol kernel { ipv4 { export all; }; merge paths on limit 8; }", {(4, "on", 8)}),
    ("protocol kernel k { merge paths; ipv6 { export all; }; }", {(6, "on", 16)}),
    ("protocol kernel { ipv4 { export all; }; } # merge paths on\n", {(4, "off", 1)}),
    ("protocol kernel { merge paths no; }", {(4, "off", 1)}),
    ("protocol kernel { ipv4; } protocol kernel { ipv6; merge paths limit 4; }", {(4, "off", 1), (6, "on", 4)}),
    ("template kernel t { merge paths yes limit 2; } protocol kernel k from t { ipv4; }", {(4, "on", 2)}),
    ("protocol kernel { ipv4 { table red; }; kernel table 100; } protocol device {}", set()),
    ('include "more.conf"; protocol kernel { ipv4; }', set()),
    ("/* protocol kernel { merge paths on; } */ protocol kernel { ipv4; }", {(4, "off", 1)}),
])  # fmt: skip
def test_merge_paths_of_bird(text: str, values: set[tuple[int | None, str, int]]) -> None:
    read = read_facts(Capture("rx1", "bird", "cat /etc/bird/bird.conf", text, "rx1"))
    settings = {(s.family, s.value) for s in read.facts.settings}
    assert settings == {(family, word) for family, word, _ in values}
    assert {(fact.family, fact.ceiling.value) for fact in read.ceilings} == {(f, number) for f, _, number in values}


@pytest.mark.parametrize("text, ceilings", [
    ("protocol ospf v2 { ipv4 {}; area 0 {}; }", {(4, 16)}),
    ("protocol ospf { area 0 {}; }", {(4, 1)}),
    ("protocol ospf v3 { ipv6 {}; ecmp on limit 4; }", {(6, 4)}),
    ("protocol ospf v3 { ipv6 {}; ecmp no; }", {(6, 1)}),
    ("protocol ospf v3 { ipv6 {}; ecmp; }", {(6, 16)}),
])  # fmt: skip
def test_ecmp_of_bird_holds_for_ospf_and_its_default_depends_on_the_version(
    text: str, ceilings: set[tuple[int | None, int]]
) -> None:
    read = read_facts(Capture("rx1", "bird", "cat /etc/bird/bird.conf", text, "rx1"))
    assert {(fact.family, fact.ceiling.value) for fact in read.ceilings} == ceilings
    assert all(fact.holds_for("default", fact.family or 4, "ospf", 150) for fact in read.ceilings)
    assert not any(fact.holds_for("default", fact.family or 4, "bgp", 100) for fact in read.ceilings)


def bird_router(*others: Capture) -> Audit:
    """Return the audit of a BIRD router that has two equal routes."""
    text = """BIRD 2.0.12 ready.
Table master4:
198.51.100.7/32      unicast [node1 10:00:00.000] * (100) [AS64512i]
\tvia 192.0.2.1 on eth0
                     unicast [node2 10:00:00.000] (100) [AS64512i]
\tvia 192.0.2.2 on eth0
"""
    return audited(Capture("rx1", "bird", "birdc -r 'show route'", text, "ssh rx1"), *others)


def test_bird_router_is_unknown_without_and_known_with_its_configuration() -> None:
    def configured(words: str) -> Capture:
        text = f"protocol kernel {{ ipv4 {{ export all; }}; {words} }} protocol ospf v2 core {{ ipv4; }}"
        return Capture("rx1", "bird", "cat /etc/bird/bird.conf", text, "ssh rx1: cat /etc/bird/bird.conf")

    assert "ECMP004" in {finding.code for finding in bird_router().findings}
    assert {finding.code for finding in bird_router(configured("merge paths on;")).findings} == set()
    off = bird_router(configured(""))
    assert "ECMP004" not in {finding.code for finding in off.findings}
    (prefix,) = off.network.prefixes
    assert prefix.ceiling is not None
    assert prefix.ceiling.value == 1
    assert "ECMP204" in {finding.code for finding in off.findings}


def test_merging_does_not_limit_ospf_under_any_of_its_names() -> None:
    text = "protocol kernel { ipv4; } protocol ospf v2 core { ipv4; } protocol ospf v3 { ipv6; }"
    read = read_facts(Capture("rx1", "bird", "cat /etc/bird/bird.conf", text, "rx1"))
    merging = next(fact for fact in read.ceilings if "merge paths" in fact.ceiling.source)
    assert merging.holds_for("default", 4, "bgp", 100)
    assert merging.holds_for("default", 4, "node1", 100)
    assert not any(merging.holds_for("default", 4, name, 150) for name in ("ospf", "core", "ospf2"))


def test_default_that_depends_on_the_version_is_unknown_without_one() -> None:
    assert default_ceiling("bird", "ecmp unset") is None
    known = default_ceiling("bird", "ecmp unset", "1.6.8")
    assert known is not None
    assert known.value == 1
    assert "before BIRD 2" in known.source


_LIMITED = """\
BIRD 2.0.12 ready.
Name       Proto      Table      State  Since         Info
p1         BGP        ---        up     07:13:45.779  Established
  BGP state:          Established
    Neighbor address: 192.0.2.1
    Neighbor AS:      65002
  Channel ipv4
    State:          UP
    Routes:         6 imported, 0 exported, 6 preferred
    Receive limit:  7
      Action:       {receive}
    Import limit:   6 [HIT]
      Action:       {import_}
    Export limit:   3
      Action:       restart
"""
"""As BIRD 2.0.12 printed it, with other numbers."""


@pytest.mark.parametrize(
    "receive, import_, limit, blocks",
    [
        ("disable", "disable", 6, False),
        ("disable", "warn", 7, False),
        ("warn", "warn", None, False),
        ("restart", "block", 6, True),
        ("block", "warn", 7, True),
    ],
)
def test_a_limit_of_bird_counts_by_its_action(receive: str, import_: str, limit: int | None, blocks: bool) -> None:
    text = _LIMITED.format(receive=receive, import_=import_)
    (session,) = read_facts(Capture("tor1", "bird", "birdc show protocols all", text, "t")).facts.sessions
    assert (session.limit, session.blocks_at_limit) == (limit, blocks)


def test_sessions_of_gobgp_leave_out_what_is_zero() -> None:
    text = (FIXTURES / "gobgp_neighbor.json").read_text(encoding="utf-8")
    sessions = read_facts(Capture("node1", "gobgp", "gobgp neighbor -j", text, "node1")).facts.sessions
    assert [(s.peer, s.family, s.state, s.accepted, s.limit, s.remote_as) for s in sessions] == [
        ("192.0.2.101", 4, "Established", 0, 50, 64497),
        ("192.0.2.101", 6, "Established", 0, None, 64497),
        ("192.0.2.104", 4, "Active", None, None, 64499),
    ]
    assert sessions[2].since is None


def test_exports_of_gobgp_name_their_session() -> None:
    text = '{"198.51.100.2/32":[{"nlri":{"prefix":"198.51.100.2/32"},"best":false,"attrs":[]}]}'
    command = "gobgp neighbor 192.0.2.101 adj-out -a ipv4 -j"
    read = read_facts(Capture("node1", "gobgp", command, text, "node1")).facts
    assert [(e.prefix, e.session) for e in read.exports] == [("198.51.100.2/32", "192.0.2.101")]
    with pytest.raises(UnknownFormatError):
        read_facts(Capture("node1", "gobgp", command, '{"error":"the session is not established"}', "node1"))


@pytest.mark.parametrize("routes, families", [
    ('{"198.51.100.7/32":{}}', {4}),
    ('{"2001:db8::7/128":{}}', {6}),
    ("{}", set()),
])  # fmt: skip
def test_exports_without_a_family_in_the_command_answer_for_the_listed_one(routes: str, families: set[int]) -> None:
    command = "vtysh -c 'show bgp neighbors 192.0.2.101 advertised-routes json'"
    facts = read_facts(answer(command, f'{{"advertisedRoutes":{routes}}}', router="node1")).facts
    assert {family for family in (4, 6) if facts.knows("node1", Question.EXPORTS, family)} == families


def test_the_rib_of_gobgp_without_a_family_answers_for_ipv4_alone() -> None:
    path = '{"nlri":{"prefix":"198.51.100.7/32"},"best":true,"attrs":[{"type":3,"nexthop":"0.0.0.0"}]}'
    text = f'{{"198.51.100.7/32":[{path}]}}'
    capture = Capture("node1", "gobgp", "gobgp global rib -j", text, "ssh node1")
    facts = read_material([capture], nodes={"node1"}).facts
    assert [facts.knows("node1", Question.NODE_ROUTES, family) for family in (4, 6)] == [True, False]


def test_device_that_does_not_exist_is_an_answer_no_addresses() -> None:
    failure = 'the command failed with exit status 1: Device "kube-lb0" does not exist.'
    capture = Capture("node1", "linux", "ip -j addr show kube-lb0", "", "ssh node1", failure=failure)
    facts = read_material([capture]).facts
    assert facts.addresses == ()
    assert facts.knows("node1", Question.ADDRESSES)
    assert facts.unreachable == frozenset()


ADDRESSES = """\
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP group default qlen 1000
    inet 192.0.2.1/24 brd 192.0.2.255 scope global eth0
       valid_lft forever preferred_lft forever
7: kube-lb0: <BROADCAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc noqueue state UNKNOWN group default qlen 1000
    inet 198.51.100.7/32 scope global kube-lb0
       valid_lft forever preferred_lft forever
"""


@pytest.mark.parametrize(
    "command, families",
    [
        ("ip address", {4, 6}),
        ("ip -br a", {4, 6}),
        ("ip -4 address", {4}),
        ("ip -6 addr show", {6}),
        ("ip addr show kube-lb0", {4, 6}),
        ("sudo ip -4 a s dev kube-lb0", {4}),
        ("ip address show dev eth0", set()),
        ("ip a s eth0", set()),
        ("ip address show up scope global", set()),
    ],
)
def test_addresses_of_one_family_or_interface_leave_the_rest_unknown(command: str, families: set[int]) -> None:
    facts = read_facts(Capture("node1", "linux", command, ADDRESSES, "node1")).facts
    assert {family for family in (4, 6) if facts.knows("node1", Question.ADDRESSES, family)} == families


def test_another_device_that_does_not_exist_leaves_kube_lb0_unknown() -> None:
    text = 'Device "eth9" does not exist.\n'
    assert read_facts(Capture("node1", "linux", "ip addr show eth9", text, "node1")).facts.answered == frozenset()


def test_a_services_address_is_no_address_of_the_node_that_alone_has_it() -> None:
    material = read_material([Capture("node1", "linux", "ip address", ADDRESSES, "node1")])
    assert material.node_addresses == {"node1": ("192.0.2.1",)}
    assert [a.address for a in material.facts.addresses] == ["192.0.2.1/24", "198.51.100.7/32"]


def test_routes_of_a_node_are_its_own_and_no_audited_routers() -> None:
    text = """BIRD 2.0.12 ready.
Table master4:
198.51.100.7/32      unicast [direct1 10:00:00.000] * (240)
\tdev kube-lb0
                     unicast [ospf1 10:00:00.000] (150/10) [192.0.2.9]
\tvia 192.0.2.9 on eth0
198.51.100.8/32      unicast [ospf1 10:00:00.000] * (150/10) [192.0.2.9]
\tvia 192.0.2.9 on eth0
"""
    command = "birdc -r 'show route where net ~ [ 198.51.100.0/24+ ]'"
    material = read_material([Capture("node1", "bird", command, text, "ssh node1")], nodes={"node1"})
    assert material.tables == ()
    assert [table.router for table in material.node_tables] == ["node1"]
    assert [(route.prefix, route.protocol) for route in material.facts.node_routes] == [("198.51.100.7/32", "direct1")]
    assert material.facts.node_routes[0].evidence.line == 3
    assert material.facts.knows("node1", Question.NODE_ROUTES, 4)


PASTED = f"""tor1# show ip route
{ROUTES}tor1# show bgp summary

IPv4 Unicast Summary (VRF default):
BGP router identifier 192.0.2.254, local AS number 64496 vrf-id 0
BGP table version 4
RIB entries 3, using 576 bytes of memory
Peers 2, using 1448 KiB of memory

Neighbor        V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc
node1(192.0.2.1) 4      64512        10        10        0    0    0 00:00:10            2        2 N/A
node3.rack4.example.net(192.0.2.3)
                4      64512         0         0        0    0    0    never       Active        0 rack 4
*192.0.2.200    4      64512         4         4        0    0    0 1d02h03m     (Policy) (Policy) N/A

Total number of neighbors 3
* - dynamic neighbor
1 dynamic neighbor(s), limit 100
tor1# show zebra
 ECMP Maximum                   64
tor1# show running-config
{RUNNING_CONFIG}tor1# exit
"""


def test_pasted_session_gives_the_same_facts() -> None:
    material = read_material(captures_from_text(PASTED, "session.txt"))
    sessions = {(s.peer, s.peer_name): (s.state, s.detail, s.accepted, s.since) for s in material.facts.sessions}
    assert sessions == {
        ("192.0.2.1", "node1"): ("Established", None, 2, "00:00:10"),
        ("192.0.2.3", "rack 4"): ("Active", None, None, None),
        ("192.0.2.200", None): ("Established", "Policy", 0, "1d02h03m"),
    }
    assert {fact.ceiling.value for _, fact in material.ceilings} == {64, 4, 2}
    assert {n.router for n in material.facts.neighbors} == {"tor1"}
    assert len(material.tables) == 1
    assert material.failed == ()


def test_line_of_a_summary_that_no_rule_knows_leaves_the_question_open() -> None:
    text = "IPv4 Unicast Summary:\nNeighbor V AS MsgRcvd MsgSent\n192.0.2.1 something else\n"
    read = read_facts(Capture("tor1", "frr", "show bgp summary", text, "tor1"))
    assert [line.text for line in read.unparsed] == ["192.0.2.1 something else"]
    assert read.facts.answered == frozenset()


def test_one_fact_in_two_outputs_is_one_fact() -> None:
    summary = '{"ipv4Unicast":{"vrfName":"default","peers":{"192.0.2.1":{"remoteAs":64512,"state":"Active"}}}}'
    neighbors = (
        '{"192.0.2.1":{"remoteAs":64512,"bgpState":"Active","lastResetDueTo":"Hold Timer Expired",'
        '"addressFamilyInfo":{"ipv4Unicast":{"prefixAllowedMax":50}}}}'
    )
    facts = read_material([
        answer("vtysh -c 'show bgp vrf all summary json'", summary),
        answer("vtysh -c 'show bgp vrf all neighbors json'", neighbors),
    ]).facts  # fmt: skip
    assert [(s.state, s.last_error, s.limit) for s in facts.sessions] == [("Active", "Hold Timer Expired", 50)]
    only_warns = neighbors.replace('"prefixAllowedMax":50', '"prefixAllowedMax":50,"prefixAllowedMaxWarning":true')
    read = read_facts(answer("vtysh -c 'show bgp vrf all neighbors json'", only_warns))
    assert [s.limit for s in read.facts.sessions] == [None]


def test_bird_1s_two_configurations_are_of_one_family_each() -> None:
    merging, not_merging = "merge paths on limit 8;", ""
    captures_of_both = [
        Capture("rx1", "bird", f"cat /etc/bird/{name}", f"protocol kernel {{ export all; {words} }}\n", name)
        for name, words in (("bird.conf", merging), ("bird6.conf", not_merging))
    ]
    for captures in (captures_of_both, captures_of_both[::-1]):
        material = read_material(captures)
        settings = {f: material.facts.setting("rx1", "merge paths", f) for f in (4, 6)}
        assert {f: setting and setting.value for f, setting in settings.items()} == {4: "on", 6: "off"}
        assert {fact.family: fact.ceiling.value for _, fact in material.ceilings} == {4: 8, 6: 1}
    assert read_material(captures_of_both[:1]).facts.setting("rx1", "merge paths", 6) is None


def test_a_channel_of_birds_that_is_down_in_a_session_that_is_up_was_not_negotiated() -> None:
    text = """BIRD 2.0.12 ready.
Name       Proto      Table      State  Since         Info
node1      BGP        ---        up     10:00:00.000  Established
  BGP state:          Established
    Neighbor address: 192.0.2.1
    Neighbor AS:      64512
  Channel ipv4
    State:          UP
    Routes:         2 imported, 0 exported, 2 preferred
  Channel ipv6
    State:          DOWN

"""
    sessions = read_facts(Capture("rx1", "bird", "birdc -r 'show protocols all'", text, "rx1")).facts.sessions
    assert [(s.family, s.state, s.accepted, s.is_up) for s in sessions] == [
        (4, "Established", 2, True),
        (6, "NoNeg", None, False),
    ]


@pytest.mark.parametrize("form", ["", " json"])
@pytest.mark.parametrize("kind", ["l2vpn evpn", "ipv4 vpn", "ipv6 multicast"])
def test_a_summary_of_another_family_leaves_unicast_unknown(kind: str, form: str) -> None:
    text = """{"routerId": "192.0.2.1", "as": 64496, "peers": {"192.0.2.2": {"remoteAs": 64497, "state": "Idle"}}}"""
    if not form:
        text = (
            "Neighbor        V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc\n"
        )
        text += (
            "192.0.2.2       4      64497        12        12        0    0    0 00:00:09         Idle        0 N/A\n"
        )
    read = read_facts(Capture("tor1", "frr", f"show bgp {kind} summary{form}", text, "t"))
    assert (read.facts.sessions, read.facts.answered) == ((), frozenset())
    unicast = read_facts(Capture("tor1", "frr", f"show bgp ipv4 unicast summary{form}", text, "t"))
    assert (len(unicast.facts.sessions), len(unicast.facts.answered)) == (1, 1)
