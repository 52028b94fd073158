"""An sshd for each host, on the host's own addresses, with its own host key; and what can go wrong with it.

A login's PATH starts with the host's folder `bin`, where small scripts replace `vtysh` and `birdc`: they reach
the daemons of this namespace, and they can be made to hang or to lose the connection.
"""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab import bird, namespaces
from tests.lab.processes import LabError, end_processes, read_pid, run, start_daemon, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.lab.plan import Machine

PORT = 22
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
HANG_SECONDS = 600

SCRIPT = """#!/bin/sh
# Replaces {program} of {host}.
{fault}exec {program} "$@"
"""

# All hosts share the machine's files, and each BIRD has its own configuration elsewhere.
CAT = """#!/bin/sh
[ "$*" = /etc/bird/bird.conf ] && set -- {file}
exec /usr/bin/cat "$@"
"""

HANG = """case "$*" in *{words}*)
  echo $$ >>{pids}
  exec sleep {seconds};;
esac
"""

REFUSED = """case "$*" in *{words}*)
  echo 'permission denied' >&2
  exit 1;;
esac
"""

AS_NOBODY = """case "$*" in *{words}*)
  exec setpriv --reuid=65534 --regid=65534 --clear-groups {program} "$@";;
esac
"""

RESTRICTED = """case "$*" in *{words}*)
  exec {program} -r "$@";;
esac
"""

ANSWERS = {
    "refused": """echo 'permission denied' >&2
  exit 1""",
    "timed out": """echo $$ >>{pids}
  exec sleep {seconds}""",
    "cut in a line": """answer=$({program} "$@")
  printf %s "$answer" | head -c $((${{#answer}} / 2))
  exit 0""",
    "garbage": """printf '%s\\n' '?? segmentation fault (core dumped)' 'xyzzy 42'
  exit 0""",
}
"""How the answer to one command may fail, for the shell."""

# The answer is read to its end first, so that what comes through is half of a real one. The pause lets sshd send
# that half before it is killed, as SIGKILL leaves it no time for it.
CUT = """case "$*" in *{words}*)
  answer=$({program} "$@")
  printf %s "$answer" | head -c $((${{#answer}} / 2))
  sleep 0.3
  pid=$$
  while [ "$pid" -gt 1 ]; do
    case $(cat /proc/$pid/comm) in sshd*) kill -KILL "$pid"; exit;; esac
    pid=$(sed -n 's/^PPid:[[:space:]]*//p' /proc/$pid/status)
  done
  exit;;
esac
"""


def start(machine: Machine) -> None:
    """Start the sshd of a host; it listens when this returns. The host key is made at the first start."""
    # Debian's sshd wants its empty folder, which a service script makes elsewhere; it stays for others.
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    if not _host_key(machine).exists():
        make_key(_host_key(machine))
        write_scripts(machine)
    file = machine.folder / "sshd_config"
    file.write_text(_configuration(machine), encoding="ascii")
    argv = [_sshd(), "-f", str(file), "-E", str(machine.folder / "sshd.log")]
    start_daemon(namespaces.inside(machine.namespace, argv), machine.folder / "sshd.start")
    # It goes into the background before it listens, and writes its pid file after.
    wait_until(lambda: bool(_pids(machine)), 30, f"{machine.namespace}: sshd listens")


def stop(machine: Machine) -> None:
    """Stop the sshd of a host; sessions that are open stay."""
    end_processes(lambda: _pids(machine), f"sshd in {machine.namespace}")


def make_key(file: Path) -> None:
    """Make a key pair without a passphrase."""
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)])


def change_host_key(machine: Machine) -> None:
    """Give a host another key; its first one is kept."""
    stop(machine)
    for name in ("host_key", "host_key.pub"):
        (machine.folder / name).rename(machine.folder / f"first_{name}")
    make_key(_host_key(machine))
    start(machine)


def restore_host_key(machine: Machine) -> None:
    """Give a host its first key back."""
    stop(machine)
    for name in ("host_key", "host_key.pub"):
        (machine.folder / f"first_{name}").rename(machine.folder / name)
    start(machine)


def known_hosts_lines(machine: Machine) -> str:
    """Return what known_hosts has to say of a host."""
    key = " ".join((machine.folder / "host_key.pub").read_text(encoding="ascii").split()[:2])
    return "".join(f"{address} {key}\n" for address in machine.host.addresses)


def write_scripts(machine: Machine, fault: str = "", words: str = "") -> None:
    """Write the scripts that replace the host's commands.

    The fault, HANG, CUT, REFUSED, AS_NOBODY or RESTRICTED, comes over commands in whose arguments the words are.
    """
    machine.bin.mkdir(exist_ok=True)
    program = _program(machine)
    filled = fault.format(
        words=shlex.quote(words), program=program, pids=shlex.quote(str(_hanging(machine))), seconds=HANG_SECONDS
    )
    name = Path(program.split()[0]).name
    _write_script(machine, name, SCRIPT.format(program=program, host=machine.host.name, fault=filled))
    _write_script(machine, "cat", CAT.format(file=machine.folder / "bird.conf"))


def write_failing(machine: Machine, failing: Mapping[str, str]) -> None:
    """Let commands fail: how (a key of ANSWERS) by command, with the words that a login is given."""
    by_program: dict[str, list[str]] = {}
    for command, failure in failing.items():
        name, *arguments = shlex.split(command)
        filled = ANSWERS[failure].format(
            program=_real(machine, name), pids=shlex.quote(str(_hanging(machine))), seconds=HANG_SECONDS
        )
        words = shlex.quote(" ".join(arguments))
        by_program.setdefault(name, []).append(f'case "$*" in {words})\n  {filled};;\nesac\n')
    for name, faults in by_program.items():
        program = _real(machine, name)
        _write_script(machine, name, SCRIPT.format(program=program, host=machine.host.name, fault="".join(faults)))


def write_answering(machine: Machine) -> None:
    """Let every command of a host answer again."""
    for script in machine.bin.iterdir():
        script.unlink()
    write_scripts(machine)
    end_hanging(machine)


def _real(machine: Machine, name: str) -> str:
    """Return the shell words that run a program of a login."""
    program = _program(machine)
    return program if Path(program.split()[0]).name == name else _installed(name)


def end_hanging(machine: Machine) -> None:
    """End the commands that hang on a host."""
    file = _hanging(machine)
    named = {int(word) for word in file.read_text(encoding="ascii").split()} if file.exists() else set()
    end_processes(
        lambda: namespaces.processes_named(machine.namespace, named), f"hanging commands in {machine.namespace}"
    )
    file.unlink(missing_ok=True)


def _write_script(machine: Machine, name: str, text: str) -> None:
    written = machine.bin / f"{name}.new"
    written.write_text(text, encoding="ascii")
    written.chmod(0o755)
    written.replace(machine.bin / name)


def _program(machine: Machine) -> str:
    """Return the shell words that reach the namespace's own routing daemons."""
    if machine.host.daemon == "frr":
        return shlex.join([_installed("vtysh"), "-N", machine.namespace])
    return shlex.join([_installed("birdc"), "-s", str(bird.control_socket(machine))])


def _sshd() -> str:
    return _installed("sshd")


def _installed(program: str) -> str:
    found = shutil.which(program, path=SYSTEM_PATH)
    if found is None:
        raise LabError(f"{program} is not installed")
    return found


def _host_key(machine: Machine) -> Path:
    return machine.folder / "host_key"


def _hanging(machine: Machine) -> Path:
    return machine.folder / "hanging.pids"


def _pids(machine: Machine) -> list[int]:
    return namespaces.processes_named(machine.namespace, [read_pid(machine.folder / "sshd.pid")])


def _configuration(machine: Machine) -> str:
    # Without PAM, which would set a PATH of its own and take longer; with a HOME without start-up files: bash reads
    # root's for every command, and they may take longer than the command.
    return f"""ListenAddress {machine.host.ipv4}
ListenAddress [{machine.host.ipv6}]
Port {PORT}
HostKey {_host_key(machine)}
AuthorizedKeysFile {machine.folder.parent}/user_key.pub
PidFile {machine.folder}/sshd.pid
SetEnv PATH={machine.bin}:{SYSTEM_PATH} HOME={machine.folder}
StrictModes no
UsePAM no
UseDNS no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 100
"""
