"""Traffic goes to a next hop of no expected node.

Why
    An unexpected next hop gets its share of the connections and may drop them: a node without a ready endpoint
    (cilium#45276), all nodes announcing what only some should (calico#6074, cilium#23035), a route reflector that
    inserted its own address (kube-router#729), an old node that was never removed, an address of another host.
    In a fabric, a leaf that has lost its nodes leads over the spines: ECMP101 reports the nodes, and not this rule.

How to fix
    Find out which host has the address (`ip neighbour`, the node list). If it is a node that was added, list it with
    all its addresses; if not, stop it from announcing the prefix or filter the announcement on the router.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2, 192.0.2.9
    expect 198.51.100.7/32 nodes 192.0.2.1-2

    tor1 2001:db8:100::7/128 via 2001:db8::1, 2001:db8::2, 2001:db8::9
    expect 2001:db8:100::7/128 nodes 2001:db8::1-2

Good
    tor1 198.51.100.7/32 via 192.0.2.1-2
    expect 198.51.100.7/32 nodes 192.0.2.1-2

    tor1 2001:db8:100::7/128 via 2001:db8::1, 2001:db8::2, 2001:db8::9
    expect 2001:db8:100::7/128 nodes 2001:db8::1-2 inferred from 2001:db8:100::8/128
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.fabric import FabricView
from ecmpaudit.rules.messages import finding_about, own_next_hops, unexpected_hops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Finding, Network

CODE = "ECMP501"
SEVERITY = Severity.ERROR
NEEDS = (Question.ROUTES,)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix with next hops of no expected node; not where the nodes are inferred."""
    fabric = FabricView(network)
    for prefix in network.prefixes:
        if all(fabric.is_detour(prefix, hop) for hop in prefix.unexpected):
            continue
        if prefix.expectation and not prefix.expectation.is_inferred:
            yield replace(
                finding_about(
                    prefix,
                    CODE,
                    SEVERITY,
                    f"{own_next_hops(prefix)}, expected {prefix.expected}; unexpected {unexpected_hops(prefix)}",
                    rests_on_expectation=True,
                    hint="if it is a node's address, add it to that node's list; if not, filter the announcement",
                ),
                unexpected=prefix.unexpected,
                missing=prefix.missing,
            )
