"""OSPF neighbours as FRR 8.4.4 prints them; recorded in the lab with nodes of BIRD 2.0.12 and FRR."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.readers import read_facts

if TYPE_CHECKING:
    from ecmpaudit.model.facts import Facts

FIXTURES = Path(__file__).parent / "fixtures" / "frr_ospf"
COMMANDS = {4: "show ip ospf vrf all neighbor json", 6: "show ipv6 ospf6 vrf all neighbor json"}
NODES = ["172.30.250.2", *(f"172.30.250.{number}" for number in range(101, 106))]


def facts_of(family: int, text: str) -> Facts:
    return read_facts(Capture("tor1", "frr", f"vtysh -c '{COMMANDS[family]}'", text, "ssh tor1")).facts


def recorded(family: int, state: str) -> str:
    return (FIXTURES / f"{COMMANDS[family].replace(' ', '_')}--{state}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("family", [4, 6])
def test_every_neighbour_is_read_with_its_state(family: int) -> None:
    facts = facts_of(family, recorded(family, "clean"))
    assert sorted(one.router_id for one in facts.adjacencies) == sorted(NODES)
    assert all(one.exchanges_routes and one.vrf == "default" for one in facts.adjacencies)
    assert facts.knows("tor1", Question.ADJACENCIES, family)


@pytest.mark.parametrize("family", [4, 6])
def test_with_another_mtu_no_adjacency_becomes_full(family: int) -> None:
    adjacencies = facts_of(family, recorded(family, "mtu")).adjacencies
    assert {one.state.partition("/")[0] for one in adjacencies} == {"ExStart"}
    assert not any(one.exchanges_routes for one in adjacencies)


@pytest.mark.parametrize("family", [4, 6])
def test_with_another_hello_interval_there_is_no_neighbour_and_that_is_an_answer(family: int) -> None:
    facts = facts_of(family, recorded(family, "hello"))
    assert facts.adjacencies == ()
    assert facts.knows("tor1", Question.ADJACENCIES, family)


def test_the_vrf_of_a_neighbour_is_the_one_that_it_is_listed_under() -> None:
    text = '{"red":{"neighbors":{"192.0.2.9":[{"state":"Full/DR","ifaceAddress":"192.0.2.9"}]}}}'
    (found,) = facts_of(4, text).adjacencies
    assert (found.vrf, found.address) == ("red", "192.0.2.9")
    assert found.evidence.path == ("red", "neighbors", "192.0.2.9", 0, "state")


@pytest.mark.parametrize(
    "text", ['{"default": 1}', '{"neighbors": {"192.0.2.9": [{}]}}', '{"neighbors": [{"state": "Full"}]}', "{"]
)
def test_what_no_list_of_neighbours_can_be_is_refused(text: str) -> None:
    with pytest.raises((DamagedOutputError, UnknownFormatError)):
        facts_of(4, text)
