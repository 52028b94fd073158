"""What becomes of the texts of a run: parts, older outputs, texts without room, and hosts that answered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing import read_capture
from ecmpaudit.auditing.known_addresses import with_routes_of_fabric
from ecmpaudit.auditing.other_prefixes import lists_nothing_of
from ecmpaudit.auditing.read_capture import may_have_parts
from ecmpaudit.auditing.repeated_tables import OlderOutput
from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import network_of_material, read_material
from ecmpaudit.auditing.splitting import read_or_split
from ecmpaudit.auditing.subjects import subjects
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.configuration.schema import Configuration
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.fabric_from_configuration import fabric_of
from ecmpaudit.model import Capture
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.plan import Wanted
from ecmpaudit.parsing.reading import read_capture as read_table

if TYPE_CHECKING:
    from pathlib import Path

FRR = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05\n"
OTHER = FRR.replace(".7/32", ".8/32")

POOL = Expectations.from_flags(["198.51.100.0/24"], None, ())

# parts


@pytest.mark.parametrize(
    "unknown_lines, small, has_parts",
    [
        pytest.param(0, 1000, False, id="understood"),
        pytest.param(1, 1000, True, id="one-line-of-a-short-text"),
        pytest.param(2, 100, False, id="two-lines-of-a-long-text"),
        pytest.param(3, 100, True, id="three-lines-of-a-long-text"),
    ],
)
def test_lines_that_are_not_understood_may_be_parts(
    unknown_lines: int, small: int, has_parts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = Capture("tor1", "frr", None, FRR + OTHER + "a line of no route\n" * unknown_lines, "session.txt")
    table = read_table(capture)
    assert len(table.unparsed) == unknown_lines
    monkeypatch.setattr(read_capture, "SMALL", small)
    assert may_have_parts(capture, table) is has_parts


@pytest.mark.parametrize("longer, has_parts", [(0, True), (1, False)])
def test_a_text_is_short_up_to_a_size(longer: int, has_parts: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    capture = Capture("tor1", "frr", None, f"{FRR}a line of no route\n", "session.txt")
    monkeypatch.setattr(read_capture, "SMALL", len(capture.text) - longer)
    assert may_have_parts(capture, read_table(capture)) is has_parts


def test_a_table_that_begins_again_has_parts_and_one_that_was_asked_for_has_none() -> None:
    twice = Capture("tor1", "frr", None, FRR + OTHER + FRR, "session.txt")
    assert may_have_parts(twice, read_table(twice))
    asked = replace(twice, command="show ip route", started="2026-11-20T10:15:00Z")
    assert not may_have_parts(asked, read_table(asked))


# older outputs


def older(*outputs: tuple[str, str]) -> list[tuple[int, int, bool, bool]]:
    """Return first lines, and whether it is in part and a table, of what is replaced in a session of commands."""
    text = "".join(f"tor1# {command}\n{output}" for command, output in outputs)
    found = read_material([Capture(None, None, None, text, "session.txt")]).older_tables
    return [(old.older.first_line, old.newer.first_line, old.is_in_part, old.is_table) for old in found]


SUMMARY = """\
IPv4 Unicast Summary (VRF default):
Neighbor        V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc
192.0.2.1       4      64513        10        10        0    0    0 00:05:00            1        1 N/A
"""


def test_each_output_that_a_newer_one_replaces_is_named_in_the_order_of_the_text() -> None:
    assert older(*[("show ip route", FRR)] * 4) == [(2, 8, False, True), (4, 8, False, True), (6, 8, False, True)]
    for command in ("show ip route bgp", "show ip route 198.51.100.7"):
        assert older(("show ip route", FRR + OTHER), (command, FRR)) == [(2, 5, True, True)]
    kernel = "198.51.100.7 via 192.0.2.1 dev eth0 proto bgp\n198.51.100.8 via 192.0.2.1 dev eth0 proto bgp\n"
    for command in ("ip route list proto bgp", "ip -4 route show 198.51.100.7"):
        assert older(("ip route", kernel), (command, kernel.split("\n", maxsplit=1)[0] + "\n")) == [(2, 5, True, True)]
    assert older(("ip route", kernel), ("ip route show proto static", kernel.replace("bgp", "static"))) == []
    assert older(*[("show bgp summary", SUMMARY)] * 4) == [
        (2, 14, False, False),
        (6, 14, False, False),
        (10, 14, False, False),
    ]


def test_tables_that_are_kept_keep_the_order_of_the_text() -> None:
    commands = ("show ip route", "show ip route vrf red", "show ip route vrf blue")
    text = "".join(f"tor1# {command}\n{FRR}" for command in commands)
    tables = read_material([Capture(None, None, None, text, "session.txt")]).tables
    assert [table.capture.command for table in tables] == list(commands)


@pytest.mark.parametrize(
    "is_in_part, is_table, said",
    [
        pytest.param(
            False,
            True,
            "tor1: a.txt:9 is the newest output of `show ip route` and is judged; a.txt:1 is older and is not: save "
            "both to files to compare them with `ecmpaudit diff OLD NEW`",
            id="replaced",
        ),
        pytest.param(
            True,
            True,
            "tor1: a.txt:9, `show ip route bgp`, is newer than a.txt:1, `show ip route`, and is judged where both "
            "list the same: capture both at one time",
            id="in-part",
        ),
        pytest.param(
            False,
            False,
            "tor1: a.txt:9 is the newest output of `show ip route` and is used; a.txt:1 is older",
            id="facts",
        ),
    ],
)
def test_a_note_says_what_of_an_older_output_is_judged(is_in_part: bool, is_table: bool, said: str) -> None:
    first = Capture("tor1", "frr", "show ip route", "", "a.txt", first_line=1)
    last = Capture("tor1", "frr", "show ip route bgp", "", "a.txt", first_line=9)
    assert str(OlderOutput(first, last, is_in_part=is_in_part, is_table=is_table)) == said


# texts in files


def test_a_part_of_a_file_without_room_is_given_up_and_its_router_named(tmp_path: Path) -> None:
    file = tmp_path / "session.txt"
    file.write_text(f"tor1# show ip route\n{FRR}tor2# show ip route\n{FRR}", encoding="utf-8")
    capture = Capture(None, None, None, "", "session.txt", file=str(file))

    def parts(budget: AnswerBudget) -> list[tuple[str | None, bool, bool]]:
        read = [part for part in read_or_split([capture], None, None, Wanted(), budget) if isinstance(part, Capture)]
        return [(part.router, part.is_given_up, bool(part.text)) for part in read]

    assert parts(AnswerBudget(1)) == [("tor1", False, True), ("tor2", False, True)]
    spent = AnswerBudget(1)
    spent.takes(1 << 20)
    spent.take(8 << 20, 0, from_memory=False)
    assert parts(spent) == [("tor1", True, False), ("tor2", True, False)]


# hosts that answered

IN_TABLE, NO_LINE = "net.ipv4.fib_multipath_hash_policy = 0\n", "a line of no setting\n"


@pytest.mark.parametrize(
    "text, has_data",
    [
        pytest.param(IN_TABLE + NO_LINE, True, id="answered-with-a-line-not-understood"),
        pytest.param(NO_LINE, False, id="nothing-understood"),
    ],
)
def test_a_host_has_answered_where_any_line_is_understood(text: str, has_data: bool) -> None:
    capture = Capture("node1", "linux", "sysctl net.ipv4.fib_multipath_hash_policy", text, "node1.txt")
    refused = Capture("node1", "linux", "ip -j address", "", "ssh node1", failure="refused", started="2026-11-20")
    material = read_material([capture, refused], nodes=["node1"])
    network = network_of_material(material, Request(Expectations((), ())))
    assert [(state.name, state.has_data) for state in network.routers] == [("node1", has_data)]


# commands for other prefixes


@pytest.mark.parametrize(
    "router, command, said",
    [
        pytest.param(
            "tor1",
            "show ip route 203.0.113.0/24 longer-prefixes",
            ["tor1: `show ip route 203.0.113.0/24 longer-prefixes` lists nothing of 198.51.100.0/24"],
            id="another-prefix",
        ),
        pytest.param(
            None,
            "show ip route 203.0.113.7",
            ["`show ip route 203.0.113.7` lists nothing of 198.51.100.0/24"],
            id="no-name",
        ),
        pytest.param("tor1", "show ip route 198.51.100.7", [], id="inside-of-it"),
        pytest.param("tor1", "show ip route 198.51.100.7/25", [], id="inside-of-it-with-host-bits"),
        pytest.param(
            "tor1",
            "show ip route 203.0.113.7/24",
            ["tor1: `show ip route 203.0.113.7/24` lists nothing of 198.51.100.0/24"],
            id="another-prefix-with-host-bits",
        ),
        pytest.param("tor1", "show ip route 198.51.0.0/16 longer-prefixes", [], id="around-it"),
        pytest.param("tor1", "show ip route 198.51.0.0 255.255.0.0 longer-prefixes", [], id="around-it-by-mask"),
        pytest.param(
            "tor1",
            "show ipv6 route 2001:db8::/32",
            ["tor1: `show ipv6 route 2001:db8::/32` lists nothing of 198.51.100.0/24"],
            id="another-family",
        ),
        pytest.param("tor1", "show ip route", [], id="all"),
    ],
)
def test_a_command_for_other_prefixes_lists_nothing_of_a_pool(
    router: str | None, command: str, said: list[str]
) -> None:
    table = read_table(Capture(router, "frr", "show ip route", FRR, "-"))
    table = replace(table, capture=replace(table.capture, command=command))
    sentences = list(lists_nothing_of(subjects([table]), POOL))
    assert [sentence.partition(": add ")[0] for sentence in sentences] == said


def test_commands_for_several_prefixes_count_together_and_are_named_together() -> None:
    tables = [
        replace(table, capture=replace(table.capture, command=f"show ip route {prefix}"))
        for table in [read_table(Capture("tor1", "frr", "show ip route", FRR, "-"))]
        for prefix in ("203.0.113.7", "198.51.100.7", "203.0.113.7")
    ]
    pools = Expectations.from_flags(["198.51.100.0/24", "192.0.2.0/24"], None, ())
    (sentence,) = lists_nothing_of(subjects(tables), pools)
    assert sentence == (
        "tor1: `show ip route 203.0.113.7`, `show ip route 198.51.100.7` lists nothing of 192.0.2.0/24: add the "
        "command's output for it, or for all routes"
    )


# routes of a fabric


def test_only_what_the_routers_of_the_fabric_have_selected_is_known_of_them() -> None:
    fabric = fabric_of(
        Configuration.model_validate(
            {
                "routers": {"leaf1": {"host": "leaf1"}, "spine1": {"host": "spine1"}, "edge1": {"host": "edge1"}},
                "nodes": {"node1": ["192.0.2.11"]},
                "clusters": {"lab": {"pools": ["198.51.100.0/24"]}},
                "fabric": {
                    "tiers": [{"name": "spines", "routers": ["spine1"]}, {"name": "leaves", "routers": ["leaf1"]}],
                    "links": {"node1": ["leaf1"]},
                },
            }
        )
    )
    assert fabric is not None
    captures = [Capture(name, "frr", "show ip route", FRR, name) for name in ("leaf1", "edge1")]
    network = network_of_material(read_material(captures), Request(POOL))
    expectations = POOL.with_fabric(fabric)
    facts = with_routes_of_fabric(network, network.facts, expectations)
    assert [(route.node, route.prefix, route.protocol) for route in facts.node_routes] == [
        ("leaf1", "198.51.100.7/32", "bgp")
    ]
    assert {answer for answer in facts.answered if answer[1] is Question.NODE_ROUTES} == {
        ("leaf1", Question.NODE_ROUTES, 4)
    }
    without = with_routes_of_fabric(network, network.facts, POOL)
    assert without.node_routes == ()
