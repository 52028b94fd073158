"""A running topology: its hosts are connected, its daemons run, and it is waited for until its kernels are at rest."""

from __future__ import annotations

import json
import time
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from tests.lab import namespaces
from tests.lab.audit_configuration import merged, ssh_access
from tests.lab.namespaces import ip
from tests.lab.plan import CONVERGENCE, MGMT
from tests.lab.processes import LabError, wait_until
from tests.lab.scanned import ScannedTopology
from tests.lab.topologies.network import MANAGEMENT_INTERFACE, make_host

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.lab.plan import Machine
    from tests.lab.topologies.network import Link, Network, NextHops
    from tests.lab.topologies.state import BrokenState

SETTLING = 1.0
"""Seconds for which nothing may change."""
MANAGEMENT = make_host(MGMT.name, 254)


class Instance(ScannedTopology):
    """A running topology. Hosts are given by name; `mgmt` is the one from which it is scanned."""

    def __init__(self, network: Network, folder: Path) -> None:
        super().__init__(folder, (MANAGEMENT, *network.hosts))
        self.network = network

    def plain_configuration(self) -> dict[str, Any]:
        """Return the topology's `ecmpaudit.yaml`."""
        return merged({"ssh": ssh_access(self.folder), **self.network.audited()}, self.network.configuration)

    # Building

    def _make_network(self) -> None:
        super()._make_network()
        for number, link in enumerate(self.network.links):
            self._connect(number, link)
        for machine in self.machines.values():
            for prefix in machine.host.loopbacks:
                namespaces.add_address(machine.namespace, prefix, "lo")
                self.node_names[prefix.partition("/")[0]] = machine.host.name

    def _attach(self, machine: Machine) -> None:
        """Connect a host to the network over which it is scanned."""
        host = machine.host
        namespaces.attach(host, machine.namespace, self.fabric, MANAGEMENT_INTERFACE)
        if host.announces:
            namespaces.add_service_interface(machine.namespace, host.announces)
        if host not in self.network.nodes:
            namespaces.forward_packets(machine.namespace)

    def _connect(self, number: int, link: Link) -> None:
        """Lay a link, and give its ports their addresses."""
        spaces = [self.machines[port.host].namespace for port in link.ports]
        if len(spaces) == 2:
            (one, other), (here, there) = link.ports, spaces
            peer = ("peer", "name", other.interface, "netns", there)
            ip(here, "link", "add", one.interface, "type", "veth", *peer)
        else:
            bridge = f"br{number + 1}"
            ip(self.fabric, "link", "add", bridge, "type", "bridge")
            ip(self.fabric, "link", "set", bridge, "up")
            for port, space in zip(link.ports, spaces, strict=True):
                end = f"{number + 1}-{port.host}"
                ip(self.fabric, "link", "add", end, "type", "veth", "peer", "name", port.interface, "netns", space)
                ip(self.fabric, "link", "set", end, "master", bridge, "up")
        for port, space in zip(link.ports, spaces, strict=True):
            for address in port.addresses:
                namespaces.add_address(space, address, port.interface)
                self.node_names[address.partition("/")[0]] = port.host
            ip(space, "link", "set", port.interface, "up")
        for port, space in zip(
            link.ports, spaces, strict=True
        ):  # an end has no address of its own before the other is up
            self.node_names[namespaces.link_local_address(space, port.interface)] = port.host

    # Waiting

    def wait_clean(self) -> None:
        """Return when the topology is at rest; raises LabError with what is wanting."""
        self._wait(None, f"{self.network.name} comes to rest")

    def wait_for(self, state: BrokenState) -> None:
        """Return when a state holds; raises LabError with what is wanting."""
        self._wait(state, f"the state `{state.name}` of {self.network.name} holds")

    def _wait(self, state: BrokenState | None, what: str) -> None:
        try:
            wait_until(lambda: self._is_at_rest(state), CONVERGENCE, what)
        except LabError as error:
            raise LabError("\n".join([str(error), *self.deviations(state)])) from error

    def _is_at_rest(self, state: BrokenState | None) -> bool:
        """Return whether nothing deviates, and nothing does a moment later: a session that is reset is down for one."""
        if any(self.deviations(state)):
            return False
        time.sleep(SETTLING)
        return not any(self.deviations(state))

    def deviations(self, state: BrokenState | None = None) -> Iterator[str]:
        """Yield what is not as in a state, or at rest without one, one sentence each."""
        yield from kernel_deviations(self, state.next_hops if state else {})
        for shown in state.shown if state else self.network.shown:
            if deviation := shown.deviation(self):
                yield deviation


def kernel_deviations(instance: Instance, changed: NextHops) -> Iterator[str]:
    """Yield where a router's kernel does not send to the expected hosts, and where it has another prefix."""
    pools = [ip_network(pool) for cluster in _clusters(instance) for pool in cluster["pools"]]
    for router, at_rest in instance.network.next_hops.items():
        wanted = {**at_rest, **changed.get(router, {})}
        found = {
            prefix: names
            for prefix, names in kernel_next_hops(instance, router).items()
            if prefix in wanted or any(_is_within(prefix, pool) for pool in pools)
        }
        for prefix in wanted.keys() | found.keys():
            has, expected = (table.get(prefix, frozenset()) for table in (found, wanted))
            if has != expected:
                yield f"{router} {prefix}: the kernel has {sorted(has)}, expected {sorted(expected)}"


def _clusters(instance: Instance) -> list[dict[str, Any]]:
    return list(instance.plain_configuration().get("clusters", {}).values())


def _is_within(prefix: str, pool: Any) -> bool:
    network: Any = ip_network(prefix)
    return bool(network.version == pool.version and network.subnet_of(pool))


def kernel_next_hops(instance: Instance, router: str) -> dict[str, frozenset[str]]:
    """Return by prefix the names of the hosts that a router's kernel sends to; an address of none is kept."""
    space = instance.machines[router].namespace
    return {
        str(ip_network(route["dst"])): frozenset(_names(instance, route))
        for version in (4, 6)
        for route in reversed(json.loads(ip(space, "-j", f"-{version}", "route", "show")))  # the best metric is first
        if route["dst"] != "default"
    }


def _names(instance: Instance, route: Mapping[str, Any]) -> Iterator[str]:
    for hop in route.get("nexthops", [route]):
        # An IPv4 route over an IPv6 next hop has `via` in place of `gateway`.
        address = hop.get("gateway") or hop.get("via", {}).get("host")
        yield instance.node_names.get(address, address) if address else str(hop.get("dev"))
