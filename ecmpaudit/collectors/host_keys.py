"""Host keys: the known_hosts files, and whether the key that a host showed is the one we know.

The files are read here, line by line: paramiko's own reader drops line numbers, wildcards and `@revoked` lines,
and stops at a line with broken base64. A key is compared as the bytes that the server sent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import shlex
import threading
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.configuration.home import home, in_home
from ecmpaudit.errors import CollectionError
from ecmpaudit.plain_files import read_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SSH_PORT = 22
SYSTEM_FILES = (Path("/etc/ssh/ssh_known_hosts"), Path("/etc/ssh/ssh_known_hosts2"))
REVOKED = "@revoked"
AUTHORITY = "@cert-authority"

_FIELDS = re.compile(r"(?:(?P<marker>@\S+)\s+)?(?P<names>\S+)\s+(?P<type>\S+)\s+(?P<key>\S+)")
_WILDCARD = re.compile(r"[*?]")
_NO_NAME = re.compile(r"[*?]|^!|^\|1\|")
"""In what is a pattern, a negation or a hash, and no plain name."""
_append_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public key as a host shows it."""

    type: str
    """`ssh-ed25519`, `ssh-rsa` …"""
    blob: bytes

    def __str__(self) -> str:
        digest = base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")
        return f"{self.type} SHA256:{digest}"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One line of a known_hosts file."""

    marker: str | None
    """`@revoked`, `@cert-authority` or None."""
    names: tuple[str, ...]
    """Names, `[name]:port`, wildcards, `!name`, or one `|1|salt|hash`."""
    key: HostKey
    file: Path
    line: int
    """1-based; 0 for one that this run has written."""

    @property
    def place(self) -> str:
        """File and line, for messages."""
        return f"{self.file} line {self.line}" if self.line else str(self.file)

    def is_for(self, host: str) -> bool:
        """Return whether the line is for this host (`name` or `[name]:port`)."""
        if any(name.startswith("!") and _matches(name[1:], host) for name in self.names):
            return False
        return any(_matches(name, host) for name in self.names)


@dataclass(slots=True)
class KnownHosts:
    """What the known_hosts files say."""

    files: tuple[Path, ...]
    """The first one is where a newly accepted key is written."""
    keys: tuple[KnownKey, ...]
    _plain: dict[str, list[int]] = field(init=False, default_factory=dict, compare=False)
    """The places in `keys` of lines with plain names alone, by each name."""
    _others: list[int] = field(init=False, default_factory=list, compare=False)
    """The places of lines with wildcards, negations or hashes, which are matched for each host."""

    def __post_init__(self) -> None:
        for place, known in enumerate(self.keys):
            self._enter(place, known)

    def of(self, host: str) -> tuple[KnownKey, ...]:
        """Return the lines for this host, in the order of the files."""
        matched = [place for place in self._others if self.keys[place].is_for(host)]
        return tuple(self.keys[place] for place in sorted({*self._plain.get(host, ()), *matched}))

    def add(self, known: KnownKey) -> None:
        """Add a line that was written after the files were read."""
        self.keys = (*self.keys, known)
        self._enter(len(self.keys) - 1, known)

    def _enter(self, place: int, known: KnownKey) -> None:
        if any(_NO_NAME.search(name) for name in known.names):
            self._others.append(place)
            return
        for name in known.names:
            self._plain.setdefault(name.lower(), []).append(place)


class KnownHostsOfRun:
    """The known_hosts files of one run, each read once, however many hosts there are; threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: dict[tuple[Path, ...], KnownHosts] = {}

    def of(self, files: tuple[Path, ...]) -> KnownHosts:
        """Return what the files say; raises CollectionError if one cannot be read."""
        with self._lock:
            if files not in self._read:
                self._read[files] = read_known_hosts(files)
            return self._read[files]


def host_label(host: str, port: int) -> str:
    """Return the name under which known_hosts has a host: with the port in it unless that is 22."""
    return host.lower() if port == SSH_PORT else f"[{host.lower()}]:{port}"


def known_hosts_files(configured: Path | None) -> tuple[Path, ...]:
    """Return the files to look in: the configured one alone, or the user's and the system's."""
    of_user = home()
    own = tuple(of_user / ".ssh" / name for name in ("known_hosts", "known_hosts2")) if of_user else ()
    if configured is not None and in_home(configured) not in own[:1]:
        return (in_home(configured),)
    return (*own, *SYSTEM_FILES)


def read_known_hosts(files: Sequence[Path]) -> KnownHosts:
    """Return the keys of all files that exist; raises CollectionError if one cannot be read."""
    return KnownHosts(tuple(files), tuple(key for file in files for key in _read_file(file)))


def preferred_key_types(known: Iterable[KnownKey], available: Sequence[str]) -> tuple[str, ...]:
    """Return the key types to negotiate, those that are known for the host first.

    Else a host known by its ed25519 key could show its ecdsa key and look like another one.
    """
    names = {known_key.key.type for known_key in known if known_key.marker is None}
    if "ssh-rsa" in names:
        # The name of the key's form; signatures are made by the SHA-2 types (RFC 8332).
        names |= {"rsa-sha2-512", "rsa-sha2-256"}
    return tuple(sorted(available, key=lambda name: name not in names))


def is_known(known_hosts: KnownHosts, label: str, shown: HostKey) -> bool:
    """Return True if the key is the known one, False if the host is unknown.

    Raises CollectionError, with the remedy, if the key is revoked or is not the one that is known.
    """
    entries = known_hosts.of(label)
    _refuse_revoked(entries, label, shown)
    keys = [entry for entry in entries if entry.marker is None]
    if any(entry.key.blob == shown.blob for entry in keys):
        return True
    if keys:
        raise CollectionError(_changed(label, shown, keys))
    return label.startswith("[") and _is_known_without_port(known_hosts, label, shown)


def unknown_key_reason(known_hosts: KnownHosts, label: str, shown: HostKey, remedies: Sequence[str]) -> str:
    """Return why an unknown host key is refused and what to do."""
    files = ", ".join(str(file) for file in known_hosts.files if file.exists()) or f"no {known_hosts.files[0]}"
    authorities = [entry.place for entry in known_hosts.of(label) if entry.marker == AUTHORITY]
    note = f"; {authorities[0]} names a certificate authority, host certificates are not used" if authorities else ""
    return (
        f"host key of {label} is not known ({files}{note}): {shown}; "
        f"verify this fingerprint on the device, then run {' or '.join(remedies)}"
    )


def remember(known_hosts: KnownHosts, label: str, shown: HostKey) -> None:
    """Append the key of an unknown host to the first known_hosts file, which is made (0600) if missing.

    Raises CollectionError if the file cannot be written, or if there are only the system's.
    """
    if known_hosts.files == SYSTEM_FILES:
        raise CollectionError(f"host key of {label}: no home folder to write it to: set HOME, or ssh.known_hosts")
    file = known_hosts.files[0]
    line = f"{label} {shown.type} {base64.b64encode(shown.blob).decode()}\n"
    with _append_lock:
        try:
            if any(entry.key == shown for entry in known_hosts.of(label)):
                return
            _append(file, line)
            known_hosts.add(KnownKey(None, (label,), shown, file, 0))
        except OSError as error:
            raise CollectionError(f"host key of {label} cannot be written to {file}: {error.strerror}") from error


def _append(file: Path, line: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+b", buffering=0) as stream:
        known = stream.read()
        if known and not known.endswith(b"\n"):
            line = f"\n{line}"
        stream.write(line.encode())


def _read_file(file: Path) -> Iterator[KnownKey]:
    try:
        text = read_plain(file).decode("utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise CollectionError(f"known_hosts file {file} cannot be read: {error.strerror}") from error
    for number, line in enumerate(text.split("\n"), start=1):
        known = _read_line(line.strip(), file, number)
        if known is not None:
            yield known


def _read_line(line: str, file: Path, number: int) -> KnownKey | None:
    """Return the key of a line; None for a comment or a line that OpenSSH would skip too."""
    fields = None if line.startswith("#") else _FIELDS.match(line)
    if fields is None:
        return None
    try:
        blob = base64.b64decode(fields["key"], validate=True)
    except binascii.Error:
        return None
    return KnownKey(fields["marker"], tuple(fields["names"].split(",")), HostKey(fields["type"], blob), file, number)


def _matches(name: str, host: str) -> bool:
    if name.startswith("|1|"):
        return _hash_matches(name, host)
    return _pattern(name).fullmatch(host) is not None if _WILDCARD.search(name) else name.lower() == host


@cache
def _pattern(name: str) -> re.Pattern[str]:
    # Not fnmatch: to that the brackets of `[host]:port` are a set of characters.
    return re.compile(re.escape(name.lower()).replace(r"\*", ".*").replace(r"\?", "."))


def _hash_matches(name: str, host: str) -> bool:
    salted = _salt_and_digest(name)
    return salted is not None and hmac.compare_digest(hmac.digest(salted[0], host.encode(), "sha1"), salted[1])


@cache
def _salt_and_digest(name: str) -> tuple[bytes, bytes] | None:
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in name.removeprefix("|1|").split("|"))
    except ValueError:
        return None
    return salt, digest


def _is_known_without_port(known_hosts: KnownHosts, label: str, shown: HostKey) -> bool:
    """As OpenSSH: a key known under the plain name is good on any port of that host."""
    host = label[1 : label.rindex("]")]
    entries = known_hosts.of(host)
    _refuse_revoked(entries, host, shown)
    return any(entry.marker is None and entry.key.blob == shown.blob for entry in entries)


def _refuse_revoked(entries: Iterable[KnownKey], label: str, shown: HostKey) -> None:
    for entry in entries:
        if entry.marker == REVOKED and entry.key.blob == shown.blob:
            raise CollectionError(f"host key refused: {shown} of {label} is marked @revoked in {entry.place}")


def _changed(label: str, shown: HostKey, keys: Sequence[KnownKey]) -> str:
    old = next((entry for entry in keys if entry.key.type == shown.type), keys[0])
    remedy = f"ssh-keygen -R {shlex.quote(label)} -f {shlex.quote(str(old.file))}"
    return (
        f"host key of {label} changed: it shows {shown}, but {old.place} has {old.key}; "
        f"someone may intercept the connection. "
        f"If the device has a new key, remove the old one with `{remedy}`, then verify and accept the new one"
    )
