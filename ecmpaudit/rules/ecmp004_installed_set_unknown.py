"""A router's table shows which routes are candidates, not which next hops are installed.

Why
    BIRD's star marks its best route only. Whether the kernel gets one next hop or all equal ones depends on
    `merge paths` of BIRD's kernel protocol, which is off by default (calico#4114), and `show route` does not show it.
    Junos lists all next hops of an active route, and without a `load-balance` policy installs one of them. To count
    candidates and report no fault would be a guess. The forwarding table of one family shows nothing about the other.

How to fix
    Give the forwarding table of the same router as well: `ip route` and `ip -6 route` for BIRD and GoBGP, as a scan
    does, `show route forwarding-table` for Junos. Or give the ceiling: `--max-paths 16`, or `max_paths` in
    ecmpaudit.yaml; 1 means that multipath (BIRD's `merge paths`) is off. If the kernel's table of the router cannot be
    had, write `unavailable: [kernel]` in ecmpaudit.yaml: then its candidates are judged, and a note says so.

Bad
    rx1 198.51.100.7/32 via 192.0.2.1-2
    rx1 shows candidates only

    rx1 2001:db8:100::7/128 via 2001:db8::1-2
    rx1 shows candidates only

Good
    rx1 198.51.100.7/32 via 192.0.2.1-2
    rx1 shows candidates only
    ceiling rx1 16
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Network

CODE = "ECMP004"
SEVERITY = Severity.INCOMPLETE
NEEDS = ()


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each router of which only candidates are known, and no ceiling, unless that is expected."""
    with_ceiling = {(prefix.router, prefix.family) for prefix in network.prefixes if prefix.ceiling is not None}
    audited: dict[str, set[int]] = {}
    for prefix in network.prefixes:
        if prefix.routes:
            audited.setdefault(prefix.router, set()).add(prefix.family)
    for router in network.routers:
        if router.is_kernel_unavailable:
            continue
        candidates = router.candidate_families & audited.get(router.name, router.candidate_families)
        unknown = [family for family in candidates if (router.name, family) not in with_ceiling]
        if unknown:
            place = f"{router.name}: " if router.name else ""
            family = f"IPv{unknown[0]} " if len(unknown) == 1 else ""
            yield Finding(
                code=CODE,
                severity=SEVERITY,
                router=router.name,
                message=f"{place}{family}candidates were counted; this table alone does not show which of them are "
                "installed",
                hint=f"give {router.ask_for} too, or --max-paths (1 when multipath is off)",
            )
