"""The next hops of a prefix have unequal weights.

Why
    The number of next hops is right and the load is not: with weights 1, 1 and 50 one node carries almost all. Weights
    are set by link bandwidth communities (unequal-cost multipath, UCMP) or by a policy on one router only, or are lost
    for some next hops when routes leak between VRFs or resolve recursively (frr#19161, frr#16235).

How to fix
    If unequal shares are intended, ignore this rule for the run (`--ignore ECMP701`). If not, check
    `bgp bestpath bandwidth` and `set extcommunity bandwidth` in FRR, and `weight` in BIRD's routes, and compare with a
    router that has equal weights.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2, 192.0.2.3 weight 2

    tor1 2001:db8:100::7/128 via 2001:db8::1 weight 10, 2001:db8::2 weight 90

Good
    tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2 weight 1

    tor1 2001:db8:100::7/128 via 2001:db8::1 weight 10, 2001:db8::2 weight 10
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.messages import finding_about, named_hop, own_next_hops
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network

CODE = "ECMP701"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES,)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix whose installed next hops do not have equal weights."""
    for prefix in network.prefixes:
        if not prefix.installed.have_equal_weights:
            yield finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"{own_next_hops(prefix)} with unequal weights, expected equal shares; {_shares(prefix)}",
                hint="if unequal shares are not intended, check link bandwidth communities and weights in policies",
            )


def _shares(prefix: AuditedPrefix) -> str:
    total = sum(hop.effective_weight for hop in prefix.installed)
    return listed(f"{named_hop(hop, prefix)} gets {_percent(hop.effective_weight / total)}" for hop in prefix.installed)


def _percent(share: float) -> str:
    """Return whole percents; a share between 0 and 1 is never rounded to 0% or 100%."""
    rounded = f"{share:.0%}"
    if 0 < share < 1:
        return {"0%": "under 1%", "100%": "over 99%"}.get(rounded, rounded)
    return rounded
