"""All further topologies with their states; a topology that is added has a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.topologies import (
    bird_router,
    bird_router_ospf,
    bird_router_states,
    fabric,
    interior,
    interior_states,
    leaf_spine,
    leaf_spine_states,
    reflector,
    reflector_states,
    unnumbered,
    unnumbered_states,
)

if TYPE_CHECKING:
    from tests.lab.topologies.network import Network
    from tests.lab.topologies.state import BrokenState

TOPOLOGIES: tuple[tuple[Network, tuple[BrokenState, ...]], ...] = (
    (unnumbered.NETWORK, unnumbered_states.STATES),
    (interior.NETWORK, interior_states.STATES),
    (bird_router.NETWORK, (*bird_router_states.STATES, *bird_router_ospf.STATES)),
    (leaf_spine.NETWORK, leaf_spine_states.STATES),
    (fabric.NETWORK, fabric.STATES),
    (reflector.NETWORK, reflector_states.STATES),
)
