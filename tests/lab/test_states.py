"""Broken states: the daemons confirm each, a scan names the cause, and the lab returns to its first state."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.bgp import sessions_up
from tests.lab.plan import NODES
from tests.lab.processes import wait_until
from tests.lab.states.catalogue import STATES
from tests.lab.states.state import holding
from tests.lab.test_scan import findings
from tests.lab.topologies.breaking import one_stopped

if TYPE_CHECKING:
    from tests.lab.laboratory import Lab
    from tests.lab.states.state import State

pytestmark = pytest.mark.lab

Finding = dict[str, Any]


@pytest.mark.parametrize("state", STATES, ids=[state.name for state in STATES])
def test_state_is_diagnosed_and_leads_back(lab: Lab, state: State) -> None:
    before = lab.configurations()
    with holding(lab, state):
        done = lab.scan(configuration=lab.configuration(**state.configuration))
    found = findings(done, state.exit_code)
    judge(state, [finding for finding in found if finding["code"] == state.code])
    rightly = {*state.also, *([state.code] if state.code else [])}
    assert [f"{finding['code']} {finding['message']}" for finding in found if finding["code"] not in rightly] == []
    assert {finding["code"] for finding in found} == rightly
    lab.wait_clean()
    assert lab.configurations() == before


def judge(state: State, found: list[Finding]) -> None:
    """Hold the findings of the state's own rule against what it has to find."""
    places = {(router, prefix) for router in state.routers for prefix in state.prefixes} if state.code else set()
    assert {(finding["router"], finding["prefix"]) for finding in found} == places
    for finding in found:
        if state.lost is not None:
            assert [node["name"] for node in finding["missing"]] == list(state.lost)
        assert {cause["link"] for cause in finding["causes"]} == ({state.link} if state.link else set())
        for words in state.words:
            assert re.search(words, finding["message"]), finding["message"]


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
