"""What routers hash: tiers that hash alike, pairs that differ, fields without ports, resilient groups without effect.

Outputs of `sysctl`, `ip` are those of Linux 6.18 with iproute2 6.1 in a namespace; the nexthop-group of FRR is as
lib/nexthop_group.c of FRR 9 writes it (8.4 has no resilient ones).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.auditing.run import read_material
from ecmpaudit.model import Capture
from ecmpaudit.rules import all_rules, rule
from tests.notation import parse_network
from tests.recorded_scans import audited
from tests.rule_checks import findings_in, messages_in

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = """\
frr version 9.1
frr defaults traditional
hostname tor1
!
nexthop-group lb
 resilient buckets 128 idle-timer 60 unbalanced-timer 300
 nexthop 192.0.2.1
 nexthop 192.0.2.2 weight 2
exit
!
nexthop-group plain
 nexthop 192.0.2.9 eth0
exit
!
nexthop-group six
 resilient buckets 64 idle-timer 120 unbalanced-timer 1
 nexthop 2001:db8::1 eth0 nexthop-vrf red
 nexthop fe80::2 eth0
 nexthop eth1
exit
!
router bgp 64512
exit
!
end
"""
"""The form of lib/nexthop_group.c; with a `nexthop` of each kind."""


def test_only_the_resilient_groups_of_a_configuration_are_facts() -> None:
    capture = Capture("tor1", "frr", "show running-config", CONFIGURATION, "tor1.txt")
    groups = read_material([capture]).facts.resilient_groups
    assert [(group.name, group.buckets, sorted(group.addresses)) for group in groups] == [
        ("lb", 128, ["192.0.2.1", "192.0.2.2"]),
        ("six", 64, ["2001:db8::1", "fe80::2"]),
    ]
    assert [(group.evidence.line, group.evidence.text) for group in groups] == [
        (6, "resilient buckets 128 idle-timer 60 unbalanced-timer 300"),
        (16, "resilient buckets 64 idle-timer 120 unbalanced-timer 1"),
    ]


TIERS = """spine1 198.51.100.7/32 via 192.0.2.11-12
leaf1 198.51.100.7/32 via 192.0.2.21-22
leaf2 198.51.100.7/32 via 192.0.2.21-22
leaf1 address 192.0.2.11/24 on eth0
leaf2 address 192.0.2.12/24 on eth0
"""


def hashing(*, policies: str = "111", seeds: str = "777", fields: str = "") -> str:
    lines = []
    for number, router in enumerate(("spine1", "leaf1", "leaf2")):
        lines += [
            f"{router} setting fib_multipath_hash_policy ipv4 {policies[number]}",
            f"{router} setting fib_multipath_hash_seed {seeds[number]}",
        ]
        if fields:
            lines.append(f"{router} setting fib_multipath_hash_fields ipv4 {fields.split()[number]}")
    return TIERS + "\n".join(lines)


def test_a_router_is_named_once_with_all_routers_below_it_that_hash_alike() -> None:
    found = findings_in(hashing())
    assert list(found) == ["ECMP704"]
    assert found["ECMP704"].message == (
        "spine1: hashes IPv4 as its 2 next hops leaf1, leaf2 (policy 1, seed 7), expected another seed in each tier; "
        "leaf1 uses only some of its 2 next hops of 198.51.100.7/32 for what spine1 sends"
    )
    assert found["ECMP704"].router == "spine1"


@pytest.mark.parametrize(
    "text",
    [
        hashing(seeds="788"),
        hashing(seeds="000"),
        hashing(policies="122"),
        hashing(policies="333", fields="55 63 63"),
        hashing().replace("leaf1 address", "leaf9 address").replace("leaf2 address", "leaf9 address"),
    ],
    ids=["other seed", "random seeds", "other policy", "other fields", "not a router's address"],
)
def test_tiers_that_hash_differently_are_not_polarised(text: str) -> None:
    assert findings_in(text) == {}


def test_a_link_local_next_hop_is_a_router_where_the_fabric_says_so() -> None:
    text = hashing().replace("via 192.0.2.11-12", "via fe80::11%eth0, fe80::12%eth0")
    assert "ECMP704" not in findings_in(text)
    known = f"{text}\nexpect 198.51.100.7/32 nodes leaf1=fe80::11, leaf2=fe80::12, node1=192.0.2.21, node2=192.0.2.22"
    (finding,) = rule("ECMP704").check(parse_network(known))
    assert finding.message.startswith("spine1: hashes IPv4 as its 2 next hops leaf1, leaf2 ")


@pytest.mark.parametrize(
    "text, wanted",
    [
        (hashing(seeds="890", policies="111"), "policy 1, a random seed, expected what leaf1 has"),
        (hashing(seeds="999", policies="121"), "policy 1, seed 9, expected what leaf1 has"),
        (hashing(seeds="899", policies="133", fields="7 55 63"), "policy 3, fields 0x003f, seed 9, expected"),
    ],
    ids=["seed", "policy", "fields"],
)
def test_of_two_leaves_that_hash_differently_the_second_is_named(text: str, wanted: str) -> None:
    message = messages_in(text)["ECMP705"]
    assert message.startswith(f"leaf2: hashes IPv4 with {wanted}")
    assert message.endswith("a flow of 198.51.100.7/32 moves when its router changes")


def test_a_router_whose_seed_is_not_known_is_not_compared_by_it() -> None:
    text = hashing(seeds="899").replace("leaf2 setting fib_multipath_hash_seed 9", "")
    assert findings_in(text) == {}


@pytest.mark.parametrize("fields, is_found", [(0x07, True), (0x27, True), (0x17, False), (0x407, False), (0x0F, True)])
def test_fields_are_those_of_a_connection_only_with_a_source_port(fields: int, *, is_found: bool) -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1-2\ntor1 setting fib_multipath_hash_policy ipv4 3\n"
    found = messages_in(f"{text}tor1 setting fib_multipath_hash_fields ipv4 {fields}")
    assert ("ECMP706" in found) is is_found
    if is_found:
        assert found["ECMP706"] == (
            f"tor1: hashes IPv4 with policy 3, fields 0x{fields:04x}, expected fields with the source port "
            "(0x0010); all flows between two hosts use one of the 2 next hops of 198.51.100.7/32"
        )


NEXT_HOPS = (
    '[{"id":1,"gateway":"192.0.2.1","dev":"d0","scope":"link","flags":[]},'
    '{"id":2,"gateway":"192.0.2.2","dev":"d0","scope":"link","flags":[]},'
    '{"id":10,"group":[{"id":1},{"id":2}],"type":"resilient","resilient_args":{"buckets":128,"idle_timer":60,'
    '"unbalanced_timer":300,"unbalanced_time":0},"flags":[]},{"id":11,"group":[{"id":1},{"id":2}],"flags":[]}]'
)
ROUTES = (
    '[{"dst":"198.51.100.7","nhid":11,"protocol":"bgp","flags":[],"nexthops":[{"gateway":"192.0.2.1","dev":"d0",'
    '"weight":1,"flags":[]},{"gateway":"192.0.2.2","dev":"d0","weight":1,"flags":[]}]},{"dst":"198.51.100.8",'
    '"nhid":10,"protocol":"bgp","flags":[],"nexthops":[{"gateway":"192.0.2.1","dev":"d0","weight":1,"flags":[]},'
    '{"gateway":"192.0.2.2","dev":"d0","weight":1,"flags":[]}]}]'
)


POLICY = ("sysctl net.ipv4.fib_multipath_hash_policy", "net.ipv4.fib_multipath_hash_policy = 0\n")


def messages(folder: Path, code: str, *answers: tuple[str, str], **configuration: Any) -> list[str]:
    """Return the messages of a rule about tor1, of two prefixes by two nodes."""
    nodes = {"node1": {"addresses": ["192.0.2.1"]}, "node2": {"addresses": ["192.0.2.2"]}}
    content = {"routers": {"tor1": {}}, "nodes": nodes, "clusters": {"c": {"pools": ["198.51.100.0/24"]}}}
    file = folder / "ecmpaudit.yaml"
    file.write_text(json.dumps(content | configuration), encoding="utf-8")
    given = [("ip -j -4 route show table all", ROUTES), *answers]
    captures = [Capture("tor1", "linux", command, text, "ssh tor1") for command, text in given]
    return [finding.message for finding in audited(captures, file).findings if finding.code == code]


STATEFUL = {
    "a node": {"nodes": {"node1": {"addresses": ["192.0.2.1"], "stateful": True}, "node2": "192.0.2.2"}},
    "the pool": {"clusters": {"c": {"pools": [{"prefix": "198.51.100.0/24", "stateful": True}]}}},
    "the pool around an exception": {
        "clusters": {
            "c": {
                "pools": [{"prefix": "198.51.100.0/24", "stateful": True}],
                "exceptions": [{"prefix": "198.51.100.7/32", "expect": 2}],
            }
        }
    },
}


@pytest.mark.parametrize("configuration", STATEFUL.values(), ids=STATEFUL)
def test_nobody_is_advised_to_hash_ports_where_nodes_are_stateful(
    tmp_path: Path, configuration: dict[str, Any]
) -> None:
    assert len(messages(tmp_path, "ECMP702", POLICY)) == 1
    assert messages(tmp_path, "ECMP702", POLICY, **configuration) == []


def test_of_several_pools_only_the_stateful_one_is_left_out(tmp_path: Path) -> None:
    pools = ["198.51.100.8/32", {"prefix": "198.51.100.0/24", "stateful": True}]
    (message,) = messages(tmp_path, "ECMP702", POLICY, clusters={"c": {"pools": pools}})
    assert message.endswith("2 next hops of 198.51.100.8/32")


def test_of_two_routes_of_a_kernel_the_one_without_the_resilient_group_is_named(tmp_path: Path) -> None:
    assert messages(tmp_path, "ECMP707", ("ip -j nexthop", NEXT_HOPS)) == [
        "tor1 198.51.100.7/32: its route has group 11 (mpath), expected the resilient group 10 with the same next hops"
    ]


def test_the_rules_about_hashing_need_the_answer_about_it() -> None:
    by_code = {rule.code: [str(need) for need in rule.needs] for rule in all_rules() if rule.code > "ECMP703"}
    assert by_code == {
        "ECMP704": ["routes", "multipath hash policy", "addresses"],
        "ECMP705": ["routes", "multipath hash policy"],
        "ECMP706": ["routes", "multipath hash policy"],
        "ECMP707": ["routes", "kernel's routes", "next-hop objects", "configuration"],
    }
