"""A candidate is not installed because one attribute of its path differs from the best path's.

Why
    Equal cost means equal in every attribute that is compared before the tie-break. One speaker that announces with
    another origin (MetalLB incomplete, Cilium IGP: cilium#40944), another local preference (metallb#1739), a longer
    AS path or another MED is in the BGP table and never in the FIB; the same holds for a path of another AS without
    multipath-relax (frr#19641), and for iBGP beside eBGP. The rule reports the first attribute that differs, with both
    values.
    Where a node is known to be missing, ECMP101 reports this as its cause and this rule is silent; where as many next
    hops are installed as the given expectation says, a worse path counts as a backup.

How to fix
    Use the same policy for every node on the router, and the same announcement on every node. If the paths differ only
    in the AS that they come from, `bgp bestpath as-path multipath-relax` makes them equal. If the path is a backup,
    configure how many next hops are expected.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 bgp 198.51.100.7/32 via 192.0.2.1 aspath 64512 origin IGP best
    tor1 bgp 198.51.100.7/32 via 192.0.2.2 aspath 64512 origin IGP multipath
    tor1 bgp 198.51.100.7/32 via 192.0.2.3 aspath 64512 origin incomplete

    tor1 2001:db8:100::7/128 via fe80::1%eth0
    tor1 bgp 2001:db8:100::7/128 via 2001:db8::1 fe80::1 localpref 200 best
    tor1 bgp 2001:db8:100::7/128 via 2001:db8::2 fe80::2 localpref 100

Good
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 bgp 198.51.100.7/32 via 192.0.2.1 aspath 64512 origin IGP best
    tor1 bgp 198.51.100.7/32 via 192.0.2.2 aspath 64512 origin IGP multipath

    tor1 198.51.100.7/32 via 192.0.2.1
    expect 198.51.100.7/32 nodes 192.0.2.1
    tor1 bgp 198.51.100.7/32 via 192.0.2.1 localpref 200 best
    tor1 bgp 198.51.100.7/32 via 192.0.2.2 localpref 100
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Node, Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.causes import Pair, equal
from ecmpaudit.rules.messages import EVIDENCE_LIMIT, finding_about, next_hops
from ecmpaudit.rules.suppression import has_given_expectation, is_reported_as_missing
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Facts, Finding, Network
    from ecmpaudit.model.facts import BgpPath
    from ecmpaudit.rules.causes import Step

CODE = "ECMP401"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES, Question.BGP_TABLE, Question.CONFIGURATION)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix with worse candidates and no given expectation."""
    for prefix in network.prefixes:
        if is_reported_as_missing(prefix) or has_given_expectation(prefix):
            continue
        worse: dict[str, dict[str, Step]] = {}
        for path, step in _worse_paths(prefix, network.facts):
            worse.setdefault(step.clause.about_several, {}).setdefault(path.next_hop, step)
        if worse:
            yield _finding(prefix, worse)


def _worse_paths(prefix: AuditedPrefix, facts: Facts) -> Iterator[tuple[BgpPath, Step]]:
    """Yield the candidates that lose to the best path, without the iBGP copy of another router beside eBGP paths."""
    paths = facts.paths_to(prefix.router, prefix.vrf, prefix.prefix)
    used = {address for path in paths if path.is_best or path.is_multipath for address in path.next_hops}
    is_external = any(path.is_best and path.is_internal is False for path in paths)
    for path in paths:
        if not path.next_hops & used and not (is_external and path.is_internal):
            step = equal(Pair(prefix, Node(path.next_hop, path.next_hops), facts))
            if step.state.is_broken:
                yield path, step


def _finding(prefix: AuditedPrefix, worse: dict[str, dict[str, Step]]) -> Finding:
    """Several sessions may offer one next hop: each counts once."""
    not_used = "; ".join(f"{listed(group)} not used: {_reason(group)}" for group in worse.values())
    lines = dict.fromkeys(line for group in worse.values() for step in group.values() for line in step.evidence)
    offered = len(prefix.installed) + len({hop for group in worse.values() for hop in group})
    return finding_about(
        prefix,
        CODE,
        SEVERITY,
        f"{next_hops(len(prefix.installed))}, expected the {offered} that BGP received; {not_used}",
        cause=not_used,
        hint="make the paths equal; if one is a backup, configure how many next hops are expected",
        evidence=tuple(lines)[:EVIDENCE_LIMIT],
    )


def _reason(group: dict[str, Step]) -> str:
    """Return the clause that the steps of a group share, about one next hop or several."""
    clause = next(iter(group.values())).clause
    return clause.about_one if len(group) == 1 else clause.about_several
