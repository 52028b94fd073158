"""A resilient group is configured, and the kernel's route to the same next hops is not resilient.

Why
    A resilient group keeps flows at their nodes while others come and go. It is one next-hop object of the kernel, and
    only routes that name it have its buckets. FRR makes one of `nexthop-group … resilient buckets`, which policies
    (pbrd) and sharpd use; the routes of BGP and OSPF get groups of their own, which are not resilient, and so does a
    route that was installed before the group. So the configuration promises what no flow of the service gets.

How to fix
    Look with `ip -d route show PREFIX` and `ip nexthop` which object the route names (`nhid`). Nothing in FRR makes
    the routes of BGP resilient; an ASIC may do it by a setting of its own. Else remove the group, and count on the
    flows that `ecmpaudit what-if` reports.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 kernel 198.51.100.7/32 has next-hop object 11
    tor1 next-hop object 11 group 1, 2
    tor1 next-hop object 1 192.0.2.1
    tor1 next-hop object 2 192.0.2.2
    tor1 nexthop-group lb resilient 128 buckets 192.0.2.1, 192.0.2.2

    tor1 2001:db8:100::7/128 via 2001:db8::1, 2001:db8::2
    tor1 kernel 2001:db8:100::7/128 has next-hop object 31
    tor1 next-hop object 30 resilient group 21, 22
    tor1 next-hop object 31 group 21, 22
    tor1 next-hop object 21 2001:db8::1
    tor1 next-hop object 22 2001:db8::2

Good
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 kernel 198.51.100.7/32 has next-hop object 10
    tor1 next-hop object 10 resilient group 1, 2
    tor1 next-hop object 1 192.0.2.1
    tor1 next-hop object 2 192.0.2.2
    tor1 nexthop-group lb resilient 128 buckets 192.0.2.1, 192.0.2.2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Evidence, Severity
from ecmpaudit.model.forwarding_kinds import RESILIENT
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.forwarding import hops_of_object, is_kernel_known, object_of
from ecmpaudit.rules.messages import finding_about

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Facts, Finding, Network

CODE = "ECMP707"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES, Question.KERNEL_ROUTES, Question.NEXT_HOP_OBJECTS, Question.CONFIGURATION)

_Group = tuple[str, frozenset[str | None], Evidence]


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix whose next hops have a resilient group that its route does not use."""
    groups: dict[str, list[_Group]] = {}
    for router, group in _groups(network.facts):
        groups.setdefault(router, []).append(group)
    for prefix in network.prefixes:
        if prefix.router in groups and len(prefix.installed) > 1:
            used = _used(prefix, network.facts)
            own = frozenset(hop.address for hop in prefix.installed)
            same = next((group for group in groups[prefix.router] if own <= group[1]), None)
            if used and same:
                name, _, evidence = same
                yield finding_about(
                    prefix,
                    CODE,
                    SEVERITY,
                    f"its route has {used}, expected the resilient {name} with the same next hops",
                    evidence=(evidence,),
                    hint=f"compare `ip -d route show {prefix.prefix}` with `ip nexthop`",
                )


def _groups(facts: Facts) -> Iterator[tuple[str, _Group]]:
    """Yield each resilient group with its router: those of configurations, then those of kernels."""
    for group in facts.resilient_groups:
        yield group.host, (f"nexthop-group {group.name}", frozenset(group.addresses), group.evidence)
    for known in facts.next_hop_objects:
        hops = hops_of_object(known, facts) if known.kind == RESILIENT else None
        if hops:
            yield known.host, (f"group {known.number}", frozenset(hop.address for hop in hops), known.evidence)


def _used(prefix: AuditedPrefix, facts: Facts) -> str | None:
    """Return what a route that is not resilient has; None where it is, or that is not known."""
    if prefix.key in facts.object_route:
        known = object_of(prefix, facts)
        return f"group {known.number} ({known.kind})" if known and known.kind != RESILIENT else None
    return "next hops of its own" if is_kernel_known(prefix, facts) else None
