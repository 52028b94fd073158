"""Files that kubectl wrote, read into objects: every form, every fault named, nothing lost silently."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.kubernetes.documents import Document, objects_of
from ecmpaudit.kubernetes.dump import read_dumps
from ecmpaudit.kubernetes.schema import EndpointSlice, Node, Service
from tests.kubernetes_objects import CALICO, METALLB, endpoints, node, service

if TYPE_CHECKING:
    from ecmpaudit.kubernetes.objects import Objects

OBJECTS = [node(1), node(2), service("shop/web", "198.51.100.7"), endpoints("shop/web", "node1")]


def read(path: Path, text: str) -> Objects:
    path.write_bytes(text.encode())
    return read_dumps([path])


def listed(*objects: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": list(objects)}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(listed(*OBJECTS), indent=4), id="one list"),
        pytest.param("\n".join(json.dumps(value, indent=2) for value in OBJECTS), id="objects one after the other"),
        pytest.param("".join(json.dumps(value) for value in OBJECTS), id="objects without anything between"),
        pytest.param(yaml.safe_dump(listed(*OBJECTS)), id="a list in YAML"),
        pytest.param("---\n" + "---\n".join(yaml.safe_dump(value) for value in OBJECTS), id="YAML documents"),
        pytest.param("\n---\n".join(json.dumps(value) for value in OBJECTS), id="JSON with --- between"),
        pytest.param(f"{yaml.safe_dump(listed(*OBJECTS[:2]))}---\n{json.dumps(listed(*OBJECTS[2:]))}", id="both"),
        pytest.param("\ufeff" + json.dumps(listed(listed(*OBJECTS))).replace("}, {", "},\r\n{"), id="a list in a list"),
        pytest.param("\r\n---\r\n".join(yaml.safe_dump(v).replace("\n", "\r\n") for v in OBJECTS), id="CRLF"),
        pytest.param("Warning: a\n\nWarning: b\n" + json.dumps(listed(*OBJECTS)), id="warnings before JSON"),
        pytest.param("\nWarning: a\n".join(map(json.dumps, OBJECTS)) + "\nWarning: last", id="warnings between"),
        pytest.param("W1127 10:00:00.000   12 warnings.go:70] x\n" + json.dumps(listed(*OBJECTS)), id="a line of klog"),
        pytest.param("Warning: use: another\n" + yaml.safe_dump(listed(*OBJECTS)), id="a warning before YAML"),
        pytest.param("# a comment\n---\n---\n" + yaml.safe_dump(listed(*OBJECTS)), id="empty documents"),
    ],
)
def test_every_form_gives_the_same_objects(text: str, tmp_path: Path) -> None:
    objects = read(tmp_path / "dump", text)
    assert objects.problems == []
    assert [found.name for found in objects.of(Node)] == ["node1", "node2"]
    assert [found.key for found in objects.of(Service)] == ["shop/web"]
    assert [found.service for found in objects.of(EndpointSlice)] == ["shop/web"]


def test_several_files_are_one_cluster() -> None:
    assert read_dumps(METALLB).count == 35


def test_items_of_a_typed_list_may_leave_their_kind_to_the_list() -> None:
    bare = {key: value for key, value in node(7).items() if key not in ("kind", "apiVersion")}
    objects = objects_of([Document("x", {"apiVersion": "v1", "kind": "NodeList", "items": [bare]})])
    assert [found.name for found in objects.of(Node)] == ["node7"]


def test_an_object_in_two_files_counts_once_as_the_last_one_says() -> None:
    objects = objects_of(Document("x", service("shop/web", address)) for address in ("198.51.100.1", "198.51.100.2"))
    (found,) = objects.of(Service)
    assert [ingress.ip for ingress in found.status.load_balancer.ingress] == ["198.51.100.2"]


def test_unknown_kinds_are_passed_over_and_counted() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1"}}
    gateway = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Service", "metadata": {"name": "no Service"}}
    objects = objects_of(Document("x", value) for value in (pod, pod, gateway, node(1)))
    assert (objects.skipped, objects.count, objects.problems) == ({"Pod": 2, "Service": 1}, 1, [])


def test_null_lists_are_empty_as_kubectl_prints_them() -> None:
    empty = endpoints("shop/web") | {"endpoints": None, "ports": None}
    objects = objects_of([Document("x", empty), Document("x", {"apiVersion": "v1", "kind": "List", "items": None})])
    assert objects.of(EndpointSlice)[0].endpoints == ()
    assert objects.problems == []


@pytest.mark.parametrize(
    "values, problem",
    [
        pytest.param(
            service("shop/web", "198.51.100.300"),
            "f.json:1: Service shop/web: status.loadBalancer.ingress[0].ip: "
            'expected an IPv4 or IPv6 address, found "198.51.100.300"',
            id="no address",
        ),
        pytest.param(
            service("shop/web", policy="Nearby"),
            "f.json:1: Service shop/web: spec.externalTrafficPolicy: Input should be 'Cluster' or 'Local'",
            id="no policy",
        ),
        pytest.param(
            {"apiVersion": "v1", "kind": "Node", "metadata": {}},
            "f.json:1: Node without a name: metadata.name: Field required",
            id="no name",
        ),
        pytest.param(
            {
                "apiVersion": "metallb.io/v1beta1",
                "kind": "IPAddressPool",
                "metadata": {"name": "p", "namespace": "metallb-system"},
                "spec": {"addresses": ["198.51.100.9-198.51.100.1"]},
            },
            "f.json:1: IPAddressPool metallb-system/p: spec.addresses[0]: "
            "expected the smaller address of the same family first, found 198.51.100.9-198.51.100.1",
            id="a range backwards",
        ),
        pytest.param(
            {
                "apiVersion": "cilium.io/v2",
                "kind": "CiliumLoadBalancerIPPool",
                "metadata": {"name": "p"},
                "spec": {"blocks": [{"start": "198.51.100.0", "stop": "198.51.100.300"}]},
            },
            "f.json:1: CiliumLoadBalancerIPPool p: spec.blocks[0]: "
            'expected a prefix or FIRST-LAST, found "198.51.100.0-198.51.100.300"',
            id="a block of Cilium's without end",
        ),
        pytest.param({"metadata": {"name": "x"}}, "f.json:1: expected a Kubernetes object, found a mapping without a "
                     "kind", id="no kind"),
        pytest.param(["x"], "f.json:1: expected a Kubernetes object, found a list", id="a list of nothing"),
    ],
)  # fmt: skip
def test_a_fault_names_file_kind_name_and_field(
    values: Any, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read(Path("f.json"), json.dumps(values)).problems == [problem]


@pytest.mark.parametrize(
    "text, problem",
    [
        pytest.param('{"kind": "List",\n "items": [{', "f:2: not valid JSON: Expecting property name enclosed in "
                     "double quotes; it ends too early, as if cut off", id="cut off"),
        pytest.param('{"kind": "List", "items": []}\n{"a":\n  b}', "f:3: not valid JSON: Expecting value", id="the "
                     "second of two"),
        pytest.param("Warning: x\nWarning: y\n{\n  b}", "f:4: not valid JSON: Expecting property name enclosed in "
                     "double quotes", id="after warnings"),
        pytest.param("error: no resource\n", "f:1: expected objects, found kubectl's error: error: no resource",
                     id="kubectl's error"),
        pytest.param('{"kind": "List", "items": []}\nError from server (Forbidden): x\n',
                     "f:2: expected objects, found kubectl's error: Error from server (Forbidden): x", id="forbidden"),
        pytest.param("kind: Pod\n---\na: [b\n", "f:4: not valid YAML: expected ',' or ']', but got '<stream end>'",
                     id="YAML in the second document"),
        pytest.param("a: &b [1]\nc: *b\n", "f:1: not valid YAML: expected no alias (*): kubectl writes none",
                     id="an alias"),
        pytest.param("NAME   STATUS   ROLES\nnode1  Ready  <none>\n",
                     "f:1: expected a Kubernetes object, found a text", id="kubectl's table"),
        pytest.param("[" * 100_000, "f:1: not valid JSON: nested too deeply", id="nested too deeply"),
    ],
)  # fmt: skip
def test_text_that_cannot_be_read_is_a_problem_with_its_line(
    text: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read(Path("f"), text).problems == [problem]


def test_objects_before_a_fault_are_kept(tmp_path: Path) -> None:
    objects = read(tmp_path / "f", json.dumps(node(1)) + "\n{")
    assert (objects.count, len(objects.problems)) == (1, 1)


def test_a_file_that_is_not_there_is_a_mistake_in_usage() -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.json: cannot be read: No such file or directory"):
        read_dumps([Path("nowhere.json")])


def test_calicos_objects_are_read_from_both_of_their_groups() -> None:
    text = CALICO[0].read_text(encoding="utf-8")
    other = text.replace('"projectcalico.org/v3"', '"crd.projectcalico.org/v1"')
    assert text != other
    counts = []
    for values in (text, other):
        items = [
            item for part in values.replace("\n}\n{", "\n}\x00{").split("\x00") for item in json.loads(part)["items"]
        ]
        counts.append(objects_of(Document("x", item) for item in items).count)
    assert counts[0] == counts[1] > 0


def test_half_of_a_surrogate_pair_is_a_problem_of_its_object(tmp_path: Path) -> None:
    file = tmp_path / "dump.json"
    ingress = '{"loadBalancer": {"ingress": [{"ip": "192.0.2.1\\ud800"}]}}'
    file.write_text('{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "status": ' + ingress + "}")
    assert read_dumps([file]).problems == [f"{file}:1: Service web: expected text, found half of a surrogate pair"]


@pytest.mark.parametrize(
    "kind, spec, fault",
    [
        pytest.param(
            "ServiceGroup",
            {"local": {"pool": "203.0.113.0/24", "subnet": "203.0.113.0/24", "aggregation": "x"}},
            "spec.local.aggregation: ",
            id="PureLB, the range of version 1",
        ),
        pytest.param(
            "ServiceGroup",
            {"remote": {"v6pool": {"pool": "2001:db8::/64", "subnet": "203.0.113.0/24"}}},
            "spec.remote.v6pool: expected a subnet of the family of its pool 2001:db8::/64, found 203.0.113.0/24",
            id="PureLB, a subnet of another family",
        ),
        pytest.param(
            "ServiceGroup",
            {"remote": {"v4pool": {"pool": "203.0.113.0/24", "subnet": "203.0.113.1-203.0.113.9"}}},
            'spec.remote.v4pool.subnet: expected a prefix, found "203.0.113.1-203.0.113.9"',
            id="PureLB, a subnet that is no prefix",
        ),
        pytest.param(
            "BGPFilter",
            {"exportV6": [{"action": "Accept", "cidr": "2001:db8::1-2001:db8::9"}]},
            'spec.exportV6[0].cidr: expected a prefix, found "2001:db8::1-2001:db8::9"',
            id="Calico, a filter",
        ),
        pytest.param(
            "BGPPeer",
            {"peerIP": "[::::]:179"},
            'spec.peerIP: expected an IPv4 or IPv6 address, found "::::"',
            id="Calico, a peer",
        ),
        pytest.param(
            "BGPPeer metallb.io/v1beta2",
            {"peerAddress": "tor1"},
            'spec.peerAddress: expected an IPv4 or IPv6 address, found "tor1"',
            id="MetalLB, a peer",
        ),
    ],
)
def test_an_address_that_is_none_is_named_with_its_field(
    kind: str, spec: dict[str, Any], fault: str, tmp_path: Path
) -> None:
    kind, _, version = kind.partition(" ")
    version = version or {"ServiceGroup": "purelb.io/v1"}.get(kind, "projectcalico.org/v3")
    one = {"apiVersion": version, "kind": kind, "metadata": {"name": "a", "namespace": "lb"}, "spec": spec}
    problems = read(tmp_path / "dump", json.dumps(listed(*OBJECTS, one))).problems
    assert len(problems) == 1
    assert fault in problems[0]
