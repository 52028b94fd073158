"""The pods that speak BGP are asked by `kubectl exec`: the real kubectl, and a server that has our answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ecmpaudit.auditing.cluster_objects import chosen_speakers
from ecmpaudit.auditing.run import read_material
from ecmpaudit.collectors.kubectl.pods import speaking_pods
from ecmpaudit.collectors.kubectl.program import Calls, Kubectl
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.commands.pods import without_absent_programs
from ecmpaudit.configuration.kubernetes_section import KubectlSection
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.platforms.speakers import speakers
from tests.kubernetes_api import OF_KUBERNETES, Cluster, Server, require_kubectl, served
from tests.kubernetes_exec import NOT_FOUND
from tests.kubernetes_objects import endpoints, node, service
from tests.program import ROOT, ecmpaudit, plain_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecmpaudit.model import Capture

pytestmark = pytest.mark.kubectl
POOLS = ("198.51.100.0/24", "2001:db8:31::/64")
OF_HOST = (
    "ip -j address",
    "ip -j -4 route show table all root 198.51.100.0/24",
    "ip -j -4 route show table all match 198.51.100.0/23",
    "ip -j -6 route show table all root 2001:db8:31::/64",
    "ip -j -6 route show table all match 2001:db8:31::/63",
    "ip -j neigh",
)
ADDRESSES = json.dumps([{"ifname": "eth0", "addr_info": [{"family": "inet", "local": "192.0.2.101", "prefixlen": 24}]}])
SUMMARY = json.dumps({"ipv4Unicast": {"peers": {"192.0.2.1": {"remoteAs": 64512, "state": "Established"}}}})
PEERS = [
    {
        "families": [{"afi": "ipv4", "safi": "unicast", "advertised": 1}, {"afi": "ipv6", "safi": "unicast"}],
        "local-asn": 64513,
        "peer-address": "192.0.2.1",
        "peer-asn": 64512,
        "remote-capabilities": [{"capabilities": "AQQAAQAB"}],
        "session-state": "established",
        "uptime-nanoseconds": 90_000_000_000,
    },
    {"families": [{"afi": "ipv4", "safi": "unicast"}], "peer-address": "192.0.2.2", "session-state": "active"},
]
ROUTES = [{"neighbor": "192.0.2.1", "paths": [], "prefix": "198.51.100.7/32", "router-asn": 64513}]


def pod(name: str, on: str, container: str, labels: str, **changes: Any) -> dict[str, Any]:
    """Return a running pod with host networking."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "network",
            "labels": dict(pair.split("=") for pair in labels.split(",")),
        },
        "spec": {"nodeName": on, "hostNetwork": True, "containers": [{"name": "other"}, {"name": container}]},
        "status": {"phase": "Running"},
        **changes,
    }


SPEAKERS = {
    "metallb": ("frr", "app=metallb,component=speaker"),
    "frr-k8s": ("frr", "app=frr-k8s"),
    "calico": ("calico-node", "k8s-app=calico-node"),
    "cilium": ("cilium-agent", "k8s-app=cilium"),
    "purelb": ("k8gobgp", "app=purelb,component=lbnodeagent"),
    "kube-router": ("kube-router", "k8s-app=kube-router"),
}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    require_kubectl()
    monkeypatch.setenv("HOME", str(tmp_path))
    with served(Cluster(), tmp_path) as server:
        yield server


def asked(server: Server, section: KubectlSection | None = None, otherwise: tuple[str, ...] = ()) -> list[Capture]:
    calls = Calls(Kubectl(kubeconfig=server.kubeconfig))
    found = speaking_pods(calls, chosen_speakers(section), POOLS, otherwise)
    return [*found.failed, *without_absent_programs(collect(list(found.targets)))]


def commands(captures: list[Capture]) -> list[str]:
    return [capture.command or "" for capture in captures]


def only(section: dict[str, Any] | None = None, **names: Any) -> KubectlSection:
    """Return a section with other selectors, so that only what a test is about is asked for."""
    hidden = {name: {"selectors": ["app=none"]} for name in SPEAKERS if name not in (section or names)}
    return KubectlSection.model_validate({"speakers": {**hidden, **names}})


def test_every_known_speaker_is_found_by_its_labels_and_asked_in_its_container(server: Server) -> None:
    for number, (name, (container, labels)) in enumerate(SPEAKERS.items(), 1):
        server.cluster.objects.append(pod(f"{name}-x", f"node{number}", container, labels))
    ran: dict[str, list[list[str]]] = {}

    def answers(place: str, words: list[str]) -> tuple[bytes, bytes, int]:
        ran.setdefault(place, []).append(words)
        return b"[]\n", b"", 0

    server.cluster.answers = answers
    assert set(speakers()) == set(SPEAKERS)
    calls = Calls(Kubectl(kubeconfig=server.kubeconfig))
    found = speaking_pods(calls, speakers().values(), POOLS, [])
    assert [(target.name, str(target.pod)) for target in found.targets] == [
        (f"node{number}", f"network/{name}-x/{container}")
        for number, (name, (container, _)) in enumerate(SPEAKERS.items(), 1)
    ]
    assert {target.commands[: len(OF_HOST)] for target in found.targets} == {OF_HOST}
    by_name = {str(target.pod): target.commands[len(OF_HOST) :] for target in found.targets}
    assert by_name["network/calico-x/calico-node"] == (
        "birdcl -r -s /var/run/calico/bird.ctl 'show protocols all'",
        "birdcl6 -r -s /var/run/calico/bird6.ctl 'show protocols all'",
        "birdcl -r -s /var/run/calico/bird.ctl 'show route where net ~ [ 198.51.100.0/24+ ]'",
        "birdcl6 -r -s /var/run/calico/bird6.ctl 'show route where net ~ [ 2001:db8:31::/64+ ]'",
    )
    assert by_name["network/cilium-x/cilium-agent"] == ("cilium-dbg bgp peers -o json",)
    assert by_name["network/metallb-x/frr"][0] == "vtysh -c 'show bgp vrf all summary json'"
    assert by_name["network/purelb-x/k8gobgp"][0] == "gobgp neighbor -j"
    collect([target for target in found.targets if target.name == "node3"])
    assert ["birdcl", "-r", "-s", "/var/run/calico/bird.ctl", "show protocols all"] in ran[
        "network/calico-x/calico-node"
    ]


def test_a_daemon_of_a_family_in_which_nothing_is_audited_is_not_asked(server: Server) -> None:
    server.cluster.objects.append(pod("calico-x", "node1", "calico-node", SPEAKERS["calico"][1]))
    calls = Calls(Kubectl(kubeconfig=server.kubeconfig))
    (target,) = speaking_pods(calls, [speakers()["calico"]], ("198.51.100.0/24",), ["node1"]).targets
    assert target.commands == (
        "birdcl -r -s /var/run/calico/bird.ctl 'show protocols all'",
        "birdcl -r -s /var/run/calico/bird.ctl 'show route where net ~ [ 198.51.100.0/24+ ]'",
    )


def test_frr_in_a_pod_gives_the_facts_that_ssh_gives(server: Server) -> None:
    server.cluster.objects.append(pod("speaker-1", "node1", "frr", SPEAKERS["metallb"][1]))
    texts = {"ip -j address": ADDRESSES, "vtysh -c show bgp vrf all summary json": SUMMARY}
    server.cluster.answers = lambda _, words: (f"{texts.get(' '.join(words), '{}')}\n".encode(), b"", 0)
    captures = asked(server, only(metallb={}))
    first = captures[0]
    assert (first.router, first.platform, first.failure) == ("node1", "frr", None)
    assert first.source == "kubectl exec network/speaker-1/frr: ip -j address"
    advertised = "vtysh -c 'show bgp ipv4 unicast neighbors 192.0.2.1 advertised-routes json'"
    assert advertised in commands(captures)
    material = read_material(captures, nodes={"node1"})
    assert material.node_addresses == {"node1": ("192.0.2.101",)}


def test_cilium_in_a_pod_gives_its_sessions_and_what_it_announces(server: Server) -> None:
    server.cluster.objects.append(pod("cilium-x", "node1", "cilium-agent", SPEAKERS["cilium"][1]))
    server.cluster.answers = lambda _, words: (
        json.dumps(PEERS if "peers" in words else ROUTES if "ipv4" in words else []).encode() + b"\n",
        b"",
        0 if words[0] != "ip" else NOT_FOUND,
    )
    captures = asked(server, only(cilium={}))
    assert commands(captures) == [
        "cilium-dbg bgp peers -o json",
        "cilium-dbg bgp routes advertised ipv4 unicast neighbor 192.0.2.1 -o json",
        "cilium-dbg bgp routes advertised ipv6 unicast neighbor 192.0.2.1 -o json",
    ]
    facts = read_material(captures, nodes={"node1"}).facts
    assert [(s.peer, s.family, s.state, s.sent, s.since) for s in facts.sessions] == [
        ("192.0.2.1", 4, "Established", 1, "0:01:30"),
        ("192.0.2.1", 6, "Established", 0, "0:01:30"),
        ("192.0.2.2", 4, "Active", None, None),
    ]
    assert [(export.session, export.prefix) for export in facts.exports] == [("192.0.2.1", "198.51.100.7/32")]
    assert facts.export_lists == {("node1", "192.0.2.1", 4), ("node1", "192.0.2.1", 6)}


def test_cilium_whose_control_plane_is_off_has_no_session(server: Server) -> None:
    server.cluster.objects.append(pod("cilium-x", "node1", "cilium-agent", SPEAKERS["cilium"][1]))
    server.cluster.answers = lambda _, __: (b"BGP Control Plane is disabled\n", b"", 0)
    material = read_material(asked(server, only(cilium={}))[len(OF_HOST) :], nodes={"node1"})
    assert material.facts.sessions == ()
    assert material.failed == ()


def test_a_program_that_fails_and_one_that_is_absent_are_failures_of_their_command(server: Server) -> None:
    server.cluster.objects.append(pod("speaker-1", "node1", "k8gobgp", SPEAKERS["purelb"][1]))
    ended = {"neighbor": (b"half", b"failed to connect\n", 3), "global": (b"", b"", NOT_FOUND)}
    server.cluster.answers = lambda _, words: ended.get(words[1], (b"", b"", NOT_FOUND))
    captures = asked(server, only(purelb={}))
    assert [(capture.command, capture.failure) for capture in captures] == [
        ("gobgp neighbor -j", "the command failed with exit status 3: failed to connect"),
        ("gobgp global rib -j", "no such command in the container (exit status 1)"),
        ("gobgp global rib -a ipv6 -j", "no such command in the container (exit status 1)"),
    ]


def test_a_pod_that_does_not_run_is_named_and_not_asked(server: Server) -> None:
    waiting = pod("speaker-1", "node1", "frr", SPEAKERS["metallb"][1], status={"phase": "Pending"})
    server.cluster.objects.append(waiting)
    captures = asked(server, only(metallb={}))
    assert {capture.failure for capture in captures} == {"not asked: its pod network/speaker-1 is Pending, not Running"}
    assert not any("exec" in request for request in server.cluster.requests)


def test_a_node_that_is_asked_over_ssh_is_asked_for_its_daemon_alone(server: Server) -> None:
    server.cluster.objects.append(pod("speaker-1", "node1", "frr", SPEAKERS["metallb"][1]))
    server.cluster.answers = lambda _, __: (b"{}\n", b"", 0)
    assert not set(OF_HOST) & set(commands(asked(server, only(metallb={}), ("node1",))))


def test_a_right_that_is_missing_is_named_with_the_role(server: Server) -> None:
    server.cluster.objects.append(pod("speaker-1", "node1", "k8gobgp", SPEAKERS["purelb"][1]))
    server.cluster.allowed = lambda _, resource, __: resource != "pods/exec"
    captures = asked(server, only(purelb={}))
    assert captures
    assert all(
        "(Forbidden)" in (c.failure or "") and "role ecmpaudit-exec of docs/rbac.yaml" in (c.failure or "")
        for c in captures
    )
    server.cluster.allowed = lambda _, resource, __: resource != "pods"
    (listed, *_) = asked(server, only(purelb={}))
    assert listed.source.startswith("kubectl: get pods -l ")
    assert 'cannot list resource "pods"' in (listed.failure or "")


def test_the_optional_role_is_enough_for_exec(server: Server) -> None:
    server.cluster.objects.append(pod("speaker-1", "node1", "k8gobgp", SPEAKERS["purelb"][1]))
    server.cluster.answers = lambda _, __: (b"[]\n", b"", 0)
    documents = yaml.safe_load_all((ROOT / "docs" / "rbac.yaml").read_text("utf-8"))
    roles = [each for each in documents if each["kind"] == "ClusterRole"]
    (role,) = [each for each in roles if each["metadata"]["name"] == "ecmpaudit-exec"]
    granted = {(v, r) for rule in role["rules"] for r in rule["resources"] for v in rule["verbs"]}
    server.cluster.allowed = lambda verb, resource, _: (verb, resource) in granted
    assert all(capture.failure is None for capture in asked(server, only(purelb={})))


def test_names_of_pods_are_checked_before_they_are_words_of_a_call(server: Server) -> None:
    for odd in ("--kubeconfig=/etc/passwd", "$(touch x)", "a b", "\x1b[2J"):
        server.cluster.objects.append(pod(odd, "node1", "k8gobgp", SPEAKERS["purelb"][1]))
    captures = asked(server, only(purelb={}))
    assert [capture.failure for capture in captures] == [
        "a pod is not asked: '--kubeconfig=/etc/passwd' is no name of one",
        "a pod is not asked: '$(touch x)' is no name of one",
        "a pod is not asked: 'a b' is no name of one",
        "a pod is not asked: '\\x1b[2J' is no name of one",
    ]
    assert not any("exec" in request for request in server.cluster.requests)


def test_selectors_and_containers_are_overridden_and_added_in_the_configuration(server: Server) -> None:
    server.cluster.objects += [
        pod("mine-1", "node1", "router", "app=mine"),
        pod("own-1", "node2", "bgp", "app=own", spec={"nodeName": "node2", "containers": [{"name": "bgp"}]}),
    ]
    server.cluster.answers = lambda _, __: (b"[]\n", b"", 0)
    section = only(
        metallb={"selectors": "app=mine", "container": "router"},
        own={"selectors": "app=own", "container": "bgp", "platform": "gobgp"},
    )
    captures = asked(server, section)
    assert {(c.router, c.platform, c.source.partition(":")[0]) for c in captures} == {
        ("node1", "frr", "kubectl exec network/mine-1/router"),
        ("node2", "gobgp", "kubectl exec network/own-1/bgp"),
    }
    assert not set(OF_HOST) & {c.command for c in captures if c.router == "node2"}  # no host networking


def test_a_new_speaker_needs_all_three_keys() -> None:
    section = KubectlSection.model_validate({"speakers": {"own": {"selectors": "app=own"}}})
    with pytest.raises(ConfigurationError, match=r"kubernetes.kubectl.speakers.own: expected selectors, container and"):
        chosen_speakers(section)


def test_a_scan_asks_pods_and_its_snapshot_gives_the_same_report(server: Server, tmp_path: Path) -> None:
    server.cluster.resources = OF_KUBERNETES
    server.cluster.objects += [
        *(node(number) for number in (1, 2)),
        service("default/kubernetes", type="ClusterIP"),
        endpoints("default/kubernetes", "node1"),
        pod("speaker-1", "node1", "frr", SPEAKERS["metallb"][1]),
    ]
    server.cluster.answers = lambda _, words: ((ADDRESSES if words[-1] == "address" else "{}").encode() + b"\n", b"", 0)
    config = tmp_path / "ecmpaudit.yaml"
    config.write_text(
        "routers: {tor1: {host: 127.0.0.1, port: 1, platform: frr}}\n"
        "kubernetes: [{kubectl: {context: prod, kubeconfig: kubeconfig, exec: true}}]\n"
    )
    saved = tmp_path / "saved"
    words = ("--config", str(config), "--format", "json")
    environment = plain_environment(HOME=str(tmp_path))
    scanned = ecmpaudit("scan", *words, "--save", str(saved), environment=environment)
    assert any("exec?command=ip&command=-j&command=address" in request for request in server.cluster.requests)
    replayed = ecmpaudit("analyze", str(saved), *words, environment=environment)
    assert replayed.stdout == scanned.stdout
    server.cluster.allowed = lambda _, resource, __: resource != "pods"
    refused = ecmpaudit("scan", *words, "--save", str(saved), "--overwrite", environment=environment)
    assert 'cannot list resource \\"pods\\"' in refused.stdout
    assert ecmpaudit("analyze", str(saved), *words, environment=environment).stdout == refused.stdout


def test_exec_without_a_live_cluster_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "ecmpaudit.yaml").write_text("routers: {tor1: {host: 127.0.0.1, port: 1, platform: frr}}\n")
    run = ecmpaudit("scan", "--config", str(tmp_path / "ecmpaudit.yaml"), "--exec")
    assert run.returncode == 2
    assert "--exec asks the pods of a live cluster: give --kubectl, or kubernetes.kubectl" in run.stderr
