"""A cluster without SSH to its nodes: `kubectl exec` reaches the lab's daemons, and finds the causes that SSH finds.

The real kubectl asks an API in the management namespace; what it runs in a pod is run in that node's namespace.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.kubernetes_api import Cluster, require_kubectl, served
from tests.kubernetes_exec import NOT_FOUND
from tests.kubernetes_objects import endpoints, node, service
from tests.lab import bird, namespaces
from tests.lab.plan import MGMT, NODES
from tests.lab.processes import run_unchecked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.laboratory import Lab

pytestmark = [pytest.mark.lab, pytest.mark.kubectl]

PODS = {
    "frr": ("frr", {"app": "metallb", "component": "speaker"}),
    "bird": ("calico-node", {"k8s-app": "calico-node"}),
}
OVER_SSH, BY_EXEC = "ssh node", "kubectl exec "


def pod(host: Any) -> dict[str, Any]:
    container, labels = PODS[host.daemon]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"speaker-{host.name}", "namespace": "network", "labels": labels},
        "spec": {"nodeName": host.name, "hostNetwork": True, "containers": [{"name": container}]},
        "status": {"phase": "Running"},
    }


def objects() -> list[dict[str, Any]]:
    """Return the lab's nodes, its pods, and the Service that every cluster has."""
    nodes = []
    for host in NODES:
        addresses = [{"type": "InternalIP", "address": address} for address in host.addresses]
        nodes.append({**node(1), "metadata": {"name": host.name, "labels": {}}, "status": {"addresses": addresses}})
    whole = [service("default/kubernetes", type="ClusterIP"), endpoints("default/kubernetes", "node1")]
    return [*nodes, *map(pod, NODES), *whole]


@contextmanager
def cluster(lab: Lab, folder: Path) -> Iterator[Cluster]:
    """Serve the lab's nodes as a cluster, in the namespace from which it is scanned."""

    def answers(place: str, words: list[str]) -> tuple[bytes, bytes, int]:
        machine = lab.machines[place.split("/")[1].removeprefix("speaker-")]
        if words[0] == "vtysh":
            words = ["vtysh", "-N", machine.namespace, *words[1:]]
        elif words[0] == "birdcl":
            words = ["birdcl", "-r", "-s", str(bird.control_socket(machine)), *words[4:]]
        elif words[0] != "ip":
            return b"", b"", NOT_FOUND
        done = run_unchecked(namespaces.inside(machine.namespace, words), timeout=30)
        return done.stdout.encode(), done.stderr.encode(), done.returncode

    served_cluster = Cluster(objects=objects(), answers=answers)
    with namespaces.entered(lab.machines[MGMT.name].namespace), served(served_cluster, folder):
        yield served_cluster


def causes(report: str) -> set[tuple[str, str, str]]:
    return {(f["code"], f["prefix"], f["message"]) for f in json.loads(report)["findings"] if f["router"] == "tor1"}


def places(report: str) -> str:
    """Return the places of all evidence."""
    return json.dumps([finding["evidence"] for finding in json.loads(report)["findings"]])


@pytest.mark.parametrize("name", ["node3", "node5"])
def test_a_withdrawn_address_has_the_cause_that_ssh_finds(lab: Lab, name: str, tmp_path: Path) -> None:
    require_kubectl()
    daemon = next(host.daemon for host in NODES if host.name == name)
    kubectl = {"kubectl": {"context": "prod", "kubeconfig": str(tmp_path / "kubeconfig"), "exec": True}}
    nodes = {host.name: {"host": None, "platform": None} for host in NODES}
    with lab.withdrawn(name, "172.31.1.1/32"), cluster(lab, tmp_path) as asked:
        by_ssh = lab.scan()
        by_exec = lab.scan(configuration=lab.configuration(nodes=nodes, kubernetes=kubectl))
    assert by_exec.stdout.startswith("{"), by_exec.stderr
    assert daemon in PODS
    assert f"/pods/speaker-{name}/exec?" in "".join(asked.requests)
    assert OVER_SSH in places(by_ssh.stdout)
    assert OVER_SSH not in by_exec.stdout
    assert causes(by_ssh.stdout) == causes(by_exec.stdout)
    assert any(
        f"{name} (" in message and "is not on its kube-lb0" in message for _, _, message in causes(by_exec.stdout)
    )
    assert f"{BY_EXEC}network/speaker-{name}/" in places(by_exec.stdout)
