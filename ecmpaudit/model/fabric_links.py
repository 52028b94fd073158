"""A link of the fabric: two neighbours of which each leads to what is behind the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecmpaudit.model.expected import Node


@dataclass(frozen=True, slots=True)
class FabricLink:
    """A router, and a router or node one tier below it."""

    upper: Node
    lower: Node
    upper_tier: str
    """For messages: `spines`."""
    lower_tier: str
    """For messages: `leaves`, `nodes`."""

    @property
    def tiers(self) -> str:
        """Where the link is: `leaves to spines`."""
        return f"{self.lower_tier} to {self.upper_tier}"

    def neighbor_of(self, name: str) -> Node | None:
        """Return the other end of the link; None where the host is at neither."""
        if name == self.upper.name:
            return self.lower
        return self.upper if name == self.lower.name else None
