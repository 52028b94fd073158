"""What a transport is: it opens a session on a host, runs commands there within bounds, and closes it.

A transport is a function `opened(target, access)` in a module of its own, a context manager that yields a session. It
raises CollectionError where the host cannot be reached, ConnectionFailedError where a second try may help; the message
says why, and what to do. A session raises nothing for what the host does: its answers have the failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ecmpaudit.collectors.answer import Answer, Limit
    from ecmpaudit.collectors.answer_budget import AnswerBuffer
    from ecmpaudit.collectors.connection import Access
    from ecmpaudit.collectors.target import Target


class Session(Protocol):
    """One host that is ready to be asked."""

    takes_several: bool
    """A line for a shell that runs several commands may be given to it; false as soon as the host ran none."""

    @property
    def is_open(self) -> bool:
        """Whether a further command can be sent."""

    def run(self, command_line: str, limit: Limit, output: AnswerBuffer) -> Answer:
        """Return the answer to one command, complete or with its failure; what arrives is put into `output`.

        The command line has the target's prefix in it, and is quoted for a shell.
        """


class Transport(Protocol):
    """What opens sessions."""

    def __call__(self, target: Target, access: Access, /) -> AbstractContextManager[Session]:
        """Return a context in which the target can be asked; at its end the session is closed."""
