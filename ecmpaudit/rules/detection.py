"""How long a router goes on sending packets to a node that has become silent while its link stays up.

The router gives up a BGP session after the hold time without a message (RFC 4271), or, where the session uses BFD,
after BFD's detection time (RFC 5880). Both run from the last packet that arrived, so that they are the worst case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Evidence, Facts
    from ecmpaudit.model.facts import BfdSession, BgpSession

NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Detection:
    """The longest time until a silent node is noticed, and by what."""

    seconds: float
    """`NEVER` where nothing notices it."""
    by: str
    """`hold time`, `BFD`; empty for never."""
    evidence: tuple[Evidence, ...]

    def __str__(self) -> str:
        return f"within {duration(self.seconds)} ({self.by})" if self.by else "never (hold time 0, no BFD)"


def duration(seconds: float) -> str:
    """Return a time with its unit: `0.9 s`, `180 s`."""
    return f"{seconds:g} s"


def detection_of(session: BgpSession, facts: Facts) -> Detection | None:
    """Return how long a router's own timers let a silent peer go unnoticed; None where they are not known."""
    found = sorted(_detections(session, facts), key=lambda detection: detection.seconds)
    return found[0] if found else None


def _detections(session: BgpSession, facts: Facts) -> Iterator[Detection]:
    for bfd in facts.bfd_sessions_of.get(session.host, ()) if session.uses_bfd is not False else ():
        if bfd.is_up and bfd.timeout is not None and _watches(bfd, session):
            yield Detection(bfd.timeout / 1000, "BFD", (bfd.evidence, session.evidence))
    if session.hold_time is not None:
        is_endless = session.hold_time == 0
        yield Detection(
            NEVER if is_endless else session.hold_time, "" if is_endless else "hold time", (session.evidence,)
        )


def _watches(bfd: BfdSession, session: BgpSession) -> bool:
    """Return whether a BFD session is with the peer of a BGP session, by its address or, unnumbered, its interface."""
    return bfd.vrf in {None, session.vrf} and session.peer in {bfd.peer, bfd.interface}
