"""The words of the field as data types: what was captured, what a route is, what is expected, what was found.

Rules read like speech because the words are here. Everything is frozen: a run's facts do not change while it
is judged. Next hops and nodes are kept sorted by address, so two equal sets always print alike.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

KNOWN_DEFAULT_CEILINGS = (16, 32, 64)
"""Ceilings that routing software ships with; a set of exactly this size may have been cut off by one."""


class Severity(enum.StrEnum):
    """How bad a finding is. `INCOMPLETE` is apart: it says that something could not be judged."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Capture:
    """What one router or node answered to one command, or why it did not."""

    router: str | None
    """Name of the router; None where a pasted text does not tell."""
    platform: str | None
    """Key of `parsers/<platform>/platform.toml`; None means: detect it from the text."""
    command: str | None
    """The command as it was asked or typed; None where a pasted text does not tell."""
    text: str
    source: str
    """Where the text is from, for messages: a file name, `-`, or `ssh tor1`."""
    first_line: int = 1
    """1-based number of the text's first line within the source."""
    failure: str | None = None
    """Why the answer is not complete (refused, timed out, cut off …); None when it is complete."""
    exit_status: int | None = None
    started: str | None = None
    """ISO 8601, UTC."""
    finished: str | None = None

    @property
    def is_complete(self) -> bool:
        """An answer is complete only if nothing is known to have gone wrong with it."""
        return self.failure is None


@dataclass(frozen=True, slots=True)
class UnparsedLine:
    """A line that no rule of the template understood."""

    router: str | None
    source: str
    line: int
    """1-based, in the source."""
    text: str
    reason: str
    """What is wrong with it, for example `the prefix is missing, as if the addresses were lost in copying`."""


@dataclass(frozen=True, slots=True)
class NextHop:
    """One next hop of one route."""

    address: str | None
    """Canonical text form; None when directly connected."""
    interface: str | None = None
    vrf: str = "default"
    weight: int | None = None
    is_installed: bool = True
    """This hop is in the FIB, as far as the output tells."""
    is_active: bool = True
    recursive_depth: int = 0
    """0 for a hop as the protocol gave it; 1 and more for what a recursive one resolved to."""
    marks: tuple[str, ...] = ()
    """What the output says of it: `inactive`, `queued`, `rejected`, `recursive`, `duplicate`, `backup`, `dead` …"""

    def __str__(self) -> str:
        if self.address is None:
            return f"directly connected, {self.interface}" if self.interface else "directly connected"
        if self.address.startswith("fe80:") and self.interface:
            return f"{self.address}%{self.interface}"
        return self.address

    @property
    def sort_key(self) -> tuple[int, int, str]:
        """Order next hops by family, then by address as a number, then by interface."""
        return (*address_key(self.address), self.interface or "")


@dataclass(frozen=True, slots=True)
class Route:
    """One route to one prefix from one protocol (for BIRD, from one protocol instance)."""

    prefix: str
    protocol: str
    """The field's word: `bgp`, `ospf`, `static`, `connected`, `kernel` … (or, from BIRD, the instance's name)."""
    next_hops: tuple[NextHop, ...]
    source: str | None = None
    """The instance that gave it: `node1` in BIRD, `ospf 10` in FRR."""
    distance: int | None = None
    metric: int | None = None
    is_selected: bool = False
    kind: str = "unicast"
    """`unicast`, `blackhole`, `unreachable` or `prohibit`."""
    line: int | None = None
    """1-based line of the route in its capture."""
    text_source: str | None = None
    """Where that line is: the capture's source."""

    @property
    def installed(self) -> tuple[NextHop, ...]:
        """The distinct next hops that traffic is spread over, sorted."""
        return distinct_next_hops(hop for hop in self.next_hops if hop.is_installed)

    def distance_to(self, other: Route) -> int:
        """How far the other route's distance is from this one's; BIRD prefers the higher, all others the lower."""
        return abs((self.distance or 0) - (other.distance or 0))

    @property
    def forwarding_candidates(self) -> tuple[NextHop, ...]:
        """The distinct usable next hops, installed or not: no recursive parents, duplicates or backups."""
        not_forwarding = {"recursive", "duplicate", "backup"}
        return distinct_next_hops(hop for hop in self.next_hops if not not_forwarding & set(hop.marks))


@dataclass(frozen=True, slots=True)
class Node:
    """A node that should carry traffic, known by name and by every address it may be a next hop with."""

    name: str
    addresses: frozenset[str]

    def __str__(self) -> str:
        if self.addresses <= {self.name}:
            return self.name
        return f"{self.name} ({', '.join(sorted(self.addresses, key=lambda a: (address_key(a), a)))})"

    def has(self, hop: NextHop) -> bool:
        """A next hop belongs to a node if it carries one of the node's addresses."""
        return hop.address in self.addresses

    def in_family_of(self, prefix: str) -> Node:
        """Return the node with only the addresses that can be shown as next hops of this prefix's family.

        IPv4 prefixes may have IPv6 next hops (RFC 8950), so this is for messages and never for matching.
        """
        wanted = [a for a in self.addresses if (":" in a) == (":" in prefix) and not a.startswith("fe80:")]
        return Node(self.name, frozenset(wanted)) if wanted else self


@dataclass(frozen=True, slots=True)
class Expectation:
    """Which next hops a prefix should have, and how we know."""

    source: str
    """For messages: `pool 172.31.0.0/16 of cluster prod`, `--expect 5`, `inferred from its sibling 172.31.1.1/32`."""
    count: int
    """How many next hops are expected."""
    nodes: tuple[Node, ...] = ()
    """The nodes themselves, sorted by name; empty when only the number is known."""
    is_inferred: bool = False


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most next hops that a router will install for one prefix."""

    value: int
    source: str
    """For messages: `--max-paths`, `ecmpaudit.yaml: routers.tor1.max_paths`, `maximum-paths in its configuration`."""


@dataclass(frozen=True)
class AuditedPrefix:
    """One prefix on one router, with all that a rule needs to judge it."""

    router: str
    vrf: str
    prefix: str
    routes: tuple[Route, ...]
    """Every route to exactly this prefix, in output order; empty when the router has none."""
    expectation: Expectation | None = None
    ceiling: Ceiling | None = None
    """The smallest of the router's known ceilings; None when none is known."""
    covering: Route | None = None
    """The longest less specific selected route; None when there is none, or the prefix has a route itself."""
    more_specific: tuple[Route, ...] = ()
    """Selected routes inside this prefix that are no audited prefixes themselves."""
    table_tells_candidates_only: bool = False
    """True for a BIRD table without the kernel's: its star marks the best route, not the installed set."""

    @cached_property
    def selected(self) -> Route | None:
        """The route that the router chose, if any."""
        return next((route for route in self.routes if route.is_selected), None)

    @cached_property
    def installed(self) -> tuple[NextHop, ...]:
        """The equal-cost set: distinct forwarding next hops in the FIB, sorted.

        Where the table tells candidates only, they count as installed, unless the ceiling of 1 says that
        multipath is off.
        """
        if self.table_tells_candidates_only and (self.ceiling is None or self.ceiling.value > 1):
            return self.candidates
        return distinct_next_hops(hop for route in self.routes if route.is_selected for hop in route.installed)

    @cached_property
    def candidates(self) -> tuple[NextHop, ...]:
        """The distinct next hops that were offered by the selected protocol, installed or not, sorted."""
        chosen = self.selected
        if chosen is None:
            return ()
        peers = [r for r in self.routes if self._is_peer_of(r, chosen)]
        return distinct_next_hops(hop for route in peers for hop in route.forwarding_candidates)

    def _is_peer_of(self, route: Route, chosen: Route) -> bool:
        """BIRD lists one route per source: those of equal preference and kind stand beside the chosen one."""
        if route is chosen:
            return True
        return (
            self.table_tells_candidates_only
            and route.kind == "unicast"
            and (route.distance, route.metric) == (chosen.distance, chosen.metric)
        )

    @cached_property
    def expected(self) -> int | None:
        """How many next hops are expected; None when nothing is known."""
        return self.expectation.count if self.expectation else None

    @cached_property
    def shortfall(self) -> int:
        """How many next hops are wanting; 0 when enough are installed or nothing is expected."""
        return max(0, (self.expected or 0) - len(self.installed))

    @cached_property
    def missing(self) -> tuple[Node, ...]:
        """The expected nodes that are no installed next hop, sorted by name.

        Empty while a next hop is unidentified: it may be any of the absent nodes, so none can be named.
        """
        if self.expectation is None or self.unidentified:
            return ()
        return tuple(n for n in self.expectation.nodes if not any(n.has(hop) for hop in self.installed))

    @cached_property
    def unidentified(self) -> tuple[NextHop, ...]:
        """Installed next hops that cannot be told to be an expected node's or not.

        That is a hop of no known node, while a node that matches no hop has no address of this kind (IPv4, IPv6
        or link-local) in its list: it may be this one.
        """
        absent = [n for n in self._expected_nodes if not any(n.has(hop) for hop in self.installed)]
        return tuple(
            hop
            for hop in self._installed_beyond_the_nodes
            if hop.address is not None and any(_kind(hop.address) not in map(_kind, n.addresses) for n in absent)
        )

    @cached_property
    def unexpected(self) -> tuple[NextHop, ...]:
        """Installed next hops that belong to no expected node; empty when only a number is expected."""
        return tuple(hop for hop in self._installed_beyond_the_nodes if hop not in self.unidentified)

    @cached_property
    def _installed_beyond_the_nodes(self) -> tuple[NextHop, ...]:
        nodes = self._expected_nodes
        return tuple(hop for hop in self.installed if nodes and not any(n.has(hop) for n in nodes))

    @property
    def _expected_nodes(self) -> tuple[Node, ...]:
        return self.expectation.nodes if self.expectation else ()

    @cached_property
    def not_in_fib(self) -> tuple[NextHop, ...]:
        """Next hops of the selected route that should forward and are not in the FIB.

        FRR before 10 marks a duplicate only by leaving the star off: the same next hop is installed elsewhere.
        """
        if self.selected is None or self.table_tells_candidates_only:
            return ()
        in_fib = {(hop.address, hop.interface) for hop in self.installed}
        offered = self.selected.forwarding_candidates
        return tuple(h for h in offered if not h.is_installed and (h.address, h.interface) not in in_fib)

    @cached_property
    def fallbacks(self) -> tuple[Route, ...]:
        """Routes of other protocols that stand behind the selected one, nearest first.

        BIRD has one route for each source, so routes of one distance are one fallback; those of the selected
        route's own distance are its rivals, whatever its plain table calls them.
        """
        chosen = self.selected
        if chosen is None or self.table_tells_candidates_only:
            return ()
        behind: dict[int | None, list[Route]] = {}
        for route in self.routes:
            if not route.is_selected and route.protocol != chosen.protocol and route.distance != chosen.distance:
                behind.setdefault(route.distance, []).append(route)
        together = [replace(of[0], next_hops=tuple(h for r in of for h in r.next_hops)) for of in behind.values()]
        return tuple(sorted(together, key=chosen.distance_to))


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line of output that a finding rests on."""

    source: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, said in one sentence: place, fact, expected."""

    code: str
    severity: Severity
    message: str
    router: str | None = None
    vrf: str | None = None
    prefix: str | None = None
    expected: int | None = None
    actual: int | None = None
    missing: tuple[Node, ...] = ()
    unexpected: tuple[NextHop, ...] = ()
    is_inferred: bool = False
    """The expectation behind it was inferred, not given."""
    cause: str | None = None
    evidence: tuple[Evidence, ...] = ()
    hint: str | None = None
    """What to do next."""


@dataclass(frozen=True, slots=True)
class RouterState:
    """How far one router could be looked at."""

    name: str
    failure: str | None = None
    """Why it was not, or not completely, checked; None when it was."""
    has_data: bool = True
    """False when nothing at all came back."""
    lines_understood: int = 0
    unparsed: tuple[UnparsedLine, ...] = ()
    next_hops: int = 0
    """Next hops in all its route tables."""
    routes: int = 0
    tells_candidates_only: bool = False
    """Only candidates are known: what is installed depends on a setting that the table does not show (BIRD)."""


@dataclass(frozen=True, slots=True)
class Network:
    """All that one run knows: the routers that were looked at, and the prefixes to judge."""

    routers: tuple[RouterState, ...] = ()
    prefixes: tuple[AuditedPrefix, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences that are no findings, for example that OSPF stands behind BGP with the same set."""
    unanswered: tuple[str, ...] = field(default=())
    """What was asked for and could not be audited at all, for example a pool with no prefix on any router."""


@dataclass(frozen=True, slots=True)
class Audit:
    """The outcome of one run: the same for the terminal, the library and cron."""

    network: Network
    findings: tuple[Finding, ...] = ()
    """Sorted by code, router, prefix; completeness (0xx) first."""
    started: str | None = None
    """ISO 8601, UTC; when the oldest capture was taken, None where unknown."""

    @property
    def is_incomplete(self) -> bool:
        """Something could not be asked, read or understood: no data is never a pass."""
        states = self.network.routers
        return (
            any(finding.severity is Severity.INCOMPLETE for finding in self.findings)
            or any(state.failure or state.unparsed or not state.has_data for state in states)
            or bool(self.network.unanswered)
        )

    @property
    def clean_prefixes(self) -> tuple[AuditedPrefix, ...]:
        """The audited prefixes without any finding of their own."""
        blamed = {(f.router, f.vrf, f.prefix) for f in self.findings if f.prefix is not None}
        return tuple(p for p in self.network.prefixes if (p.router, p.vrf, p.prefix) not in blamed)


def _kind(address: str) -> str:
    if ":" not in address:
        return "IPv4"
    return "link-local" if address.startswith("fe80:") else "IPv6"


def distinct_next_hops(hops: Iterable[NextHop]) -> tuple[NextHop, ...]:
    """Return each `(address, interface, vrf)` once, sorted; the first of several wins."""
    by_identity: dict[tuple[str | None, str | None, str], NextHop] = {}
    for hop in hops:
        by_identity.setdefault((hop.address, hop.interface, hop.vrf), hop)
    return tuple(sorted(by_identity.values(), key=lambda hop: hop.sort_key))


def address_key(address: str | None) -> tuple[int, int]:
    """Sort key of an address: family, then its value as a number; None first."""
    if address is None:
        return (0, 0)
    parsed = ip_address(address.partition("%")[0])
    return (parsed.version, int(parsed))


def prefix_key(prefix: str) -> tuple[int, int, int]:
    """Sort key of a prefix: family, network address as a number, length."""
    network: IPv4Network | IPv6Network = ip_network(prefix, strict=False)
    return (network.version, int(network.network_address), network.prefixlen)
