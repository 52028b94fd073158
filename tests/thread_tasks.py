"""The same tasks in threads of this process, to compare what Dask gives with."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.collectors.compression import unpacked_from_zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ecmpaudit.executors.interface import Result, Task


@dataclass(frozen=True, slots=True)
class Threads:
    """At most `workers` tasks are run at once."""

    workers: int

    def run(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[tuple[int, Result]]:
        """Yield the number and the result of each task."""
        with ThreadPoolExecutor(self.workers, thread_name_prefix="ecmpaudit-task") as pool:
            numbers = {pool.submit(work, task): number for number, task in enumerate(tasks)}
            try:
                for future in as_completed(numbers):
                    yield numbers.pop(future), future.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


class Seen:
    """One thread that keeps what travels: each task, pickled with its function, and each result, unpacked."""

    def __init__(self) -> None:
        self.tasks: list[bytes] = []
        self.results: list[bytes] = []

    def run(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[tuple[int, Result]]:
        """Run the tasks, and keep each with its result."""
        for number, result in Threads(1).run(work, tasks):
            assert isinstance(result, bytes)
            self.tasks.append(pickle.dumps((work, tasks[number])))
            self.results.append(unpacked_from_zstd(result))
            yield number, result
