"""A small network of its own for what happens beyond the route: two routers, two nodes, and a client that sends.

rx1 runs FRR, which installs groups of next-hop objects; rx2 runs BIRD, whose routes have next hops of their own. Both
have BGP sessions, one for each family, with node1 and node2, which announce one address of each family. A node falls
silent when its port of the bridge forwards nothing any more: its own link, and that of the routers, stay up.
"""

from __future__ import annotations

import json
import shutil
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests import program
from tests.lab import bird, frr, namespaces, sshd
from tests.lab.plan import FABRIC_INTERFACE, NODE_AS, ROUTER_AS, SERVICE_INTERFACE, Host, Machine
from tests.lab.processes import run, run_unchecked, wait_until
from tests.lab.topology import Topology

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.program import Ended

SERVICES = {4: "172.31.9.9/32", 6: "fd00:31::9:9/128"}
"""What both nodes announce, by family."""
POOLS = ["172.31.0.0/16", "fd00:31::/32"]
WITHOUT_OBJECTS = ("no zebra nexthop kernel enable",)
"""Lets FRR install routes with next hops of their own, which the kernel uses whether they answer or not."""
FRR_DAEMONS = ("zebra", "staticd", "bgpd", "bfdd")
_BFD = "min rx interval 300 ms; min tx interval 300 ms; multiplier 3;"
_DISCARD = 9
_PAUSE = 0.02
"""Seconds between two rounds of packets."""
_FORWARDING, _DISABLED = "3", "0"
"""States of a bridge's port."""


def _host(name: str, number: int, daemon: str | None, announces: tuple[str, ...] = ()) -> Host:
    return Host(name, f"172.30.251.{number}", f"fd00:30:251::{number}", daemon, announces)


CLIENT = _host("client", 10, None)
"""Scans, and sends to the services over rx1."""
OTHER_CLIENT = _host("client2", 11, None)
"""Sends to the services over rx2."""
ROUTERS = (_host("rx1", 1, "frr"), _host("rx2", 2, "bird"))
NODES = (
    _host("node1", 101, "bird", tuple(SERVICES.values())),
    _host("node2", 102, "bird", tuple(SERVICES.values())),
)
HOSTS = (CLIENT, OTHER_CLIENT, *ROUTERS, *NODES)


@dataclass(frozen=True, slots=True)
class Timers:
    """How the sessions notice a silent peer."""

    hold: int = 180
    """Seconds."""
    keepalive: int = 60
    """Seconds between two keepalives."""
    has_bfd: bool = False
    """300 ms, three times."""


def _is_unresolved(entry: dict[str, Any]) -> bool:
    return entry.get("state") in (["FAILED"], ["INCOMPLETE"])


class Sender:
    """Sends packets from a host to addresses on its link, so that its kernel keeps asking for them.

    A kernel removes an entry that it has given up as soon as nothing uses it.
    """

    def __init__(self, namespace: str, addresses: Sequence[str]) -> None:
        self._sockets = []
        with namespaces.entered(namespace):
            for address in addresses:
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                target = f"{address}%{FABRIC_INTERFACE}" if address.startswith("fe80:") else address
                place = socket.getaddrinfo(target, _DISCARD, family, socket.SOCK_DGRAM)[0][4]
                self._sockets.append((socket.socket(family, socket.SOCK_DGRAM), place))

    def send_until(self, ended: threading.Event) -> None:
        """Send one packet to each address, again and again."""
        while not ended.wait(_PAUSE):
            for sender, place in self._sockets:
                with suppress(OSError):  # the kernel has just given the address up
                    sender.sendto(b"x", place)
        for sender, _ in self._sockets:
            sender.close()


class Wire(Topology):
    """The running network. `stop` belongs to `start`, also if `start` fails half-way."""

    def __init__(self, folder: Path, timers: Timers = Timers(), zebra: Sequence[str] = ()) -> None:
        super().__init__(folder, HOSTS)
        self.timers, self._zebra = timers, tuple(zebra)

    def start(self) -> None:
        """Start everything; returns when both routers forward to both nodes."""
        self._make_folder()
        self._make_network()
        for router, client in zip(ROUTERS, (CLIENT, OTHER_CLIENT), strict=True):
            self._let_forward(router.name)
            self._send_over(router, client.name)
        for host in NODES:
            bird.start(self.machines[host.name], self._bird(host, ROUTERS))
        self._start_frr(self.machines["rx1"])
        bird.start(self.machines["rx2"], self._bird(ROUTERS[1], NODES))
        for router in ROUTERS:
            sshd.start(self.machines[router.name])
        lines = [sshd.known_hosts_lines(self.machines[router.name]) for router in ROUTERS]
        self.known_hosts.write_text("".join(lines), encoding="ascii")
        wait_until(self.is_at_rest, 60, "both routers forward to both nodes in both families")

    def is_at_rest(self) -> bool:
        """Return whether both routers have both nodes as next hops of both services, and their sessions and BFD run."""
        both = set(self.node_names.values())
        routes = all(
            {self.node_names.get(address) for address in self.next_hops(router.name, service)} == both
            for router in ROUTERS
            for service in SERVICES.values()
        )
        return routes and (not self.timers.has_bfd or self._bfd_runs())

    def _bfd_runs(self) -> bool:
        peers = json.loads(frr.vtysh(self.machines["rx1"], "show bfd peers json"))
        of_bird = bird.birdc(self.machines["rx2"], "show bfd sessions")
        up = sum(peer["status"] == "up" for peer in peers)
        return bool(up == of_bird.count(" Up ") == 2 * len(NODES))

    def next_hops(self, router: str, prefix: str) -> list[str]:
        """Return the addresses that a router's kernel has as next hops of a prefix."""
        version = "-6" if ":" in prefix else "-4"
        found = json.loads(self.ip(router, "-j", version, "route", "show", prefix))
        return [hop["gateway"] for route in found for hop in route.get("nexthops", [route]) if "gateway" in hop]

    def ip(self, host: str, *words: str) -> str:
        """Return what `ip` prints on a host."""
        return namespaces.ip(self.machines[host].namespace, *words)

    def write(self, host: str, file: str, value: object) -> None:
        """Write a setting of a host's kernel, by its path below /proc/sys."""
        run(namespaces.inside(self.machines[host].namespace, ["sh", "-c", f"echo {value} >/proc/sys/{file}"]))

    def addresses(self, node: str) -> list[str]:
        """Return the addresses of a node, the link-local one too."""
        return [address for address, name in self.node_names.items() if name == node]

    # States

    def silence(self, node: str) -> None:
        """Let a node neither send nor receive, while its link stays up."""
        self._set_port(node, _DISABLED)

    def restore(self, node: str) -> None:
        """Let a silent node send and receive again."""
        self._set_port(node, _FORWARDING)

    def _set_port(self, node: str, state: str) -> None:
        run(namespaces.inside(self.fabric, ["bridge", "link", "set", "dev", f"v-{node}", "state", state]))

    @contextmanager
    def silent(self, *nodes: str) -> Iterator[None]:
        """Hold nodes silent while both routers send packets to all their addresses; it holds when all are given up."""
        ended = threading.Event()
        senders = [
            Sender(self.machines[r.name].namespace, [a for n in nodes for a in self.addresses(n)]) for r in ROUTERS
        ]
        threads = [threading.Thread(target=sender.send_until, args=[ended]) for sender in senders]
        for node in nodes:
            self.silence(node)
        try:
            for router in ROUTERS:
                self._forget(router.name, nodes)
            for thread in threads:
                thread.start()
            wait_until(lambda: self._are_unresolved(nodes), 30, f"both routers give up {', '.join(nodes)}")
            yield
        finally:
            ended.set()
            for thread in threads:
                thread.join()
            for node in nodes:
                self.restore(node)
            for router in ROUTERS:
                self._forget(router.name, nodes)

    def _forget(self, router: str, nodes: Sequence[str]) -> None:
        """Remove a router's neighbour entries of nodes, as far as there are any."""
        for address in (address for node in nodes for address in self.addresses(node)):
            argv = ["ip", "neigh", "del", address, "dev", FABRIC_INTERFACE]
            run_unchecked(namespaces.inside(self.machines[router].namespace, argv))

    def _are_unresolved(self, nodes: Sequence[str]) -> bool:
        wanted = {address for node in nodes for address in self.addresses(node)}
        of_routers = [json.loads(self.ip(router.name, "-j", "neigh")) for router in ROUTERS]
        return all(wanted <= {entry["dst"] for entry in entries if _is_unresolved(entry)} for entries in of_routers)

    # Scanning

    def scan(self, command: str = "scan", *arguments: str, **changes: Any) -> Ended:
        """Return how a command ended that reads the configuration of this network."""
        folder = self.folder / f"configuration{len(list(self.folder.glob('configuration*')))}"
        folder.mkdir()
        file = folder / "ecmpaudit.yaml"
        file.write_text(json.dumps({**self._configuration(), **changes}), encoding="ascii")
        environment = program.plain_environment(HOME=str(self.folder))
        environment.pop("SSH_AUTH_SOCK", None)
        with namespaces.entered(self.machines[CLIENT.name].namespace):
            return program.ecmpaudit(
                command, "--config", str(file), "--format", "json", *arguments, environment=environment
            )

    def _configuration(self) -> dict[str, Any]:
        keys = {"user": "root", "key": str(self.user_key), "known_hosts": str(self.known_hosts)}
        return {
            "ssh": {**keys, "config": str(self.ssh_config)},
            "routers": {router.name: {"host": router.ipv4, "platform": router.daemon} for router in ROUTERS},
            "nodes": {node.name: {"addresses": self.addresses(node.name)} for node in NODES},
            "clusters": {"wire": {"pools": POOLS}},
        }

    # Daemons

    def _let_forward(self, router: str) -> None:
        for file in ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"):
            self.write(router, file, 1)
        for interface in ("all", FABRIC_INTERFACE):
            self.write(router, f"net/ipv4/conf/{interface}/send_redirects", 0)

    def _send_over(self, router: Host, client: str) -> None:
        for service, gateway in zip(SERVICES.values(), router.addresses, strict=True):
            version = "-6" if ":" in service else "-4"
            self.ip(client, version, "route", "add", service, "via", gateway)
        for version in ("ipv4", "ipv6"):
            for interface in ("all", FABRIC_INTERFACE):
                self.write(client, f"net/{version}/conf/{interface}/accept_redirects", 0)

    def _start_frr(self, machine: Machine) -> None:
        self._undo.callback(frr.remove, machine)
        for folder in (frr.CONFIGURATIONS / machine.namespace, frr.RUN / machine.namespace):
            folder.mkdir(parents=True)
            shutil.chown(folder, "frr", "frr")
        texts = {"vtysh": "", "zebra": "\n".join(self._zebra), "bgpd": self._bgpd()}
        for daemon in ("vtysh", *FRR_DAEMONS):
            file = frr.CONFIGURATIONS / machine.namespace / f"{daemon}.conf"
            file.write_text(f"hostname {machine.host.name}\n{texts.get(daemon, '')}\n", encoding="ascii")
            shutil.chown(file, "frr", "frr")
        for daemon in FRR_DAEMONS:
            frr.start_one(machine, daemon)
        places = [frr.RUN / machine.namespace / f"{daemon}.vty" for daemon in FRR_DAEMONS]
        wait_until(lambda: all(place.exists() for place in places), 30, f"{machine.namespace}: FRR runs")

    def _bgpd(self) -> str:
        lines = [f"router bgp {ROUTER_AS}", f" bgp router-id {ROUTERS[0].ipv4}", " no bgp ebgp-requires-policy"]
        lines += [" no bgp default ipv4-unicast", " bgp bestpath as-path multipath-relax"]
        for address in (address for node in NODES for address in node.addresses):
            words = [f"remote-as {NODE_AS}", f"timers {self.timers.keepalive} {self.timers.hold}", "timers connect 1"]
            words += ["bfd 3 300 300"] * self.timers.has_bfd
            lines += [f" neighbor {address} {word}" for word in words]
        for family, number in (("ipv4", 0), ("ipv6", 1)):
            lines += [f" address-family {family} unicast"]
            lines += [f"  neighbor {node.addresses[number]} activate" for node in NODES]
            lines += [" exit-address-family"]
        return "\n".join([*lines, "exit"])

    def _bird(self, own: Host, peers: Sequence[Host]) -> str:
        """Return what a node's or a router's BIRD is configured with."""
        machine, is_node = self.machines[own.name], bool(own.announces)
        numbers = (NODE_AS, ROUTER_AS) if is_node else (ROUTER_AS, NODE_AS)
        timers = f"hold time {self.timers.hold}; keepalive time {self.timers.keepalive};"
        channel = "import none; export where source = RTS_DEVICE;" if is_node else "import all; export none;"
        lines = [f'log "{machine.folder / "bird.log"}" all;', f"router id {own.ipv4};", "protocol device {}"]
        if is_node:
            lines += [f'protocol direct {{ ipv4; ipv6; interface "{SERVICE_INTERFACE}"; }}']
        else:
            lines += [f"protocol kernel {{ {f} {{ export all; }}; merge paths on; }}" for f in bird.FAMILIES]
        if self.timers.has_bfd:
            lines += [f'protocol bfd {{ interface "*" {{ {_BFD} }}; }}']
        for peer in peers:
            for family, own_address, address in zip(bird.FAMILIES, own.addresses, peer.addresses, strict=True):
                lines += [
                    f"protocol bgp {peer.name}_{family} {{",
                    f"  local {own_address} as {numbers[0]}; neighbor {address} as {numbers[1]};",
                    f"  {timers} connect delay time 1; connect retry time 1; error wait time 1, 1;",
                    f"  {'bfd on;' * self.timers.has_bfd} {family} {{ {channel} }};",
                    "}",
                ]
        return "\n".join([*lines, ""])
