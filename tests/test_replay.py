"""`what-if --from-kernel`: flows that a router's kernel is asked about, and what a change does to these."""

from __future__ import annotations

import json
from fractions import Fraction
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.changes.flows import Flow, Taken
from ecmpaudit.changes.replayed import CLIENTS, made_flows, read_flows, replay_of
from ecmpaudit.changes.spreading import Member, Model, movement
from tests.program import ecmpaudit
from tests.test_what_if import SCHEMA

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program import Ended

NODES = tuple(Member(f"192.0.2.{n}", f"node{n}") for n in range(1, 5))
CONNTRACK = (
    "tcp      6 431999 ESTABLISHED src=203.0.113.9 dst=198.51.100.7 sport=40001 dport=443 src=10.0.0.3 dst=203.0.113.9 "
    "sport=8443 dport=40001 [ASSURED] mark=0 use=1\n"
    "ipv6     10 udp      17 29 src=2001:db8::9 dst=2001:db8:100::7 sport=40002 dport=53 [UNREPLIED] "
    "src=2001:db8:100::7 dst=2001:db8::9 sport=53 dport=40002 mark=0 use=1\n"
    "conntrack v1.4.7 (conntrack-tools): 2 flow entries have been shown.\n"
)
SOCKETS = """\
State  Recv-Q Send-Q        Local Address:Port          Peer Address:Port Process
ESTAB  0      0              198.51.100.7:443            203.0.113.9:40001
ESTAB  0      0     [::ffff:198.51.100.7]:443   [::ffff:203.0.113.9]:40003
CLOSE-WAIT 1  0         [2001:db8:100::7]:443          [2001:db8::9]:40004 users:(("nginx",pid=7,fd=3))
"""


def test_flows_of_conntrack_are_those_of_the_first_direction() -> None:
    read = read_flows(CONNTRACK)
    assert read.flows == (
        (Flow("203.0.113.9", 40001, "198.51.100.7", 443),),
        (Flow("2001:db8::9", 40002, "2001:db8:100::7", 53, "udp"),),
    )
    assert read.others == ()


def test_flows_of_sockets_may_be_meant_in_either_direction() -> None:
    read = read_flows(SOCKETS)
    assert [flows[0] for flows in read.flows] == [
        Flow("203.0.113.9", 40001, "198.51.100.7", 443),
        Flow("203.0.113.9", 40003, "198.51.100.7", 443),
        Flow("2001:db8::9", 40004, "2001:db8:100::7", 443),
    ]
    assert read.flows[0][1] == Flow("198.51.100.7", 443, "203.0.113.9", 40001)
    assert read.others == ()


def test_lines_are_flows_as_they_are_typed_and_others_are_counted() -> None:
    read = read_flows("# of last night\n203.0.113.9:1 198.51.100.7:53/udp\n\nnonsense\nsrc=a dst=b x sport=1 dport=2\n")
    assert read.flows == ((Flow("203.0.113.9", 1, "198.51.100.7", 53, "udp"),),)
    assert read.others == (4, 5)


@pytest.mark.parametrize(
    "prefix, target",
    [
        ("198.51.100.7/32", "198.51.100.7"),
        ("198.51.100.0/24", "198.51.100.1"),
        ("2001:db8:100::7/128", "2001:db8:100::7"),
    ],
)
def test_made_flows_are_the_same_for_one_seed_and_of_the_network_of_benchmarks(prefix: str, target: str) -> None:
    flows = made_flows(prefix, 200, "tor1")
    assert flows == made_flows(prefix, 200, "tor1")
    assert flows != made_flows(prefix, 200, "tor2")
    assert {flow.destination for flow in flows} == {target}
    assert all(ip_address(flow.source) in CLIENTS[flow.family] for flow in flows)
    assert len({(flow.source, flow.source_port) for flow in flows}) == 200


def taken(*counts: int) -> list[Taken]:
    return [Taken(f"192.0.2.{n}", "eth0") for n, count in enumerate(counts, start=1) for _ in range(count)]


def test_flows_of_a_lost_node_all_move_and_of_the_others_what_the_model_moves() -> None:
    # Of four next hops, the first one goes: of the second's quarter, 1/3 stays; of the third's, 2/3.
    moved = movement(NODES, NODES[1:], Model.HASH_THRESHOLD)
    assert float(moved.moved_of("node1")) == 1
    assert [round(float(moved.innocent_of(f"node{n}")), 4) for n in (2, 3, 4)] == [0.6667, 0.3333, 0]
    replay = replay_of(NODES, moved, taken(40, 30, 30, 0), is_made=False)
    assert replay.flows == 100
    assert replay.shares_before == {"node1": Fraction(2, 5), "node2": Fraction(3, 10), "node3": Fraction(3, 10)}
    assert float(replay.moved) == pytest.approx(0.4 + 0.3 * 2 / 3 + 0.3 / 3)
    assert float(replay.innocent) == pytest.approx(0.5)
    assert replay.differs is None


@pytest.mark.parametrize(
    "counts, is_made, words",
    [
        ((1000, 1000, 1000, 1000), True, None),
        ((1100, 900, 1000, 1000), True, None),
        ((1300, 700, 1000, 1000), True, "the kernel sends 32.5 % to node1, and the model 25.0 %"),
        ((1300, 700, 1000, 1000), False, None),
        ((10, 10, 10, 10, 1), False, "the kernel sends flows to 192.0.2.5, which is no next hop in the table"),
    ],
)
def test_answers_that_differ_from_the_model_by_more_than_chance_are_said(
    counts: tuple[int, ...], *, is_made: bool, words: str | None
) -> None:
    moved = movement(NODES, NODES[1:], Model.HASH_THRESHOLD)
    differs = replay_of(NODES, moved, taken(*counts), is_made=is_made).differs
    assert differs is None if words is None else (differs or "").startswith(words)


def test_a_link_local_next_hop_and_one_on_the_link_are_nodes_too() -> None:
    members = (Member("fe80::1%eth0", "node1"), Member("directly connected, eth7", "eth7"))
    moved = movement(members, members[1:], Model.HASH_THRESHOLD)
    answers = [Taken("fe80::1", "eth0"), Taken(None, "eth7"), Taken(problem="blackhole route")]
    replay = replay_of(members, moved, answers, is_made=False)
    assert set(replay.shares_before) == {"node1", "eth7", "blackhole route"}


TABLE = """198.51.100.7 proto bgp metric 20
\tnexthop via 192.0.2.1 dev eth0 weight 1
\tnexthop via 192.0.2.2 dev eth0 weight 1
"""


@pytest.fixture(name="ask")
def _ask(tmp_path: Path) -> Any:
    """Give what asks a router whose `ip` sends odd source ports to the first next hop, even ones to the second."""
    ip = tmp_path / "bin" / "ip"
    ip.parent.mkdir()
    ip.write_text(
        """#!/bin/sh
while read -r line; do
  case "$line" in
    "route get 198.18.0.1") echo "RTNETLINK answers: Network is unreachable" >&2 ;;
    "route get 203.0.113."*) set -- $line; echo "$3 dev eth9 src 192.0.2.254" ;;
    *"from 203.0.113."*" iif eth0 "*) echo "RTNETLINK answers: Invalid cross-device link" >&2; exit 2 ;;
    *) set -- $line
       port=${line#*sport }
       port=${port%% *}
       echo "$3 from $5 via 192.0.2.$((2 - port % 2)) dev eth0 \\\\    cache iif $7" ;;
  esac
done
""",
        encoding="utf-8",
    )
    ip.chmod(0o755)
    path = f"PATH={ip.parent}:/usr/bin:/bin"
    (tmp_path / "tor1.txt").write_text(TABLE, encoding="utf-8")
    (tmp_path / "ecmpaudit.yaml").write_text(
        json.dumps(
            {
                "ssh": {"transport": "local"},
                "routers": {"tor1": {"platform": "linux", "command_prefix": ["env", path]}},
                "nodes": {"node1": "192.0.2.1", "node2": "192.0.2.2"},
                "clusters": {"c": {"pools": ["198.51.100.0/24"]}},
            }
        ),
        encoding="utf-8",
    )

    def ask(*arguments: str) -> Ended:
        given = ("--config", str(tmp_path / "ecmpaudit.yaml"), "--router-name", "tor1", "--lose", "node1", *arguments)
        return ecmpaudit("what-if", str(tmp_path / "tor1.txt"), *given)

    return ask


def test_the_kernel_is_asked_about_as_many_flows_as_are_wanted(ask: Any) -> None:
    ended = ask("--from-kernel", "3000", "--format", "json")
    document = json.loads(ended.stdout)
    SCHEMA.validate(document)
    (outcome,) = document["what_if"]
    kernel = outcome["kernel"]
    assert (kernel["flows"], kernel["differs"], document["unanswered"]) == (3000, None, [])
    assert sum(kernel["shares_before"].values()) == pytest.approx(1)
    assert kernel["moved"] == kernel["shares_before"]["node1"]
    assert ended.returncode == 0
    text = ask("--from-kernel", "3000").stdout
    assert "\n    198.51.100.7/32, 3,000 flows by its kernel: node" in text
    assert "\n      of these moved 5" in text or "\n      of these moved 4" in text


def test_flows_of_a_file_come_in_by_the_interface_of_the_way_back(ask: Any, tmp_path: Path) -> None:
    file = tmp_path / "flows"
    file.write_text(CONNTRACK + SOCKETS + "oddity\n", encoding="utf-8")
    ended = ask("--from-kernel", "1000", "--flows", str(file), "--format", "json")
    document = json.loads(ended.stdout)
    kernel = document["what_if"][0]["kernel"]
    assert (kernel["flows"], kernel["shares_before"]) == (3, {"node1": 1.0})
    assert kernel["moved"] == 1
    assert document["unanswered"] == [f"--flows {file}: 1 line not understood, the first is line 8"]
    assert ended.returncode == 3


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--flows", "{file}"], "--flows: these are asked with --from-kernel N"),
        (["--from-kernel", "10", "--flows", "{file}"], "no flow to an audited prefix"),
    ],
)
def test_what_cannot_be_asked_is_said(ask: Any, tmp_path: Path, arguments: list[str], words: str) -> None:
    file = tmp_path / "flows"
    file.write_text("203.0.113.9:1 192.0.2.77:443\n", encoding="utf-8")
    ended = ask(*(each.format(file=file) for each in arguments))
    assert ended.returncode == 2
    assert words in " ".join(ended.stderr.split())


def test_a_router_that_is_not_configured_cannot_be_asked(ask: Any, tmp_path: Path) -> None:
    file = tmp_path / "ecmpaudit.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace('"tor1"', '"tor9"'), encoding="utf-8")
    ended = ask("--from-kernel", "9")
    assert ended.returncode == 2
    assert "--from-kernel: no router to ask; add those with a Linux kernel" in ended.stderr
