"""Route tables of any size, in the forms of FRR (text and JSON), BIRD and Linux, of the same routes."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NODES = [f"172.30.250.{n}" for n in range(101, 165)]
_SIZES = (1, 1, 1, 1, 1, 2, 2, 2, 3, 4)
"""Next hops per prefix, drawn evenly: 1.8 on average."""

Route = tuple[str, list[str]]


def routes(prefixes: int) -> Iterator[Route]:
    """Yield /24 prefixes with their next hops, the same ones every time."""
    chance = random.Random(1)  # noqa: S311 - a table, no secret
    for number in range(prefixes):
        prefix = f"{10 + (number >> 16)}.{(number >> 8) & 255}.{number & 255}.0/24"
        yield prefix, chance.sample(NODES, chance.choice(_SIZES))


def write_frr(path: Path, prefixes: int) -> int:
    """Write the text of `show ip route` and return the number of next hops."""
    count = 0
    with path.open("w") as file:
        file.write("Codes: K - kernel route, C - connected, S - static, R - RIP,\n")
        file.write("       > - selected route, * - FIB route, q - queued, r - rejected, b - backup\n\n")
        for prefix, hops in routes(prefixes):
            head = f"B>* {prefix} [20/0]"
            file.write(f"{head} via {hops[0]}, enp6s0, weight 1, 00:12:31\n")
            below = f"  *{' ' * (len(head) - 3)} via "
            file.writelines(f"{below}{hop}, enp6s0, weight 1, 00:12:31\n" for hop in hops[1:])
            count += len(hops)
    return count


def write_frr_json(path: Path, prefixes: int) -> None:
    """Write what `show ip route json` prints of the same table."""
    with path.open("w") as file:
        file.write("{\n")
        for number, (prefix, hops) in enumerate(routes(prefixes)):
            file.write(
                ("," if number else "") + json.dumps(prefix) + ":" + json.dumps([_frr_json(prefix, hops)], indent=1)
            )
        file.write("\n}\n")


def _frr_json(prefix: str, hops: list[str]) -> dict[str, Any]:
    return {
        "prefix": prefix, "prefixLen": 24, "protocol": "bgp", "vrfId": 0, "vrfName": "default", "selected": True,
        "destSelected": True, "distance": 20, "metric": 0, "installed": True, "table": 254, "internalStatus": 16,
        "internalFlags": 8, "internalNextHopNum": len(hops), "internalNextHopActiveNum": len(hops),
        "nexthopGroupId": 23, "installedNexthopGroupId": 23, "uptime": "00:12:31",
        "nexthops": [
            {
                "flags": 3, "fib": True, "ip": hop, "afi": "ipv4", "interfaceIndex": 2, "interfaceName": "enp6s0",
                "active": True, "weight": 1,
            }
            for hop in hops
        ],
    }  # fmt: skip


def write_bird(path: Path, prefixes: int) -> None:
    """Write what `show route` of BIRD 2 prints of the same table, merged to multipath routes."""
    with path.open("w") as file:
        file.write("BIRD 2.0.12 ready.\nTable master4:\n")
        for prefix, hops in routes(prefixes):
            file.write(f"{prefix:<20} unicast [ospf4 19:46:42.138] * (100) [AS65552i]\n")
            file.writelines(f"\tvia {hop} on enp6s0\n" for hop in hops)


def write_linux(path: Path, prefixes: int) -> None:
    """Write what `ip route` prints of the same table."""
    with path.open("w") as file:
        for prefix, hops in routes(prefixes):
            if len(hops) == 1:
                file.write(f"{prefix} via {hops[0]} dev enp6s0 proto bgp metric 20 \n")
            else:
                file.write(f"{prefix} proto bgp metric 20 \n")
                file.writelines(f"\tnexthop via {hop} dev enp6s0 weight 1 \n" for hop in hops)


def write_linux_json(path: Path, prefixes: int) -> None:
    """Write what `ip -j route` prints of the same table, in one line."""
    path.write_text(json.dumps([_linux_json(*route) for route in routes(prefixes)], separators=(",", ":")) + " \n")


def _linux_json(prefix: str, hops: list[str]) -> dict[str, Any]:
    facts = {"protocol": "bgp", "metric": 20, "flags": []}
    if len(hops) == 1:
        return {"dst": prefix, "gateway": hops[0], "dev": "enp6s0", **facts}
    nexthops = [{"gateway": hop, "dev": "enp6s0", "weight": 1, "flags": []} for hop in hops]
    return {"dst": prefix, **facts, "nexthops": nexthops}


def write_ios(path: Path, prefixes: int) -> None:
    """Write what `show ip route` of Cisco IOS prints of the same table."""
    with path.open("w") as file:
        file.write("Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP\n\n")
        file.write("Gateway of last resort is not set\n\n")
        for prefix, hops in routes(prefixes):
            head = f"B        {prefix} "
            file.write(f"{head}[20/0] via {hops[0]}, 00:12:31\n")
            file.writelines(f"{' ' * len(head)}[20/0] via {hop}, 00:12:31\n" for hop in hops[1:])


def write_mixed_frr(path: Path, prefixes: int) -> None:
    """Write a table of FRR whose routes have all forms, in random order, of both families."""
    chance = random.Random(2)  # noqa: S311 - a table, no secret
    with path.open("w") as file:
        for number, (prefix, hops) in enumerate(routes(prefixes)):
            file.writelines(f"{line}\n" for line in chance.choice(_FORMS)(prefix, hops, number))


_FORMS = (
    lambda prefix, hops, _: [
        f"B>* {prefix} [20/0] via {hops[0]}, enp6s0, weight 1, 00:12:31",
        *(f"  *                     via {hop}, enp6s0, weight 1, 00:12:31" for hop in hops[1:]),
    ],
    lambda prefix, hops, _: [f"B>* {prefix} [20/0] via {hop}, enp6s0, 1d00h00m" for hop in hops[:1]],
    lambda prefix, _, number: [f"C>* {prefix} is directly connected, eth{number % 64}, 01w3d00h"],
    lambda prefix, hops, _: [f"B   {prefix} [20/0] via {hops[0]}, enp6s0 inactive, weight 1, 00:00:01"],
    lambda prefix, hops, _: [
        f"B>  {prefix} [200/0] via 10.255.0.7 (recursive), weight 1, 00:00:09",
        *(f"  *                      via {hop}, enp6s0, weight 1, 00:00:09" for hop in hops),
    ],
    lambda prefix, _, __: [f"S>* {prefix} [1/0] unreachable (blackhole), weight 1, 00:00:03"],
    lambda _, hops, number: [
        f"B>* 2001:db8:{number >> 16:x}:{number & 65535:x}::/64 [20/0] via fe80::{len(hops)}, enp6s0, 00:01:00",
        "  *                          via 2001:db8::1:2, enp7s0, weight 3, 00:01:00",
    ],
    lambda prefix, hops, _: [
        f"B>r {prefix} [20/0] via {hops[0]}, enp6s0, weight 1, 00:12:31",
        "  unknown to every rule",
    ],
)
"""A few lines each for a prefix, its next hops and its number."""
