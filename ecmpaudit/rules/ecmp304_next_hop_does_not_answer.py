"""A next hop does not answer: its link is up, and the router's kernel cannot learn its link-layer address.

Why
    A node can fall silent while its interface stays up: a hung kernel, a broken NIC, a wrong VLAN, a switch in
    between. Until the routing protocol gives it up, the route is unchanged, and so are RIB and FIB. The kernel's
    neighbour entry (ARP, NDP) goes to INCOMPLETE and FAILED. What the kernel does then, measured on Linux 6.18: a
    route with next hops of its own is hashed over all of them, and the flows of the silent one are lost (error); for
    IPv4, `fib_multipath_use_neigh=1` avoids it, IPv6 has no such setting. Of a group of next-hop objects, as FRR
    installs them (`nhid`), the kernel uses only members that answer (info: the other nodes carry its load), unless the
    group is resilient or none of it answers. Where the kernel's route was not read, it is a warning. STALE entries and
    absent ones are normal: no packet went there lately.

How to fix
    Look at the node, its interface and the switch in between: `ip neigh show to ADDRESS`, `ping -I INTERFACE ADDRESS`.
    A scan has asked twice before it reports this. Shorter timers or BFD make the router give up a silent node sooner
    (ECMP703); next-hop objects, or `fib_multipath_use_neigh=1` for IPv4, make the kernel avoid it.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 kernel 198.51.100.7/32 via 192.0.2.1-2
    tor1 neighbour entry 192.0.2.2 on eth0 FAILED
    tor1 setting fib_multipath_use_neigh ipv4 0

    tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
    tor1 kernel 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
    tor1 kernel 2001:db8:100::7/128 has next-hop object 30
    tor1 next-hop object 30 group 31, 32
    tor1 next-hop object 31 fe80::1%eth0
    tor1 next-hop object 32 fe80::2%eth0
    tor1 neighbour entry fe80::2 on eth0 INCOMPLETE

Good
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 kernel 198.51.100.7/32 via 192.0.2.1-2
    tor1 neighbour entry 192.0.2.2 on eth0 STALE
    tor1 neighbour entry 192.0.2.9 on eth0 FAILED

    tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
    tor1 kernel 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
    tor1 neighbour entry fe80::2 on eth1 FAILED
    tor1 neighbour entry fe80::2 on eth0 REACHABLE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.forwarding import avoids, next_hops_of_kernel, unanswering
from ecmpaudit.rules.messages import distinct_lines, finding_about, named_hop, next_hops
from ecmpaudit.wording import listed, word_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network
    from ecmpaudit.rules.forwarding import Unanswering

CODE = "ECMP304"
SEVERITY = Severity.ERROR
NEEDS = (Question.ROUTES, Question.NEIGHBORS)

_SEVERITIES = {False: SEVERITY, None: Severity.WARNING, True: Severity.INFO}
"""By whether the kernel avoids what does not answer; None where that is not known."""


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix with next hops that do not answer."""
    for prefix in network.prefixes:
        if silent := unanswering(prefix, network.facts):
            hops = len(next_hops_of_kernel(prefix, network.facts))
            yield _finding(prefix, silent, hops, avoids(prefix, network.facts))


def _finding(prefix: AuditedPrefix, silent: tuple[Unanswering, ...], hops: int, is_avoided: bool | None) -> Finding:
    number = len(silent)
    listing = listed(f"{named_hop(one.hop, prefix)} on {one.entry.interface}: {one.entry.state}" for one in silent)
    fact = f"{number} of {next_hops(hops)} {word_for(number, 'does', 'do')} not answer, expected all to; {listing}"
    finding = finding_about(
        prefix,
        CODE,
        _SEVERITIES[is_avoided],
        f"{fact}; {_consequence(number, hops, is_avoided)}",
        evidence=distinct_lines(*(one.entry.evidence for one in silent)),
        hint=f"`ip neigh show to {silent[0].entry.address}`; look at the node, its interface and the switch in between",
    )
    return replace(finding, expected=hops, actual=hops - number)


def _consequence(number: int, hops: int, is_avoided: bool | None) -> str:
    them, their = word_for(number, "it", "them"), word_for(number, "its", "their")
    if is_avoided:
        left = hops - number
        return f"the kernel sends nothing to {them}: {next_hops(left)} {word_for(left, 'is', 'are')} left"
    if is_avoided is None:
        return f"whether the kernel still sends {them} {their} share of the flows is not known"
    return f"the kernel still sends {them} {their} share of the flows"
