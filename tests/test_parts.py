"""The parts of a text: outputs of several commands without prompts are each read, and no table vanishes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.run import read_material
from ecmpaudit.model import Capture
from ecmpaudit.parsing import long_texts, parts
from ecmpaudit.parsing.parts import parts_of
from tests import dumps
from tests.program import ecmpaudit

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.auditing.run import Material

FRR = "frr-8.4.4/"
TABLE = dumps.text(f"{FRR}show_ip_route__5nodes.txt")
TABLE_6 = dumps.text(f"{FRR}show_ipv6_route__5nodes.txt")
SUMMARY = dumps.text(f"{FRR}show_bgp_summary__5nodes.txt")
CONFIGURATION = dumps.text(f"{FRR}show_running-config__5nodes.txt")
ADDRESSES = dumps.text(f"{FRR}linux_ip_addr__5nodes__tor1.txt")
KERNEL = dumps.text(f"{FRR}linux_ip_route__5nodes__tor1.txt")
KERNEL_6 = dumps.text(f"{FRR}linux_ip_-6_route__5nodes__tor1.txt")
BIRD_TABLE = dumps.text("bird-2.0.12/show_route__5nodes.txt")
BIRD_PROTOCOLS = dumps.text("bird-2.0.12/show_protocols__5nodes.txt")
BIRD_DETAILS = dumps.text("bird-2.0.12/show_protocols_all__5nodes.txt")
PATHS = dumps.text(f"{FRR}show_ip_bgp__5nodes.txt")
OUTPUTS = {
    "summary and routes": (SUMMARY, TABLE),
    "summary and IPv6 routes": (SUMMARY, TABLE_6),
    "configuration and routes": (CONFIGURATION, TABLE),
    "configuration, summary and routes": (CONFIGURATION, SUMMARY, TABLE),
    "BGP table and routes": (PATHS, TABLE),
    "addresses and routes of a kernel": (ADDRESSES, KERNEL),
    "addresses and IPv6 routes of a kernel": (ADDRESSES, KERNEL_6),
    "BIRD's protocols and routes": (BIRD_PROTOCOLS, BIRD_TABLE),
    "BIRD's protocols in detail and routes": (BIRD_DETAILS, BIRD_TABLE),
    "JSON of a summary and text of routes": (dumps.text(f"{FRR}show_bgp_summary__5nodes.json"), TABLE),
    "JSON of sessions and of routes": (
        dumps.text(f"{FRR}show_bgp_summary__5nodes.json"),
        dumps.text(f"{FRR}show_ip_route__5nodes.json"),
    ),
}


def material_of(text: str) -> Material:
    return read_material([Capture(None, None, None, text, "pasted")])


def next_hops(material: Material) -> set[tuple[str, str | None]]:
    return {(row["prefix"], row["next_hop"]) for table in material.tables for row in table.frame.iter_rows(named=True)}


@pytest.mark.parametrize("is_reversed", [False, True], ids=["in order", "reversed"])
@pytest.mark.parametrize("outputs", OUTPUTS.values(), ids=OUTPUTS)
def test_two_outputs_in_one_text_are_each_read(outputs: tuple[str, ...], is_reversed: bool) -> None:
    alone = [material_of(text) for text in outputs]
    both = material_of("".join(reversed(outputs) if is_reversed else outputs))
    expected = set().union(*(next_hops(material) for material in alone))
    assert expected
    assert next_hops(both) == expected
    assert (both.failed, both.unparsed) == ((), ())
    assert [line for table in both.tables for line in table.unparsed] == []
    assert {s.peer for s in both.facts.sessions} == {s.peer for one in alone for s in one.facts.sessions}
    assert len(both.facts.paths) == sum(len(one.facts.paths) for one in alone)
    assert len(both.facts.addresses) == sum(len(one.facts.addresses) for one in alone)


def test_a_part_has_the_lines_of_its_source() -> None:
    (table,) = material_of(SUMMARY + TABLE).tables
    lines_above = SUMMARY.count("\n")
    assert table.capture.first_line == lines_above + 1
    first = table.frame.row(0, named=True)
    assert TABLE.split("\n")[first["line"] - 1 - lines_above].startswith(("B>*", "O>*", "C>*", "K>*", "S>*"))


def test_several_commands_typed_as_one_are_each_read() -> None:
    typed = "root@tor1:~# vtysh -c 'show running-config' -c 'show bgp summary' -c 'show ip route'\n"
    material = material_of(typed + CONFIGURATION + SUMMARY + TABLE)
    (table,) = material.tables
    assert (table.router, next_hops(material)) == ("tor1", next_hops(material_of(TABLE)))
    assert {session.host for session in material.facts.sessions} == {"tor1"}
    assert {neighbor.router for neighbor in material.facts.neighbors} == {"tor1"}


def test_one_line_of_another_format_stays_a_line_not_understood() -> None:
    lines = TABLE.split("\n")
    place = max(number for number, line in enumerate(lines) if line.startswith("B>*"))
    lines.insert(place, "Neighbor        V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd")
    (table,) = material_of("\n".join(lines)).tables
    assert [line.line for line in table.unparsed] == [place + 1]
    assert next_hops(material_of("\n".join(lines))) == next_hops(material_of(TABLE))


def test_a_line_that_a_reader_of_facts_does_not_understand_counts() -> None:
    damaged = SUMMARY.replace("Neighbor ", "garbage that no rule knows\nNeighbor ", 1)
    (line,) = material_of(damaged).unparsed
    assert line.text == "garbage that no rule knows"
    run = ecmpaudit("analyze", "-", "--format", "json", text=TABLE + damaged)
    assert [u["text"] for router in json.loads(run.stdout)["routers"] for u in router["unparsed"]] == [line.text]
    run = ecmpaudit("routes", "-", "--format", "json", text=TABLE + damaged)
    assert (run.returncode, [u["text"] for u in json.loads(run.stdout)["unparsed"]]) == (3, [line.text])


@pytest.mark.parametrize(
    "text, pool, nodes, command",
    [
        (PATHS, "172.31.1.0/24", "172.30.250.101-106", "`show ip route` (FRR)"),
        (SUMMARY, "172.31.1.0/24", "172.30.250.101-106", "`show ip route` (FRR)"),
        (SUMMARY, "fd00:31::/64", "fd00:30:250::101", "`show ipv6 route` (FRR)"),
        (BIRD_DETAILS, "172.31.1.0/24", "172.30.250.101", "`show route` (BIRD)"),
        (ADDRESSES, "172.31.1.0/24", "172.30.250.101", "`ip route` (Linux)"),
    ],
    ids=["BGP table", "sessions", "IPv6", "sessions of BIRD", "addresses"],
)
def test_without_a_route_table_a_run_is_incomplete_and_says_what_to_add(
    text: str, pool: str, nodes: str, command: str
) -> None:
    run = ecmpaudit("analyze", "-", "--pool", pool, "--nodes", nodes, text=text)
    assert (run.returncode, "no route table of a router was read: add the output of" in run.stdout) == (3, True)
    assert command in run.stdout


def test_without_a_route_table_a_node_without_a_path_is_named() -> None:
    run = ecmpaudit("analyze", "-", "--pool", "172.31.1.0/24", "--nodes", "172.30.250.101-105", text=PATHS)
    assert "172.31.1.0/32: the BGP table has no path from 172.30.250.103, 172.30.250.104\n" in run.stdout
    assert "172.31.1.1/32: the BGP table has no path" not in run.stdout


@pytest.mark.parametrize("heading", ["[edit]", "{master:0}", "[VRF: DMZ]", "[2020-01-21 03:11:17] started"])
def test_a_bracket_alone_is_no_json(heading: str) -> None:
    material = material_of(f"{heading}\n{TABLE}")
    assert next_hops(material) == next_hops(material_of(TABLE))


def test_parts_are_found_in_order_and_cover_all_lines() -> None:
    lines = (CONFIGURATION + TABLE + SUMMARY).split("\n")
    parts = parts_of(lines)
    summary = (CONFIGURATION + TABLE).count("\n") + 1  # its first line is blank
    assert [part.start for part in parts] == [0, CONFIGURATION.count("\n"), summary]
    assert [part.stop for part in parts] == [*(part.start for part in parts[1:]), len(lines)]


ROUTE = (
    "B>* 198.51.100.7/32 [20/0] via 192.0.2.11, eth1, weight 1, 00:00:05\n"
    "  *                        via 192.0.2.12, eth1, weight 1, 00:00:05\n"
)
ONE_HOP = ROUTE.split("\n", maxsplit=1)[0] + "\n"
NODES = ("--pool", "198.51.100.0/24", "--nodes", "192.0.2.11-12")


@pytest.mark.parametrize("command", ["show ip route bgp", "sh ip ro bgp"])
def test_the_newest_of_two_outputs_is_judged_and_the_older_is_named(command: str) -> None:
    text = f"tor1# show ip route bgp\n{ROUTE}tor1# {command}\n{ONE_HOP}"
    run = ecmpaudit("analyze", "-", *NODES, "-v", text=text)
    assert (run.returncode, "tor1 198.51.100.7/32: 1 next hop, expected 2" in run.stdout) == (1, True)
    assert "-:5 is the newest output of `show ip route bgp` and is judged; -:2 is older" in run.stdout.replace(
        "sh ip ro", "show ip route"
    )


IPV6 = ROUTE.replace("198.51.100.7/32", "2001:db8::7/128").replace("192.0.2.1", "fe80::1")


@pytest.mark.parametrize(
    "first, second, family",
    [
        ("show ip route bgp", "show ip route", 4),
        ("show ip route", "show ip route bgp", 4),
        ("show ip route", "sh ip ro 198.51.100.0/24 longer-prefixes", 4),
        ("show ip route vrf red", "show ip route vrf red bgp", 4),
        ("show ipv6 route", "show ipv6 route bgp", 6),
        ("show ipv6 route 2001:db8::/32 longer-prefixes", "show ipv6 route", 6),
    ],
)
def test_a_newer_output_is_judged_where_one_lists_less_than_the_other(first: str, second: str, family: int) -> None:
    route, prefix = (ROUTE, "198.51.100.7/32") if family == 4 else (IPV6, "2001:db8::7/128")
    one_hop = route.split("\n", maxsplit=1)[0] + "\n"
    material = material_of(f"tor1# {first}\n{route}tor1# {second}\n{one_hop}")
    hops = [r for table in material.tables for (_, p), r in table.views().items() if p == prefix]
    assert [len(route.next_hops) for routes in hops for route in routes] == [1]
    assert [(old.older.first_line, old.newer.first_line) for old in material.older_tables] == [(2, 5)]


@pytest.mark.parametrize(
    "second", ["show ip route ospf", "show ip route vrf red", "show ip fib", "show ip route 203.0.113.0/24"]
)
def test_an_output_about_other_routes_replaces_nothing(second: str) -> None:
    material = material_of(
        f"tor1# show ip route bgp\n{ROUTE}tor1# {second}\n{ROUTE.replace('198.51.100.7', '203.0.113.7')}"
    )
    assert (len(material.tables), material.older_tables) == (2, ())


def test_another_router_or_command_is_no_older_output() -> None:
    text = f"tor1# show ip route bgp\n{ROUTE}tor2# show ip route bgp\n{ROUTE}tor1# show ip route vrf red\n{ROUTE}"
    material = material_of(text)
    assert [(table.router, table.capture.first_line) for table in material.tables] == [
        ("tor1", 2),
        ("tor2", 5),
        ("tor1", 8),
    ]
    assert material.older_tables == ()


@pytest.mark.parametrize(
    "command", ["show ip route | include 198.51", "vtysh -c 'show ip route' | grep 198", "ip route | head -3"]
)
def test_a_filtered_output_is_incomplete_and_not_judged(command: str) -> None:
    route = "198.51.100.7 via 192.0.2.11 dev eth1 proto bgp\n" if command.startswith("ip") else ONE_HOP
    run = ecmpaudit("analyze", "-", *NODES, "--format", "json", text=f"root@tor1:~# {command}\n{route}")
    assert run.returncode == 3
    assert {finding["code"] for finding in json.loads(run.stdout)["findings"]} == {"ECMP001"}
    assert "printed only some lines" in json.loads(run.stdout)["routers"][0]["failure"]


def test_a_pipe_that_keeps_all_lines_is_no_filter() -> None:
    run = ecmpaudit("analyze", "-", *NODES, text=f"tor1# show ip route | no-more\n{ROUTE}")
    assert run.returncode == 0


def test_the_report_says_what_was_not_read_and_why(tmp_path: Path) -> None:
    session, other = tmp_path / "session.txt", tmp_path / "other.txt"
    session.write_text(f"tor1# show ip route\n{ROUTE}admin@fw> show rib all\nnet 10.0.0.0/8 hop 192.0.2.1 cost 10\n")
    other.write_text("hello\n")
    run = ecmpaudit("analyze", str(session), str(other), *NODES, "--format", "json")
    first, second = json.loads(run.stdout)["not_read"]
    assert (first["source"], first["line"], first["router"], first["command"]) == (
        str(session),
        5,
        "fw",
        "show rib all",
    )
    assert (second["source"], second["line"], second["command"]) == (str(other), 1, None)
    assert all("no route table of a known platform" in part["reason"] for part in (first, second))


def test_a_router_of_an_unknown_platform_in_a_session_is_not_checked_by_name() -> None:
    text = f"tor1# show ip route\n{ROUTE}admin@fw> show rib all\nnet 10.0.0.0/8 hop 192.0.2.1 cost 10\n"
    run = ecmpaudit("analyze", "-", *NODES, "--format", "json", text=text)
    report = json.loads(run.stdout)
    assert (run.returncode, report["summary"]["routers"]["not_checked"]) == (3, 1)
    (finding,) = report["findings"]
    assert (finding["code"], finding["router"]) == ("ECMP001", "fw")


def test_a_host_that_a_tool_could_not_reach_is_not_checked_by_name() -> None:
    text = f'tor1 | CHANGED | rc=0 >>\n{ROUTE}tor2 | UNREACHABLE! => {{\n    "msg": "timed out"\n}}\n'
    run = ecmpaudit("analyze", "-", *NODES, "--format", "json", text=text)
    assert [finding["router"] for finding in json.loads(run.stdout)["findings"]] == ["tor2"]
    assert run.returncode == 3


def test_a_cut_in_a_table_is_said_and_the_route_above_it_is_not_judged() -> None:
    text = f"tor1# show ip route\n{ONE_HOP}<snip>\n{ROUTE.replace('100.7', '100.8')}"
    run = ecmpaudit("analyze", "-", *NODES, "--format", "json", text=text)
    report = json.loads(run.stdout)
    assert run.returncode == 3
    assert {finding["code"] for finding in report["findings"]} == {"ECMP002"}
    assert any("is cut in its middle" in note for note in report["notes"])


SESSIONS = """
IPv4 Unicast Summary (VRF default):
BGP router identifier 192.0.2.1, local AS number 64500 vrf-id 0
BGP table version 3
RIB entries 5, using 920 bytes of memory

Neighbor        V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc
192.0.2.11      4      64512       100       100        0    0    0 00:10:00            1        1 N/A

Total number of neighbors 1
"""
MANY = "".join(
    f"B>* 10.0.{number}.0/24 [20/0] via 192.0.2.11, eth1, weight 1, 00:00:05\n"
    f"  *                     via 192.0.2.12, eth1, weight 1, 00:00:05\n"
    for number in range(100)
)
MANY_6 = "".join(
    f"B>* 2001:db8:{number:x}::/48 [20/0] via fe80::11, eth1, weight 1, 00:00:05\n" for number in range(100)
)


@pytest.mark.parametrize("order", [(SESSIONS, MANY), (MANY, SESSIONS), (MANY, SESSIONS, MANY_6), (SESSIONS, MANY_6)])
def test_a_long_text_is_divided_where_its_parts_end(order: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_WEIGHED", 20)
    monkeypatch.setattr(long_texts, "WINDOW", 15)
    material = material_of("".join(order))
    assert [table.route_count for table in material.tables] == [100] * sum(text is not SESSIONS for text in order)
    assert [session.peer for session in material.facts.sessions] == ["192.0.2.11"]
    assert (material.unparsed, [line for table in material.tables for line in table.unparsed]) == ((), [])


def test_damaged_lines_of_a_long_table_are_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_WEIGHED", 20)
    monkeypatch.setattr(long_texts, "WINDOW", 15)
    material = material_of(MANY.replace("10.0.50.0/24 [20/0]", "10.0.50.0/24 20/0"))
    (table,) = material.tables
    assert [line.text[:16] for line in table.unparsed] == ["B>* 10.0.50.0/24", "  *             "]


SUMMARIES = {
    "tor1# show ip route bgp": ("tor1# show ip route", {"bgp 1 1", "static 1 1"}),
    "tor1# show ip route": ("tor1# show ip route", {"bgp 1 1"}),
    "": ("", {"bgp 1 1"}),
}


@pytest.mark.parametrize("second", SUMMARIES)
def test_a_summary_of_what_was_pasted_twice_counts_the_newest(second: str) -> None:
    first, counted = SUMMARIES[second]
    static = "S>* 198.51.100.8/32 [1/0] via 192.0.2.1, eth0, weight 1, 00:00:05\n"
    run = ecmpaudit("routes", "--summary", "-", text=f"{first}\n{ONE_HOP}{static}{second}\n{ONE_HOP}")
    rows = {" ".join(line.split()[-3:]) for line in run.stdout.splitlines()[1:]}
    assert (rows, "internal error" in run.stderr) == (counted, False)
