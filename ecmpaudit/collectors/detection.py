"""Which platform a host runs, where the configuration does not say: it is asked for the version of each.

A daemon that is there but does not answer is never passed over for another: nothing is audited on a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.collectors.capture_texts import loaded
from ecmpaudit.collectors.failure_kinds import kind_of
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecmpaudit.collectors.answer_budget import AnswerBudget
    from ecmpaudit.collectors.target import Target
    from ecmpaudit.model import Capture

_ABSENT = frozenset({"unknown command"})
_REMEDY = "add `platform:` to it in ecmpaudit.yaml"


def detected(target: Target, ask: Callable[[str], Capture], budget: AnswerBudget) -> Target | str:
    """Return the target as that of its platform, or why that is not known.

    Its alternatives are asked in their order, those of routing daemons first; a system's own is taken if no daemon is
    there.
    """
    answers: dict[str, Capture] = {}
    found: list[Target] = []
    silent: list[str] = []
    for alternative in target.alternatives:
        platform = platforms()[alternative.platform or ""]
        if found and not platform.is_daemon:
            break
        if platform.scan_check is None:
            continue
        command = platform.scan_check.command
        answer = answers.get(command) or answers.setdefault(command, ask(command))
        if answer.failure is None and platform.scan_check.version.search(loaded(answer, budget).text):
            found.append(alternative)
        elif answer.is_given_up:
            return f"{answer.failure}; so the platform is not known: {_REMEDY}"
        elif answer.failure is not None and platform.is_daemon and kind_of(answer.failure).kind not in _ABSENT:
            silent.append(f"`{command}`: {answer.failure}")
    names = ", ".join(each.platform or "" for each in found)
    if silent:
        others = f"; {names} answers" if found else ""
        return f"platform not detected: {'; '.join(silent)}{others}; {_REMEDY}"
    if len(found) == 1:
        return found[0]
    if found:
        return f"platform not detected: {names} all answer; {_REMEDY}"
    return f"platform not detected: none of {len(answers)} commands for a version was answered as expected; {_REMEDY}"
