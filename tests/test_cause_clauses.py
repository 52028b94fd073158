"""A cause is written once, with a slot where one node and several differ; names pass through unchanged."""

from __future__ import annotations

import pytest

from ecmpaudit.rules.causes import Clause
from tests.rule_checks import findings_in

NAMES = [
    "units1",
    "its-sw1",
    "has1",
    "is",
    "it",
    "their",
    "session",
    "its BGP session",
    "{its|their}",
    "{router}",
    "a|b",
]


def test_a_slot_with_a_bar_has_the_words_for_one_node_and_for_several() -> None:
    clause = Clause.of("{its session|their sessions} to {router} {is|are} down", router="tor1")
    assert clause == Clause("its session to tor1 is down", "their sessions to tor1 are down")


def test_a_slot_may_be_empty_for_one_of_the_two() -> None:
    assert Clause.of("{a |}prefix") == Clause("a prefix", "prefix")


@pytest.mark.parametrize("name", NAMES)
def test_a_value_passes_through_a_clause_unchanged(name: str) -> None:
    clause = Clause.of("{its session|their sessions} to {router} {is|are} down", router=name)
    assert clause == Clause(f"its session to {name} is down", f"their sessions to {name} are down")


@pytest.mark.parametrize("router", ["units1", "its-sw1", "has1", "it", "is", "calls-it", "have", "{its|their}"])
@pytest.mark.parametrize(
    "facts, said",
    [
        pytest.param(
            "{0} session 192.0.2.2 ipv4 Active since 00:01:00\n{0} session 192.0.2.3 ipv4 Active since 00:01:00",
            "their BGP sessions to {0} are down since 00:01:00 (Active)",
            id="session",
        ),
        pytest.param(
            "{0} bgp 198.51.100.7/32 via 192.0.2.1 best\n"
            "{0} bgp 198.51.100.7/32 via 192.0.2.2 multipath\n"
            "{0} bgp 198.51.100.7/32 via 192.0.2.3 multipath",
            "BGP selected their paths, but {0}'s RIB does not have them",
            id="RIB",
        ),
        pytest.param(
            "{0} answered BGP sessions\n{0} session 192.0.2.1 ipv4 Established accepted 4\n"
            "{0} neighbor 192.0.2.0/24 ipv4",
            "they have not connected to {0}, which accepts them as dynamic neighbours of 192.0.2.0/24",
            id="dynamic-neighbour",
        ),
    ],
)
def test_a_router_whose_name_has_words_of_the_clause_is_named_as_it_is(router: str, facts: str, said: str) -> None:
    text = f"{router} 198.51.100.7/32 via 192.0.2.1\n{facts.replace('{0}', router)}"
    nodes = "expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3"
    message = findings_in(f"{text}\n{nodes}")["ECMP101"].message
    assert message.startswith(f"{router} 198.51.100.7/32: 1 next hop, expected 3; node2 (192.0.2.2), node3 (192.0.2.3)")
    assert message.endswith(said.replace("{0}", router))


@pytest.mark.parametrize("router", ["units1", "its-sw1", "has1"])
@pytest.mark.parametrize(
    "mark, said",
    [
        ("inactive", "{0} marks them inactive: their next hops do not resolve"),
        ("rejected", "they are in {0}'s RIB, but the kernel rejected them (rejected)"),
        ("dead", "they are in {0}'s RIB, but their interfaces are down"),
    ],
)
def test_the_marks_of_the_table_are_said_of_several_nodes(router: str, mark: str, said: str) -> None:
    text = f"""
        {router} 198.51.100.7/32 via 192.0.2.1, 192.0.2.2 {mark}, 192.0.2.3 {mark}
        expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3
    """
    message = findings_in(text)["ECMP101"].message
    assert message == (
        f"{router} 198.51.100.7/32: 1 next hop, expected 3; node2 (192.0.2.2), node3 (192.0.2.3) missing: "
        f"{said.replace('{0}', router)}"
    )
