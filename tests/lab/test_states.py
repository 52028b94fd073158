"""Broken states: the daemons confirm each, a scan names the cause, and the lab returns to its first state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.bgp import sessions_up
from tests.lab.plan import NODES, PREFIXES
from tests.lab.processes import wait_until
from tests.lab.states.catalogue import STATES
from tests.lab.states.state import holding
from tests.lab.test_scan import findings
from tests.lab.topologies.breaking import one_stopped
from tests.lab.topologies.judge import wrongs
from tests.lab.topologies.state import ALL_STATES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.laboratory import Lab
    from tests.lab.states.state import State

pytestmark = pytest.mark.lab


@pytest.mark.sampled(5)
@pytest.mark.parametrize(
    "state", [pytest.param(state, id=state.name) for state in STATES if state.is_quick or ALL_STATES]
)
def test_state_is_diagnosed_and_leads_back(lab: Lab, state: State, tmp_path: Path) -> None:
    before = lab.configurations()
    with holding(lab, state):
        wrong = wrongs(lab, state, (state.prefixes or PREFIXES)[:2], tmp_path / "snapshot")
    lab.wait_clean()
    assert wrong == []
    assert lab.configurations() == before


def test_router_whose_bgpd_ended_is_named_and_no_node_is(lab: Lab) -> None:
    with one_stopped(lab, "tor1", "bgpd"):
        nodes = [lab.machines[node.name] for node in NODES]
        wait_until(lambda: not any("tor1" in sessions_up(node) for node in nodes), 30, "the nodes lose bgpd of tor1")
        found = findings(lab.scan(), 1)
    assert [(finding["code"], finding["router"], finding["prefix"]) for finding in found] == [("ECMP405", "tor1", None)]
    assert f"and {len(NODES)} nodes have BGP sessions with it" in found[0]["message"]
    lab.wait_clean()


def test_router_whose_zebra_ended_is_not_checked_and_no_route_is_called_missing(lab: Lab) -> None:
    with one_stopped(lab, "tor1", "zebra"):
        found = findings(lab.scan(), 3)
    assert [(finding["code"], finding["router"]) for finding in found] == [("ECMP001", "tor1")]
    assert "its routing daemon does not run: zebra is not running" in found[0]["message"]
    lab.wait_clean()
