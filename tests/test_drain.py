"""`ecmpaudit drain`: the verdict before a drain, and the waits until nodes are gone or back."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.auditing.drain import Watch
from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import Material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.changes.drained import Listed, of_nodes
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Capture, Node
from tests.program import ecmpaudit
from tests.ssh_server import make_key, ssh_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.program import Ended
    from tests.ssh_server import SshServer

RIB = "vtysh -c 'show ip route vrf all 198.51.100.0/24 longer-prefixes | include ^[^ ]+>|^  [^ ]|[(]|inactive|:$|%'"
KERNEL = "ip -4 route show table all root 198.51.100.0/24"
THREE = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
NODES = "node1=192.0.2.1,node2=192.0.2.2,node3=192.0.2.3"


def rib(hops: list[str]) -> str:
    first = "B>* 198.51.100.7/32 [20/0] via {}, eth0, weight 1, 00:00:35\n"
    further = "  *                         via {}, eth0, weight 1, 00:00:35\n"
    return "".join((further if number else first).format(hop) for number, hop in enumerate(hops))


def kernel(hops: list[str]) -> str:
    if len(hops) == 1:
        return f"198.51.100.7 nhid 9 via {hops[0]} dev eth0 proto bgp metric 20 \n"
    lines = "".join(f"\tnexthop via {hop} dev eth0 weight 1 \n" for hop in hops)
    return f"198.51.100.7 nhid 9 proto bgp metric 20 \n{lines}" if hops else ""


def captures(router: str, hops: list[str], in_kernel: list[str], failure: str | None = None) -> list[Capture]:
    given = [(RIB, rib(hops)), (KERNEL, kernel(in_kernel))]
    asked = "2026-11-27T03:00:00.000+00:00"
    return [
        Capture(router, "frr", command, text, f"{router}: {command}", failure=failure, started=asked)
        for command, text in given
    ]


def watch(*names: str, routers: tuple[str, ...] = ("tor1", "tor2")) -> Watch:
    request = Request.of(ScopeOptions(pools=("198.51.100.0/24",), nodes=(NODES,), is_searched=False))
    return Watch.of(request, routers, names, Material())


def test_a_node_is_gone_when_no_router_has_it_in_its_table_and_kernel() -> None:
    left = THREE[:2]
    polled = watch("node3").polled([*captures("tor1", left, left), *captures("tor2", left, left)])
    assert polled.is_gone
    assert not polled.is_full
    assert set(polled.wanting) == {
        f"{tor}: 198.51.100.7/32: {what}"
        for tor in ("tor1", "tor2")
        for what in ("2 of 3 next hops", "node3 is missing")
    }


@pytest.mark.parametrize("name", ["node3", "192.0.2.3"])
def test_a_node_that_only_the_kernel_still_has_is_not_gone(name: str) -> None:
    polled = watch(name).polled([*captures("tor1", THREE[:2], THREE[:2]), *captures("tor2", THREE[:2], THREE)])
    assert not polled.is_gone
    assert polled.present == (Listed("tor2", "default", "198.51.100.7/32", "kernel", "192.0.2.3"),)


def test_a_node_counts_where_its_route_is_selected_or_none_is() -> None:
    unused = "O   198.51.100.7/32 [110/20] via 192.0.2.3, eth0, weight 1, 00:00:35\n"
    for selected, present in ((rib(THREE[:2]), []), ("", [("RIB", "192.0.2.3")])):
        answers = [Capture("tor1", "frr", RIB, unused + selected, "tor1"), captures("tor1", [], THREE[:2])[1]]
        polled = watch("node3", routers=("tor1",)).polled(answers)
        assert [(each.table, each.hop) for each in polled.present] == present


def test_a_router_that_does_not_answer_is_never_gone() -> None:
    silent = captures("tor2", [], [], failure="timed out")
    polled = watch("node3").polled([*captures("tor1", THREE[:2], THREE[:2]), *silent])
    assert polled.unasked == (("tor2", "timed out"),)
    assert not polled.is_gone


def test_an_answer_that_is_not_understood_is_never_gone() -> None:
    odd = Capture("tor1", "frr", RIB, rib(THREE[:2]) + "  * damaged 192.0.2.3\n", "tor1")
    polled = watch("node3", routers=("tor1",)).polled([odd, captures("tor1", [], THREE[:2])[1]])
    assert [router for router, _ in polled.unasked] == ["tor1"]


def test_a_router_without_any_route_to_the_prefixes_has_lost_the_node() -> None:
    polled = watch("node3", routers=("tor1",)).polled(captures("tor1", [], []))
    assert polled.is_gone
    assert "tor1: no route to any audited prefix" in polled.wanting


def test_the_spread_is_full_when_the_kernel_has_every_node_too() -> None:
    both = watch("node3")
    assert both.polled([*captures("tor1", THREE, THREE), *captures("tor2", THREE, THREE)]).is_full
    polled = both.polled([*captures("tor1", THREE, THREE), *captures("tor2", THREE, THREE[:2])])
    assert set(polled.wanting) == {
        "tor2: 198.51.100.7/32: 2 of 3 next hops in the kernel",
        "tor2: 198.51.100.7/32: node3 is missing in the kernel",
    }
    assert not both.polled([*captures("tor1", THREE, THREE), *captures("tor2", [], [])]).is_full


@pytest.mark.parametrize(
    "hop, is_unknown",
    [("fe80::3%eth0", True), ("fe80::1%eth0", False), ("192.0.2.77", False), ("2001:db8::77", True)],
)
def test_a_next_hop_that_may_be_the_node_is_said(hop: str, is_unknown: bool) -> None:
    listed = [Listed("tor1", "default", "198.51.100.7/32", "RIB", hop)]
    node = Node("node3", frozenset({"192.0.2.3"}))
    present, unknown = of_nodes(listed, [node], {"fe80::1": "node1"})
    assert (present, unknown) == ((), tuple(listed) if is_unknown else ())


def test_a_node_that_is_not_known_is_an_error_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="node33: no such node; did you mean node3"):
        watch("node33")


def test_a_wait_watches_each_node_that_a_pattern_matches_once() -> None:
    assert [node.name for node in watch("node[23]", "node3").nodes] == ["node2", "node3"]
    with pytest.raises(ConfigurationError, match=r"leaf\*: no such node or next hop"):
        watch("leaf*")


class Routers:
    """Two routers on one real sshd; what each answers is in files."""

    def __init__(self, folder: Path, server: SshServer) -> None:
        self.folder, self.server = folder, server
        for name in ("tor1", "tor2"):
            self.set(name, THREE)
        answer = folder / "answer"
        answer.write_text(
            f"""#!/bin/sh
router=$1; shift
echo x >>{folder}/$router.asked
case "$*" in
  *vtysh*longer-prefixes*json*) echo '{{}}' ;;
  *vtysh*) cat {folder}/$router.rib ;;
  *" route "*) cat {folder}/$router.kernel ;;
  *) exit 1 ;;
esac
""",
            encoding="utf-8",
        )
        answer.chmod(0o755)

    def set(self, router: str, hops: list[str]) -> None:
        """Let a router have these next hops."""
        for kind, text in (("rib", rib(hops)), ("kernel", kernel(hops))):
            new = self.folder / f"{router}.{kind}.new"
            new.write_text(text, encoding="utf-8")
            new.replace(self.folder / f"{router}.{kind}")

    def configuration(self, **ports: int) -> str:
        """Write the configuration, and return its path; a port may be another one."""

        def device(name: str) -> dict[str, Any]:
            port = ports.get(name, self.server.port)
            prefix = f"{self.folder}/answer {name}"
            return {"host": self.server.address, "port": port, "platform": "frr", "command_prefix": prefix}

        known_hosts = self.folder / "known_hosts"
        ssh = {"key": str(self.folder / "key"), "known_hosts": str(known_hosts), "config": "/dev/null"}
        nodes = {f"node{n}": {"addresses": [hop]} for n, hop in enumerate(THREE, 1)}
        document = {
            "ssh": {**ssh, "connect_timeout": 5},
            "routers": {name: device(name) for name in ("tor1", "tor2")},
            "nodes": nodes,
            "clusters": {"prod": {"pools": ["198.51.100.0/24"]}},
        }
        file = self.folder / "ecmpaudit.yaml"
        file.write_text(json.dumps(document), encoding="utf-8")
        return str(file)

    def drain(self, *arguments: str, **ports: int) -> Ended:
        """Return how the command ended."""
        return ecmpaudit("drain", "--config", self.configuration(**ports), "--format", "json", *arguments)


@pytest.fixture(name="routers")
def _routers(tmp_path: Path) -> Iterator[Routers]:
    make_key(tmp_path / "key")
    with ssh_server(tmp_path / "sshd", (tmp_path / "key.pub").read_text(encoding="utf-8")) as server:
        (tmp_path / "known_hosts").write_text(server.known_hosts_line(), encoding="utf-8")
        yield Routers(tmp_path, server)


def lines(run: Ended) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.sshd
def test_a_drain_is_waited_for_and_then_the_return(routers: Routers) -> None:
    short = ("--interval", "0.05", "--timeout", "30")

    def leave() -> None:
        for name in ("tor1", "tor2"):
            routers.set(name, THREE[:2])

    leaving = threading.Timer(1.0, leave)
    leaving.start()
    run = routers.drain("node3", "--wait-gone", *short)
    leaving.join()
    states = [line["state"] for line in lines(run)]
    assert (run.returncode, states[-1]) == (0, "gone")
    assert lines(run)[-1]["not_asked"] == {}
    assert set(lines(run)[-1]["bytes"].values()) == {len(rib(THREE[:2])) + len(kernel(THREE[:2]))}
    for name in ("tor1", "tor2"):
        routers.set(name, THREE)
    back = routers.drain("node3", "--wait-back", "--stable", "3", *short)
    assert (back.returncode, [line["state"] for line in lines(back)]) == (0, ["waiting", "waiting", "back"])


@pytest.mark.sshd
def test_the_end_of_the_time_is_1_and_a_router_that_cannot_be_asked_is_3(routers: Routers) -> None:
    short = ("--interval", "0.05", "--timeout", "3")
    run = routers.drain("node3", "--wait-gone", *short)
    assert (run.returncode, lines(run)[-1]["state"]) == (1, "timeout")
    assert {place["router"] for place in lines(run)[-1]["present"]} == {"tor1", "tor2"}
    for name in ("tor1", "tor2"):
        routers.set(name, THREE[:2])
    run = routers.drain("node3", "--wait-gone", *short, tor2=1)
    assert (run.returncode, lines(run)[-1]["state"]) == (3, "not asked")
    assert list(lines(run)[-1]["not_asked"]) == ["tor2"]


@pytest.mark.sshd
def test_a_wait_says_what_it_needs(routers: Routers) -> None:
    both = routers.drain("node3", "--wait-gone", "--wait-back")
    assert (both.returncode, "give one of them" in both.stderr) == (2, True)
    unknown = routers.drain("node9", "--wait-gone")
    assert (unknown.returncode, "node9: no such node" in unknown.stderr) == (2, True)


@pytest.mark.parametrize("minimum, code, verdict", [("2", 0, "may be drained"), ("3", 1, "do not drain")])
def test_the_verdict_before_a_drain_is_that_of_what_if(tmp_path: Path, minimum: str, code: int, verdict: str) -> None:
    table = tmp_path / "tor1.txt"
    table.write_text(f"tor1# ip route\n{kernel(THREE)}tor1#\n", encoding="utf-8")
    given = ("--from", str(table), "--pool", "198.51.100.0/24", "--nodes", NODES, "--min", minimum)
    run = ecmpaudit("drain", "node3", *given)
    assert (run.returncode, f"verdict: node3: {verdict}" in run.stdout) == (code, True)
    (line,) = lines(ecmpaudit("drain", "node3", *given, "--format", "json"))
    assert line["verdict"].startswith(verdict)
    assert line["what_if"][0]["moved"] == 0.5


@pytest.mark.parametrize(
    "configured, texts, without_output",
    [
        ("tor1", ["tor1# "], []),
        ("tor1 tor2", ["tor1# ", "tor2# "], []),
        ("tor1 tor2 tor3", ["tor1# "], ["tor2", "tor3"]),
        ("tor1", [""], []),
        ("tor1 tor2", [""], ["tor1", "tor2"]),
    ],
)
def test_no_node_may_be_drained_while_nothing_is_known_of_a_configured_router(
    tmp_path: Path, configured: str, texts: list[str], without_output: list[str]
) -> None:
    for number, prompt in enumerate(texts):
        command = f"{prompt}ip -6 route\n" if prompt else ""
        hops = "".join(f"\tnexthop via 2001:db8::{n} dev eth0 weight 1 \n" for n in (1, 2, 3))
        table = f"{command}2001:db8:100::7 nhid 9 proto bgp metric 20 pref medium\n{hops}{prompt}\n"
        (tmp_path / f"{number}.txt").write_text(table, encoding="utf-8")
    routers = "".join(f"  {name}: {{host: {name}.example, platform: frr}}\n" for name in configured.split())
    pools = "clusters: {a: {pools: ['2001:db8:100::/64']}}\n"
    nodes = ", ".join(f"node{n}: {{addresses: ['2001:db8::{n}']}}" for n in (1, 2, 3))
    (tmp_path / "ecmpaudit.yaml").write_text(f"routers:\n{routers}nodes: {{{nodes}}}\n{pools}", encoding="utf-8")
    files = [word for number in range(len(texts)) for word in ("--from", f"{number}.txt")]
    run = ecmpaudit("drain", "node3", *files, folder=tmp_path)
    shown = [line.partition(":")[0] for line in run.stdout.splitlines() if "without any output here" in line]
    assert [name for name in shown if name != "note"] == without_output
    assert (run.returncode, "verdict: node3: may be drained" in run.stdout) == (
        (3, False) if without_output else (0, True)
    )
