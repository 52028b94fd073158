"""Asking hosts by the workers of a Dask cluster (`scan --dask`): one task for each host, and only rows and facts back.

No secret is part of a task: a worker has its own keys, agent, known_hosts and variables.
"""

from __future__ import annotations

import functools
import math
import pickle
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.portions import refuse_other_version
from ecmpaudit.auditing.run import Reading
from ecmpaudit.auditing.shown_hosts import ShownHost, commands_again, material_of_shown, shown_host, with_later
from ecmpaudit.collectors.answer import Answer, now
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.compression import packed_with_zstd, unpacked_from_zstd
from ecmpaudit.collectors.connection import Access
from ecmpaudit.collectors.conversation import capture_of
from ecmpaudit.collectors.host_connection import by_host
from ecmpaudit.collectors.key_files import NobodyToAskError, Secrets
from ecmpaudit.collectors.ssh import DEADLINE, collect
from ecmpaudit.collectors.stop import Stop
from ecmpaudit.collectors.target import prefix_words
from ecmpaudit.commands.asking import progress_bar, targets_again
from ecmpaudit.configuration.transports import TransportName
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.executors.dask_cluster import DaskCluster, checked
from ecmpaudit.version import __version__
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.auditing.run import Material
    from ecmpaudit.collectors.target import Target
    from ecmpaudit.commands.options import CollectionOptions
    from ecmpaudit.executors.interface import Executor

_REFUSED = {
    "save": "a snapshot needs the texts, which do not leave the workers: leave --save out, or scan a part on each "
    "machine with --limit and --save",
    "accept_new": "a key that is accepted would be known to one worker only: accept it once without --dask, and give "
    "every worker that known_hosts",
    "exec_pods": "pods are asked by this process; leave one of both out",
    "connect_rate": "workers do not know of each other's connections: start few, and leave --connect-rate out",
}
"""By option, why it does not go with --dask and what to do."""
_NOBODY = (
    "a secret cannot be typed into a worker of --dask: give the worker the key or its agent, or set password_env or "
    "passphrase_env, and the variable where the worker runs"
)


@dataclass(frozen=True, slots=True)
class HostTask:
    """The targets of one host, as plain data; those of one name are in one task."""

    targets: tuple[Target, ...]
    reading: Reading
    memory: int | None
    """MiB that the texts may take; None: the default."""
    until: float
    """When asking ends, in seconds since 1970: a monotonic clock is that of one machine."""
    reading_until: float
    version: str
    """Of the program that asks: what comes back are its own types."""
    is_again: bool = False
    """It was asked before: where one answer fails now, only what failed comes back."""


def ask_host(task: HostTask) -> bytes:
    """Return what the targets of a host show, packed for the way; never raises for what the host does.

    Raises:
        ConfigurationError: the worker has another version of this program.
    """
    refuse_other_version(task.version)
    budget = AnswerBudget(task.memory, _shifted(task.reading_until, time.monotonic() - time.time()))
    until = None if task.until == math.inf else _shifted(task.until, time.monotonic() - time.time())
    captures = collect(task.targets, jobs=len(task.targets), ask_password=_nobody, until=until, budget=budget)
    shown = []
    for name in dict.fromkeys(target.name for target in task.targets):
        own = [capture for capture in captures if capture.router == name]
        failed = [capture for capture in own if not capture.is_complete] if task.is_again else []
        host = shown_host(name, failed or own, task.reading, budget)
        shown.append(replace(host, asked=tuple(replace(capture, text="", file=None) for capture in own)))
    return packed_with_zstd(pickle.dumps(shown, pickle.HIGHEST_PROTOCOL))


def _shifted(moment: float, by: float) -> float:
    return moment if moment == math.inf else moment + by


def _nobody(_: str) -> NoReturn:
    raise NobodyToAskError(_NOBODY)


@dataclass(frozen=True, slots=True)
class Workers:
    """The workers of a cluster, and how long they may take."""

    executor: Executor
    options: CollectionOptions
    until: float = math.inf
    """When asking ends, by the monotonic clock of this process."""
    reading_until: float = math.inf
    is_local: bool = True
    """They are of this machine."""

    @classmethod
    def of(cls, options: CollectionOptions, address: str, until: float | None, reading_until: float) -> Workers:
        """Return the workers at an address.

        Raises:
            ConfigurationError: it is none, or another option does not go with it.
        """
        for field, why in _REFUSED.items():
            if getattr(options, field):
                option = "--exec" if field == "exec_pods" else f"--{field.replace('_', '-')}"
                raise ConfigurationError(f"--dask with {option}: {why}")
        cluster = DaskCluster(checked(address), reading_until)
        return cls(cluster, options, math.inf if until is None else until, reading_until, address.startswith("local"))

    def asked(self, targets: Sequence[Target], request: Request) -> Material:
        """Return what the targets show; route tables of a router that differ are asked for once more.

        Raises:
            ConfigurationError: a target cannot be asked by workers, or the cluster cannot be used.
        """
        self._refuse(targets)
        reading = Reading(tuple(request.audited), request.nodes, frozenset(request.routers))
        memory = self.options.memory or request.memory
        shown = self._shown(targets, reading, memory)
        repeated = commands_again([*shown.values()], reading, request)
        if repeated:
            asked = [capture for host in shown.values() for capture in host.asked]
            again = targets_again(targets, repeated, asked)
            # a host that shows itself to be a node is one for the later answers too
            known = frozenset(name for target in again for name in shown[target.name].gathered.all_nodes)
            later = self._shown(again, replace(reading, nodes=reading.nodes | known), memory, is_again=True)
            shown |= {name: with_later(shown[name], host) for name, host in later.items()}
        return material_of_shown([*shown.values()], reading)

    def _refuse(self, targets: Sequence[Target]) -> None:
        """Raise ConfigurationError for what cannot be asked from anywhere."""
        for target in targets:
            prefix_words(target)
        pods = [target.name for target in targets if target.pod]
        if pods:
            raise ConfigurationError(f"--dask with pods: {_REFUSED['exec_pods']}: {listed(pods)}")
        local = [target.name for target in targets if target.transport == TransportName.LOCAL]
        if local and not self.is_local:
            raise ConfigurationError(
                f"--dask with transport local: a worker on another machine would ask itself in place of "
                f"{listed(local)}; use --dask local:N, or another transport"
            )

    def _shown(
        self, targets: Sequence[Target], reading: Reading, memory: int | None, *, is_again: bool = False
    ) -> dict[str, ShownHost]:
        """Return what each host shows, by name in the order of the targets; each counts once."""
        to_wall = time.time() - time.monotonic()
        until, reading_until = _shifted(self.until, to_wall), _shifted(self.reading_until, to_wall)
        tasks = [
            HostTask(
                tuple(host), reading.of_hosts([target.name for target in host]), memory, until, reading_until,
                __version__, is_again,
            )
            for host in hosts_of(targets)
        ]  # fmt: skip
        found: dict[str, ShownHost] = {}
        with progress_bar(len(targets)) as answered:
            for number, packed in self.executor.run(ask_host, tasks):
                found |= {host.name: host for host in _unpacked(packed)}
                for target in tasks[number].targets:
                    answered(target.name)
        late = [target for target in targets if target.name not in found]
        found |= {name: _late(name, late, reading) for name in {target.name for target in late}}
        return {target.name: found[target.name] for target in targets}


def hosts_of(targets: Sequence[Target]) -> list[list[Target]]:
    """Return the targets of each host, and of each name, together, in their order."""
    together: dict[str, set[int]] = {}
    for places in by_host(targets, Access(Secrets(None), Stop(), frozenset())):
        names = {targets[place].name for place in places}
        joined = set(places).union(*(together[name] for name in names if name in together))
        together |= dict.fromkeys((targets[place].name for place in joined), joined)
    hosts = {min(places): sorted(places) for places in together.values()}
    return [[targets[place] for place in hosts[first]] for first in sorted(hosts)]


def _unpacked(packed: bytes) -> list[ShownHost]:
    shown: list[ShownHost] = pickle.loads(unpacked_from_zstd(packed))  # noqa: S301 - of our own workers, as all of Dask
    return shown


def _late(name: str, targets: Sequence[Target], reading: Reading) -> ShownHost:
    """Return a host of which no worker had an answer before the deadline."""
    answer = Answer(failure=f"no answer: {DEADLINE}", is_given_up=True)
    failed = functools.partial(capture_of, answer=answer, started=now())
    captures = [failed(target, command) for target in targets if target.name == name for command in target.commands]
    return shown_host(name, captures, reading, AnswerBudget())
