"""Which node gets a flow: every known router is asked which next hop its kernel takes for it."""

from __future__ import annotations

import functools
import getpass
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.changes.flows import Flow, Taken, first_routers, parse_flow, taken_of, way_of
from ecmpaudit.changes.names import unknown_name
from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.collectors.kernel_lookups import ADDRESSES, addresses_in, asked, lines_of, lookups
from ecmpaudit.collectors.polling import polling
from ecmpaudit.commands.options import InputOptions, TextFormat
from ecmpaudit.commands.output import configure_logging, write
from ecmpaudit.commands.reading import requested
from ecmpaudit.configuration.patterns import names_matching
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.platforms.registry import platforms
from ecmpaudit.reporting.flow import FlowAnswer, render_flow, render_flow_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.auditing.scope import ScopeOptions
    from ecmpaudit.collectors.polling import Polling
    from ecmpaudit.commands.options import FlowOptions
    from ecmpaudit.model import Capture

_PORTS = tuple(range(1024, 65536, 1009))
"""Asked about where no source port is given."""
_NO_COMMAND = "its vendor documents no command that this program knows"


def flow(options: FlowOptions, scope: ScopeOptions, form: TextFormat, *, verbose: bool) -> int:
    """Print the way and the node of the flow, and return the exit code.

    Raises:
        ConfigurationError: the flow has another form, or there is no router to ask.
    """
    configure_logging(verbose=verbose)
    given = parse_flow(options.source, options.destination)
    request, _ = requested(InputOptions(), scope)
    unknown = [name for name in options.at if name not in request.inventory.routers]
    if unknown:
        raise ConfigurationError(unknown_name(f"--at {unknown[0]}", "router", unknown[0], request.inventory.routers))
    answer = _answer(given, options, request)
    write(render_flow_json(answer) if form is TextFormat.JSON else render_flow(answer), None)
    return answer.code


def _answer(given: Flow, options: FlowOptions, request: Request) -> FlowAnswer:
    inventory = request.inventory
    kernels = [name for name, device in inventory.routers.items() if has_kernel(device.platform)]
    asics = tuple(
        (name, _asking(device.platform or "", given))
        for name, device in inventory.routers.items()
        if name not in kernels
    )
    if not kernels:
        return FlowAnswer(given, (), (), asics)
    targets = [replace(target, alternatives=(), commands=(ADDRESSES,)) for target in targets_of(inventory, kernels)]
    accepted = frozenset(names_matching("--accept-new", options.accept_new, [target.name for target in targets]))
    ask_password = functools.cache(getpass.getpass) if sys.stdin.isatty() else None
    until = time.monotonic() + options.timeout
    flows = [given] if given.source_port else [replace(given, source_port=port) for port in _PORTS]
    with polling(targets, until=until, jobs=options.jobs, accept_new=accepted, ask_password=ask_password) as polls:
        owners, interfaces, failed = _known(polls, kernels, given, request)
        taken, more = takes(polls, interfaces, flows)
    failed = {**failed, **more}
    ways = []
    starts = list(options.at) or first_routers({name: found[0] for name, found in taken.items()}, owners)
    for start in starts:
        of_flows = [
            way_of(
                flow, start, {name: found[number] for name, found in taken.items()}, owners, tuple(inventory.routers)
            )
            for number, flow in enumerate(flows)
        ]
        ways.append((start, tuple(of_flows)))
    return FlowAnswer(given, tuple(ways), tuple(failed.items()), asics)


def has_kernel(platform: str | None) -> bool:
    """Return whether a scan of the platform asks a Linux kernel; one that is not known may have one."""
    if platform is None:
        return True
    return any(entry.command.startswith("ip ") for entry in platforms()[platform].scan_router)


def _asking(platform: str, given: Flow) -> str:
    known = platforms()[platform]
    if not known.exact_route:
        return _NO_COMMAND
    command = known.exact_route.format(
        source=given.source,
        source_port=given.source_port or "PORT",
        destination=given.destination,
        port=given.port,
        protocol=given.protocol,
        number={"tcp": 6, "udp": 17}[given.protocol],
    )
    return f"ask it: {command}"


def _known(
    polls: Polling, kernels: Sequence[str], given: Flow, request: Request
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return whose each address is, by which interface each router's flows come in, and who did not answer."""
    back = f"ip -o route get {given.source}"
    commands: dict[str, Sequence[str]] = {host.target.name: [ADDRESSES] for host in polls.hosts}
    commands |= {name: [ADDRESSES, back] for name in kernels}
    answers = asked(polls, commands)
    owners: dict[str, str] = {}
    interfaces: dict[str, str] = {}
    failed: dict[str, str] = {}
    for name, captures in answers.items():
        owners |= dict.fromkeys(addresses_in(captures[0]), name)
        if name not in kernels:
            continue
        reason = next((capture.failure for capture in captures if capture.failure), None)
        found = taken_of(captures[1].text) if not reason else Taken()
        if found.interface:
            interfaces[name] = found.interface
        else:
            failed[name] = reason or f"it has no route back to {given.source}"
    for node in request.expectations.nodes:
        owners |= dict.fromkeys(node.addresses, node.name)
    # The address of the service is every node's.
    owners.pop(given.destination, None)
    return owners, interfaces, failed


def takes(
    polls: Polling, interfaces: dict[str, str], flows: Sequence[Flow]
) -> tuple[dict[str, list[Taken]], dict[str, str]]:
    """Return by router where its kernel sends each flow, and the routers that did not answer, with the reason."""
    answers = asked(
        polls, {name: lookups(flow.question(interface) for flow in flows) for name, interface in interfaces.items()}
    )
    taken: dict[str, list[Taken]] = {}
    failed: dict[str, str] = {}
    for name in interfaces:
        captures: list[Capture] = answers[name]
        lines = lines_of(captures)
        reason = next((capture.failure for capture in captures if capture.failure), None)
        if reason and "RTNETLINK answers" in reason:
            taken[name] = [Taken(problem=f"no route: {reason.rpartition('RTNETLINK answers: ')[2]}")] * len(flows)
        elif reason or len(lines) != len(flows):
            failed[name] = reason or f"{len(lines)} answers to {len(flows)} questions"
        else:
            taken[name] = [taken_of(line) for line in lines]
    return taken, failed
