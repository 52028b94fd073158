"""`ecmpaudit what-if`: which flows a planned change moves, and what it leaves."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from ecmpaudit.auditing.run import read_material
from ecmpaudit.auditing.subjects import subjects
from ecmpaudit.changes.draining import drained_in, order_of_draining
from ecmpaudit.changes.names import Names
from ecmpaudit.changes.order_of_next_hops import Ordered
from ecmpaudit.changes.placed import Chosen, Placed, Spreading
from ecmpaudit.changes.planned import Change, added_nodes, listed_names, replacements, weights_of
from ecmpaudit.changes.spreading import Member, Model
from ecmpaudit.changes.what_if import Outcome, WhatIf, what_if
from ecmpaudit.cli.main import app
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Capture, Growth
from ecmpaudit.reporting.what_if import render_what_if_json
from ecmpaudit.reporting.what_if_html import render_what_if_html
from tests.audit_builders import HOSTILE_NAME
from tests.notation import parse_network
from tests.test_reporting_html import Parsed

SCHEMA = Draft202012Validator(
    json.loads((Path(__file__).parent.parent / "docs" / "what-if.schema.json").read_text(encoding="utf-8"))
)
KERNEL = (Path(__file__).parent / "fixtures" / "changes" / "tor1.txt").read_text(encoding="utf-8")
POOLS = ["--pool", "198.51.100.0/24", "--pool", "2001:db8:100::/48"]
NODES = [
    "--nodes",
    ",".join(f"node{n}=192.0.2.{n}+2001:db8::{n}" for n in range(1, 6)),
]
FIVE = "tor1 198.51.100.7/32 via 192.0.2.1-5\n"


def asked(text: str, *, spreading: Spreading | None = None, minimum: int | None = None, **change: Any) -> WhatIf:
    network = parse_network(text)
    return what_if(network, Change(**change), Names(network), spreading or Spreading(), minimum)


def only(result: WhatIf) -> Outcome:
    (outcome,) = result.outcomes
    return outcome


def hops(outcome: Outcome) -> list[str]:
    return [member.hop for member in outcome.after]


def run(tmp_path: Path, *arguments: str, text: str = KERNEL) -> tuple[int, str]:
    file = tmp_path / "tor1.txt"
    file.write_text(text, encoding="utf-8")
    ended = CliRunner().invoke(app, ["what-if", str(file), *arguments], standalone_mode=True)
    return ended.exit_code, ended.output


def printed_json(tmp_path: Path, *arguments: str, text: str = KERNEL) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run(tmp_path, "--format", "json", *arguments, text=text)[1])
    SCHEMA.validate(document)
    return document


@pytest.mark.parametrize(
    "lost, moved, innocent",
    [("192.0.2.3", 0.5, 0.375), ("192.0.2.1", 0.35, 0.1875), ("192.0.2.5", 0.3, 0.125), ("192.0.2.4", 0.5, 0.375)],
    ids=["first", "second", "middle", "last"],
)
def test_the_order_of_the_kernel_decides_what_a_node_costs(
    tmp_path: Path, lost: str, moved: float, innocent: float
) -> None:
    first = printed_json(tmp_path, *POOLS, "--lose", lost)["what_if"][0]
    assert first["prefix"] == "198.51.100.7/32"
    assert (first["moved"], first["innocent"], first["uncertain"]) == (moved, innocent, None)
    assert first["largest_share"] == first["even_share"] == 0.25


def test_the_order_of_a_group_of_next_hop_objects_is_that_of_its_members(tmp_path: Path) -> None:
    objects = """\
tor1# ip route
198.51.100.7 nhid 40 proto bgp metric 20
\tnexthop via 192.0.2.1 dev eth0 weight 1
\tnexthop via 192.0.2.2 dev eth0 weight 1
\tnexthop via 192.0.2.3 dev eth0 weight 2
tor1# ip nexthop
id 11 via 192.0.2.2 dev eth0 scope link proto zebra
id 12 via 192.0.2.3 dev eth0 scope link proto zebra
id 13 via 192.0.2.1 dev eth0 scope link proto zebra
id 40 group 11/12,2/13 proto zebra
tor1#
"""
    (found,) = printed_json(tmp_path, *POOLS, "--add", "node0=192.0.2.0", text=objects)["what_if"]
    assert found["next_hops_before"] == ["192.0.2.2", "192.0.2.3", "192.0.2.1"]
    assert found["shares_before"] == {"192.0.2.2": 0.25, "192.0.2.3": 0.5, "192.0.2.1": 0.25}
    assert found["next_hops_after"][-1] == "192.0.2.0"  # a next-hop object of its own is younger than all others


def test_a_next_hop_that_is_added_to_routes_in_order_of_address_gets_its_place(tmp_path: Path) -> None:
    found = printed_json(tmp_path, "--pool", "2001:db8:100::/48", "--add", "node0=2001:db8::0")["what_if"]
    assert found[0]["next_hops_after"] == ["2001:db8::", "2001:db8::1", "2001:db8::2"]


FREEBSD = (Path(__file__).parent / "fixtures" / "freebsd" / "netstat_rn--both_families.txt").read_text(encoding="utf-8")
OLD_LINUX = """\
tor1# ip -6 route
2001:db8:100::2 via 2001:db8::3 dev eth0 proto bgp metric 20 pref medium
2001:db8:100::2 via 2001:db8::1 dev eth0 proto bgp metric 20 pref medium
2001:db8:100::2 via 2001:db8::2 dev eth0 proto bgp metric 20 pref medium
2001:db8:100::2 via 2001:db8::9 dev eth0 proto static metric 1024 pref medium
tor1#
"""


def test_a_set_of_which_the_kernel_prints_each_next_hop_as_a_route_is_one_set_in_its_order(tmp_path: Path) -> None:
    (found,) = printed_json(tmp_path, "--pool", "2001:db8:100::/48", "--lose", "2001:db8::3", text=OLD_LINUX)["what_if"]
    assert found["next_hops_before"] == ["2001:db8::3", "2001:db8::1", "2001:db8::2"]
    # The first third goes: of the second, a half moves on to the next node.
    assert (found["moved"], found["innocent"]) == (0.5, 0.25)
    assert (found["loses_last"], found["uncertain"]) == (False, None)


def test_the_sets_of_freebsd_have_all_their_next_hops(tmp_path: Path) -> None:
    ipv4, ipv6 = printed_json(tmp_path, "--lose", "192.0.2.102", "--lose", "fe80::101", text=FREEBSD)["what_if"]
    assert [len(each["next_hops_before"]) for each in (ipv4, ipv6)] == [3, 2]
    assert [len(each["next_hops_after"]) for each in (ipv4, ipv6)] == [2, 1]
    assert (ipv4["model"], ipv4["loses_last"], ipv6["loses_last"]) == ("modulo-n", False, False)
    assert ipv4["moved"] == pytest.approx(2 / 3, abs=1e-6)  # of 6 flows 0 to 5 modulo 3 and 2, those of 0 and 4 stay


def test_the_line_of_each_next_hop_is_that_of_its_own_route() -> None:
    material = read_material(
        [Capture("tor1", "linux", "ip -6 route", OLD_LINUX.split("\n", 1)[1].rpartition("tor1#")[0], "x")]
    )
    (subject,) = subjects(material.tables)
    route = subject.kernel_route("default", "2001:db8:100::2/128")
    assert route is not None
    assert [route.line_of(hop) for hop in route.next_hops] == [1, 2, 3]


@pytest.mark.parametrize(
    "prefix, hops",
    [("198.51.100.2", ("192.0.2.1", "192.0.2.2")), ("2001:db8:100::2", ("2001:db8::1", "2001:db8::2"))],
    ids=["IPv4", "IPv6"],
)
@pytest.mark.parametrize("flags, is_open", [("linkdown", True), ("dead linkdown", False), ("onlink", False)])
def test_a_next_hop_without_a_link_may_still_be_used(
    tmp_path: Path, prefix: str, hops: tuple[str, str], flags: str, *, is_open: bool
) -> None:
    command = "ip -6 route" if ":" in prefix else "ip route"
    lines = [f"{prefix} proto bgp metric 20", f"\tnexthop via {hops[0]} dev eth0 weight 1 {flags}"]
    text = "\n".join([f"tor1# {command}", *lines, f"\tnexthop via {hops[1]} dev eth1 weight 1", "tor1#", ""])
    (found,) = printed_json(tmp_path, *POOLS, "--lose", hops[1], text=text)["what_if"]
    reason = f"the link to {hops[0]} is down: by ignore_routes_with_linkdown the kernel may still send flows there"
    assert found["uncertain"] == (reason if is_open else None)


def test_an_order_that_is_not_the_kernels_is_said() -> None:
    (reason,) = only(asked(FIVE, lose=("192.0.2.3",))).uncertain
    assert reason == "the order of the kernel is not known (ip route, ip nexthop), that of the addresses is assumed"


@pytest.mark.parametrize(
    "change, after, moved",
    [
        ({"lose": ("192.0.2.1", "192.0.2.2")}, ["192.0.2.3", "192.0.2.4", "192.0.2.5"], Fraction(11, 15)),
        ({"add": added_nodes(["node6=192.0.2.6"])}, [f"192.0.2.{n}" for n in range(1, 7)], Fraction(1, 2)),
        (
            {"replace": replacements(["192.0.2.5=node9=192.0.2.9"])},
            ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.9"],
            Fraction(1, 5),
        ),
        ({"growth": Growth(20, is_percentage=True)}, [*(f"192.0.2.{n}" for n in range(1, 6)), "new1"], Fraction(1, 2)),
        ({"weights": weights_of(["192.0.2.1=6"])}, [f"192.0.2.{n}" for n in range(1, 6)], Fraction(7, 10)),
    ],
    ids=["lose two", "add one", "replace the last", "grow by a fifth", "weights"],
)
def test_a_change_gives_the_set_afterwards_and_the_share_that_moves(
    change: dict[str, Any], after: list[str], moved: Fraction
) -> None:
    outcome = only(asked(FIVE, **change))
    assert hops(outcome) == after
    assert outcome.movement.moved == pytest.approx(moved, abs=1e-8)


def test_a_node_is_meant_by_its_name_and_by_each_address() -> None:
    text = f"{FIVE}tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0\n"
    for prefix in ("198.51.100.7/32", "2001:db8:100::7/128"):
        text += f"expect {prefix} nodes node1=192.0.2.1+fe80::1, node2=192.0.2.2+fe80::2\n"
    for name in ("node1", "192.0.2.1", "fe80::1"):
        ipv4, ipv6 = asked(text, lose=(name,)).outcomes
        assert (next(iter(ipv4.movement.shares_after)), [*ipv6.movement.shares_after]) == ("node2", ["node2"])


def test_a_new_node_joins_only_sets_of_the_families_of_its_addresses() -> None:
    text = f"{FIVE}tor1 2001:db8:100::7/128 via 2001:db8::1, 2001:db8::2\n"
    ipv4, ipv6 = asked(text, add=added_nodes(["node6=2001:db8::6"])).outcomes
    assert (len(ipv4.after), len(ipv6.after)) == (5, 3)


def test_a_new_node_with_the_address_of_a_next_hop_in_use_adds_none() -> None:
    outcome = only(asked(FIVE, add=added_nodes(["node6=192.0.2.5"])))
    assert (len(outcome.after), outcome.movement.moved) == (5, Fraction(0))


@pytest.mark.parametrize(
    "text, added, note",
    [
        ("tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2\n", "node1=192.0.2.1", "node1: it is a next hop already"),
        ("tor1 2001:db8:100::7/128 via 2001:db8::1, 2001:db8::2\n", "x=2001:db8::2", "x: it is a next hop already"),
        (
            "tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2\n",
            "node9=2001:db8::9",
            "node9: no audited prefix has a next hop of its families",
        ),
        ("tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2\n", "node9=192.0.2.9", None),
    ],
)
def test_a_node_whose_addition_changes_nothing_is_noted_with_the_reason(
    text: str, added: str, note: str | None
) -> None:
    result = asked(text, add=added_nodes([added]))
    expected = (note.replace(": ", ": to add it changes nothing: "),) if note else ()
    assert (result.notes, bool(result.moved)) == (expected, note is None)


def test_a_link_local_next_hop_is_refused_on_an_interface_where_there_is_none() -> None:
    text = "tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth1\n"
    assert hops(only(asked(text, lose=("fe80::1%eth0",)))) == ["fe80::2%eth1"]
    with pytest.raises(ConfigurationError, match="--lose fe80::1%eth1: no such node or next hop; did you mean"):
        asked(text, lose=("fe80::1%eth1",))


def test_new_nodes_without_a_name_have_weight_1_in_a_set_of_unequal_weights() -> None:
    outcome = only(
        asked("tor1 198.51.100.7/32 via 192.0.2.1 weight 3, 192.0.2.2", growth=Growth(1, is_percentage=False))
    )
    assert [member.weight for member in outcome.after] == [3, 1, 1]
    assert "the weight of new1 is not known, 1 is assumed; --weights gives it" in outcome.uncertain


@pytest.mark.parametrize(
    "text, kind, words",
    [
        (FIVE + "tor1 198.51.100.7/32 ospf via 192.0.2.9", "protocol", "OSPF via 192.0.2.9"),
        (FIVE, "unknown", "not known: only a part of the table was read"),
    ],
)
def test_what_takes_over_the_last_next_hop_is_named(text: str, kind: str, words: str) -> None:
    outcome = only(asked(text, lose=tuple(f"192.0.2.{n}" for n in range(1, 6))))
    assert outcome.loses_last
    assert outcome.movement.moved == 1
    assert outcome.fallback is not None
    assert (outcome.fallback.kind, outcome.fallback.text) == (kind, words)


def test_a_fallback_by_the_link_that_a_lost_node_was_reached_by_takes_over(tmp_path: Path) -> None:
    text = """\
tor1# show ip route
B>  198.51.100.7/32 [20/0] via 10.0.0.1 (recursive), weight 1, 00:10:00
  *                          via 192.0.2.1, eth0, weight 1, 00:10:00
O   198.51.100.7/32 [110/20] via 192.0.2.1, eth0, weight 1, 00:10:00
tor1#
"""
    given = ("--pool", "198.51.100.0/24", "--nodes", "node1=10.0.0.1", "--lose", "node1")
    (found,) = printed_json(tmp_path, *given, text=text)["what_if"]
    assert (found["shares_before"], found["loses_last"]) == ({"node1": 1.0}, True)
    assert found["fallback"] == {"kind": "protocol", "text": "OSPF via 192.0.2.1"}


def test_a_fallback_over_lost_nodes_alone_takes_nothing_over() -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1\ntor1 198.51.100.7/32 ospf via 192.0.2.1"
    fallback = only(asked(text, lose=("192.0.2.1",))).fallback
    assert fallback is not None
    assert fallback.kind == "unknown"


def test_the_covering_route_takes_over_the_last_next_hop(tmp_path: Path) -> None:
    code, text = run(tmp_path, *POOLS, *NODES, "--lose", "node5", "--min", "2")
    assert code == 1
    assert "LAST NEXT HOP LOST: traffic goes to 0.0.0.0/0 static via 192.0.2.254" in text
    assert "BELOW --min: 0 next hops left" in text


def test_without_a_covering_route_in_a_whole_table_traffic_goes_nowhere(tmp_path: Path) -> None:
    outcomes = printed_json(tmp_path, *POOLS, *NODES, "--lose", "node1", "--lose", "node2")["what_if"]
    assert outcomes[2]["fallback"] == {"kind": "nothing", "text": "nowhere: no route covers it"}


def test_a_ceiling_that_is_exceeded_keeps_the_new_next_hop_out() -> None:
    result = asked(FIVE + "ceiling tor1 5", add=added_nodes(["node0=192.0.2.0"]))
    outcome = only(result)
    assert outcome.exceeded is not None
    assert (outcome.exceeded.value, len(outcome.after)) == (5, 5)
    assert outcome.movement.moved == 0
    assert "which next hops stay out at the ceiling of 5 is not known" in outcome.uncertain


def test_the_place_of_a_lost_next_hop_may_be_taken_where_the_ceiling_is_reached() -> None:
    outcome = only(asked(FIVE + "ceiling tor1 5", lose=("192.0.2.1",)))
    assert "its ceiling of 5 is reached: another next hop may take the place" in outcome.uncertain


def test_candidates_of_which_the_installed_ones_are_not_known_are_uncertain() -> None:
    outcome = only(asked("rx1 198.51.100.7/32 via 192.0.2.1-5\nrx1 shows candidates only", lose=("192.0.2.1",)))
    assert outcome.uncertain[0].startswith("which next hops are installed is not known")


UNKNOWN = "which node has next hop {} is not known: it may be node2"


@pytest.mark.parametrize(
    "known, uncertain",
    [
        pytest.param("node1=192.0.2.1, node2=192.0.2.2", (UNKNOWN.format("fe80::1%eth0, fe80::2%eth0"),), id="no-node"),
        pytest.param("node1=fe80::1, node2=192.0.2.2", (UNKNOWN.format("fe80::2%eth0"),), id="one-node"),
        pytest.param("node1=fe80::1, node2=fe80::2", (), id="both-nodes"),
        pytest.param("node1=fe80::1, node2=192.0.2.2, node3=fe80::2", (), id="all-are-of-others"),
    ],
)
def test_a_lost_node_may_be_a_link_local_next_hop_whose_node_is_not_known(
    known: str, uncertain: tuple[str, ...]
) -> None:
    prefix = "2001:db8:100::7/128"
    text = f"tor1 {prefix} via fe80::1%eth0, fe80::2%eth0\nexpect {prefix} nodes {known}\n"
    reasons = {each for each in only(asked(text, lose=("node2",))).uncertain if each.startswith("which node")}
    assert reasons == set(uncertain)


def test_a_prefix_that_may_lose_a_node_is_shown_although_its_set_stays(tmp_path: Path) -> None:
    text = "B>* 2001:db8:100::7/128 [20/0] via fe80::1, eth0, weight 1, 00:01:00\n"
    code, printed = run(tmp_path, "--lose", "node2", *POOLS[2:], *NODES, text=f"tor1# show ipv6 route\n{text}")
    assert "note: node2 is not known to be a next hop of any audited prefix" in printed
    assert (code, "2001:db8:100::7/128: 1 to 1 next hop" in printed) == (0, True), printed
    assert UNKNOWN.format("fe80::1%eth0") in " ".join(printed.split())


@pytest.mark.parametrize("given", [Spreading(layer="l3"), Spreading()], ids=["option", "setting"])
def test_layer_3_makes_every_share_uncertain(given: Spreading) -> None:
    text = FIVE + ("tor1 setting fib_multipath_hash_policy ipv4 0" if given.layer is None else "")
    reasons = only(asked(text, spreading=given, lose=("192.0.2.1",))).uncertain
    assert "layer 3: only addresses are hashed, so with few clients no share is predictable" in reasons


def test_own_fields_without_ports_are_layer_3() -> None:
    own_fields = "tor1 setting fib_multipath_hash_policy ipv4 3\ntor1 setting fib_multipath_hash_fields ipv4 7"
    assert "layer 3: only addresses" in only(asked(FIVE + own_fields, lose=("192.0.2.5",))).uncertain[-1]
    with_ports = own_fields.replace("fields ipv4 7", "fields ipv4 55")
    assert not any("layer 3" in each for each in only(asked(FIVE + with_ports, lose=("192.0.2.5",))).uncertain)


def test_the_option_for_the_hash_precedes_the_setting() -> None:
    text = FIVE + "tor1 setting fib_multipath_hash_policy ipv4 0"
    reasons = only(asked(text, spreading=Spreading(layer="l4"), lose=("192.0.2.1",))).uncertain
    assert not any("layer 3" in reason for reason in reasons)


def test_a_lost_router_is_lost_as_next_hop_too_and_its_own_flows_are_said() -> None:
    text = "spine1 198.51.100.7/32 via 192.0.2.1-2\nleaf1 198.51.100.7/32 via 192.0.2.9\n"
    text += "expect 198.51.100.7/32 nodes leaf1=192.0.2.1, leaf2=192.0.2.2"
    result = asked(text, lose_routers=("leaf1",))
    outcome = only(result)
    assert outcome.prefix.router == "spine1"
    assert outcome.movement.moved == pytest.approx(Fraction(1, 2))
    assert result.lost_routers == ("leaf1",)
    (note,) = asked(text, lose_routers=("spine1",)).notes
    assert note == "spine1 is no next hop on any router that was read: who takes its flows is not known"


@pytest.mark.parametrize(
    "change, words",
    [
        ({"lose": ("192.0.2.9",)}, "--lose 192.0.2.9: no such node or next hop"),
        ({"lose_routers": ("tor2",)}, "--lose-router tor2: no such router; did you mean tor1"),
        ({"weights": {"node7": 2}}, "--weights node7: no such node or next hop; known: 192.0.2.1, 192.0.2.2"),
        ({"replace": (("192.0.2.1", "node7"),)}, "--replace node7: no such node or next hop"),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        asked(FIVE, **change)


@pytest.mark.parametrize(
    "function, value, words",
    [
        (replacements, "node1", "expected OLD=NEW"),
        (replacements, "node1=node8=192.0.2.8,node9=192.0.2.9", "expected one node that comes, found 2"),
        (weights_of, "node1=0", 'found "node1=0"'),
        (weights_of, "node1=2,node2", 'found "node2"'),
        (added_nodes, "node6=192.0.2", "--add node6=192.0.2: expected an IPv4 or IPv6 address"),
    ],
)
def test_an_option_of_another_form_is_refused_with_the_form(function: Any, value: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        function([value])


ASSUMED = "how Arista EOS chooses a next hop is not known"
EOS = """\
tor1#show ip route
 B E      198.51.100.7/32 [20/0] via 192.0.2.1, Ethernet1
                                 via 192.0.2.2, Ethernet2
tor1#
"""


def test_where_no_source_says_how_a_platform_spreads_flows_that_is_uncertain(tmp_path: Path) -> None:
    arguments = ("--lose", "192.0.2.1", "--pool", "198.51.100.0/24")
    (found,) = printed_json(tmp_path, *arguments, text=EOS)["what_if"]
    assert found["model"] == "hash-threshold"
    assert found["uncertain"].startswith(ASSUMED)
    (found,) = printed_json(tmp_path, *arguments, "--model", "modulo-n", text=EOS)["what_if"]
    assert found["model"] == "modulo-n"
    assert ASSUMED not in found["uncertain"]


def test_a_resilient_group_that_was_read_is_one(tmp_path: Path) -> None:
    text = """\
tor1# ip route
198.51.100.7 nhid 40 proto bgp metric 20
\tnexthop via 192.0.2.1 dev eth0 weight 1
\tnexthop via 192.0.2.2 dev eth0 weight 1
\tnexthop via 192.0.2.3 dev eth0 weight 1
tor1# ip nexthop
id 11 via 192.0.2.1 dev eth0 scope link proto zebra
id 12 via 192.0.2.2 dev eth0 scope link proto zebra
id 13 via 192.0.2.3 dev eth0 scope link proto zebra
id 40 group 11/12/13 type resilient buckets 12 idle_timer 120 unbalanced_timer 0 unbalanced_time 0 proto zebra
tor1#
"""
    (found,) = printed_json(tmp_path, *POOLS, "--lose", "192.0.2.1", text=text)["what_if"]
    assert (found["model"], found["buckets"], found["innocent"]) == ("resilient", 12, 0)
    assert found["moved"] == pytest.approx(1 / 3, abs=1e-6)


GOES = "node1 goes and comes: all parts of a change happen together"


@pytest.mark.parametrize(
    "change, words",
    [
        ({"lose": ("node1",), "add": added_nodes(["node1=192.0.2.1"])}, GOES),
        ({"lose": ("192.0.2.1",), "replace": (("node2", "node1"),)}, GOES),
        ({"replace": (("node1", "192.0.2.1"),)}, GOES),
        ({"replace": (("node1", "node2"), ("node2", "node1"))}, "node2 goes and comes"),
        ({"replace": (("node1", "node3"), ("192.0.2.1", "node4"))}, "--replace node1: it goes already"),
        ({"lose": ("node1",), "replace": (("node1", "node3"),)}, "--replace node1: it goes already"),
        ({"lose": ("node1",), "weights": {"192.0.2.1": 2}}, "--weights 192.0.2.1: it goes"),
    ],
)
def test_parts_of_a_change_that_do_not_fit_together_are_refused(change: dict[str, Any], words: str) -> None:
    nodes = ", ".join(f"node{n}=192.0.2.{n}" for n in range(1, 6))
    with pytest.raises(ConfigurationError, match=words):
        asked(f"{FIVE}expect 198.51.100.7/32 nodes {nodes}\n", **change)


@pytest.mark.parametrize("buckets", [None, 12], ids=["hash-threshold", "resilient"])
def test_a_new_node_with_the_address_of_the_old_one_gets_its_flows_anew(buckets: int | None) -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1-2\nexpect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2\n"
    outcome = only(asked(text, spreading=Spreading(buckets=buckets), replace=replacements(["node2=node9=192.0.2.2"])))
    assert (outcome.movement.moved, outcome.movement.innocent) == (Fraction(1, 2), Fraction(0))
    assert [*outcome.movement.shares_after] == ["node1", "node9"]


@pytest.mark.parametrize(
    "sets",
    [
        [("n2 n0 n1 n4 n3", (1, 1, 2, 3, 8))],
        [("n2 n0", (1, 1)), ("n4 n0 n2 n3", (1, 1, 1, 1)), ("n4 n2 n0 n1 n3", (1, 1, 1, 1, 1))],
        [("n0 n1 n2 n3 n4 n5", (5, 1, 1, 4, 1, 1)), ("n5 n0 n3", (1, 2, 1))],
    ],
    ids=["weights", "sets of several sizes", "both"],
)
def test_of_few_nodes_no_order_of_draining_moves_fewer_flows(sets: list[tuple[str, tuple[int, ...]]]) -> None:
    given = [
        Placed(
            tuple(Member(node, node, weight) for node, weight in zip(names.split(), weights, strict=True)),
            (),
            Ordered((), is_by_address=False),
            Chosen(Model.HASH_THRESHOLD),
        )
        for names, weights in sets
    ]
    nodes = sorted({member.node for one in given for member in one.members})
    fewest = min(drained_in(order, given).moved for order in itertools.permutations(nodes))
    found = order_of_draining(given)
    assert found.moved == fewest == drained_in(found.nodes, given).moved


def test_an_asic_forwards_as_nobody_knows() -> None:
    text = FIVE + "tor1 table nexthop_group used 10 free 90"
    reasons = only(asked(text, lose=("192.0.2.1",))).uncertain
    assert "how the ASIC of this router chooses a next hop is not known" in reasons


def test_a_comma_list_of_nodes_is_several() -> None:
    assert listed_names(["node1, node2", "2001:DB8::1"]) == ("node1", "node2", "2001:db8::1")


def test_without_a_change_the_command_is_refused(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["what-if", str(tmp_path)])
    assert "no change is given: give --lose" in str(ended.exception)


def test_a_router_that_was_not_checked_makes_the_answer_incomplete(tmp_path: Path) -> None:
    result = asked(FIVE + "tor2 not checked: connection refused", lose=("192.0.2.3",))
    assert result.is_incomplete
    code, text = run(tmp_path, "--lose", "192.0.2.3", text="tor1# ip route\nnothing to read here\ntor1#\n")
    assert code == 3
    assert text.startswith("nothing is known of what this change moves: no audited prefix was read from any router\n")
    assert "note: 192.0.2.3 is not known to be a next hop of any audited prefix" in text
    assert "%" not in text


def test_without_any_set_no_figure_is_given(tmp_path: Path) -> None:
    nothing = "tor1# ip route\nnothing to read here\ntor1#\n"
    document = printed_json(tmp_path, "--lose", "192.0.2.3", "--order", text=nothing)
    assert (document["total"]["moved"], document["total"]["innocent"], document["total"]["sets"]) == (None, None, 0)
    assert (document["order"], document["moved_by_order"], document["incomplete"]) == (None, None, True)
    page = run(tmp_path, "--lose", "192.0.2.3", "--format", "html", text=nothing)[1]
    assert "nothing is known of what this change moves" in page
    assert "upper bar" not in page


def test_the_only_router_that_goes_leaves_nothing_to_know(tmp_path: Path) -> None:
    code, text = run(tmp_path, *POOLS, "--lose-router", "tor1")
    assert code == 3
    assert text.startswith("nothing is known of what this change moves: no audited prefix was read from a router that")


def test_prefixes_with_one_outcome_are_shown_once(tmp_path: Path) -> None:
    route = KERNEL.split("\n", 2)[2].split("198.51.100.8")[0]
    text = "tor1# ip route\n" + "".join(route.replace("100.7", f"100.{n}") for n in range(1, 7)) + "tor1#\n"
    _, shown = run(tmp_path, *POOLS, "--lose", "192.0.2.5", text=text)
    assert "198.51.100.1/32, 198.51.100.2/32, 198.51.100.3/32 and 3 more: 5 to 4 next hops" in shown
    _, every = run(tmp_path, *POOLS, "--lose", "192.0.2.5", "-v", text=text)
    assert every.count("5 to 4 next hops") == 6


def test_a_hostile_name_is_harmless_in_text_and_json(tmp_path: Path) -> None:
    text = f"show\n{KERNEL}"
    arguments = (*POOLS, "--router", HOSTILE_NAME, "--lose", "192.0.2.5")
    assert "\x1b" not in run(tmp_path, *arguments, text=text.replace("tor1# ", ""))[1]


def test_no_part_of_the_json_has_a_harmful_character() -> None:
    result = asked(FIVE, lose=("192.0.2.5",))
    outcome = only(result)
    members = (Member(HOSTILE_NAME, HOSTILE_NAME), *outcome.before[1:])
    prefix = replace(outcome.prefix, router=HOSTILE_NAME)
    hostile = replace(outcome, prefix=prefix, before=members, uncertain=(HOSTILE_NAME,))
    document = render_what_if_json(replace(result, outcomes=(hostile, hostile), notes=(HOSTILE_NAME,)))
    assert not set(HOSTILE_NAME) & set("\x1b\x9b\u202e\u2028\x7f\udc80") & set(document)
    read = json.loads(document)
    assert read["notes"] == [HOSTILE_NAME]
    for each in read["what_if"]:
        assert (each["router"], each["uncertain"]) == (HOSTILE_NAME, HOSTILE_NAME)
        assert each["next_hops_before"][0] == HOSTILE_NAME


def test_a_page_has_a_bar_of_each_node_before_and_after(tmp_path: Path) -> None:
    output = tmp_path / "change.html"
    given = ("--pool", "198.51.100.7/32", *NODES, "--lose", "node5", "--add", "node9=192.0.2.9")
    assert run(tmp_path, *given, "-o", str(output), "-q") == (0, "")
    page = Parsed(output.read_text(encoding="utf-8"))
    bars = [attributes for tag, attributes in page.elements if tag == "rect"]
    widths = {kind: [bar["width"] for bar in bars if bar["class"] == kind] for kind in ("before", "after")}
    # In the order of the kernel, node5 is the third of five; the node that is added is the last one.
    assert widths["before"] == ["480.0", "480.0", "480.0", "480.0", "480.0", "0.0"]
    assert widths["after"] == ["480.0", "480.0", "0.0", "480.0", "480.0", "480.0"]
    assert "node5: 20.0 % before, none after" in page.texts["title"]
    assert "node9: none before, 20.0 % after" in page.texts["title"]


def test_a_page_shows_hostile_names_as_text() -> None:
    result = asked(FIVE, lose=("192.0.2.5",))
    outcome = only(result)
    hostile = replace(outcome, prefix=replace(outcome.prefix, router=HOSTILE_NAME))
    page = render_what_if_html(replace(result, outcomes=(hostile,), notes=(HOSTILE_NAME,)))
    assert {tag for tag, _ in Parsed(page).elements} <= {
        *("html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "section", "ul", "li"),
        *("svg", "g", "text", "rect"),
    }
