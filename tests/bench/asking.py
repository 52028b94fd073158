"""Client CPU and hosts per second of asking a fleet: `python -m tests.bench.asking [--hosts N]…`.

One real sshd on loopback is each of the hosts, by an alias in the client's configuration. It answers 14 commands with
a recorded table, and is in the last of 10,000 lines of known_hosts. The collector of a scan, bare paramiko and
`xargs -P 32 ssh` do the same logins and commands, each in a process of its own, whose CPU is that of all its children;
the sshd's is not in it. As root, it runs in a network namespace of its own and counts the packets of both directions.
"""

from __future__ import annotations

import argparse
import getpass
import math
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import paramiko

from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.target import Target
from tests.bench.scale import Spent, spent_by
from tests.program import ROOT
from tests.ssh_server import make_key, ssh_server

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = tuple(f"cat {ROOT}/tests/fixtures/frr/show_ip_route--seed.txt; : {number}" for number in range(14))
AT_ONCE, KNOWN = 32, 10_000
WAYS = ("nothing", "login", "paramiko", "scan", "single", "ssh")
"""`nothing` loads the same modules and asks nobody: its CPU is taken off from that of all but `ssh`. `login` runs no
command, and `single` is a scan whose sessions carry one command each, as a forced command may ask for."""


def ask(way: str, folder: Path, port: int, hosts: int) -> None:
    """Ask every host in one of the ways of this process."""
    names = [f"r{number}" for number in range(hosts)]
    if way in {"login", "paramiko"}:
        commands = COMMANDS if way == "paramiko" else ()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda name: ask_barely(folder, name, port, commands), names))
    elif way in {"scan", "single"}:
        targets = [
            Target(
                name, None, None, getpass.getuser(), folder / "key", commands=COMMANDS, commands_at_once=4,
                commands_in_a_session=16 if way == "scan" else 1,
                known_hosts=folder / "known_hosts", ssh_config=folder / "config",
                connect_timeout=120, command_timeout=120,
            )
            for name in names
        ]  # fmt: skip
        failures = [capture.failure for capture in collect(targets, jobs=AT_ONCE) if capture.failure]
        if failures:
            raise SystemExit(f"{len(failures)} answers failed: {failures[0]}")


def ask_barely(folder: Path, name: str, port: int, commands: Sequence[str]) -> None:
    """Log in with paramiko and run the commands, one after the other."""
    transport = paramiko.Transport(("127.0.0.1", port))
    transport.banner_timeout = transport.auth_timeout = 120
    try:
        transport.start_client(timeout=120)
        transport.auth_publickey(getpass.getuser(), paramiko.Ed25519Key.from_private_key_file(str(folder / "key")))
        for command in commands:
            with transport.open_session() as channel:
                channel.exec_command(command)
                while channel.recv(65536):
                    pass
                if channel.recv_exit_status():
                    raise SystemExit(f"{name}: {command} failed")
    finally:
        transport.close()


def words_of(way: str, folder: Path, port: int, hosts: int) -> list[str]:
    """Return the command line of a way."""
    if way != "ssh":
        arguments = ["--way", way, "--folder", str(folder), "--port", str(port), "--hosts", str(hosts)]
        return [sys.executable, "-m", "tests.bench.asking", *arguments]
    (folder / "hosts").write_text("".join(f"r{number}\n" for number in range(hosts)), encoding="ascii")
    options = f"-i {folder}/key -F {folder}/config -o UserKnownHostsFile={folder}/known_hosts -o BatchMode=yes"
    asked = f"""xargs -P {AT_ONCE} -I HOST ssh -n {options} HOST '{"; ".join(COMMANDS)}' < {folder}/hosts > /dev/null"""
    return ["sh", "-c", asked]


def measure_size(hosts: int) -> float:
    """Print what each way takes for so many hosts, and return the CPU seconds of the collector."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authorized = make_key(folder / "key").with_suffix(".pub").read_text(encoding="utf-8")
        settings = f"MaxStartups {hosts + AT_ONCE}\n"
        with ssh_server(folder / "sshd", authorized, settings=settings) as server:
            port = server.port
            (folder / "config").write_text(f"Host r*\nHostName 127.0.0.1\nPort {port}\n", encoding="ascii")
            key = server.known_hosts_line().partition(" ")[2]
            names = [*(f"[r{number}.example.net]:{port}" for number in range(1, KNOWN)), server.label]
            (folder / "known_hosts").write_text("".join(f"{each} {key}" for each in names), encoding="ascii")
            spent, packets = {}, {}
            for way in WAYS:
                before = packets_sent()
                spent[way] = spent_by(words_of(way, folder, port, hosts))
                packets[way] = packets_sent() - before
    return _printed(hosts, spent, packets)


def packets_sent() -> int:
    """Return the packets that were sent over loopback in this network namespace."""
    (line,) = (
        line for line in Path("/proc/self/net/dev").read_text("ascii").splitlines() if line.startswith("    lo:")
    )
    return int(line.split()[10])


def _printed(hosts: int, spent: dict[str, Spent], packets: dict[str, int]) -> float:
    own = {way: each.cpu - (0 if way == "ssh" else spent["nothing"].cpu) for way, each in spent.items()}
    for way in WAYS[1:]:
        print(
            f"{hosts:,} hosts, {way:<9}{1000 * own[way] / hosts:7.1f} ms of client CPU per host"
            f"{hosts / spent[way].seconds:7.1f} hosts/s, {packets[way] / hosts:.0f} packets per host"
            f", {(packets[way] - packets['login']) / hosts:.0f} beyond the login"
            f", largest process {spent[way].peak_mib:,.0f} MiB"
        )
    rates = spent["ssh"].seconds / spent["scan"].seconds
    print(f"CPU of scan: {own['scan'] / own['paramiko']:.2f} times bare paramiko; hosts/s: {rates:.2f} times ssh's")
    return own["scan"]


def main() -> None:
    """Measure the sizes that were asked for; with --way, be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, action="append", help="once for each size (default: 100)")
    parser.add_argument("--here", action="store_true", help="stay in this network namespace")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    sizes = sorted(asked.hosts or [100])
    if asked.way:
        ask(asked.way, asked.folder, asked.port, sizes[0])
        return
    if os.geteuid() == 0 and not asked.here:
        words = [sys.executable, "-m", "tests.bench.asking", "--here", *sys.argv[1:]]
        argv = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *words]
        raise SystemExit(subprocess.run(argv, check=False).returncode)
    cpu = [measure_size(size) for size in sizes]
    if len(sizes) > 1:
        exponent = math.log(cpu[-1] / cpu[0]) / math.log(sizes[-1] / sizes[0])
        print(f"growth of the collector's CPU from {sizes[0]:,} to {sizes[-1]:,} hosts: exponent {exponent:.2f}")


if __name__ == "__main__":
    main()
