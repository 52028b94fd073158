"""How completely a run read each router: what it answered, and which rules could not be judged without the rest."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from ecmpaudit.history.contents import compact
from ecmpaudit.model.questions import undetermined_by_host
from ecmpaudit.model.runs import RouterAnswer
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecmpaudit.model import Audit, Network, RouterState

_BOTH = (4, 6)
_Pairs: TypeAlias = "defaultdict[str, set[tuple[str, int]]]"


def answers_of(audit: Audit) -> dict[str, RouterAnswer]:
    """Return how completely each router was read, and each node."""
    network = audit.network
    routers = [state.name for state in network.routers if not state.is_node]
    undetermined, answered = undetermined_by_host(network.not_answered, routers), _answered(network)
    gaps = undetermined_by_host((each for each in network.not_answered if each.is_gap), routers)
    asked = {question.host for question in network.facts.not_answered}
    states = {state.name: state for state in network.routers}
    found = {
        name: RouterAnswer(
            failure=state.failure or (None if name in asked else _not_understood(state)),
            has_data=state.has_data,
            whole_families=tuple(sorted(state.whole_families)),
            undetermined=tuple(sorted(undetermined[name])),
            answered=tuple(sorted(answered[name])),
            is_node=state.is_node,
            excused=tuple(sorted(undetermined[name] - gaps[name])),
        )
        for name, state in states.items()
    }
    nodes = {
        name: RouterAnswer(
            undetermined=tuple(sorted(undetermined[name])),
            answered=tuple(sorted(pairs)),
            is_node=True,
            excused=tuple(sorted(undetermined[name] - gaps[name])),
        )
        for name, pairs in answered.items()
        if name not in states
    }
    return found | dict(sorted(nodes.items()))


def _not_understood(state: RouterState) -> str | None:
    """Return that lines of a pasted text were not understood: it was not asked for, so no open question says it."""
    return f"{counted(len(state.unparsed), 'line')} not understood" if state.unparsed else None


def _answered(network: Network) -> _Pairs:
    found: _Pairs = defaultdict(set)
    for host, question, family in network.facts.answered:
        found[host] |= {(question.value, each) for each in ((family,) if family else _BOTH)}
    return found


def answers_text(answers: Mapping[str, RouterAnswer]) -> str:
    """Return how completely routers were read, as JSON."""
    return compact(
        {
            name: [a.failure, a.has_data, a.whole_families, a.undetermined, a.answered, a.is_node, a.excused]
            for name, a in sorted(answers.items())
        }
    )


def answers_from(text: str) -> dict[str, RouterAnswer]:
    """Return how completely each router was read; before revision 0004, only the first three were stored."""
    return {name: _answer(*fields) for name, fields in json.loads(text).items()}


def _answer(
    failure: str | None,
    has_data: bool,
    families: list[int],
    undetermined: Iterable[Iterable[str | int]] = (),
    answered: Iterable[Iterable[str | int]] = (),
    is_node: bool = False,
    excused: Iterable[Iterable[str | int]] = (),
) -> RouterAnswer:
    known = _pairs(undetermined), _pairs(answered)
    return RouterAnswer(failure, has_data, tuple(families), *known, is_node, _pairs(excused))


def _pairs(stored: Iterable[Iterable[str | int]]) -> tuple[tuple[str, int], ...]:
    return tuple((str(name), int(family)) for name, family in stored)
