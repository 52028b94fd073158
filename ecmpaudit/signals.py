"""Signals that end the program: it ends in order, so that its temporary files are removed."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_SHIFT = 128
"""What a shell adds to the number of a signal for the exit code."""

_asked: list[int] = []
"""The exit codes of the signals that came; the exception that one raises can be lost, see `end_if_asked`."""


def end_in_order() -> None:
    """End with exit code 143 on SIGTERM and 129 on SIGHUP, as a shell shows it; one that is ignored stays so."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            end_with(_SHIFT + number, number)


def end_with(code: int, number: int) -> None:
    """End with this exit code on this signal."""

    def end(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)  # the second one ends the program at once
        _asked.append(code)
        sys.unraisablehook = _report_unless_ending
        sys.exit(code)

    signal.signal(number, end)


def _report_unless_ending(lost: sys.UnraisableHookArgs) -> None:
    """Report an exception that Python discards, but for the one that ends the program: see `end_if_asked`."""
    if not isinstance(lost.exc_value, SystemExit):
        sys.__unraisablehook__(lost)


def end_if_asked() -> None:
    """Raise SystemExit if a signal came that ends the program; whoever waits for long asks this at each tick.

    Python discards an exception that a signal raises inside a finaliser or a callback of a weak reference, and a thread
    that is just about to sleep on a lock sleeps on.
    """
    if _asked:
        sys.exit(_asked[0])


def end_soon(seconds: float) -> None:
    """End after so many seconds with the exit code of the signal that came, if threads still keep the program then.

    Until then it ends in order, so that temporary files are removed.
    """
    code = _asked[0] if _asked else _SHIFT + signal.SIGINT
    end = threading.Timer(seconds, os._exit, (code,))
    end.daemon = True
    end.start()
