"""Signals that end the program: it ends in order, so that its temporary files are removed."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGHUP)
_SHIFT = 128
"""What a shell adds to the number of a signal for the exit code."""


def end_in_order() -> None:
    """End with exit code 143 on SIGTERM and 129 on SIGHUP, as a shell shows it; one that is ignored stays so."""
    for number in _ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)  # the second one ends the program at once
    sys.exit(_SHIFT + number)
