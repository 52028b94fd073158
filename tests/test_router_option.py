"""`--router NAME` names a text whose router is unknown, filters inputs of several routers, and never merges two."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.program import ecmpaudit

if TYPE_CHECKING:
    from pathlib import Path

FAMILIES = {
    4: ("show ip route", "198.51.100.7/32", "192.0.2.10{}"),
    6: ("show ipv6 route", "2001:db8:31::7/128", "2001:db8::10{}"),
}


def table(family: int, numbers: range) -> str:
    """Return FRR's table with one prefix over so many nodes."""
    _, prefix, address = FAMILIES[family]
    first, *others = [f"via {address.format(number)}, eth1, weight 1, 00:10:00" for number in numbers]
    return "\n".join([f"B>* {prefix} [20/0] {first}", *(f"  *   {hop}" for hop in others), ""])


def session(router: str, family: int, numbers: range) -> str:
    return f"{router}# {FAMILIES[family][0]}\n{table(family, numbers)}{router}# \n"


def report_of(*arguments: str) -> dict[str, Any]:
    done = ecmpaudit("analyze", *arguments, "--format", "json")
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def shown(report: dict[str, Any]) -> list[tuple[str, int]]:
    """Return router and number of next hops of each audited prefix."""
    return [(prefix["router"], len(prefix["installed"])) for prefix in report["prefixes"]]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "dumps").mkdir()
    return tmp_path / "dumps"


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("is_named_by_text", [True, False], ids=["prompts", "file names"])
def test_of_a_folder_of_two_routers_one_is_analyzed(folder: Path, family: int, *, is_named_by_text: bool) -> None:
    for router, numbers in (("tor1", range(1, 4)), ("tor2", range(3, 6))):
        text = session(router, family, numbers) if is_named_by_text else table(family, numbers)
        (folder / f"{router}.txt").write_text(text, encoding="utf-8")
    report = report_of(str(folder), "--router", "tor1", "--expect", "3")
    assert shown(report) == [("tor1", 3)]
    assert "--router tor1: not analyzed: tor2" in report["notes"]
    assert report["findings"] == []


def test_one_router_of_a_session_of_two_is_analyzed(folder: Path) -> None:
    (folder / "session.txt").write_text(session("tor1", 4, range(1, 4)) + session("tor2", 4, range(1, 3)), "utf-8")
    report = report_of(str(folder / "session.txt"), "--router", "tor2", "--expect", "2")
    assert shown(report) == [("tor2", 2)]
    assert "--router tor2: not analyzed: tor1" in report["notes"]


def test_a_text_without_a_router_is_named(folder: Path) -> None:
    (folder / "paste.txt").write_text(table(4, range(1, 4)), encoding="utf-8")
    report = report_of(str(folder / "paste.txt"), "--router", "tor9", "--expect", "3")
    assert (shown(report), report["notes"]) == ([("tor9", 3)], [])


def test_a_text_of_another_router_is_named_and_the_report_says_so(folder: Path) -> None:
    (folder / "paste.txt").write_text(session("tor1", 4, range(1, 4)), encoding="utf-8")
    report = report_of(str(folder / "paste.txt"), "--router", "tor9", "--expect", "3")
    assert shown(report) == [("tor9", 3)]
    assert "--router tor9: the text names its router tor1" in report["notes"]


def test_several_outputs_without_a_router_are_named(folder: Path) -> None:
    (folder / "v4.txt").write_text(table(4, range(1, 4)), encoding="utf-8")
    (folder / "v6.txt").write_text(table(6, range(1, 4)), encoding="utf-8")
    assert shown(report_of(str(folder), "--router", "tor1", "--expect", "3")) == [("tor1", 3), ("tor1", 3)]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("command", ["analyze", "routes"])
def test_two_route_tables_without_a_router_are_refused(folder: Path, family: int, command: str) -> None:
    (folder / "a.txt").write_text(table(family, range(1, 4)), encoding="utf-8")
    (folder / "b.txt").write_text(table(family, range(3, 6)), encoding="utf-8")
    done = ecmpaudit(command, str(folder), "--router", "tor1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"ecmpaudit: --router tor1: {folder}/a.txt and {folder}/b.txt have route tables of the same kind, and name "
        "no router; give one of them, or no --router, so that each is named by its file\n"
    )


def test_a_name_that_none_of_several_routers_has_is_refused(folder: Path) -> None:
    for router in ("tor1", "tor2"):
        (folder / f"{router}.log").write_text(session(router, 4, range(1, 4)), encoding="utf-8")
    done = ecmpaudit("analyze", str(folder), "--router", "tor9")
    assert done.returncode == 2
    assert done.stderr == ("ecmpaudit: --router tor9: the inputs name tor1, tor2; give one of these, or no --router\n")


def test_nodes_beside_the_router_are_read(folder: Path) -> None:
    (folder / "tor1.txt").write_text(session("tor1", 4, range(1, 3)), encoding="utf-8")
    (folder / "tor2.txt").write_text(session("tor2", 4, range(1, 3)), encoding="utf-8")
    (folder / "node3.txt").write_text(
        "root@node3:~# ip address\n3: kube-lb0: <BROADCAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc noqueue state UNKNOWN\n"
        "    inet 198.51.100.8/32 scope global kube-lb0\n",
        encoding="utf-8",
    )
    report = report_of(
        str(folder), "--router", "tor1", "--nodes", "node1=192.0.2.101,node2=192.0.2.102,node3=192.0.2.103"
    )
    assert "--router tor1: not analyzed: tor2" in report["notes"]
    (finding,) = report["findings"]
    assert "198.51.100.7/32 is not on its kube-lb0" in finding["message"]


def test_routes_says_what_it_does_not_show(folder: Path) -> None:
    for router in ("tor1", "tor2"):
        (folder / f"{router}.txt").write_text(table(4, range(1, 4)), encoding="utf-8")
    done = ecmpaudit("routes", str(folder), "--router", "tor1", "--format", "json")
    assert {route["router"] for route in json.loads(done.stdout)["routes"]} == {"tor1"}
    assert (done.returncode, done.stderr) == (0, "ecmpaudit: note: --router tor1: not analyzed: tor2\n")
