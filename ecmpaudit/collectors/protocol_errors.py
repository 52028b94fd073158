"""What paramiko may raise while it talks to a peer, and keeping paramiko's own log off the terminal.

Its thread reads the peer's packets, and whatever goes wrong there is raised again in ours: a peer that sends
nonsense can cause each of these. One such router must not end the run for the others.
"""

from __future__ import annotations

import logging
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

import paramiko
from cryptography.exceptions import InvalidSignature, InvalidTag

if TYPE_CHECKING:
    from typing import Final

PROTOCOL_ERRORS: Final = (
    paramiko.SSHException,
    OSError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    struct.error,
    InvalidSignature,
    InvalidTag,
)


class Closable(Protocol):
    """A connection or a process that ends when it is closed, from any thread."""

    def close(self) -> object:
        """End it; once more does nothing."""


def silence_paramiko() -> None:
    """Keep paramiko's log lines, errors too, away from the terminal: the captures say what failed."""
    logger = logging.getLogger("paramiko")
    logger.propagate = False
    if not logger.handlers:
        # Without any handler Python itself prints warnings to stderr.
        logger.addHandler(logging.NullHandler())


def close_quietly(connection: Closable) -> None:
    """Close a connection; to a channel that means a message to a peer which may be gone, and that is no error."""
    with suppress(*PROTOCOL_ERRORS):
        connection.close()


def text_of(error: BaseException | None) -> str:
    """Return what an error says, in one line; its name if it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__
