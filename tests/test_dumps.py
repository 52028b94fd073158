"""Parsers proven on the real output of real versions: nothing unparsed, and every next hop as the truth has it."""

from __future__ import annotations

import logging
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.transcript import captures_from_text
from tests import dumps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecmpaudit.parsing.route_table import RouteTable

PLATFORMS = {"FRRouting": "frr", "BIRD": "bird", "iproute2": "linux"}
VERSIONS = sorted({(entry["program"], entry["file"].partition("/")[0]) for entry in dumps.route_files()})
WITH_TWINS = {(e["program"], e["file"].partition("/")[0]) for e in dumps.route_files() if e.get("json_twin")}

Hop = tuple[str | None, str | None, bool, bool]


@cache
def read(file: str) -> RouteTable:
    """Return a dump's table; one worker has all tests of a version (tests/scheduling.py), and parses it once."""
    (capture,) = captures_from_text(dumps.text(file), file)
    return read_capture(capture)


def files(program: str, folder: str) -> Iterable[dict[str, Any]]:
    return (e for e in dumps.route_files() if e["program"] == program and e["file"].startswith(f"{folder}/"))


def next_hops_by_route(table: RouteTable) -> dict[tuple[Any, ...], list[Hop]]:
    routes: dict[int, tuple[Any, ...]] = {}
    hops: dict[int, list[Hop]] = {}
    for row in table.frame.iter_rows(named=True):
        hops.setdefault(row["route"], []).append((row["next_hop"], row["interface"], row["installed"], row["active"]))
        routes[row["route"]] = (row["vrf"], row["prefix"], row["protocol"], row["selected"])
    numbered: Counter[tuple[Any, ...]] = Counter()
    by_route = {}
    for ordinal, route in routes.items():
        numbered[route] += 1
        by_route[*route, numbered[route]] = hops[ordinal]
    return by_route


def without_vrf(routes: dict[tuple[Any, ...], list[Hop]]) -> dict[tuple[Any, ...], list[Hop]]:
    return {(*route[1:], str(hops)): hops for route, hops in routes.items()}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("program, folder", VERSIONS)
def test_every_line_of_every_dump_is_understood_and_nothing_is_cut_or_repaired(
    program: str, folder: str, record_property: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="ecmpaudit")
    lines = 0
    for entry in files(program, folder):
        table = read(entry["file"])
        if not entry["file"].endswith((".gz", ".json")):
            assert (table.cut, caplog.messages) == (None, []), entry["file"]
        assert table.platform == PLATFORMS[program], entry["file"]
        assert table.unparsed == (), entry["file"]
        lines += table.lines_understood
    record_property("lines_understood", lines)
    print(f"{folder} {program}: {lines} lines understood, 0 unparsed")  # noqa: T201 - the count is the proof
    assert lines > 0


@pytest.mark.parametrize("program, folder", sorted(WITH_TWINS))
def test_text_and_json_twins_have_the_same_next_hops(program: str, folder: str) -> None:
    twins = 0
    stored = {entry["file"] for entry in dumps.route_files()}
    for entry in files(program, folder):
        twin = entry.get("json_twin", "none")
        if twin not in stored or "summary" in entry["command"] or not entry.get("same_second"):
            continue
        text, json = next_hops_by_route(read(entry["file"])), next_hops_by_route(read(twin))
        if folder == "frr-6.0.3" and "vrf all" in entry["command"]:  # its JSON does not name the VRFs
            text, json = without_vrf(text), without_vrf(json)
        assert text == json, entry["file"]
        twins += len(text)
    print(f"{folder} {program}: {twins} routes equal to their JSON twins")  # noqa: T201 - the count is the proof
    assert twins > 0


@pytest.mark.parametrize("program, folder", [v for v in VERSIONS if v[0] != "BIRD"])
def test_installed_next_hops_are_what_the_kernel_forwards_with(program: str, folder: str) -> None:
    agreed = 0
    for entry in files(program, folder):
        if entry["command"] not in {
            "show ip route",
            "show ip route json",
            "show ipv6 route",
            "ip route",
            "ip -j route",
        }:
            continue
        if entry.get("vrf", "default") != "default":
            continue
        views = read(entry["file"]).views()
        for prefix, fact in dumps.truth(entry).items():
            if prefix not in entry.get("truth_prefixes", ()) or not fact["kernel_verified"] or fact.get("vrf"):
                continue
            if program == "FRRouting" and "program_differs" in fact:
                continue
            routes = [route for route in views.get(("default", prefix), ()) if route.is_selected]
            installed = {(hop.address, hop.interface) for route in routes for hop in route.installed}
            assert installed == {(hop["via"], hop["dev"]) for hop in fact["installed"]}, (entry["file"], prefix)
            agreed += 1
    print(f"{folder} {program}: {agreed} prefixes agree with the kernel")  # noqa: T201 - the count is the proof
    assert agreed > 0


@pytest.mark.parametrize("program, folder", [v for v in VERSIONS if v[0] == "BIRD"])
def test_the_star_of_bird_is_its_best_route(program: str, folder: str) -> None:
    agreed = 0
    for entry in files(program, folder):
        if entry["command"] not in {"show route", "show route all"}:
            continue
        views = read(entry["file"]).views()
        for prefix, fact in dumps.truth(entry).items():
            if prefix not in entry.get("truth_prefixes", ()) or "best" not in fact:
                continue
            (best,) = {route.source for route in views["default", prefix] if route.is_selected}
            assert best in {fact["best"], f"{fact['best']}_v6"}, (entry["file"], prefix)
            agreed += 1
    print(f"{folder}: {agreed} best routes agree")  # noqa: T201 - the count is the proof
    assert agreed > 0
