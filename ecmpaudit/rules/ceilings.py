"""Whether a prefix has as many next hops as a ceiling allows; rules 101, 201 and 202 share it.

A BIRD table without the kernel's shows candidates. Only with a ceiling of 1 (`merge paths` is off) is it known which
next hop is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import KNOWN_DEFAULT_CEILINGS

if TYPE_CHECKING:
    from ecmpaudit.model import AuditedPrefix, NextHop


def shows_candidates(prefix: AuditedPrefix) -> bool:
    """Return whether the next hops that count as installed are candidates only."""
    return prefix.shows_candidates_only and (prefix.ceiling is None or prefix.ceiling.value > 1)


def reached_ceiling(prefix: AuditedPrefix) -> str | None:
    """Return which ceiling keeps further next hops out, for a sentence; None when none is known to.

    No ceiling limits a table of candidates, so its size proves nothing.
    """
    if not prefix.shortfall or shows_candidates(prefix):
        return None
    installed = len(prefix.installed)
    if prefix.ceiling is None:
        return f"{installed} is a common default ceiling" if installed in KNOWN_DEFAULT_CEILINGS else None
    if installed == prefix.ceiling.value:
        return f"the ceiling of {prefix.ceiling.value} is reached ({prefix.ceiling.source})"
    return None


def is_beyond_the_ceiling(hop: NextHop, prefix: AuditedPrefix) -> bool:
    """Return whether a next hop is not installed because the ceiling is reached.

    zebra keeps next hops beyond its maximum in the route and marks them inactive (frr#4897, FRR 8.4 with `-e 2`).
    """
    return "inactive" in hop.marks and prefix.ceiling is not None and reached_ceiling(prefix) is not None
