"""Small Kubernetes objects for tests of one rule each; the fixtures have full ones, as kubectl prints them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecmpaudit.kubernetes.announcing import Announcements, announcements_of
from ecmpaudit.kubernetes.documents import Document, objects_of
from ecmpaudit.kubernetes.dump import read_dumps

FIXTURES = Path(__file__).parent / "fixtures" / "kubernetes"
METALLB = (FIXTURES / "metallb--cluster.json", FIXTURES / "metallb--custom_resources.json")
PURELB = (FIXTURES / "purelb--cluster.json", FIXTURES / "purelb--custom_resources.json")
CALICO = (FIXTURES / "calico--all.json",)
CILIUM = (FIXTURES / "cilium--all.json",)

Values = dict[str, Any]


def node(number: int, **labels: str) -> Values:
    """Return node1 with 192.0.2.101 and 2001:db8::101, and so on, Ready."""
    addresses = [f"192.0.2.{100 + number}", f"2001:db8::{100 + number}"]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": f"node{number}", "labels": labels},
        "status": {
            "addresses": [{"type": "InternalIP", "address": address} for address in addresses],
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def service(key: str, *addresses: str, policy: str = "Cluster", **spec: Any) -> Values:
    """Return a Service of type LoadBalancer that was given these addresses."""
    namespace, _, name = key.partition("/")
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"type": "LoadBalancer", "externalTrafficPolicy": policy, **spec},
        "status": {"loadBalancer": {"ingress": [{"ip": address} for address in addresses]}},
    }


def endpoints(key: str, *nodes: str | None, suffix: str = "slice", conditions: dict[str, bool] | None = None) -> Values:
    """Return a slice with one endpoint on each of the nodes, ready unless the conditions say otherwise."""
    namespace, _, of = key.partition("/")
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": f"{of}-{suffix}", "namespace": namespace, "labels": {"kubernetes.io/service-name": of}},
        "addressType": "IPv4",
        "endpoints": [
            {"addresses": [f"10.244.0.{number}"], "nodeName": where, "conditions": conditions or {"ready": True}}
            for number, where in enumerate(nodes, start=1)
        ],
    }


def announcements_with(*values: Values, announcer: str = "metallb") -> Announcements:
    """Return what is announced in a cluster with these objects, beside a slice of some other Service."""
    everything = (*values, endpoints("kube-system/kube-dns", "node1"))
    return announcements_of(objects_of(Document("test", value) for value in everything), announcer)


def announcements_in(paths: tuple[Path, ...], announcer: str = "auto") -> Announcements:
    """Return what is announced in a fixture's cluster."""
    return announcements_of(read_dumps(paths), announcer)


def nodes_of(found: Announcements) -> dict[str, list[str]]:
    """Return the numbers of the nodes that announce each prefix, as text: `{"198.51.100.7/32": ["2", "5"]}`."""
    return {prefix: [name.removeprefix("node") for name in share.nodes] for prefix, share in found.shares.items()}
