"""The kernel asked which next hop each of many flows takes, before and after a change of a set (`ip route get`).

One network namespace holds one route of each family, whose next hops need not exist: the kernel looks the flow up as if
it had come in by an interface, and sends nothing. All questions about sets of one size are one `ip -batch`.

Two things are compared with the model. The shares of flows that move, which differ by chance as well. And each answer:
for a flow there has to be one value of the hash that explains every answer that the kernel gave about it.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import islice
from typing import TYPE_CHECKING

from ecmpaudit.changes.bounds import bounds
from ecmpaudit.changes.buckets import migrated
from ecmpaudit.changes.spreading import Member, Members, Model, movement
from tests.lab import namespaces
from tests.lab.processes import LabError, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PREFIX = {4: "198.51.100.7", 6: "2001:db8:100::7"}
KINDS = ("route", "group", "resilient")
CHANGES = ("lose", "add", "replace")
BUCKETS = 128
FLOWS_FOR_BUCKETS = 2000
"""So many that each bucket of a resilient group is in use: the kernel moves buckets that nothing has used at once."""
_FIRST_HOP = {4: "192.0.2.1", 6: "2001:db8::1"}
_FIRST_SOURCE = {4: "10.0.0.1", 6: "2001:db8:2::1"}
_INTERFACES = (("in0", "10.255.255.254/8", "2001:db8:2::ffff:ffff/64"), ("out0", "192.0.2.254/24", "2001:db8::ffff/64"))
_LARGEST = 65
"""Next hops: of the largest set, and one that comes."""
_EXTRA = {"group": "", "resilient": f"type resilient buckets {BUCKETS}"}
_GROUP = 100_000
"""Ids of groups are beyond it."""
_PATIENCE = 300
"""Seconds that one batch may take."""
_VALUES = 1 << 31
_VIA = re.compile(r" via (\S+)")


@dataclass(frozen=True, slots=True)
class Cell:
    """One change of one set."""

    change: str
    before: Members
    after: Members


@dataclass
class Explained:
    """What is known of the hash of each flow: from which value on, and up to which, or the buckets that it may have."""

    first: list[int]
    end: list[int]
    buckets: list[int]
    """A bit for each bucket."""

    @classmethod
    def of(cls, flows: int) -> Explained:
        """Return that nothing is known."""
        return cls([0] * flows, [_VALUES] * flows, [(1 << BUCKETS) - 1] * flows)

    @property
    def flows(self) -> int:
        """How many flows there are."""
        return len(self.first)

    @property
    def unexplained(self) -> int:
        """How many flows no value of the hash explains."""
        known = zip(self.first, self.end, self.buckets, strict=True)
        return sum(first >= end or not buckets for first, end, buckets in known)

    def narrow(self, kind: str, cell: Cell, before: Sequence[str], after: Sequence[str]) -> None:
        """Take the answers of one cell."""
        if kind == "resilient":
            full = migrated((None,) * BUCKETS, [(m.hop, m.weight) for m in cell.before])
            self._narrow_buckets(full, before)
            self._narrow_buckets(migrated(full, [(m.hop, m.weight) for m in cell.after]), after)
        else:
            self._narrow_hash(cell.before, before)
            self._narrow_hash(cell.after, after)

    def _narrow_hash(self, members: Members, answers: Sequence[str]) -> None:
        ends = bounds(_VALUES, [member.weight for member in members])
        parts = {m.hop: part for m, part in zip(members, zip([0, *ends], ends, strict=False), strict=True)}
        for flow, hop in enumerate(answers):
            first, end = parts[hop]
            self.first[flow], self.end[flow] = max(self.first[flow], first), min(self.end[flow], end)

    def _narrow_buckets(self, table: Sequence[str | None], answers: Sequence[str]) -> None:
        of_hop: Counter[str | None] = Counter()
        for number, hop in enumerate(table):
            of_hop[hop] |= 1 << number
        for flow, hop in enumerate(answers):
            self.buckets[flow] &= of_hop[hop]


@dataclass
class Difference:
    """How far the model and the kernel are apart, in percentage points, over some cells."""

    cells: int = 0
    moved: float = 0.0
    innocent: float = 0.0

    def with_more(self, other: Difference) -> Difference:
        """Return both together."""
        largest = max(self.moved, other.moved), max(self.innocent, other.innocent)
        return Difference(self.cells + other.cells, *largest)

    def take(self, cell: Cell, before: Sequence[str], after: Sequence[str], kind: str) -> None:
        """Compare one cell."""
        model = Model.RESILIENT if kind == "resilient" else Model.HASH_THRESHOLD
        expected = movement(cell.before, cell.after, model, BUCKETS if kind == "resilient" else None)
        staying = {member.hop for member in cell.before} & {member.hop for member in cell.after}
        pairs = list(zip(before, after, strict=True))
        of_staying = [(old, new) for old, new in pairs if old in staying]
        moved = sum(old != new for old, new in pairs) / len(pairs)
        innocent = sum(old != new and new in staying for old, new in of_staying) / max(1, len(of_staying))
        self.cells += 1
        self.moved = max(self.moved, abs(moved - float(expected.moved)) * 100)
        self.innocent = max(self.innocent, abs(innocent - float(expected.innocent)) * 100)


@dataclass
class Kernel:
    """The kernel of one namespace."""

    namespace: str
    groups: int = field(default=_GROUP)
    """The id of the last group that was made."""

    def ask(self, lines: Sequence[str]) -> list[str]:
        """Return the next hop of each `route get` among the lines of a batch."""
        command = namespaces.inside(self.namespace, ["ip", "-o", "-batch", "-"])
        batch = "".join(f"{line}\n" for line in lines)
        done = subprocess.run(command, input=batch, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        if done.returncode != 0:
            raise LabError(f"`ip -batch` failed: {done.stderr[:500]}")
        return _VIA.findall(done.stdout)

    def buckets(self, group: int) -> list[int]:
        """Return the id of the next hop of each bucket of a resilient group."""
        shown = namespaces.ip(self.namespace, "nexthop", "bucket", "show", "id", str(group))
        return [int(line.rpartition("nhid ")[2]) for line in shown.splitlines()]


@contextmanager
def kernel(namespace: str, policy: int = 1) -> Iterator[Kernel]:
    """Make the namespace, with a hash policy, and remove it at the end."""
    namespaces.add_namespace(namespace)
    try:
        namespaces.forward_packets(namespace)
        namespaces.skip_duplicate_address_detection(namespace)
        namespaces.set_hash_policy(namespace, policy)
        for name, ipv4, ipv6 in _INTERFACES:
            namespaces.ip(namespace, "link", "add", name, "type", "veth", "peer", "name", f"{name}-peer")
            for end in (name, f"{name}-peer"):
                namespaces.ip(namespace, "link", "set", end, "up")
            namespaces.ip(namespace, "addr", "add", ipv4, "dev", name)
            namespaces.ip(namespace, "addr", "add", ipv6, "dev", name, "nodad")
        made = Kernel(namespace)
        for family in (4, 6):
            hops = [address(family, number) for number in range(_LARGEST)]
            made.ask([f"nexthop add id {_id(family, hop)} via {hop} dev out0" for hop in hops])
        yield made
    finally:
        run(["ip", "netns", "del", namespace])


def address(family: int, number: int) -> str:
    """Return the address of a next hop by its number, from 0."""
    return str(ip_address(_FIRST_HOP[family]) + number)


def _id(family: int, hop: str) -> int:
    return family * 1000 + int(ip_address(hop)) - int(ip_address(_FIRST_HOP[family]))


def flows(family: int, count: int, seed: int = 1) -> list[str]:
    """Return questions about as many random flows, which differ in source address and port."""
    chance = random.Random(seed)  # noqa: S311 - the same seed gives the same flows
    sources = [str(ip_address(_FIRST_SOURCE[family]) + chance.randrange(1 << 20)) for _ in range(count)]
    ports = [chance.randrange(1024, 65536) for _ in range(count)]
    return [
        f"route get {PREFIX[family]} from {source} iif in0 ipproto tcp sport {port} dport 443"
        for source, port in zip(sources, ports, strict=True)
    ]


def cells(family: int, weights: Sequence[int], places: Sequence[int] | None = None) -> list[Cell]:
    """Return the changes of a set with these weights: a node lost or replaced at each place, and one added."""
    hops = [address(family, number) for number in range(len(weights) + 1)]
    before = tuple(Member(hop, hop, weight) for hop, weight in zip(hops, weights, strict=False))
    new = Member(hops[-1], hops[-1], weights[0])
    found = [Cell("add", before, (*before, new))]
    for place in range(len(weights)) if places is None else places:
        left = (*before[:place], *before[place + 1 :])
        found += [Cell("lose", before, left), Cell("replace", before, (*left, new))]
    return found


def compare(
    kernel: Kernel, family: int, kind: str, wanted: Sequence[Cell], asked: Sequence[str], known: Explained
) -> dict[str, Difference]:
    """Return by change how far model and kernel are apart in cells of one set; `known` is narrowed by each answer.

    What a resilient group does depends on what it was before, so each of its cells begins with a new one.
    """
    lines: list[str] = []
    for number, cell in enumerate(wanted):
        if number == 0 or kind == "resilient":
            lines += [
                *(_removed(kernel, family, kind) if number else ()),
                *_first(kernel, family, kind, cell.before),
                *asked,
            ]
        lines += [_second(kernel, family, kind, cell.after), *asked]
    answers = iter(kernel.ask([*lines, *_removed(kernel, family, kind)]))
    found: dict[str, Difference] = {}
    before: list[str] = []
    for number, cell in enumerate(wanted):
        if number == 0 or kind == "resilient":
            before = list(islice(answers, len(asked)))
        after = list(islice(answers, len(asked)))
        if not len(before) == len(after) == len(asked):
            raise LabError(f"{len(after)} answers to {len(asked)} questions")
        found.setdefault(cell.change, Difference()).take(cell, before, after, kind)
        known.narrow(kind, cell, before, after)
    return found


def _first(kernel: Kernel, family: int, kind: str, members: Members) -> list[str]:
    """Return what makes a set."""
    if kind == "route":
        return [f"route add {PREFIX[family]} {_next_hops(members)}"]
    kernel.groups += 1
    made = f"nexthop add id {kernel.groups} group {_group(family, members)} {_EXTRA[kind]}"
    return [made, f"route add {PREFIX[family]} nhid {kernel.groups}"]


def _second(kernel: Kernel, family: int, kind: str, members: Members) -> str:
    """Return what replaces the set, as a routing daemon does."""
    if kind == "route":
        return f"route replace {PREFIX[family]} {_next_hops(members)}"
    return f"nexthop replace id {kernel.groups} group {_group(family, members)} {_EXTRA[kind]}"


def _removed(kernel: Kernel, family: int, kind: str) -> list[str]:
    """Return what removes the set: a route goes with its group."""
    return [f"route del {PREFIX[family]}" if kind == "route" else f"nexthop del id {kernel.groups}"]


def _next_hops(members: Members) -> str:
    return " ".join(f"nexthop via {member.hop} dev out0 weight {member.weight}" for member in members)


def _group(family: int, members: Members) -> str:
    return "/".join(f"{_id(family, member.hop)},{member.weight}" for member in members)
