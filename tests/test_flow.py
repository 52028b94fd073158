"""`ecmpaudit flow`: which node gets a flow, by the answers of kernels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.changes.flows import Flow, Taken, first_routers, parse_flow, taken_of, way_of
from ecmpaudit.collectors.kernel_lookups import lookups
from ecmpaudit.errors import ConfigurationError
from tests.program import ecmpaudit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program import Ended

OWNERS = {"192.0.2.11": "leaf1", "192.0.2.21": "node1", "fe80::21": "node1"}
ROUTERS = ("spine", "leaf1")
FLOW = Flow("203.0.113.9", 40001, "198.51.100.7", 443)


@pytest.mark.parametrize(
    "source, destination, flow",
    [
        ("203.0.113.9:40001", "198.51.100.7:443", FLOW),
        ("203.0.113.9", "198.51.100.7:53/udp", Flow("203.0.113.9", None, "198.51.100.7", 53, "udp")),
        ("[2001:db8::9]:40001", "[2001:db8:100::7]:443/tcp", Flow("2001:db8::9", 40001, "2001:db8:100::7", 443)),
        ("2001:db8::0:9", "[2001:db8:100::7]:443", Flow("2001:db8::9", None, "2001:db8:100::7", 443)),
    ],
)
def test_a_flow_is_read(source: str, destination: str, flow: Flow) -> None:
    assert parse_flow(source, destination) == flow


@pytest.mark.parametrize(
    "source, destination, words",
    [
        ("203.0.113.9", "198.51.100.7", "expected VIP:PORT"),
        ("203.0.113.9", "198.51.100.7:443/sctp", "expected /tcp or /udp"),
        ("203.0.113.9:0", "198.51.100.7:443", "expected a port"),
        ("203.0.113.9:x", "198.51.100.7:443", "expected a port"),
        ("client; reboot", "198.51.100.7:443", "expected an address"),
        ("fe80::1%eth0", "[2001:db8::7]:443", "expected an address"),
        ("2001:db8::9", "198.51.100.7:443", "different families"),
    ],
)
def test_another_form_is_an_error(source: str, destination: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        parse_flow(source, destination)


@pytest.mark.parametrize(
    "line, taken",
    [
        ("198.51.100.7 from 203.0.113.9 via 192.0.2.21 dev eth1 \\    cache iif eth0", Taken("192.0.2.21", "eth1")),
        ("198.51.100.7 from 203.0.113.9 via inet6 fe80::21 dev eth1 \\    cache", Taken("fe80::21", "eth1")),
        ("198.51.100.7 from 203.0.113.9 dev eth1 \\    cache iif eth0", Taken(None, "eth1")),
        ("local 198.51.100.7 from 203.0.113.9 dev lo table local", Taken(None, "lo", is_local=True)),
        ("blackhole 198.51.100.7 from :: dev lo", Taken(problem="blackhole route")),
        ("", Taken(problem="no answer")),
    ],
)
def test_the_answer_of_a_kernel_is_read(line: str, taken: Taken) -> None:
    assert taken_of(line) == taken


def test_the_way_goes_on_at_each_router_until_a_node() -> None:
    taken = {"spine": Taken("192.0.2.11", "eth0"), "leaf1": Taken("192.0.2.21", "eth1")}
    way = way_of(FLOW, "spine", taken, OWNERS, ROUTERS)
    assert ([step.router for step in way.steps], way.node, way.problem) == (["spine", "leaf1"], "node1", None)
    assert first_routers(taken, OWNERS) == ["spine"]


@pytest.mark.parametrize(
    "leaf, problem",
    [
        (Taken("192.0.2.77", "eth1"), "the owner of 192.0.2.77 is unknown"),
        (Taken(problem="blackhole route"), "leaf1: blackhole route"),
        (Taken("192.0.2.11", "eth1"), "a loop: leaf1"),
        (None, "leaf1 was not asked"),
    ],
)
def test_a_way_that_ends_nowhere_says_why(leaf: Taken | None, problem: str) -> None:
    taken = {"spine": Taken("192.0.2.11", "eth0"), **({"leaf1": leaf} if leaf else {})}
    way = way_of(FLOW, "spine", taken, OWNERS, ROUTERS)
    assert way.node is None
    assert problem in (way.problem or "")


def test_a_router_that_has_the_address_itself_is_the_node() -> None:
    assert way_of(FLOW, "spine", {"spine": Taken(is_local=True)}, OWNERS, ROUTERS).node == "spine"


def test_many_questions_are_few_commands_that_a_shell_takes() -> None:
    questions = [Flow("203.0.113.9", port, "198.51.100.7", 443).question("eth0") for port in range(1024, 6024)]
    commands = lookups(questions)
    assert sum(command.count("route get") for command in commands) == 5000
    assert max(map(len, commands)) < 128 * 1024
    with pytest.raises(ConfigurationError, match="no name of an interface"):
        FLOW.question("eth0; reboot")


@pytest.fixture(name="configuration")
def _configuration(tmp_path: Path) -> Path:
    answer = tmp_path / "answer"
    answer.write_text(
        """#!/bin/sh
router=$1; shift
case "$router $*" in
  "spine ip -j address") echo '[{"ifname":"eth0","addr_info":[{"local":"192.0.2.1","prefixlen":24}]}]' ;;
  "leaf1 ip -j address") echo '[{"ifname":"eth0","addr_info":[{"local":"192.0.2.11","prefixlen":24}]}]' ;;
  *"ip -o route get 203.0.113.9") echo "203.0.113.9 dev eth0 src 192.0.2.1 uid 0 \\\\    cache" ;;
  "spine sh -c "*) echo "198.51.100.7 from 203.0.113.9 via 192.0.2.11 dev eth0 \\\\    cache iif eth0" ;;
  "leaf1 sh -c "*) echo "198.51.100.7 from 203.0.113.9 via 192.0.2.21 dev eth0 \\\\    cache iif eth0" ;;
  *) echo "$* is not known" >&2; exit 1 ;;
esac
""",
        encoding="utf-8",
    )
    answer.chmod(0o755)
    return tmp_path


def run(folder: Path, *arguments: str, **more: Any) -> Ended:
    def device(name: str) -> dict[str, str]:
        return {"platform": "linux", "transport": "local", "command_prefix": f"{folder}/answer {name}"}

    document = {
        "routers": {name: device(name) for name in ROUTERS} | more,
        "nodes": {"node1": {"addresses": ["192.0.2.21"]}},
        "clusters": {"prod": {"pools": ["198.51.100.0/24"]}},
    }
    file = folder / "ecmpaudit.yaml"
    file.write_text(json.dumps(document), encoding="utf-8")
    return ecmpaudit("flow", "203.0.113.9:40001", "198.51.100.7:443/tcp", "--config", str(file), *arguments)


def test_the_node_of_a_flow_is_named(configuration: Path) -> None:
    done = run(configuration)
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            "203.0.113.9:40001 to 198.51.100.7:443/tcp",
            "  from spine: spine (192.0.2.11 dev eth0) > leaf1 (192.0.2.21 dev eth0) > node1",
            "  node: node1",
        ],
    )
    document = json.loads(run(configuration, "--at", "leaf1", "--format", "json").stdout)
    assert [(way["from"], way["node"]) for way in document["ways"]] == [("leaf1", "node1")]


def test_a_router_with_an_asic_is_not_computable_and_its_own_command_is_named(configuration: Path) -> None:
    done = run(configuration, n9k={"platform": "cisco_nxos"}, pa={"platform": "paloalto_panos"})
    assert done.returncode == 3
    assert "n9k: not computable: its ASIC forwards; ask it: show routing hash 203.0.113.9 198.51.100.7" in done.stdout
    assert "pa: not computable: its ASIC forwards; its vendor documents no command" in done.stdout


def test_a_router_that_does_not_answer_is_said(configuration: Path) -> None:
    silent = {"platform": "linux", "transport": "local", "command_prefix": f"{configuration}/answer silent"}
    done = run(configuration, silent=silent)
    assert done.returncode == 3
    assert "silent: not asked: the command failed" in done.stdout
    unknown = run(configuration, "--at", "spin")
    assert (unknown.returncode, "did you mean spine" in unknown.stderr) == (2, True)
