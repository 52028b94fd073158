"""A prefix has exactly as many next hops as a ceiling allows, while more are expected.

Why
    The router filled the set up to its ceiling and installed no more, without a log message. BIRD's `merge paths`
    stops at 16 by default and chooses by internal order (bird-users, March 2025); a router with `maximum-paths 2` and
    four uplinks uses two (osism/ansible-collection-services#2122); some switches have a default of 4 (Aruba 8400).
    ECMP101 reports what is missing, this rule the ceiling. ECMP204 reports a ceiling of 1.

How to fix
    Raise the ceiling: `maximum-paths N` for each address family in FRR (`maximum-paths ibgp N` separately),
    `merge paths on limit N` or OSPF's `ecmp limit N` in BIRD. If the ceiling is only suspected because 16, 32
    or 64 are common defaults, look it up and write it into ecmpaudit.yaml or pass `--max-paths`.

Bad (beside ECMP101)
    tor1 198.51.100.7/32 via 192.0.2.1-4
    expect 198.51.100.7/32 nodes 192.0.2.1-5
    ceiling tor1 4

    tor1 2001:db8:100::7/128 via 2001:db8::a0-af
    expect 2001:db8:100::7/128 count 17

Good
    tor1 198.51.100.7/32 via 192.0.2.1-4
    expect 198.51.100.7/32 nodes 192.0.2.1-4
    ceiling tor1 4

    tor1 2001:db8:100::7/128 via 2001:db8::a0-af
    expect 2001:db8:100::7/128 count 16
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.ceilings import reached_ceiling
from ecmpaudit.rules.messages import finding_about, named_hop, own_next_hops
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network

CODE = "ECMP202"
SEVERITY = Severity.ERROR
NEEDS = (Question.ROUTES, Question.CONFIGURATION, Question.MAXIMUM, Question.BUILD)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix that its ceiling keeps too small; a suspected ceiling is a warning."""
    for prefix in network.prefixes:
        ceiling = reached_ceiling(prefix)
        is_known = prefix.ceiling is not None
        if ceiling and not (prefix.ceiling and prefix.ceiling.value == 1):  # 204 reports a ceiling of 1
            yield replace(
                finding_about(
                    prefix,
                    CODE,
                    SEVERITY if is_known else Severity.WARNING,
                    f"{own_next_hops(prefix)}, expected {prefix.expected}; {ceiling}{_not_installed(prefix)}",
                    rests_on_expectation=True,
                    cause=ceiling,
                    hint=f"raise the ceiling to {prefix.expected} or more"
                    if is_known
                    else "look up the router's ceiling and give it: --max-paths N, or max_paths in ecmpaudit.yaml",
                ),
                missing=prefix.missing,
            )


def _not_installed(prefix: AuditedPrefix) -> str:
    """Return the candidates beyond the ceiling, where the output shows them."""
    inside = {(hop.address, hop.interface) for hop in prefix.installed}
    outside = [hop for hop in prefix.candidates if (hop.address, hop.interface) not in inside]
    return f"; not installed: {listed(named_hop(hop, prefix) for hop in outside)}" if outside else ""
