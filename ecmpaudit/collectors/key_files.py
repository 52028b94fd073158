"""The keys that can be offered to a server: from key files and from the agent, in the order to try them.

A key that the agent holds is used from there, so its file may be encrypted or be the public half only.
"""

from __future__ import annotations

import base64
import binascii
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import paramiko
from paramiko.pkey import UnknownKeyType

from ecmpaudit.errors import CollectionError
from ecmpaudit.plain_files import read_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from paramiko.agent import AgentSSH


class NobodyToAskError(CollectionError):
    """There is nobody who could type a secret here; the message says what to do."""


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """One key to try, or the reason why it cannot be tried."""

    name: str
    """For messages: `key ~/.ssh/id_ed25519`."""
    key: paramiko.PKey | None = None
    encrypted_file: Path | None = None
    """The file, if a passphrase is needed first."""
    problem: str | None = None


class Secrets:
    """The source of passphrases and passwords; shared by the threads of one run, which ask one at a time."""

    def __init__(self, ask: Callable[[str], str] | None) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._unlocked: dict[Path, paramiko.PKey] = {}

    def ask(self, prompt: str) -> str | None:
        """Return what the person typed; None if nobody can be asked or nothing was typed.

        Raises:
            NobodyToAskError: `ask` says that there is nobody.
        """
        if self._ask is None:
            return None
        with self._lock:
            return self._ask(prompt) or None

    def unlock(self, file: Path, from_environment: str | None) -> paramiko.PKey | None:
        """Return an encrypted key, by the environment's passphrase or one that is asked for; None without one."""
        with self._lock:
            key = self._unlocked.get(file) or _decrypt(file, from_environment)
            if key is None and self._ask is not None:
                key = _decrypt(file, self._ask(f"Passphrase of {file}: "))
            if key is not None:
                self._unlocked[file] = key
            return key


def agent_keys(agent: AgentSSH) -> tuple[paramiko.AgentKey, ...]:
    """Return the agent's keys that paramiko can sign with (no security keys: they are of unknown type to it)."""
    return tuple(key for key in agent.get_keys() if key.inner_key is not None)  # type: ignore[attr-defined]  # newer than the stubs


def key_choices(files: Sequence[Path], held: Sequence[paramiko.AgentKey], *, only_files: bool) -> tuple[KeyChoice, ...]:
    """Return the keys in the order to try them."""
    by_blob = {key.asbytes(): key for key in held}
    choices = [_choice(file, by_blob) for file in files]
    used = {choice.key.asbytes() for choice in choices if choice.key}
    others = [] if only_files else [key for key in held if key.asbytes() not in used]
    from_agent = [KeyChoice(f"agent key {key.fingerprint}", key) for key in others]
    return (
        *(choice for choice in choices if isinstance(choice.key, paramiko.AgentKey)),
        *(choice for choice in choices if choice.key and not isinstance(choice.key, paramiko.AgentKey)),
        *from_agent,
        *(choice for choice in choices if choice.key is None),
    )


def _choice(file: Path, held: dict[bytes, paramiko.AgentKey]) -> KeyChoice:
    name = f"key {file}"
    blob = _public_half(file)
    if blob in held:
        return KeyChoice(f"{name} from the agent", held[blob])
    try:
        read_plain(file)  # a pipe or a device is refused, which paramiko would wait for
        return KeyChoice(name, paramiko.PKey.from_path(file))
    except TypeError:
        # cryptography raises it for a key that is encrypted.
        return KeyChoice(name, encrypted_file=file)
    except OSError as error:
        return KeyChoice(name, problem=error.strerror or "cannot be read")
    except (paramiko.SSHException, UnknownKeyType, ValueError):
        return KeyChoice(name, problem="is no private key that is understood")


def _decrypt(file: Path, passphrase: str | None) -> paramiko.PKey | None:
    """Return the key; None if the passphrase is missing or wrong."""
    if not passphrase:
        return None
    try:
        return paramiko.PKey.from_path(file, passphrase.encode())  # type: ignore[arg-type]  # the stub says str, cryptography wants bytes
    except (paramiko.SSHException, UnknownKeyType, OSError, TypeError, ValueError):
        return None


def _public_half(file: Path) -> bytes:
    """Return the public key beside (or in) the file; empty if there is none."""
    public = file if file.suffix == ".pub" else file.with_name(f"{file.name}.pub")
    try:
        return base64.b64decode(read_plain(public).decode("utf-8").split()[1])
    except (OSError, IndexError, UnicodeDecodeError, binascii.Error):
        return b""
