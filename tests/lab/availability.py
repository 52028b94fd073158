"""Whether the lab can be built on this machine.

`python -m tests.lab.availability` tries it, and ends with exit code 1 and the reason where it cannot.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.lab import namespaces
from tests.lab.frr import BINARIES, DAEMONS
from tests.lab.processes import LabError, run
from tests.lab.sshd import SYSTEM_PATH

PROGRAMS = {
    "ip": "iproute2",
    "vtysh": "frr",
    "bird": "bird2",
    "birdc": "bird2",
    "gobgpd": "gobgpd",
    "gobgp": "gobgpd",
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
}
"""What has to be installed, with the Debian package that has it."""


def why_unavailable() -> str | None:
    """Return the reason why there can be no lab here; None if there can."""
    if os.geteuid() != 0:
        return "the lab needs root"
    if missing := sorted({package for program, package in PROGRAMS.items() if not _is_installed(program)}):
        return f"not installed (Debian packages): {' '.join(missing)}"
    if missing := [daemon for daemon in DAEMONS if not (BINARIES / daemon).exists()]:
        return f"not in {BINARIES}: {' '.join(missing)} (Debian package: frr)"
    if _is_root_locked():
        return "root's account is locked (`!` in /etc/shadow): the lab's sshd would let nobody in"
    return _why_no_network()


def _is_installed(program: str) -> bool:
    return shutil.which(program, path=SYSTEM_PATH) is not None


def _is_root_locked() -> bool:
    """Return whether sshd without PAM counts root's account as locked."""
    accounts = Path("/etc/shadow").read_text(encoding="utf-8", errors="replace").splitlines()
    return any(account.startswith("root:!") for account in accounts)


def _why_no_network() -> str | None:
    """Try what the lab needs of the kernel: namespaces, a bridge, a veth pair between two of them, IPv6."""
    one, two = (f"ea{secrets.token_hex(4)}-{number}" for number in (1, 2))
    try:
        with ExitStack() as undo:
            for name in (one, two):
                namespaces.add_namespace(name)
                undo.callback(namespaces.remove, name)
            namespaces.add_fabric(one)
            namespaces.ip(one, "link", "add", "v1", "type", "veth", "peer", "name", "v2", "netns", two)
            namespaces.ip(one, "addr", "add", "2001:db8::1/64", "dev", "v1")
            run(namespaces.inside(two, ["sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/all/accept_dad"]))
    except LabError as error:
        return f"no network namespaces with bridge, veth and IPv6 here: {error}"
    return None


if __name__ == "__main__":
    sys.exit(why_unavailable())
