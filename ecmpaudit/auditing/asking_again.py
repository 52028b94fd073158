"""Which commands a scan asks once more, and what becomes of the answers.

A scan is no instant: a route that changes between the answer of the routing daemon and that of the kernel makes the
two differ, and a neighbour entry is INCOMPLETE for a moment while the neighbour is first asked. Before any of that is
reported, all that is compared is asked again, and the later answers are the ones that are judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.auditing.subjects import subjects
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.guard import resolved_if_readable
from ecmpaudit.platforms.registry import BgpTableFormat, FactFormat
from ecmpaudit.rules.forwarding import differing_from_object, unanswering

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecmpaudit.auditing.run import Material
    from ecmpaudit.model import Capture, Network


_OF_THE_KERNEL = frozenset({Question.NEIGHBORS, Question.NEXT_HOP_OBJECTS})


def commands_to_repeat(captures: Iterable[Capture], material: Material, network: Network) -> dict[str, tuple[str, ...]]:
    """Return the commands to ask again of each router whose daemon and kernel differ, by router.

    They differ in their routes, in a next-hop object, or in a next hop that does not answer.
    """
    of_router = {subject.label: subject for subject in subjects(material.tables)}
    differing = {
        prefix.router
        for prefix in network.prefixes
        if of_router[prefix.router].differs_from_kernel(prefix.vrf, prefix.prefix)
        or unanswering(prefix, network.facts)
        or any(differing_from_object(prefix, network.facts) or ())
    }
    commands: dict[str, dict[str, None]] = {}
    for capture in captures:
        if capture.router in differing and capture.command and _is_compared(capture):
            commands.setdefault(capture.router, {})[capture.command] = None
    return {router: tuple(of_router) for router, of_router in commands.items()}


def with_later_answers(captures: Iterable[Capture], later: Sequence[Capture]) -> list[Capture]:
    """Return the captures, with the later answers in the place of the first ones.

    Where one of a router's later answers failed, all of its first ones are kept, since only tables of one time can be
    compared, and the failures are added.
    """
    failed = [capture for capture in later if not capture.is_complete]
    kept = {capture.router for capture in failed}
    replaced: Mapping[tuple[str | None, str | None], Capture] = {
        (capture.router, capture.command): capture for capture in later if capture.router not in kept
    }
    return [*(replaced.get((capture.router, capture.command), capture) for capture in captures), *failed]


def _is_compared(capture: Capture) -> bool:
    """Return whether a command is one of those whose answers are compared: route tables, and what the kernel uses."""
    form = resolved_if_readable(capture).form
    if isinstance(form, FactFormat):
        return form.question in _OF_THE_KERNEL
    return not isinstance(form, BgpTableFormat)
