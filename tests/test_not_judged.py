"""Routes inside a pool that are no service's: each is named in a note, and a pool that nodes announce is judged."""

from __future__ import annotations

import pytest

from ecmpaudit.auditing.ceilings import Ceilings
from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.model import Audit, Capture
from ecmpaudit.rules import all_rules

VIP = """\
B>* {0}2{1} [20/0] via {2}1, eth0, weight 1, 00:10:00
  *                        via {2}2, eth0, weight 1, 00:10:00
"""
FAMILIES = {
    "ipv4": ("198.51.100.", "/32", "192.0.2.", "198.51.100.0/24"),
    "ipv6": ("2001:db8:100::", "/128", "2001:db8::", "2001:db8:100::/64"),
}


def audited(*tables: str, pool: str, nodes: str = "") -> Audit:
    captures = [Capture(f"tor{n}", "frr", None, text, f"tor{n}.txt") for n, text in enumerate(tables, 1)]
    expectations = Expectations.from_flags((pool,), None, parse_nodes((nodes,) if nodes else ()))
    return audit_material(read_material(captures), Request(expectations, Ceilings()), all_rules())


def places(audit: Audit) -> list[str]:
    return [f"{prefix.router} {prefix.prefix}" for prefix in audit.network.prefixes]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "own",
    [
        "C>* {0}9{1} is directly connected, lo, 00:10:00",
        "L * {0}9{1} is directly connected, lo, 00:10:00\nC>* {0}9{1} is directly connected, lo, 00:10:00",
    ],
)
def test_the_address_of_a_router_is_not_judged_on_any_router(family: str, own: str) -> None:
    start, length, hops, pool = FAMILIES[family]
    table = VIP.format(start, length, hops)
    learned = f"B>* {start}9{length} [20/0] via {hops}254, eth9, weight 1, 00:10:00\n"
    audit = audited(table + own.format(start, length), table + learned, pool=pool, nodes=f"{hops}1,{hops}2")
    assert audit.findings == ()
    assert places(audit) == [f"tor1 {start}2{length}", f"tor2 {start}2{length}"]
    assert [note for note in audit.network.notes if "not judged" in note] == [
        f"tor1: not judged, since it is a router's own address or network: {start}9{length}",
        f"tor2: not judged, since it is a router's own address or network: {start}9{length}",
    ]


def test_an_address_that_leads_to_nodes_elsewhere_is_judged_where_a_router_has_it_itself() -> None:
    start, length, hops, pool = FAMILIES["ipv4"]
    audit = audited(
        VIP.format(start, length, hops),
        f"C>* {start}2{length} is directly connected, lo, 00:10:00\n",
        pool=pool,
        nodes=f"{hops}1-2",
    )
    assert [(finding.code, finding.router) for finding in audit.findings][:1] == [("ECMP101", "tor2")]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_pool_that_nodes_announce_is_judged_beside_its_more_specific_routes(family: str) -> None:
    start, length, hops, pool = FAMILIES[family]
    whole = f"B>* {pool} [20/0] via {hops}1, eth0, weight 1, 00:10:00\n"
    audit = audited(whole + VIP.format(start, length, hops), pool=pool, nodes=f"{hops}1,{hops}2")
    assert [(finding.code, finding.prefix) for finding in audit.findings] == [("ECMP101", pool)]


@pytest.mark.parametrize(
    "route",
    [
        "S>* {3} [1/0] unreachable (blackhole), weight 1, 00:10:00",
        "B>* {3} [20/0] via {2}254, eth9, weight 1, 00:10:00",
    ],
    ids=["blackhole", "from_another_router"],
)
@pytest.mark.parametrize("family", FAMILIES)
def test_an_aggregate_that_no_node_announced_is_named_and_not_judged(family: str, route: str) -> None:
    start, length, hops, pool = FAMILIES[family]
    table = route.format(start, length, hops, pool) + "\n" + VIP.format(start, length, hops)
    audit = audited(table, pool=pool, nodes=f"{hops}1,{hops}2")
    assert audit.findings == ()
    assert audit.network.notes == (
        f"tor1: not judged, since it is an aggregate with more specific routes inside: {pool}",
    )


def test_next_hops_that_are_all_inactive_are_reported_without_any_node_list() -> None:
    table = (
        "C>* 192.0.2.0/24 is directly connected, eth0, weight 1, 00:10:00\n"
        "B   198.51.100.3/32 [20/0] via 192.0.2.1 inactive, weight 1, 00:10:00\n"
        "                           via 192.0.2.2 inactive, weight 1, 00:10:00\n"
    )
    (finding,) = audited(table, pool="198.51.100.0/24").findings
    assert finding.message == (
        "tor1 198.51.100.3/32: none of 2 next hops in the FIB, expected all; 192.0.2.1: inactive, 192.0.2.2: inactive"
    )


def test_a_table_without_interfaces_agrees_with_a_kernel_that_has_them() -> None:
    gobgp = (
        "   Network              Next Hop             AS_PATH              Age        Attrs\n"
        "*> 198.51.100.2/32      192.0.2.1            64512                00:10:00   [{Origin: i}]\n"
        "*  198.51.100.2/32      192.0.2.2            64512                00:10:00   [{Origin: i}]\n"
    )
    kernel = (
        "198.51.100.2 proto zebra metric 20 \n"
        "\tnexthop via 192.0.2.1 dev eth0 weight 1 \n"
        "\tnexthop via 192.0.2.2 dev eth0 weight 1 \n"
    )
    captures = [
        Capture("tor1", "gobgp", "gobgp global rib -a ipv4", gobgp, "rib"),
        Capture("tor1", "linux", "ip route", kernel, "kernel"),
    ]
    expectations = Expectations.from_flags(("198.51.100.0/24",), None, parse_nodes(("192.0.2.1-2",)))
    audit = audit_material(read_material(captures), Request(expectations, Ceilings()), all_rules())
    assert audit.findings == ()
    (prefix,) = audit.network.prefixes
    assert (len(prefix.installed), prefix.not_in_fib) == (2, ())


@pytest.mark.parametrize("number, is_judged", [("192.0.2.9", False), ("192.0.2.1", True)], ids=["policy", "nodes"])
def test_a_table_by_number_is_judged_only_where_it_leads_to_nodes(number: str, *, is_judged: bool) -> None:
    start, length, hops, pool = FAMILIES["ipv4"]
    table = (
        f"VRF default table 88:\nS>* {start}2{length} [1/0] via {number}, eth0, weight 1, 00:10:00\n\n"
        f"VRF default table 254:\n{VIP.format(start, length, hops)}"
    )
    audit = audited(table, pool=pool, nodes=f"{hops}1,{hops}2")
    assert {prefix.vrf for prefix in audit.network.prefixes} == (
        {"default", "default table 88"} if is_judged else {"default"}
    )
    assert bool(audit.findings) is is_judged
    sentence = "not judged, since this table by number leads to no expected node"
    noted = [note for note in audit.network.notes if "table 88" in note]
    assert noted == ([] if is_judged else [f"tor1 (vrf default table 88): {sentence}: {start}2{length}"])
