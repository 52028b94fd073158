"""What runs tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Task = TypeVar("Task")
Result = TypeVar("Result")


class Executor(Protocol):
    """Runs a function of plain data on each of several tasks."""

    def run(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[tuple[int, Result]]:
        """Yield the number of each task, from 0, and its result, as they are done; each once.

        An executor whose time is over leaves out what is not done. An error of a task is raised here. `work` is a
        function of a module, and may be called twice for one task.
        """
