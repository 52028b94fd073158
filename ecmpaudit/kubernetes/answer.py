"""What an announcer does with one address of one Service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Announced:
    """One prefix that carries the address."""

    prefix: str
    how: str = ""
    """For messages, where it is not the host prefix of the address: `as /24 by BGPAdvertisement …`."""
    unselected: Mapping[str, str] | None = None
    """Nodes that do not announce it whatever their endpoints are, each with the reason."""
    follows_endpoints: bool = True
    """False for a prefix that all nodes announce, whatever the Services in it do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is announced, or why nothing is, or why that cannot be determined."""

    announced: tuple[Announced, ...] = ()
    not_routed: str | None = None
    """Why no router learns the address: `is announced by ARP and NDP, not to routers`."""
    undetermined: str | None = None
    """Why it cannot be determined."""
    assumed: str | None = None
    """What was assumed for want of objects."""
