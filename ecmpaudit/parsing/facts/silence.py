"""Whether a client program failed because its routing daemon does not run: that is an answer too.

The words are the programs' own; what fails for another reason (no permission, no such command) stays unknown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecmpaudit.model.facts import SilentDaemon
from ecmpaudit.parsing.facts.told import evidence

if TYPE_CHECKING:
    from ecmpaudit.model import Capture

_NOBODY_THERE = re.compile(
    r"Unable to connect to server control socket \([^)]*\): (?:No such file or directory|Connection refused)"
    r"|failed to connect to any daemons"
)
"""BIRD 2.0.12 and vtysh of FRR 8.4.4, seen in the lab."""


def silent_daemon(capture: Capture) -> SilentDaemon | None:
    """Return what a client said that found no daemon; None where the command failed otherwise, or not at all."""
    found = _NOBODY_THERE.search(capture.failure or "")
    if found is None or capture.router is None:
        return None
    return SilentDaemon(capture.router, found[0], evidence(capture, 1, found[0]))
