"""Of the commands of a scan those that somebody needs, by the questions that their answers belong to.

What a command answers follows from its form, as for an answer that came: there is no second list of commands.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from ecmpaudit.auditing.failed_captures import questions_of
from ecmpaudit.model import Capture
from ecmpaudit.parsing.guard import resolved_if_readable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from ecmpaudit.collectors.target import Target
    from ecmpaudit.model.questions import Question


@dataclass(frozen=True, slots=True)
class Needs:
    """The questions whose answers are read."""

    of_router: frozenset[Question]
    of_node: frozenset[Question]


def narrowed(targets: Iterable[Target], needs: Needs, routers: Collection[str]) -> list[Target]:
    """Return the targets with those of their commands that are needed; without any, a host is not asked."""
    questions = cache(_questions)  # of hosts of one platform, the commands are the same

    def narrow(target: Target) -> Target:
        if target.alternatives:  # its own command is the one that shows the platform
            return replace(target, alternatives=tuple(map(narrow, target.alternatives)))
        is_router = target.name in routers
        wanted = needs.of_router if is_router else needs.of_node

        def is_needed(command: str) -> bool:
            platform = target.other_platforms.get(command, target.platform)
            return not wanted.isdisjoint(questions(command, platform, is_router))

        return _with(target, is_needed)

    return [narrow(target) for target in targets]


def _with(target: Target, is_needed: Callable[[str], bool]) -> Target:
    follow_ups = tuple(
        replace(each, commands=commands)
        for each in target.follow_ups
        if (commands := tuple(filter(is_needed, each.commands)))
    )
    naming = {each.after for each in follow_ups}
    commands = tuple(command for command in target.commands if command in naming or is_needed(command))
    return replace(target, commands=commands, follow_ups=follow_ups)


def _questions(command: str, platform: str | None, is_router: bool) -> tuple[Question, ...]:
    host = "router" if is_router else "node"
    nodes = () if is_router else (host,)
    asked = Capture(router=host, platform=platform, command=command, text="", source="")
    return questions_of(asked, resolved_if_readable(asked), nodes, nodes)
