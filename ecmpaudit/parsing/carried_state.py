"""What one chunk of a text carries over to the next: the counts of lines and routes, and the last VRF and prefix.

Each chunk publishes only what it adds itself, so none waits for another before it publishes.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class CarriedState:
    """What some lines add to the state in which the lines below them are read."""

    lines: int = 0
    routes: int = 0
    filled: Mapping[str, str] = field(default_factory=dict)
    """The last text of each Filldown value that these lines set."""

    def followed_by(self, later: CarriedState) -> CarriedState:
        """Return the state after both; where both set a Filldown value, the later text counts."""
        return CarriedState(self.lines + later.lines, self.routes + later.routes, {**self.filled, **later.filled})


class StateChain:
    """The states of all chunks of one text, each published by the thread that reads the chunk."""

    def __init__(self, chunks: int) -> None:
        self._added: list[Future[CarriedState]] = [Future() for _ in range(chunks)]

    def publish(self, chunk: int, added: CarriedState) -> None:
        """Set what this chunk adds; done once for each chunk that is read."""
        self._added[chunk].set_result(added)

    def fail(self, chunk: int, error: BaseException) -> None:
        """Raise this error in every chunk that waits for the state of this one; ignored after `publish`."""
        if not self._added[chunk].done():
            self._added[chunk].set_exception(error)

    def before(self, chunk: int) -> CarriedState:
        """Wait for all earlier chunks, and return the state in which this one begins.

        Raises:
            BaseException: what `fail` was called with for an earlier chunk.
        """
        earlier = (added.result() for added in self._added[:chunk])
        return reduce(CarriedState.followed_by, earlier, CarriedState())
