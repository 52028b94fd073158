"""How a state shows: a question to a daemon or a kernel, and what the answer has in it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab.plan import family

if TYPE_CHECKING:
    from tests.lab.scanned import ScannedTopology


@dataclass(frozen=True, slots=True)
class Shown:
    """What a daemon or the kernel of a host answers while a state holds."""

    host: str
    question: str
    """Of the host's routing daemon, if it starts with `show`; else a command."""
    pattern: str
    """A regular expression, `^` and `$` at lines."""
    times: int | None = None
    """How often it matches within the answer; None for at least once."""

    def deviation(self, lab: ScannedTopology) -> str | None:
        """Return what the host answers otherwise, in one sentence; None if it answers as it should."""
        found = len(re.findall(self.pattern, self._answer(lab), re.MULTILINE))
        if found == self.times or (found and self.times is None):
            return None
        expected = "some" if self.times is None else self.times
        return f"{self.host}: `{self.question}`: {found} times {self.pattern}, expected {expected}"

    def _answer(self, lab: ScannedTopology) -> str:
        if not self.question.startswith("show "):
            return lab.run_in(self.host, shlex.split(self.question))
        ask = lab.vtysh if lab.machines[self.host].host.daemon == "frr" else lab.birdc
        return ask(self.host, self.question)


def sessions_with(router: str, peers: tuple[str, str], pattern: str) -> tuple[Shown, ...]:
    """Return what a router says of its sessions with a node, `{peer}` in the pattern is the node."""
    return tuple(Shown(router, "show bgp summary", pattern.format(peer=peer)) for peer in peers)


def bgp(prefixes: tuple[str, ...], pattern: str, routers: tuple[str, ...] = ("tor1",)) -> tuple[Shown, ...]:
    """Return what the BGP of routers says of its paths to prefixes."""
    return tuple(
        Shown(router, f"show bgp ipv{family(prefix)} unicast {prefix}", pattern)
        for router in routers
        for prefix in prefixes
    )


def in_kernel(router: str, prefix: str, count: int) -> Shown:
    """Return how many next hops a router's kernel has for a prefix."""
    return Shown(router, f"ip -{family(prefix)} route show {prefix}", r"\bvia\b", count)


def in_rib(router: str, prefix: str, count: int) -> Shown:
    """Return how many next hops FRR believes to be in the FIB for a prefix."""
    return Shown(router, _route_to(prefix), r"^  \* .* via ", count)


def offered(router: str, prefix: str, count: int) -> Shown:
    """Return how many next hops all protocols together have for a prefix."""
    return Shown(router, _route_to(prefix), ", via ", count)


def chosen(router: str, prefix: str, protocol: str) -> Shown:
    """Return the protocol whose route to a prefix FRR has selected."""
    return Shown(router, _route_to(prefix), f'^  Known via "{protocol}", .* best$')


def _route_to(prefix: str) -> str:
    return f"show {'ip' if family(prefix) == 4 else 'ipv6'} route {prefix}"


def left_out(attribute: str) -> str:
    """Return the pattern of a path with this attribute that is no part of the set."""
    return rf"{attribute}, valid, external(?!.*(multipath|best))"
