"""The kernel forwards to other next hops than the routing daemon reports as installed.

Why
    The daemon's table shows what it requested, the kernel's what packets follow. Groups shrink silently: after four
    of six links had flapped, zebra listed six next hops and the kernel's group had two (frr#18374); an unrelated
    interface removed a route from the kernel that zebra still shows (frr#15505, frr#16896); a route withdrawn from
    the daemon stays in the kernel (kube-router#574). The kernel may still have the route, so the members of the group
    are compared, not only its presence.

How to fix
    A scan has asked both once more before it reports this. Of pasted outputs, check that both are of the same time.
    Compare with `ip route show PREFIX` and `ip nexthop`, read zebra's log, and make the daemon install the route again
    (`clear bgp PREFIX`, or a restart).

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-5
    tor1 kernel 198.51.100.7/32 via 192.0.2.1-2

    tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
    tor1 kernel 2001:db8:100::7/128 missing

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
    tor1 kernel 198.51.100.7/32 via 192.0.2.1-5

    tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
    tor1 kernel 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.messages import evidence_of, finding_about, named_hop, next_hops, own_routes
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model import AuditedPrefix, Finding, Network, NextHop

CODE = "ECMP302"
SEVERITY = Severity.ERROR
NEEDS = (Question.ROUTES, Question.KERNEL_ROUTES)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix whose two sets differ; a warning if the kernel only has more."""
    for prefix in network.prefixes:
        in_kernel = prefix.in_kernel
        if in_kernel is None or not prefix.installed or prefix.shows_candidates_only or _is_own_address(prefix):
            continue
        lacking = [hop for hop in prefix.installed if not any(hop.is_same_as(other) for other in in_kernel)]
        beyond = []
        if not prefix.may_have_more:
            beyond = [hop for hop in in_kernel if not any(hop.is_same_as(other) for other in prefix.installed)]
        if lacking or beyond:
            yield _finding(prefix, in_kernel, lacking, beyond)


def _is_own_address(prefix: AuditedPrefix) -> bool:
    """Return whether the route is that of the router's own address, which the kernel has in its table `local`."""
    return prefix.selected is not None and prefix.selected.protocol in {"connected", "local"}


def _finding(
    prefix: AuditedPrefix, in_kernel: Sequence[NextHop], lacking: list[NextHop], beyond: list[NextHop]
) -> Finding:
    differences = []
    if lacking:
        differences.append(f"not in the kernel: {listed(named_hop(hop, prefix) for hop in lacking)}")
    if beyond:
        differences.append(f"only in the kernel: {listed(named_hop(hop, prefix) for hop in beyond)}")
    fact = f"the kernel has {next_hops(len(in_kernel))}" if in_kernel else "the kernel has no route"
    finding = finding_about(
        prefix,
        CODE,
        SEVERITY if lacking else Severity.WARNING,
        f"{fact}, expected the {len(prefix.installed)} that the routing daemon reports as installed; "
        f"{'; '.join(differences)}",
        hint="compare with `ip nexthop`, read the daemon's log, and make it install the route again; "
        "a scan has asked both twice, pasted outputs have to be of the same time",
        evidence=evidence_of((*([prefix.kernel_route] if prefix.kernel_route else []), *own_routes(prefix))),
    )
    return replace(finding, expected=len(prefix.installed), actual=len(in_kernel))
