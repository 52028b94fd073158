"""A matrix of the HTML report, folded: which rows and columns are one, and the words for those without fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.model import Audit, AuditedPrefix, Expectation, Network, Node, RouterState
from ecmpaudit.reporting import html_routers
from ecmpaudit.reporting.html_incidents import incident_of_finding
from ecmpaudit.reporting.html_routers import Routers, routers_of
from ecmpaudit.reporting.incident_picture import Axes
from ecmpaudit.reporting.matrix import CellState
from tests.audit_builders import audited, route
from tests.fabrics import Fabric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.reporting.folded import Folded


def routers_in(audit: Audit) -> Routers:
    return routers_of(audit, incident_of_finding(audit))


def folded_of(fabric: Fabric, router: str) -> Folded:
    (spread,) = routers_in(fabric.audit()).by_name[router].spreads
    return spread.folded


def test_rows_with_equal_cells_are_one_with_all_their_prefixes() -> None:
    folded = folded_of(Fabric(3, 10, 4).lack([2], [1], [3, 5, 9]).lack([0], [1], [4]), "rtr1")
    assert [(row.name, row.first.faults) for row in folded.faulty] == [
        ("3 prefixes", "missing: worker-2"),
        ("172.31.0.4/32", "missing: worker-0"),
    ]
    assert folded.faulty[0].prefixes == ("172.31.0.3/32", "172.31.0.5/32", "172.31.0.9/32")
    assert [group.sentence for group in folded.faultless] == ["6 prefixes with all 4 next hops"]


def test_rows_of_two_incidents_are_not_one() -> None:
    fabric = Fabric(8, 8, 4).lack([2], [1], range(4)).lack([2], range(8), [6])
    audit = fabric.audit()
    (spread,) = routers_in(audit).by_name["rtr1"].spreads
    assert [(row.name, len(row.incidents)) for row in spread.folded.faulty] == [("4 prefixes", 1), ("172.31.0.6/32", 1)]
    assert spread.folded.faulty[0].incidents != spread.folded.faulty[1].incidents


@pytest.mark.parametrize(
    "nodes, lacking, labels",
    [
        (24, [7], [f"worker-{n}" for n in range(24)]),
        (64, [7], ["worker-0 … worker-6 (7)", "worker-7", "worker-8 … worker-63 (56)"]),
        (64, range(40, 64), ["worker-0 … worker-39 (40)", "worker-40 … worker-63 (24)"]),
    ],
)
def test_of_more_than_24_nodes_neighbours_with_equal_cells_are_one_column(
    nodes: int, lacking: Sequence[int], labels: list[str]
) -> None:
    folded = folded_of(Fabric(2, 3, nodes).lack(lacking, [0], [1]), "rtr0")
    assert [column.label for column in folded.columns] == labels
    assert len(folded.faulty[0].cells) == len(labels)


def test_cells_are_counted_before_they_are_folded() -> None:
    folded = folded_of(Fabric(2, 3, 64).lack([7, 8], [0], [0, 1]), "rtr0")
    counts = {cell.state: number for cell, number in folded.cells.items()}
    assert counts == {CellState.MISSING: 4, CellState.PRESENT: 3 * 64 - 4}


def test_routers_with_faults_are_first_and_the_others_are_a_sentence() -> None:
    views = routers_in(Fabric(4, 3, 5).lack([1], [2], [0]).audit()).views
    assert [(view.name, view.is_clean, view.faulty) for view in views] == [
        ("rtr2", False, 1),
        ("rtr0", True, 0),
        ("rtr1", True, 0),
        ("rtr3", True, 0),
    ]
    assert views[1].sentence == "3 prefixes with all 5 next hops"
    assert (views[0].spreads[0].fan is None, views[1].spreads[0].fan is None) == (False, True)
    assert views[1].spreads[0].ceiling.startswith("largest set 5, expected 5, ceiling 1024")


def test_rows_for_which_the_page_has_no_room_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_routers, "_MOST_ROWS", 2)
    fabric = Fabric(2, 6, 5).lack([1], [0], [0, 1, 2]).lack([2], [0], [3]).lack([3], [0, 1], [4])
    views = routers_in(fabric.audit()).views
    assert [
        ([row.name for row in view.spreads[0].folded.faulty], view.spreads[0].folded.not_drawn) for view in views
    ] == [
        (["3 prefixes", "172.31.0.3/32"], 1),
        ([], 1),
    ]


@pytest.mark.parametrize(
    "expected, hops, sentence",
    [
        (2, 2, "198.51.100.1/32 with all 2 next hops"),
        (1, 1, "198.51.100.1/32 with the 1 next hop that is expected"),
        (None, 3, "198.51.100.1/32 with 3 next hops; it is not known how many there should be"),
        (2, 3, "198.51.100.1/32 with 3 next hops, expected 2"),
    ],
)
def test_a_prefix_without_fault_is_a_sentence(expected: int | None, hops: int, sentence: str) -> None:
    prefix = audited("198.51.100.1/32", *(f"192.0.2.{n}" for n in range(1, hops + 1)), expected=expected)
    (spread,) = routers_in(Audit(Network((RouterState("tor1"),), (prefix,)))).views[0].spreads
    assert [group.sentence for group in spread.folded.faultless] == [sentence]


def test_a_domain_that_all_names_share_is_left_out_and_said() -> None:
    nodes = tuple(Node(f"w{n}.r{n}.example.net", frozenset({f"192.0.2.{n}"})) for n in (1, 2, 3))
    expectation = Expectation("pool", 3, nodes)
    prefixes = tuple(
        AuditedPrefix(
            f"{name}.example.net", "default", "198.51.100.1/32", (route("198.51.100.1/32", *hops),), expectation
        )
        for name, hops in (("tor1", ["192.0.2.1"]), ("tor2", ["192.0.2.1", "192.0.2.2", "192.0.2.3"]))
    )
    states = tuple(RouterState(f"{name}.example.net") for name in ("tor1", "tor2"))
    routers = routers_in(Audit(Network(states, prefixes)))
    assert (routers.node_domain, routers.router_domain) == ("example.net", "example.net")
    assert [view.label for view in routers.views] == ["tor1", "tor2"]
    folded = routers.views[0].spreads[0].folded
    assert [column.label for column in folded.columns] == ["w1.r1", "w2.r2", "w3.r3"]
    assert folded.faulty[0].first.faults == "missing: w2.r2, w3.r3"


def test_places_of_a_picture_are_in_the_order_of_networks() -> None:
    fabric = Fabric(2, 24, 3, is_dual_stack=True).lack([1], [0], range(24))
    axes = Axes.of(fabric.audit())
    assert list(axes.prefixes)[:2] == ["172.31.0.0/32", "172.31.0.2/32"]
    assert list(axes.prefixes)[-3:] == ["2001:db8:31::14/128", "2001:db8:31::16/128", "2001:db8:31::18/128"]
    assert list(axes.routers) == ["rtr0", "rtr1"]


def test_more_elements_than_places_share_them_and_a_single_one_is_still_marked() -> None:
    audit = Fabric(100, 2, 200).lack([199], [99], [1]).audit()
    (incident,) = audit.incidents
    picture = Axes.of(audit).picture_of(incident)
    assert picture.map == "M60 69h60v3h-60z"
    assert picture.strip == "M117 0h3v10h-3z"
    assert picture.words == ("1 of 200 nodes", "1 of 100 routers", "1 of 2 prefixes")
