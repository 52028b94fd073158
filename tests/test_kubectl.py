"""A live cluster as the source of expectations: the real kubectl asks an API on loopback, which also refuses."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from ecmpaudit.auditing.cluster_objects import ClusterSources, objects_in
from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.collectors.kubectl.failures import said_by
from ecmpaudit.collectors.kubectl.objects import objects_of_cluster
from ecmpaudit.collectors.kubectl.program import Calls, Kubectl
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.kubernetes.resources import resource_of, resources_read
from ecmpaudit.reporting.expectations import expectations_json, expectations_text
from tests.kubernetes_api import METALLB, OF_KUBERNETES, Cluster, Server, configuration, require_kubectl, served
from tests.kubernetes_objects import METALLB as FILES
from tests.kubernetes_objects import service
from tests.program import ROOT, ecmpaudit, plain_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.expectations.from_kubernetes import ClusterKnowledge
    from ecmpaudit.model import Capture

pytestmark = pytest.mark.kubectl
NAMESPACES = ("shop", "hidden")
FEW = ("nodes", "services", "bgppeers.metallb.io")
"""Kinds that are enough where it does not matter which: kubectl takes a tenth of a second for each."""


def objects() -> list[dict[str, object]]:
    """Return those of the fixtures for MetalLB, in two namespaces more."""
    found = [item for file in FILES for item in json.loads(file.read_text("utf-8"))["items"]]
    names = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in NAMESPACES]
    return [*found, *names]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    require_kubectl()
    monkeypatch.setenv("HOME", str(tmp_path))  # kubectl keeps what it discovers there
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    cluster = Cluster(resources=(*OF_KUBERNETES, *METALLB), objects=objects())
    with served(cluster, tmp_path) as server:
        yield server


def asked(server: Server, resources: Sequence[str] = FEW, **settings: object) -> list[Capture]:
    kubectl = replace(Kubectl(kubeconfig=server.kubeconfig), **settings)  # type: ignore[arg-type]
    return objects_of_cluster(Calls(kubectl), resources)


def failures(captures: list[Capture]) -> list[str]:
    return [f"{capture.source}: {capture.failure}" for capture in captures if capture.failure]


def knowledge(**options: object) -> ClusterKnowledge:
    found = Request.without_file(ScopeOptions(**options)).expectations.cluster  # type: ignore[arg-type]
    assert found is not None
    return found


def test_a_live_cluster_expects_what_its_files_expect(server: Server) -> None:
    assert expectations_json(knowledge(kubectl="")) == expectations_json(knowledge(kube_dumps=FILES))
    assert any("services?limit=500" in request for request in server.cluster.requests)


def test_kinds_that_are_not_installed_are_no_error(server: Server) -> None:
    captures = asked(server, list(resources_read()))
    assert failures(captures) == []
    read = [capture.command.split()[2] for capture in captures if capture.command]
    assert read == [
        *("nodes", "services", "daemonsets.apps", "endpointslices.discovery.k8s.io"),
        *("bgpadvertisements.metallb.io", "bgppeers.metallb.io", "ipaddresspools.metallb.io"),
        "l2advertisements.metallb.io",
    ]


def test_a_list_comes_in_chunks(server: Server) -> None:
    server.cluster.objects += [service(f"lab/{number}") for number in range(1000)]
    captures = asked(server, ("services",))
    requests = [request for request in server.cluster.requests if "/services?" in request]
    assert [request.partition("&timeout")[0].partition("?")[2] for request in requests] == [
        "limit=500",
        "continue=500&limit=500",
        "continue=1000&limit=500",
    ]
    found = objects_in(ClusterSources(captures=tuple(captures))).by_kind[resources_read()["services"]]
    assert len([name for name in found if name.startswith("lab/") and name[4:].isdigit()]) == 1000


def test_a_list_that_expires_while_it_is_read_is_read_in_one_piece(server: Server) -> None:
    server.cluster.objects += [service(f"lab/{number}") for number in range(1000)]
    server.cluster.expired = True
    captures = asked(server, ("services",))
    assert failures(captures) == []
    assert len(json.loads(captures[0].text)["items"]) > 1000


def test_a_forbidden_kind_is_named_and_only_what_follows_from_it_is_undetermined(server: Server) -> None:
    server.cluster.allowed = lambda _, resource, __: resource != "bgpadvertisements"
    found = knowledge(kubectl="prod")
    assert not found.expected
    forbidden, follows = found.undetermined
    assert forbidden == (
        "kubectl prod: get bgpadvertisements.metallb.io: Error from server (Forbidden): bgpadvertisements is "
        'forbidden: User "system:serviceaccount:ecmpaudit:ecmpaudit" cannot list resource "bgpadvertisements" in API '
        'group "metallb.io" at the cluster scope; allow its user `get` and `list` on it, as docs/rbac.yaml does'
    )
    assert follows.startswith(
        "what MetalLB announces: BGPAdvertisement could not be read; of Service batch/legacy, 203.0.113.20, "
    )
    assert follows.endswith("Service shop/web, 198.51.100.7 and 1 more")
    assert not found.is_complete


def test_what_a_forbidden_kind_does_not_decide_is_expected(server: Server) -> None:
    whole = knowledge(kubectl="prod")
    server.cluster.allowed = lambda _, resource, __: resource != "daemonsets"
    found = knowledge(kubectl="prod")
    assert found.expected.keys() == whole.expected.keys()
    assert len(found.undetermined) == 1
    assert "cannot list resource" in found.undetermined[0]


def test_one_forbidden_namespace_is_named_and_the_others_are_read(server: Server) -> None:
    of_all = {"nodes", "namespaces", *(known.plural for known in METALLB)}
    server.cluster.allowed = lambda _, resource, namespace: resource in of_all or namespace == "shop"
    found = knowledge(kubectl="prod")
    hosts = [f"198.51.100.{number}/32" for number in (7, 8, 9, 10)]
    assert set(found.expected) == {*hosts, "2001:db8:31::7/128"}
    assert [line.partition(": not read in ")[2].partition(": Error")[0] for line in found.undetermined] == [
        "namespace hidden"
    ] * 3
    assert not found.is_complete


def test_without_any_right_to_a_kind_its_namespaces_are_not_listed_one_by_one(server: Server) -> None:
    server.cluster.allowed = lambda _, resource, __: resource in {"nodes", "namespaces"}
    failed = failures(asked(server))
    assert len(failed) == 2
    assert all("at the cluster scope" in line and "docs/rbac.yaml" in line for line in failed)


def test_the_roles_of_the_docs_are_enough_and_nothing_else_is_asked_for(server: Server) -> None:
    documents = list(yaml.safe_load_all((ROOT / "docs" / "rbac.yaml").read_text("utf-8")))
    roles = [document for document in documents if document["kind"] == "ClusterRole"]
    granted = {
        (verb, resource)
        for role in roles
        if role["metadata"]["name"] == "ecmpaudit"
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    whole = knowledge(kubectl="prod")
    refused: list[tuple[str, str]] = []

    def allowed(verb: str, resource: str, namespace: str | None) -> bool:
        if namespace is not None or (verb, resource) not in granted:
            refused.append((verb, resource))
        return namespace is None and (verb, resource) in granted

    server.cluster.allowed = allowed
    assert expectations_json(knowledge(kubectl="prod")) == expectations_json(whole)
    assert refused == []


@pytest.mark.parametrize(
    "change, words",
    [
        (
            {"unauthorized": True},
            (
                "api-resources: error: You must be logged in to the server",
                "its token has expired or is not valid: log in",
            ),
        ),
        (
            {"silent": lambda path: path.startswith("/api")},
            ("api-resources: Unable to connect to the server", "check that the API server is up and reachable"),
        ),
    ],
    ids=["expired token", "silent"],
)
def test_a_cluster_that_refuses_everything_is_one_message_and_asked_once(
    change: dict[str, object], words: tuple[str, str], server: Server
) -> None:
    for name, value in change.items():
        setattr(server.cluster, name, value)
    found = failures(asked(server, timeout=1.0))
    assert len(found) == 1
    assert all(word in found[0] for word in words)
    assert not any("services" in request for request in server.cluster.requests)


def test_a_cluster_that_falls_silent_is_not_asked_for_everything(server: Server) -> None:
    server.cluster.silent = lambda path: path.endswith(("/nodes", "/services", "/bgppeers"))
    began = time.monotonic()
    found = failures(asked(server, timeout=1.0))
    assert time.monotonic() - began < 30
    assert len(found) == 1
    assert "Unable to connect to the server" in found[0]


def test_an_unknown_context_a_lost_server_and_no_kubeconfig_have_their_own_messages(
    server: Server, tmp_path: Path
) -> None:
    (unknown,) = failures(asked(server, context="nope"))
    assert "context" in unknown
    assert "nope" in unknown
    assert "`kubectl config get-contexts` lists those of the kubeconfig" in unknown
    (tmp_path / "kubeconfig").write_text(json.dumps(configuration("http://127.0.0.1:1")))
    (lost,) = failures(asked(server))
    assert "The connection to the server 127.0.0.1:1 was refused" in lost
    assert "check that the API server is up" in lost
    (absent,) = failures(asked(server, kubeconfig=tmp_path / "nothing"))
    assert "nothing: no such file or directory" in absent
    assert "give kubernetes.kubectl.kubeconfig" in absent


def test_without_kubectl_the_message_says_what_to_install(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    (absent,) = failures(asked(server))
    assert absent == (
        "kubectl: api-resources: kubectl cannot be started: No such file or directory; install it (Debian: "
        "kubernetes-client), or add its folder to PATH"
    )


def test_a_group_whose_server_does_not_answer_is_not_taken_for_one_that_is_not_installed(server: Server) -> None:
    server.cluster.unavailable = frozenset({"metallb.io"})
    found = failures(asked(server))
    assert len(found) == 1
    assert found[0].startswith("kubectl: get bgppeers.metallb.io: ")
    assert "currently unable to handle the request" in found[0]


def test_asking_ends_at_the_deadline(server: Server) -> None:
    calls = Calls(Kubectl(kubeconfig=server.kubeconfig), until=time.monotonic())
    captures = objects_of_cluster(calls, list(resources_read()))
    assert failures(captures) == ["kubectl: api-resources: not asked: the run's deadline was over (--deadline)"]
    assert server.cluster.requests == []


def test_names_with_shell_and_terminal_characters_are_data(server: Server, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    name = f"$(touch {mark});`touch {mark}`\x1b[2J\u202e"
    hostile = service("shop/x", "198.51.100.7")
    hostile["metadata"] = {"name": name, "namespace": name}
    server.cluster.objects += [hostile, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}]
    text = expectations_text(knowledge(kubectl=""), width=80, color=False)
    server.cluster.allowed = lambda _, resource, ns: resource in {"nodes", "namespaces"} or ns in {"shop", name}
    captures = asked(server, ("services",))
    text += "".join(failures(captures))
    assert len(captures) == 2
    assert text.count("touch") >= 2
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not mark.exists()
    assert not any("touch" in request for request in server.cluster.requests)


def test_a_scan_saves_the_objects_and_its_snapshot_gives_the_same_report(server: Server, tmp_path: Path) -> None:
    config = tmp_path / "ecmpaudit.yaml"
    config.write_text(
        "routers: {tor1: {host: 127.0.0.1, port: 1, platform: frr}}\n"
        "kubernetes: [{kubectl: {context: prod, kubeconfig: kubeconfig}}]\n"
    )
    saved = tmp_path / "saved"
    words = ("--config", str(config), "--format", "json")
    environment = plain_environment(HOME=str(tmp_path))
    scanned = ecmpaudit("scan", *words, "--save", str(saved), environment=environment)
    assert scanned.returncode == 1, scanned.stderr  # a Service without an address
    asked_before = len(server.cluster.requests)
    assert any("services" in request for request in server.cluster.requests)
    server.cluster.objects.clear()
    replayed = ecmpaudit("analyze", str(saved), *words, environment=environment)
    assert replayed.stdout == scanned.stdout
    assert len(server.cluster.requests) == asked_before
    assert any("get_services" in file.name for file in saved.iterdir())


def test_the_passwords_of_objects_are_masked_in_a_snapshot(server: Server, tmp_path: Path) -> None:
    peer = next(each for each in server.cluster.objects if each["kind"] == "BGPPeer")
    applied = json.dumps({"spec": {"password": "swordfish"}})
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": applied}
    peer |= {"spec": {**peer["spec"], "password": "swordfish"}}
    peer["metadata"] = {**peer["metadata"], "annotations": annotations}
    config = tmp_path / "ecmpaudit.yaml"
    config.write_text("routers: {tor1: {host: 127.0.0.1, port: 1, platform: frr}}\nkubernetes: {kubectl: prod}\n")
    environment = plain_environment(KUBECONFIG=str(server.kubeconfig), HOME=str(tmp_path))
    ecmpaudit("scan", "--config", str(config), "--save", str(tmp_path / "saved"), environment=environment)
    texts = "".join(file.read_text("utf-8") for file in (tmp_path / "saved").iterdir())
    assert "BGPPeer" in texts
    assert "swordfish" not in texts


def test_of_two_snapshots_each_is_judged_by_its_own_objects(server: Server, tmp_path: Path) -> None:
    config = tmp_path / "ecmpaudit.yaml"
    config.write_text("routers: {tor1: {host: 127.0.0.1, port: 1, platform: frr}}\nkubernetes: {kubectl: prod}\n")
    environment = plain_environment(KUBECONFIG=str(server.kubeconfig), HOME=str(tmp_path))
    for name, code in (("before", 1), ("after", 3)):
        run = ecmpaudit("scan", "--config", str(config), "--save", str(tmp_path / name), environment=environment)
        assert run.returncode == code
        server.cluster.unauthorized = True
    asked_before = len(server.cluster.requests)
    places = [str(tmp_path / name) for name in ("before", "after")]
    differ = ecmpaudit("diff", *places, "--config", str(config), environment=environment)
    assert "You must be logged in" in differ.stdout
    assert differ.stdout.count("You must be logged in") == 1
    assert len(server.cluster.requests) == asked_before


def test_a_file_after_kubectl_is_not_taken_for_a_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tor1.txt").write_text("")
    with pytest.raises(ConfigurationError, match=r"--kubectl tor1.txt: takes the next word as a context: put it after"):
        Request.without_file(ScopeOptions(kubectl="tor1.txt"))


@pytest.mark.parametrize("context", ["a\nb", "\x1b[2J", "x" * 300])
def test_a_context_that_no_kubeconfig_has_is_refused(context: str) -> None:
    with pytest.raises(ConfigurationError, match="is no name of a context"):
        Kubectl(context=context)


def test_a_context_cannot_be_an_option_of_kubectl() -> None:
    assert Kubectl(context="--kubeconfig=/etc/passwd").options == ["--context=--kubeconfig=/etc/passwd"]


@pytest.mark.parametrize(
    "complaint, words",
    [
        (b"Unable to connect to the server: getting credentials: exec: executable aws not found\n", "its login needs"),
        (b"Unable to connect to the server: x509: certificate has expired or is not yet valid\n", "and the clock"),
        (
            b"E1127 14:25:31.577351 24335 memcache.go:265] x\nUnable to connect to the server: EOF\n",
            "reachable from here",
        ),
        (b"", "kubectl ended with exit status 1, and said nothing"),
        (b"error: a new one \x1b[31m\n", "error: a new one ?[31m"),
    ],
)
def test_what_kubectl_says_has_a_remedy(complaint: bytes, words: str) -> None:
    assert words in said_by(complaint, 1)


@pytest.mark.parametrize(
    "group, kind, name",
    [
        ("", "Service", "services"),
        ("metallb.io", "ServiceL2Status", "servicel2statuses.metallb.io"),
        ("cilium.io", "CiliumBGPPeeringPolicy", "ciliumbgppeeringpolicies.cilium.io"),
        ("frrk8s.metallb.io", "FRRNodeState", "frrnodestates.frrk8s.metallb.io"),
    ],
)
def test_a_resource_has_the_name_of_the_published_definition(group: str, kind: str, name: str) -> None:
    assert resource_of(group, kind) == name


def test_hostile_objects_are_bounded_and_named(server: Server) -> None:
    large = service("lab/large", "198.51.100.7")
    large["metadata"] = {**large["metadata"], "annotations": {"a": "x" * 10_000_000}}
    nowhere = service("lab/nowhere", "198.51.100.300")
    everything = next(each for each in server.cluster.objects if each["kind"] == "BGPAdvertisement")
    selecting = {
        **everything,
        "metadata": {"name": "all", "namespace": "lab"},
        "spec": {**everything["spec"], "nodeSelectors": [{}]},
    }
    server.cluster.objects += [large, nowhere, selecting]
    found = knowledge(kubectl="prod")
    assert "lab/large" in found.expected["198.51.100.7/32"].services
    assert any("Service lab/nowhere: " in line and "198.51.100.300" in line for line in found.undetermined)
    assert max(map(len, (*found.undetermined, *found.notes))) < 2000
