"""Which answers of a scan a planned change is worked out from, and what is not known where one of them did not come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model.questions import Question
from ecmpaudit.wording import and_listed, short_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecmpaudit.model import RouterState
    from ecmpaudit.model.questions import OpenQuestion

NEEDS_OF_ROUTER = frozenset(
    {
        Question.ROUTES,
        Question.KERNEL_ROUTES,
        Question.NEXT_HOP_OBJECTS,
        Question.HASH_POLICY,
        Question.TABLE_USE,
        Question.ADDRESSES,
        # The other paths of a prefix that loses its last next hop, and the link-local addresses of nodes.
        Question.BGP_TABLE,
        # Ceilings.
        Question.CONFIGURATION,
        Question.MAXIMUM,
        Question.BUILD,
    }
)
NEEDS_OF_NODE = frozenset({Question.ADDRESSES})
"""By which a next hop is known as the node's."""
_OTHERWISE_SAID = frozenset({Question.ROUTES})
"""A router without its routes was not checked, which is reported as such."""


def not_known(
    open_questions: Iterable[OpenQuestion], hosts: Iterable[RouterState], *, layer: str | None = None
) -> Iterator[str]:
    """Yield a sentence for each answer that is needed and did not come; with a `layer`, it is known what is hashed.

    Of a host that answered nothing at all, its state says so.
    """
    states = {state.name: state for state in hosts}
    by_command: dict[tuple[str, str, str], dict[str, None]] = {}
    for each in open_questions:
        state = states.get(each.host)
        if state is not None and not state.has_data:
            continue
        needs = NEEDS_OF_NODE if state is None or state.is_node else NEEDS_OF_ROUTER - _OTHERWISE_SAID
        is_given = layer is not None and each.question is Question.HASH_POLICY
        if each.question in needs and not is_given and not each.is_answered_otherwise:
            by_command.setdefault((each.host, each.command, each.reason), {})[each.question.value] = None
    for (host, command, reason), facts in by_command.items():
        yield f"{host}: {and_listed(facts)}: `{short_command(command)}` was not answered: {reason}"
