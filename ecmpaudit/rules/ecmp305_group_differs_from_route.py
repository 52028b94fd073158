"""The next-hop group of a kernel's route has other next hops than the route.

Why
    FRR installs a group of next-hop objects once, and routes only name it (`nhid`). Packets follow the group. It can
    differ from what the route shows: somebody replaced it, an interface took members away and the daemon did not put
    them back (frr#18374), or `nexthop_compat_mode` is 0, so that `ip route` prints no next hops at all and nothing
    else compares them with the daemon's. Weights are compared where the kernel prints them with the route.

How to fix
    A scan has asked both twice. Compare `ip nexthop` with `show nexthop-group rib` and `show ip route PREFIX`, and make
    the daemon install the group again (`clear bgp PREFIX`, or a restart of zebra).

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 kernel 198.51.100.7/32 has next-hop object 30
    tor1 next-hop object 30 group 31
    tor1 next-hop object 31 192.0.2.1

    tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
    tor1 kernel 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
    tor1 kernel 2001:db8:100::7/128 has next-hop object 30
    tor1 next-hop object 30 group 31, 32
    tor1 next-hop object 31 fe80::1%eth0
    tor1 next-hop object 32 fe80::9%eth0

Good
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 kernel 198.51.100.7/32 has next-hop object 30
    tor1 next-hop object 30 group 31, 32
    tor1 next-hop object 31 192.0.2.1
    tor1 next-hop object 32 192.0.2.2

    tor1 2001:db8:100::7/128 via fe80::1%eth0
    tor1 kernel 2001:db8:100::7/128 via fe80::1%eth0
    tor1 kernel 2001:db8:100::7/128 has next-hop object 31
    tor1 next-hop object 31 fe80::1%eth0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.forwarding import differing_from_object, object_of
from ecmpaudit.rules.messages import finding_about, named_hop, next_hops
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model import AuditedPrefix, Finding, Network, NextHop

CODE = "ECMP305"
SEVERITY = Severity.ERROR
NEEDS = (Question.ROUTES, Question.KERNEL_ROUTES, Question.NEXT_HOP_OBJECTS)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix whose route and group differ; a warning if the group only has more."""
    for prefix in network.prefixes:
        differing = differing_from_object(prefix, network.facts)
        known = object_of(prefix, network.facts)
        if differing and known and any(differing):
            lacking, beyond = differing
            facts = [*_described("not in it", lacking, prefix), *_described("only in it", beyond, prefix)]
            number = len(known.members) or int(not known.is_blackhole)
            route = network.facts.object_route[prefix.key]
            yield finding_about(
                prefix,
                CODE,
                SEVERITY if lacking else Severity.WARNING,
                f"its next-hop object {known.number} has {next_hops(number)}, expected those of the route; "
                f"{'; '.join(facts)}",
                evidence=(route.evidence, known.evidence),
                hint="compare `ip nexthop` with `show nexthop-group rib`; a scan has asked both twice, "
                "pasted outputs have to be of the same time",
            )


def _described(where: str, hops: Sequence[NextHop], prefix: AuditedPrefix) -> Iterator[str]:
    if hops:
        yield f"{where}: {listed(f'{named_hop(hop, prefix)}{_weight(hop)}' for hop in hops)}"


def _weight(hop: NextHop) -> str:
    return "" if hop.effective_weight == 1 else f" with weight {hop.weight}"
