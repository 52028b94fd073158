"""The chain of one node on one router, and what follows from it.

The first broken link is the cause. It is certain where each link before it holds, and likely where one of them is
unknown. Whether the node could be asked is no link that can break: a node that nobody reached may be announcing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.model import Confidence
from ecmpaudit.rules.causes.accepted import accepted
from ecmpaudit.rules.causes.equal import equal
from ecmpaudit.rules.causes.installed import ceiling, kernel, rib
from ecmpaudit.rules.causes.link import Pair, State, Step
from ecmpaudit.rules.causes.on_the_node import address, asked, export, node_route
from ecmpaudit.rules.causes.session import session

if TYPE_CHECKING:
    from ecmpaudit.model import AuditedPrefix, Facts, Node

_ORDER = (asked, address, node_route, export, session, accepted, equal, ceiling, rib, kernel)
_PROVING = frozenset({"node route", "export", "accepted", "equal", "RIB", "kernel"})
"""Links that cannot hold unless those before them do; a session is up whatever the node has to announce."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a node is missing, as far as it is known."""

    steps: tuple[Step, ...]
    broken: Step | None
    """The first broken link."""
    confidence: Confidence

    @property
    def unknown(self) -> tuple[Step, ...]:
        """The links that nobody told of."""
        return tuple(step for step in self.steps if step.state is State.UNKNOWN)


def diagnose(prefix: AuditedPrefix, node: Node, facts: Facts) -> Diagnosis:
    """Return the first broken link of a node's chain on a router."""
    steps = chain_of(prefix, node, facts)
    for number, step in enumerate(steps):
        if step.state is State.BROKEN:
            is_sure = all(s.state is State.OK or s.is_excused for s in steps[:number] if s.link != "asked")
            return Diagnosis(steps, step, Confidence.CERTAIN if is_sure and not step.is_guess else Confidence.LIKELY)
    return Diagnosis(steps, None, Confidence.UNKNOWN)


def chain_of(prefix: AuditedPrefix, node: Node, facts: Facts) -> tuple[Step, ...]:
    """Return every link of a node's chain on a router, in the order in which a route travels them."""
    pair = Pair(prefix, node, facts)
    return _proven(_excused([link(pair) for link in _ORDER]))


def _excused(steps: list[Step]) -> list[Step]:
    """Over a session that is down nothing is sent, so that no filter is to blame, and no later link either."""
    is_down = any(step.link == "session" and step.state is State.BROKEN for step in steps)
    if not is_down:
        return steps
    excuse = "nothing is sent over a session that is down"
    return [
        replace(step, state=State.UNKNOWN, text=excuse, evidence=(), is_excused=True)
        if step.link == "export" and step.state is not State.OK
        else step
        for step in steps
    ]


def _proven(steps: list[Step]) -> tuple[Step, ...]:
    """Return the steps with those before the last proving one as holding.

    What contradicts it is odd and not the cause: a path from before a restart, or an answer that came later.
    """
    last = max(
        (n for n, s in enumerate(steps) if s.is_proof or (s.link in _PROVING and s.state is State.OK)), default=0
    )
    return tuple(
        _as_proven(step, steps[last]) if number < last and step.state is not State.OK and step.link != "asked" else step
        for number, step in enumerate(steps)
    )


def _as_proven(step: Step, by: Step) -> Step:
    if step.state is State.BROKEN:
        return replace(step, state=State.UNKNOWN, text=f"{step.sentence}, and yet {by.text}", about_many="", detail="")
    return replace(step, state=State.OK, text=f"as {by.text}", evidence=(), is_proven=True)
