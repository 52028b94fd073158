"""The chain of one node on one router, and its first broken link.

The first broken link is the cause. It is certain where each link before it holds, and likely where one of them is
unknown. Whether the node could be asked is no link that can break: a node that was not reached may be announcing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.model import Confidence
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.causes.accepted import accepted
from ecmpaudit.rules.causes.beyond import detection, neighbour
from ecmpaudit.rules.causes.equal import equal
from ecmpaudit.rules.causes.installed import ceiling, kernel, rib
from ecmpaudit.rules.causes.link import Clause, Link, State, Step, not_applicable
from ecmpaudit.rules.causes.on_the_node import address, asked, export, node_route
from ecmpaudit.rules.causes.pair import Pair
from ecmpaudit.rules.causes.reflector import REFLECTED, Reflected, reflected
from ecmpaudit.rules.causes.session import session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ecmpaudit.model import AuditedPrefix, Facts, Node


@dataclass(frozen=True, slots=True)
class JudgedLink:
    """One link of the chain: what judges it, and what it needs to know."""

    link: Link
    judge: Callable[[Pair], Step]
    needs_of_node: frozenset[Question] = frozenset()
    """What the node has to have answered."""
    needs_of_router: frozenset[Question] = frozenset()
    """What the router has to have answered."""


def _link(
    link: Link, judge: Callable[[Pair], Step], *, of_node: Iterable[Question] = (), of_router: Iterable[Question] = ()
) -> JudgedLink:
    return JudgedLink(link, judge, frozenset(of_node), frozenset(of_router))


_OF_THE_CEILING = (Question.CONFIGURATION, Question.MAXIMUM, Question.BUILD)
LINKS = (
    _link(Link.ASKED, asked),
    _link(Link.ADDRESS, address, of_node=[Question.ADDRESSES]),
    _link(Link.NODE_ROUTE, node_route, of_node=[Question.NODE_ROUTES]),
    _link(
        Link.EXPORT,
        export,
        of_node=[Question.EXPORTS, Question.SESSIONS],
        of_router=[Question.ADDRESSES, Question.EXTERNAL_ROUTES],
    ),
    _link(
        Link.SESSION,
        session,
        of_node=[Question.SESSIONS, Question.SESSION_DETAILS],
        of_router=[
            Question.SESSIONS,
            Question.SESSION_DETAILS,
            Question.ADJACENCIES,
            Question.RIP_SOURCES,
            Question.CONFIGURATION,
            Question.ADDRESSES,
        ],
    ),
    _link(
        Link.ACCEPTED,
        accepted,
        of_router=[Question.BGP_TABLE, Question.REJECTED_PATHS, Question.SESSIONS, Question.CONFIGURATION],
    ),
    _link(Link.EQUAL, equal, of_router=[Question.BGP_TABLE, Question.CONFIGURATION]),
    _link(Link.CEILING, ceiling, of_router=[Question.ROUTES, Question.BGP_TABLE, *_OF_THE_CEILING]),
    _link(Link.RIB, rib, of_router=[Question.ROUTES, Question.BGP_TABLE]),
    _link(Link.KERNEL, kernel, of_router=[Question.ROUTES, Question.KERNEL_ROUTES]),
    _link(Link.NEIGHBOUR, neighbour, of_router=[Question.NEIGHBORS, Question.USE_NEIGH, Question.NEXT_HOP_OBJECTS]),
    _link(Link.DETECTION, detection, of_router=[Question.BFD, Question.SESSION_DETAILS]),
)
"""The chain, in the order in which a route passes its links."""
_IMPLYING = frozenset({Link.NODE_ROUTE, Link.EXPORT, Link.ACCEPTED, Link.EQUAL, Link.RIB, Link.KERNEL})
"""Links that hold only if those before them do; a session is up whatever the node announces."""
_OF_A_PROTOCOL = frozenset({Link.ADDRESS, Link.NODE_ROUTE, Link.EXPORT, Link.SESSION, Link.ACCEPTED, Link.EQUAL})
"""Links that a static route does not pass."""
_BEYOND = frozenset({Link.NEIGHBOUR, Link.DETECTION})
"""Links behind the kernel's route: what is not known of them is no reason why a node is no next hop."""
_SESSION_IS_DOWN = "nothing is sent over a session that is down"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a node is missing, as far as it is known."""

    steps: tuple[Step, ...]
    broken: Step | None
    """The first broken link."""
    confidence: Confidence

    @property
    def unknown(self) -> tuple[Step, ...]:
        """The links about which nothing is known, of those that may be why the node is missing."""
        return tuple(step for step in self.steps if step.state is State.UNKNOWN and step.link not in _BEYOND)


def diagnose(prefix: AuditedPrefix, node: Node, facts: Facts) -> Diagnosis:
    """Return the first broken link of a node's chain on a router."""
    steps = chain_of(prefix, node, facts)
    for number, step in enumerate(steps):
        if step.state.is_broken:
            return Diagnosis(steps, step, _confidence(step, steps[:number]))
    return Diagnosis(steps, None, Confidence.UNKNOWN)


def _confidence(broken: Step, earlier: tuple[Step, ...]) -> Confidence:
    is_open = any(step.state is State.UNKNOWN for step in earlier if step.link is not Link.ASKED)
    return Confidence.LIKELY if is_open or broken.state is State.LIKELY_BROKEN else Confidence.CERTAIN


def chain_of(prefix: AuditedPrefix, node: Node, facts: Facts) -> tuple[Step, ...]:
    """Return every link of a node's chain on a router, in the order in which a route passes them."""
    pair = Pair(prefix, node, facts)
    way = reflected(pair)
    return _with_implied_links(_without_export_over_a_down_session([_judged(known, pair, way) for known in LINKS]))


def _judged(known: JudgedLink, pair: Pair, way: Reflected | None) -> Step:
    """Return a link as judged; `way` is that over a reflector, where there is one."""
    if pair.is_static and known.link in _OF_A_PROTOCOL:
        return not_applicable(known.link, f"no protocol brings the route that is written on {pair.router}")
    if way is not None and known.link in REFLECTED:
        return REFLECTED[known.link](way)
    return known.judge(pair)


def _without_export_over_a_down_session(steps: list[Step]) -> list[Step]:
    """Nothing is sent over a session that is down: the export filter is not to blame."""
    if not any(step.link is Link.SESSION and step.state.is_broken for step in steps):
        return steps
    return [
        not_applicable(Link.EXPORT, _SESSION_IS_DOWN) if step.link is Link.EXPORT and not step.state.is_ok else step
        for step in steps
    ]


def _with_implied_links(steps: list[Step]) -> tuple[Step, ...]:
    """Return the steps, those before the last implying one as implied by it.

    A broken link before it is an oddity and not the cause: a path from before a restart, or an answer that came later.
    """
    implying = [number for number, step in enumerate(steps) if _implies_earlier_links(step)]
    if not implying:
        return tuple(steps)
    last = implying[-1]
    return (*(_implied(step, steps[last]) for step in steps[:last]), *steps[last:])


def _implies_earlier_links(step: Step) -> bool:
    return step.state is State.BROKEN_AFTER_ARRIVAL or (step.link in _IMPLYING and step.state.is_ok)


def _is_not_passed(step: Step) -> bool:
    """Return whether the route does not pass the link at all: no later link implies anything about it."""
    return step.link is not Link.EXPORT and step.state is State.NOT_APPLICABLE


def _implied(step: Step, by: Step) -> Step:
    if step.state.is_ok or step.link is Link.ASKED or _is_not_passed(step):
        return step
    if step.state.is_broken:
        text = f"{step.sentence}, but {by.text}"
        return replace(step, state=State.UNKNOWN, clause=Clause(text, text), detail="")
    text = f"implied: {by.text}"
    return Step(step.link, State.IMPLIED_OK, Clause(text, text))
