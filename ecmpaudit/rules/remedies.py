"""What to do where a host did not answer: the remedy that belongs to the words of the failure.

A user without the right to run a command is the usual one; what is not answered for it is unknown, and never absent.
"""

from __future__ import annotations

import re

_PLAIN = "fix this and run again"
_OF_RIGHTS = (
    (
        # vtysh of FRR 8.4.4 as another user than root and without the group frrvty, seen in the lab.
        re.compile(r"vtysh\.conf due to 'Permission denied'|any daemons.*Hint: if this seems wrong", re.DOTALL),
        "add the user of the scan to the group frrvty on {host}",
    ),
    (
        re.compile(r"control socket.*Permission denied", re.DOTALL),
        "add the user of the scan to the group of BIRD's control socket on {host}",
    ),
    (
        re.compile(
            r"the command failed.*(?:permission denied|access denied|not permitted|not authorized)",
            re.DOTALL | re.IGNORECASE,
        ),
        "allow the user of the scan to run this on {host}",
    ),
)
"""What fails for want of rights, and the remedy beside sudo; the first that matches counts."""


def remedy_for(failure: str, host: str) -> str:
    """Return what to do about a failure, as the start of a hint."""
    for words, remedy in _OF_RIGHTS:
        if words.search(failure):
            return f"{remedy.format(host=host)}, or set `sudo: true` for it in ecmpaudit.yaml, and run again"
    return _PLAIN
