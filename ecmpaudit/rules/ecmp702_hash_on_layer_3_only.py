"""The router chooses a next hop by addresses only, so that all flows between two hosts use one node.

Why
    Linux' default (`fib_multipath_hash_policy=0`) hashes source and destination address: all connections of one
    client, or of all clients behind one proxy or NAT, go to one node while the others idle (ipspace/netlab#3770). The
    number of next hops is right and the load is not. Policy 1 adds ports and protocol. Many clients with different
    addresses are spread evenly without it, so the severity is info.

How to fix
    `sysctl -w net.ipv4.fib_multipath_hash_policy=1` and `net.ipv6.fib_multipath_hash_policy=1`, in /etc/sysctl.d too.
    Fragments and some tunnels have no ports; policy 2 or 3 helps there.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 setting fib_multipath_hash_policy ipv4 0

    tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
    tor1 setting fib_multipath_hash_policy ipv6 0

Good
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
from ecmpaudit.rules.messages import at, next_hops
from ecmpaudit.wording import and_more

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Network

CODE = "ECMP702"
SEVERITY = Severity.INFO
NEEDS = (Question.ROUTES, Question.HASH_POLICY)

_SETTING = "fib_multipath_hash_policy"
_LAYER_3 = "0"


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each router and family that spreads traffic by addresses only."""
    spread: dict[tuple[str, int], list[AuditedPrefix]] = {}
    for prefix in network.prefixes:
        if len(prefix.installed) > 1:
            spread.setdefault((prefix.router, prefix.family), []).append(prefix)
    for (router, family), prefixes in spread.items():
        setting = network.facts.setting(router, _SETTING, family)
        if setting and setting.value == _LAYER_3:
            first = prefixes[0]
            yield Finding(
                code=CODE,
                severity=SEVERITY,
                message=at(
                    router,
                    f"{_SETTING} is 0 for IPv{family} (addresses only), expected 1 (ports too); all flows between two "
                    f"hosts use one of the {next_hops(len(first.installed))} of {first.prefix}"
                    f"{and_more(len(prefixes) - 1, 'prefix')}",
                ),
                router=router,
                evidence=(setting.evidence,),
                hint=f"sysctl -w net.ipv{family}.{_SETTING}=1",
            )
