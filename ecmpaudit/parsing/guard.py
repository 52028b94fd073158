"""The guard around each capture: whatever its text does to a reader, the other captures are read.

Readers check what they expect to be wrong. What is left is a fault of this program, and still only of one capture.
"""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from polars.exceptions import PanicException

from ecmpaudit.errors import DamagedOutputError, EcmpauditError, SlowPatternError
from ecmpaudit.parsing.resolved import UNRESOLVED, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_log = logging.getLogger(__name__)
_Read = TypeVar("_Read")
_PACKAGE = Path(__file__).parent.parent
_LONGEST = 200
"""Characters of an error's text that are reported: it may quote a whole document."""


def guarded(capture: Capture, read: Callable[[], _Read]) -> _Read:
    """Return what `read` returns; its errors become errors of this capture.

    Raises:
        DamagedOutputError: `read` met something that it does not expect, or a pattern took too long for the text.
        EcmpauditError: whatever else `read` raises on purpose.
    """
    try:
        return read()
    except SlowPatternError as error:
        raise DamagedOutputError(f"{capture.source}: not understood: {error}") from error
    except EcmpauditError:
        raise
    except (Exception, PanicException) as error:
        _log.info("%s: not understood", capture.source, exc_info=error)
        text = str(error)
        said = f": {text[:_LONGEST]}" if text else ""
        raise DamagedOutputError(
            f"{capture.source}: not understood: {type(error).__name__}{said} ({_place(error)}); this is a fault of "
            "ecmpaudit: please report it with the output"
        ) from error


def resolved_if_readable(capture: Capture) -> Resolved:
    """Return what a capture is an answer to; UNRESOLVED where its text stops the search: who reads it reports that."""
    try:
        return guarded(capture, lambda: resolve(capture))
    except EcmpauditError:
        return UNRESOLVED


def _place(error: BaseException) -> str:
    """Return the innermost line of this package that the error passed."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    return f"{Path(own[-1].filename).relative_to(_PACKAGE)}:{own[-1].lineno}" if own else "unknown place"
