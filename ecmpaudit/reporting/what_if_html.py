"""What a change moves, as a page: for each router a picture of its nodes, each with a bar before and one after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.reporting.page import asset, policy
from ecmpaudit.reporting.templates import rendered
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.reporting.what_if import (
    alike,
    by_router,
    count_of_changes,
    lines_of_group,
    lines_of_totals,
    models_of,
    percent,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from ecmpaudit.changes.what_if import Outcome, WhatIf

_WIDTH = 480
"""Of the longest bar of a picture, in its own units."""
_ROW = 40
_NAME = 28
"""Characters of a name in a picture; the whole one is its title."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One node in a picture."""

    node: str
    short: str
    y: int
    """Of its upper edge."""
    before: float
    after: float
    """The lengths of its two bars."""
    percent_before: str
    percent_after: str


@dataclass(frozen=True, slots=True)
class Block:
    """Prefixes of one router with one outcome."""

    title: str
    lines: tuple[str, ...]
    bars: tuple[Bar, ...]

    @property
    def height(self) -> int:
        """Of its picture."""
        return _ROW * len(self.bars)


def render_what_if_html(result: WhatIf) -> str:
    """Return the page; it loads nothing."""
    style = asset("what_if.css")
    routers = [
        (safe(router or "the router"), count_of_changes(outcomes), [_block(g) for g in alike(outcomes, verbose=False)])
        for router, outcomes in by_router(result).items()
    ]
    facts: dict[str, object] = {
        "style": style,
        "policy": policy(style),
        "models": models_of(result),
        "routers": routers,
        "totals": [safe(text) for _, text in lines_of_totals(result)],
    }
    return rendered("what_if.html.j2", facts, filters={})


def _block(group: Sequence[Outcome]) -> Block:
    title, *lines = (safe(text) for _, text in lines_of_group(group))
    return Block(title, tuple(lines), tuple(_bars(group[0])))


def _bars(outcome: Outcome) -> list[Bar]:
    before, after = outcome.movement.shares_before, outcome.movement.shares_after
    longest = max((*before.values(), *after.values()), default=1) or 1

    def length(share: Fraction | None) -> float:
        return round(float((share or 0) / longest) * _WIDTH, 1)

    return [
        Bar(
            node=safe(node),
            short=safe(node if len(node) <= _NAME else f"{node[: _NAME - 1]}…"),
            y=number * _ROW,
            before=length(before.get(node)),
            after=length(after.get(node)),
            percent_before=percent(before[node]) if node in before else "none",
            percent_after=percent(after[node]) if node in after else "none",
        )
        for number, node in enumerate(dict.fromkeys((*before, *after)))
    ]
