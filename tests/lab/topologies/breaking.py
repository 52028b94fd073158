"""Ways to break a topology that any of them may need; each leads back at its end."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.lab import bird, frr, namespaces
from tests.lab.processes import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.lab.scanned import ScannedTopology

FAMILIES = ("ipv4", "ipv6")


@contextmanager
def interface_down(lab: ScannedTopology, host: str, interface: str) -> Iterator[None]:
    """Hold an interface of a host down; it keeps its IPv6 addresses."""
    space = lab.machines[host].namespace
    lab.run_in(host, ["sysctl", "-q", "-w", f"net.ipv6.conf.{interface}.keep_addr_on_down=1"])
    namespaces.ip(space, "link", "set", interface, "down")
    try:
        yield
    finally:
        namespaces.ip(space, "link", "set", interface, "up")


@contextmanager
def configured(lab: ScannedTopology, host: str, lines: Sequence[str], back: Sequence[str]) -> Iterator[None]:
    """Hold lines of configuration in a host's FRR; `back` are those that undo them."""
    try:
        frr.configure(lab.machines[host], *lines)
        yield
    finally:
        frr.configure(lab.machines[host], *back)


@contextmanager
def replaced(lab: ScannedTopology, host: str, *changes: tuple[str, str]) -> Iterator[None]:
    """Hold a text of a host's BIRD configuration replaced by another; raises LabError where it has no such text."""
    machine = lab.machines[host]
    plain = changed = bird.configuration(machine)
    for old, new in changes:
        if old not in changed:
            raise LabError(f"{host}: no {old!r} in the configuration of BIRD")
        changed = changed.replace(old, new)
    try:
        bird.configure(machine, changed)
        yield
    finally:
        bird.configure(machine, plain)


@contextmanager
def daemons_stopped(lab: ScannedTopology, host: str) -> Iterator[None]:
    """Hold all routing daemons of a host stopped."""
    machine = lab.machines[host]
    daemon = frr if machine.host.daemon == "frr" else bird
    daemon.stop(machine)
    try:
        yield
    finally:
        daemon.start(machine)


@contextmanager
def one_stopped(lab: ScannedTopology, host: str, daemon: str) -> Iterator[None]:
    """Hold one daemon of a host's FRR stopped; all start again, since the others do not find a new zebra."""
    machine = lab.machines[host]
    frr.stop_one(machine, daemon)
    try:
        yield
    finally:
        frr.stop(machine)
        frr.start(machine)


def in_families(lines: Sequence[str]) -> list[str]:
    """Return one line for each of the two families, each within its family."""
    return [
        line
        for family, own in zip(FAMILIES, lines, strict=True)
        for line in (f"address-family {family} unicast", own, "exit-address-family")
    ]
