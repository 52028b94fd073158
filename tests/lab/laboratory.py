"""The lab as tests see it: it goes into a state and back, is asked what it has, and is scanned.

Every state is one of the real daemons, and is a context manager that leads back. What the routers make of it
takes its time: wait for it.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.lab import bird, frr, namespaces, routes, sshd
from tests.lab.audit_configuration import configuration, merged
from tests.lab.plan import MGMT, ROUTERS
from tests.lab.processes import LabError, run, run_unchecked, wait_until
from tests.lab.topology import Topology

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping, Sequence

CHECKOUT = Path(__file__).parents[2]
CONVERGENCE = 60.0
"""Seconds for all daemons to agree; it takes less than 10 where nothing else runs."""
SCAN_TIMEOUT = 120.0


class Lab(Topology):
    """A running topology. Hosts are given by name: mgmt, tor1, tor2, node1 to node5."""

    # Asking

    def run_in(self, host: str, argv: Sequence[str]) -> str:
        """Return what a command prints in a host's namespace; raises LabError if it fails."""
        return run(namespaces.inside(self.machines[host].namespace, argv))

    def vtysh(self, host: str, *commands: str) -> str:
        """Return what the host's FRR answers."""
        return frr.vtysh(self.machines[host], *commands)

    def birdc(self, host: str, command: str) -> str:
        """Return what the host's BIRD answers."""
        return bird.birdc(self.machines[host], command)

    def ssh(self, host: str, command: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
        """Return how a command ended that OpenSSH's client ran on a host; only a known host key is accepted.

        Raises LabError if it does not end in time.
        """
        options = {
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": self.known_hosts,
            "GlobalKnownHostsFile": os.devnull,
            "ConnectTimeout": 10,
        }
        argv = ["ssh", "-F", str(self.ssh_config), "-i", str(self.user_key)]
        argv += [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        argv += [f"root@{self.machines[host].host.ipv4}", command]
        return run_unchecked(namespaces.inside(self.machines[MGMT.name].namespace, argv), timeout=timeout)

    def forwarding(self, router: str) -> dict[str, frozenset[str]]:
        """Return by prefix the nodes that a router forwards to, by FRR and by its kernel (see routes.forwarding)."""
        return routes.forwarding(self.machines[router], self.node_names)

    def deviations(self) -> list[str]:
        """Return what is not as in the clean state, on both routers."""
        machines = [self.machines[router.name] for router in ROUTERS]
        return [sentence for machine in machines for sentence in routes.deviations(machine, self.node_names)]

    # Waiting

    def wait_until(self, condition: Callable[[], bool], what: str, seconds: float = CONVERGENCE) -> None:
        """Return when the condition holds; raises LabError if that takes too long."""
        wait_until(condition, seconds, what)

    def wait_clean(self) -> None:
        """Return when both routers have the full clean state; raises LabError with what is wanting."""
        try:
            wait_until(lambda: not self.deviations(), CONVERGENCE, "the lab is in its clean state")
        except LabError as error:
            raise LabError("\n".join([str(error), *self.deviations()])) from error

    def wait_forwarding(self, router: str, wanted: Mapping[str, frozenset[str]]) -> None:
        """Return when a router forwards to exactly these nodes, by prefix; raises LabError with what it has."""
        try:
            wait_until(lambda: self.forwarding(router) == wanted, CONVERGENCE, f"{router} forwards to {wanted}")
        except LabError as error:
            raise LabError(f"{error}; it forwards to {self.forwarding(router)}") from error

    # States

    def stop_daemon(self, host: str) -> None:
        """Stop the routing daemons of a host; returns when no router has a route through it any more.

        OSPF learns of it late. Were the daemon back by then, the clean state would come, go, and come again.
        """
        machine = self.machines[host]
        (frr.stop if machine.host.daemon == "frr" else bird.stop)(machine)
        self._wait_until_gone(host, machine.host.announces)

    def start_daemon(self, host: str) -> None:
        """Start the routing daemons of a host."""
        machine = self.machines[host]
        (frr.start if machine.host.daemon == "frr" else bird.start)(machine)

    @contextmanager
    def daemon_stopped(self, host: str) -> Iterator[None]:
        """Hold the routing daemons of a host stopped."""
        try:
            self.stop_daemon(host)
            yield
        finally:
            self.start_daemon(host)

    def withdraw(self, node: str, prefix: str) -> None:
        """Take a load-balanced address off a node; returns when its daemon has withdrawn it from every router."""
        namespaces.delete_address(self.machines[node].namespace, prefix)
        self._wait_until_gone(node, [prefix])

    def announce(self, node: str, prefix: str) -> None:
        """Put a load-balanced address on a node, whose daemon then announces it."""
        namespaces.add_address(self.machines[node].namespace, prefix)

    @contextmanager
    def withdrawn(self, node: str, prefix: str) -> Iterator[None]:
        """Hold a load-balanced address off a node."""
        try:
            self.withdraw(node, prefix)
            yield
        finally:
            self.announce(node, prefix)

    def set_maximum_paths(self, router: str, maximum: int | None) -> None:
        """Set BGP's maximum-paths for IPv4 and IPv6; None goes back to FRR's default."""
        frr.set_maximum_paths(self.machines[router], maximum)

    @contextmanager
    def maximum_paths(self, router: str, maximum: int) -> Iterator[None]:
        """Hold BGP's maximum-paths at a number for IPv4 and IPv6."""
        try:
            self.set_maximum_paths(router, maximum)
            yield
        finally:
            self.set_maximum_paths(router, None)

    def stop_sshd(self, host: str) -> None:
        """Stop the sshd of a host."""
        sshd.stop(self.machines[host])

    def start_sshd(self, host: str) -> None:
        """Start the sshd of a host."""
        sshd.start(self.machines[host])

    @contextmanager
    def sshd_stopped(self, host: str) -> Iterator[None]:
        """Hold the sshd of a host stopped."""
        try:
            self.stop_sshd(host)
            yield
        finally:
            self.start_sshd(host)

    @contextmanager
    def host_key_changed(self, host: str) -> Iterator[None]:
        """Let a host show another host key than the one in known_hosts."""
        sshd.change_host_key(self.machines[host])
        try:
            yield
        finally:
            sshd.restore_host_key(self.machines[host])

    @contextmanager
    def hanging(self, host: str, words: str) -> Iterator[None]:
        """Let a login's `vtysh` or `birdc` never answer where the words are in its arguments."""
        try:
            sshd.write_scripts(self.machines[host], sshd.HANG, words)
            yield
        finally:
            sshd.write_scripts(self.machines[host])
            sshd.end_hanging(self.machines[host])

    @contextmanager
    def cutting(self, host: str, words: str) -> Iterator[None]:
        """Let the connection break in the middle of an answer where the words are in the command's arguments."""
        try:
            sshd.write_scripts(self.machines[host], sshd.CUT, words)
            yield
        finally:
            sshd.write_scripts(self.machines[host])

    def _wait_until_gone(self, node: str, prefixes: Sequence[str]) -> None:
        """Return when no router knows the node as a next hop for the prefixes, by BGP or by OSPF."""
        routers = [self.machines[router.name] for router in ROUTERS]
        wait_until(
            lambda: not any(routes.has_next_hop(router, node, prefixes, self.node_names) for router in routers),
            CONVERGENCE,
            f"no router has a route through {node} to {', '.join(prefixes)}",
        )

    # Scanning

    def configuration(self, **changes: Any) -> Path:
        """Write an ecmpaudit.yaml for the lab, with the changes merged in, and return its path."""
        file = self.folder / f"configuration{len(list(self.folder.glob('configuration*')))}" / "ecmpaudit.yaml"
        file.parent.mkdir()
        # JSON is YAML.
        file.write_text(json.dumps(merged(configuration(self.folder), changes), indent=2), encoding="ascii")
        return file

    def scan(self, *arguments: str, configuration: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Return how `ecmpaudit scan --format json` ended."""
        file = configuration or self.configuration()
        return self.ecmpaudit("scan", "--config", str(file), "--format", "json", *arguments)

    def ecmpaudit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Return how the command ended in the management namespace, with no keys and no agent of the developer's."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if name != "SSH_AUTH_SOCK" and not name.startswith("ECMPAUDIT_")
        }
        return run_unchecked(
            namespaces.inside(self.machines[MGMT.name].namespace, [sys.executable, "-m", "ecmpaudit", *arguments]),
            timeout=SCAN_TIMEOUT,
            environment=environment | {"HOME": str(self.folder)},
            folder=CHECKOUT,
        )
