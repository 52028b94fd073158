"""The router chooses a next hop by addresses only, so that all flows between two hosts use one node.

Why
    Linux' default (`fib_multipath_hash_policy=0`) hashes source and destination address: all connections of one
    client, or of all clients behind one proxy or NAT, go to one node while the others idle (ipspace/netlab#3770). The
    number of next hops is right and the load is not. Policy 1 adds ports and protocol. Many clients with different
    addresses are spread evenly without it, so the severity is info.

How to fix
    `sysctl -w net.ipv4.fib_multipath_hash_policy=1` and `net.ipv6.fib_multipath_hash_policy=1`, in /etc/sysctl.d too.
    Fragments and some tunnels have no ports; policy 2 or 3 helps there. Where the nodes keep state for all flows of a
    client (firewalls, NAT), policy 0 is right, since it keeps them together: say so with `stateful: true` on the nodes
    or the pool in ecmpaudit.yaml, and this rule is silent.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 setting fib_multipath_hash_policy ipv4 0

    tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
    tor1 setting fib_multipath_hash_policy ipv6 0

Good
    tor1 198.51.100.7/32 via 192.0.2.1-2
    nodes of 198.51.100.7/32 are stateful
    tor1 setting fib_multipath_hash_policy ipv4 0

    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 setting fib_multipath_hash_policy ipv4 1
    tor1 setting fib_multipath_hash_policy ipv6 0

    tor1 2001:db8:100::7/128 via fe80::1%eth0
    tor1 setting fib_multipath_hash_policy ipv6 0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.hashing import ADDRESSES_ONLY, POLICY, spread_by_router, without_stateful
from ecmpaudit.rules.messages import at, next_hops
from ecmpaudit.wording import and_more

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Network

CODE = "ECMP702"
SEVERITY = Severity.INFO
NEEDS = (Question.ROUTES, Question.HASH_POLICY)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each router and family that spreads traffic by addresses only."""
    for (router, family), prefixes in without_stateful(spread_by_router(network)).items():
        setting = network.facts.setting(router, POLICY, family)
        if setting and setting.value == ADDRESSES_ONLY:
            first = prefixes[0]
            yield Finding(
                code=CODE,
                severity=SEVERITY,
                message=at(
                    router,
                    f"{POLICY} is 0 for IPv{family} (addresses only), expected 1 (ports too); all flows between two "
                    f"hosts use one of the {next_hops(len(first.installed))} of {first.prefix}"
                    f"{and_more(len(prefixes) - 1, 'prefix')}",
                ),
                router=router,
                evidence=(setting.evidence,),
                hint=f"sysctl -w net.ipv{family}.{POLICY}=1",
            )
