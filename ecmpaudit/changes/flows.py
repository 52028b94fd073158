"""One flow after the other: the question that a Linux kernel is asked about each, and the way that its answers make.

`ip route get` looks a flow up as if it had come in by an interface, ports included, and takes the next hop that a
forwarded packet would take. The interface is that of the route back to the source, so that no reverse-path filter
refuses the question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from ecmpaudit.digits import number_in
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model.addressing import family_of, is_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROTOCOLS = ("tcp", "udp")
_MOST_PORT = 65535
_INTERFACE = re.compile(r"[\w.@:-]{1,15}")
_VIA = re.compile(r"\svia\s+(?:inet6\s+)?(\S+)")
_DEV = re.compile(r"\sdev\s+(\S+)")
_NOT_FORWARDED = ("blackhole", "unreachable", "prohibit", "throw")


@dataclass(frozen=True, slots=True)
class Flow:
    """The packets of one connection in one direction."""

    source: str
    source_port: int | None
    destination: str
    port: int
    protocol: str = "tcp"

    def __str__(self) -> str:
        return f"{_joined(self.source, self.source_port)} to {_joined(self.destination, self.port)}/{self.protocol}"

    @property
    def family(self) -> int:
        """4 or 6."""
        return family_of(self.destination)

    def question(self, interface: str) -> str:
        """Return what `ip` is asked after its own name.

        Raises:
            ConfigurationError: the interface is no name of one.
        """
        if not _INTERFACE.fullmatch(interface):
            raise ConfigurationError(f"{interface!r}: no name of an interface")
        sport = f" sport {self.source_port}" if self.source_port is not None else ""
        of_flow = f"ipproto {self.protocol}{sport} dport {self.port}"
        return f"route get {self.destination} from {self.source} iif {interface} {of_flow}"


@dataclass(frozen=True, slots=True)
class Taken:
    """Where a router sends a flow."""

    address: str | None = None
    """The next hop; None where the destination is on the link, or on the router itself."""
    interface: str | None = None
    is_local: bool = False
    """The router itself has the address."""
    problem: str | None = None
    """Why it goes nowhere."""


@dataclass(frozen=True, slots=True)
class Step:
    """One router on the way of a flow."""

    router: str
    taken: Taken
    owner: str | None
    """Whose the next hop is: a node or a router; None where it is unknown."""


@dataclass(frozen=True, slots=True)
class Way:
    """The way of one flow from one router on."""

    steps: tuple[Step, ...]
    node: str | None
    """Where it ends; None where that is not known."""
    problem: str | None = None


def parse_flow(source: str, destination: str) -> Flow:
    """Return the flow of `SRC[:PORT]` and `VIP:PORT[/tcp|udp]`; an IPv6 address with a port is in brackets.

    Raises:
        ConfigurationError: one of them has another form, or they are of different families.
    """
    target, _, protocol = destination.partition("/")
    protocol = protocol or PROTOCOLS[0]
    if protocol not in PROTOCOLS:
        raise ConfigurationError(f"{destination}: expected /tcp or /udp at its end, found /{protocol}")
    address, source_port = _endpoint(source)
    vip, port = _endpoint(target)
    if port is None:
        raise ConfigurationError(f"{destination}: expected VIP:PORT, for example 198.51.100.7:443 or [2001:db8::7]:443")
    if family_of(address) != family_of(vip):
        raise ConfigurationError(f"{source} and {destination} are of different families")
    return Flow(address, source_port, vip, port, protocol)


def _endpoint(text: str) -> tuple[str, int | None]:
    inner, bracket, rest = text.removeprefix("[").partition("]")
    if text.startswith("[") and bracket:
        address, port = inner, rest.removeprefix(":") if rest.startswith(":") else rest or None
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    else:
        address, port = text, None
    if not is_address(address) or "%" in address:
        raise ConfigurationError(
            f"{text}: expected an address, alone or with a port; IPv6 with a port as [ADDRESS]:PORT"
        )
    if port is None:
        return str(ip_address(address)), None
    number = number_in(port, _MOST_PORT)
    if not number:
        raise ConfigurationError(f"{text}: expected a port from 1 to {_MOST_PORT}, found {port!r}")
    return str(ip_address(address)), number


def _joined(address: str, port: int | None) -> str:
    if port is None:
        return address
    return f"[{address}]:{port}" if isinstance(ip_address(address), IPv6Address) else f"{address}:{port}"


def taken_of(line: str) -> Taken:
    """Return where a kernel sends a flow, by one line of `ip -o route get`."""
    words = line.split()
    if not words or words[0] in _NOT_FORWARDED:
        return Taken(problem=f"{words[0]} route" if words else "no answer")
    via, dev = _VIA.search(line), _DEV.search(line)
    if words[0] == "local":
        return Taken(interface=dev[1] if dev else None, is_local=True)
    return Taken(via[1] if via else None, dev[1] if dev else None)


def way_of(
    flow: Flow, start: str, taken: Mapping[str, Taken], owners: Mapping[str, str], routers: Sequence[str]
) -> Way:
    """Return the way of a flow from a router on; `taken` has the answer of each router that was asked."""
    steps: list[Step] = []
    router = start
    while True:
        answer = taken.get(router)
        if answer is None:
            return Way(tuple(steps), None, f"{router} was not asked")
        if answer.problem:
            return Way((*steps, Step(router, answer, None)), None, f"{router}: {answer.problem}")
        if answer.is_local:
            return Way((*steps, Step(router, answer, router)), router)
        hop = answer.address or flow.destination
        owner = owners.get(hop)
        steps.append(Step(router, answer, owner))
        if owner is None:
            return Way(tuple(steps), None, f"the owner of {hop} is unknown; add it under `nodes` or `routers`")
        if owner not in routers:
            return Way(tuple(steps), owner)
        if any(step.router == owner for step in steps):
            return Way(tuple(steps), None, f"a loop: {owner} had the flow before")
        router = owner


def first_routers(taken: Mapping[str, Taken], owners: Mapping[str, str]) -> list[str]:
    """Return the routers to which no other one sends the flow: there it comes in."""
    later = {owners.get(answer.address or "") for answer in taken.values()}
    return [router for router in taken if router not in later] or list(taken)
