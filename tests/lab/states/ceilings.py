"""Routers that can hold fewer next hops than there are nodes."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.lab import bird, frr, namespaces, sshd
from tests.lab.plan import NODES, ROUTER_AS, Host, Machine
from tests.lab.states.sessions import add_neighbor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.laboratory import Lab

BIRD_ROUTER = Host("rx1", "172.30.250.3", "fd00:30:250::3", "bird")


@contextmanager
def zebra_limited(lab: Lab, router: str, maximum: int) -> Iterator[None]:
    """Hold a router whose zebra was started with a maximum of next hops (`-e`)."""
    machine = lab.machines[router]
    try:
        frr.stop(machine)
        frr.start(machine, "-e", str(maximum))
        yield
    finally:
        frr.stop(machine)
        frr.start(machine)


@contextmanager
def bird_router(lab: Lab, *, merge_paths: bool) -> Iterator[None]:
    """Hold one more router, rx1, that runs BIRD and has BGP sessions to all nodes."""
    machine = Machine(BIRD_ROUTER, f"{lab.prefix}-{BIRD_ROUTER.name}", lab.folder / BIRD_ROUTER.name)
    with ExitStack() as undo:
        _add_machine(lab, machine, undo)
        bird.start(machine, bird.router_configuration(machine, merge_paths=merge_paths))
        for node in (lab.machines[host.name] for host in NODES):
            _add_sessions(lab, node, undo)
        yield


def _add_machine(lab: Lab, machine: Machine, undo: ExitStack) -> None:
    """Add a host with its sshd to the running lab."""
    lab.machines[machine.host.name] = machine
    undo.callback(lab.machines.pop, machine.host.name)
    machine.folder.mkdir()
    undo.callback(shutil.rmtree, machine.folder)
    namespaces.add_namespace(machine.namespace)
    undo.callback(namespaces.remove, machine.namespace)
    namespaces.attach(machine.host, machine.namespace, lab.fabric)
    sshd.start(machine)
    known = lab.known_hosts.read_text(encoding="ascii")
    undo.callback(lab.known_hosts.write_text, known, encoding="ascii")
    lab.known_hosts.write_text(known + sshd.known_hosts_lines(machine), encoding="ascii")


def _add_sessions(lab: Lab, node: Machine, undo: ExitStack) -> None:
    """Let a node peer with the router."""
    if node.host.daemon == "bird":
        plain = bird.node_configuration(node)
        undo.callback(bird.configure, node, plain)
        bird.configure(node, plain + bird.sessions_to(node, BIRD_ROUTER))
    else:
        undo.callback(frr.configure_bgp, node, *(f"no neighbor {address}" for address in BIRD_ROUTER.addresses))
        add_neighbor(lab, node.host.name, BIRD_ROUTER.name, ROUTER_AS)
