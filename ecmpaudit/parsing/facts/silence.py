"""Whether a command failed because its routing daemon does not run or its interface does not exist: answers too.

The words are the programs' own; what fails for another reason (no permission, no such command) stays unknown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecmpaudit.model.facts import SilentDaemon
from ecmpaudit.parsing.facts.capture_facts import evidence
from ecmpaudit.platforms.unknown_commands import says_unknown_command

if TYPE_CHECKING:
    from ecmpaudit.model import Capture

_NO_DAEMON = re.compile(
    r"Unable to connect to server control socket \([^)]*\): (?:No such file or directory|Connection refused)"
    r"|failed to connect to any daemons\.?(?!.*Hint: if this seems wrong)"
    r"|\b(?P<one>zebra|bgpd) is not running"
)
"""BIRD 2.0.12 and vtysh of FRR 8.4.4, seen in the lab. With the hint, vtysh ran without the rights of root or frrvty:
then it reaches no daemon that runs either.
"""
_ABSENT = re.compile(r'Device "([^"]+)" does not exist|Cannot find device "([^"]+)"')
"""iproute2 6.1; it ends with status 1."""
_ABSENT_SETTING = re.compile(r"\bsysctl: cannot stat /proc/sys/\S+: No such file or directory")
"""procps 4.0; it ends with status 1 after the values of the settings that exist."""
_NO_SUCH_PROTOCOL = re.compile(
    r"\b(?:bgpd|ospfd|ospf6d|ripd|ripngd|bfdd) is not running|\bThere is no BFD protocol running"
    r"|% BGP instance not found|% No BGP process is configured"
    r"|% OSPF(?:6|v3)? (?:is not (?:enabled|running)|instance not found)|\bOSPFv3 is not running"
)
"""vtysh of FRR, and BIRD: the host routes without BGP, without OSPF, or without BFD."""
_HEAD = 500
"""Characters at the head of an answer, or of why it failed, that may be such a message."""


def absent_device(capture: Capture) -> str | None:
    """Return the interface that was asked for and does not exist; None where `ip` said nothing of the kind."""
    absent = _ABSENT.search(f"{capture.text}{_failure(capture)}")
    return absent and (absent[1] or absent[2])


def is_an_answer(capture: Capture) -> bool:
    """Return whether a command that failed answered all the same: what was asked for does not exist on the host."""
    return absent_device(capture) is not None or _ABSENT_SETTING.search(_failure(capture)) is not None


def is_unknown_command(capture: Capture) -> bool:
    """Return whether the host's version does not know the command."""
    return says_unknown_command(capture.failure, capture.text)


def is_not_applicable(capture: Capture) -> bool:
    """Return whether the host has no such thing: its version does not know the command, or it runs no such protocol."""
    return is_unknown_command(capture) or _NO_SUCH_PROTOCOL.search(_said(capture)) is not None


def _said(capture: Capture) -> str:
    return f"{_failure(capture)}\n{capture.text[:_HEAD]}"


def _failure(capture: Capture) -> str:
    """Return the head of why it failed: in a snapshot, that may be of any length."""
    return (capture.failure or "")[:_HEAD]


def silent_daemon(capture: Capture) -> SilentDaemon | None:
    """Return the message of a client that found no daemon; None where the command failed otherwise, or not at all."""
    found = _NO_DAEMON.search(_failure(capture))
    if found is None or capture.router is None:
        return None
    return SilentDaemon(capture.router, found[0], evidence(capture, 1, found[0]), found["one"])
