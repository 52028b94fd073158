"""Whether a command failed because its routing daemon does not run or its interface does not exist: answers too.

The words are the programs' own; what fails for another reason (no permission, no such command) stays unknown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecmpaudit.model.facts import SilentDaemon
from ecmpaudit.parsing.facts.capture_facts import evidence

if TYPE_CHECKING:
    from ecmpaudit.model import Capture

_NO_DAEMON = re.compile(
    r"Unable to connect to server control socket \([^)]*\): (?:No such file or directory|Connection refused)"
    r"|failed to connect to any daemons"
)
"""BIRD 2.0.12 and vtysh of FRR 8.4.4, seen in the lab."""
_ABSENT = re.compile(r'Device "([^"]+)" does not exist|Cannot find device "([^"]+)"')
"""iproute2 6.1; it ends with status 1."""


def absent_device(capture: Capture) -> str | None:
    """Return the interface that was asked for and does not exist; None where `ip` said nothing of the kind."""
    absent = _ABSENT.search(f"{capture.text}{capture.failure or ''}")
    return absent and (absent[1] or absent[2])


def silent_daemon(capture: Capture) -> SilentDaemon | None:
    """Return the message of a client that found no daemon; None where the command failed otherwise, or not at all."""
    found = _NO_DAEMON.search(capture.failure or "")
    if found is None or capture.router is None:
        return None
    return SilentDaemon(capture.router, found[0], evidence(capture, 1, found[0]))
