"""The router's ceiling has no room for the nodes to be added.

Why
    A ceiling is noticed when the node beyond it carries nothing, weeks after it was added. Defaults are 4 (Aruba 8400)
    or 16 (cRPD, BIRD), and some hardware rejects a larger group for IPv6 altogether (sonic-net/SONiC#1274). This rule
    checks before: `--growth 2`, `--growth 20%`, or `growth` in ecmpaudit.yaml. Without one of these it is silent.
    There is one finding for all prefixes of a router, VRF and family.

How to fix
    Raise the ceiling before the nodes are added (`ecmpaudit rule ECMP202` has the commands of each platform).

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-5
    ceiling tor1 6
    growth 2

    tor1 2001:db8:100::7/128 via 2001:db8::a0-af
    expect 2001:db8:100::7/128 count 16
    ceiling tor1 16
    growth 20%

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
    ceiling tor1 7
    growth 2

    tor1 198.51.100.7/32 via 192.0.2.1-5
    ceiling tor1 5
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.messages import at, evidence_of, own_routes, place_of_router
from ecmpaudit.wording import and_more

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Ceiling, Growth, Network

CODE = "ECMP203"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES, Question.CONFIGURATION, Question.MAXIMUM, Question.BUILD)

_Key = tuple[str, str, int, "Ceiling"]


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each router, VRF, family and ceiling that growth would exceed."""
    if network.growth is None:
        return
    outgrown: dict[_Key, list[AuditedPrefix]] = {}
    for prefix in network.prefixes:
        ceiling = prefix.ceiling
        if ceiling and ceiling.value > 1 and _size(prefix) <= ceiling.value < network.growth.after(_size(prefix)):
            outgrown.setdefault((prefix.router, prefix.vrf, prefix.family, ceiling), []).append(prefix)
    for (router, vrf, family, ceiling), prefixes in outgrown.items():
        yield _finding(place_of_router(router, vrf), family, ceiling, prefixes, network.growth)


def _size(prefix: AuditedPrefix) -> int:
    """Return how many next hops the prefix has or should have, whichever is more; 0 for none."""
    return max(prefix.expected or 0, len(prefix.installed))


def _finding(place: str, family: int, ceiling: Ceiling, prefixes: list[AuditedPrefix], growth: Growth) -> Finding:
    largest = max(prefixes, key=_size)
    needed = growth.after(_size(largest))
    return Finding(
        code=CODE,
        severity=SEVERITY,
        message=at(
            place,
            f"installs at most {ceiling.value} IPv{family} next hops ({ceiling.source}), expected room for {needed}; "
            f"{growth} do not fit for {largest.prefix}{and_more(len(prefixes) - 1, 'prefix')}",
        ),
        router=largest.router,
        vrf=largest.vrf,
        expected=needed,
        actual=ceiling.value,
        evidence=evidence_of(own_routes(largest)),
        hint=f"raise the ceiling to {needed} or more before the nodes are added",
    )
