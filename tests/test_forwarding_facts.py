"""Facts beyond the route: neighbour entries, next-hop objects, BFD sessions, tables of a switch. Texts are real ones.

They are of iproute2 6.1, FRR 8.4.4 and BIRD 2.0.12 in the lab; SONiC's is the example of its command reference.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.auditing.run import read_material
from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.model.forwarding_kinds import GroupMember
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.readers import read_facts
from ecmpaudit.rules.forwarding import members_of_object

if TYPE_CHECKING:
    from ecmpaudit.parsing.facts.capture_facts import CaptureFacts

NEIGHBORS_JSON = """[{"dst":"172.30.250.2","dev":"enp6s0","lladdr":"3e:64:02:a5:53:32","state":["REACHABLE"],\
"protocol":"zebra"},{"dst":"172.30.250.103","dev":"enp6s0","state":["FAILED"]},\
{"dst":"fe80::A457:3eff:fe31:2cda","dev":"enp6s0","lladdr":"a6:57:3e:31:2c:da","router":null,"state":["STALE"]},\
{"dst":"fd00:30:250::103","dev":"enp6s0","state":["INCOMPLETE"]},{"dst":"10.0.0.1","dev":"eth1"}]
"""
NEIGHBORS_TEXT = """172.30.250.2 dev enp6s0 lladdr 3e:64:02:a5:53:32 REACHABLE proto zebra
172.30.250.103 dev enp6s0 FAILED
fe80::a457:3eff:fe31:2cda dev enp6s0 lladdr a6:57:3e:31:2c:da router STALE
fd00:30:250::103 dev enp6s0 used 1/2/3 probes 6 INCOMPLETE
10.0.0.1 dev eth1
"""
ENTRIES = [
    ("172.30.250.2", "enp6s0", "REACHABLE", 4, False),
    ("172.30.250.103", "enp6s0", "FAILED", 4, True),
    ("fe80::a457:3eff:fe31:2cda", "enp6s0", "STALE", 6, False),
    ("fd00:30:250::103", "enp6s0", "INCOMPLETE", 6, True),
    ("10.0.0.1", "eth1", "NONE", 4, False),
]
OBJECTS_JSON = """[{"id":3,"dev":"enp6s0","scope":"host","protocol":"zebra","flags":[]},\
{"id":18,"group":[{"id":19,"weight":3},{"id":20}],"type":"resilient","resilient_args":{"buckets":32},"flags":[]},\
{"id":19,"gateway":"172.30.250.101","dev":"enp6s0","scope":"link","protocol":"zebra","flags":[]},\
{"id":20,"via":{"family":"inet6","host":"fe80::1"},"dev":"enp6s0","scope":"link","flags":["onlink"]},\
{"id":21,"blackhole":null,"flags":[]}]
"""
OBJECTS_TEXT = """id 3 dev enp6s0 scope host proto zebra
id 18 group 19,3/20 type resilient buckets 32 idle_timer 120 unbalanced_timer 0 unbalanced_time 0
id 19 via 172.30.250.101 dev enp6s0 scope link proto zebra
id 20 via inet6 fe80::1 dev enp6s0 scope link onlink
id 21 blackhole
"""
OBJECTS = [
    (3, None, "enp6s0", False, (), "mpath"),
    (18, None, None, False, (GroupMember(19, 3), GroupMember(20)), "resilient"),
    (19, "172.30.250.101", "enp6s0", False, (), "mpath"),
    (20, "fe80::1", "enp6s0", False, (), "mpath"),
    (21, None, None, True, (), "mpath"),
]
FRR_BFD = """[
  {
    "multihop":false,
    "peer":"10.9.0.2",
    "local":"10.9.0.1",
    "vrf":"default",
    "interface":"eth0",
    "status":"up",
    "receive-interval":300,
    "transmit-interval":300,
    "detect-multiplier":5,
    "remote-receive-interval":300,
    "remote-transmit-interval":500,
    "remote-detect-multiplier":3
  },
  {
    "peer":"fd09::2",
    "vrf":"red",
    "status":"down",
    "receive-interval":300,
    "remote-transmit-interval":1000,
    "remote-detect-multiplier":3
  }
]
"""
BIRD_BFD = """BIRD 2.0.12 ready.
Access restricted
bfd1:
IP address                Interface  State      Since         Interval  Timeout
10.9.0.1                  eth0       Up         06:08:29.264    0.300    0.900
fd09::1                   ---        Down       2026-11-27      1.000    0.000
"""
CRM = """
Resource Name           Used Count    Available Count
--------------------  ------------  -----------------
ipv4_route                      58              98246
ipv6_nexthop                     8              49086
nexthop_group_member           101              16283
nexthop_group                  410                102
fdb_entry                        7              32767

Stage    Bind Point    Resource Name      Used Count    Available Count
-------  ------------  ---------------  ------------  -----------------
INGRESS  PORT          acl_group                   3                125

Table ID         Resource Name      Used Count    Available Count
---------------  ---------------  ------------  -----------------
0x700000000063f  acl_entry                   0               2048
"""


def as_printed(text: str) -> str:
    """Return the text with the space that iproute2 prints at the end of each line."""
    return text.replace("\n", " \n")


def read(text: str, command: str | None, platform: str = "frr") -> CaptureFacts:
    return read_facts(Capture("tor1", platform, command, text, "a file"))


@pytest.mark.parametrize("platform", ["frr", "bird", "gobgp", "linux"])
@pytest.mark.parametrize(
    "text, command",
    [
        (NEIGHBORS_JSON, "ip -j neigh"),
        (NEIGHBORS_JSON, None),
        (as_printed(NEIGHBORS_TEXT), "ip neighbour show"),
        (as_printed(NEIGHBORS_TEXT), "/sbin/ip n"),
        (as_printed(NEIGHBORS_TEXT), None),
    ],
)
def test_neighbour_entries_are_read_with_their_states(text: str, command: str | None, platform: str) -> None:
    found = read(text, command, platform)
    facts = found.facts.neighbor_entries
    assert [(e.address, e.interface, e.state, e.family, e.is_unresolved) for e in facts] == ENTRIES
    assert found.facts.answered == {("tor1", Question.NEIGHBORS, None)}
    assert found.unparsed == ()


@pytest.mark.parametrize("command, family", [("ip -4 neigh", 4), ("ip -6 -j neigh show", 6)])
def test_an_empty_table_of_neighbours_is_an_answer_for_its_family(command: str, family: int) -> None:
    found = read("[]\n", command)
    assert found.facts.neighbor_entries == ()
    assert found.facts.answered == {("tor1", Question.NEIGHBORS, family)}


@pytest.mark.parametrize("command", ["ip neigh show dev eth0", "ip neigh show nud failed", "ip neigh show to 10.0.0.1"])
def test_a_part_of_the_neighbours_does_not_show_what_is_absent(command: str) -> None:
    assert read(as_printed(NEIGHBORS_TEXT), command).facts.answered == frozenset()


def test_a_line_that_is_no_neighbour_is_not_understood() -> None:
    found = read(f"{NEIGHBORS_TEXT}arp: in use\n", "ip neigh")
    assert [(line.line, line.text) for line in found.unparsed] == [(6, "arp: in use")]
    assert found.facts.answered == frozenset()


@pytest.mark.parametrize(
    "entry", [{"dst": "10.0.0.300", "dev": "e"}, {"dst": "10.0.0.3"}, {"dst": 3, "dev": "e"}, {"dst": "::1", "dev": 1}]
)
def test_a_neighbour_that_cannot_be_is_damage(entry: dict[str, Any]) -> None:
    with pytest.raises(DamagedOutputError, match="ip -j neigh"):
        read(json.dumps([entry]), "ip -j neigh")


@pytest.mark.parametrize(
    "text, command",
    [
        (OBJECTS_JSON, "ip -j nexthop"),
        (OBJECTS_JSON, None),
        (as_printed(OBJECTS_TEXT), "ip nexthop show"),
        (as_printed(OBJECTS_TEXT), "ip nex"),
        (as_printed(OBJECTS_TEXT), None),
    ],
)
def test_next_hop_objects_are_read_with_the_members_of_groups(text: str, command: str | None) -> None:
    found = read(text, command)
    facts = found.facts.next_hop_objects
    assert [(o.number, o.address, o.interface, o.is_blackhole, o.members, o.kind) for o in facts] == OBJECTS
    assert found.facts.answered == {("tor1", Question.NEXT_HOP_OBJECTS, None)}


def test_a_kernel_without_next_hop_objects_of_its_own_answers_with_an_empty_list() -> None:
    assert read("[ ]\n", "ip -j nexthop").facts.answered == {("tor1", Question.NEXT_HOP_OBJECTS, None)}


@pytest.mark.parametrize("entry", [{"dev": "eth0"}, {"id": -1}, {"id": 1, "group": [{}]}, {"id": 1, "gateway": "x"}])
def test_a_next_hop_object_that_cannot_be_is_damage(entry: dict[str, Any]) -> None:
    with pytest.raises(DamagedOutputError, match="ip nexthop"):
        read(json.dumps([entry]), "ip -j nexthop")


@pytest.mark.parametrize("value", ["0", "1"])
def test_whether_the_kernel_uses_neighbour_entries_is_a_setting_of_ipv4(value: str) -> None:
    found = read(f"net.ipv4.fib_multipath_use_neigh = {value}\n", "sysctl net.ipv4.fib_multipath_use_neigh")
    assert [(s.name, s.value, s.family) for s in found.facts.settings] == [("fib_multipath_use_neigh", value, 4)]
    assert found.facts.answered == {("tor1", Question.USE_NEIGH, 4)}


def test_a_setting_that_is_not_in_the_answer_is_damage() -> None:
    with pytest.raises(UnknownFormatError, match="no value of net"):
        read("\n", "sysctl net.ipv4.fib_multipath_use_neigh")


@pytest.mark.parametrize("command", ["vtysh -c 'show bfd peers json'", "show bfd vrf red peers json", None])
def test_bfd_of_frr_has_the_detection_time_of_its_own_end(command: str | None) -> None:
    found = read(FRR_BFD, command).facts
    assert [(s.peer, s.is_up, s.vrf, s.interface, s.timeout) for s in found.bfd_sessions] == [
        ("10.9.0.2", True, "default", "eth0", 1500),
        ("fd09::2", False, "red", None, None),
    ]
    assert found.answered == {("tor1", Question.BFD, None)}


@pytest.mark.parametrize("command", ["birdc -r 'show bfd sessions'", None])
def test_bfd_of_bird_has_its_timeout(command: str | None) -> None:
    found = read(BIRD_BFD, command, "bird")
    assert [(s.peer, s.is_up, s.vrf, s.interface, s.timeout) for s in found.facts.bfd_sessions] == [
        ("10.9.0.1", True, None, "eth0", 900),
        ("fd09::1", False, None, None, None),
    ]
    assert found.facts.answered == {("tor1", Question.BFD, None)}
    assert found.unparsed == ()


@pytest.mark.parametrize("command", ["crm show resources all", "crm show resources nexthop group object", None])
def test_the_tables_of_next_hop_groups_of_a_switch_are_read(command: str | None) -> None:
    found = read(CRM, command).facts
    assert [(use.table, use.used, use.available) for use in found.table_uses] == [
        ("nexthop_group_member", 101, 16283),
        ("nexthop_group", 410, 102),
    ]
    assert found.answered == {("tor1", Question.TABLE_USE, None)}


@pytest.mark.parametrize(
    "command, platform, said",
    [
        ("ip -j nexthop", "frr", 'exit status 255: Object "nexthop" is unknown, try "ip help".'),
        ("ip -j nexthop", "frr", "exit status 2: RTNETLINK answers: Operation not supported"),
        ("vtysh -c 'show bfd peers json'", "frr", "exit status 1: bfdd is not running"),
        ("birdc -r 'show bfd sessions'", "bird", "exit status 1: There is no BFD protocol running"),
        ("crm show resources all", "frr", "exit status 127: bash: line 1: crm: command not found"),
        (
            "sysctl net.ipv4.fib_multipath_use_neigh",
            "frr",
            "exit status 1: sysctl: cannot stat /proc/sys/net/ipv4/fib_multipath_use_neigh: No such file or directory",
        ),
    ],
)
def test_what_a_version_does_not_have_leaves_no_question_open(command: str, platform: str, said: str) -> None:
    failed = Capture(
        "tor1", platform, command, "", "ssh tor1", failure=f"the command failed with {said}", started="2026-11-27"
    )
    assert read_material([failed]).facts.not_answered == ()


@pytest.mark.parametrize("command", ["ip -j neigh", "ip -j nexthop", "vtysh -c 'show bfd peers json'"])
def test_what_was_refused_is_an_open_question(command: str) -> None:
    failed = Capture("tor1", "frr", command, "", "ssh tor1", failure="permission denied", started="2026-11-27")
    assert [question.command for question in read_material([failed]).facts.not_answered] == [command]


KERNEL_JSON = (
    '[{"dst":"default","gateway":"10.0.0.1","dev":"eth0","protocol":"static","flags":[]},'
    '{"dst":"172.31.1.1","nhid":54,"protocol":"bgp","metric":20,"flags":[],"nexthops":['
    '{"gateway":"172.30.250.101","dev":"enp6s0","weight":1,"flags":[]},'
    '{"gateway":"172.30.250.102","dev":"enp6s0","weight":1,"flags":[]}]},'
    '{"dst":"172.31.2.0/24","nhid":55,"gateway":"10.0.0.9","dev":"eth0","table":"10","protocol":"bgp","flags":[]}]\n'
)
KERNEL_TEXT = """default via 10.0.0.1 dev eth0 proto static
172.31.1.1 nhid 54 proto bgp metric 20
	nexthop via 172.30.250.101 dev enp6s0 weight 1
	nexthop via 172.30.250.102 dev enp6s0 weight 1
172.31.2.0/24 nhid 55 via 10.0.0.9 dev eth0 table 10 proto bgp
"""


OF_SEVERAL_METRICS = {
    "ip route show table all": """default nhid 50 via 192.0.2.1 dev eth0 proto bgp metric 20
198.51.100.7 nhid 40 via 192.0.2.1 dev eth0 proto bgp metric 20
198.51.100.7 nhid 41 via 192.0.2.8 dev eth0 proto static metric 200
198.51.100.8 via 192.0.2.1 dev eth0 proto static metric 10
198.51.100.8 nhid 42 via 192.0.2.1 dev eth0 proto bgp metric 20
198.51.100.9 nhid 43 via inet6 fe80::1 dev eth0 table 10 proto bgp metric 20
blackhole 198.51.100.10 nhid 44 proto static metric 20
default nhid 51 via fe80::1 dev eth0 proto bgp metric 20 pref medium
""",
    "ip -j route show table all": """[{"dst":"default","nhid":50,"gateway":"192.0.2.1",
"dev":"eth0","metric":20,"flags":[]},
{"dst":"198.51.100.7","nhid":40,"gateway":"192.0.2.1","dev":"eth0","protocol":"bgp","metric":20,"flags":[]},
{"dst":"198.51.100.7","nhid":41,"gateway":"192.0.2.8","dev":"eth0","protocol":"static","metric":200,"flags":[]},
{"dst":"198.51.100.8","gateway":"192.0.2.1","dev":"eth0","protocol":"static","metric":10,"flags":[]},
{"dst":"198.51.100.8","nhid":42,"gateway":"192.0.2.1","dev":"eth0","protocol":"bgp","metric":20,"flags":[]},
{"dst":"198.51.100.9","nhid":43,"via":{"family":"inet6","host":"fe80::1"},"dev":"eth0","table":"10","metric":20,
"flags":[]},
{"type":"blackhole","dst":"198.51.100.10","nhid":44,"protocol":"static","metric":20,"flags":[]},
{"dst":"default","nhid":51,"gateway":"fe80::1","dev":"eth0","protocol":"bgp","metric":20,"flags":[],"pref":"medium"}]
""",
}


@pytest.mark.parametrize("command", OF_SEVERAL_METRICS)
def test_the_object_of_a_prefix_is_that_of_the_route_with_the_lowest_metric(command: str) -> None:
    text = OF_SEVERAL_METRICS[command]
    facts = read_material([Capture("tor1", "linux", command, text, "ssh tor1")]).facts
    assert {(vrf, prefix): route.number for (_, vrf, prefix), route in facts.object_route.items()} == {
        ("default", "0.0.0.0/0"): 50,
        ("default", "198.51.100.7/32"): 40,
        ("10", "198.51.100.9/32"): 43,
        ("default", "198.51.100.10/32"): 44,
        ("default", "::/0"): 51,
    }


@pytest.mark.parametrize("text", [OBJECTS_JSON, OBJECTS_TEXT], ids=["JSON", "text"])
def test_an_object_that_drops_packets_has_no_next_hops_and_neither_has_its_group(text: str) -> None:
    command = "ip -j nexthop" if text == OBJECTS_JSON else "ip nexthop"
    facts = read_material([Capture("tor1", "linux", command, text, "ssh tor1")]).facts
    dropping = facts.next_hop_object["tor1", 21]
    group = replace(dropping, number=22, members=(GroupMember(21),), is_blackhole=False)
    assert members_of_object(dropping, facts) == members_of_object(group, facts) == ()


@pytest.mark.parametrize(
    "text, command",
    [(KERNEL_JSON, "ip -j -4 route show table all"), (as_printed(KERNEL_TEXT), "ip -4 route show table all")],
)
def test_the_next_hop_object_of_a_kernels_route_is_known(text: str, command: str) -> None:
    found = read_material([Capture("tor1", "linux", command, text, "ssh tor1")]).facts.object_routes
    assert [(route.prefix, route.number, route.vrf) for route in found] == [
        ("172.31.1.1/32", 54, "default"),
        ("172.31.2.0/24", 55, "10"),
    ]
