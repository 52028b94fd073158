"""`fabric` in `ecmpaudit.yaml`: the tiers of routers and the links between them, and what is expected over these."""

from typing import Annotated

from pydantic import Field

from ecmpaudit.configuration.sections import Section
from ecmpaudit.configuration.values import Flag, Name, NullAsEmpty, Prefix


class Tier(Section):
    """Routers that have the same place in the fabric."""

    name: Name = Field(description="For messages, for example `spines`.")
    routers: tuple[Name, ...] = Field(min_length=1, description="Its routers.")


class FabricSection(Section):
    """Leaf and spine: next hops of a router are what it is linked with, one tier below or above."""

    tiers: tuple[Tier, ...] = Field(
        default=(),
        description="From the top, for example spines and leaves; without them, by the distance from the nodes.",
    )
    links: Annotated[dict[Name, tuple[Name, ...]], NullAsEmpty()] = Field(
        default_factory=dict,
        description="By router or node, the routers above it; a router without an entry has all of the tier above.",
    )
    learn: Flag = Field(
        default=False, description="Links that are not written are those of the last run without a fault (`--record`)."
    )
    default_route: Flag = Field(
        default=False, description="Each router below the top has a default route over all its links upwards."
    )
    loopbacks: tuple[Prefix, ...] = Field(
        default=(), description="Prefixes that the routers' loopbacks lie in: each router leads to those of the others."
    )
