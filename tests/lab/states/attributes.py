"""Paths that are accepted and not equal: one of their attributes differs, so BGP leaves them out of the set."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.lab import bird, frr
from tests.lab.bird import NODE_CHANNEL
from tests.lab.plan import NODE_AS, ROUTERS, SERVICE_INTERFACE
from tests.lab.states.sessions import FAMILIES, configure_peer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.laboratory import Lab

OTHER_AS = 65553
RELAX = "bgp bestpath as-path multipath-relax"


@contextmanager
def set_on_the_way_in(lab: Lab, router: str, node: str, setting: str) -> Iterator[None]:
    """Hold a route-map in a router's way in from a node that sets an attribute, `local-preference 50` for one."""
    machine = lab.machines[router]
    try:
        frr.configure(machine, "route-map SKEW permit 10", f"set {setting}")
        configure_peer(lab, router, node, "neighbor {peer} route-map SKEW in")
        yield
    finally:
        configure_peer(lab, router, node, "no neighbor {peer} route-map SKEW in")
        frr.configure(machine, "no route-map SKEW")


@contextmanager
def med_set_by_bird(lab: Lab, node: str, med: int) -> Iterator[None]:
    """Hold a metric (MED) in what a node's BIRD announces; the other nodes announce 0 or none."""
    machine = lab.machines[node]
    plain = bird.node_configuration(machine)
    announced = f"import all; export filter {{ bgp_med = {med}; if source = RTS_DEVICE then accept; reject; }};"
    try:
        bird.configure(machine, plain.replace(NODE_CHANNEL, announced))
        yield
    finally:
        bird.configure(machine, plain)


@contextmanager
def origin_incomplete(lab: Lab, node: str) -> Iterator[None]:
    """Hold FRR's own origin for what is redistributed, `incomplete`, on a node; BIRD's is IGP."""
    machine = lab.machines[node]
    try:
        frr.configure(machine, "route-map BARE permit 10", f"match interface {SERVICE_INTERFACE}")
        _redistribute(lab, node, "BARE")
        yield
    finally:
        _redistribute(lab, node, "KUBE")
        frr.configure(machine, "no route-map BARE")


@contextmanager
def node_in_another_as(lab: Lab, node: str, strict_router: str) -> Iterator[None]:
    """Hold a node in an AS of its own, and one router without multipath-relax: as long a path, of other content."""
    with ExitStack() as undo:
        undo.callback(number_node, lab, node, NODE_AS)
        number_node(lab, node, OTHER_AS)
        undo.callback(frr.configure_bgp, lab.machines[strict_router], RELAX)
        frr.configure_bgp(lab.machines[strict_router], f"no {RELAX}")
        yield


def _redistribute(lab: Lab, node: str, route_map: str) -> None:
    for family in FAMILIES:
        line = f"redistribute connected route-map {route_map}"
        frr.configure_bgp(lab.machines[node], f"address-family {family} unicast", line)


def number_node(lab: Lab, node: str, number: int) -> None:
    """Give a BIRD node another AS number, which its routers expect."""
    machine = lab.machines[node]
    plain = bird.node_configuration(machine)
    bird.configure(machine, plain.replace(f"as {NODE_AS};", f"as {number};"))
    for router in ROUTERS:
        lines = [f"neighbor {address} remote-as {number}" for address in machine.host.addresses]
        frr.configure_bgp(lab.machines[router.name], *lines)
