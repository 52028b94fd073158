"""What OpenSSH's client says when it cannot log in, or a session ends early, in the words of our other transports.

Its exit status is 255 for all of its own failures, so what it wrote to standard error decides. The words are those of
OpenSSH 9.2, seen in tests/test_openssh.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.collectors.tcp import ConnectionFailedError
from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    from ecmpaudit.collectors.answer import Answer
    from ecmpaudit.collectors.target import Target
    from ecmpaudit.collectors.transports.processes import RunProcess

OWN_STATUS = 255
"""The exit status of the client for a failure of its own."""
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class _Known:
    """A failure by what ssh says of it."""

    pattern: str
    message: str
    may_be_tried_again: bool = False


_AUTHENTICATION = (
    "authentication as {user} at {host} failed: ssh says {said}; check user, key, and the server's authorized keys; "
    "ssh cannot ask for anything (BatchMode), so a key has to be in the agent, or without a passphrase"
)
_HOST_KEY = (
    "host key of {host} is not known: {said}; verify it, then run `ssh {host}` once, or `ecmpaudit scan --accept-new "
    "{name}`"
)
_BANNER = (
    "connection closed by {host} before the SSH key exchange ended (not an SSH server, or too many connections: "
    "MaxStartups): ssh says {said}"
)
_SLOW = (
    "timed out: {host} took the connection, but the SSH key exchange did not end within {seconds:g} s; is it an SSH "
    "server? See connect_timeout"
)
_NAME = "name {host!r} not found: set `host` in ecmpaudit.yaml, or HostName in the ssh configuration; ssh says {said}"
_LATE = "timed out: no TCP connection to {place} within {seconds:g} s; see connect_timeout"
_CHANGED = (
    "host key of {host} changed: {said}; if that is right, remove the old line with ssh-keygen -R, and scan again"
)
_KNOWN = (
    _Known(r"Bad configuration option|Bad owner|terminating, \d+ bad|: line \d+: ", "ssh configuration: {said}"),
    _Known(r"jumphost loop", "ProxyJump: ssh says {said}: a jump host may be on the way once, by one name"),
    _Known(r"Could not resolve hostname", _NAME),
    _Known(r"stdio forwarding failed|open failed: ", "the jump host could not reach {host}: ssh says {said}", True),
    _Known(r"timed out during banner|banner exchange.*timed out|Connection to .* timed out|not responding", _SLOW),
    _Known(r"connect to host .* refused", "connection refused by {place}: does sshd run and listen there?", True),
    _Known(r"connect to host .* timed out", _LATE, True),
    _Known(r"connect to host .* (No route|Network is unreach)", "no route to {place}: ssh says {said}", True),
    _Known(r"connect to host ", "no TCP connection to {place}: ssh says {said}", True),
    _Known(r"Unable to negotiate|no matching ", "{host} and ssh have no algorithm in common: ssh says {said}"),
    _Known(r"REVOKED|revoked", "host key refused: ssh says that the key of {host} is revoked: {said}"),
    _Known(r"REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed", _CHANGED),
    _Known(r"host key is known for|Host key verification failed", _HOST_KEY),
    _Known(r"Permission denied|Too many authentication|password has expired|Received disconnect", _AUTHENTICATION),
    _Known(r"kex_exchange_identification|banner|ssh_dispatch_run_fatal|Connection (closed|reset) by ", _BANNER, True),
)
"""The first that matches counts: what is said later follows from it."""
_NO_SESSION = re.compile(
    r"^(mux_client_|Master refused|ControlSocket|kex_exchange|Connection closed by UNKNOWN)", re.MULTILINE
)
_REFUSED = "session request failed: Session open refused by peer"
_WORTH_SAYING = re.compile(
    r"Offending|host key is known for|Permission denied|connect to host|Could not resolve|Bad |refused"
)


def login_failure(errors: bytes, status: int, target: Target) -> CollectionError:
    """Return why the client could not log in; of what it wrote, the line that says most is repeated."""
    text = errors.decode("utf-8", errors="replace")
    facts = {
        "host": target.ssh_host,
        "name": target.name,
        "place": _place(text) or target.ssh_host,
        "user": _user(text) or target.user or "the user of the ssh configuration",
        "seconds": target.connect_timeout,
        "said": _said(text),
    }
    for known in _KNOWN:
        if re.search(known.pattern, text):
            kind = ConnectionFailedError if known.may_be_tried_again else CollectionError
            return kind(known.message.format(**facts))
    return CollectionError(f"ssh ended with exit status {status}: {facts['said']}; run `ssh {target.ssh_host}` to see")


def session_failure(ran: RunProcess, *, is_connected: bool) -> Answer | None:
    """Return the answer of a session that the client could not run to its end; None where the command itself ended."""
    answer = ran.answer
    if answer.exit_status != OWN_STATUS:
        return None
    text = ran.complaint.decode("utf-8", errors="replace")
    size = len(answer.text.encode())
    if not is_connected:
        failure = f"cut off: the connection was lost before the exit status arrived; {size} bytes received"
    elif _NO_SESSION.search(text):
        failure = f"the server did not run the command (MaxSessions?): ssh says {_said(text)}"
    elif not text.strip():
        failure = f"cut off: no exit status arrived, connection lost or command killed; {size} bytes received"
    else:
        return None
    is_refused = is_connected and _REFUSED in text
    return replace(answer, exit_status=None, failure=failure, is_refused=is_refused)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("@")]


def _said(text: str) -> str:
    """Return the line that says most of what went wrong, printable and in quotes."""
    lines = _lines(text)
    line = next((line for line in lines if _WORTH_SAYING.search(line)), lines[-1] if lines else "nothing")
    return '"' + "".join(c if c.isprintable() else "?" for c in line[:_LONGEST]) + '"'


def _place(text: str) -> str | None:
    """Return `HOST port PORT`, as the client names what it connects to."""
    found = re.search(r"connect to (?:host|address) (\S+) port (\d+)", text)
    return f"{found[1]} port {found[2]}" if found else None


def _user(text: str) -> str | None:
    found = re.search(r"^([^\s@]+)@\S+: Permission denied", text, re.MULTILINE)
    return found[1] if found else None
