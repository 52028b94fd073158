"""Before, during and after the drain of nodes: what it will move, when they are gone, and when they are back.

Nothing here changes a router or a node.
"""

from __future__ import annotations

import functools
import getpass
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.drain import Watch
from ecmpaudit.auditing.run import Material, network_of_material, read_material, routers_without_output
from ecmpaudit.changes.names import Names
from ecmpaudit.changes.placed import Spreading
from ecmpaudit.changes.planned import Change, listed_names
from ecmpaudit.changes.what_if import what_if as outcomes_of
from ecmpaudit.collectors.answer import now
from ecmpaudit.collectors.commands import commands_for
from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.collectors.polling import polling
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.commands.live import known_models, left_open, read_or_ask, refuse_mistyped
from ecmpaudit.commands.options import CollectionOptions, InputOptions, TextFormat
from ecmpaudit.commands.output import configure_logging, terminal_of
from ecmpaudit.commands.reading import Texts, read_for, requested
from ecmpaudit.configuration.patterns import names_matching
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import RouterState
from ecmpaudit.platforms.registry import platforms
from ecmpaudit.reporting.drain import Progress, render_preflight, render_progress
from ecmpaudit.reporting.verdict import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE
from ecmpaudit.reporting.what_if import what_if_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.auditing.scope import ScopeOptions
    from ecmpaudit.changes.drained import Polled
    from ecmpaudit.collectors.polling import Polling
    from ecmpaudit.collectors.target import Target
    from ecmpaudit.commands.options import DrainOptions
    from ecmpaudit.model import Capture

_STABLE_BACK = 3
_CODES = {"gone": EXIT_CLEAN, "back": EXIT_CLEAN, "timeout": EXIT_FINDINGS, "not asked": EXIT_INCOMPLETE}


def drain(options: DrainOptions, scope: ScopeOptions, form: TextFormat, *, verbose: bool) -> int:
    """Print what losing the nodes does, or wait until they are gone or back, and return the exit code.

    Raises:
        ConfigurationError: a node is not known, or nothing says which prefixes and routers to ask.
    """
    configure_logging(verbose=verbose)
    options = replace(options, drained=listed_names(options.drained))
    if options.wait_gone and options.wait_back:
        raise ConfigurationError("--wait-gone and --wait-back: give one of them")
    inputs = InputOptions(options.saved)
    request, texts = requested(inputs, scope)
    if not (options.wait_gone or options.wait_back):
        return _preflight(options, request, texts, form, verbose=verbose)
    return _wait(options, request, is_json=form is TextFormat.JSON)


def _preflight(options: DrainOptions, request: Request, texts: Texts, form: TextFormat, *, verbose: bool) -> int:
    collection = CollectionOptions(jobs=options.jobs, accept_new=options.accept_new)
    change = Change(lose=options.drained, losing="")
    if not options.saved:
        refuse_mistyped(change, request)
    material = read_or_ask(request, InputOptions(options.saved), texts, collection)
    network = network_of_material(material, request)
    names = Names(network, request.expectations.nodes)
    drained = names.matching(change.lose, change.losing)
    change = replace(change, lose=drained)
    spreading = Spreading(of_router=known_models(material))
    open_questions = left_open(network, request)
    result = outcomes_of(network, change, names, spreading, options.minimum, open_questions)
    result = replace(result, not_checked=(*result.not_checked, *_without_output(material, request)))
    is_json = form is TextFormat.JSON
    _, width = terminal_of(None)
    sys.stdout.write(render_preflight(result, drained, is_json=is_json, width=width, verbose=verbose))
    return what_if_code(result)


def _without_output(material: Material, request: Request) -> Iterator[RouterState]:
    """Yield each configured router of which nothing was read; a table without a router's name is that of one."""
    absent = routers_without_output(material, request)
    is_unnamed = any(table.router is None for table in material.tables)
    if len(absent) > is_unnamed:
        for name in absent:
            yield RouterState(name, failure="configured, and without any output here", has_data=False)


def _wait(options: DrainOptions, request: Request, *, is_json: bool) -> int:
    targets = _targets(request)
    accepted = frozenset(names_matching("--accept-new", options.accept_new, [target.name for target in targets]))
    ask_password = functools.cache(getpass.getpass) if sys.stdin.isatty() else None
    known = _known(
        options,
        request,
        functools.partial(collect, jobs=options.jobs, accept_new=accepted, ask_password=ask_password),
    )
    watch = Watch.of(request, [target.name for target in targets], options.drained, known)
    names = [node.name for node in watch.nodes]
    until = time.monotonic() + options.timeout
    with polling(targets, until=until, jobs=options.jobs, accept_new=accepted, ask_password=ask_password) as polls:
        progress = None
        for progress in _Wait(watch, polls, options).polls():
            sys.stdout.write(render_progress(progress, names, is_json=is_json))
            sys.stdout.flush()
    return _CODES[progress.state] if progress else EXIT_INCOMPLETE


def _targets(request: Request) -> list[Target]:
    """Return the routers with the few commands of a poll."""
    if not request.audited:
        raise ConfigurationError("a wait polls the audited prefixes alone: give --pool, or pools in the configuration")
    routers = [target for target in targets_of(request.inventory) if target.name in request.routers]
    found = []
    for target in routers:
        if target.platform is None:
            raise ConfigurationError(f"routers.{target.name}: a poll has to know the platform; add `platform:`")
        commands = commands_for(platforms()[target.platform].scan_poll, request.audited)
        if not commands:
            raise ConfigurationError(
                f"routers.{target.name}: nothing is known that platform {target.platform} could be polled with; add "
                "`poll = [...]` under `[scan]` in its platform.toml"
            )
        found.append(replace(target, commands=commands, follow_ups=()))
    return found


def _known(options: DrainOptions, request: Request, ask: Callable[[Sequence[Target]], list[Capture]]) -> Material:
    """Return what says which addresses the nodes have: a saved scan, or their own answers and the routers' paths."""
    if options.saved:
        inputs = InputOptions(options.saved)
        return read_for(request, inputs, Texts(inputs))
    asked = []
    for target in targets_of(request.inventory, pools=request.audited):
        known = platforms()[target.platform or ""]
        if target.name in request.routers:
            wanted = [each for each in known.scan_router if each.after is None and "{pool}" in each.command]
        else:
            wanted = [each for each in known.scan_node if each.command.startswith("ip ")]
        commands = commands_for(wanted, request.audited)
        asked.append(replace(target, commands=commands, follow_ups=()))
    return read_material(ask(asked), only=request.audited, nodes=request.nodes, routers=request.routers)


@dataclass(slots=True)
class _Wait:
    """One wait."""

    watch: Watch
    polling: Polling
    options: DrainOptions

    def polls(self) -> Iterator[Progress]:
        """Yield the state after each poll; the last one has the end."""
        began, number, in_a_row = time.monotonic(), 0, 0
        before: Polled | None = None
        wanted = self.options.stable or (1 if self.options.wait_gone else _STABLE_BACK)
        while True:
            number += 1
            captures = self.polling.poll()
            answered = now()
            polled = self.watch.polled(captures)
            if before is not None and time.monotonic() >= self.polling.until and polled.unasked:
                polled = before  # the poll was cut at the end of the time: the last complete one counts
            in_a_row = self._in_a_row(polled, before, in_a_row)
            is_over = in_a_row >= wanted
            has_time = not is_over and self.polling.wait(self.options.interval)
            yield Progress(
                state=self._state(polled, is_over=is_over, has_time=has_time),
                number=number,
                time=answered,
                seconds=time.monotonic() - began,
                polled=polled,
                is_for_gone=self.options.wait_gone,
                sizes=_sizes(captures),
            )
            if not has_time:
                return
            before = polled

    def _in_a_row(self, polled: Polled, before: Polled | None, so_far: int) -> int:
        if self.options.wait_gone:
            return so_far + 1 if polled.is_gone else 0
        if not polled.is_full:
            return 0
        return so_far + 1 if before is None or before.listed == polled.listed else 1

    def _state(self, polled: Polled, *, is_over: bool, has_time: bool) -> str:
        if is_over:
            return "gone" if self.options.wait_gone else "back"
        if has_time:
            return "waiting"
        return "not asked" if polled.unasked or (self.options.wait_gone and polled.unknown) else "timeout"


def _sizes(captures: Sequence[Capture]) -> dict[str, int]:
    sizes: Counter[str] = Counter()
    for capture in captures:
        sizes[capture.router or ""] += len(capture.text.encode())
    return dict(sizes)
