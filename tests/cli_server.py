"""Command lines of vendors on a real SSH server: a terminal, no channel for single commands.

They echo what is typed, page their answers, know privileges and complain, and the texts are the recorded ones of
tests/fixtures. What was typed is written down, so that a test sees that nothing else was sent.
"""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED, OPEN_SUCCEEDED

from ecmpaudit.collectors.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "only for this test"  # noqa: S105 - it protects nothing


@dataclass
class CommandLine:
    """What a device does at its prompt."""

    prompt: str
    answers: dict[str, str]
    banner: str = "\r\n*** Authorized users only: > # *** \r\n"
    unpaged_by: str = ""
    """The command that turns the pager off; without it every answer of more than a page is paged."""
    pager: str = "--More--"
    erases: str = "\r        \r"
    """What removes the pager's prompt."""
    page: int = 8
    complaint: str = "% Invalid input detected at '^' marker."
    before_prompt: str = ""
    """A line that belongs to the prompt."""
    before_answer: str = ""
    newline: str = "\r\n"
    echoes: bool = True
    secret: str = ""
    """Of `enable`; the prompt ends in # then."""
    hangs_at: str = ""
    closes_at: str = ""
    floods_at: str = ""
    typed: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)


class _Server(paramiko.ServerInterface):
    def __init__(self, line: CommandLine) -> None:
        self.line = line
        self.has_shell = threading.Event()

    def get_allowed_auths(self, username: str) -> str:
        del username
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        self.line.users.append(username)
        return AUTH_SUCCESSFUL if password == PASSWORD else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        del chanid
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_pty_request(self, *_: object) -> bool:
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:
        threading.Thread(target=_talk, args=(channel, self.line), daemon=True).start()
        return True


def _talk(channel: paramiko.Channel, line: CommandLine) -> None:
    with suppress(OSError, EOFError, paramiko.SSHException):
        _Terminal(channel, line).talk()
    with suppress(OSError, EOFError):
        channel.close()


@dataclass
class _Terminal:
    channel: paramiko.Channel
    line: CommandLine
    is_paged: bool = True
    prompt: str = ""
    _keys: list[str] = field(default_factory=list)

    def talk(self) -> None:
        line = self.line
        self.prompt = line.prompt
        self.show(line.banner)
        while True:
            self.show_prompt()
            command = self.read_line()
            line.typed.append(command)
            if command == "enable" and line.secret:
                self.become_privileged()
            elif not self.answer(command):
                return

    def answer(self, command: str) -> bool:
        """Answer one command; False ends the terminal."""
        line = self.line
        if command == line.closes_at != "":
            self.show("half a li")
            return False
        if command == line.hangs_at != "":
            while self.read_key() != "\x03":
                pass
            return True
        while command == line.floods_at != "":
            self.show("B 192.0.2.0/24 via 192.0.2.1\n" * 500)
        if command == line.unpaged_by:
            self.is_paged = False
        elif command in line.answers:
            self.show_pages(line.before_answer + line.answers[command])
        elif command:
            self.show(line.complaint + "\n")
        return True

    def become_privileged(self) -> None:
        self.show("Password: ")
        if self.read_line(echoes=False) == self.line.secret:
            self.prompt = self.prompt[:-1] + "#"
        else:
            self.show("% Access denied\n")

    def show_pages(self, text: str) -> None:
        lines = text.splitlines(keepends=True)
        for number, each in enumerate(lines, 1):
            self.show(each)
            if self.is_paged and number % self.line.page == 0 and number < len(lines):
                self.show(self.line.pager)
                self.read_key()
                self.show(self.line.erases)
        if lines and not lines[-1].endswith("\n"):
            self.show("\n")

    def show_prompt(self) -> None:
        self.show(self.line.before_prompt + self.prompt)

    def show(self, text: str) -> None:
        self.channel.sendall(text.replace("\r\n", "\n").replace("\n", self.line.newline).encode())

    def read_key(self) -> str:
        while not self._keys:
            received = self.channel.recv(1000)
            if not received:
                raise EOFError
            self._keys += received.decode()
        return self._keys.pop(0)

    def read_line(self, *, echoes: bool = True) -> str:
        typed = ""
        while (key := self.read_key()) not in "\r\n":
            typed += key
            if echoes and self.line.echoes:
                self.channel.sendall(key.encode())
        if key == "\r" and self._keys[:1] == ["\n"]:
            self._keys.pop(0)
        self.channel.sendall(self.line.newline.encode())
        return typed


@contextmanager
def command_line(folder: Path, line: CommandLine, **settings: object) -> Iterator[Target]:
    """Yield the target for a device; each connection is a terminal of its own."""
    key = paramiko.ECDSAKey.generate()
    (folder / "none").write_text("", encoding="utf-8")
    transports: list[paramiko.Transport] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        known_hosts = folder / "known_hosts"
        known_hosts.write_text(f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n", encoding="utf-8")

        def serve() -> None:
            with suppress(OSError):
                while True:
                    transports.append(paramiko.Transport(listener.accept()[0]))
                    transports[-1].add_server_key(key)
                    transports[-1].start_server(threading.Event(), _Server(line))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        given: dict[str, object] = {
            "connect_timeout": 10.0,
            "command_timeout": 20.0,
            "known_hosts": known_hosts,
            "ssh_config": folder / "none",
            "password_env": "LAB_SECRET",
            "transport": "netmiko",
            "user": "audit",
        }
        yield Target("tor1", "127.0.0.1", port, **(given | settings))  # type: ignore[arg-type]  # a target's own
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=10)
        for transport in transports:
            transport.close()
