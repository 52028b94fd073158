"""How long packets are lost when a node falls silent: measured with real ones, 1,000 per second in all.

Four flows are sent at once, one over each router and in each family, all of which the silent node got before. The
outage of a flow is the time from its last packet at the silent node to its first one at the other node. A node that
dies right after a BGP message has the longest one: it is the time from that message to the first packet.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import threading
import time
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from tests.lab import namespaces
from tests.lab.plan import FABRIC_INTERFACE, family
from tests.lab.processes import LabError, wait_until
from tests.lab.wire import CLIENT, NODES, OTHER_CLIENT, ROUTERS, SERVICES

if TYPE_CHECKING:
    from typing import Self

    from tests.lab.wire import Wire

_PORT = 9999
_RATE = 1000
"""Packets per second, of all flows together."""
_TRIES = 64
"""Source ports that are tried to find a flow that a given node gets: each of two nodes gets about half of them."""
_CLIENTS = dict(zip((router.name for router in ROUTERS), (CLIENT.name, OTHER_CLIENT.name), strict=True))

_BGP = 179
_ALL_PROTOCOLS = 3
_IPV4, _IPV6, _TCP = b"\x08\x00", b"\x86\xdd", 6
_JITTER = 0.01
"""Seconds by which a message and a packet of one moment may be seen apart."""

Flow = tuple[str, int]
"""Router and family."""


@dataclass(frozen=True, slots=True)
class Outage:
    """How long packets of one flow were lost, in seconds."""

    measured: float
    since_last_message: float
    """What it would have been, had the node died right after its last BGP message; as measured where it sent none."""


class Traffic:
    """Flows over each router in each family, and when which node got their packets. A context manager: it sends."""

    def __init__(self, wire: Wire, node: str) -> None:
        self.last: dict[tuple[Flow, str], float] = {}
        """When each node got the last packet of each flow, by time.monotonic()."""
        self.first_after: dict[Flow, float] = {}
        """When the other node got the first packet of each flow, after it was told apart by `begin`."""
        self._node = node
        self._ended = threading.Event()
        self._receivers = {
            self._socket(wire, host.name, version, SERVICES[version].partition("/")[0], _PORT): host.name
            for host in NODES
            for version in SERVICES
        }
        self._senders = {
            (router.name, version): self._sender_to(wire, router.name, version)
            for router in ROUTERS
            for version in SERVICES
        }
        self._threads = [threading.Thread(target=run) for run in (self._send, self._receive)]
        self._messages = _Messages(wire, node)

    def _socket(self, wire: Wire, host: str, version: int, address: str, port: int) -> socket.socket:
        kind = socket.AF_INET6 if version == family("::") else socket.AF_INET
        with namespaces.entered(wire.machines[host].namespace):
            made = socket.socket(kind, socket.SOCK_DGRAM)
            made.bind((address, port))
        made.settimeout(1)
        return made

    def _sender_to(self, wire: Wire, router: str, version: int) -> socket.socket:
        """Return a socket whose packets the node gets: a router chooses by the source port too."""
        service = SERVICES[version].partition("/")[0]
        own = next(r for r, name in self._receivers.items() if name == self._node and _is_of(r, version))
        for _ in range(_TRIES):
            sender = self._socket(wire, _CLIENTS[router], version, "::" if ":" in service else "0.0.0.0", 0)  # noqa: S104 - a socket of the lab
            sender.connect((service, _PORT))
            for _ in range(2):  # the first packet may wait for the router's link-layer address
                sender.send(b"try")
            try:
                own.recv(16)
                own.recv(16)
            except TimeoutError:
                sender.close()
            else:
                return sender
        raise LabError(f"no flow over {router} in IPv{version} goes to {self._node}")

    def __enter__(self) -> Self:
        for receiver in self._receivers:
            receiver.setblocking(False)
        for thread in (*self._threads, self._messages):
            thread.start()
        wait_until(lambda: len(self.last) == len(self._senders), 10, f"all flows arrive at {self._node}")
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._messages.ended.set()
        for thread in (*self._threads, self._messages):
            thread.join()
        for made in (*self._receivers, *self._senders.values()):
            made.close()

    def outages(self, seconds: float) -> dict[Flow, Outage]:
        """Return the outage of each flow when all of them arrive at the other node."""
        wait_until(lambda: len(self.first_after) == len(self._senders), seconds, "all flows arrive at the other node")
        return {flow: self._outage(flow) for flow in self._senders}

    def _outage(self, flow: Flow) -> Outage:
        back, silent = self.first_after[flow], self.last[flow, self._node]
        messages = [moment for moment in self._messages.sent[flow] if moment <= silent + _JITTER]
        return Outage(back - silent, back - max(messages, default=silent))

    @property
    def messages(self) -> dict[Flow, list[float]]:
        """When the node sent BGP messages, by flow."""
        return self._messages.sent

    def _send(self) -> None:
        pause, due = len(self._senders) / _RATE, time.monotonic()
        while not self._ended.is_set():
            for (router, version), sender in self._senders.items():
                try:
                    sender.send(f"{router} {version}".encode())
                except OSError:
                    continue  # an ICMP error of an earlier packet
            due += pause
            time.sleep(max(0.0, due - time.monotonic()))

    def _receive(self) -> None:
        with selectors.DefaultSelector() as selector:
            for receiver, name in self._receivers.items():
                selector.register(receiver, selectors.EVENT_READ, name)
            while not self._ended.is_set():
                for key, _ in selector.select(timeout=0.1):
                    self._note(key.fileobj.recv(16), key.data)  # type: ignore[union-attr]  # only sockets are registered

    def _note(self, packet: bytes, node: str) -> None:
        if packet == b"try":
            return
        router, version = packet.decode().split()
        flow = (router, int(version))
        self.last[flow, node] = time.monotonic()
        if node != self._node:
            self.first_after.setdefault(flow, self.last[flow, node])


def _is_of(made: socket.socket, version: int) -> bool:
    return (made.family == socket.AF_INET6) == (version == family("::"))


class _Messages(threading.Thread):
    """When a node sent BGP messages to each router in each family: TCP with content, from or to port 179."""

    def __init__(self, wire: Wire, node: str) -> None:
        super().__init__()
        self.sent: dict[Flow, list[float]] = {(router.name, version): [] for router in ROUTERS for version in SERVICES}
        self.ended = threading.Event()
        self._routers = {
            ip_address(address).packed: (router.name, family(address))
            for router in ROUTERS
            for address in router.addresses
        }
        with namespaces.entered(wire.machines[node].namespace):
            self._packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS))
            self._packets.bind((FABRIC_INTERFACE, _ALL_PROTOCOLS))
        self._packets.settimeout(0.1)

    def run(self) -> None:
        """Note the messages until it is ended."""
        while not self.ended.is_set():
            try:
                frame, (_, _, kind, *_) = self._packets.recvfrom(200)
            except TimeoutError:
                continue
            if kind == socket.PACKET_OUTGOING and (flow := self._flow_of(frame)):
                self.sent[flow].append(time.monotonic())
        self._packets.close()

    def _flow_of(self, frame: bytes) -> Flow | None:
        packet = frame[14:]
        if frame[12:14] == _IPV4 and packet[9] == _TCP:
            target, tcp, length = packet[16:20], packet[(packet[0] & 15) * 4 :], int.from_bytes(packet[2:4], "big")
            length -= (packet[0] & 15) * 4
        elif frame[12:14] == _IPV6 and packet[6] == _TCP:
            target, tcp, length = packet[24:40], packet[40:], int.from_bytes(packet[4:6], "big")
        else:
            return None
        has_content = length > (tcp[12] >> 4) * 4
        ports = {int.from_bytes(tcp[:2], "big"), int.from_bytes(tcp[2:4], "big")}
        return self._routers.get(target) if has_content and _BGP in ports else None


def computed(wire: Wire) -> dict[Flow, float]:
    """Return the longest outage in seconds, by router and family, as `explain` shows it."""
    folder = wire.folder / "timers"
    wire.scan("scan", "--save", str(folder), "--overwrite")
    seconds = {}
    for version, prefix in SERVICES.items():
        document = json.loads(wire.scan("explain", prefix, str(folder)).stdout)
        for router in document["routers"]:
            texts = {link["text"] for node in router["nodes"] for link in node["links"] if link["link"] == "detection"}
            for found in (re.search(r"within ([0-9.]+) s", text) for text in texts):
                if found:
                    seconds[router["router"], version] = float(found[1])
    return seconds


def measured(wire: Wire, node: str, longest: float) -> dict[Flow, Outage]:
    """Return the outage of each flow when a node falls silent; it is silent no more afterwards.

    Each of its BGP sessions has sent a message before.
    """
    with Traffic(wire, node) as traffic:
        wait_until(
            lambda: all(traffic.messages.values()), 2 * wire.timers.keepalive + 10, "each session sends a message"
        )
        wire.silence(node)
        try:
            return traffic.outages(longest)
        finally:
            wire.restore(node)
