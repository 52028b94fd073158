"""What a cell of the HTML report's matrix says, and the fan-out picture beside it: read from the model, no browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecmpaudit.model import Audit, AuditedPrefix, Ceiling, Expectation, Network, NextHop, NextHops, Node, Route
from ecmpaudit.reporting.fan_out import fan_out, percent
from ecmpaudit.reporting.matrix import CellState, Matrix, matrices, natural_key, runs
from tests.audit_builders import audited, ipv6_audit, route, seed_audit

V4, V6 = "198.51.100.1/32", "2001:db8:100::1/128"
NODE1, NODE2, NODE10 = (
    Node(f"node{n}", frozenset({f"192.0.2.{n}", f"2001:db8::{n}", f"fe80::{n}"})) for n in (1, 2, 10)
)
BOTH = Expectation("pool", 2, (NODE1, NODE2))


def hop(address: str, *, weight: int = 1, installed: bool = True) -> NextHop:
    return NextHop(address, "eth1", weight=weight, is_installed=installed)


def prefix_with(*hops: NextHop, expectation: Expectation | None = BOTH, prefix: str = V4) -> AuditedPrefix:
    return AuditedPrefix(
        "tor1", "default", prefix, (Route(prefix, "bgp", NextHops(hops), is_selected=True, distance=20),), expectation
    )


def matrix_of(*prefixes: AuditedPrefix) -> Matrix:
    (matrix,) = matrices(Audit(Network(prefixes=prefixes)))
    return matrix


def states(prefix: AuditedPrefix) -> dict[str, CellState]:
    matrix = matrix_of(prefix)
    return {column.name: cell.state for column, cell in zip(matrix.columns, matrix.rows[0].cells, strict=True)}


@pytest.mark.parametrize(
    "hops,expected",
    [
        ([hop("192.0.2.1"), hop("192.0.2.2")], {"node1": CellState.PRESENT, "node2": CellState.PRESENT}),
        ([hop("192.0.2.1")], {"node1": CellState.PRESENT, "node2": CellState.MISSING}),
        (
            [hop("192.0.2.1"), hop("192.0.2.2", installed=False)],
            {"node1": CellState.PRESENT, "node2": CellState.NOT_IN_FIB},
        ),
        (
            [hop("192.0.2.1", weight=50), hop("192.0.2.2")],
            {"node1": CellState.UNEQUAL, "node2": CellState.UNEQUAL},
        ),
        (
            [hop("192.0.2.1"), hop("192.0.2.2"), hop("192.0.2.9")],
            {"node1": CellState.PRESENT, "node2": CellState.PRESENT, "192.0.2.9": CellState.UNEXPECTED},
        ),
    ],
    ids=["present", "missing", "not_in_fib", "unequal_weight", "unexpected"],
)
def test_cell_says_what_the_prefix_has_of_the_node(hops: list[NextHop], expected: dict[str, CellState]) -> None:
    assert states(prefix_with(*hops)) == expected


def test_ipv6_cells_know_a_node_by_its_link_local_address() -> None:
    found = states(prefix_with(hop("fe80::1"), hop("2001:db8::2"), prefix=V6))
    assert found == {"node1": CellState.PRESENT, "node2": CellState.PRESENT}


def test_hop_that_may_be_any_absent_node_leaves_both_unknown() -> None:
    only_global = Node("node2", frozenset({"2001:db8::2"}))
    prefix = prefix_with(hop("fe80::1"), hop("fe80::77"), expectation=Expectation("pool", 2, (NODE1, only_global)))
    assert states(prefix) == {
        "node1": CellState.PRESENT,
        "node2": CellState.UNKNOWN,
        "fe80::77%eth1": CellState.UNKNOWN,
    }


def test_candidates_of_a_table_without_a_fib_are_unknown_until_a_ceiling_is_known() -> None:
    candidates = replace(prefix_with(hop("192.0.2.1"), hop("192.0.2.2")), shows_candidates_only=True)
    assert set(states(candidates).values()) == {CellState.UNKNOWN}
    assert set(states(replace(candidates, ceiling=Ceiling(16, "--max-paths"))).values()) == {CellState.PRESENT}


def test_number_without_nodes_blames_no_column_but_the_row() -> None:
    matrix = matrix_of(audited(V4, "192.0.2.1", "192.0.2.2", expected=3))
    (row,) = matrix.rows
    assert {cell.state for cell in row.cells} == {CellState.PRESENT}
    assert (row.installed, row.expected, row.is_faulty) == (2, 3, True)


def test_unequal_cell_shows_its_weight_and_the_others_their_shape() -> None:
    matrix = matrix_of(prefix_with(hop("192.0.2.1", weight=50), hop("192.0.2.2")))
    assert [cell.text for cell in matrix.rows[0].cells] == ["50", "1"]
    assert [cell.text for cell in matrix_of(prefix_with(hop("192.0.2.1"))).rows[0].cells] == ["●", "×"]  # noqa: RUF001


def test_present_cells_beside_each_other_are_one_run_and_faults_are_single_cells() -> None:
    nodes = tuple(Node(f"node{n}", frozenset({f"192.0.2.{n}"})) for n in range(1, 7))
    here = [hop(f"192.0.2.{n}") for n in (1, 2, 5, 6)]
    (row,) = matrix_of(prefix_with(*here, expectation=Expectation("pool", 6, nodes))).rows
    assert [(state, length) for state, _, length in runs(row.cells)] == [
        (CellState.PRESENT, 2),
        (CellState.MISSING, 1),
        (CellState.MISSING, 1),
        (CellState.PRESENT, 2),
    ]


def test_row_says_its_faults_in_words_and_names_its_findings() -> None:
    (matrix,) = matrices(seed_audit())
    short, whole = matrix.rows
    assert short.faults == "missing: 172.30.250.103, 172.30.250.104"
    assert (short.findings, short.is_inferred, short.is_faulty) == ((0,), True, True)
    assert (whole.faults, whole.findings, whole.is_faulty) == ("", (), False)


def test_nodes_are_in_natural_order_and_before_unknown_next_hops() -> None:
    expectation = Expectation("pool", 3, (NODE1, NODE10, NODE2))
    matrix = matrix_of(prefix_with(hop("192.0.2.9"), hop("192.0.2.1"), expectation=expectation))
    assert [column.name for column in matrix.columns] == ["node1", "node2", "node10", "192.0.2.9"]
    assert matrix.columns[0].title == "node1 (192.0.2.1, 2001:db8::1, fe80::1)"


@pytest.mark.parametrize("name", ["fe80::zz", "1.2.3", "::::", "node²", "", "</script>"])
def test_any_name_can_be_sorted(name: str) -> None:
    assert max([name, "192.0.2.1", "node1"], key=natural_key) == "192.0.2.1"


def test_vrfs_and_routers_have_a_matrix_each() -> None:
    prefixes = (prefix_with(hop("192.0.2.1")), replace(prefix_with(), vrf="blue"), *ipv6_audit().network.prefixes)
    found = matrices(Audit(Network(prefixes=prefixes)))
    assert [(matrix.router, matrix.vrf) for matrix in found] == [
        ("tor1", "default"),
        ("tor1", "blue"),
        ("tor2", "blue"),
    ]


def test_prefix_without_a_route_misses_every_node() -> None:
    prefix = AuditedPrefix("tor1", "default", V4, (), BOTH)
    assert set(states(prefix).values()) == {CellState.MISSING}
    assert fan_out([prefix]) is None


def test_share_is_the_mean_over_prefixes_beside_the_fair_share() -> None:
    fan = fan_out([prefix_with(hop("192.0.2.1"), hop("192.0.2.2")), prefix_with(hop("192.0.2.1"), prefix=V6)])
    assert fan is not None
    assert [(s.name, s.share, s.fair, s.state) for s in fan.spokes] == [
        ("node1", 0.75, 0.5, CellState.UNEQUAL),
        ("node2", 0.25, 0.5, CellState.UNEQUAL),
    ]


def test_share_follows_the_weights_and_absent_nodes_carry_nothing() -> None:
    expectation = Expectation("pool", 3, (NODE1, NODE2, NODE10))
    fan = fan_out([prefix_with(hop("192.0.2.1", weight=3), hop("192.0.2.9"), expectation=expectation)])
    assert fan is not None
    assert {s.name: (s.share, s.state) for s in fan.spokes} == {
        "node1": (0.75, CellState.UNEQUAL),
        "node2": (0.0, CellState.MISSING),
        "node10": (0.0, CellState.MISSING),
        "192.0.2.9": (0.25, CellState.UNEXPECTED),
    }


def test_of_many_next_hops_the_farthest_from_their_share_are_drawn_and_the_others_as_one() -> None:
    nodes = tuple(Node(f"node{n}", frozenset({f"192.0.2.{n}"})) for n in range(1, 65))
    hops = [hop(f"192.0.2.{n}") for n in range(1, 65) if n != 40]
    fan = fan_out([prefix_with(*hops, expectation=Expectation("pool", 64, nodes))])
    assert fan is not None
    assert [(s.name, s.state) for s in fan.spokes] == [
        ("node40", CellState.MISSING),
        ("63 others, each", CellState.PRESENT),
    ]


def test_of_many_next_hops_that_are_away_from_their_share_fifteen_are_drawn() -> None:
    nodes = tuple(Node(f"node{n}", frozenset({f"192.0.2.{n}"})) for n in range(1, 65))
    hops = [hop(f"192.0.2.{n}", weight=10 if n <= 20 else 1) for n in range(1, 65)]
    fan = fan_out([prefix_with(*hops, expectation=Expectation("pool", 64, nodes))])
    assert fan is not None
    assert [s.name for s in fan.spokes] == [*(f"node{n}" for n in range(1, 16)), "49 others, each"]


@pytest.mark.parametrize(
    "ceiling,expected,text,has_slots_beyond",
    [
        (Ceiling(16, "--max-paths"), 2, "largest set 1, expected 2, ceiling 16 (--max-paths): room for 14 more", False),
        (Ceiling(2, "a"), 5, "largest set 1, expected 5, ceiling 2 (a): 3 beyond it", True),
        (None, 2, "largest set 1, expected 2, ceiling unknown", False),
        (None, None, "largest set 1, ceiling unknown", False),
    ],
    ids=["room", "beyond", "unknown_ceiling", "nothing_expected"],
)
def test_gauge_compares_the_largest_set_with_the_ceiling(
    ceiling: Ceiling | None, expected: int | None, text: str, *, has_slots_beyond: bool
) -> None:
    fan = fan_out([replace(audited(V4, "192.0.2.1", expected=expected), ceiling=ceiling)])
    assert fan is not None
    assert fan.gauge.text == text
    assert bool(fan.gauge.beyond) is has_slots_beyond


def test_gauge_of_a_large_ceiling_is_one_bar() -> None:
    fan = fan_out([replace(audited(V4, "192.0.2.1", expected=1), ceiling=Ceiling(512, "default"))])
    assert fan is not None
    assert fan.gauge.free.count("M") == 1


def test_weights_that_are_all_zero_divide_nothing_by_nothing() -> None:
    fan = fan_out([prefix_with(hop("192.0.2.1", weight=0), expectation=None)])
    assert fan is not None
    assert [(s.share, s.bar) for s in fan.spokes] == [(0.0, 0.0)]


@pytest.mark.parametrize("share,text", [(1 / 3, "33.3 %"), (0.2, "20 %"), (1.0, "100 %"), (0.0001, "under 0.1 %")])
def test_percent(share: float, text: str) -> None:
    assert percent(share) == text


def test_route_without_expectation_has_no_fair_share() -> None:
    fan = fan_out([AuditedPrefix("tor1", "default", V4, (route(V4, "192.0.2.1"),))])
    assert fan is not None
    assert [(s.fair, s.fair_at, s.state) for s in fan.spokes] == [(None, None, CellState.PRESENT)]
