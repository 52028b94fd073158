"""BGP sessions between a router and a node: shut, not configured, over their limit, filtered."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.lab import bird, frr
from tests.lab.bird import NODE_CHANNEL
from tests.lab.plan import NODE_AS, ON_ALL_NODES, ROUTERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.laboratory import Lab

FAMILIES = ("ipv4", "ipv6")


@contextmanager
def session_shut(lab: Lab, router: str, node: str) -> Iterator[None]:
    """Hold a router's sessions to a node shut down by configuration."""
    machine, addresses = lab.machines[router], lab.machines[node].host.addresses
    try:
        frr.configure_bgp(machine, *(f"neighbor {address} shutdown" for address in addresses))
        yield
    finally:
        frr.configure_bgp(machine, *(f"no neighbor {address} shutdown" for address in addresses))


@contextmanager
def peer_missing(lab: Lab, router: str, node: str) -> Iterator[None]:
    """Hold a node out of a router's configuration: it was never made a neighbour."""
    machine, addresses = lab.machines[router], lab.machines[node].host.addresses
    try:
        frr.configure_bgp(machine, *(f"no neighbor {address}" for address in addresses))
        yield
    finally:
        add_neighbor(lab, router, node, NODE_AS)


@contextmanager
def prefix_limit_exceeded(lab: Lab, router: str, node: str) -> Iterator[None]:
    """Hold a router's limit of prefixes below what a node announces: its sessions are shut for it."""
    machine, addresses = lab.machines[router], lab.machines[node].host.addresses
    try:
        configure_peer(lab, router, node, "neighbor {peer} maximum-prefix 1")
        yield
    finally:
        configure_peer(lab, router, node, "no neighbor {peer} maximum-prefix 1")
        frr.vtysh(machine, *(f"clear bgp {address}" for address in addresses))


@contextmanager
def refused_by_prefix_list(lab: Lab, host: str, peer: str, direction: str) -> Iterator[None]:
    """Hold a prefix-list in a host's FRR, `in` from or `out` to a peer, that refuses what all nodes announce."""
    machine = lab.machines[host]
    words = ("ip", "ipv6")
    try:
        for word, refused, rest in zip(words, ON_ALL_NODES, ("0.0.0.0/0 le 32", "::/0 le 128"), strict=True):
            named = f"{word} prefix-list REFUSE seq"
            frr.configure(machine, f"{named} 5 deny {refused}", f"{named} 10 permit {rest}")
        configure_peer(lab, host, peer, f"neighbor {{peer}} prefix-list REFUSE {direction}")
        yield
    finally:
        configure_peer(lab, host, peer, f"no neighbor {{peer}} prefix-list REFUSE {direction}")
        frr.configure(machine, *(f"no {word} prefix-list REFUSE" for word in words))


@contextmanager
def refused_by_filter(lab: Lab, node: str) -> Iterator[None]:
    """Hold an export filter in a node's BIRD, to all routers, that leaves out what all nodes announce."""
    machine = lab.machines[node]
    plain = filtered = bird.node_configuration(machine)
    for prefix, family in zip(ON_ALL_NODES, FAMILIES, strict=True):
        channel = f"{family} {{ {NODE_CHANNEL} }}"
        filtered = filtered.replace(channel, channel.replace("; }", f" && net != {prefix}; }}"))
    try:
        bird.configure(machine, filtered)
        yield
    finally:
        bird.configure(machine, plain)


@contextmanager
def bgp_behind_ospf(lab: Lab) -> Iterator[None]:
    """Hold BGP's distance behind OSPF's on all routers."""
    with ExitStack() as undo:
        for machine in (lab.machines[router.name] for router in ROUTERS):
            for family in FAMILIES:
                enter = f"address-family {family} unicast"
                undo.callback(frr.configure_bgp, machine, enter, "no distance bgp 200 200 200")
                frr.configure_bgp(machine, enter, "distance bgp 200 200 200")
        yield


def add_neighbor(lab: Lab, host: str, peer: str, remote_as: int) -> None:
    """Make a peer a neighbour of a host's FRR, in both families."""
    machine = lab.machines[host]
    for family, address in zip(FAMILIES, lab.machines[peer].host.addresses, strict=True):
        activate = (f"address-family {family} unicast", f"neighbor {address} activate")
        frr.configure_bgp(machine, *frr.neighbor(address, remote_as), *activate)


def configure_peer(lab: Lab, host: str, peer: str, line: str) -> None:
    """Enter a line with `{peer}` in it for each of a peer's two addresses, in the address family of its own."""
    for family, address in zip(FAMILIES, lab.machines[peer].host.addresses, strict=True):
        frr.configure_bgp(lab.machines[host], f"address-family {family} unicast", line.format(peer=address))
