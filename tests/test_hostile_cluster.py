"""Objects that an attacker wrote, in a file and in a live cluster: clear messages, bounded, and nothing is executed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.kubernetes_api import Cluster, installed, require_kubectl, served
from tests.kubernetes_objects import Values, endpoints, node, service
from tests.program import ROOT, plain_environment
from tests.upstream_cases import annotated, calico, cilium, metallb, others, purelb

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTES, SECONDS, CHARACTERS = 1024, 60, 20_000
"""The most memory, processor time and output of a run; the clock is not measured, as others use the machine."""
MEASURED = f"""
import resource, subprocess, sys
def limit():
    resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
code = subprocess.run(sys.argv[1:], preexec_fn=limit).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, code)
"""
MARK = "executed-by-a-name"
NAME = f"$(touch {MARK});`touch {MARK}`'\"|&<>\n\r\t\x1b[2J\x1b]0;x\x07\u202e\u2028%s%n../../etc/passwd"
ODD = "\x1b\x07\x00\u202e\u2028\r"
HUGE = 10**300
BASE = (
    service("default/kubernetes", type="ClusterIP"), node(1), node(2), node(3), metallb.POOL, metallb.by_bgp(),
    metallb.web(metallb.IP), metallb.ON_1,
)  # fmt: skip
MANY = [f"198.51.{100 + number // 250}.{number % 250}" for number in range(4000)]
TORS = (cilium.POOL, cilium.TORS, cilium.TOR, cilium.advertisement())


def called(values: Values, name: str = NAME) -> Values:
    return {**values, "metadata": {**values["metadata"], "name": name}}


def web(name: str, *addresses: str, **spec: Any) -> Values:
    return service(f"shop/{name}", *addresses, **spec)


HOSTILE: dict[str, tuple[tuple[Values, ...], str]] = {
    "names with shell and terminal characters": (
        (*BASE, *(called(values) for values in (
            web("x", metallb.IP), node(4), metallb.by_bgp(nodeSelectors=[{"matchLabels": {NAME: "x"}}]),
            calico.peer(), cilium.TORS, purelb.REMOTE, others.eip()))),
        "touch",
    ),
    "annotations of 10 MB": (
        (*BASE, annotated(web("large", "198.51.100.8"), **{
            "metallb.io/ip-allocated-from-pool": "x" * 10_000_000, "purelb.io/addresses": "," * 10_000_000}),
         annotated(web("selecting", metallb.IP), **{"service.cilium.io/node-selector": "a in (" * 1_000_000}),
         endpoints("shop/large", "node1")),
        "198.51.100.8/32: no route, expected 3 next hops",
    ),
    "selectors that match everything": (
        (*BASE, *TORS, *(metallb.by_bgp(f"a{n}", nodeSelectors=[{}], serviceSelectors=[{}], ipAddressPoolSelectors=[{}])
                         for n in range(200)),
         *(cilium.advertisement(f"c{n}") for n in range(100)),
         *(calico.peer(f"p{n}", nodeSelector="all()") for n in range(100)),
         *(web(f"s{n}", MANY[n]) for n in range(200))),
        "prefixes have no route on tor1",
    ),
    "a selector that is no selector": (
        (*BASE, calico.peer(nodeSelector="(" * 3000), calico.peer("q", nodeSelector="a == '" + "x" * 1_000_000)),
        "expected a selector of at most 10,000 characters, found 1,000,006",
    ),
    "addresses that are none": (
        (*BASE, *(web(f"s{n}", text) for n, text in enumerate((
            "198.51.100.300", "", "fe80::1%$(reboot)", "1.2.3.4/33", "\u0663.\u0663.\u0663.\u0663", "0x7f.1",
            "1" * 9999, "198.51.100.7\x1b[2J"))),
         *(metallb.pool(f"p{n}", text) for n, text in enumerate(("a-b-c", "9.9.9.9-1.1.1.1", "1.1.1.1/99")))),
        'Service shop/s0: status.loadBalancer.ingress[0].ip: expected an IPv4 or IPv6 address, found "198.51.100.300"',
    ),
    "pools of every address": (
        (*BASE[:4], metallb.pool("a", "0.0.0.0/0", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), *BASE[5:]),
        "198.51.100.7/32: 2 next hops, expected 3",
    ),
    "huge numbers": (
        (*BASE, metallb.by_bgp("n1", aggregationLength=HUGE), metallb.by_bgp("n2", aggregationLength=-HUGE),
         cilium.advertisement("n3", aggregationLengthIPv4=HUGE)),
        "BGPAdvertisement n1: spec.aggregationLength: ",
    ),
    "thousands of addresses of one Service": (
        (*BASE[:4], metallb.pool("a", "198.51.0.0/16"), metallb.by_bgp(), metallb.web(*MANY), metallb.ON_1),
        "3,996 of 4,000 prefixes have no route on tor1",
    ),
    "thousands of Services with one address": (
        (*BASE, *(web(f"s{n}", metallb.IP) for n in range(2000)),
         *(endpoints(f"shop/s{n}", "node1") for n in range(2000))),
        "and 1,993 more, externalTrafficPolicy Cluster",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Ran:
    """A run that ended."""

    code: int
    megabytes: int
    output: str


def analyzed(folder: Path, *words: str, **variables: str) -> Ran:
    """Return how `analyze` ends in a process whose memory is measured and whose processor time is limited."""
    table = ROOT / "tests/fixtures/kubernetes/tor1.txt"
    command = [sys.executable, "-c", MEASURED, sys.executable, "-m", "ecmpaudit", "analyze", str(table), *words]
    environment = plain_environment(HOME=str(folder), **variables)
    ended = subprocess.run(command, capture_output=True, check=False, cwd=folder, env=environment, timeout=600)
    shown, _, measured = ended.stdout.decode().rstrip("\n").rpartition("\n")
    megabytes, code = map(int, measured.split())
    return Ran(code, megabytes, shown + ended.stderr.decode())


def assert_bounded(ran: Ran, says: str, folder: Path) -> None:
    assert ran.code in {1, 3}, ran.output
    assert "Traceback" not in ran.output
    assert says in ran.output
    assert [character for character in ODD if character in ran.output] == []
    assert len(ran.output) < CHARACTERS
    assert ran.megabytes < MEGABYTES
    assert not (folder / MARK).exists()


@pytest.mark.sampled(3)
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_objects_in_a_file_are_bounded_and_named(kind: str, tmp_path: Path) -> None:
    objects, says = HOSTILE[kind]
    dump = tmp_path / "cluster.json"
    dump.write_text("\n".join(json.dumps(values) for values in objects), encoding="utf-8")
    assert_bounded(analyzed(tmp_path, "--kube-dump", "cluster.json"), says, tmp_path)


@pytest.mark.sampled(3)
@pytest.mark.kubectl
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_objects_of_a_live_cluster_are_bounded_and_named(kind: str, tmp_path: Path) -> None:
    require_kubectl()
    objects, says = HOSTILE[kind]
    cluster = Cluster(resources=installed(objects), objects=list(objects))
    with served(cluster, tmp_path) as server:
        ran = analyzed(tmp_path, "--kubectl", "prod", KUBECONFIG=str(server.kubeconfig))
        assert not any("touch" in request for request in cluster.requests)
    assert_bounded(ran, says, tmp_path)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "text, says",
    [
        pytest.param('{"kind":"List","items":' + "[" * 1_000_000, "not valid JSON: nested too deeply", id="nested"),
        pytest.param("- " * 100_000, "not valid YAML: nested too deeply", id="nested in YAML"),
        pytest.param('{"kind": "Node", "spec": {"x": ' + "9" * 100_000 + "}}", "more than 4,300 digits", id="digits"),
        pytest.param("kind: Node\nx: " + "9" * 100_000, "not valid YAML: a number has more than", id="digits in YAML"),
        pytest.param("a: !!python/object/apply:os.system ['touch executed-by-a-name']", "not valid YAML", id="a tag"),
        pytest.param("\0" * 1_000_000, "unacceptable character #x0000", id="no text"),
        pytest.param("---\n" * 200_000, "no Node and no Service", id="empty documents"),
        pytest.param("Warning: x\n" * 200_000, "no Node and no Service", id="warnings"),
        pytest.param('{"apiVersion":"v1","kind":"Service","metadata":{"name":"\\ud800"}}', "was given", id="surrogate"),
    ],
)
def test_a_hostile_text_is_bounded_and_its_place_is_named(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "cluster.json").write_text(text, encoding="utf-8")
    assert_bounded(analyzed(tmp_path, "--kube-dump", "cluster.json"), says, tmp_path)
