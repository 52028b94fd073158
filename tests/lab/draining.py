"""Nodes that are drained while packets flow: `drain --wait-gone` beside a capture on the interface of the node.

The management host sends UDP of both families to a load-balanced address by way of both routers. What reaches the
drained node is captured there with the kernel's own time, and each poll has the time at which its answers were here.
"""

from __future__ import annotations

import json
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests import program
from tests.lab import bird, frr, namespaces
from tests.lab.plan import FABRIC_INTERFACE, MGMT, ON_ALL_NODES, PREFIXES, ROUTERS
from tests.lab.processes import LabError, read_pid, run, send_signal, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.laboratory import Lab

KINDS = ("withdrawal", "kill", "link", "graceful restart")
_PORT = 4242
_FLOWS = 32
"""Of each family; with so many, a node of five has some by each router."""
_PAUSE = 0.1
_SINCE_LAST = 2.0
"""Seconds for which the node is watched after it was called gone."""
_RESTART = 8
"""Seconds for which a router keeps the routes of a peer that restarts gracefully."""
_ETH_ALL, _OUTGOING, _TIMESTAMPS = 0x0003, 4, 35
_VIPS = tuple(prefix.partition("/")[0] for prefix in ON_ALL_NODES)
INTERVAL = 0.5


@dataclass(frozen=True)
class Drained:
    """How one drain went."""

    kind: str
    node: str
    code: int
    state: str
    packets_before: int
    """That reached the node until it was called gone."""
    packets_after: int
    polls_after: int
    """Polls that ended after the last packet had arrived, or after a router had the last route by the node."""
    seconds: float
    """From the last packet or route until the node was called gone."""
    bytes: int
    """The largest answer of a router to one poll."""

    @property
    def is_right(self) -> bool:
        """Return whether it was called gone, never too early, and two polls later at most."""
        is_gone = (self.code, self.state) == (0, "gone")
        return is_gone and self.packets_before > 0 and self.packets_after == 0 and self.polls_after <= 2


@dataclass
class Capture:
    """The times at which packets to load-balanced addresses reached a host."""

    times: list[float] = field(default_factory=list)

    @contextmanager
    def on(self, namespace: str) -> Iterator[Capture]:
        """Capture meanwhile."""
        with namespaces.entered(namespace):
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_ALL))
        sock.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
        sock.bind((FABRIC_INTERFACE, _ETH_ALL))
        sock.settimeout(0.2)
        stop = threading.Event()
        thread = threading.Thread(target=self._receive, args=(sock, stop), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            stop.set()
            thread.join()
            sock.close()

    def _receive(self, sock: socket.socket, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                frame, extra, _, address = sock.recvmsg(256, 64)
            except OSError:
                continue  # nothing arrived, or the link is down
            if address[2] != _OUTGOING and _is_ours(frame):
                seconds, nanoseconds = struct.unpack("qq", extra[0][2][:16])
                self.times.append(seconds + nanoseconds / 1e9)


def _is_ours(frame: bytes) -> bool:
    start = {0x0800: 34, 0x86DD: 54}.get(int.from_bytes(frame[12:14], "big"))
    if start is None or len(frame) < start + 4:
        return False
    protocol = frame[23] if start == 34 else frame[20]
    return protocol == socket.IPPROTO_UDP and int.from_bytes(frame[start + 2 : start + 4], "big") == _PORT


@contextmanager
def traffic(lab: Lab) -> Iterator[None]:
    """Send packets from the management host by way of both routers meanwhile."""
    own = lab.machines[MGMT.name].namespace
    sysctl = "for f in /proc/sys/net/ipv4/conf/*/{0} {1}; do echo 0 >$f; done"
    for router in ROUTERS:
        namespace = lab.machines[router.name].namespace
        namespaces.forward_packets(namespace)
        run(namespaces.inside(namespace, ["sh", "-c", sysctl.format("send_redirects", "")]))
    ignored = sysctl.format("accept_redirects", "/proc/sys/net/ipv6/conf/*/accept_redirects")
    run(namespaces.inside(own, ["sh", "-c", ignored]))
    for vip, addresses in zip(_VIPS, zip(*(router.addresses for router in ROUTERS), strict=True), strict=True):
        hops = [word for address in addresses for word in ("nexthop", "via", address)]
        namespaces.ip(own, "route", "replace", vip, *hops)
    with namespaces.entered(own):
        families = (socket.AF_INET, socket.AF_INET6)
        sockets = [
            (socket.socket(f, socket.SOCK_DGRAM), v)
            for f, v in zip(families, _VIPS, strict=True)
            for _ in range(_FLOWS)
        ]
    stop = threading.Event()

    def send() -> None:
        while not stop.wait(_PAUSE):
            for sock, vip in sockets:
                try:
                    sock.sendto(b"ecmpaudit", (vip, _PORT))
                except OSError:
                    continue  # a router has no route at this moment

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        for sock, _ in sockets:
            sock.close()
        for vip in _VIPS:
            namespaces.ip(own, "route", "del", vip)


@dataclass
class _LastRoutes:
    """When a router's kernel last had a route by the node, for faults after which no packet arrives any more."""

    lab: Lab
    addresses: set[str]
    last: float = 0.0

    def look(self) -> None:
        """Ask the kernels once."""
        for router in ROUTERS:
            namespace = self.lab.machines[router.name].namespace
            began = time.time()
            shown = "".join(
                namespaces.ip(namespace, f"-{4 + 2 * number}", "route", "show", vip) for number, vip in enumerate(_VIPS)
            )
            if self.addresses & set(shown.split()):
                self.last = began


class Drain:
    """`ecmpaudit drain --wait-gone` as a process on the management host, with the time of each poll."""

    def __init__(self, lab: Lab, configuration: Path, *arguments: str) -> None:
        argv = [
            sys.executable,
            "-m",
            "ecmpaudit",
            "drain",
            "--config",
            str(configuration),
            "--format",
            "json",
            *arguments,
        ]
        environment = program.plain_environment(HOME=str(lab.folder))
        environment.pop("SSH_AUTH_SOCK", None)
        own = lab.machines[MGMT.name].namespace
        self.process = subprocess.Popen(
            namespaces.inside(own, argv), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        self.lines: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def wait_begun(self) -> None:
        """Return when the first poll is over; LabError where the process ends before."""
        wait_until(lambda: bool(self.lines) or self.process.poll() is not None, 60, "the first poll is over")
        if not self.lines:
            raise LabError(self.process.stderr.read() if self.process.stderr else "no output")

    def ended(self) -> int:
        """Return the exit code, once the process has ended."""
        code = self.process.wait(120)
        self._thread.join()
        return code


def drain_once(lab: Lab, kind: str, node: str, configuration: Path) -> Drained:
    """Drain a node in one way while packets flow, and undo it; the lab is not at rest afterwards."""
    machine = lab.machines[node]
    capture = Capture()
    routes = _LastRoutes(lab, {a for a, name in lab.node_names.items() if name == node})
    with ExitStack() as undo:
        if kind == "graceful restart":
            _restart_gracefully(lab, node)
        undo.enter_context(capture.on(machine.namespace))
        drain = Drain(lab, configuration, node, "--wait-gone", "--interval", str(INTERVAL), "--timeout", "90")
        undo.callback(drain.process.kill)
        drain.wait_begun()
        wait_until(lambda: len(capture.times) > 4, 20, f"packets reach {node}")
        undo.callback(_begin(lab, kind, node))
        while drain.process.poll() is None:
            if kind == "link":
                routes.look()
            time.sleep(0.05)
        code = drain.ended()
        ends = [datetime.fromisoformat(line["time"]).timestamp() for line in drain.lines]
        time.sleep(max(0.0, ends[-1] + _SINCE_LAST - time.time()))
        times = list(capture.times)  # before the node comes back
    last = max([*times, routes.last])
    return Drained(
        kind,
        node,
        code,
        drain.lines[-1]["state"],
        packets_before=sum(moment <= ends[-1] for moment in times),
        packets_after=sum(moment > ends[-1] for moment in times),
        polls_after=sum(end > last for end in ends),
        seconds=ends[-1] - last,
        bytes=max(size for line in drain.lines for size in line["bytes"].values()),
    )


def _begin(lab: Lab, kind: str, node: str) -> Any:
    """Begin a drain, and return what undoes it."""
    machine = lab.machines[node]
    if kind == "withdrawal":
        for prefix in PREFIXES:
            if prefix in machine.host.announces:
                namespaces.delete_address(machine.namespace, prefix)

        def announce() -> None:
            for prefix in machine.host.announces:
                namespaces.add_address(machine.namespace, prefix)

        return announce
    if kind == "link":
        namespaces.ip(lab.fabric, "link", "set", f"v-{node}", "down")
        return lambda: namespaces.ip(lab.fabric, "link", "set", f"v-{node}", "up")
    _kill(lab, node)
    return lambda: (frr.start if machine.host.daemon == "frr" else bird.start)(machine)


def _kill(lab: Lab, node: str) -> None:
    """End the daemons without a goodbye."""
    machine = lab.machines[node]
    if machine.host.daemon == "bird":
        bird.kill(machine)
        return
    pids = [read_pid(frr.RUN / machine.namespace / f"{daemon}.pid") for daemon in frr.daemons_of(machine)]
    for pid in filter(None, pids):
        send_signal(pid, signal.SIGKILL)
    wait_until(lambda: not namespaces.processes_named(machine.namespace, pids), 10, f"FRR of {node} has ended")


def _restart_gracefully(lab: Lab, node: str) -> None:
    """Let the routers keep the routes of a BIRD node whose daemon ends without a goodbye."""
    machine = lab.machines[node]
    lines = f"\\1 graceful restart on; graceful restart time {_RESTART};"
    text = re.sub(r"(protocol bgp \w+ \{)", lines, bird.node_configuration(machine))
    if "graceful restart on" not in text:
        raise LabError("no BGP session in the configuration of BIRD")
    bird.configure(machine, text)
    lab.wait_settled()


def random_drains(lab: Lab, count: int, seed: int) -> Iterator[Drained]:
    """Drain nodes in random order and in all ways, each back before the next one goes."""
    chance = random.Random(seed)  # noqa: S311 - the same seed gives the same drains
    nodes = [name for name, machine in lab.machines.items() if machine.host.announces]
    configuration = lab.configuration()
    kinds = [KINDS[number % len(KINDS)] for number in range(count)]
    chance.shuffle(kinds)
    with traffic(lab):
        for kind in kinds:
            of_kind = [name for name in nodes if kind != "graceful restart" or lab.machines[name].host.daemon == "bird"]
            lab.wait_settled()
            yield drain_once(lab, kind, chance.choice(of_kind), configuration)
