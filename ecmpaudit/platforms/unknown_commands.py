"""What programs print for a command that their version does not have."""

from __future__ import annotations

import re

_UNKNOWN = re.compile(
    r"(?:^|: )% (?:Unknown command|Invalid input|Unrecognized command|Command incomplete|Ambiguous command)"
    r"|(?:^|: )(?i:syntax error)(?:[,:]|\s*$)"
    r"|(?:^|: )(?:No such command|Unrecognized command|unknown command\b)"
    r'|\b(?:Object|Option) "[^"]+" is unknown, try "ip '
    r"|\bsysctl: .*\bunknown key\b"
    r"|(?:^|: )(?:Error: )?unknown (?:shorthand )?flag: "
    r"|\bRTNETLINK answers: Operation not supported"
    r'|\bcrm: (?:command )?not found|exec: "crm": executable file not found'
    r"|(?:^|: )\S*\b(?:ip|vtysh|birdcl?6?|gobgp|sysctl): (?:un(?:recogni[sz]ed|known)|invalid|illegal) option\b"
    r"|(?:^|: )(?i:usage:)\s+(?:\S*/)?(?:ip|vtysh|birdcl?6?|gobgp|sysctl)\b",
    re.MULTILINE,
)
"""vtysh of FRR, BIRD, iproute2, procps, BusyBox and GoBGP: a version prints this for what it does not have.

`Operation not supported` is what a kernel without next-hop objects (before 5.3) answers to `ip nexthop`, and a SONiC
whose containers are logged in to has no `crm`.

The last ones are a program's own lines about its use; those of what runs it (sudo, docker) are failures.
"""
_HEAD = 500
"""Characters at the head of an answer, or of why it failed, that may be such a message."""


def says_unknown_command(failure: str | None, text: str) -> bool:
    """Return whether an answer, or why it failed, says that the command is not known."""
    return _UNKNOWN.search(f"{(failure or '')[:_HEAD]}\n{text[:_HEAD]}") is not None
