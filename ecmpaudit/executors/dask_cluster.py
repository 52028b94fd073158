"""Tasks on the workers of a Dask cluster: one that runs already, or one of this machine for this run.

The scheduler gives the tasks of a worker that dies to another one. Where the connection with the scheduler is cut, it
forgets what this client asked for: the client connects anew, and asks for what has no result yet.
"""

from __future__ import annotations

import logging
import math
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import ConfigurationError, EcmpauditError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ecmpaudit.executors.interface import Result, Task

_log = logging.getLogger(__name__)
_LOCAL = re.compile(r"local(?::(?P<workers>[1-9]\d{0,3}))?")
_SCHEDULER = re.compile(r"(?:tcp|tls)://(?:\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):\d{1,5}")
_WORKERS = 2
"""Processes of `local`."""
_MOST_CONNECTIONS = 5
"""To the scheduler, one after the other."""
_WITHOUT_WORKERS = "120s"
"""After which tasks of `local` fail: workers take seconds to start."""
_TO_CONNECT = "30s"
_EXTRA = "--dask needs Dask: pip install 'ecmpaudit[dask]'"


class ConnectionLostError(EcmpauditError):
    """The scheduler is not connected any more, and has forgotten what it was asked."""


@dataclass(frozen=True, slots=True)
class DaskCluster:
    """A cluster by its address, as `checked` takes it."""

    address: str
    until: float = math.inf
    """The moment of the monotonic clock after which no result is waited for."""

    def run(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[tuple[int, Result]]:
        """Yield the number and the result of each task; of those that are not done in time, none.

        Raises:
            ConfigurationError: Dask is not installed, or no scheduler answers there.
            ConnectionLostError: the connection was cut again and again.
        """
        left = dict(enumerate(tasks))
        if not left:
            return
        with _scheduler(self.address, min(len(tasks), _workers(self.address))) as scheduler:
            for _ in range(_MOST_CONNECTIONS):
                try:
                    for number, result in _results(scheduler, work, left, self.until):
                        del left[number]
                        yield number, result
                except ConnectionLostError:
                    _log.warning("%s: the connection was cut; %d tasks are asked for again", self.address, len(left))
                else:
                    return
            if left:
                raise ConnectionLostError(
                    f"{self.address}: the connection was cut {_MOST_CONNECTIONS} times; {len(left)} of {len(tasks)} "
                    "tasks have no result: look at the scheduler's log"
                )


def checked(address: str) -> str:
    """Return an address that can be used: `local`, `local:4`, `tcp://scheduler:8786` or `tls://scheduler:8786`.

    Raises:
        ConfigurationError: it is none.
    """
    if _LOCAL.fullmatch(address) or _SCHEDULER.fullmatch(address):
        return address
    raise ConfigurationError(
        f"--dask {address}: expected tcp://HOST:PORT or tls://HOST:PORT of a scheduler, local, or local:N"
    )


def _workers(address: str) -> int:
    found = _LOCAL.fullmatch(address)
    return int(found["workers"] or _WORKERS) if found else 1


def _distributed() -> Any:
    """Return Dask's library; its log is an error's only, as what it says of a connection is said here."""
    try:
        import distributed  # noqa: PLC0415 - an extra, loaded where it is used
    except ImportError as error:
        raise ConfigurationError(_EXTRA) from error
    for name in ("distributed", "distributed.client", "distributed.worker", "distributed.nanny"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return distributed


@contextmanager
def _scheduler(address: str, workers: int) -> Iterator[str]:
    """Give the address of the scheduler; one of this machine has its workers until the end."""
    if not _LOCAL.fullmatch(address):
        yield address
        return
    distributed = _distributed()
    from dask import config  # noqa: PLC0415 - an extra, loaded where it is used

    from ecmpaudit.executors.local_workers import LOOPBACK, QUIET, local_workers  # noqa: PLC0415 - needs the extra

    # Loopback only: whoever reaches this cluster runs code as this user. Dask would serve HTTP to every network.
    with (
        config.set({**QUIET, "distributed.scheduler.no-workers-timeout": _WITHOUT_WORKERS}),
        distributed.LocalCluster(
            n_workers=0,
            host=LOOPBACK,
            scheduler_kwargs={"dashboard": False},
            dashboard_address=f"{LOOPBACK}:0",
        ) as cluster,
        local_workers(cluster.scheduler_address, workers),
    ):
        yield str(cluster.scheduler_address)


@contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    try:
        client = _distributed().Client(scheduler, timeout=_TO_CONNECT, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise ConfigurationError(
            f"--dask {scheduler}: no scheduler answers there within {_TO_CONNECT}; start one with `dask scheduler`"
        ) from error
    try:
        yield client
    finally:
        client.close()


def _results(
    scheduler: str, work: Callable[[Task], Result], tasks: dict[int, Task], until: float
) -> Iterator[tuple[int, Result]]:
    """Yield the number and the result of each task over one connection; ConnectionLostError where it is cut."""
    seconds = None if until == math.inf else max(0.0, until - time.monotonic())
    dask = _distributed()
    with _client(scheduler) as client:
        try:
            futures = client.map(work, list(tasks.values()), pure=False)
            numbers = {future.key: number for number, future in zip(tuple(tasks), futures, strict=True)}
            waiting = dask.as_completed(futures, loop=client.loop, timeout=seconds)
            del futures
            while (future := _next(waiting)) is not None:
                if future.status in {"cancelled", "lost"}:
                    raise ConnectionLostError(scheduler)
                yield numbers[future.key], future.result()
                future.release()
        except (dask.CancelledError, dask.comm.CommClosedError) as error:
            raise ConnectionLostError(scheduler) from error
        except dask.KilledWorker as error:
            raise EcmpauditError(
                f"{scheduler}: the workers that had one and the same task ended, one after the other: {error}"
            ) from error
        except dask.scheduler.NoWorkerError as error:
            raise EcmpauditError(f"{scheduler}: no worker came, or all have ended: {error}") from error


def _next(waiting: Iterator[Any]) -> Any:
    """Return the next task that is done; None where all are, or the time is over."""
    try:
        return next(waiting, None)
    except TimeoutError:
        return None
