"""A generated snapshot of many routers: route tables of both families in FRR's form, and a few faults in them.

The same numbers give the same bytes. Of every 100 prefixes on a router one lacks a node, and every 50th router has a
ceiling below what is expected.
"""

from __future__ import annotations

import json
from ipaddress import ip_address
from random import Random
from typing import TYPE_CHECKING

from ecmpaudit.collectors import snapshot
from ecmpaudit.model import Capture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SCATTERED = 0.01
"""The share of next hops that are missing."""
STARTED = "2026-01-01T00:00:00Z"
POOLS = ("172.31.0.0/16", "fd00:31::/32")
_HEAD = """Codes: K - kernel route, C - connected, S - static, R - RIP,
       > - selected route, * - FIB route, q - queued, r - rejected, b - backup

"""


def write_fleet(folder: Path, routers: int, prefixes: int, next_hops: int, *, is_scattered: bool = False) -> Path:
    """Write a snapshot and its `ecmpaudit.yaml` and return the latter's path; half of the prefixes are of IPv6.

    With `is_scattered`, one of 100 next hops is missing, here and there, and no ceiling is low.
    """
    captures = list(_captures(routers, prefixes, next_hops, is_scattered=is_scattered))
    snapshot.save(captures, folder / "snapshot", started=STARTED)
    nodes = {f"node{n}": {"addresses": [str(node_address(4, n)), str(node_address(6, n))]} for n in range(next_hops)}
    names = [f"r{number}" for number in range(routers)]
    configuration = {
        "routers": {name: {"host": str(ip_address("10.0.0.1") + n), "platform": "frr"} for n, name in enumerate(names)},
        "nodes": nodes,
        "clusters": {"fleet": {"nodes": list(nodes), "pools": list(POOLS)}},
    }
    file = folder / "ecmpaudit.yaml"
    file.write_text(json.dumps(configuration), encoding="ascii")  # JSON is YAML
    return file


def node_address(family: int, number: int) -> str:
    """Return the address of a node in one family."""
    return str(ip_address("172.30.250.1" if family == 4 else "fd00:30:250::1") + number)


def _captures(routers: int, prefixes: int, next_hops: int, *, is_scattered: bool) -> Iterator[Capture]:
    for number in range(routers):
        name = f"r{number}"
        limit = f"  maximum-paths {next_hops // 2}\n" * (number % 50 == 49 and not is_scattered)
        answers = {
            "show ip route": _table(number, 4, prefixes // 2, next_hops, is_scattered=is_scattered),
            "show ipv6 route": _table(number, 6, prefixes - prefixes // 2, next_hops, is_scattered=is_scattered),
            "show running-config": f"frr version 8.4.4\nrouter bgp 65550\n address-family ipv4 unicast\n{limit} exit\n",
        }
        for command, text in answers.items():
            yield Capture(text=text, router=name, platform="frr", command=command, source=f"{name}: {command}")


def _table(router: int, family: int, prefixes: int, next_hops: int, *, is_scattered: bool) -> str:
    nodes = [node_address(family, number) for number in range(next_hops)]
    lines, chance = [_HEAD], Random(f"{router} {family}")  # noqa: S311 - the same numbers give the same bytes
    for number in range(prefixes):
        prefix = f"172.31.{number >> 8}.{number & 255}/32" if family == 4 else f"fd00:31::{number + 1:x}/128"
        lacking = {(router + number) % next_hops} if (router * 7 + number) % 100 == 0 else set()
        if is_scattered:
            lacking = {node for node in range(next_hops) if chance.random() < _SCATTERED}
        hops = [address for node, address in enumerate(nodes) if node not in lacking]
        head = f"B>* {prefix} [20/0]"
        lines.append(f"{head} via {hops[0]}, enp6s0, weight 1, 00:12:31\n")
        below = f"  *{' ' * (len(head) - 3)} via "
        lines += [f"{below}{hop}, enp6s0, weight 1, 00:12:31\n" for hop in hops[1:]]
    return "".join(lines)
