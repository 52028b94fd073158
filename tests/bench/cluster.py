"""The objects of a large cluster, read and joined: `python -m tests.bench.cluster [--nodes 1000] [--announcer NAME …]`.

A cluster has five Services and ten EndpointSlices for each node, in 40 racks; every second Service is a Local one. Each
row is a process of its own, so that its largest memory is its own. The bar is 10 s and 1 GiB for 1,000 nodes.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.expectations.from_kubernetes import knowledge_of
from ecmpaudit.kubernetes.announcing import announcements_of
from ecmpaudit.kubernetes.dump import read_dumps
from tests.kubernetes_objects import Values, endpoints, node, service
from tests.upstream_cases import calico, changed, cilium, labelled, metallb, purelb

if TYPE_CHECKING:
    from collections.abc import Iterator

_RACKS = 40
_POOL = "198.18.0.0/15"
_SERVICES = 5
"""For each node."""


def main() -> None:
    """Print one row for each announcer and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, nargs="*", default=(250, 500, 1000))
    parser.add_argument("--announcer", nargs="*", default=tuple(_CONFIGURATIONS), choices=tuple(_CONFIGURATIONS))
    parser.add_argument("--row", action="store_true", help="only this one, in this process")
    options = parser.parse_args()
    if options.row:
        print(_row(options.announcer[0], options.nodes[0]))
        return
    print("| announcer | nodes | Services | EndpointSlices | read | joined | most memory |")
    print("|---|---|---|---|---|---|---|")
    for announcer in options.announcer:
        for nodes in options.nodes:
            own = ["--row", "--announcer", announcer, "--nodes", str(nodes)]
            subprocess.run([sys.executable, "-m", "tests.bench.cluster", *own], check=True)


def _row(announcer: str, nodes: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cluster.json"
        with path.open("w", encoding="utf-8") as file:
            for values in _objects(announcer, nodes):
                file.write(f"{json.dumps(values)}\n")
        before = time.process_time()
        objects = read_dumps([path])
        read = time.process_time()
        knowledge = knowledge_of(announcements_of(objects))
        joined = time.process_time()
    services = nodes * _SERVICES
    if len(knowledge.expected) < services or knowledge.undetermined:
        raise SystemExit(f"expected {services:,} prefixes, found {len(knowledge.expected):,}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    counts = f"{nodes:,} | {services:,} | {2 * services:,}"
    return f"| {announcer} | {counts} | {read - before:.1f} s | {joined - read:.1f} s | {memory:,} MiB |"


def _objects(announcer: str, nodes: int) -> Iterator[Values]:
    for number in range(nodes):
        bare = labelled(node(number), rack=f"r{number % _RACKS}")
        status = {"addresses": [{"type": "InternalIP", "address": f"10.{number // 250}.0.{number % 250 + 1}"}]}
        yield changed(bare, status=status)
    for number in range(nodes * _SERVICES):
        key, host = f"ns{number % 50}/s{number}", f"{number // 65536}.{number // 256 % 256}.{number % 256}"
        policy = "Local" if number % 2 else "Cluster"
        of = service(key, f"198.{18 + number // 65536}.{host.partition('.')[2]}", policy=policy, clusterIP="10.96.0.1")
        yield changed(of, metadata={**of["metadata"], "annotations": purelb.BRAND if announcer == "purelb" else {}})
        for suffix in ("a", "b"):
            yield endpoints(key, *(f"node{(number * step) % nodes}" for step in (1, 7, 31)), suffix=suffix)
    yield from _CONFIGURATIONS[announcer]


def _of_racks() -> Iterator[Values]:
    for rack in (f"r{number}" for number in range(_RACKS)):
        yield cilium.cluster(rack, rack, selector=cilium.matching(rack=rack))
        yield cilium.sent(rack, cilium.family("ipv4", cilium.matching(ad=f"ad{int(rack[1:]) % 5}")))
    yield from (cilium.advertisement(f"ad{number}") for number in range(5))


_CONFIGURATIONS: dict[str, tuple[Values, ...]] = {
    "metallb": (metallb.pool("a", _POOL), metallb.by_bgp()),
    "purelb": (purelb.group("remote", v4pools=[purelb.pool(_POOL)]),),
    "calico": (
        calico.configuration(serviceLoadBalancerIPs=[_POOL], serviceLoadBalancerAggregation="Disabled"),
        calico.rejecting("f", calico.rule("Accept", "In", _POOL)),
        *(calico.peer(f"r{n}", nodeSelector=f"rack == 'r{n}'", filters=["f"]) for n in range(_RACKS)),
    ),
    "cilium": (
        {**cilium.POOL, "spec": {"blocks": [{"cidr": _POOL}]}},
        *_of_racks(),
    ),
}

if __name__ == "__main__":
    main()
