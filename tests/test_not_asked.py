"""What a scan could not ask, or no longer waited for, makes it incomplete: with a real sshd, whatever the limit was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.scanned_router import ScannedRouter, scanned_router

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADDRESSES = '[{"ifname": "eth0", "addr_info": [{"family": "inet", "local": "172.30.250.101", "prefixlen": 24}]}]'
IPV6 = "fd00:31::1:1/128"
DEADLINE = "12"
"""Seconds in which a router that answers at once is asked completely, also on a machine with much to do."""


pytestmark = pytest.mark.sshd


@pytest.fixture(name="router", scope="module")
def _router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScannedRouter]:
    with scanned_router(tmp_path_factory.mktemp("router")) as router:
        yield router


@pytest.fixture(autouse=True)
def _configuration(router: ScannedRouter) -> Iterator[None]:
    file = router.folder / "ecmpaudit.yaml"
    before = file.read_bytes()
    yield
    file.write_bytes(before)


def hanging(router: ScannedRouter, words: str, *, name: str = "answer-hanging") -> Path:
    """Return a program that answers as the router does, and never where the command has these words."""
    answer = router.folder / name
    answer.write_text(
        f"""#!/bin/sh
case "$*" in
  *"{words}"*) exec sleep 60 ;;
  *address*) echo '{ADDRESSES}' ;;
  *"show ip route"*) cat {router.folder}/table.txt ;;
  *"show ipv6 route"*)
    echo 'B>* {IPV6} [20/0] via fe80::1, enp6s0, 00:01:21'
    echo '  *             via fe80::2, enp6s0, 00:01:21' ;;
  *) echo "{{}}" ;;
esac
""",
        encoding="utf-8",
    )
    answer.chmod(0o755)
    return answer


def configure(router: ScannedRouter, change: dict[str, Any]) -> None:
    """Change sections of the configuration; a name in them gets the further keys."""
    file = router.folder / "ecmpaudit.yaml"
    configuration = json.loads(file.read_text(encoding="utf-8"))
    for section, entries in change.items():
        for name, value in entries.items():
            old = configuration[section].get(name)
            configuration[section][name] = old | value if isinstance(old, dict) else value
    file.write_text(json.dumps(configuration), encoding="utf-8")


LIMITS: dict[str, tuple[dict[str, int], list[str], str, str]] = {
    "the deadline of the run, early": ({}, ["--deadline", "4"], "show running-config", "the run's deadline was over"),
    "the deadline of the run, last": ({}, ["--deadline", "4"], "sysctl", "no answer: the run's deadline was over"),
    "the time of the host": (
        {"host_timeout": 3, "commands_at_once": 1},
        [],
        "-4 route show table all root",
        "not asked: the host's 3 s were over",
    ),
}


@pytest.mark.parametrize("case", LIMITS)
def test_a_command_that_was_not_asked_makes_the_run_incomplete(router: ScannedRouter, case: str) -> None:
    ssh, arguments, words, reason = LIMITS[case]
    configure(router, {"ssh": ssh, "routers": {"tor1": {"command_prefix": str(hanging(router, words))}}})
    ended = router.scan("--format", "json", *arguments)
    report = json.loads(ended.stdout)
    assert (ended.returncode, report["incomplete"]) == (3, True)
    assert report["summary"]["routers"] == {"checked": 0, "partly_checked": 1, "not_checked": 0}
    (finding,) = (each for each in report["findings"] if each["code"] == "ECMP001")
    assert finding["message"].startswith("tor1: not completely checked: ")
    assert reason in finding["message"]


def test_after_two_commands_that_timed_out_the_others_make_the_run_incomplete(router: ScannedRouter) -> None:
    prefix = str(hanging(router, "show bgp"))
    configure(
        router, {"ssh": {"command_timeout": 1, "commands_at_once": 1}, "routers": {"tor1": {"command_prefix": prefix}}}
    )
    ended = router.scan()
    assert ended.returncode == 3
    assert "not asked: 2 earlier commands timed out; see command_timeout" in ended.stdout


def test_a_node_that_was_not_asked_makes_the_run_incomplete_and_is_no_router(router: ScannedRouter) -> None:
    router.ask_node1_too(is_up=True)
    configure(router, {"nodes": {"node1": {"command_prefix": str(hanging(router, "address", name="node1-hanging"))}}})
    prefix = str(hanging(router, "none of them"))
    configure(router, {"routers": {"tor1": {"command_prefix": prefix}}})
    ended = router.scan("--format", "json", "--deadline", DEADLINE)
    report = json.loads(ended.stdout)
    assert (ended.returncode, report["incomplete"]) == (3, True)
    assert report["summary"]["routers"] == {"checked": 1, "partly_checked": 0, "not_checked": 0}
    assert report["summary"]["nodes"] == {"partly_checked": 0, "not_checked": 1}
    assert [(state["name"], state["role"]) for state in report["routers"]] == [("tor1", "router"), ("node1", "node")]


def test_a_node_that_was_asked_only_in_part_is_counted_so(router: ScannedRouter) -> None:
    router.ask_node1_too(is_up=True)
    prefix = str(hanging(router, "show bgp", name="node1-hanging"))
    configure(router, {"nodes": {"node1": {"command_prefix": prefix, "platform": "frr"}}})
    configure(router, {"routers": {"tor1": {"command_prefix": str(hanging(router, "none of them"))}}})
    ended = router.scan("--deadline", DEADLINE)
    assert ended.returncode == 3
    assert "ECMP001  node1: not completely checked: vtysh -c 'show bgp vrf all summary json', " in ended.stdout
    assert "\nnodes: 1 only partly checked, 0 not checked\n" in ended.stdout
    assert "\nrouters: 1 checked, 0 not checked\n" in ended.stdout


def test_a_saved_scan_that_was_cut_off_replays_as_incomplete(router: ScannedRouter, tmp_path: Path) -> None:
    prefix = str(hanging(router, "show running-config"))
    configure(router, {"routers": {"tor1": {"command_prefix": prefix}}})
    ended = router.scan("--deadline", "12", "--format", "json", "--save", str(tmp_path / "cut"))
    again = router.ecmpaudit("analyze", "--format", "json", str(tmp_path / "cut"))
    assert (ended.returncode, again.returncode) == (3, 3)
    assert again.stdout == ended.stdout
