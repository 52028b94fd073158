"""The lab itself: it is what it says, every state can be made and undone, and nothing of it stays behind."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab import bird, namespaces
from tests.lab.laboratory import Lab
from tests.lab.processes import LabError

if TYPE_CHECKING:
    from tests.lab.plan import Machine

pytestmark = pytest.mark.lab

ALL = frozenset({"node1", "node2", "node3", "node4", "node5"})
THREE = frozenset({"node1", "node2", "node5"})
CLEAN = {"172.31.1.1/32": ALL, "172.31.1.0/32": THREE, "fd00:31::1:1/128": ALL, "fd00:31::1:0/128": THREE}
ROUTERS = ("tor1", "tor2")


@pytest.mark.parametrize("router", ROUTERS)
def test_clean_state_spreads_over_five_and_over_three_nodes_in_both_families(lab: Lab, router: str) -> None:
    assert lab.forwarding(router) == CLEAN


@pytest.mark.parametrize("router", ROUTERS)
@pytest.mark.parametrize("show", ["show ip route", "show ipv6 route"], ids=["ipv4", "ipv6"])
def test_login_to_a_router_reaches_its_own_frr(lab: Lab, router: str, show: str) -> None:
    answer = lab.ssh(router, f"vtysh -c '{show}' -c 'show running-config'")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert f"hostname {router}\n" in answer.stdout
    # 5 and 3 next hops by BGP, the same by OSPF, and OSPF's own route to the fabric.
    assert answer.stdout.count(" weight 1") == 17


@pytest.mark.parametrize("node,router_id", [(f"node{n}", f"172.30.250.10{n}") for n in (1, 2, 3, 4)])
def test_login_to_a_node_reaches_its_own_bird(lab: Lab, node: str, router_id: str) -> None:
    status = lab.ssh(node, "birdc -r show status")
    assert (status.returncode, status.stderr) == (0, "")
    assert f"Router ID is {router_id}" in status.stdout
    table = lab.ssh(node, "birdc -r show route").stdout
    assert "172.31.1.1/32" in table
    assert "fd00:31::1:1/128" in table


def test_login_to_the_node_that_runs_frr_reaches_its_own_frr(lab: Lab) -> None:
    answer = lab.ssh("node5", "vtysh -c 'show running-config'")
    assert "bgp router-id 172.30.250.105\n" in answer.stdout


def test_host_key_of_each_host_is_its_own(lab: Lab) -> None:
    keys = [line.split(" ", 1)[1] for line in lab.known_hosts.read_text(encoding="ascii").splitlines()]
    assert (len(keys), len(set(keys))) == (14, 7)


@pytest.mark.parametrize("node", ["node3", "node5"], ids=["bird", "frr"])
def test_stopped_daemon_takes_its_node_out_of_every_set(lab: Lab, node: str) -> None:
    with lab.daemon_stopped(node):
        for router in ROUTERS:
            assert lab.forwarding(router) == {prefix: nodes - {node} for prefix, nodes in CLEAN.items()}
    lab.wait_clean()
    assert [lab.forwarding(router) for router in ROUTERS] == [CLEAN, CLEAN]


@pytest.mark.parametrize("prefix", ["172.31.1.1/32", "fd00:31::1:1/128"], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("node", ["node3", "node5"], ids=["bird", "frr"])
def test_withdrawn_address_takes_its_node_out_of_one_set(lab: Lab, node: str, prefix: str) -> None:
    with lab.withdrawn(node, prefix):
        for router in ROUTERS:
            assert lab.forwarding(router) == {**CLEAN, prefix: ALL - {node}}
    lab.wait_clean()
    assert [lab.forwarding(router) for router in ROUTERS] == [CLEAN, CLEAN]


def test_maximum_paths_limits_one_router_in_both_families(lab: Lab) -> None:
    with lab.maximum_paths("tor1", 2):
        assert [len(nodes) for nodes in lab.forwarding("tor1").values()] == [2, 2, 2, 2]
        assert lab.forwarding("tor2") == CLEAN
    lab.wait_clean()
    assert [lab.forwarding(router) for router in ROUTERS] == [CLEAN, CLEAN]


def test_state_that_a_test_left_is_noticed(lab: Lab) -> None:
    lab.set_maximum_paths("tor2", 3)
    with pytest.raises(LabError, match="a test has not led back: tor2"):
        lab.wait_clean()
    lab.unset_maximum_paths("tor2")


def test_stopped_sshd_refuses_connections_and_routing_goes_on(lab: Lab) -> None:
    with lab.sshd_stopped("tor2"):
        answer = lab.ssh("tor2", "true")
        assert answer.returncode == 255
        assert "Connection refused" in answer.stderr
        assert list(lab.deviations()) == []
    assert lab.ssh("tor2", "true").returncode == 0


def test_changed_host_key_is_refused_by_openssh(lab: Lab) -> None:
    with lab.host_key_changed("tor1"):
        answer = lab.ssh("tor1", "true")
        assert answer.returncode == 255
        assert "Host key verification failed" in answer.stderr
    assert lab.ssh("tor1", "true").returncode == 0


def test_hanging_command_never_answers_and_ends_with_its_state(lab: Lab) -> None:
    tor1 = lab.machines["tor1"]
    with lab.hanging("tor1", "show ip route"):
        assert lab.ssh("tor1", "vtysh -c 'show ipv6 route'").returncode == 0
        with pytest.raises(LabError, match="did not end within 10 s"):
            lab.ssh("tor1", "vtysh -c 'show ip route'", timeout=10)
        assert "sleep" in names_of_processes(tor1)
    assert "sleep" not in names_of_processes(tor1)
    assert lab.ssh("tor1", "vtysh -c 'show ip route'").returncode == 0


@pytest.mark.parametrize(
    "host,words,command",
    [
        ("tor1", "show ip route", "vtysh -c 'show ip route'"),
        ("tor1", "show ipv6 route", "vtysh -c 'show ipv6 route'"),
        ("node1", "show route", "birdc -r show route"),
    ],
    ids=["frr_ipv4", "frr_ipv6", "bird"],
)
def test_connection_breaks_in_the_middle_of_the_answer(lab: Lab, host: str, words: str, command: str) -> None:
    whole = lab.ssh(host, command)
    with lab.cutting(host, words):
        half = lab.ssh(host, command)
        assert half.returncode == 255
        # The ages within the table go on, its head does not change.
        assert half.stdout[:60] == whole.stdout[:60]
        assert 60 < len(half.stdout) < len(whole.stdout) * 0.6
        assert lab.ssh(host, "true").returncode == 0
    again = lab.ssh(host, command)
    assert (again.returncode, len(again.stdout)) == (0, len(whole.stdout))


def test_second_lab_leaves_nothing_behind_and_the_first_alone(lab: Lab, tmp_path: Path) -> None:
    second = Lab(tmp_path / "second")
    try:
        second.start()
        running = second.leftovers()
    finally:
        second.stop()
    # An sshd each for 7 hosts, 4 BIRDs, and 4 daemons of FRR on 3 hosts.
    assert len([thing for thing in running if thing.startswith("process ")]) == 23
    assert len([thing for thing in running if thing.startswith("namespace ")]) == 9
    assert second.leftovers() == []
    assert list(lab.deviations()) == []


def test_lab_that_fails_half_way_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_bird = bird.start

    def fail_on_node4(machine: Machine) -> None:
        if machine.host.name == "node4":
            raise LabError("node4 is broken")
        start_bird(machine)

    monkeypatch.setattr(bird, "start", fail_on_node4)
    broken = Lab(tmp_path / "broken")
    try:
        with pytest.raises(LabError, match="node4 is broken"):
            broken.start()
        assert broken.leftovers() != []
    finally:
        broken.stop()
    assert broken.leftovers() == []


def test_namespace_that_exists_already_is_refused_and_stays(tmp_path: Path) -> None:
    refused = Lab(tmp_path / "refused")
    foreign = f"{refused.prefix}-node3"
    namespaces.add_namespace(foreign)
    try:
        with pytest.raises(LabError, match=f"{foreign} exists already"):
            refused.start()
        refused.stop()
        assert refused.leftovers() == [f"namespace {foreign}"]
    finally:
        namespaces.remove(foreign)


def names_of_processes(machine: Machine) -> set[str]:
    names = set()
    for pid in namespaces.processes(namespaces.identity(machine.namespace)):
        # A process may end while it is looked at.
        with suppress(FileNotFoundError, ProcessLookupError):
            names.add(Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip())
    return names
