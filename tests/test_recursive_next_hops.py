"""A node that is a recursive next hop is present; what it resolves to is forwarded to, and is no unexpected node."""

from __future__ import annotations

import pytest

from ecmpaudit.auditing.ceilings import Ceilings
from ecmpaudit.auditing.explanation import explain
from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.model import Audit, Capture
from ecmpaudit.rules import all_rules
from tests import dumps

TWO_PARENTS = """\
B>  198.51.100.7/32 [200/0] via 192.0.2.11 (recursive), weight 1, 00:10:00
  *                           via 203.0.113.1, eth1, weight 1, 00:10:00
                            via 192.0.2.12 (recursive), weight 1, 00:10:00
  *                           via 203.0.113.5, eth2, weight 1, 00:10:00
"""
TWO_PARENTS_6 = """\
B>  2001:db8:100::7/128 [200/0] via 2001:db8::11 (recursive), weight 1, 00:10:00
  *                               via fe80::1, eth1, weight 1, 00:10:00
                                via 2001:db8::12 (recursive), weight 1, 00:10:00
  *                               via fe80::5, eth2, weight 1, 00:10:00
"""
DIRECT_AND_PARENT = """\
B>* 198.51.100.7/32 [200/0] via 192.0.2.1, eth0, weight 1, 00:10:00
                            via 192.0.2.11 (recursive), weight 1, 00:10:00
  *                           via 203.0.113.1, eth1, weight 1, 00:10:00
"""
DIRECT_AND_PARENT_6 = """\
B>* 2001:db8:100::7/128 [200/0] via 2001:db8::1, eth0, weight 1, 00:10:00
                                via 2001:db8::11 (recursive), weight 1, 00:10:00
  *                               via fe80::1, eth1, weight 1, 00:10:00
"""
BOTH_OVER_TWO_SPINES = """\
B>  198.51.100.7/32 [200/0] via 192.0.2.11 (recursive), weight 1, 00:10:00
  *                           via 203.0.113.1, eth1, weight 1, 00:10:00
  *                           via 203.0.113.5, eth2, weight 1, 00:10:00
                            via 192.0.2.12 (recursive), weight 1, 00:10:00
                              via 203.0.113.1, eth1 (dup), weight 1, 00:10:00
                              via 203.0.113.5, eth2 (dup), weight 1, 00:10:00
"""
ONE_OVER_TWO_SPINES = "".join(BOTH_OVER_TWO_SPINES.splitlines(keepends=True)[:3])
UNRESOLVED = """\
B>  198.51.100.7/32 [200/0] via 192.0.2.11 (recursive), weight 1, 00:10:00
  *                           via 203.0.113.1, eth1, weight 1, 00:10:00
                            via 192.0.2.12 inactive, weight 1, 00:10:00
"""
COLLAPSED = """\
B>  198.51.100.7/32 [200/0] via 192.0.2.11 (recursive), weight 1, 00:10:00
  *                           via 203.0.113.1, eth1, weight 1, 00:10:00
                            via 192.0.2.12 (recursive), weight 1, 00:10:00
                              via 203.0.113.1, eth1 (dup), weight 1, 00:10:00
"""


def audited(text: str, nodes: str, prefix: str = "198.51.100.7/32") -> Audit:
    material = read_material([Capture("tor1", "frr", None, text, "table")])
    expectations = Expectations.from_flags((prefix,), None, parse_nodes((nodes,)))
    return audit_material(material, Request(expectations, Ceilings()), all_rules())


def found(audit: Audit) -> dict[str, str]:
    return {finding.code: finding.message for finding in audit.findings}


@pytest.mark.parametrize(
    "text, nodes, prefix",
    [
        (TWO_PARENTS, "192.0.2.11-12", "198.51.100.7/32"),
        (TWO_PARENTS, "203.0.113.1,203.0.113.5", "198.51.100.7/32"),
        (TWO_PARENTS_6, "2001:db8::11,2001:db8::12", "2001:db8:100::7/128"),
        (BOTH_OVER_TWO_SPINES, "192.0.2.11-12", "198.51.100.7/32"),
        (DIRECT_AND_PARENT, "192.0.2.1,192.0.2.11", "198.51.100.7/32"),
        (DIRECT_AND_PARENT_6, "2001:db8::1,2001:db8::11", "2001:db8:100::7/128"),
    ],
    ids=["by_parents", "by_what_they_resolve_to", "ipv6", "over_two_spines", "direct", "direct_ipv6"],
)
def test_every_node_is_present(text: str, nodes: str, prefix: str) -> None:
    assert found(audited(text, nodes, prefix)) == {}


@pytest.mark.parametrize(
    "text, depths",
    [
        (DIRECT_AND_PARENT, [0, 0, 1]),
        (DIRECT_AND_PARENT_6, [0, 0, 1]),
        (DIRECT_AND_PARENT.replace("  * ", "    "), [0, 0, 1]),
        (TWO_PARENTS, [0, 1, 0, 1]),
        (BOTH_OVER_TWO_SPINES, [0, 1, 1, 0, 1, 1]),
    ],
)
def test_two_blanks_of_indentation_are_one_level_of_recursion(text: str, depths: list[int]) -> None:
    (table,) = read_material([Capture("tor1", "frr", None, text, "table")]).tables
    assert table.routes["recursive_depth"].tolist() == depths


def test_only_the_node_without_a_next_hop_is_missing() -> None:
    assert found(audited(TWO_PARENTS, "192.0.2.11-13")) == {
        "ECMP101": "tor1 198.51.100.7/32: 2 next hops, expected 3; missing 192.0.2.13"
    }


def test_one_node_over_two_spines_does_not_count_twice() -> None:
    assert found(audited(ONE_OVER_TWO_SPINES, "192.0.2.11-12")) == {
        "ECMP101": "tor1 198.51.100.7/32: 1 next hop (resolved to 2), expected 2; missing 192.0.2.12"
    }


def test_a_recursive_next_hop_that_is_no_nodes_is_unexpected_by_its_own_address() -> None:
    assert found(audited(TWO_PARENTS, "192.0.2.11")) == {
        "ECMP501": "tor1 198.51.100.7/32: 2 next hops, expected 1; unexpected 192.0.2.12"
    }


def test_a_node_whose_next_hop_does_not_resolve_is_missing() -> None:
    audit = audited(UNRESOLVED, "192.0.2.11-12")
    assert [node.name for node in audit.findings[0].missing] == ["192.0.2.12"]
    assert "ECMP501" not in found(audit)


def test_a_collapse_is_303_and_no_node_is_missing() -> None:
    assert found(audited(COLLAPSED, "192.0.2.11-12")) == {
        "ECMP303": "tor1 198.51.100.7/32: 2 recursive next hops resolve to 1, expected 2; "
        "192.0.2.11, 192.0.2.12 all resolve through 203.0.113.1"
    }


def test_explain_follows_a_recursive_next_hop_to_the_kernel() -> None:
    audit = audited(TWO_PARENTS, "192.0.2.11-13")
    (router,) = explain(audit.network, "198.51.100.7/32").routers
    present = {chain.node.name: chain.is_installed for chain in router.chains}
    assert present == {"192.0.2.11": True, "192.0.2.12": True, "192.0.2.13": False}
    texts = [step.text for step in router.chains[0].diagnosis.steps[-4:-2]]
    assert texts == ["it is a next hop of the BGP route", "tor1 reports it as installed"]


@pytest.mark.parametrize("version", ["frr-6.0.3", "frr-8.4.4", "frr-10.7.0"])
def test_a_recursive_route_of_a_real_router_has_its_parents_and_its_direct_next_hop(version: str) -> None:
    text = dumps.text(f"{version}/show_ip_route__recursive.txt")
    audit = audited(text, "10.255.0.7,10.255.0.9,172.30.250.103", "172.31.3.2/32")
    (prefix,) = audit.network.prefixes
    assert [hop.address for hop in prefix.announced] == ["10.255.0.7", "10.255.0.9", "172.30.250.103"]
    assert found(audit) == {}
