"""The router hashes chosen fields (policy 3) without source ports, so that all flows of a client use one node.

Why
    `fib_multipath_hash_policy=3` hashes what `fib_multipath_hash_fields` names, and its default (0x0007) is source and
    destination address and protocol: to set policy 3 alone takes the ports out. Then all connections between two hosts
    use one node (ECMP702). The destination port does not help, since it is the same for all clients of a service. For
    IPv6, the flow label (0x0008) does, where senders set it, as Linux does.

How to fix
    `sysctl -w net.ipv4.fib_multipath_hash_fields=0x0037` and `net.ipv6.fib_multipath_hash_fields=0x0037` (addresses,
    protocol and ports), or policy 1. Where the nodes keep state for all flows of a client, say so with
    `stateful: true` on the nodes or the pool in ecmpaudit.yaml, and this rule is silent.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 setting fib_multipath_hash_policy ipv4 3
    tor1 setting fib_multipath_hash_fields ipv4 7

    tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
    tor1 setting fib_multipath_hash_policy ipv6 3
    tor1 setting fib_multipath_hash_fields ipv6 39

Good
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 setting fib_multipath_hash_policy ipv4 3
    tor1 setting fib_multipath_hash_fields ipv4 55

    tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
    tor1 setting fib_multipath_hash_policy ipv6 3
    tor1 setting fib_multipath_hash_fields ipv6 15

    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 setting fib_multipath_hash_policy ipv4 1
    tor1 setting fib_multipath_hash_fields ipv4 7
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.hashing import FIELDS, hash_of, spread_by_router, without_stateful
from ecmpaudit.rules.messages import at, next_hops
from ecmpaudit.wording import and_more

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Network

CODE = "ECMP706"
SEVERITY = Severity.INFO
NEEDS = (Question.ROUTES, Question.HASH_POLICY)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each router and family whose own fields have no source port."""
    for (router, family), prefixes in without_stateful(spread_by_router(network)).items():
        known = hash_of(router, family, network.facts)
        if known and known.lacks_ports(family):
            first = prefixes[0]
            yield Finding(
                code=CODE,
                severity=SEVERITY,
                message=at(
                    router,
                    f"hashes IPv{family} with {known}, expected fields with the source port (0x0010); all flows "
                    f"between two hosts use one of the {next_hops(len(first.installed))} of {first.prefix}"
                    f"{and_more(len(prefixes) - 1, 'prefix')}",
                ),
                router=router,
                evidence=known.evidence,
                hint=f"sysctl -w net.ipv{family}.{FIELDS}=0x0037",
            )
