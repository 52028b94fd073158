"""Worker processes of this machine, for one run: `python -m ecmpaudit.executors.local_workers SCHEDULER WORKERS`.

Dask's library is loaded once, and each worker is a copy of the process that did so. A copy lacks the threads of its
original: libraries that start some, as polars, are loaded by each worker itself. The end of standard input ends all
workers; it comes however the process ends that began them.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from functools import partial
from multiprocessing import connection, get_context
from typing import TYPE_CHECKING

from distributed import Worker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.process import BaseProcess

LOOPBACK = "127.0.0.1"
_STDIN = 0
QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.scheduler.active-memory-manager.start": False,
}
"""Settings of Dask: what it would measure many times a second, for a dashboard that is off."""
_ENVIRONMENT = {
    "DASK_LOGGING__DISTRIBUTED": "critical",
    **dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
    **{f"DASK_{key.replace('.', '__').replace('-', '_').upper()}": str(value) for key, value in QUIET.items()},
}
"""Workers share standard error with this process, and the cores of this machine; numpy has no threads to copy."""
_MOST_REPLACED = 100
"""Workers that died; a task may end four before it is an error."""


@contextmanager
def local_workers(scheduler: str, workers: int) -> Iterator[None]:
    """Have workers of this machine at a scheduler until the end; one that dies is replaced."""
    environment = {**os.environ, **_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    # A session of its own: Ctrl-C is this process's, which ends the workers in order.
    with subprocess.Popen(  # noqa: S603 - this program itself
        [sys.executable, "-P", "-m", __name__, scheduler, str(workers)],  # -P: nothing is imported from this folder
        stdin=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    ):
        yield


def main(scheduler: str, workers: int) -> None:
    """Have as many workers as are wanted until standard input ends."""
    with tempfile.TemporaryDirectory(prefix="ecmpaudit-dask-") as folder:
        start = partial(_started, scheduler, folder)
        left = _MOST_REPLACED
        running = [start() for _ in range(workers)]
        try:
            while running and _STDIN not in (ended := connection.wait([_STDIN, *(one.sentinel for one in running)])):
                dead = [worker for worker in running if worker.sentinel in ended]
                running = [worker for worker in running if worker not in dead]
                running += [start() for _ in dead[:left]]
                left -= min(left, len(dead))
        finally:
            for worker in running:
                worker.kill()
            for worker in running:
                worker.join()


def _started(scheduler: str, folder: str) -> BaseProcess:
    worker = get_context("fork").Process(target=_work, args=(scheduler, folder))
    worker.start()
    return worker


def _work(scheduler: str, folder: str) -> None:
    """Do tasks until the scheduler ends; each failure is a result, and Dask repeats a late heartbeat by itself."""
    logging.disable()
    asyncio.run(_finished(scheduler, folder))


async def _finished(scheduler: str, folder: str) -> None:
    async with Worker(
        scheduler,
        nthreads=1,
        memory_limit=0,
        host=LOOPBACK,
        dashboard_address=f"{LOOPBACK}:0",
        local_directory=folder,
    ) as worker:
        await worker.finished()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
