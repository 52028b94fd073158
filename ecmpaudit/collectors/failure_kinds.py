"""What kind of failure the reason of a capture is, and in which step it occurred."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FailureKind:
    """The kind of a failure, and its step."""

    kind: str
    step: str


UNKNOWN = FailureKind("other", "command")
_KINDS = tuple(
    (re.compile(pattern, re.IGNORECASE), FailureKind(kind, step))
    for pattern, kind, step in (
        (r"deadline was over", "deadline", "run"),
        (r"s were over; see host_timeout|see host_timeout$", "deadline", "command"),
        (r"^(expected a host name|ssh configuration|(timed out: )?Match exec|Proxy)", "configuration", "route"),
        (r"^(Port |transport |the program ssh)|set LOGNAME", "configuration", "route"),
        (r"^name .* not found|^timed out: name ", "name resolution", "resolve"),
        (r"^connection refused", "refused", "connect"),
        (r"^no route to", "unreachable", "connect"),
        (r"^timed out: no TCP connection", "timed out", "connect"),
        (r"^no TCP connection|jump host could not reach", "not connected", "connect"),
        (r"key exchange did not end within", "timed out", "key exchange"),
        (r"before the SSH key exchange ended", "banner", "key exchange"),
        (r"no algorithm in common|SSH key exchange", "key exchange", "key exchange"),
        (r"^host key of .* is not known", "host key unknown", "host key"),
        (r"^host key of .* changed", "host key changed", "host key"),
        (r"^host key refused", "host key revoked", "host key"),
        (r"^timed out: authentication", "timed out", "login"),
        (r"^authentication (as|at)|^password|^passphrase|^variable ", "authentication", "login"),
        (r"^answer is larger", "too large", "command"),
        (r"^cut off|the connection was lost", "cut short", "command"),
        (r"\bsudo: ", "sudo", "command"),
        (r"^no such command|% ?Unknown command", "unknown command", "command"),
        (r"^the server did not run the command", "no session", "command"),
        (r"password (change required|has expired)", "authentication", "login"),
        (
            r"permission denied|not permitted|access denied|authori[sz]ation (failed|denied)|not authorized",
            "permission",
            "command",
        ),
        (r"restricted: cannot", "permission", "command"),
        (r"^the command failed", "exit status", "command"),
        (r"^timed out|^not asked: .* timed out", "timed out", "command"),
    )
)


def kind_of(failure: str) -> FailureKind:
    """Return the kind and step of a failure; of several that its words fit, that of the earliest step."""
    return next((kind for pattern, kind in _KINDS if pattern.search(failure)), UNKNOWN)
