"""The groups and hosts of an Ansible inventory, and which variables hold for a host.

A variable of a deeper group goes before that of the groups around it, of groups of one depth the last in alphabetical
order wins, `group_vars/` go before variables in the inventory itself, and a host's own before all of them
(Ansible, "How variables are merged").
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecmpaudit.digits import number_in
from ecmpaudit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ALL, UNGROUPED = "all", "ungrouped"
_LARGEST_PRIORITY = 10**9
MOST_HOSTS = 200_000
"""Hosts of one inventory: a range such as `tor[1:999999999]` is a mistake."""
RANGE = re.compile(
    r"\[(?:(?P<first>[0-9]{0,9}):(?P<last>[0-9]{1,9})|(?P<a>[A-Za-z]):(?P<z>[A-Za-z]))(?::(?P<step>[1-9][0-9]{0,8}))?\]"
)


@dataclass(slots=True)
class Group:
    """What an inventory says of one group."""

    variables: dict[str, Any] = field(default_factory=dict)
    beside: dict[str, Any] = field(default_factory=dict)
    """Variables of `group_vars/`."""
    parents: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Groups:
    """An inventory while it is read."""

    source: str
    groups: dict[str, Group] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    """Where each host is first named, in the order of the inventory."""
    variables: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Of each host, its own."""
    memberships: dict[str, set[str]] = field(default_factory=dict)
    """The groups that name each host."""
    _merged: dict[frozenset[str], tuple[list[str], dict[str, Any]]] = field(default_factory=dict)

    def group(self, name: str) -> Group:
        """Return a group, a new one where there is none of the name."""
        return self.groups.setdefault(name, Group())

    def add_child(self, parent: str, child: str) -> None:
        """Put one group into another."""
        self.group(parent)
        self.group(child).parents.add(parent)

    def add_host(self, pattern: str, group: str, variables: Mapping[str, Any], place: str) -> None:
        """Put a host, or those of a range such as `tor[1:3]`, into a group."""
        self.group(group)
        for name in expanded(pattern, place):
            self.places.setdefault(name, place)
            self.variables.setdefault(name, {}).update(variables)
            self.memberships.setdefault(name, set()).add(group)
            if len(self.places) > MOST_HOSTS:
                raise ConfigurationError(f"{place}: more than {MOST_HOSTS:,} hosts; is the range right?")

    def of(self, host: str) -> tuple[list[str], dict[str, Any]]:
        """Return the groups of a host, from the outermost, and the variables that hold for it."""
        direct = frozenset(self.memberships[host])
        if direct not in self._merged:
            self._merged[direct] = self._of_groups(direct)
        names, variables = self._merged[direct]
        return names, variables | self.variables[host]

    def _of_groups(self, direct: frozenset[str]) -> tuple[list[str], dict[str, Any]]:
        depths: dict[str, int] = {ALL: 0}
        for name in direct:
            self._deepen(name, depths, ())
        ordered = sorted(depths, key=lambda name: (depths[name], self._priority(name), name))
        merged: dict[str, Any] = {}
        for name in ordered:
            merged |= self.group(name).variables
        for name in ordered:
            merged |= self.group(name).beside
        return [name for name in ordered if name not in {ALL, UNGROUPED}], merged

    def _deepen(self, name: str, depths: dict[str, int], below: tuple[str, ...]) -> int:
        """Return how many groups are around a group, and note it for each of them."""
        if name in below:
            raise ConfigurationError(f"{self.source}: group {name} is in itself: {' in '.join([*below, name])}")
        if name not in depths:
            around = [self._deepen(parent, depths, (*below, name)) for parent in sorted(self.group(name).parents)]
            depths[name] = 1 + max(around, default=0)
        return depths[name]

    def _priority(self, name: str) -> int:
        given = str(self.group(name).variables.get("ansible_group_priority", 1))
        number = number_in(given, _LARGEST_PRIORITY)
        return 1 if number is None else number


def expanded(pattern: str, place: str) -> Iterator[str]:
    """Yield the names of a pattern with ranges, `tor[01:03]` or `rack[a:c]-tor1`; a name without one is itself."""
    found = RANGE.search(pattern)
    if found is None:
        yield pattern
        return
    for part in _parts(found, place):
        for rest in expanded(pattern[found.end() :], place):
            yield f"{pattern[: found.start()]}{part}{rest}"


def _parts(found: re.Match[str], place: str) -> Iterator[str]:
    step = int(found["step"] or 1)
    if found["a"]:
        yield from (chr(code) for code in range(ord(found["a"]), ord(found["z"]) + 1, step))
        return
    first, last = found["first"] or "0", found["last"]
    if int(last) < int(first):
        raise ConfigurationError(f"{place}: the range {found[0]} ends before it begins")
    if int(last) - int(first) > MOST_HOSTS * step:
        raise ConfigurationError(f"{place}: more than {MOST_HOSTS:,} hosts; is the range right?")
    width = len(first) if len(first) > 1 and first.startswith("0") else 0
    yield from (f"{number:0{width}d}" for number in range(int(first), int(last) + 1, step))
