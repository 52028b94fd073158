"""What is wrong in the objects of a cluster by themselves, before any router is asked."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecmpaudit.model.captures import Evidence


class FaultKind(enum.StrEnum):
    """The kinds; each has a rule."""

    NO_ADDRESS = "no address"
    """A Service of type LoadBalancer was given none."""
    NOT_ANNOUNCED = "not announced"
    """A Service has an address, and nothing announces it."""
    ENDPOINTS_LEFT_OUT = "endpoints left out"
    """Nodes with ready endpoints are kept from announcing."""
    REJECTED = "rejected"
    """A node's routing daemon does not run with the configuration that it was given."""
    SKEW = "skew"
    """One prefix is announced with different preferences."""


@dataclass(frozen=True, slots=True)
class ClusterFault:
    """One fault."""

    kind: FaultKind
    place: str
    """`Service shop/web`, `node3`."""
    fact: str
    services: tuple[str, ...] = ()
    """As `namespace/name`."""
    prefix: str | None = None
    evidence: tuple[Evidence, ...] = ()
