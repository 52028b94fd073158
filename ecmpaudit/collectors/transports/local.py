"""This machine itself: for a scan that runs on the router or node that it asks, without SSH."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.collectors.transports.processes import run_process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.collectors.answer import Answer, Limit
    from ecmpaudit.collectors.answer_budget import AnswerBuffer
    from ecmpaudit.collectors.connection import Access
    from ecmpaudit.collectors.stop import Stop
    from ecmpaudit.collectors.target import Target


@dataclass(slots=True)
class LocalSession:
    """Processes of this machine, run by this user."""

    stop: Stop
    is_open: bool = True
    takes_several: bool = False

    def run(self, command_line: str, limit: Limit, output: AnswerBuffer) -> Answer:
        """Return the answer to the words of a command line; no shell reads them."""
        return run_process(shlex.split(command_line), limit, output, self.stop).answer


@contextmanager
def opened(_: Target, access: Access) -> Iterator[LocalSession]:
    """Yield a session; there is nothing to connect to."""
    yield LocalSession(access.stop)
