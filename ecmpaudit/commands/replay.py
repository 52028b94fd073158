"""`what-if --from-kernel N`: each router is asked, on one connection, where its kernel sends N flows."""

from __future__ import annotations

import functools
import getpass
import sys
import time
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING

from ecmpaudit.changes.flows import taken_of
from ecmpaudit.changes.replayed import CLIENTS, made_flows, read_flows, replay_of
from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.collectors.kernel_lookups import asked, lines_of, lookups
from ecmpaudit.collectors.polling import polling
from ecmpaudit.commands.flow import has_kernel
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.expectations.scopes import PrefixSet
from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.plain_files import read_plain
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.changes.flows import Flow, Taken
    from ecmpaudit.changes.replayed import FileOfFlows
    from ecmpaudit.changes.what_if import Outcome, WhatIf
    from ecmpaudit.collectors.host_connection import KeptConnections
    from ecmpaudit.collectors.polling import Polling
    from ecmpaudit.model.addressing import Place

_NOT_FORWARDING = "No route to host"
_SECONDS = 120.0
"""For all questions together."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """One flow that a router is asked about."""

    outcome: Outcome
    flow: Flow
    client: str
    """The address to which the route back shows by which interface the flow comes in."""


@dataclass(slots=True)
class _Asked:
    """What one router is asked."""

    outcomes: list[Outcome] = field(default_factory=list)
    flows: list[_Asking] = field(default_factory=list)
    interface: str | None = None
    """By which flows come in whose source it has no route to: that of a next hop."""


def with_kernels(
    result: WhatIf, request: Request, count: int, file: Path | None, kept: KeptConnections | None = None
) -> WhatIf:
    """Return the result with what the kernels of the routers answered about `count` flows each.

    They are asked on the connections of the scan that are `kept`.

    Raises:
        ConfigurationError: no router with a kernel is configured, or the file has no flow to an audited prefix.
    """
    of_file = _read(file) if file else None
    asking, problems = _questions(result, request, count, of_file)
    if of_file is not None and not any(each.flows for each in asking.values()):
        raise ConfigurationError(f"--flows {file}: no flow to an audited prefix")
    targets = [
        replace(target, alternatives=(), commands=())
        for target in targets_of(request.inventory, list(asking))
        if target.name in asking
    ]
    ask_password = functools.cache(getpass.getpass) if sys.stdin.isatty() else None
    with polling(targets, until=time.monotonic() + _SECONDS, ask_password=ask_password, kept=kept) as polls:
        taken = _answers(polls, asking, problems)
    replays = {}
    for router, answers in taken.items():
        by_place: dict[Place, list[Taken]] = {}
        for question, answer in zip(asking[router].flows, answers, strict=True):
            by_place.setdefault(question.outcome.prefix.key, []).append(answer)
        for outcome in asking[router].outcomes:
            if own := by_place.get(outcome.prefix.key):
                replays[outcome.prefix.key] = replay_of(outcome.before, outcome.movement, own, is_made=of_file is None)
    if of_file and of_file.others:
        lines = counted(len(of_file.others), "line")
        problems.append(f"--flows {file}: {lines} not understood, the first is line {of_file.others[0]}")
    return replace(
        result,
        outcomes=tuple(replace(each, replay=replays.get(each.prefix.key)) for each in result.outcomes),
        unanswered=(*result.unanswered, *problems),
    )


def _read(file: Path) -> FileOfFlows:
    try:
        return read_flows(read_plain(file).decode(errors="replace"))
    except OSError as error:
        raise ConfigurationError(f"--flows {file}: {error.strerror}") from error


def _questions(
    result: WhatIf, request: Request, count: int, of_file: FileOfFlows | None
) -> tuple[dict[str, _Asked], list[str]]:
    """Return what each router is asked, and which routers are not."""
    devices = request.inventory.routers
    asking: dict[str, _Asked] = {}
    problems: list[str] = []
    for outcome in result.outcomes:
        if outcome.before and outcome.prefix.vrf == DEFAULT_VRF:
            asking.setdefault(outcome.prefix.router, _Asked()).outcomes.append(outcome)
    for router in list(asking):
        if router not in devices or not has_kernel(devices[router].platform):
            del asking[router]
            reason = "no Linux kernel is known of it" if router in devices else "it is not in the configuration"
            problems.append(f"--from-kernel: {router or 'the router'} is not asked: {reason}")
    if not asking:
        raise ConfigurationError(
            "--from-kernel: no router to ask; add those with a Linux kernel under `routers` in the configuration"
        )
    for router, own in asking.items():
        hops = [hop.interface for outcome in own.outcomes for hop in outcome.prefix.installed if hop.interface]
        own.interface = hops[0] if hops else None
        own.flows = list(_of_file(own.outcomes, of_file, count) if of_file else _made(router, own.outcomes, count))
    return asking, problems


def _made(router: str, outcomes: Sequence[Outcome], count: int) -> Iterator[_Asking]:
    """Yield as many flows to each prefix."""
    each, further = divmod(count, len(outcomes))
    for number, outcome in enumerate(outcomes):
        prefix = outcome.prefix.prefix
        client = str(CLIENTS[outcome.prefix.family][1])
        for flow in made_flows(prefix, each + (number < further), f"{router} {prefix}"):
            yield _Asking(outcome, flow, client)


def _of_file(outcomes: Sequence[Outcome], of_file: FileOfFlows, count: int) -> list[_Asking]:
    """Return the flows of a file to the prefixes; of more than are wanted, a choice that is always the same."""
    sets = [(outcome, PrefixSet([outcome.prefix.prefix])) for outcome in outcomes]
    sets.sort(key=lambda pair: -int(pair[0].prefix.prefix.rpartition("/")[2]))
    known: dict[str, Outcome | None] = {}
    found = []
    for directions in of_file.flows:
        for flow in directions:
            if flow.destination not in known:
                inside = (outcome for outcome, own in sets if own.holds(flow.destination))
                known[flow.destination] = next(inside, None)
            outcome = known[flow.destination]
            if outcome:
                found.append(_Asking(outcome, flow, flow.source))
                break
    return found if len(found) <= count else Random("flows").sample(found, count)  # noqa: S311 - not a secret


def _answers(polls: Polling, asking: Mapping[str, _Asked], problems: list[str]) -> dict[str, list[Taken]]:
    """Return by router where its kernel sends each flow; why one did not answer is added to the problems."""
    interfaces = _interfaces(polls, asking)
    commands: dict[str, Sequence[str]] = {}
    for router, own in asking.items():
        ways = [interfaces[router].get(each.client) or own.interface for each in own.flows]
        if None in ways:
            client = own.flows[ways.index(None)].client
            problems.append(f"{router}: its kernel was not asked: it has no route back to {client}")
        elif ways:
            questions = zip(own.flows, ways, strict=True)
            commands[router] = lookups(each.flow.question(way or "") for each, way in questions)
    found = {}
    for router, captures in asked(polls, commands).items():
        lines = lines_of(captures)
        reason = next((capture.failure for capture in captures if capture.failure), None)
        wanted = len(asking[router].flows)
        if reason or len(lines) != wanted:
            reason = reason or f"{len(lines):,} answers to {wanted:,} questions"
            if _NOT_FORWARDING in reason:
                reason += "; does it forward packets (net.ipv4.ip_forward, net.ipv6.conf.all.forwarding)?"
            problems.append(f"{router}: its kernel did not answer where it sends flows: {reason}")
        else:
            found[router] = [taken_of(line) for line in lines]
    return found


def _interfaces(polls: Polling, asking: Mapping[str, _Asked]) -> dict[str, dict[str, str]]:
    """Return by router the interface of the route back to each client: there its flows come in."""
    commands = {
        router: lookups((f"route get {client}" for client in dict.fromkeys(f.client for f in own.flows)), goes_on=True)
        for router, own in asking.items()
    }
    found: dict[str, dict[str, str]] = {}
    for router, captures in asked(polls, commands).items():
        answers = ((line.split()[0], taken_of(line)) for line in lines_of(captures))
        found[router] = {client: taken.interface for client, taken in answers if taken.interface}
    return found
