"""More next hops are expected, or shown, than the router's ceiling allows.

Why
    With a ceiling of 4 and 5 nodes, one node never carries traffic, and the router chooses which one. A group larger
    than the hardware's limit may be truncated for IPv4 and not installed at all for IPv6 (sonic-net/SONiC#1274). FRR
    built or started with one path (`ECMP Maximum 1`) installs a single next hop whatever BGP selects (frr#18326), and
    a ceiling in a configuration file may silently not be loaded (sonic#23465). When more next hops are installed than
    the ceiling allows, the recorded ceiling is wrong or not yet in force: the next restart may reduce the set.

How to fix
    Raise the ceiling before adding nodes: `maximum-paths N` for each address family in FRR (and zebra's build or
    `-e N` for it), `merge paths on limit N` in BIRD's kernel protocol. If the hardware allows no more, announce
    from fewer nodes. If the recorded ceiling is wrong, correct it in ecmpaudit.yaml.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-5
    expect 198.51.100.7/32 nodes 192.0.2.1-5
    ceiling tor1 4

    tor1 2001:db8:100::7/128 via 2001:db8::1-5
    ceiling tor1 4

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
    expect 198.51.100.7/32 nodes 192.0.2.1-5
    ceiling tor1 8

    tor1 2001:db8:100::7/128 via 2001:db8::1-4
    expect 2001:db8:100::7/128 count 4
    ceiling tor1 4
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.ceilings import reached_ceiling, shows_candidates
from ecmpaudit.rules.messages import finding_about, own_next_hops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Ceiling, Finding, Network

CODE = "ECMP201"
SEVERITY = Severity.ERROR
NEEDS = (Question.ROUTES, Question.CONFIGURATION, Question.MAXIMUM, Question.BUILD)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix above its ceiling; 202 reports one that is reached, 204 a ceiling of 1."""
    for prefix in network.prefixes:
        if prefix.ceiling is None or reached_ceiling(prefix):
            continue
        if len(prefix.installed) > prefix.ceiling.value:
            yield _more_than_allowed(prefix, prefix.ceiling)
        elif prefix.expected and 1 < prefix.ceiling.value < prefix.expected:
            yield finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"{own_next_hops(prefix)}, expected {prefix.expected}; "
                f"the router installs at most {prefix.ceiling.value} ({prefix.ceiling.source})",
                rests_on_expectation=True,
                hint=f"raise the router's ceiling to {prefix.expected} or more",
            )


def _more_than_allowed(prefix: AuditedPrefix, ceiling: Ceiling) -> Finding:
    """Return a warning where the FIB has all of them: no next hop is lost yet."""
    return finding_about(
        prefix,
        CODE,
        SEVERITY if shows_candidates(prefix) else Severity.WARNING,
        f"{own_next_hops(prefix)}, expected at most {ceiling.value} ({ceiling.source})",
        hint="check which ceiling is in force: the recorded one is wrong, or a restart will reduce the set",
    )
