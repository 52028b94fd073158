"""Whatever a file holds: a table that lists its unparsed lines, or an error of ours; no crash, no hang, bounded memory.

The budget is small and the same in every run. `make fuzz` raises it: FUZZ_EXAMPLES for each property, FUZZ_MEGABYTES
for the large files.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecmpaudit.auditing.run import read_material
from ecmpaudit.encoding import decode
from ecmpaudit.errors import EcmpauditError
from ecmpaudit.model import Capture
from ecmpaudit.parsing.bgp_table import is_bgp_table, read_bgp_table
from ecmpaudit.parsing.canonical import ipv4_network_pattern
from ecmpaudit.parsing.detection import detect
from ecmpaudit.parsing.json_tables import looks_like_json
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.template import rules_of
from ecmpaudit.parsing.transcript import captures_from_text
from ecmpaudit.platforms.fact_readers import FACT_READERS
from ecmpaudit.platforms.registry import platforms
from tests import dumps
from tests.answers_beside_routes import CILIUM_EXPORTS, CILIUM_PEERS
from tests.snapshot_mutations import kind_of, snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.parsing.route_table import RouteTable

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "40"))
MEGABYTES = int(os.environ.get("FUZZ_MEGABYTES", "64"))
bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
DUMPS = (
    "frr-10.7.0/show_ip_route__recursive.txt",
    "frr-8.4.4/show_ip_route__bgp_ospf.txt",
    "frr-6.0.3/show_ip_route__blackhole_static.txt",
    "frr-10.7.0/show_ipv6_route__5nodes.txt",
    "frr-8.4.4/show_ip_route_172.31.1.1-32__bgp_ospf.txt",
    "bird-1.6.8/show_route__bgp_ospf.txt",
    "bird-2.19.2/show_route_all__5nodes.txt",
    "bird-3.3.2/show_route__tables.txt",
    "frr-10.7.0/linux_ip_route__5nodes__tor1.txt",
    "frr-10.7.0/linux_ip_-6_route__5nodes__tor1.txt",
)
JSON_DUMPS = (
    "frr-10.7.0/show_ip_route__5nodes.json",
    "frr-6.0.3/show_ip_route_vrf_all__vrf.json",
    "frr-8.4.4/show_bgp_ipv4_unicast__5nodes.json",
    "frr-10.7.0/show_bgp_ipv4_unicast_172.31.1.1-32__5nodes.json",
)
BGP_DUMPS = ("frr-10.7.0/show_bgp_ipv4_unicast__5nodes.txt", "frr-8.4.4/show_bgp_ipv6_unicast__5nodes.txt")
REPEAT = 4
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=" \t\r\n\b\x00\x1b[]{}>#$*/.:0123456789abcdefviadev,", max_size=120),
    st.sampled_from(
        [
            "300.1.1.1/40",
            "B>* 300.1.1.1/40 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:01",
            "99999999999999999999999999",
            "weight 18446744073709551616",
            "e" + "\u0301" * 500,
            "\u202e\U000e0041\udc80",
            "--More--",
            "tor1# show ip route",
            "> " * 200,
        ]
    ),
)


def read_all(content: bytes | str) -> list[RouteTable]:
    """Read as the commands do, and as the facts are read; only errors of ours are let pass."""
    text = decode(content) if isinstance(content, bytes) else content
    tables = []
    with contextlib.suppress(EcmpauditError):
        read_material([Capture(None, None, None, text, "t")])
    with contextlib.suppress(EcmpauditError):
        for capture in captures_from_text(text, "t"):
            if is_bgp_table(capture):
                read_bgp_table(capture)
            else:
                tables.append(read_capture(capture))
    return tables


def mutated(lines: list[str], changes: list[tuple[int, int, int, str]]) -> list[str]:
    """Return the lines with some cut, repeated, moved, or with a text put into them."""
    lines = list(lines)
    for kind, place, somewhere, text in changes:
        number = place % len(lines)
        line, other = lines[number], (place * 7 + somewhere) % len(lines)
        column = somewhere % (len(line) + 1)
        if kind == REPEAT:
            lines.insert(other, line)
        else:
            forms = (line[:column], line[column:], line[:column] + text + line[column:], lines[other])
            lines[number] = forms[kind]
    return lines


CHANGES = st.lists(
    st.tuples(st.integers(0, REPEAT), st.integers(0, 10_000), st.integers(0, 200), HOSTILE), min_size=1, max_size=6
)


@bounded
@given(st.one_of(st.binary(max_size=300), HOSTILE, st.lists(HOSTILE, max_size=12).map("\n".join)))
def test_what_is_no_table_crashes_nothing(content: bytes | str) -> None:
    read_all(content)


@bounded
@given(st.sampled_from((*DUMPS, *JSON_DUMPS, *BGP_DUMPS)), CHANGES)
def test_a_damaged_table_crashes_nothing(file: str, changes: list[tuple[int, int, int, str]]) -> None:
    read_all("\n".join(mutated(dumps.text(file).split("\n"), changes)))


def _commands() -> dict[str | None, tuple[str, str]]:
    """Return a platform and a command for each reader of facts, BGP tables and route tables, as a scan asks them.

    Tables of the hardware are only read where they are given, and Cilium is asked in its pods.
    """
    found: dict[str | None, tuple[str, str]] = {
        "hardware tables": ("frr", "crm show resources all"),
        "cilium peers": ("gobgp", CILIUM_PEERS[0]),
        "cilium exports": ("gobgp", CILIUM_EXPORTS[0]),
    }
    for platform in platforms().values():
        for asked in (*platform.scan_router, *platform.scan_node):
            command = asked.command
            for word, value in {"{pool}": "198.51.100.0/24", "{address}": "192.0.2.1", "{name}": "node1"}.items():
                command = command.replace(word, value)
            found.setdefault(kind_of(Capture("node1", platform.name, command, "", "t")), (platform.name, command))
    return found


COMMANDS = _commands()


def test_there_is_a_command_for_every_reader() -> None:
    assert set(FACT_READERS) | {"BGP table"} <= set(COMMANDS)


def read_answer(reader: str, text: str) -> None:
    """Read a text as the answer to a command; the guard around each capture has nothing to do."""
    platform, command = COMMANDS[reader]
    material = read_material([Capture("node1", platform, command, text, "t")])
    assert [c.failure for c in material.failed if "fault of ecmpaudit" in (c.failure or "")] == []


@pytest.mark.parametrize("reader", sorted(filter(None, COMMANDS)))
def test_what_answers_a_command_crashes_no_reader(reader: str) -> None:
    @settings(bounded, max_examples=max(10, EXAMPLES // 4))
    @given(st.one_of(st.binary(max_size=300).map(decode), HOSTILE, st.lists(HOSTILE, max_size=12).map("\n".join)))
    def check(text: str) -> None:
        read_answer(reader, text)

    check()


@pytest.mark.parametrize("reader", [*sorted(FACT_READERS), "BGP table"])
def test_a_damaged_answer_crashes_no_reader(reader: str) -> None:
    recorded = [capture.text.split("\n") for capture in snapshot() if kind_of(capture) == reader]

    @settings(bounded, max_examples=max(10, EXAMPLES // 4))
    @given(st.sampled_from(recorded), CHANGES)
    def check(lines: list[str], changes: list[tuple[int, int, int, str]]) -> None:
        read_answer(reader, "\n".join(mutated(lines, changes)))

    check()


@pytest.mark.parametrize("file", DUMPS)
def test_every_line_of_a_damaged_table_is_read_or_reported(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecmpaudit.parsing.reading.repaired", lambda _, lines, __: (list(lines), ()))
    original = dumps.text(file).rstrip("\n").split("\n")
    (capture,) = captures_from_text(dumps.text(file), file)
    platform, table_format = detect(capture, capture.text.split("\n"))
    patterns = [p for _, _, p in rules_of(table_format.template) if "UNPARSED" not in p.groupindex]

    @settings(bounded, max_examples=max(10, EXAMPLES // 4))
    @given(CHANGES)
    def check(changes: list[tuple[int, int, int, str]]) -> None:
        lines = "\n".join(mutated(original, changes)).encode(errors="replace").decode().split("\n")
        command = capture.command or "show ip route" if platform.name == "frr" else None
        damaged = Capture(None, platform.name, command, "\n".join(lines), "t")
        try:
            if looks_like_json(damaged.text) or detect(damaged, lines)[1] is not table_format:
                return
            table = read_capture(damaged)
        except EcmpauditError:
            return
        reported = {line.line for line in table.unparsed}
        for number, line in enumerate(lines, start=1):
            is_read = not line.strip(" \t\r\f\v") or any(pattern.match(line) for pattern in patterns)
            assert is_read or number in reported, line
        for row in table.frame.iter_rows(named=True):
            if row["next_hop"] and ":" not in row["next_hop"]:
                assert row["next_hop"] in lines[row["line"] - 1]
            if ":" not in row["prefix"] and row["prefix"] != "0.0.0.0/0":
                above = "\n".join(lines[: row["line"]])
                assert row["prefix"].removesuffix("/32") in above

    check()


FRR = "B>* {prefix} [{distance}/{metric}] via 192.0.2.1, eth0, weight {weight}, 00:00:05"
USUAL = {"prefix": "198.51.100.0/24", "distance": "20", "metric": "0", "weight": "1"}


@pytest.mark.parametrize(
    "prefix",
    ["300.1.1.1/40", "198.51.100.0/33", "198.51.100.0/999999999999", "198.51.100.1/24", "1.2.3/24", "2001:db8::/129"],
)
def test_a_prefix_that_cannot_be_is_reported_and_never_corrected(prefix: str) -> None:
    text = f"{FRR.format(**USUAL)}\n{FRR.format(**USUAL | {'prefix': prefix})}\n"
    table = read_capture(Capture(None, None, None, text, "t"))
    assert [(line.line, prefix in line.text) for line in table.unparsed] == [(2, True)]
    assert table.frame["prefix"].to_list() == ["198.51.100.0/24"]


@settings(bounded, max_examples=max(200, EXAMPLES))
@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_a_plain_pattern_recognises_ipv4_networks_as_python_does(number: int, length: int) -> None:
    for address in (number, number >> (32 - length) << (32 - length)):
        text = f"{IPv4Address(address)}/{length}"
        is_network = IPv4Network((address, length), strict=False).network_address == IPv4Address(address)
        assert bool(re.search(ipv4_network_pattern(), text)) is is_network


@pytest.mark.parametrize("age", ["9" * 30 + "d00h00m", "9" * 5000 + "d", "9" * 30 + ":00:00"])
def test_an_age_that_cannot_be_is_none(age: str) -> None:
    text = f"{FRR.format(**USUAL)}\n{FRR.format(**USUAL).replace('00:00:05', age)}\n{FRR.format(**USUAL)}\n"
    assert read_capture(Capture(None, None, None, text, "t")).frame["age"].to_list() == [5, None, 5]


@pytest.mark.parametrize("column", ["distance", "metric", "weight"])
@pytest.mark.parametrize("number", [2**31, 2**32 - 1, 2**32, 2**53 + 1, 10**18 - 1])
def test_a_number_beyond_32_bits_is_read_exactly(column: str, number: int) -> None:
    table = read_capture(Capture(None, None, None, FRR.format(**USUAL | {column: str(number)}), "t"))
    assert table.frame[column].to_list() == [number]


LARGE = {
    "one line": b"a",
    "one line of a route": b"B>* 198.51.100.0/24 [20/0] via 192.0.2.1, eth0, x",
    "blanks": b" ",
    "zero bytes": b"\x00",
    "nested JSON": b'[{"a":',
}
SECONDS = 120 + 3 * MEGABYTES
BOUND = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({(4 + MEGABYTES // 32) << 30},) * 2)\n"


@pytest.mark.sampled(2)
@pytest.mark.parametrize("content", LARGE)
def test_a_large_file_ends_in_bounded_time_and_memory(content: str, tmp_path: Path) -> None:
    file = tmp_path / "large"
    size = MEGABYTES << 20
    with file.open("wb") as large:
        block = LARGE[content] * ((1 << 20) // len(LARGE[content]))
        for _ in range(MEGABYTES):
            large.write(block)
    run = subprocess.run(
        [sys.executable, "-c", f"{BOUND}from ecmpaudit.cli.main import main\nmain()", "analyze", str(file)],
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert run.returncode in {2, 3}, run.stderr[-2000:].decode(errors="replace")
    assert b"Traceback" not in run.stderr
    assert len(run.stdout) + len(run.stderr) < size // 50
