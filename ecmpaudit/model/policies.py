"""The filters of a router's configuration, and what they do to one prefix, as far as they are plain.

Semantics are those of FRR: entries are tried by sequence and the first that matches decides; what no entry matches is
denied; a prefix-list or route-map that is named and not defined denies everything, an empty prefix-list nothing.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from ecmpaudit.cached import cached_property

if TYPE_CHECKING:
    import re

    from ecmpaudit.model.captures import Evidence

Network: TypeAlias = "IPv4Network | IPv6Network"


@dataclass(frozen=True, slots=True)
class PrefixListEntry:
    """`seq 10 permit 198.51.100.0/24 le 32`."""

    sequence: int
    permits: bool
    prefix: Network
    least: int
    """The shortest length of a prefix that it matches."""
    most: int
    evidence: Evidence

    def matches(self, prefix: Network) -> bool:
        """Return whether the entry is about a prefix."""
        if prefix.version != self.prefix.version or not self.least <= prefix.prefixlen <= self.most:
            return False
        return prefix.prefixlen >= self.prefix.prefixlen and prefix.network_address in self.prefix


@dataclass(frozen=True, slots=True)
class RouteMapEntry:
    """One `route-map NAME permit|deny SEQUENCE` with the lines below it."""

    sequence: int
    permits: bool
    evidence: Evidence
    prefix_lists: tuple[tuple[int, str], ...] = ()
    """Family (4, 6) and name of each prefix-list that has to match."""
    as_path_lists: tuple[str, ...] = ()
    """Names of the AS-path lists that have to match."""
    sets: tuple[tuple[str, str, Evidence], ...] = ()
    """What it sets: `local-preference`, `metric` or `as-path prepend`, the value, and the line."""
    open_lines: tuple[Evidence, ...] = ()
    """Lines that are not evaluated: other matches, `call`, `on-match`."""


@dataclass(frozen=True, slots=True)
class PrefixList:
    """A prefix-list of one family."""

    family: int
    name: str
    entries: tuple[PrefixListEntry, ...]
    """By sequence."""


@dataclass(frozen=True, slots=True)
class RouteMap:
    """A route-map."""

    name: str
    entries: tuple[RouteMapEntry, ...]
    """By sequence."""


@dataclass(frozen=True, slots=True)
class AsPathEntry:
    """`bgp as-path access-list NAME seq 5 permit ^64512$`."""

    permits: bool
    pattern: re.Pattern[str] | None
    """None where it is no plain pattern, which is not evaluated."""
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class AsPathList:
    """An AS-path list."""

    name: str
    entries: tuple[AsPathEntry, ...]
    """In the order of the configuration, which is that of their sequence."""


class Decision(enum.Enum):
    """What a filter does to a prefix."""

    PERMITTED = enum.auto()
    DENIED = enum.auto()
    NOT_EVALUATED = enum.auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a filter does to a prefix, by which entry."""

    decision: Decision
    filter: str = ""
    """`prefix-list LB-IN seq 20`, `route-map X deny 10`; without an entry where none decides."""
    evidence: tuple[Evidence, ...] = ()
    sets: tuple[tuple[str, str, Evidence], ...] = ()
    """What the entry that permits it sets."""
    why: str = ""
    """Why it is denied where no entry decides."""


_IPV4 = 4
_NOT_DEFINED = "it is not defined"
_NO_MATCH = "no entry matches"
_PERMITTED = Verdict(Decision.PERMITTED)


@dataclass(frozen=True, slots=True)
class ProtocolFilter:
    """`ip protocol bgp route-map NAME`: what zebra takes from a protocol."""

    family: int
    protocol: str
    """`bgp`, `ospf` …, or `any`."""
    route_map: str
    evidence: Evidence

    @property
    def command(self) -> str:
        """The command that sets it."""
        return "ip protocol" if self.family == _IPV4 else "ipv6 protocol"


@dataclass(frozen=True)
class Policies:
    """All filters of one host whose configuration was read completely."""

    host: str
    prefix_lists: tuple[PrefixList, ...] = ()
    route_maps: tuple[RouteMap, ...] = ()
    protocol_filters: tuple[ProtocolFilter, ...] = ()
    as_path_lists: tuple[AsPathList, ...] = ()

    @cached_property
    def _lists(self) -> dict[tuple[int, str], PrefixList]:
        return {(known.family, known.name): known for known in self.prefix_lists}

    @cached_property
    def _maps(self) -> dict[str, RouteMap]:
        return {known.name: known for known in self.route_maps}

    @cached_property
    def _as_path_lists(self) -> dict[str, AsPathList]:
        return {known.name: known for known in self.as_path_lists}

    def by_as_path_list(self, name: str, as_path: str | None) -> Verdict:
        """Return what an AS-path list does to a path; not evaluated where its AS path is not known."""
        known = self._as_path_lists.get(name)
        if known is None:
            return Verdict(Decision.DENIED, f"filter-list {name}", why=_NOT_DEFINED)
        for entry in known.entries:
            if as_path is None or entry.pattern is None:
                return Verdict(Decision.NOT_EVALUATED, f"filter-list {name}", (entry.evidence,))
            if entry.pattern.search(as_path):
                decision = Decision.PERMITTED if entry.permits else Decision.DENIED
                return Verdict(decision, f"filter-list {name}", (entry.evidence,), why=f"its AS path is {as_path}")
        lines = tuple(entry.evidence for entry in known.entries)
        return Verdict(Decision.DENIED, f"filter-list {name}", lines, why=_NO_MATCH)

    def by_prefix_list(self, name: str, prefix: str) -> Verdict:
        """Return what a prefix-list does to a prefix."""
        network = ip_network(prefix)
        known = self._lists.get((network.version, name))
        if known is None:
            return Verdict(Decision.DENIED, f"prefix-list {name}", why=_NOT_DEFINED)
        entry = next((entry for entry in known.entries if entry.matches(network)), None)
        if entry is None:
            lines = tuple(entry.evidence for entry in known.entries)
            return Verdict(Decision.DENIED, f"prefix-list {name}", lines, why=_NO_MATCH)
        decision = Decision.PERMITTED if entry.permits else Decision.DENIED
        return Verdict(decision, f"prefix-list {name} seq {entry.sequence}", (entry.evidence,))

    def by_route_map(self, name: str, prefix: str, as_path: str | None = None) -> Verdict:
        """Return what a route-map does to a prefix; entries about the AS path need the AS path."""
        known = self._maps.get(name)
        if known is None:
            return Verdict(Decision.DENIED, f"route-map {name}", why=_NOT_DEFINED)
        for entry in known.entries:
            if not all(self._is_permitted(family, listed, prefix) for family, listed in entry.prefix_lists):
                continue
            of_paths = [self.by_as_path_list(listed, as_path) for listed in entry.as_path_lists]
            if any(verdict.decision is Decision.DENIED for verdict in of_paths):
                continue
            not_evaluated = [v.evidence for v in of_paths if v.decision is Decision.NOT_EVALUATED]
            if entry.open_lines or not_evaluated:
                lines = (*entry.open_lines, *chain(*not_evaluated))
                return Verdict(Decision.NOT_EVALUATED, f"route-map {name} seq {entry.sequence}", lines)
            decision = Decision.PERMITTED if entry.permits else Decision.DENIED
            words = f"route-map {name} {'permit' if entry.permits else 'deny'} {entry.sequence}"
            return Verdict(decision, words, (entry.evidence,), entry.sets)
        lines = tuple(entry.evidence for entry in known.entries)
        return Verdict(Decision.DENIED, f"route-map {name}", lines, why=_NO_MATCH)

    def by_zebra(self, protocol: str, prefix: str) -> Verdict:
        """Return what zebra does to a protocol's route: where it is denied, none of its next hops is active."""
        family = ip_network(prefix).version
        for known in self.protocol_filters:
            if known.family == family and known.protocol in {protocol, "any"}:
                verdict = self.by_route_map(known.route_map, prefix)
                decided_by = f"{verdict.filter} of `{known.command}`"
                return replace(verdict, filter=decided_by, evidence=(known.evidence, *verdict.evidence))
        return _PERMITTED

    def _is_permitted(self, family: int, name: str, prefix: str) -> bool:
        network = ip_network(prefix)
        if network.version != family or (family, name) not in self._lists:
            return False
        return self.by_prefix_list(name, prefix).decision is Decision.PERMITTED
