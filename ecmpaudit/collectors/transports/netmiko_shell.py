"""Vendors' command lines that offer a terminal and no channel for single commands, by netmiko's drivers.

The connection is our own: host keys, jump hosts and logins are as with paramiko. netmiko's driver knows the prompt, the
escape codes and how to become privileged. Only the commands of the platform are sent: no driver sets up the session,
because some of them change the configuration to turn the pager off (FortiOS). A pager is answered with a blank.
"""

from __future__ import annotations

import codecs
import logging
import os
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ecmpaudit.collectors.answer import Answer, Limit, ended, failed, timed_out, too_large
from ecmpaudit.collectors.answer_budget import AnswerBudget, BudgetSpentError, TooLargeError
from ecmpaudit.collectors.connection import Access, connected
from ecmpaudit.collectors.protocol_errors import PROTOCOL_ERRORS, close_quietly, text_of
from ecmpaudit.collectors.ssh_config import route_to
from ecmpaudit.collectors.transports.terminal import TerminalText, complaint_in
from ecmpaudit.errors import CollectionError
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Iterator

    import paramiko

    from ecmpaudit.collectors.answer_budget import AnswerBuffer
    from ecmpaudit.collectors.stop import Stop
    from ecmpaudit.collectors.target import Target
    from ecmpaudit.platforms.shells import Shell

_CHUNK = 64 * 1024
_TICK = 0.1
_QUIET = 0.08
"""Seconds without a byte after which a prompt is the end: the echo of a command follows its prompt at once."""
_WIDTH, _HEIGHT = 511, 1000
"""Of the terminal: no device breaks a line, and those that believe it do not page."""
_HEAD = 4000
_RECOVERY = 3.0
"""Seconds for a command line to show its prompt again after a command that was interrupted."""
_MOST_UNREAD = 1 << 20
"""Bytes that it may show meanwhile, and after a command that sets the terminal."""
_ANY_PROMPT = re.compile(r"[>#$%\]]\s*$")
_NEW_PASSWORD = re.compile(r"(new|old|current) password|password (has )?expired|change now\?", re.IGNORECASE)
_INSTALL = "transport netmiko needs netmiko: pip install 'ecmpaudit[netmiko]'"


class _TimeIsUpError(Exception):
    """The time is over."""


class _ClosedError(Exception):
    """The host closed the terminal."""


@dataclass(slots=True)
class NetmikoSession:
    """A terminal on a device."""

    driver: Any
    """netmiko's, not connected by itself."""
    channel: paramiko.Channel
    shell: Shell
    stop: Stop
    prompt: str = ""
    is_open: bool = True
    takes_several: bool = False
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")(errors="replace"), init=False
    )

    def run(self, command_line: str, limit: Limit, output: AnswerBuffer) -> Answer:
        """Return the answer to one command."""
        deadline = time.monotonic() + limit.seconds
        try:
            head = self._converse(command_line, output, deadline, limit.size)
            complaint = complaint_in(head)
            return failed(complaint, output) if complaint else ended(0, output)
        except (
            _TimeIsUpError,
            _ClosedError,
            TooLargeError,
            CollectionError,
            BudgetSpentError,
            *PROTOCOL_ERRORS,
        ) as error:
            # After a late or large answer the command line may still be of use; whatever else fails ends it.
            self.is_open = isinstance(error, _TimeIsUpError | BudgetSpentError) and self._recovers()
            return _failure(error, limit, output)

    def _converse(self, command: str, output: AnswerBuffer, deadline: float, largest: int) -> str:
        """Type a command, read until the prompt, and return the head of the answer; raise what ends it early."""
        text = TerminalText(command, self.prompt, self.driver.strip_ansi_escape_codes, self.shell.skip)
        self.channel.sendall(f"{command}{self.driver.RETURN}".encode())
        head, received, quiet_since = "", 0, time.monotonic()
        while True:
            chunk = self._received(deadline)
            if chunk:
                received += len(chunk)
                quiet_since = time.monotonic()
                lines = text.feed(self._decoder.decode(chunk))
                head += lines[: _HEAD - len(head)]
                output.append(lines.encode()[: max(0, largest - output.size)])
                if received > largest:
                    raise TooLargeError
            if text.is_at_pager:
                text.leave_pager()
                self.channel.sendall(b" ")
            elif text.is_at_prompt and time.monotonic() - quiet_since >= _QUIET:
                return head

    def _received(self, deadline: float) -> bytes:
        """Return what has arrived, nothing after a moment without any."""
        self.stop.check()
        if time.monotonic() >= deadline:
            raise _TimeIsUpError
        self.channel.settimeout(min(_TICK, _QUIET))
        try:
            chunk = self.channel.recv(_CHUNK)
        except TimeoutError:
            return b""
        if not chunk:
            raise _ClosedError
        return chunk

    def _recovers(self) -> bool:
        """Interrupt the command, and return whether the prompt is shown again, so that the next one can be typed."""
        scratch = AnswerBudget().buffer()
        try:
            self.channel.sendall(b"\x03")
            self._converse("", scratch, time.monotonic() + _RECOVERY, _MOST_UNREAD)
        except (_TimeIsUpError, _ClosedError, TooLargeError, CollectionError, *PROTOCOL_ERRORS):
            return False
        finally:
            scratch.discard()
        return True

    def log_in(self, target: Target, secret: str | None) -> None:
        """Wait for the prompt, become privileged where there is a secret for it, and set the terminal.

        Raises:
            CollectionError: there is no prompt in time, or the secret is refused.
        """
        deadline = time.monotonic() + target.connect_timeout
        self._prompt_within(deadline, target)
        self.channel.sendall(self.driver.RETURN.encode())
        self.prompt = self._prompt_within(deadline, target)
        if secret is not None:
            self._become_privileged(target, deadline)
        for command in self.shell.prepare:
            self._prepare(command, target)

    def _prepare(self, command: str, target: Target) -> None:
        """Set the terminal; where that is refused, as to a user with few rights, the pager is answered later."""
        try:
            self._converse(command, AnswerBudget().buffer(), time.monotonic() + target.connect_timeout, _MOST_UNREAD)
        except _TimeIsUpError:
            return
        except TooLargeError:
            raise CollectionError(
                f"{target.ssh_host} shows more than {_MOST_UNREAD >> 20} MiB after `{command}`; check platform"
            ) from None
        except (_ClosedError, *PROTOCOL_ERRORS) as error:
            raise CollectionError(
                f"cut off: the connection was lost after `{command}`, before {target.ssh_host} showed a prompt"
            ) from error

    def _become_privileged(self, target: Target, deadline: float) -> None:
        self.driver.base_prompt = self.prompt[:-1]
        try:
            self.driver.enable()
        except (ValueError, *PROTOCOL_ERRORS) as error:
            raise CollectionError(
                f"authentication at {target.ssh_host} failed: the secret in {target.enable_env} did not give "
                "privileges (enable); check it"
            ) from error
        self.channel.sendall(self.driver.RETURN.encode())
        self.prompt = self._prompt_within(deadline, target)

    def _prompt_within(self, deadline: float, target: Target) -> str:
        """Return the last line that is shown, once it looks like a prompt and nothing follows it."""
        shown, quiet_since = "", time.monotonic()
        try:
            while True:
                chunk = self._received(deadline)
                if chunk:
                    shown, quiet_since = (shown + self._decoder.decode(chunk))[-_HEAD:], time.monotonic()
                    continue
                last = self._last_line(shown)
                if _NEW_PASSWORD.search(last):
                    raise CollectionError(
                        f"authentication at {target.ssh_host} failed: the host asks for a new password; set one there"
                    )
                if _ANY_PROMPT.search(last) and time.monotonic() - quiet_since >= _QUIET:
                    return last
        except _TimeIsUpError:
            last = self._last_line(shown)[-80:] or "nothing"
            raise CollectionError(
                f"timed out: authentication at {target.ssh_host} ended, but no prompt was shown within "
                f"{target.connect_timeout:g} s, only {last!r}; check platform, see connect_timeout"
            ) from None
        except (_ClosedError, *PROTOCOL_ERRORS) as error:
            raise CollectionError(
                f"cut off: the connection was lost before {target.ssh_host} showed a prompt; does it let "
                "this user use a terminal?"
            ) from error

    def _last_line(self, shown: str) -> str:
        text = TerminalText("", "", self.driver.strip_ansi_escape_codes)
        text.feed(shown)
        return text.last_line


def _failure(error: Exception, limit: Limit, output: AnswerBuffer) -> Answer:
    if isinstance(error, _TimeIsUpError):
        return timed_out(limit, output)
    if isinstance(error, TooLargeError):
        return too_large(limit, output)
    if isinstance(error, CollectionError | BudgetSpentError):
        return failed(str(error), output, is_given_up=True)
    said = "" if isinstance(error, _ClosedError) else f" ({text_of(error)})"
    return failed(f"cut off: the connection was lost{said}, and no prompt came; {output.size} bytes received", output)


@contextmanager
def opened(target: Target, access: Access) -> Iterator[NetmikoSession]:
    """Yield a session; raises CollectionError with the reason and the remedy."""
    platform = platforms().get(target.platform or "")
    shell = platform.shell if platform else None
    if shell is None:
        raise CollectionError(f"transport netmiko has no command line for platform {target.platform}; set another one")
    driver = _driver(shell, target)
    if shell.user_suffix:
        target = replace(target, user=route_to(target, access.stop)[-1].user + shell.user_suffix)
    with connected(target, access) as transport:
        try:
            channel = transport.open_session(timeout=target.connect_timeout)
            channel.get_pty("vt100", _WIDTH, _HEIGHT)
            channel.invoke_shell()
        except PROTOCOL_ERRORS as error:
            raise CollectionError(f"the server did not open a terminal: {text_of(error)}") from error
        driver.remote_conn = channel
        driver.channel.remote_conn = channel
        try:
            session = NetmikoSession(driver, channel, shell, access.stop)
            session.log_in(target, driver.secret or None)
            yield session
        finally:
            close_quietly(channel)


def _driver(shell: Shell, target: Target) -> Any:
    """Return netmiko's driver, which opens no connection itself."""
    try:
        from netmiko import ConnectHandler  # noqa: PLC0415 - an extra, loaded where it is used
        from netmiko.channel import SSHChannel  # noqa: PLC0415
    except ImportError:
        raise CollectionError(_INSTALL) from None
    # Its log has each line that it writes, secrets among them.
    logging.getLogger("netmiko").disabled = True
    secret = os.environ.get(target.enable_env, "") if target.enable_env else ""
    if target.enable_env and not secret:
        raise CollectionError(f"variable {target.enable_env} is not set: it has the secret for privileges (enable_env)")
    driver = ConnectHandler(
        device_type=shell.netmiko,
        host=target.ssh_host,
        secret=secret,
        auto_connect=False,
        read_timeout_override=target.connect_timeout,
    )
    driver.channel = SSHChannel(conn=None, encoding="utf-8")
    return driver
