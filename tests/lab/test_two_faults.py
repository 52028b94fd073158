"""Two faults at once: two incidents with their own causes, in the scan, in alerts and in the history."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.lab import namespaces, routes
from tests.lab.plan import CONVERGENCE, MGMT, PREFIXES, ROUTERS, nodes_with
from tests.lab.processes import wait_until
from tests.lab.states import bgp_catalogue as bgp
from tests.lab.states import catalogue, sessions
from tests.lab.states.shown import Shown
from tests.lab.topologies.state import ALL_STATES
from tests.scanned_router import webhook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.laboratory import Lab
    from tests.lab.states.state import State

pytestmark = pytest.mark.lab

CEILING_ON_TOR2 = replace(
    catalogue.MAXIMUM_PATHS,
    name="maximum-paths 2 on tor2",
    make=lambda lab: lab.maximum_paths("tor2", 2),
    shown=(Shown("tor2", "show running-config", "^  maximum-paths 2$"),),
    routers=("tor2",),
)
EXPORT_FILTER_OF_NODE4 = replace(
    bgp.EXPORT_FILTER_BIRD,
    name="export filter on node4",
    make=lambda lab: sessions.refused_by_filter(lab, "node4"),
    shown=(Shown("node4", "show route export tor1_ipv4", "172.31.1.1/32", times=0),),
    lost=("node4",),
)
PAIRS = (
    (CEILING_ON_TOR2, bgp.SESSION_SHUT),
    (catalogue.BIRD_STOPPED, bgp.EXPORT_FILTER_FRR),
    (catalogue.ADDRESS_REMOVED, bgp.IMPORT_PREFIX_LIST),
    (catalogue.FRR_STOPPED, bgp.LOCAL_PREFERENCE),
    (bgp.PEER_MISSING, EXPORT_FILTER_OF_NODE4),
    (catalogue.ADDRESS_REMOVED, bgp.AS_PATH_LONGER),
)
"""Of different nodes, or on different routers. What waits for the routers to come to rest is made first."""


def deviations(lab: Lab, pair: tuple[State, State]) -> Iterator[str]:
    """Yield what is not yet as both states would have it together."""
    yield from filter(None, (shown.deviation(lab) for state in pair for shown in state.shown))
    for router in (host.name for host in ROUTERS):
        forwarding = routes.forwarding(routes.answers(lab.machines[router], lab.node_names))
        for prefix in PREFIXES:
            hit = [state for state in pair if router in state.routers and prefix in state.prefixes]
            if any(state.lost is None for state in hit):
                continue
            wanted = nodes_with(prefix).difference(*(state.lost or () for state in hit))
            if forwarding.get(prefix) != wanted:
                yield f"{router} {prefix}: forwards to {forwarding.get(prefix)}, expected {sorted(wanted)}"


@pytest.mark.parametrize(
    "pair", [pytest.param(pair, id=" and ".join(s.name for s in pair)) for pair in (PAIRS if ALL_STATES else PAIRS[:1])]
)
def test_two_faults_are_two_incidents_with_their_causes(lab: Lab, pair: tuple[State, State], tmp_path: Path) -> None:
    file = lab.configuration(history={"url": str(tmp_path / "history.db")})
    arguments = ("scan", "--config", str(file), "--record", "--format", "json")
    with ExitStack() as opened:
        with namespaces.entered(lab.machines[MGMT.name].namespace):
            hook = opened.enter_context(webhook())
        with ExitStack() as held:
            for state in pair:
                held.enter_context(state.make(lab))
            wait_until(lambda: not any(deviations(lab, pair)), CONVERGENCE, "both faults are there")
            report = json.loads(lab.ecmpaudit(*arguments, ECMPAUDIT_ALERT_URLS=hook.url).stdout)
        lab.wait_clean()
        assert lab.ecmpaudit(*arguments, ECMPAUDIT_ALERT_URLS=hook.url).returncode == 0
    shown = [(each["title"], each["cause"]["link"], each["cause"]["text"]) for each in report["incidents"]]
    assert {link for _, link, _ in shown} == {state.link for state in pair}, shown
    assert len(shown) == len(pair), shown
    titles = [title for title, *_ in shown]
    assert sorted(hook.titles[:2]) == sorted(f"ecmpaudit new: {title}" for title in titles)
    assert sorted(hook.titles[2:]) == sorted(f"ecmpaudit recovered: {title}" for title in titles)
    assert [message["type"] for message in hook.received] == ["failure"] * 2 + ["success"] * 2
    kept = json.loads(lab.ecmpaudit("history", "--config", str(file), "--format", "json").stdout)["incidents"]
    assert sorted(each["title"] for each in kept) == sorted(titles)
    assert None not in [each["resolved"] for each in kept]
