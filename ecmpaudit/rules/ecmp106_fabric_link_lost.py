"""A link of the fabric carries nothing, since the session over it is down.

Why
    One cut between a leaf and a spine shows on every prefix of both, and on those of other routers behind them. This
    rule reports it once, with the link and its cause, in place of ECMP101 to ECMP103 for each prefix. It needs
    `fabric` in ecmpaudit.yaml. Where only some prefixes are missing over a link, ECMP101 reports these: then a filter
    or an attribute is the cause, and the link is up. A router that lacks a neighbour which has lost the prefix itself
    is not reported: the fault is at the neighbour.

How to fix
    Check the interfaces and the cable at both ends, then the session: `show bgp summary`, `show interface`.

Bad
    leaf1 198.51.100.7/32 via 192.0.2.1
    expect 198.51.100.7/32 nodes spine1=192.0.2.1, spine2=192.0.2.2
    leaf1 session 192.0.2.2 ipv4 Active since 00:12:31
    link leaf1 of leaves to spine2 of spines

    leaf1 2001:db8:100::7/128 via 2001:db8::1
    expect 2001:db8:100::7/128 nodes spine1=2001:db8::1, spine2=2001:db8::2
    leaf1 session 2001:db8::2 ipv6 Idle since 00:12:31
    link leaf1 of leaves to spine2 of spines

Good
    leaf1 198.51.100.7/32 via 192.0.2.1-2
    expect 198.51.100.7/32 nodes spine1=192.0.2.1, spine2=192.0.2.2
    link leaf1 of leaves to spine2 of spines
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Cause, Finding, Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.causes import REMEDIES, Link
from ecmpaudit.rules.fabric import FabricView
from ecmpaudit.wording import and_listed, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Network
    from ecmpaudit.rules.fabric import LostLink

CODE = "ECMP106"
SEVERITY = Severity.ERROR
NEEDS = (Question.ROUTES, Question.SESSIONS)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each link of the fabric that carries nothing."""
    if network.links:
        yield from map(_finding, FabricView(network).lost_links)


def _finding(lost: LostLink) -> Finding:
    router, neighbor, step = lost.prefix.router, lost.neighbor, lost.diagnosis.broken
    families = and_listed([f"IPv{family}" for family in sorted({prefix.family for prefix in lost.prefixes})])
    reason = step.sentence if step else ""
    lacking = counted(len({prefix.prefix for prefix in lost.prefixes}), "prefix", "prefixes")
    return Finding(
        code=CODE,
        severity=SEVERITY,
        message=f"{router}: its link to {neighbor.name} ({lost.link.tiers}) carries no {families} route, expected "
        f"{lacking}; {neighbor.name} missing: {reason}",
        router=router,
        vrf=lost.prefix.vrf,
        missing=(neighbor,),
        cause=reason,
        evidence=step.evidence if step else (),
        hint=f"check the interfaces and the cable at both ends; {REMEDIES[Link.SESSION]}",
        causes=(
            Cause(neighbor.name, Link.SESSION.value, lost.diagnosis.confidence, reason, step.evidence if step else ()),
        ),
    )
