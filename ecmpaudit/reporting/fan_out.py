"""How one router spreads its traffic: the share of each next hop beside its fair share, and the room to the ceiling.

The share is a mean over prefixes, as if each carried the same traffic and flows were hashed evenly. Everything is in
units of the picture, which is `WIDTH` wide, so that the template only prints.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.reporting.matrix import CellState, column_of, natural_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecmpaudit.model import AuditedPrefix, Ceiling, NextHop, Node

WIDTH = 560
_MOST_SPOKES = 16
"""Up to so many next hops each is drawn; of more, only those that are away from their fair share."""
_SPOKE_HEIGHT = 24
_TOP = 16
_ROUTER_EDGE, _END, _BAR, BAR_LENGTH = 108, 192, 348, 124
LABEL_WIDTH = 140
_CHARACTER = 7.3
_GAUGE_WIDTH, _GAUGE_HEIGHT = WIDTH - 8, 12
_THICKEST, _THINNEST = 14.0, 1.5
_NARROWEST_SLOT, _SLOT_GAP = 4.0, 2.0
_SMALLEST = 0.001
_TOLERANCE = 0.05
"""A share that is this part of its fair share away from it is not called unequal."""


@dataclass(frozen=True, slots=True)
class Spoke:
    """One next hop, or those that are not drawn one by one."""

    name: str
    label: str
    """The name without the domain that all nodes share."""
    share: float
    """From 0 to 1."""
    fair: float | None
    """What it would be if every expected node were there; None where no nodes are expected."""
    state: CellState
    """MISSING carries no traffic, UNEQUAL clearly more or less than its fair share."""
    y: float
    curve: str
    """The line from the router to here, as an SVG path."""
    stroke: float
    bar: float
    fair_at: float | None

    @property
    def squeezed_to(self) -> int | None:
        """The width of a label that is too long for its place; None where it fits."""
        return LABEL_WIDTH if len(self.label) * _CHARACTER > LABEL_WIDTH else None


@dataclass(frozen=True, slots=True)
class Gauge:
    """The largest set of next hops, what is expected, and the ceiling; each path is a row of slots."""

    used: str
    missing: str
    """Expected, below the ceiling, and not installed."""
    free: str
    beyond: str
    """Expected and above the ceiling."""
    text: str


@dataclass(frozen=True, slots=True)
class FanOut:
    """The picture of one router and VRF."""

    spokes: tuple[Spoke, ...]
    gauge: Gauge
    prefixes: int
    """How many prefixes the shares are a mean of."""

    @property
    def height(self) -> int:
        """Height of the fan without the gauge."""
        return _height(len(self.spokes))

    @property
    def description(self) -> str:
        """The picture in words."""
        shares = ", ".join(f"{spoke.name} {percent(spoke.share)}" for spoke in self.spokes)
        return f"share of traffic for each next hop: {shares}; {self.gauge.text}"


def fan_out(prefixes: Sequence[AuditedPrefix], domain: str = "") -> FanOut | None:
    """Return the picture of one router's prefixes; None where no next hop is installed.

    `domain` is what the names of all nodes end in; labels are without it.
    """
    carrying = [prefix for prefix in prefixes if prefix.installed]
    if not carrying:
        return None
    lists = {id(p.expectation): p.expectation.nodes if p.expectation else () for p in carrying}
    owners = {address: node.name for nodes in lists.values() for node in nodes for address in node.addresses}
    sets = Counter(prefix.installed for prefix in carrying)
    shares = _mean((_shares(hops, owners), number) for hops, number in sets.items())
    expected = Counter(id(prefix.expectation) for prefix in carrying)
    fair = _mean((_fair_shares(lists[key]), number) for key, number in expected.items())
    names = sorted(shares.keys() | fair.keys(), key=natural_key)
    found = [(name, shares.get(name, 0.0), fair.get(name) if fair else None) for name in names]
    drawn = _drawn(found, is_known=bool(fair))
    longest = max(max(share, fair or 0.0) for _, share, fair in drawn) or 1.0
    middle = _height(len(drawn)) / 2
    spokes = (_spoke(number, *spoke, longest, middle, is_known=bool(fair)) for number, spoke in enumerate(drawn))
    if domain:
        spokes = (replace(spoke, label=spoke.name.removesuffix(f".{domain}")) for spoke in spokes)
    return FanOut(tuple(spokes), gauge(prefixes), len(carrying))


def _height(spokes: int) -> int:
    return 2 * _TOP + _SPOKE_HEIGHT * spokes


def _shares(hops: Sequence[NextHop], owners: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    total = sum(hop.effective_weight for hop in hops) or 1
    for hop in hops:
        yield column_of(hop, owners), hop.effective_weight / total


def _fair_shares(nodes: Sequence[Node]) -> Iterator[tuple[str, float]]:
    for node in nodes:
        yield node.name, 1 / len(nodes)


def _mean(of_sets: Iterable[tuple[Iterable[tuple[str, float]], int]]) -> dict[str, float]:
    """Return the mean by name; each set of shares comes with how many prefixes have it."""
    sums: dict[str, float] = {}
    prefixes = 0
    for shares, number in of_sets:
        prefixes += number
        for name, share in shares:
            sums[name] = sums.get(name, 0.0) + share * number
    return {name: total / prefixes for name, total in sums.items()}


_Drawn = tuple[str, float, float | None]


def _drawn(spokes: list[_Drawn], *, is_known: bool) -> list[_Drawn]:
    """Return the spokes to draw: all, or those farthest from their fair share and one mean of the others."""
    if len(spokes) <= _MOST_SPOKES:
        return spokes
    mean = sum(share for _, share, _ in spokes) / len(spokes)
    fair = {spoke: spoke[2] if is_known else mean for spoke in spokes}
    apart = [s for s in spokes if _state(s[1], fair[s], is_known=is_known) is not CellState.PRESENT]
    farthest = sorted(apart, key=lambda spoke: -abs(spoke[1] - (fair[spoke] or 0)))
    shown = set(farthest[: _MOST_SPOKES - 1])
    rest = [spoke for spoke in spokes if spoke not in shown]
    known = [fair for _, _, fair in rest if fair is not None]
    others = (
        f"{len(rest)} others, each" if shown else f"{len(rest)} next hops, each",
        sum(share for _, share, _ in rest) / len(rest),
        sum(known) / len(rest) if known else None,
    )
    return [*(spoke for spoke in spokes if spoke in shown), others]


def _spoke(
    number: int, name: str, share: float, fair: float | None, longest: float, middle: float, *, is_known: bool
) -> Spoke:
    y = _TOP + _SPOKE_HEIGHT * (number + 0.5)
    bend = (_ROUTER_EDGE + _END) / 2
    return Spoke(
        name=name,
        label=name,
        share=share,
        fair=fair,
        state=_state(share, fair, is_known=is_known),
        y=y,
        curve=f"M{_ROUTER_EDGE} {middle:g}C{bend:g} {middle:g} {bend:g} {y:g} {_END} {y:g}",
        stroke=round(max(_THINNEST, _THICKEST * share), 1),
        bar=round(BAR_LENGTH * share / longest, 1),
        fair_at=None if fair is None else round(_BAR + BAR_LENGTH * fair / longest, 1),
    )


def _state(share: float, fair: float | None, *, is_known: bool) -> CellState:
    if not share:
        return CellState.MISSING
    if fair is None:
        return CellState.UNEXPECTED if is_known else CellState.PRESENT
    return CellState.PRESENT if abs(share - fair) <= _TOLERANCE * fair else CellState.UNEQUAL


def gauge(prefixes: Sequence[AuditedPrefix]) -> Gauge:
    """Return the gauge of the prefix that is nearest to its ceiling, or farthest beyond."""
    ceiling = min((p.ceiling for p in prefixes if p.ceiling), key=lambda known: known.value, default=None)
    used = max(len(prefix.installed) for prefix in prefixes)
    expected = max((prefix.expected or 0 for prefix in prefixes), default=0)
    top = ceiling.value if ceiling else max(used, expected)
    pitch = _GAUGE_WIDTH / max(top, used, expected)
    return Gauge(
        used=_slots(0, used, pitch),
        missing=_slots(used, min(expected, top), pitch),
        free=_slots(max(used, expected), top, pitch) if ceiling else "",
        beyond=_slots(max(used, top), expected, pitch),
        text=_gauge_text(used, expected, ceiling),
    )


def _slots(start: int, stop: int, pitch: float) -> str:
    """Return the slots from start to stop as an SVG path; where they would be too narrow, one bar."""
    if stop <= start:
        return ""
    is_bar = pitch < _NARROWEST_SLOT
    width = max(2 * _SLOT_GAP, (stop - start) * pitch if is_bar else pitch)
    lefts = [start] if is_bar else range(start, stop)
    drawn = f"{width - _SLOT_GAP:.1f}"
    return "".join(f"M{4 + left * pitch:.1f} 0h{drawn}v{_GAUGE_HEIGHT}h-{drawn}z" for left in lefts)


def _gauge_text(used: int, expected: int, ceiling: Ceiling | None) -> str:
    said = f"largest set {used}, expected {expected}" if expected else f"largest set {used}"
    if ceiling is None:
        return f"{said}, ceiling unknown"
    room = ceiling.value - max(used, expected)
    left = f"room for {room} more" if room >= 0 else f"{-room} beyond it"
    return f"{said}, ceiling {ceiling.value} ({ceiling.source}): {left}"


def percent(share: float) -> str:
    """Return a share with one digit, or without one where that is none: `33.3 %`, `20 %`."""
    if 0 < share < _SMALLEST:
        return "under 0.1 %"
    return f"{100 * share:.1f}".removesuffix(".0") + " %"
