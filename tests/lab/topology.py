"""Building a topology, and removing it without a trace.

What it makes bears the name of the instance (`eaXXXX-tor1`), so that two labs never meet; and it removes only
what it made itself.
"""

from __future__ import annotations

import secrets
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

from tests.lab import bird, frr, namespaces, sshd
from tests.lab.plan import Machine

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.lab.plan import Host


class Topology:
    """One instance of a topology. `stop` belongs to `start`, also if `start` fails half-way."""

    def __init__(self, folder: Path, hosts: Iterable[Host]) -> None:
        self.folder = folder
        """For configurations, keys, sockets and logs; it must not exist, and is removed with the rest."""
        self.prefix = f"ea{secrets.token_hex(2)}"
        self.machines = {host.name: Machine(host, f"{self.prefix}-{host.name}", folder / host.name) for host in hosts}
        self.user_key = folder / "user_key"
        self.known_hosts = folder / "known_hosts"
        self.ssh_config = folder / "ssh_config"
        """An empty file, for use instead of the developer's own."""
        self.node_names: dict[str, str] = {}
        """Each address of each node, the link-local one too, with the node's name."""
        self.fabric = f"{self.prefix}-fabric"
        """The namespace of the bridge that joins the hosts."""
        self._identities: list[int] = []
        self._ended: set[int] | None = None
        """The processes that `stop` had to end: the kernel gives the number of a removed namespace to the next one."""
        self._shared_before: set[Path] = set()
        self._undo = ExitStack()

    def start(self) -> None:
        """Start everything; returns when all daemons run, which is before they agree."""
        self._shared_before = frr.shared_files()
        self._undo.callback(self._remove_shared_files)
        self._make_folder()
        self._make_network()
        asked = [machine for machine in self.machines.values() if machine.host.daemon]
        with ThreadPoolExecutor(max_workers=len(asked)) as pool:
            list(pool.map(self._start_daemons, asked))
        lines = [sshd.known_hosts_lines(machine) for machine in asked]
        self.known_hosts.write_text("".join(lines), encoding="ascii")

    def stop(self) -> None:
        """End every process and remove every namespace and file that was made."""
        self._ended = set(namespaces.processes(*self._identities))
        self._undo.close()

    def leftovers(self) -> list[str]:
        """Return what is left of the lab on this machine: processes, namespaces, folders."""
        running = namespaces.processes(*self._identities)
        processes = [f"process {pid}" for pid in running if self._ended is None or pid in self._ended]
        names = [self.fabric, *(machine.namespace for machine in self.machines.values())]
        spaces = [f"namespace {name}" for name in names if namespaces.exists(name)]
        folders = [folder for machine in self.machines.values() for folder in frr.folders(machine)]
        own = [self.folder] if self.folder.exists() else []
        return [*processes, *spaces, *map(str, [*folders, *own, *self._new_shared_files()])]

    def _new_shared_files(self) -> list[Path]:
        return sorted(frr.shared_files() - self._shared_before)

    def _remove_shared_files(self) -> None:
        for file in self._new_shared_files():
            file.unlink()

    def _make_folder(self) -> None:
        self.folder.mkdir()
        self._undo.callback(shutil.rmtree, self.folder)
        self.ssh_config.touch()
        sshd.make_key(self.user_key)
        for machine in self.machines.values():
            machine.folder.mkdir()

    def _make_network(self) -> None:
        self._make_namespace(self.fabric)
        namespaces.add_fabric(self.fabric)
        for machine in self.machines.values():
            self._make_namespace(machine.namespace)
            self._attach(machine)

    def _attach(self, machine: Machine) -> None:
        """Connect a host to the fabric."""
        host = machine.host
        namespaces.attach(host, machine.namespace, self.fabric)
        if host.announces:
            namespaces.add_service_interface(machine.namespace, host.announces)
            addresses = (*host.addresses, namespaces.link_local_address(machine.namespace))
            self.node_names |= dict.fromkeys(addresses, host.name)

    def _make_namespace(self, namespace: str) -> None:
        namespaces.add_namespace(namespace)
        self._undo.callback(namespaces.remove, namespace)
        self._identities.append(namespaces.identity(namespace))

    def _start_daemons(self, machine: Machine) -> None:
        sshd.start(machine)
        if machine.host.daemon == "frr":
            self._undo.callback(frr.remove, machine)
            frr.prepare(machine)
            frr.start(machine)
        else:
            bird.start(machine)
