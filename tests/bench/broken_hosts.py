"""Many hosts at once, of which one of ten is broken: `python -m tests.bench.broken_hosts [--hosts N] [--deadline S]`.

Two real sshds on loopback, one over IPv4 and one over IPv6, are all the hosts, each by an alias; they answer as a
recorded FRR router did. What breaks the others are these sshds, sshds with other settings, and TCP proxies. One scan
asks all. Its JSON report has to name kind and step of each broken host, and what to do; every other host has to be
audited, with the findings of its answers and no others; and all that before the deadline. Whatever differs is printed,
and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.parsing import ours
from tests.bench.scale import Spent, spent_by
from tests.breaking_proxy import Breaks, breaking_proxy, listening
from tests.recorded_scans import HEALTHY, STALE
from tests.scanned_hosts import ScannedHosts, scanned_hosts
from tests.ssh_server import free_port, ssh_server

if TYPE_CHECKING:
    from collections.abc import Iterator, KeysView, Mapping

PATIENCE = {"connect_timeout": 5, "command_timeout": 8}
"""Seconds for hosts of which no answer comes; the others have to wait for this machine, which is all their sshds."""
PASSED = 20_000
"""Bytes that a proxy passes before it breaks an answer: a login is over by then."""
NODE3, NOBODY = "172.30.250.103", "172.30.250.109"
FINDINGS = {"healthy": set[str](), "stale": {"ECMP302"}, "other": {"ECMP101", "ECMP501"}}
"""The rules that find something at a host with these answers."""
AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Fault:
    """What a report has to say of a broken host, and how that is reached over IPv4 and over IPv6."""

    kind: str
    step: str
    advice: str
    """A part of it."""
    four: Mapping[str, object]
    six: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Breakers:
    """Starts what breaks, until the end of a stack, once for each family; a host is reached by what is returned."""

    hosts: ScannedHosts
    running: ExitStack

    def proxies(self, **breaks: Any) -> list[dict[str, object]]:
        """Return a proxy before each sshd."""
        reached: list[dict[str, object]] = []
        for server in self.hosts.servers:
            port = self.running.enter_context(breaking_proxy(server.port, Breaks(**breaks), server.address))
            self._know(server.known_hosts_line().replace(server.label, f"[{server.address}]:{port}"))
            reached.append({"port": port, **PATIENCE})
        return reached

    def servers(self, name: str, settings: str) -> list[dict[str, object]]:
        """Return further sshds, with these settings."""
        reached: list[dict[str, object]] = []
        authorized = (self.hosts.four.folder / "authorized_keys").read_text(encoding="utf-8")
        for each in self.hosts.servers:
            folder = self.hosts.folder / f"{each.folder.name}-{name}"
            server = self.running.enter_context(ssh_server(folder, authorized, address=each.address, settings=settings))
            self._know(server.known_hosts_line())
            reached.append({"port": server.port})
        return reached

    def mute(self) -> list[dict[str, object]]:
        """Return sockets that take connections and never say anything."""
        sockets = [self.running.enter_context(listening(server.address)) for server in self.hosts.servers]
        return [{"port": each.getsockname()[1], **PATIENCE} for each in sockets]

    def changed_keys(self) -> str:
        """Return a known_hosts in which each sshd has the host key of the other one."""
        four, six = self.hosts.servers
        file = self.hosts.folder / "changed"
        lines = (four.known_hosts_line().replace(four.label, six.label), six.known_hosts_line())
        file.write_text(lines[0] + lines[1].replace(six.label, four.label), encoding="utf-8")
        return str(file)

    def _know(self, line: str) -> None:
        with (self.hosts.folder / "known_hosts").open("a", encoding="utf-8") as file:
            file.write(line)


def faults(hosts: ScannedHosts, running: ExitStack) -> dict[str, Fault]:
    """Return each fault by its name; what breaks runs until the end of the stack."""

    def both(**reached: object) -> list[dict[str, object]]:
        return [reached, reached]

    breakers = Breakers(hosts, running)
    refused: list[dict[str, object]] = [{"port": free_port(server.address)} for server in hosts.servers]
    drops = breakers.servers("drops", "ForceCommand kill -9 $PPID; sleep 5\n")
    asks = hosts.command("asks", "echo 'sudo: a password is required' >&2; exit 1\n")
    ends = hosts.command("ends", "echo half; exit 3\n")
    return {
        "no-dns": Fault("name resolution", "resolve", "set `host` in ecmpaudit.yaml", *both(host="router{}.invalid")),
        "no-sshd": Fault("refused", "connect", "does sshd run and listen there?", *refused),
        "mute": Fault("timed out", "key exchange", "is it an SSH server? See connect_timeout", *breakers.mute()),
        "late-banner": Fault(
            "timed out", "key exchange", "is it an SSH server? See connect_timeout", *breakers.proxies(late=600)
        ),
        "unknown-key": Fault("host key unknown", "host key", "verify this fingerprint", *both(known_hosts="/dev/null")),
        "changed-key": Fault(
            "host key changed", "host key", "verify and accept the new one", *both(known_hosts=breakers.changed_keys())
        ),
        "wrong-login": Fault("authentication", "login", "check user, key", *both(key=str(hosts.folder / "other"))),
        "no-session": Fault(
            "no session", "command", "raise MaxSessions in the sshd_config", *breakers.servers("few", "MaxSessions 0\n")
        ),
        "drops": Fault("cut short", "command", "look into the log of the SSH server", *drops),
        "drops-later": Fault(
            "cut short", "command", "look into the log of the SSH server", *breakers.proxies(cut_after=PASSED)
        ),
        "stalls": Fault("timed out", "command", "see command_timeout", *breakers.proxies(stall_after=PASSED)),
        "no-program": Fault(
            "unknown command", "command", "check platform and command_prefix", *both(command_prefix="no-such-program")
        ),
        "asks": Fault("sudo", "command", "use sudo without a password", *both(command_prefix=asks)),
        "ends": Fault("exit status", "command", "fix this and run again", *both(command_prefix=ends)),
    }


def routers_of(
    hosts: ScannedHosts, number: int, broken: Mapping[str, Fault], every: int = 10
) -> dict[str, dict[str, object]]:
    """Return so many routers, every tenth with a fault in turn, over IPv4 and IPv6; a name begins with what it is."""
    answers = {
        "healthy": hosts.answering(HEALTHY, "tor1", "healthy"),
        "stale": hosts.answering(STALE, "tor1", "stale"),
        "other": hosts.answering(HEALTHY, "tor1", "other", other=(NODE3, NOBODY)),
    }
    routers: dict[str, dict[str, object]] = {}
    for place in range(number):
        turn = place // every
        family = ("four", "six")[(turn + turn // len(broken)) % 2 if place % every == 0 else place // 2 % 2]
        router: dict[str, object] = {"host": f"{family}-{{}}", "platform": "frr", "command_prefix": answers["healthy"]}
        if place % every:
            name = list(answers)[place % len(answers)]
            router["command_prefix"] = answers[name]
        else:
            name = list(broken)[turn % len(broken)]
            router |= getattr(broken[name], family)
        routers[f"{name}_{place}"] = router | {"host": str(router["host"]).format(place)}
    return routers


def differences(report: Mapping[str, Any], broken: Mapping[str, Fault], routers: KeysView[str]) -> Iterator[str]:
    """Yield a line for each router whose part of a report is not what it should be."""
    states = {each["name"]: each for each in report["routers"]}
    if missing := sorted(set(routers) - states.keys()):
        yield f"not in the report: {', '.join(missing)}"
    for name in sorted(routers & states.keys()):
        what, state = name.partition("_")[0], states[name]
        findings = [each for each in report["findings"] if each["router"] == name]
        codes = {each["code"] for each in findings}
        unanswered = {(each["kind"], each["step"]) for each in report["not_answered"] if each["router"] == name}
        if what not in broken:
            if (state["failure"], state["has_data"], codes, unanswered) != (None, True, FINDINGS[what], set()):
                yield f"{name}: {sorted(codes)}, expected {sorted(FINDINGS[what])}; {state['failure']} {unanswered}"
            continue
        fault = broken[what]
        advice = " ".join(f"{each['message']} {each['hint']}" for each in findings if each["code"] == "ECMP001")
        if unanswered != {(fault.kind, fault.step)}:
            yield f"{name}: {unanswered}, expected {fault.kind}, {fault.step}; {state['failure']}"
        if fault.advice not in advice:
            yield f"{name}: no {fault.advice!r} in {advice!r}"


def asked_of(hosts: ScannedHosts, deadline: int) -> tuple[Spent, dict[str, Any]]:
    """Return what a scan took, and its report."""
    file = hosts.folder / "report.json"
    words = hosts.words("-q", "-o", f"json:{file}", "--jobs", str(AT_ONCE), "--deadline", str(deadline))
    spent = spent_by(ours(*words), hosts.environment)
    return spent, json.loads(file.read_text(encoding="utf-8"))


def main() -> None:
    """Ask so many hosts, print what differs and what it took, and exit with 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--deadline", type=int, default=300, help="in seconds (default: 300)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        hosts = running.enter_context(scanned_hosts(Path(name), f"MaxStartups {asked.hosts}\n"))
        broken = faults(hosts, running)
        routers = routers_of(hosts, asked.hosts, broken)
        hosts.configure(routers, {}, connect_timeout=120, command_timeout=120)
        spent, report = asked_of(hosts, asked.deadline)
    different = [*differences(report, broken, routers.keys())]
    if spent.seconds > asked.deadline:
        different.append(f"{spent.seconds:.0f} s, and the deadline was {asked.deadline} s")
    print("".join(f"{line}\n" for line in different), end="")
    wrong = sum(name.partition("_")[0] in broken for name in routers)
    print(
        f"{asked.hosts:,} hosts, {wrong} of them broken in {min(wrong, len(broken))} ways: {spent.seconds:.1f} s of "
        f"{asked.deadline} s, client CPU {spent.cpu:.1f} s, {spent.peak_mib:,.0f} MiB, {len(different)} differ"
    )
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
