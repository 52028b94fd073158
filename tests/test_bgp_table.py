"""BGP tables of FRR: the text has the paths of its JSON of the same second, and none is lost or moved."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.parsing.bgp_table import BgpTable, is_bgp_table, read_bgp_table
from ecmpaudit.parsing.columnar import numbered_lines
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.template import engine_of, read_rows, read_rows_textfsm
from ecmpaudit.platforms.registry import platforms
from tests import dumps

if TYPE_CHECKING:
    from ecmpaudit.model.facts import BgpPath

OWN = "0.0.0.0"  # noqa: S104 - the next hop of the router's own path
FIXTURES = Path(__file__).parent / "fixtures" / "frr"
FORMAT = platforms()["frr"].bgp_table
COMMAND = re.compile(r"show bgp ipv[46] unicast( wide)?$")
TABLES = [e for e in dumps.manifest()["files"] if COMMAND.match(e["command"] or "") and "more/" not in e["file"]]
TWINS = [entry for entry in TABLES if entry.get("json_twin")]
DETAILS = [
    e
    for e in dumps.manifest()["files"]
    if re.match(r"show bgp ipv[46] unicast (\S+/[0-9]+|detail) json$", e["command"] or "") and "more/" not in e["file"]
]


def read(text: str, command: str | None = None, *, router: str | None = "tor1", first_line: int = 1) -> BgpTable:
    return read_bgp_table(Capture(router, None, command, text, "t", first_line=first_line))


def fixture(name: str) -> BgpTable:
    return read((FIXTURES / name).read_text(encoding="utf-8"))


def of_dump(entry: dict[str, Any], file: str, command: str) -> BgpTable:
    return read_bgp_table(Capture(entry["router"], None, command, dumps.text(file), file))


def in_both_forms(path: BgpPath) -> tuple[Any, ...]:
    marks = (path.is_valid, path.is_best, path.is_multipath, path.is_stale, path.is_internal)
    attributes = (path.weight, path.local_preference, path.as_path, path.origin, path.med)
    return path.router, path.vrf, path.prefix, *marks, *attributes


@pytest.mark.parametrize(
    "prefixes, family",
    [
        (["198.51.100.7/32"], 4),
        (["2001:db8::7/128", "2001:db8::8/128"], 6),
        (["198.51.100.7/32", "2001:db8::7/128"], None),
        ([], None),
    ],
)
def test_a_command_without_a_family_has_that_of_its_paths(prefixes: list[str], family: int | None) -> None:
    path = {"valid": True, "bestpath": True, "nexthops": [{"ip": "192.0.2.1", "used": True}]}
    text = json.dumps({"vrfName": "default", "routes": {prefix: [path] for prefix in prefixes}})
    assert read(text, "show bgp json").family == family


@pytest.mark.sampled(8)
@pytest.mark.parametrize("entry", TWINS, ids=lambda entry: str(entry["file"]))
def test_the_text_has_the_paths_of_its_json(entry: dict[str, Any]) -> None:
    text = of_dump(entry, entry["file"], entry["command"])
    twin = of_dump(entry, entry["json_twin"], f"{entry['command']} json")
    assert text.unparsed == ()
    assert text.is_whole
    assert text.family == twin.family == (6 if "ipv6" in entry["command"] else 4)
    assert [in_both_forms(path) for path in text.paths] == [in_both_forms(path) for path in twin.paths]
    assert all(path.next_hop in of_json.next_hops for path, of_json in zip(text.paths, twin.paths, strict=True))


def test_the_wide_form_has_the_same_paths() -> None:
    for folder in ("frr-8.4.4", "frr-10.7.0"):
        narrow, wide = (
            read(dumps.text(f"{folder}/show_bgp_ipv4_unicast{form}__5nodes.txt"), "show bgp ipv4 unicast")
            for form in ("", "_wide")
        )
        assert [(in_both_forms(p), p.next_hop) for p in wide.paths] == [
            (in_both_forms(p), p.next_hop) for p in narrow.paths
        ]
        assert len(wide.paths) == 8


@pytest.mark.parametrize("entry", DETAILS, ids=lambda entry: str(entry["file"]))
def test_the_detail_json_of_a_prefix_has_every_path(entry: dict[str, Any]) -> None:
    table = of_dump(entry, entry["file"], entry["command"])
    text = dumps.text(entry["file"])
    assert len(table.paths) == len(re.findall(r'"routerId":"[^"]*",\s*"type"', text)) > 0
    assert sum(path.is_best for path in table.paths) == len(re.findall(r'"overall":true', text))
    assert all(path.router_id and path.peer for path in table.paths)
    assert len([path for path in table.paths if not path.is_accessible]) == text.count('"accessible":false')


@pytest.mark.parametrize("entry", [e for e in DETAILS if "detail" not in e["command"]], ids=lambda e: str(e["file"]))
@pytest.mark.parametrize("is_command_known", [True, False])
def test_the_paths_of_one_prefix_say_nothing_of_another(entry: dict[str, Any], is_command_known: bool) -> None:
    table = read(dumps.text(entry["file"]), entry["command"] if is_command_known else None)
    assert not table.is_whole


@pytest.mark.parametrize(
    "command, is_whole",
    [
        ("show bgp ipv4 unicast json", True),
        ("vtysh -c 'show bgp ipv4 unicast 198.51.100.0/24 longer-prefixes json'", True),
        ("vtysh -c 'show bgp ipv6 unicast 2001:db8::/64 longer-prefixes json'", True),
        ("show bgp ipv4 unicast 198.51.100.8/32 json", False),
        ("vtysh -c 'show bgp ipv6 unicast 2001:db8::8'", False),
        ("show ip bgp 198.51.100.8", False),
    ],
)
def test_the_command_decides_whether_a_path_that_is_not_listed_does_not_exist(command: str, is_whole: bool) -> None:
    nothing = '{"vrfId": 0, "vrfName": "default", "routes": {}}'
    assert read(nothing, command).is_whole is is_whole


def test_every_column_is_read_from_its_place() -> None:
    table = fixture("show_bgp_ipv4_unicast--all_columns.txt")
    assert table.unparsed == ()
    assert table.is_whole
    paths = [(p.prefix[-4:], p.next_hop, p.med, p.local_preference, p.weight, p.as_path, p.origin) for p in table.paths]
    assert paths == [
        ("0/24", OWN, 0, None, 32768, "", "IGP"),
        ("1/32", "192.0.2.101", 0, 100, 0, "64497", "incomplete"),
        ("1/32", "192.0.2.102", None, 100, 0, "64497 64498", "EGP"),
        ("1/32", "192.0.2.103", 50, None, 0, "", "IGP"),
        ("1/32", "192.0.2.104", 4294967295, 200, 7, "64497 {64498,64499} (64500)", "IGP"),
        ("1/32", "192.0.2.105", None, 4294967295, 0, "64497", "IGP"),
        ("1/32", "192.0.2.106", None, None, 0, "64497", "IGP"),
        ("1/32", "192.0.2.107", None, None, 0, "64497", "IGP"),
        ("1/32", "192.0.2.108", None, None, 0, "64497", "IGP"),
        ("2/32", "192.0.2.109", None, None, 0, "64497", "IGP"),
        ("2/32", "192.0.2.110", None, None, 0, "64497", "IGP"),
        ("3/32", "192.0.2.111", None, None, 0, "64497", "IGP"),
        ("3/32", "192.0.2.112", None, None, 0, "64497", "IGP"),
        ("4/32", "swp1", None, None, 0, "64497", "IGP"),
    ]
    assert table.paths[-1].peer == "swp1"


def test_every_mark_has_its_meaning() -> None:
    table = fixture("show_bgp_ipv4_unicast--all_columns.txt")
    last = {path.next_hop.rpartition(".")[2]: path for path in table.paths}

    def having(name: str) -> set[str]:
        return {number for number, path in last.items() if getattr(path, name)}

    assert having("is_valid") == {"0", "101", "102", "103", "104", "105", "109", "111", "112", "swp1"}
    assert having("is_best") == {"0", "101", "104", "111", "112", "swp1"}
    assert having("is_multipath") == having("is_best") | {"102"}
    assert having("is_internal") == {"101", "102", "103"}
    assert having("is_stale") == {"109"}


def test_a_path_on_two_or_three_lines_is_one_path() -> None:
    table = fixture("show_bgp_ipv6_unicast--wrapped.txt")
    assert table.unparsed == ()
    paths = [(p.prefix, p.next_hop, p.is_valid, p.med, p.local_preference, p.evidence.line) for p in table.paths]
    assert paths == [
        ("2001:db8:1234:5678::1/128", "2001:db8::1", True, 0, None, 10),
        ("2001:db8:1234:5678::2/128", "2001:db8:ffff:ffff::102", True, 20, 100, 12),
        ("2001:db8:1234:5678::2/128", "2001:db8::103", True, 20, 100, 15),
        ("2001:db8:1234:5678::2/128", "2001:db8:ffff:ffff::104", False, None, None, 16),
        ("2001:db8::/48", "2001:db8:ffff:ffff::105", True, None, 4294967295, 18),
    ]


@pytest.mark.parametrize("name", ["show_bgp_ipv4_unicast--all_columns", "show_bgp_ipv6_unicast--wrapped"])
def test_an_unknown_line_anywhere_is_reported_and_moves_no_path(name: str) -> None:
    lines = (FIXTURES / f"{name}.txt").read_text(encoding="utf-8").split("\n")
    whole = {(p.prefix, p.next_hop, p.med, p.evidence.text) for p in read("\n".join(lines)).paths}
    for position in range(len(lines)):
        table = read("\n".join([*lines[:position], "?? of a newer release ??", *lines[position:]]))
        assert "?? of a newer release ??" in [line.text for line in table.unparsed], position
        assert {(p.prefix, p.next_hop, p.med, p.evidence.text) for p in table.paths} <= whole, position
        assert len(table.paths) < len(whole) or len(table.unparsed) == 1, position
        assert not table.is_whole


HEADING = "    Network          Next Hop            Metric LocPrf Weight Path\n"


@pytest.mark.parametrize(
    "line, reason",
    [
        (" *> 300.1.1.1/40     192.0.2.1                0             0 64497 i", "300.1.1.1/40 is no IP prefix"),
        (" *> 198.51.100.1/24  192.0.2.1                0             0 64497 i", "198.51.100.1/24 is no IP prefix"),
        (" *> 198.51.100.1/32  192.0.2.300              0             0 64497 i", "192.0.2.300 is no IP address"),
        (" *=                  192.0.2.1                0             0 64497 i", "a path without a prefix above it"),
        (" *> 198.51.100.1/32  192.0.2.1", "the path ends early: was the output cut short?"),
        (" *> 198.51.100.1/32", "the path ends early: was the output cut short?"),
        (" *> 198.51.100.1/32  192.0.2.1       42949672954294967295      0 64497 i", "no rule matches"),
        ("% BGP instance not found", "a message of the router instead of a table"),
    ],
)
def test_an_impossible_value_is_reported_and_never_corrected(line: str, reason: str) -> None:
    table = read(HEADING + line, "show bgp ipv4 unicast", first_line=11)
    assert table.paths == ()
    assert [(unparsed.line, unparsed.text, unparsed.reason) for unparsed in table.unparsed] == [(12, line, reason)]


def test_a_table_without_its_closing_line_is_not_whole() -> None:
    text = (FIXTURES / "show_bgp_ipv4_unicast--all_columns.txt").read_text(encoding="utf-8")
    table = read(text.partition("Displayed")[0])
    assert (len(table.paths), table.unparsed, table.is_whole) == (14, (), False)


def test_a_path_on_the_first_line_is_counted() -> None:
    path = "*> 198.51.100.7/32  192.0.2.1                0             0 64512 i"
    text = f"{path}\n\nDisplayed 2 routes and 2 total paths\n"
    table = read_bgp_table(Capture("tor1", "frr", "show bgp ipv4 unicast", text, "-"))
    assert [(line.line, line.reason) for line in table.unparsed] == [
        (1, "contradicts itself: it says 2 prefixes, and 1 are listed"),
        (3, "contradicts itself: it says 2 prefixes, and 1 are listed"),
    ]


def test_nothing_found_is_an_answer() -> None:
    for text in ("% Network not in table\n", "No BGP prefixes displayed, 0 exist\n"):
        table = read(text, "show bgp vrf red ipv6 unicast")
        assert table == BgpTable((), (), 6, is_whole=True)


def test_the_vrf_is_that_of_the_heading_the_command_or_a_number() -> None:
    path = " *> 198.51.100.1/32  192.0.2.1                0             0 64497 i\n"
    version = "BGP table version is 3, local router ID is 192.0.2.1, vrf id {}\n"
    several = f"\nInstance default:\n{version.format(0)}{path}\nInstance red:\n{version.format(7)}{path}"
    assert [p.vrf for p in read(several, "show bgp vrf all ipv4 unicast").paths] == ["default", "red"]
    assert [p.vrf for p in read(version.format(7) + path, "vtysh -c 'show bgp vrf red'").paths] == ["red"]
    assert [p.vrf for p in read(version.format(7) + path).paths] == ["vrf id 7"]
    assert [p.vrf for p in read(version.format(0) + path).paths] == ["default"]


def test_json_of_all_vrfs_names_each() -> None:
    path = {"valid": True, "bestpath": True, "pathFrom": "internal", "weight": 0, "path": "", "origin": "IGP"}
    hop = {"nexthops": [{"ip": "192.0.2.1", "afi": "ipv4", "used": True}], "locPrf": 200, "metric": 5}
    document = {
        vrf: {"vrfId": 0, "vrfName": vrf, "routes": {"198.51.100.1/32": [path | hop]}} for vrf in ("Default", "red")
    }
    table = read(json.dumps(document), "show bgp vrf all ipv4 unicast json")
    paths = [(p.vrf, p.is_internal, p.local_preference, p.med, p.as_path) for p in table.paths]
    assert paths == [("default", True, 200, 5, ""), ("red", True, 200, 5, "")]


@pytest.mark.parametrize(
    "text",
    ["{", "[" * 100_000, '{"routes": {"300.1.1.1/40": [{}]}}', '{"vrfId": 0}', '{"vrfId": 0, "routes": []}', "[1]"],
    ids=["cut", "nested", "no_prefix", "no_routes", "list", "number"],
)
def test_json_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(UnknownFormatError, match=r"^t: this JSON"):
        read(text, "show bgp ipv4 unicast json")


def test_the_detail_form_as_text_is_refused_with_what_to_do() -> None:
    text = dumps.text("frr-10.7.0/show_bgp_ipv4_unicast_172.31.1.1-32__5nodes.txt")
    with pytest.raises(UnknownFormatError, match=r"read only as JSON: add `json`"):
        read(text, "show bgp ipv4 unicast 172.31.1.1/32")


@pytest.mark.parametrize(
    "command, wanted",
    [
        ("show bgp ipv4 unicast", True),
        ("vtysh -c 'show bgp vrf red ipv6 unicast json'", True),
        ("sh ip bgp 198.51.100.1/32 json", True),
        ("show bgp summary", False),
        ("show bgp ipv4 unicast neighbors 192.0.2.1 advertised-routes", False),
        ("show bgp nexthop", False),
        ("show ip route", False),
    ],
)
def test_a_bgp_table_is_detected_by_its_command(command: str, *, wanted: bool) -> None:
    assert is_bgp_table(Capture("tor1", None, command, "", "t")) is wanted


@pytest.mark.parametrize("entry", TABLES, ids=lambda entry: str(entry["file"]))
def test_a_pasted_bgp_table_is_detected_by_its_lines_and_is_no_route_table(entry: dict[str, Any]) -> None:
    capture = Capture(None, None, None, dumps.text(entry["file"]), entry["file"])
    assert is_bgp_table(capture)
    with pytest.raises(UnknownFormatError):
        read_capture(capture)


def test_no_route_table_is_taken_for_a_bgp_table() -> None:
    for entry in dumps.route_files():
        if "big10k" not in entry["file"]:
            assert not is_bgp_table(Capture(None, None, None, dumps.text(entry["file"]), entry["file"])), entry["file"]


def test_both_engines_read_the_same_rows() -> None:
    assert FORMAT is not None
    assert engine_of(FORMAT.template).reason == ""
    texts = [dumps.text(entry["file"]) for entry in TABLES if "big10k" not in entry["file"]]
    texts += [path.read_text(encoding="utf-8") for path in FIXTURES.glob("show_bgp*.txt")]
    known = sorted({line for text in texts for line in text.split("\n")})
    for text in texts:
        lines = numbered_lines(text)
        assert read_rows(FORMAT.template, lines).equals(read_rows_textfsm(FORMAT.template, lines))

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(st.lists(st.one_of(st.sampled_from(known), st.text("*>=i 0123456789.:/", max_size=70)), max_size=40))
    def check(lines: list[str]) -> None:
        numbered = numbered_lines("\n".join(lines))
        rows, one_by_one = (engine(FORMAT.template, numbered) for engine in (read_rows, read_rows_textfsm))
        assert rows.equals(one_by_one)

    check()
