"""The last known good as an expectation: where nothing is configured, and always called what it is."""

from __future__ import annotations

import pytest

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.last_known_good import last_known_good
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.model import Audit, Capture, Expectation, NextHop, Node, Past, PastSet
from ecmpaudit.rules import all_rules

RUN = "run 41 of 2026-11-20 10:15 UTC"
FOUR, SIX = "198.51.100.7/32", "2001:db8:100::7/128"
TABLE = """\
B>* 198.51.100.8/32 [20/0] via 192.0.2.1, eth0, 00:01:21
  *                        via 192.0.2.2, eth0, 00:01:21
"""


def good(*addresses: str, prefix: str = FOUR, vrf: str = "default", nodes: tuple[Node, ...] = ()) -> Past:
    hops = tuple(NextHop(address, "eth0") for address in addresses)
    return Past(good={("tor1", vrf, prefix): PastSet(RUN, hops, nodes)})


def audit(table: str, past: Past, expectations: Expectations | None = None, command: str = "show ip route") -> Audit:
    material = read_material([Capture("tor1", "frr", command, table, "tor1.txt")])
    request = Request(expectations or Expectations.from_flags((), None, ()))
    return audit_material(material, request, all_rules(), past)


def found(audited: Audit) -> dict[str, str]:
    return {finding.code: finding.message for finding in audited.findings}


def test_the_next_hops_are_expected_by_the_names_of_their_nodes() -> None:
    node2 = Node("node2", frozenset({"192.0.2.2", "2001:db8::2"}))
    known = last_known_good(good("192.0.2.1", "192.0.2.2", nodes=(node2,)))
    assert dict(known[("tor1", "default")]) == {
        FOUR: Expectation(
            f"last known good, {RUN}", 2, (node2, Node("192.0.2.1", frozenset({"192.0.2.1"}))), is_inferred=True
        )
    }


@pytest.mark.parametrize(
    "hops",
    [
        pytest.param((NextHop("fe80::1", "eth0"), NextHop("fe80::1", "eth1")), id="one_address_on_two_interfaces"),
        pytest.param((NextHop("2001:db8::1"), NextHop(None, "wg0")), id="no_address"),
    ],
)
def test_next_hops_that_share_or_lack_an_address_are_only_counted(hops: tuple[NextHop, ...]) -> None:
    known = last_known_good(Past(good={("tor1", "red", SIX): PastSet(RUN, hops)}))
    assert known[("tor1", "red")][SIX] == Expectation(f"last known good, {RUN}", 2, (), is_inferred=True)


def test_a_prefix_that_had_no_route_is_not_expected() -> None:
    assert last_known_good(good()) == {}


def test_a_prefix_that_lost_all_but_one_next_hop_is_judged_without_a_sibling() -> None:
    table = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, 00:01:21\n"
    assert found(audit(table, Past())).keys() == {"ECMP003"}
    assert found(audit(table, good("192.0.2.1", "192.0.2.2"))) == {
        "ECMP101": f"tor1 {FOUR}: 1 next hop, expected 2; missing 192.0.2.2; "
        f"expected 2 is inferred: last known good, {RUN}"
    }


def test_a_prefix_that_vanished_is_missing_where_the_whole_table_was_read() -> None:
    past = good("192.0.2.1", "192.0.2.2")
    assert "ECMP102" in found(audit(TABLE, past))
    assert "ECMP102" not in found(audit(TABLE, past, command="show ip route 198.51.100.8/32"))
    assert "ECMP102" not in found(audit(TABLE, good("2001:db8::1", prefix=SIX)))


def test_configured_expectation_comes_before_the_last_known_good() -> None:
    configured = Expectations.from_flags(["198.51.100.0/24"], None, parse_nodes(["192.0.2.1-2"]))
    past = good("192.0.2.1", "192.0.2.2", "192.0.2.3", prefix="198.51.100.8/32")
    assert found(audit(TABLE, past, configured)) == {}


def test_a_service_that_was_taken_out_of_a_configured_pool_is_not_missed() -> None:
    configured = Expectations.from_flags(["198.51.100.0/24"], None, parse_nodes(["192.0.2.1-2"]))
    assert found(audit(TABLE, good("192.0.2.1", "192.0.2.2"), configured)) == {}


def test_a_pool_of_which_only_the_prefixes_are_known_is_judged_by_what_was() -> None:
    pool_only = Expectations.from_flags(["198.51.100.0/24"], None, ())
    past = good("192.0.2.1", "192.0.2.2", "192.0.2.3", prefix="198.51.100.8/32")
    assert found(audit(TABLE, past, pool_only))["ECMP101"].endswith(f"last known good, {RUN}")
