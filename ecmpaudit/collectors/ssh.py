"""Asking routers and nodes over SSH: several at once, one login for each host, one capture for each command, always.

A router that fails costs the others nothing: its captures say why. Importing this module loads paramiko, so the
command line imports it only when it scans.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer import Answer, now
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.commands import commands_after
from ecmpaudit.collectors.connection import Access
from ecmpaudit.collectors.conversation import Conversation, capture_of, not_asked
from ecmpaudit.collectors.detection import detected
from ecmpaudit.collectors.host_connection import HostConnection, KeptConnections, by_host
from ecmpaudit.collectors.key_files import Secrets
from ecmpaudit.collectors.pace import Pace, jittered
from ecmpaudit.collectors.protocol_errors import silence_paramiko
from ecmpaudit.collectors.stop import TICK, Stop
from ecmpaudit.collectors.target import prefix_words
from ecmpaudit.collectors.tcp import ConnectionFailedError
from ecmpaudit.errors import CollectionError
from ecmpaudit.signals import end_if_asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from typing import TypeAlias

    from ecmpaudit.collectors.target import Target
    from ecmpaudit.model import Capture

    _Asked: TypeAlias = Future[list[list[Capture]]]

RETRY_AFTER = 1.0
"""Seconds before the one further try after a connection failure, more or less: not all come back at once."""
DEADLINE = "the run's deadline was over (--deadline)"


def collect(
    targets: Sequence[Target],
    *,
    jobs: int = 10,
    on_answer: Callable[[str], None] | None = None,
    accept_new: frozenset[str] = frozenset(),
    ask_password: Callable[[str], str] | None = None,
    until: float | None = None,
    budget: AnswerBudget | None = None,
    kept: KeptConnections | None = None,
) -> list[Capture]:
    """Return one capture for each command of each target, in their order, complete or with its failure.

    At most `jobs` targets are asked at once. `on_answer` gets a target's name, in the caller's thread, when the target
    is done. The unknown host keys of the targets named in `accept_new` are accepted and written down.
    `ask_password` gets a prompt and returns what was typed; it is called from one thread at a time.
    What has not answered `until` then, by time.monotonic(), is ended, and what was not begun is not asked any more.
    The answers share the `budget`. Connections of an earlier turn are used that are `kept`, which gets those of this
    one; what of the above concerns connecting is then that of the first turn.
    Raises ConfigurationError for a command prefix that is no list of words.
    """
    silence_paramiko()
    for target in targets:
        prefix_words(target)
    kept = kept or KeptConnections(())
    access = kept.access or Access(
        Secrets(ask_password), Stop(), accept_new, budget or AnswerBudget(), pace=Pace(kept.connect_rate)
    )
    kept.access = access
    with ThreadPoolExecutor(max_workers=max(1, jobs), thread_name_prefix="ecmpaudit-ssh") as pool:
        try:
            hosts = by_host(targets, access)
            asked = {pool.submit(_ask_host, [targets[place] for place in host], access, kept): host for host in hosts}
            for future in _done(list(asked), until, access.stop):
                if on_answer is not None:
                    for place in asked[future]:
                        on_answer(targets[place].name)
            captures = {
                place: answers
                for future, host in asked.items()
                for place, answers in zip(host, _results(future, [targets[place] for place in host]), strict=True)
            }
            return [capture for place in range(len(targets)) for capture in captures[place]]
        except BaseException:
            # Also Ctrl-C: connections are closed now, so that the pool's threads end and can be waited for.
            pool.shutdown(wait=False, cancel_futures=True)
            access.stop.now()
            raise


def _done(asked: Sequence[_Asked], until: float | None, stop: Stop) -> Iterator[_Asked]:
    """Yield what is done as it gets done, until all is, or until the deadline: then what still runs is ended."""
    done: SimpleQueue[_Asked] = SimpleQueue()
    for each in asked:
        each.add_done_callback(done.put)
    left = len(asked)
    while left:
        end_if_asked()
        try:
            future = done.get(timeout=TICK if until is None else max(0.0, min(TICK, until - time.monotonic())))
        except Empty:
            if until is None or time.monotonic() < until:
                continue
            for each in asked:
                each.cancel()
            stop.now(f"no answer: {DEADLINE}")
            return
        left -= 1
        future.result()
        yield future


def _results(future: _Asked, host: Sequence[Target]) -> list[list[Capture]]:
    return [_all(target, not_asked(DEADLINE), now()) for target in host] if future.cancelled() else future.result()


def _ask_host(targets: Sequence[Target], access: Access, kept: KeptConnections) -> list[list[Capture]]:
    """Return the captures of each target, one after the other on the host's one connection."""
    connection = kept.take(targets[0], access)
    try:
        return [_ask_target(target, connection) for target in targets]
    finally:
        kept.give_back(targets[0], connection)


def _ask_target(target: Target, connection: HostConnection) -> list[Capture]:
    """Return the target's captures; never raises for what the target does."""
    if not target.commands and not target.alternatives:
        return []
    started, stop = now(), connection.access.stop
    if connection.failure is None:
        try:
            return _ask_twice(target, connection)
        except CollectionError as error:
            connection.failure = str(error)
    return _all_failed(target, stop, connection.failure, started)


def _ask_twice(target: Target, connection: HostConnection) -> list[Capture]:
    """Return the captures; where nothing could be connected, after one further try."""
    try:
        return _ask_connected(target, connection)
    except ConnectionFailedError as error:
        first = error
    connection.access.stop.sleep(jittered(RETRY_AFTER))
    try:
        return _ask_connected(target, connection)
    except ConnectionFailedError as error:
        raise CollectionError(f"{first} (tried twice)") from error


def _ask_connected(target: Target, connection: HostConnection) -> list[Capture]:
    asked_by, access = target.transport, connection.access
    conversation = Conversation(target, connection.session_for(target), access.stop, access.budget)
    if target.alternatives:
        known = detected(target, conversation.ask, access.budget)
        if isinstance(known, str):
            return [capture_of(target, target.commands[0], Answer(failure=known), now())]
        target = conversation.target = known
    if target.transport == asked_by:
        return _answers(conversation, access)
    # The platform's own transport: a terminal, where that is a vendor's command line.
    return _ask_connected(target, connection)


def _answers(conversation: Conversation, access: Access) -> list[Capture]:
    target = conversation.target
    captures = conversation.ask_all(target.commands)
    later = commands_after(target, captures, access.budget)
    captures += conversation.ask_all(later.asked)
    return captures + [
        capture_of(target, command, Answer(failure=reason), now()) for command, reason in later.not_asked
    ]


def _all_failed(target: Target, stop: Stop, reason: str, started: str) -> list[Capture]:
    return _all(target, Answer(failure=stop.reason or reason, is_given_up=stop.reason is not None), started)


def _all(target: Target, answer: Answer, started: str) -> list[Capture]:
    return [capture_of(target, command, answer, started) for command in target.commands]
