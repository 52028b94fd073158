"""The same tasks in threads of this process, to compare what Dask gives with."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
