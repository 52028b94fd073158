"""The lab as tests see it: it goes into a state and back, is asked what it has, and is scanned.

Every state is one of the real daemons, and is a context manager that leads back. It holds when the routers have
come to rest in it; the way back is not waited for, but the next test is.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.lab import bgp, bird, frr, namespaces, ospf, routes
from tests.lab.audit_configuration import configuration
from tests.lab.plan import CONVERGENCE, HOSTS, NODES, PREFIXES, ROUTERS, nodes_with
from tests.lab.processes import LabError, wait_until
from tests.lab.scanned import ScannedTopology

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from tests.lab.plan import Host, Machine


class Lab(ScannedTopology):
    """A running topology. Hosts are given by name: mgmt, tor1, tor2, node1 to node5."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, HOSTS)
        self._stopped: set[str] = set()
        self._withdrawn: dict[str, set[str]] = {prefix: set() for prefix in PREFIXES}
        self._limits: dict[str, int] = {}

    # Asking

    def forwarding(self, router: str) -> dict[str, frozenset[str]]:
        """Return by prefix the nodes that a router forwards to, by FRR and by its kernel (see routes.forwarding)."""
        return routes.forwarding(routes.answers(self.machines[router], self.node_names))

    def deviations(self) -> Iterator[str]:
        """Yield what is not as it should be on the routers in the states that hold now; nothing when at rest.

        The hosts are asked as it goes on: who waits asks no more of them than for the first deviation.
        """
        wanted = {prefix: nodes_with(prefix) - self._stopped - self._withdrawn[prefix] for prefix in PREFIXES}
        is_at_rest = True
        for router in self.running(ROUTERS):
            answers = routes.answers(router, self.node_names)
            limit = self._limits.get(router.host.name)
            for sentence in (*routes.deviations(answers, wanted, limit), *routes.strangers(answers)):
                is_at_rest = False
                yield sentence
        if is_at_rest:
            yield from self._session_deviations()
            yield from self.ospf_disagreements()

    def _session_deviations(self) -> Iterator[str]:
        """Yield the BGP sessions that are not up, and those with a stopped daemon that still are, by either end."""
        routers, nodes = ([self.machines[host.name] for host in hosts] for hosts in (ROUTERS, NODES))
        running = [machine.host.name for machine in self.running((*ROUTERS, *NODES))]
        yield from bgp.disagreements(routers, nodes, running)

    def ospf_disagreements(self, silent: Collection[str] = ()) -> Iterator[str]:
        """Yield where OSPF has not come to rest; `silent` are nodes that no state of this lab stopped."""
        nodes = [node for node in self.running(NODES) if node.host.name not in silent]
        yield from ospf.disagreements(self.running(ROUTERS), nodes)

    def running(self, hosts: Iterable[Host]) -> list[Machine]:
        """Return those of the hosts whose daemons are not stopped."""
        return [self.machines[host.name] for host in hosts if host.name not in self._stopped]

    # Waiting

    def wait_settled(self) -> None:
        """Return when the routers are at rest in the states that hold now; raises LabError with what is wanting."""
        try:
            wait_until(lambda: not any(self.deviations()), CONVERGENCE, "the routers come to rest")
        except LabError as error:
            raise LabError("\n".join([str(error), *self.deviations()])) from error

    def wait_clean(self) -> None:
        """Return when the routers are at rest in the clean state; raises LabError if another state still holds."""
        held = [*self._stopped, *self._limits, *(prefix for prefix, nodes in self._withdrawn.items() if nodes)]
        if held:
            raise LabError(f"a test has not led back: {', '.join(held)}")
        self.wait_settled()

    # States

    def stop_daemon(self, host: str) -> None:
        """Stop the routing daemons of a host and wait until the others have noticed."""
        machine = self.machines[host]
        (frr.stop if machine.host.daemon == "frr" else bird.stop)(machine)
        self._stopped.add(host)
        self.wait_settled()

    def start_daemon(self, host: str) -> None:
        """Start the routing daemons of a host."""
        machine = self.machines[host]
        (frr.start if machine.host.daemon == "frr" else bird.start)(machine)
        self._stopped.discard(host)

    @contextmanager
    def daemon_stopped(self, host: str) -> Iterator[None]:
        """Hold the routing daemons of a host stopped."""
        try:
            self.stop_daemon(host)
            yield
        finally:
            self.start_daemon(host)

    def withdraw(self, node: str, prefix: str) -> None:
        """Take a load-balanced address off a node and wait until its daemon has withdrawn it."""
        namespaces.delete_address(self.machines[node].namespace, prefix)
        self._withdrawn[prefix].add(node)
        self.wait_settled()

    def announce(self, node: str, prefix: str) -> None:
        """Put a load-balanced address on a node, whose daemon then announces it."""
        namespaces.add_address(self.machines[node].namespace, prefix)
        self._withdrawn[prefix].discard(node)

    @contextmanager
    def withdrawn(self, node: str, prefix: str) -> Iterator[None]:
        """Hold a load-balanced address off a node."""
        try:
            self.withdraw(node, prefix)
            yield
        finally:
            self.announce(node, prefix)

    def set_maximum_paths(self, router: str, maximum: int) -> None:
        """Set BGP's maximum-paths for IPv4 and IPv6 and wait until it shows."""
        frr.set_maximum_paths(self.machines[router], maximum)
        self._limits[router] = maximum
        self.wait_settled()

    def unset_maximum_paths(self, router: str) -> None:
        """Go back to FRR's default for IPv4 and IPv6."""
        frr.set_maximum_paths(self.machines[router], None)
        self._limits.pop(router, None)

    @contextmanager
    def maximum_paths(self, router: str, maximum: int) -> Iterator[None]:
        """Hold BGP's maximum-paths at a number for IPv4 and IPv6."""
        try:
            self.set_maximum_paths(router, maximum)
            yield
        finally:
            self.unset_maximum_paths(router)

    def plain_configuration(self) -> dict[str, Any]:
        """Return the lab's `ecmpaudit.yaml`."""
        return configuration(self.folder)
