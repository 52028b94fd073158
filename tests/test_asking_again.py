"""A routing daemon and a kernel that differ are asked once more before that is reported: a scan is no instant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.auditing.asking_again import commands_to_repeat, with_later_answers
from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import network_of_material, read_material
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.model import Capture
from ecmpaudit.platforms.registry import platforms
from tests.scanned_router import ScannedRouter, scanned_router

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PREFIX = {4: "198.51.100.7/32", 6: "2001:db8:100::7/128"}
RIB = {4: "vtysh -c 'show ip route vrf all'", 6: "vtysh -c 'show ipv6 route vrf all'"}
FIB = {4: "ip -j -4 route show table all", 6: "ip -j -6 route show table all"}


def next_hops(family: int, numbers: range) -> list[str]:
    return [f"192.0.2.{number}" if family == 4 else f"2001:db8::{number}" for number in numbers]


def frr_table(family: int, number: int) -> str:
    """Return FRR's table, in which the prefix has so many next hops; without any, the prefix is not in it."""
    first, *others = [f"via {hop}, eth0, weight 1, 00:01:21" for hop in next_hops(family, range(1, number + 1))] or [""]
    other = "192.0.2.0/24" if family == 4 else "2001:db8::/64"
    lines = [f"C>* {other} is directly connected, eth0, 00:10:00"]
    lines += [f"B>* {PREFIX[family]} [20/0] {first}", *(f"  *   {hop}" for hop in others)] if first else []
    return "\n".join(lines) + "\n"


def kernel_table(family: int, number: int) -> str:
    """Return the kernel's table as `ip -j` prints it."""
    hops = [
        {"gateway": hop, "dev": "eth0", "weight": 1, "flags": []} for hop in next_hops(family, range(1, number + 1))
    ]
    dst = PREFIX[family].partition("/")[0]
    link: dict[str, object] = {
        "dst": "192.0.2.0/24" if family == 4 else "2001:db8::/64",
        "dev": "eth0",
        "protocol": "kernel",
        "flags": [],
    }
    route = {"dst": dst, "protocol": "bgp", "metric": 20, "flags": [], "nexthops": hops}
    return json.dumps([link, *([route] if hops else [])])


def bird_table(number: int, family: int) -> str:
    lines = ["BIRD 2.0.12 ready.", f"Table master{family}:"]
    for place, hop in enumerate(next_hops(family, range(1, number + 1))):
        start, star = (PREFIX[family], "* ") if place == 0 else ("", "")
        lines += [f"{start:<20} unicast [node{place} 10:00:00.000] {star}(100) [AS64512i]", f"\tvia {hop} on eth0"]
    return "\n".join(lines) + "\n"


def capture(command: str, text: str = "", platform: str = "frr", failure: str | None = None) -> Capture:
    return Capture("tor1", platform, command, text, f"ssh tor1: {command}", failure=failure)


def repeated(*captures: Capture) -> dict[str, tuple[str, ...]]:
    request = Request(Expectations.from_flags(tuple(PREFIX.values()), 3, ()))
    material = read_material(captures, only=request.audited)
    return commands_to_repeat(captures, material, network_of_material(material, request))


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("in_rib, in_fib", [(3, 2), (2, 3), (0, 3), (3, 0)])
def test_both_route_tables_of_a_router_that_differ_are_repeated(family: int, in_rib: int, in_fib: int) -> None:
    captures = [
        capture(RIB[family], frr_table(family, in_rib)),
        capture(FIB[family], kernel_table(family, in_fib)),
        capture("ip -j address", "[]"),
        capture("vtysh -c 'show bgp vrf all summary json'", "{}"),
    ]
    assert repeated(*captures) == {"tor1": (RIB[family], FIB[family])}


@pytest.mark.parametrize("family", [4, 6])
def test_tables_that_agree_are_not_repeated(family: int) -> None:
    assert repeated(capture(RIB[family], frr_table(family, 3)), capture(FIB[family], kernel_table(family, 3))) == {}


@pytest.mark.parametrize("family", [4, 6])
def test_a_kernel_that_did_not_answer_is_not_compared(family: int) -> None:
    captures = [capture(RIB[family], frr_table(family, 3)), capture(FIB[family], failure="permission denied")]
    assert repeated(*captures) == {}


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(
    "in_bird, in_fib, is_repeated",
    [
        pytest.param(3, 3, False, id="they agree"),
        pytest.param(2, 3, True, id="the kernel has one more"),
        pytest.param(3, 2, True, id="the kernel has one less"),
        pytest.param(3, 1, False, id="the kernel has the best one alone, as without merge paths"),
        pytest.param(3, 0, True, id="the kernel has none"),
    ],
)
def test_candidates_are_compared_with_the_kernel_as_well(
    family: int, in_bird: int, in_fib: int, *, is_repeated: bool
) -> None:
    show_route = "birdc -r 'show route all'"
    captures = [
        capture(show_route, bird_table(in_bird, family), "bird"),
        capture(FIB[family], kernel_table(family, in_fib), "bird"),
    ]
    assert repeated(*captures) == ({"tor1": (show_route, FIB[family])} if is_repeated else {})


def test_later_answers_take_the_place_of_the_first() -> None:
    first = [capture(RIB[4], "first"), capture("ip -j address", "[]"), capture(FIB[4], "first")]
    later = [capture(RIB[4], "later"), capture(FIB[4], "later")]
    assert [(c.command, c.text) for c in with_later_answers(first, later)] == [
        (RIB[4], "later"), ("ip -j address", "[]"), (FIB[4], "later"),
    ]  # fmt: skip


def test_where_a_later_answer_failed_the_first_ones_are_kept_and_the_failure_is_added() -> None:
    first = [capture(RIB[4], "first"), capture(FIB[4], "first")]
    later = [capture(RIB[4], "later"), capture(FIB[4], failure="timed out")]
    assert [(c.command, c.text, c.failure) for c in with_later_answers(first, later)] == [
        (RIB[4], "first", None), (FIB[4], "first", None), (FIB[4], "", "timed out"),
    ]  # fmt: skip


@pytest.mark.parametrize("platform", ["frr", "bird", "gobgp"])
def test_a_daemon_and_the_kernel_are_asked_for_a_family_next_to_each_other(platform: str) -> None:
    asked = [command.whole or command.command for command in platforms()[platform].scan_router]
    of_kernel = [asked.index(FIB[4]), asked.index(FIB[6])]
    tables = [number for number, command in enumerate(asked) if "show ip" in command or "rib" in command]
    assert of_kernel == {"bird": [1, 3], "gobgp": [1, 4], "frr": [1, 5]}[platform]
    assert platform == "bird" or tables[0] == 0


# With a real sshd


@pytest.fixture(name="router")
def _router(tmp_path: Path) -> Iterator[ScannedRouter]:
    with scanned_router(tmp_path) as router:
        yield router


NOT_ASKED_FOR_HERE = ["bgp", "configuration", "maximum", "sessions"]
"""Facts that the router of these tests does not have: they are about its tables alone."""


def changing(router: ScannedRouter, answers: dict[str, list[str]]) -> None:
    """Let the router give the answers to each command one after the other, and the last one from then on."""
    folder = router.folder / "answers"
    folder.mkdir()
    file = router.folder / "ecmpaudit.yaml"
    of_tables_only = json.loads(file.read_text(encoding="utf-8")) | {"unavailable": NOT_ASKED_FOR_HERE}
    file.write_text(json.dumps(of_tables_only), encoding="utf-8")
    for number, (words, texts) in enumerate(answers.items()):
        (folder / f"{number}.words").write_text(words, encoding="utf-8")
        for turn, text in enumerate(texts):
            (folder / f"{number}.{turn}").write_text(text, encoding="utf-8")
    (router.folder / "answer").write_text(
        f"""#!/bin/sh
echo "$*" >>{folder}/asked
for words in {folder}/*.words; do
  case "$*" in *"$(cat "$words")"*)
    texts=${{words%.words}}
    cat "$(ls "$texts".[0-9] | head -1)"
    case "$*" in *" summary") echo "------"; echo "Totals               4                    4" ;; esac
    if [ "$(ls "$texts".[0-9] | wc -l)" -gt 1 ]; then rm "$(ls "$texts".[0-9] | head -1)"; fi
    exit;;
  esac
done
case "$*" in
  *address*|*"bfd peers"*|"ip -j neigh"|"ip -j nexthop") echo "[]" ;;
  *use_neigh*) echo "net.ipv4.fib_multipath_use_neigh = 0" ;;
  sysctl*) shift; for name; do echo "$name = 1"; done ;;
  *json*) echo "{{}}" ;;
  *) echo ;;
esac
""",
        encoding="utf-8",
    )
    file = router.folder / "ecmpaudit.yaml"
    configuration: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    configuration["nodes"] = {f"node{n}": {"addresses": [f"192.0.2.{n}", f"2001:db8::{n}"]} for n in (1, 2, 3)}
    configuration["clusters"] = {"prod": {"pools": [*PREFIX.values()]}}
    configuration["ssh"]["commands_at_once"] = 1  # several questions have the same words, each its turn
    file.write_text(json.dumps(configuration), encoding="utf-8")


def asked_of(router: ScannedRouter) -> list[str]:
    return (router.folder / "answers" / "asked").read_text(encoding="utf-8").splitlines()


def found(report: str) -> list[tuple[str, str]]:
    return [(finding["code"], finding["prefix"]) for finding in json.loads(report)["findings"]]


def answers_of(family: int, in_rib: list[int], in_fib: list[int]) -> dict[str, list[str]]:
    other = 10 - family
    return {
        f"show {'ip' if family == 4 else 'ipv6'} route vrf all": [frr_table(family, number) for number in in_rib],
        f"show {'ip' if other == 4 else 'ipv6'} route vrf all": [frr_table(other, 3)],
        f"-{family} route show": [kernel_table(family, number) for number in in_fib],
        f"-{other} route show": [kernel_table(other, 3)],
    }


@pytest.mark.sampled(3)
@pytest.mark.sshd
@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("in_rib, in_fib", [([2, 3], [3]), ([3], [2, 3]), ([0, 3], [3])])
def test_a_node_that_came_back_between_two_answers_is_no_fault(
    router: ScannedRouter, family: int, in_rib: list[int], in_fib: list[int]
) -> None:
    changing(router, answers_of(family, in_rib, in_fib))
    scan = router.scan("--format", "json", "--save", "saved")
    assert (scan.returncode, found(scan.stdout)) == (0, [])
    again = router.ecmpaudit("analyze", "--format", "json", "saved")
    assert again.stdout == scan.stdout


@pytest.mark.sshd
@pytest.mark.parametrize("family", [4, 6])
def test_a_difference_that_lasts_is_reported_after_it_was_asked_for_twice(router: ScannedRouter, family: int) -> None:
    changing(router, answers_of(family, [3], [2]))
    scan = router.scan("--format", "json")
    assert (scan.returncode, found(scan.stdout)) == (1, [("ECMP302", PREFIX[family])])
    asked = asked_of(router)
    of_rib = f"{RIB[family]} {PREFIX[family]} longer-prefixes".replace("'", "")
    of_fib = f"{FIB[family]} root {PREFIX[family]}"
    assert [sum(line.startswith(command) for line in asked) for command in (of_rib, of_fib)] == [2, 2]
    assert max(asked.count(command) for command in asked) == 2
    assert asked.count("ip -j address") == 1
