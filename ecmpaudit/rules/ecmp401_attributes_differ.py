"""A candidate is left out because one attribute of its path differs from the best one's.

Why
    Equal cost means equal in every attribute that is compared before the tie-break. One speaker that announces with
    another origin (MetalLB incomplete, Cilium IGP: cilium#40944), another local preference (metallb#1739), a longer
    AS path or another MED is in the BGP table and never in the FIB; so is one of another AS without multipath-relax
    (frr#19641), and iBGP beside eBGP. The rule names the first attribute that differs, with both values.
    Where a node is known to be missing, ECMP101 names this as its cause and this rule is silent; where as many are
    installed as were asked for, a worse path is taken for a backup that is meant.

How to fix
    Give every node the same policy on the router, and let every node announce alike. If the paths differ only in
    the AS they come from, `bgp bestpath as-path multipath-relax` makes them equal. If it is a backup, say how many
    next hops are expected.

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
from ecmpaudit.rules.causes import Pair, State, equal
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


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix with worse candidates that nobody is known to have meant."""
    for prefix in network.prefixes:
        if is_reported_as_missing(prefix) or has_given_expectation(prefix):
            continue
        worse: dict[str, dict[str, Step]] = {}
        for path, step in _left_out(prefix, network.facts):
            worse.setdefault(step.about_many, {}).setdefault(path.next_hop, step)
        if worse:
            yield _finding(prefix, worse)


def _left_out(prefix: AuditedPrefix, facts: Facts) -> Iterator[tuple[BgpPath, Step]]:
    """Yield the candidates that lose to the best; iBGP behind eBGP is the other router's copy, and meant."""
    paths = facts.paths_to(prefix.router, prefix.vrf, prefix.prefix)
    used = {address for path in paths if path.is_best or path.is_multipath for address in path.next_hops}
    is_external = any(path.is_best and path.is_internal is False for path in paths)
    for path in paths:
        if not path.next_hops & used and not (is_external and path.is_internal):
            step = equal(Pair(prefix, Node(path.next_hop, path.next_hops), facts))
            if step.state is State.BROKEN:
                yield path, step


def _finding(prefix: AuditedPrefix, worse: dict[str, dict[str, Step]]) -> Finding:
    """Several sessions may offer one next hop: each counts once."""
    left_out = "; ".join(
        f"left out {listed(group)}: {next(iter(group.values())).text if len(group) == 1 else many}"
        for many, group in worse.items()
    )
    lines = dict.fromkeys(line for group in worse.values() for step in group.values() for line in step.evidence)
    offered = len(prefix.installed) + len({hop for group in worse.values() for hop in group})
    return finding_about(
        prefix,
        CODE,
        SEVERITY,
        f"{next_hops(len(prefix.installed))}, expected the {offered} that BGP was offered; {left_out}",
        cause=left_out,
        hint="make the paths equal; if it is a backup, say how many next hops are expected",
        evidence=tuple(lines)[:EVIDENCE_LIMIT],
    )
