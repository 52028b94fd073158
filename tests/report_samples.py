"""Audits for the tests and pictures of the HTML report: FRR's text in, through the whole pipeline.

`python -m tests.report_samples FOLDER` writes each as a report.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.auditing.request import Request, chosen_rules
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.model import Capture, prefix_key
from ecmpaudit.reporting.html import render_html
from tests import audit_builders
from tests.fabrics import Fabric

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecmpaudit.model import Audit

SEED = Path(__file__).parent / "fixtures" / "frr" / "show_ip_route--seed.txt"
SEED_NODES = ",".join(f"node{number}=172.30.250.{100 + number}" for number in range(1, 6))
CHANGES = (
    "tor1 198.51.100.1/32: node3 (192.0.2.3) went",
    "tor1 198.51.100.4/32: the next hop of node4 (192.0.2.4) left the FIB",
    "tor3: not checked any more; it was an hour ago",
)
ATTACK = "</script><img src=x onerror=alert(1)>"


def seed_audit() -> Audit:
    """Return the seed's table with its nodes named."""
    return _audit([_capture("tor1", SEED.read_text(), SEED.name)], ["172.31.0.0/16"], [SEED_NODES], 64)


def sample_audit() -> Audit:
    """Return three routers and five nodes with one of each fault, IPv4 and IPv6; one router did not answer."""
    five = range(1, 6)
    whole = [(_v4(number), five) for number in (2, 3, 6, 7)]
    faulty = [
        _route(_v4(1), (1, 2, 4, 5)),
        _route(_v4(4), five, outside=(4,)),
        _route(_v4(5), five, weights={1: 10, 2: 1, 3: 1, 4: 1, 5: 1}),
        _route(_v4(8), (1, 2, 3, 4, 5, 9)),
        _route(_v6(2), (1, 2, 3)),
    ]
    good = [_route(prefix, nodes) for prefix, nodes in (*whole, (_v6(1), five), (_v6(3), five))]
    all_good = [_route(prefix, five) for prefix in map(_v4, range(1, 9))] + [_route(_v6(n), five) for n in (1, 2, 3)]
    captures = [
        *_tables("tor1", [*faulty, *good]),
        *_tables("tor2", all_good),
        _capture("tor3", "", "ssh tor3", failure="connection refused"),
    ]
    nodes = [f"node{n}=192.0.2.{n}+2001:db8:2::{n}" for n in five]
    return _audit(captures, ["198.51.100.0/24", "2001:db8:100::/64"], nodes, 16)


def large_audit(routers: int = 4, prefixes: int = 500, nodes: int = 64) -> Audit:
    """Return a large network in which each prefix of the first router lacks one or two nodes, no two the same ones."""
    captures = []
    for router in range(1, routers + 1):
        lacking = [{n % nodes, (n + n // nodes) % nodes} if router == 1 else set() for n in range(prefixes)]
        routes = [
            _route(f"10.{n // 250}.{n % 250}.1/32", [m + 1 for m in range(nodes) if m not in lacking[n]])
            for n in range(prefixes)
        ]
        captures += _tables(f"tor{router}", routes)
    named = [f"node{n}=192.0.2.{n}" for n in range(1, nodes + 1)]
    return _audit(captures, ["10.0.0.0/8"], named, 128)


@cache
def planted_audit(routers: int = 40, prefixes: int = 300, nodes: int = 64) -> Audit:
    """Return a fabric with four faults: a node on one router, a node at one prefix, a block, and a prefix."""
    fabric = Fabric(routers, prefixes, nodes)
    fabric.lack([nodes - 4], [routers - 15], range(prefixes)).lack([7], range(routers), [17])
    return fabric.lack(range(nodes - 24, nodes), [3, 9], range(100, 106)).lack(range(nodes), [30], [150]).audit()


def hostile_audit() -> Audit:
    """Return an audit in which every string, prefixes too, would be an element of the page if it were not escaped."""
    audit = audit_builders.hostile_audit(ATTACK)
    network = replace(audit.network, prefixes=tuple(replace(p, prefix=ATTACK) for p in audit.network.prefixes))
    return replace(audit, network=network, findings=tuple(replace(f, prefix=ATTACK) for f in audit.findings))


def _v4(number: int) -> str:
    return f"198.51.100.{number}/32"


def _v6(number: int) -> str:
    return f"2001:db8:100::{number}/128"


def _route(
    prefix: str, nodes: Iterable[int], *, outside: Sequence[int] = (), weights: dict[int, int] | None = None
) -> str:
    """Return a route as FRR prints it; the next hops of the nodes `outside` are not in the FIB."""
    address = "2001:db8:2::{}" if ":" in prefix else "192.0.2.{}"
    lines: list[str] = []
    for number in nodes:
        head = f"B>* {prefix} [20/0]" if not lines else f"  {' ' if number in outside else '*'} {' ' * len(prefix)}"
        mark = " inactive" if number in outside else ""
        weight = f", weight {weights[number]}" if weights else ", weight 1"
        lines.append(f"{head} via {address.format(number)}, eth1{mark}{weight}, 00:12:31")
    return "\n".join(lines)


def _tables(router: str, routes: Sequence[str]) -> list[Capture]:
    """Return the router's answers for both families."""
    in_order = sorted(routes, key=lambda route: prefix_key(route.split()[1]))  # as FRR prints them
    of_family = {"ip": [r for r in in_order if "2001:" not in r], "ipv6": [r for r in in_order if "2001:" in r]}
    return [
        _capture(
            router,
            "\n".join(["Codes: B - BGP, > - selected route, * - FIB route", "", *of, ""]),
            f"ssh {router}: show {family} route",
            family,
        )
        for family, of in of_family.items()
        if of
    ]


def _capture(router: str, text: str, source: str, family: str = "ip", failure: str | None = None) -> Capture:
    return Capture(router, "frr", f"show {family} route", text, source, failure=failure)


def _audit(captures: list[Capture], pools: list[str], nodes: list[str], max_paths: int) -> Audit:
    request = Request.of(ScopeOptions(pools=tuple(pools), nodes=tuple(nodes), max_paths=max_paths))
    return audit_material(read_material(captures), request, chosen_rules((), ()))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, audit, changes in (
        ("seed", seed_audit(), None),
        ("sample", sample_audit(), CHANGES),
        ("large", large_audit(), None),
    ):
        (folder / f"{name}.html").write_text(render_html(audit, changes=changes), encoding="utf-8")
