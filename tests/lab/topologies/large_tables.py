"""Two routers with many routes beside those of the pools: rx1 with FRR, rx2 with BIRD. Both learn them from the kernel.

50 prefixes lead over three nodes, but one of each family over two of them; they are static, as is a route over node1
alone that covers each pool.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.lab import namespaces
from tests.lab.processes import run_unchecked, wait_until
from tests.lab.topologies.instance import Instance
from tests.lab.topologies.network import Link, Network, make_host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROUTERS = {"rx1": 1, "rx2": 2}
NODES = {"node1": 101, "node2": 102, "node3": 103}
PREFIXES = (*(f"172.31.0.{n}/32" for n in range(40)), *(f"fd00:31::{n:x}/128" for n in range(1, 11)))
LACKING = ("172.31.0.7/32", "fd00:31::7/128")
"""Without node3."""
POOLS = ("172.31.0.0/24", "fd00:31::/64")
AROUND = ("172.31.0.0/16", "fd00:31::/48")
"""What covers the pools, over node1 alone."""


def _address(family: int, number: int) -> str:
    return f"192.0.2.{number}" if family == 4 else f"2001:db8::{number:x}"


def _family(prefix: str) -> int:
    return 6 if ":" in prefix else 4


def _nodes_of(prefix: str) -> list[str]:
    return [name for name in NODES if name != "node3" or prefix not in LACKING]


def _of_frr() -> str:
    routes = [(prefix, node) for prefix in PREFIXES for node in _nodes_of(prefix)] + [
        (pool, "node1") for pool in AROUND
    ]
    return "".join(
        f"{'ip' if _family(prefix) == 4 else 'ipv6'} route {prefix} {_address(_family(prefix), NODES[node])}\n"
        for prefix, node in routes
    )


def _of_bird() -> str:
    lines = ["router id 192.0.2.2;", "protocol device {}"]
    for family in (4, 6):
        lines += [
            f"protocol kernel kernel{family} {{ ipv{family} {{ import all; export all; }}; learn; }}",
            f"protocol static static{family} {{",
        ]
        lines.append(f"  ipv{family};")
        for prefix in (prefix for prefix in (*PREFIXES, *AROUND) if _family(prefix) == family):
            nodes = ["node1"] if prefix in AROUND else _nodes_of(prefix)
            lines.append(f"  route {prefix}{''.join(f' via {_address(family, NODES[node])}' for node in nodes)};")
        lines.append("}")
    return "\n".join([*lines, ""])


def other_prefixes(others: int) -> Iterator[str]:
    """Yield the prefixes of the routes that are in no pool."""
    return (f"{10 + (n >> 16)}.{(n >> 8) & 255}.{n & 255}.0/24" for n in range(others))


def _network() -> Network:
    ports = {**ROUTERS, **NODES}
    next_hops = {prefix: frozenset(_nodes_of(prefix)) for prefix in PREFIXES}
    next_hops |= dict.fromkeys(AROUND, frozenset({"node1"}))
    return Network(
        "large-tables",
        "routers with many routes beside those of the pools",
        (make_host("rx1", 1, staticd=_of_frr()), make_host("rx2", 2, bird=_of_bird())),
        tuple(make_host(name, number) for name, number in NODES.items()),
        (Link.of(*((name, "swp1", f"{_address(4, n)}/24", f"{_address(6, n)}/64") for name, n in ports.items())),),
        dict.fromkeys(ROUTERS, next_hops),
        configuration={"clusters": {"prod": {"nodes": list(NODES), "pools": list(POOLS)}}},
    )


@contextmanager
def running(folder: Path, others: int) -> Iterator[Instance]:
    """Yield the topology when both daemons have all routes."""
    instance = Instance(_network(), folder)
    try:
        instance.start()
        file = folder / "routes"
        lines = (f"route add {prefix} via {_address(4, 101)} proto static\n" for prefix in other_prefixes(others))
        file.write_text("".join(lines), encoding="ascii")
        for router in ROUTERS:
            batch = ["ip", "-batch", str(file)]
            run_unchecked(namespaces.inside(instance.machines[router].namespace, batch), check=True, timeout=300)
        last = list(other_prefixes(others))[-1]
        wait_until(lambda: last in instance.vtysh("rx1", f"show ip route {last}"), 120, f"rx1 has {last}")
        # `show route NET` of a network that is not there yet is an error.
        wait_until(lambda: last in instance.birdc("rx2", f"show route where net = {last}"), 120, f"rx2 has {last}")
        instance.wait_clean()
        yield instance
    finally:
        instance.stop()
