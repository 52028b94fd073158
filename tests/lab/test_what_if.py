"""`what-if` of real routers, asked over SSH: their tables, and their kernels about each flow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab import namespaces

if TYPE_CHECKING:
    from tests.lab.laboratory import Lab

pytestmark = pytest.mark.lab

ON_ALL = ("172.31.1.1/32", "fd00:31::1:1/128")
ROUTERS = ("tor1", "tor2")


def outcomes(stdout: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what the change does by router and prefix; everything has to have been looked at."""
    document = json.loads(stdout)
    assert (document["unanswered"], document["not_checked"]) == ([], [])
    return {(each["router"], each["prefix"]): each for each in document["what_if"]}


def test_routers_are_asked_over_ssh_with_their_kernels_order_of_next_hops(lab: Lab) -> None:
    config = ("--config", str(lab.configuration()))
    found = outcomes(lab.ecmpaudit("what-if", *config, "--lose", "node3", "--format", "json").stdout)
    for router in ROUTERS:
        for prefix in ON_ALL:
            outcome = found[router, prefix]
            place = list(outcome["shares_before"]).index("node3")
            assert outcome["uncertain"] is None, outcome
            assert outcome["moved"] == pytest.approx([0.5, 0.35, 0.3, 0.35, 0.5][place], abs=0.001)


def test_what_is_asked_live_gives_the_answer_of_a_whole_scan(lab: Lab) -> None:
    config = ("--config", str(lab.configuration()))
    change = ("--lose", "node3", "--add", "node9=172.30.250.109", "--order", "--format", "json")
    saved = lab.folder / "whole-scan"
    lab.ecmpaudit("scan", *config, "--save", str(saved), "--overwrite")
    live = lab.ecmpaudit("what-if", *config, *change)
    assert json.loads(live.stdout) == json.loads(lab.ecmpaudit("what-if", str(saved), *config, *change).stdout)
    assert live.returncode == 0, live.stdout


def test_the_kernel_of_each_router_sends_flows_as_the_model_does(lab: Lab) -> None:
    for router in ROUTERS:
        namespaces.forward_packets(lab.machines[router].namespace)
    config = ("--config", str(lab.configuration()))
    ended = lab.ecmpaudit("what-if", *config, "--lose", "node3", "--from-kernel", "4000", "--format", "json")
    found = outcomes(ended.stdout)
    for router in ROUTERS:
        for prefix in ON_ALL:
            kernel = found[router, prefix]["kernel"]
            assert (kernel["flows"], kernel["differs"]) == (1000, None), found[router, prefix]
            assert set(kernel["shares_before"]) == {f"node{n}" for n in range(1, 6)}
            assert kernel["moved"] == pytest.approx(found[router, prefix]["moved"], abs=0.08)
