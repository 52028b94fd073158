"""The lab as tests see it: it goes into a state and back, is asked what it has, and is scanned.

Every state is one of the real daemons, and is a context manager that leads back. It holds when the routers have
come to rest in it; the way back is not waited for, but the next test is.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests import program
from tests.lab import bgp, bird, frr, namespaces, ospf, routes, sshd
from tests.lab.audit_configuration import configuration, merged
from tests.lab.plan import CONVERGENCE, MGMT, NODES, PREFIXES, ROUTERS, nodes_with
from tests.lab.processes import LabError, run, run_unchecked, wait_until
from tests.lab.topology import Topology

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from tests.lab.plan import Host, Machine
    from tests.program import Ended


class Lab(Topology):
    """A running topology. Hosts are given by name: mgmt, tor1, tor2, node1 to node5."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._stopped: set[str] = set()
        self._withdrawn: dict[str, set[str]] = {prefix: set() for prefix in PREFIXES}
        self._limits: dict[str, int] = {}

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
        return routes.forwarding(routes.answers(self.machines[router], self.node_names))

    def configurations(self) -> dict[str, str]:
        """Return what each host's routing daemons are configured with now."""
        return {
            name: frr.vtysh(machine, "show running-config")
            if machine.host.daemon == "frr"
            else bird.configuration(machine)
            for name, machine in self.machines.items()
            if machine.host.daemon
        }

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

    @contextmanager
    def failing(self, *answers: tuple[str, str, str]) -> Iterator[None]:
        """Let answers fail: of a host, to a command, and how (see sshd.ANSWERS)."""
        by_host: dict[str, dict[str, str]] = {}
        for host, command, failure in answers:
            by_host.setdefault(host, {})[command] = failure
        try:
            for host, failures in by_host.items():
                sshd.write_failing(self.machines[host], failures)
            yield
        finally:
            for host in by_host:
                sshd.write_answering(self.machines[host])

    # Scanning

    def configuration(self, **changes: Any) -> Path:
        """Write an ecmpaudit.yaml for the lab, with the changes merged in, and return its path."""
        file = self.folder / f"configuration{len(list(self.folder.glob('configuration*')))}" / "ecmpaudit.yaml"
        file.parent.mkdir()
        # JSON is YAML.
        file.write_text(json.dumps(merged(configuration(self.folder), changes), indent=2), encoding="ascii")
        return file

    def scan(
        self, *arguments: str, configuration: Path | None = None, run: Callable[..., Ended] = program.ecmpaudit
    ) -> Ended:
        """Return how `ecmpaudit scan --format json` ended; `run` is `ecmpaudit_process` for a process of its own."""
        file = configuration or self.configuration()
        return self._run(run, ("scan", "--config", str(file), "--format", "json", *arguments), {})

    def ecmpaudit(self, *arguments: str, **variables: str) -> Ended:
        """Return how the command ended; one that sends alerts has a process of its own.

        Apprise keeps the threads that send, and a thread stays in the namespace in which it was made.
        """
        run = program.ecmpaudit_process if "ECMPAUDIT_ALERT_URLS" in variables else program.ecmpaudit
        return self._run(run, arguments, variables)

    def _run(self, run: Callable[..., Ended], arguments: tuple[str, ...], variables: dict[str, str]) -> Ended:
        """Run a command in the management namespace, with no keys and no agent of the developer's."""
        environment = program.plain_environment(HOME=str(self.folder), **variables)
        environment.pop("SSH_AUTH_SOCK", None)
        with namespaces.entered(self.machines[MGMT.name].namespace):
            return run(*arguments, environment=environment)
