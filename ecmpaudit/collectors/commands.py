"""Which commands a scan sends: those of the platform, with the audited pools and the names of earlier answers put in.

A word is put into a command only if it needs no quoting: what a router prints never becomes a part of a shell's line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING

from ecmpaudit.collectors.capture_texts import loaded
from ecmpaudit.collectors.target import FollowUp
from ecmpaudit.errors import SlowPatternError
from ecmpaudit.model.addressing import family_of, is_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from ipaddress import IPv4Network, IPv6Network

    from ecmpaudit.collectors.answer_budget import AnswerBudget
    from ecmpaudit.collectors.target import Target
    from ecmpaudit.model import Capture
    from ecmpaudit.platforms.registry import ScanCommand

_PREFIX = re.compile(r"[0-9A-Fa-f.:]+/[0-9]{1,3}")
_NAME = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.:-]{0,80}")
_POOL, _FOUND, _ADDRESS = "{pool}", "{name}", "{address}"
MOST_NAMES = 256
"""Names of one answer that are asked about: bounds what a strange answer can cause."""


def commands_for(known: Sequence[ScanCommand], pools: Sequence[str]) -> tuple[str, ...]:
    """Return the commands that need nothing but the pools; without any pool, those about whole tables."""
    outer = _outermost(pools)
    return tuple(line for command in known if command.after is None for line in _with_pools(command, outer))


def follow_ups_for(known: Sequence[ScanCommand], pools: Sequence[str]) -> tuple[FollowUp, ...]:
    """Return the commands that need a name of an earlier answer."""
    outer = _outermost(pools)
    return tuple(
        FollowUp(command.after, command.names, tuple(_with_pools(command, outer)))
        for command in known
        if command.after is not None and command.names is not None
    )


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
    return Later(
        tuple(
            command.replace(_FOUND, name).replace(_ADDRESS, name)
            for follow_up, names, _ in found
            for name in names
            for command in follow_up.commands
            # another word may be a subcommand of the program that is asked
            if _ADDRESS not in command or is_address(name)
        ),
        tuple((command, reason) for follow_up, _, reason in found if reason for command in follow_up.commands),
    )


def _outermost(pools: Sequence[str]) -> list[str]:
    """Return the pools without those inside of another: nothing is asked twice."""
    networks = [ip_network(pool) for pool in dict.fromkeys(pools)]
    return [str(one) for one in networks if not any(one != other and _is_inside(one, other) for other in networks)]


def _is_inside(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return one.version == other.version and one.subnet_of(other)  # type: ignore[arg-type]  # mypy loses the version


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


def _with_pools(command: ScanCommand, pools: Sequence[str]) -> Iterator[str]:
    if _POOL not in command.command:
        yield command.command
    elif not pools:
        yield from [command.whole] if command.whole else []
    else:
        for pool in pools:
            if _PREFIX.fullmatch(pool) and command.family in {None, family_of(pool)}:
                yield command.command.replace(_POOL, pool)
