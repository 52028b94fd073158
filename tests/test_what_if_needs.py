"""What a live `what-if`, `drain` and `flow` ask: no more than they read, and what of it is missing is said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.auditing.needed_commands import Needs, narrowed
from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.auditing.unavailable import Unavailable
from ecmpaudit.changes.needs import NEEDS_OF_NODE, NEEDS_OF_ROUTER
from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.collectors.target import Target
from ecmpaudit.commands.options import ChangeOptions
from ecmpaudit.commands.what_if import change_of, outcome_of
from ecmpaudit.configuration.schema import Configuration
from ecmpaudit.model.questions import Question
from ecmpaudit.reporting.what_if import render_what_if_json
from tests.recorded_scans import CONFIGURATION, HEALTHY, STALE, captures_of, refused, with_fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecmpaudit.model import Capture

NEEDS = Needs(NEEDS_OF_ROUTER, NEEDS_OF_NODE)
REQUEST = Request.of(ScopeOptions(config=CONFIGURATION))
LOSE = ChangeOptions(lose=("node3",), order=True, minimum=3)


def answer(captures: Iterable[Capture], options: ChangeOptions = LOSE) -> dict[str, Any]:
    material = read_material(captures, only=REQUEST.audited, nodes=REQUEST.nodes, routers=REQUEST.routers)
    document: dict[str, Any] = json.loads(
        render_what_if_json(outcome_of(change_of(options), options, material, REQUEST))
    )
    return document


def needed(captures: list[Capture]) -> list[Capture]:
    """Return the answers to those of the recorded commands that are asked."""
    hosts = {capture.router or "": capture.platform for capture in captures}
    targets = [
        Target(name, platform=platform, commands=tuple(c.command or "" for c in captures if c.router == name))
        for name, platform in hosts.items()
    ]
    asked = {
        (target.name, command) for target in narrowed(targets, NEEDS, REQUEST.routers) for command in target.commands
    }
    return [capture for capture in captures if (capture.router, capture.command) in asked]


def targets(**device: Any) -> list[Target]:
    document = {
        "routers": {"tor1": {"host": "192.0.2.1", **device}},
        "nodes": {"node1": {"host": "192.0.2.101", "addresses": ["192.0.2.101"], **device}},
        "clusters": {"prod": {"pools": ["198.51.100.0/24", "2001:db8:100::/48"]}},
    }
    return targets_of(Configuration.model_validate(document), pools=("198.51.100.0/24", "2001:db8:100::/48"))


SYSCTL = (
    "sysctl net.ipv4.fib_multipath_hash_policy net.ipv4.fib_multipath_hash_fields net.ipv4.fib_multipath_hash_seed "
    "net.ipv6.fib_multipath_hash_policy net.ipv6.fib_multipath_hash_fields"
)
NEVER = (
    "neigh",
    "summary json",
    "neighbors json",
    "protocols",
    "ospf",
    "rip",
    "bfd",
    "use_neigh",
    "filtered",
    "adj-out",
)


def test_an_frr_router_is_asked_for_routes_their_order_hash_and_ceilings() -> None:
    router, _ = narrowed(targets(platform="frr"), NEEDS, ["tor1"])
    assert [command[:30] for command in router.commands[:8]] == [
        "vtysh -c 'show ip route vrf al",
        "ip -j -4 route show table all ",
        "vtysh -c 'show ip route vrf al",
        "ip -j -4 route show table all ",
        "vtysh -c 'show ipv6 route vrf ",
        "ip -j -6 route show table all ",
        "vtysh -c 'show ipv6 route vrf ",
        "ip -j -6 route show table all ",
    ]
    assert router.commands[8:] == (
        "vtysh -c 'show running-config'",
        "vtysh -c 'show bgp ipv4 unicast 198.51.100.0/24 longer-prefixes json'",
        "vtysh -c 'show bgp ipv6 unicast 2001:db8:100::/48 longer-prefixes json'",
        "vtysh -c 'show zebra'",
        "vtysh -c 'show version'",
        "ip -j address",
        SYSCTL,
        "ip -j nexthop",
    )


@pytest.mark.parametrize("platform", ["frr", "bird", "gobgp", "linux", None])
def test_a_node_is_asked_for_its_addresses_alone_and_no_router_for_what_only_causes_need(platform: str | None) -> None:
    router, node = narrowed(targets(platform=platform), NEEDS, ["tor1"])
    assert (node.commands, node.follow_ups) == (("ip -j address",), ())
    for each in router.alternatives or (router,):
        sent = [*each.commands, *(command for follow_up in each.follow_ups for command in follow_up.commands)]
        assert sent
        assert not [command for command in sent if any(word in command for word in NEVER)]
        assert {follow_up.after for follow_up in each.follow_ups} <= {*each.commands}


def test_a_command_that_names_what_is_asked_for_later_is_asked_too() -> None:
    (router, _) = targets(platform="bird")
    only_ospf = Needs(frozenset({Question.EXTERNAL_ROUTES}), frozenset())
    (left,) = narrowed([router], only_ospf, ["tor1"])
    assert left.commands == ("birdc -r 'show protocols all'",)
    assert [each.commands for each in left.follow_ups] == [("birdc -r 'show ospf state {name}'",)]


@pytest.mark.parametrize(
    "options",
    [
        LOSE,
        ChangeOptions(lose=tuple(f"node{n}" for n in range(1, 6))),
        ChangeOptions(add=("node6=172.30.250.106+fd00:30:250::106",), weights=("node1=3",)),
        ChangeOptions(replace=("node2=node9=172.30.250.109",), minimum=5),
    ],
    ids=["lose one", "lose all", "add", "replace"],
)
@pytest.mark.parametrize("scan", [HEALTHY, STALE])
def test_what_is_asked_gives_the_answer_of_the_whole_scan(scan: str, options: ChangeOptions) -> None:
    whole = captures_of(scan)
    asked = needed(whole)
    assert 10 < len(asked) < len(whole) / 2
    assert answer(asked, options) == answer(whole, options)


def test_every_answer_that_is_asked_for_and_does_not_come_is_said() -> None:
    asked = needed(captures_of(HEALTHY))
    assert not answer(asked)["incomplete"]
    for capture in asked:
        if capture.command == "vtysh -c 'show version'":  # `show zebra` has the maximum of the build as well
            continue
        place = (capture.router or "", capture.command or "")
        document = answer(with_fault(asked, "refused", place))
        assert document["incomplete"], place
        said = json.dumps([document["unanswered"], document["not_checked"]])
        assert place[0] in said
        assert "permission denied" in said


def test_a_given_layer_needs_no_answer_about_the_hash_and_the_configuration_may_excuse_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = needed(captures_of(HEALTHY))
    sysctl = next(capture for capture in asked if (capture.command or "").startswith("sysctl"))
    without = [refused(capture) if capture is sysctl else capture for capture in asked]
    (sentence,) = answer(without)["unanswered"]
    assert sentence == (
        f"tor1: multipath hash policy: `{sysctl.command}` was not answered: "
        "the command failed with exit status 1: permission denied"
    )
    assert answer(without, ChangeOptions(lose=("node3",), layer="l4"))["unanswered"] == []
    excused = Unavailable(of_host={"tor1": frozenset({Question.HASH_POLICY})})
    monkeypatch.setattr(Request, "unavailable", property(lambda _: excused))
    assert answer(without)["unanswered"] == []
