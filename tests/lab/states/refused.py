"""Sessions that do not come up, or go down, for a reason that the two ends notice: AS, password, TTL, silence."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.lab import bird, frr, namespaces
from tests.lab.plan import FABRIC_INTERFACE, NODE_AS, ROUTER_AS, ROUTERS
from tests.lab.states.attributes import OTHER_AS
from tests.lab.states.sessions import FAMILIES, add_neighbor
from tests.lab.topologies.breaking import configured, replaced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from tests.lab.laboratory import Lab

REFUSE_ALL = "REFUSE-ALL"
NOBODY = "02:00:00:00:00:99"
"""An Ethernet address that no host has."""


def wrong_as(lab: Lab, node: str, router: str) -> AbstractContextManager[None]:
    """Hold a BIRD node in another AS than the router expects of it."""
    pairs = zip(lab.machines[node].host.addresses, lab.machines[router].host.addresses, strict=True)
    lines = [(f"local {own} as {{}}; neighbor {peer} as") for own, peer in pairs]
    return replaced(lab, node, *((line.format(NODE_AS), line.format(OTHER_AS)) for line in lines))


def with_option(lab: Lab, router: str, node: str, option: str) -> AbstractContextManager[None]:
    """Hold an option of a router's sessions with a node that the node does not have: `password …` for one."""
    lines = [f"neighbor {address} {option}" for address in lab.machines[node].host.addresses]
    enter = f"router bgp {ROUTER_AS}"
    return configured(lab, router, [enter, *lines], [enter, *(f"no {line}" for line in lines)])


@contextmanager
def silenced(lab: Lab, node: str, router: str) -> Iterator[None]:
    """Hold a node's packets to a router's own addresses from arriving: both ends run into the hold time."""
    with ExitStack() as undo:
        for address in lab.machines[router].host.addresses:
            entry = (address, "dev", FABRIC_INTERFACE)
            undo.callback(lab.run_in, node, ["ip", "neigh", "del", *entry])
            lab.run_in(node, ["ip", "neigh", "replace", *entry, "lladdr", NOBODY, "nud", "permanent"])
        yield


@contextmanager
def from_other_addresses(lab: Lab, node: str, number: int) -> Iterator[None]:
    """Hold a BIRD node peering from other addresses than its routers know, with the number at their ends."""
    machine = lab.machines[node]
    others = [f"{address.rpartition(':' if ':' in address else '.')[0]}" for address in machine.host.addresses]
    ipv4, ipv6 = f"{others[0]}.{number}", f"{others[1]}:{number}"
    with ExitStack() as undo:
        for address in (f"{ipv4}/24", f"{ipv6}/64"):
            namespaces.add_address(machine.namespace, address, FABRIC_INTERFACE)
            undo.callback(namespaces.ip, machine.namespace, "addr", "del", address, "dev", FABRIC_INTERFACE)
        changes = zip(machine.host.addresses, (ipv4, ipv6), strict=True)
        undo.enter_context(replaced(lab, node, *((f"local {old} as", f"local {new} as") for old, new in changes)))
        yield


@contextmanager
def shut_by_the_node(lab: Lab, node: str, router: str) -> Iterator[None]:
    """Hold a BIRD node's sessions with a router disabled: it says so in its notification."""
    protocols = [f"{router}_{name}" for name in FAMILIES]
    try:
        for protocol in protocols:
            lab.birdc(node, f"disable {protocol}")
        yield
    finally:
        for protocol in protocols:
            lab.birdc(node, f"enable {protocol}")


@contextmanager
def filtered_by_its_group(lab: Lab, router: str, node: str) -> Iterator[None]:
    """Hold a node in a peer group of a router whose route-map rejects everything."""
    machine, addresses = lab.machines[router], lab.machines[node].host.addresses
    enter = f"router bgp {ROUTER_AS}"
    groups = [f"{REFUSE_ALL}-{name}" for name in FAMILIES]
    try:
        frr.configure(machine, f"route-map {REFUSE_ALL} deny 10")
        for name, group, address in zip(FAMILIES, groups, addresses, strict=True):
            of_family = f"address-family {name} unicast"
            frr.configure(machine, enter, f"neighbor {group} peer-group", f"neighbor {address} peer-group {group}")
            frr.configure(
                machine, enter, of_family, f"neighbor {group} activate", f"neighbor {group} route-map {REFUSE_ALL} in"
            )
        yield
    finally:
        frr.configure(machine, enter, *(f"no neighbor {address}" for address in addresses))
        frr.configure(machine, enter, *(f"no neighbor {group} peer-group" for group in groups))
        frr.configure(machine, f"no route-map {REFUSE_ALL}")
        add_neighbor(lab, router, node, NODE_AS)


@contextmanager
def killed(lab: Lab, node: str) -> Iterator[None]:
    """Hold a node's BIRD killed: it says nothing to its peers, and its sockets are closed."""
    machine = lab.machines[node]
    bird.kill(machine)
    try:
        yield
    finally:
        bird.start(machine)


def same_router_id(lab: Lab, node: str, other: str) -> AbstractContextManager[None]:
    """Hold a BIRD node with the BGP identifier of another host; OSPF keeps its own."""
    identifier = lab.machines[other].host.ipv4
    return replaced(
        lab,
        node,
        *(
            (f"protocol bgp {router.name}_{name} {{", f"protocol bgp {router.name}_{name} {{ router id {identifier};")
            for router in ROUTERS
            for name in FAMILIES
        ),
    )
