"""Filters of `history` and `report`: what of the history each of them leaves, IPv4 and IPv6 alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.scope import FilterOptions
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.history.store import open_history
from ecmpaudit.model import Audit, Network
from ecmpaudit.model.runs import Asked
from tests.history_builders import FIVE, at, record, unread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecmpaudit.history.store import History

WHOLE = """
tor1 198.51.100.7/32 via 192.0.2.1-5
tor1 2001:db8:100::7/128 via 2001:db8::1-5
tor2 198.51.100.7/32 via 192.0.2.1-5
"""
FAULTY = """
tor1 198.51.100.7/32 via 192.0.2.1-4
tor1 2001:db8:100::7/128 via 2001:db8::1,2001:db8::3-5
tor2 198.51.100.7/32 via 192.0.2.1-5
"""
EXPECTED = f"""
expect 198.51.100.7/32 nodes {FIVE}
expect 2001:db8:100::7/128 nodes {", ".join(f"node{n}=2001:db8::{n}" for n in range(1, 6))}
"""


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with open_history(str(tmp_path / "history.db")) as opened:
        record(opened, WHOLE + EXPECTED, 0)
        record(opened, FAULTY + EXPECTED, 15)
        yield opened


NODE5, NODE2 = ("tor1", "198.51.100.7/32", "node5"), ("tor1", "2001:db8:100::7/128", "node2")


@pytest.mark.parametrize(
    "options,left",
    [
        pytest.param(FilterOptions(), {NODE5, NODE2}, id="nothing"),
        pytest.param(FilterOptions(only_routers=("tor1",)), {NODE5, NODE2}, id="router"),
        pytest.param(FilterOptions(only_routers=("tor[2-9]",)), set(), id="pattern of routers"),
        pytest.param(FilterOptions(only_nodes=("node5",)), {NODE5}, id="node"),
        pytest.param(FilterOptions(only_nodes=("node1,node2",)), {NODE2}, id="list of nodes"),
        pytest.param(FilterOptions(only_nodes=("2001:db8::2",)), {NODE2}, id="address of a node"),
        pytest.param(FilterOptions(only_prefixes=("198.51.100.7",)), {NODE5}, id="address of IPv4"),
        pytest.param(FilterOptions(only_prefixes=("2001:DB8:100::7",)), {NODE2}, id="address of IPv6"),
        pytest.param(FilterOptions(only_prefixes=("2001:*", "198.*")), {NODE5, NODE2}, id="two patterns"),
        pytest.param(FilterOptions(only_vrfs=("default",)), {NODE5, NODE2}, id="VRF"),
        pytest.param(
            FilterOptions(only_routers=("tor1",), only_nodes=("node5",), only_prefixes=("2001:*",)),
            set(),
            id="all three",
        ),
    ],
)
def test_a_filter_leaves_faults_and_incidents_of_its_own(
    history: History, options: FilterOptions, left: set[tuple[str, str, str]]
) -> None:
    chosen = history.chosen(options, None)
    faults = [known for known in history.findings(chosen=chosen) if known.fault.code == "ECMP101"]
    assert {(known.fault.router, known.fault.prefix, known.fault.about) for known in faults} == left
    nodes = {name for known in history.incidents(chosen=chosen) for name in known.nodes if not known.is_of_a_change}
    assert {about for _, _, about in left} <= nodes
    assert bool(nodes) == bool(left)
    period = history.period(at(0), at(30), chosen)
    assert {(f.fault.router, f.fault.prefix, f.fault.about) for f in period.faults} == left


def test_a_period_counts_the_prefixes_and_nodes_that_are_left(history: History) -> None:
    chosen = history.chosen(FilterOptions(only_prefixes=("198.51.100.7",), only_nodes=("node5",)), None)
    period = history.period(at(0), at(30), chosen)
    assert {prefix.place[0] for prefix in period.prefixes} == {"tor1", "tor2"}
    assert {name: (seen.full, seen.known) for name, seen in period.nodes.items()} == {"node5": (3, 4)}


def test_only_runs_that_asked_a_chosen_router_are_left(history: History) -> None:
    history.record(Audit(Network((unread("tor9"),))), Asked("scan", ("tor9",)), started=at(30), finished=at(30))
    assert [run.number for run in history.runs(chosen=history.chosen(FilterOptions(only_routers=("tor9",)), None))] == [
        3
    ]
    assert len(history.runs(chosen=history.chosen(FilterOptions(only_routers=("tor1",)), None))) == 2


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(FilterOptions(only_routers=("tor7",)), id="router"),
        pytest.param(FilterOptions(only_nodes=("node7",)), id="node"),
        pytest.param(FilterOptions(only_prefixes=("203.0.113.0/24",)), id="prefix"),
        pytest.param(FilterOptions(only_vrfs=("red",)), id="VRF"),
        pytest.param(FilterOptions(only_labels=("site=a",)), id="label without a configuration"),
    ],
)
def test_a_filter_that_matches_nothing_in_the_history_is_an_error(history: History, options: FilterOptions) -> None:
    with pytest.raises(ConfigurationError, match=options.given[0].split()[0]):
        history.chosen(options, None)
