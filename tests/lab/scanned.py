"""A running topology that is asked what it has, and scanned from its management namespace."""

from __future__ import annotations

import json
import os
from abc import abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests import program
from tests.lab import bird, frr, namespaces, sshd
from tests.lab.audit_configuration import merged
from tests.lab.plan import MGMT
from tests.lab.processes import run, run_unchecked
from tests.lab.topology import Topology

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.program import Ended


class ScannedTopology(Topology):
    """A running topology with a host `mgmt`, from which it is scanned. Hosts are given by name."""

    @abstractmethod
    def plain_configuration(self) -> dict[str, Any]:
        """Return the topology's `ecmpaudit.yaml`."""

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

    def configurations(self) -> dict[str, str]:
        """Return what each host's routing daemons are configured with now."""
        return {
            name: frr.vtysh(machine, "show running-config")
            if machine.host.daemon == "frr"
            else bird.configuration(machine)
            for name, machine in self.machines.items()
            if machine.host.daemon
        }

    # Faults of logins

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
        with self.changed(host, sshd.CUT, words):
            yield

    @contextmanager
    def changed(self, host: str, change: str, words: str = "") -> Iterator[None]:
        """Let a login's `vtysh` or `birdc` run otherwise where the words are in its arguments (see sshd)."""
        try:
            sshd.write_scripts(self.machines[host], change, words)
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
        """Write an ecmpaudit.yaml for the topology, with the changes merged in, and return its path."""
        file = self.folder / f"configuration{len(list(self.folder.glob('configuration*')))}" / "ecmpaudit.yaml"
        file.parent.mkdir()
        # JSON is YAML.
        file.write_text(json.dumps(merged(self.plain_configuration(), changes), indent=2), encoding="ascii")
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
