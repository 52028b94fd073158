"""FRR's prefix-lists, AS-path lists and route-maps, from its running configuration.

A line below a route-map that is none of those known here is kept as not evaluated: it may match or not.
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ecmpaudit.model.policies import (
    AsPathEntry,
    AsPathList,
    Policies,
    PrefixList,
    PrefixListEntry,
    ProtocolFilter,
    RouteMap,
    RouteMapEntry,
)
from ecmpaudit.parsing.facts.capture_facts import evidence, host_of, numbered
from ecmpaudit.parsing.outside_values import whole_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecmpaudit.model import Capture, Evidence

_LIST = re.compile(
    r"(?P<family>ip|ipv6) prefix-list (?P<name>\S+) (?:seq (?P<seq>[0-9]{1,10}) )?(?P<action>permit|deny) "
    r"(?P<prefix>[0-9A-Fa-f.:/]+|any)(?: ge (?P<ge>[0-9]{1,3}))?(?: le (?P<le>[0-9]{1,3}))?\s*"
)
_MAP = re.compile(r"route-map (?P<name>\S+) (?P<action>permit|deny) (?P<seq>[0-9]+)\s*")
_MATCH = re.compile(r" match (?P<family>ip|ipv6) address prefix-list (?P<name>\S+)\s*")
_MATCH_AS_PATH = re.compile(r" match as-path (?P<name>\S+)\s*")
_AS_PATH = re.compile(
    r"(?:bgp|ip) as-path access-list (?P<name>\S+) (?:seq [0-9]{1,20} )?(?P<action>permit|deny) (?P<pattern>\S.*?)\s*"
)
_PLAIN_PATTERN = re.compile(r"\^?[0-9_ .]*\*?\$?")
"""Numbers, `_` and one `*` at the end: what else a pattern may have is not evaluated."""
_BETWEEN_NUMBERS = r"(?:^|[,{}() ]|$)"
"""What `_` means in a pattern."""
_SET = re.compile(r" set (?P<name>local-preference|metric|as-path prepend) (?P<value>\S.*?)\s*")
_WITHOUT_EFFECT = re.compile(r" (?:description|set|exit)\b")
"""Lines that change neither whether an entry matches nor what it decides."""
_PROTOCOL = re.compile(r"(?P<family>ip|ipv6) protocol (?P<protocol>\S+) route-map (?P<name>\S+)\s*")
_FAMILIES = {"ip": 4, "ipv6": 6}
_LENGTHS = {4: 32, 6: 128}
_EVERYTHING = {4: "0.0.0.0/0", 6: "::/0"}
_MOST_ENTRIES = 4_294_967_295
_Entry = TypeVar("_Entry", PrefixListEntry, RouteMapEntry)
_Block: TypeAlias = "tuple[re.Match[str], Evidence, list[tuple[str, Evidence]]]"
"""The heading of one entry of a route-map, its place, and the lines below it with theirs."""


def policies_of(capture: Capture) -> Policies:
    """Return the filters of a configuration.

    Raises:
        ValueError: a prefix or a number in it cannot be.
    """
    lists: dict[tuple[int, str], list[PrefixListEntry]] = {}
    maps: dict[str, list[_Block]] = {}
    of_zebra: list[ProtocolFilter] = []
    of_paths: dict[str, list[AsPathEntry]] = {}
    below: list[tuple[str, Evidence]] | None = None
    for number, line in numbered(capture):
        place = evidence(capture, number, line)
        if below is not None and line.startswith(" "):
            below.append((line.rstrip("\r"), place))
            continue
        below = None
        if found := _MAP.fullmatch(line):
            below = []
            maps.setdefault(found["name"], []).append((found, place, below))
        elif found := _LIST.fullmatch(line):
            family = _FAMILIES[found["family"]]
            lists.setdefault((family, found["name"]), []).append(_list_entry(found, family, place))
        elif found := _PROTOCOL.fullmatch(line):
            of_zebra.append(ProtocolFilter(_FAMILIES[found["family"]], found["protocol"], found["name"], place))
        elif found := _AS_PATH.fullmatch(line):
            of_paths.setdefault(found["name"], []).append(_as_path_entry(found, place))
    return Policies(
        host_of(capture),
        tuple(PrefixList(family, name, _in_order(entries)) for (family, name), entries in lists.items()),
        tuple(RouteMap(name, _in_order(_entry(*block) for block in blocks)) for name, blocks in maps.items()),
        tuple(of_zebra),
        tuple(AsPathList(name, tuple(entries)) for name, entries in of_paths.items()),
    )


def _in_order(entries: Iterable[_Entry]) -> tuple[_Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.sequence))


def _list_entry(found: re.Match[str], family: int, place: Evidence) -> PrefixListEntry:
    is_any = found["prefix"] == "any"
    prefix = ip_network(_EVERYTHING[family] if is_any else found["prefix"], strict=False)
    longest = _LENGTHS[family]
    most = longest if is_any or found["ge"] else prefix.prefixlen
    return PrefixListEntry(
        sequence=whole_number(found["seq"] or "5", "seq", most=_MOST_ENTRIES),
        permits=found["action"] == "permit",
        prefix=prefix,
        least=whole_number(found["ge"], "ge", most=longest) if found["ge"] else prefix.prefixlen,
        most=whole_number(found["le"], "le", most=longest) if found["le"] else most,
        evidence=place,
    )


def _as_path_entry(found: re.Match[str], place: Evidence) -> AsPathEntry:
    text = found["pattern"]
    is_plain = _PLAIN_PATTERN.fullmatch(text) is not None
    pattern = re.compile(text.replace("_", _BETWEEN_NUMBERS)) if is_plain else None
    return AsPathEntry(found["action"] == "permit", pattern, place)


def _entry(found: re.Match[str], place: Evidence, lines: Iterable[tuple[str, Evidence]]) -> RouteMapEntry:
    lists: list[tuple[int, str]] = []
    of_paths: list[str] = []
    sets: list[tuple[str, str, Evidence]] = []
    not_evaluated: list[Evidence] = []
    for line, at in lines:
        if match := _MATCH.fullmatch(line):
            lists.append((_FAMILIES[match["family"]], match["name"]))
        elif match := _MATCH_AS_PATH.fullmatch(line):
            of_paths.append(match["name"])
        elif change := _SET.fullmatch(line):
            sets.append((change["name"], change["value"], at))
        elif not _WITHOUT_EFFECT.match(line):
            not_evaluated.append(at)
    return RouteMapEntry(
        sequence=whole_number(found["seq"], "the sequence of a route-map", most=_MOST_ENTRIES),
        permits=found["action"] == "permit",
        evidence=place,
        prefix_lists=tuple(lists),
        as_path_lists=tuple(of_paths),
        sets=tuple(sets),
        open_lines=tuple(not_evaluated),
    )
