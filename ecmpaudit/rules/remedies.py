"""What to do where a host did not answer: the remedy that belongs to the words of the failure.

A user without the right to run a command is the usual one; what is not answered for it is unknown, and never absent.
"""

from __future__ import annotations

import re

_PLAIN = "fix this and run again"
_OR_SUDO = ", or set `sudo: true` for it in ecmpaudit.yaml, and run again"
_REMEDIES = (
    (
        re.compile(r"\bsudo: "),
        "let the user of the scan use sudo without a password on {host} (docs/least-privilege.md), and run again",
    ),
    (
        # vtysh of FRR 8.4.4 as another user than root and without the group frrvty, seen in the lab.
        re.compile(r"vtysh\.conf due to 'Permission denied'|any daemons.*Hint: if this seems wrong", re.DOTALL),
        f"add the user of the scan to the group frrvty on {{host}}{_OR_SUDO}",
    ),
    (
        re.compile(r"control socket.*Permission denied", re.DOTALL),
        f"add the user of the scan to the group of BIRD's control socket on {{host}}{_OR_SUDO}",
    ),
    (
        re.compile(
            r"the command failed.*(?:permission denied|access denied|not permitted|not authorized)",
            re.DOTALL | re.IGNORECASE,
        ),
        f"allow the user of the scan to run this on {{host}}{_OR_SUDO}",
    ),
    (
        re.compile(r"no exit status arrived|the connection was lost"),
        "look into the log of the SSH server on {host} for what ended the connection or the command, and run again",
    ),
    (re.compile(r"\(MaxSessions\?\)"), "raise MaxSessions in the sshd_config of {host}, and run again"),
)
"""Words of a failure, and what to do; the first that matches counts."""


def remedy_for(failure: str, host: str) -> str:
    """Return what to do about a failure, as the start of a hint."""
    return next((remedy.format(host=host) for words, remedy in _REMEDIES if words.search(failure)), _PLAIN)
