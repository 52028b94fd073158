"""Nodes that lost addresses, that ended without a word, or that announce more than they should."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from ipaddress import ip_network
from typing import TYPE_CHECKING

from tests.lab import bird, namespaces
from tests.lab.ospf import PROTOCOLS
from tests.lab.plan import CONVERGENCE, NODES, ROUTERS, SERVICE_INTERFACE
from tests.lab.processes import LabError, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.lab.laboratory import Lab
    from tests.lab.topology import Topology

IPVS_INTERFACE = "kube-ipvs0"
FORGETTING = 10.0
"""Seconds after which a route that a router keeps was not withdrawn by what its nodes sent."""
MIN_LS_ARRIVAL = 1.5
"""Seconds within which a router may discard the next instance of an LSA (RFC 2328: 1 s), and then keep it for good."""
RESTART_SECONDS = 300
"""How long a node asks its peers to keep its paths; no test waits for the end of it."""


@contextmanager
def addresses_removed(lab: Lab, node: str, prefixes: Iterable[str]) -> Iterator[None]:
    """Hold addresses off a node's `kube-lb0`."""
    with ExitStack() as undo:
        for prefix in prefixes:
            undo.enter_context(lab.withdrawn(node, prefix))
        yield


@contextmanager
def interface_missing(lab: Topology, node: str) -> Iterator[None]:
    """Hold a node without `kube-lb0`."""
    machine = lab.machines[node]
    namespaces.delete_service_interface(machine.namespace)
    try:
        yield
    finally:
        namespaces.add_service_interface(machine.namespace, machine.host.announces)


@contextmanager
def killed_with_graceful_restart(lab: Lab, node: str) -> Iterator[None]:
    """Hold a node's BIRD killed after it announced graceful restart, so that its peers keep its paths."""
    machine = lab.machines[node]
    plain = bird.node_configuration(machine)
    timers = "error wait time 1, 1;"
    option = f"{timers} graceful restart on; graceful restart time {RESTART_SECONDS};"
    try:
        bird.configure(machine, plain.replace(timers, option))
        wait_until(
            lambda: _restart_is_agreed(lab, node), CONVERGENCE, f"{node} agrees on graceful restart with all routers"
        )
        bird.kill(machine)
        yield
    finally:
        bird.kill(machine)
        bird.start(machine)


@contextmanager
def more_specific(lab: Lab, node: str, host_routes: Mapping[str, str]) -> Iterator[None]:
    """Hold aggregates that all nodes announce, and in each a host route that one node announces from `kube-ipvs0`.

    `host_routes` maps each aggregate to its host route.
    """
    machine = lab.machines[node]
    plain = bird.node_configuration(machine)
    with ExitStack() as undo:
        undo.callback(_wait_until_forgotten, lab, tuple(host_routes))
        for namespace in (lab.machines[host.name].namespace for host in NODES):
            for address in map(_address_in, host_routes):
                namespaces.add_address(namespace, address)
                undo.callback(namespaces.delete_address, namespace, address)
        # BIRD originates the aggregates anew when it loses the host routes, before it withdraws them.
        undo.callback(time.sleep, MIN_LS_ARRIVAL)
        undo.callback(_wait_until_forgotten, lab, tuple(host_routes.values()))
        namespaces.add_service_interface(machine.namespace, host_routes.values(), IPVS_INTERFACE)
        undo.callback(namespaces.delete_service_interface, machine.namespace, IPVS_INTERFACE)
        undo.callback(bird.configure, machine, plain)
        bird.configure(machine, plain.replace(f'"{SERVICE_INTERFACE}"', f'"{SERVICE_INTERFACE}", "{IPVS_INTERFACE}"'))
        yield


def _address_in(aggregate: str) -> str:
    """Return an address with the aggregate's length: it makes the aggregate a connected route, which is announced."""
    network = ip_network(aggregate)
    return f"{network[1]}/{network.prefixlen}"


def _restart_is_agreed(lab: Lab, node: str) -> bool:
    """Return whether the node's sessions were established again with the option, and all its paths are back."""
    agreed = lab.birdc(node, "show protocols all").count(f"Restart time: {RESTART_SECONDS}")
    return agreed == 2 * len(ROUTERS) and not any(lab.deviations())


def _wait_until_forgotten(lab: Lab, prefixes: tuple[str, ...]) -> None:
    """Return when no router has a route within the prefixes any more; raises LabError if one keeps it.

    FRR 8.4.4 discards an LSA that follows another one too soon, and then keeps a route that was withdrawn. With a new
    adjacency a node flushes what is in its name and no longer its own (RFC 2328, 13.4).
    """
    questions = [f"show {'ipv6' if ':' in prefix else 'ip'} route {prefix} longer-prefixes" for prefix in prefixes]
    is_kept = f"the routers forget {', '.join(prefixes)}"

    def is_forgotten() -> bool:
        return not any(" via " in lab.vtysh(router.name, *questions) for router in ROUTERS)

    try:
        wait_until(is_forgotten, FORGETTING, is_kept)
    except LabError:
        for node in NODES:
            if node.daemon == "frr":
                lab.vtysh(node.name, "clear ip ospf process", "clear ipv6 ospf6 process")
            else:
                for protocol in PROTOCOLS.values():
                    lab.birdc(node.name, f"restart {protocol}")
        wait_until(is_forgotten, CONVERGENCE, is_kept)
