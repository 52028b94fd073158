"""Ceilings: how many next hops a router will install, each with where it was read and for which routes it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecmpaudit.model import Ceiling

_IBGP_DISTANCE = 200


@dataclass(frozen=True, slots=True)
class CeilingFact:
    """One ceiling of a router, and for which routes it holds; None means all."""

    ceiling: Ceiling
    vrf: str | None = None
    family: int | None = None
    """4 or 6."""
    protocol: str | None = None
    """`bgp` (external), `ibgp` or `ospf`."""
    other_than: frozenset[str] = frozenset()
    """Protocols for whose routes it does not hold (BIRD's merge paths and OSPF)."""

    def holds_for(self, vrf: str, family: int, protocol: str, distance: int | None) -> bool:
        """Return whether it holds for a route; iBGP has a ceiling of its own, and distance 200 in FRR and BIRD."""
        kind = "ibgp" if protocol == "bgp" and distance == _IBGP_DISTANCE else protocol
        return (
            self.vrf in {None, vrf}
            and self.family in {None, family}
            and self.protocol in {None, kind}
            and kind not in self.other_than
        )
