"""Which commands a scan sends: those of the platform, with the audited pools and the names of earlier answers put in.

A word is put into a command only if it needs no quoting: what a router prints never becomes a part of a shell's line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.collectors.capture_texts import beginning_of, loaded
from ecmpaudit.collectors.pools import above, around, networks_of
from ecmpaudit.collectors.target import FollowUp
from ecmpaudit.errors import SlowPatternError
from ecmpaudit.model.addressing import is_address
from ecmpaudit.platforms.unknown_commands import says_unknown_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ecmpaudit.collectors.answer_budget import AnswerBudget
    from ecmpaudit.collectors.target import Target
    from ecmpaudit.model import Capture
    from ecmpaudit.platforms.registry import ScanCommand

_PREFIX = re.compile(r"[0-9A-Fa-f.:]+/[0-9]{1,3}")
_NAME = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.:-]{0,80}")
_POOL, _POOLS, _ABOVE, _AROUND, _FOUND, _ADDRESS = "{pool}", "{pools}", "{above}", "{around}", "{name}", "{address}"
_FAMILIES = (4, 6)
MOST_NAMES = 256
"""Names of one answer that are asked about: bounds what a strange answer can cause."""


def commands_for(known: Sequence[ScanCommand], pools: Sequence[str]) -> tuple[str, ...]:
    """Return the commands that need nothing but the pools; without any pool, those about whole tables."""
    first = (command for command in known if command.after is None)
    return tuple(dict.fromkeys(line for command in first for line in _with_pools(command, command.command, pools)))


def follow_ups_for(known: Sequence[ScanCommand], pools: Sequence[str]) -> tuple[FollowUp, ...]:
    """Return the commands that need a name of an earlier answer."""
    return tuple(
        FollowUp(after, command.names, tuple(dict.fromkeys(_with_pools(command, command.command, pools))))
        for command in known
        if command.after is not None and command.names is not None
        # what follows from an answer about a pool is in the whole tables
        for after in _with_pools(replace(command, whole=None), command.after, pools)
    )


def whole_tables_for(known: Sequence[ScanCommand], pools: Sequence[str]) -> dict[str, str]:
    """Return by command with a pool what is asked where a host's version does not know that command."""
    return {
        line: command.whole
        for command in known
        if command.after is None and command.whole
        for line in _with_pools(command, command.command, pools)
        if line != command.whole
    }


@dataclass(frozen=True, slots=True)
class Later:
    """What follows from the first answers of a target."""

    asked: tuple[str, ...] = ()
    """Commands that are sent."""
    not_asked: tuple[tuple[str, str], ...] = ()
    """Commands with the placeholder of a name that is not put in, each with the reason."""


def commands_after(target: Target, captures: Sequence[Capture], budget: AnswerBudget) -> Later:
    """Return what is to be asked now that the first answers are here."""
    wanted = {follow_up.after for follow_up in target.follow_ups}
    answers = {
        capture.command: loaded(capture, budget).text
        for capture in captures
        if capture.is_complete and capture.command in wanted
    }
    found = [(follow_up, *_names(follow_up, answers.get(follow_up.after, ""))) for follow_up in target.follow_ups]
    asked = (
        command.replace(_FOUND, name).replace(_ADDRESS, name)
        for follow_up, names, _ in found
        for name in names
        for command in follow_up.commands
        # another word may be a subcommand of the program that is asked
        if _ADDRESS not in command or is_address(name)
    )
    return Later(
        tuple(dict.fromkeys((*_whole_tables(target.whole_tables, captures), *asked))),
        tuple((command, reason) for follow_up, _, reason in found if reason for command in follow_up.commands),
    )


def _whole_tables(whole: Mapping[str, str], captures: Sequence[Capture]) -> Iterator[str]:
    """Yield what is asked in place of the commands that the host's version does not know."""
    for capture in captures:
        instead = whole.get(capture.command or "")
        if instead is not None and says_unknown_command(capture.failure, beginning_of(capture)):
            yield instead


def _names(follow_up: FollowUp, answer: str) -> tuple[list[str], str | None]:
    """Return the names that are put in, and why others are not."""
    try:
        found = dict.fromkeys(match[1] for match in follow_up.names.finditer(answer))
    except SlowPatternError as error:  # one host's answer: nothing more is asked of this host
        return [], f"not asked: the names in the answer to `{follow_up.after}` cannot be read: {error}"
    plain = [name for name in found if _NAME.fullmatch(name)]
    names = plain[:MOST_NAMES]
    if len(names) == len(found):
        return names, None
    why = f"{len(plain) - len(names)} beyond the first {MOST_NAMES}, {len(found) - len(plain)} that need quoting"
    return names, f"not asked for {len(found) - len(names)} of the {len(found)} names in `{follow_up.after}`: {why}"


def _with_pools(command: ScanCommand, text: str, pools: Sequence[str]) -> Iterator[str]:
    """Yield a text of a command once for all, or for each network of its family that is asked for."""
    if not any(word in text for word in (_POOL, _POOLS, _ABOVE)):
        yield text
        return
    for family in _FAMILIES if command.family is None else (command.family,):
        networks = networks_of(pools, family)
        if not pools or any(network.prefixlen == 0 for network in networks):
            yield from [command.whole] if command.whole else []
        elif _POOLS in text:
            words = [str(network) for network in (around(networks) if _AROUND in (command.each or "") else networks)]
            each = [(command.each or "").replace(_POOL, word).replace(_AROUND, word) for word in _plain(words)]
            if each:
                yield text.replace(_POOLS, command.between.join(each))
        else:
            for network in networks:
                for word in _plain([str(above(network) if _ABOVE in text else network)]):
                    yield text.replace(_POOL, word).replace(_ABOVE, word)


def _plain(words: Sequence[str]) -> list[str]:
    return [word for word in words if _PREFIX.fullmatch(word)]
