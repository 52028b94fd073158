"""FRR: several instances on one machine, separated by a pathspace (`-N`) that bears the namespace's name.

Each daemon has a configuration file of its own, so none stumbles over the others' lines.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab import namespaces
from tests.lab.plan import (
    BGP_TIMERS,
    FABRIC_INTERFACE,
    NODE_AS,
    NODES,
    OSPF_DEAD_INTERVAL,
    ROUTER_AS,
    ROUTERS,
    SERVICE_INTERFACE,
)
from tests.lab.processes import end_processes, read_pid, run, start_daemon, wait_until

if TYPE_CHECKING:
    from tests.lab.plan import Host, Machine

DAEMONS = ("zebra", "bgpd", "ospfd", "ospf6d")
BINARIES = Path("/usr/lib/frr")
CONFIGURATIONS = Path("/etc/frr")
RUN = Path("/var/run/frr")
KUBE = ("route-map KUBE permit 10", f" match interface {SERVICE_INTERFACE}")
"""Lets only the load-balanced addresses be redistributed."""
CRASH_LOGS = Path("/var/tmp/frr")  # noqa: S108  FRR's own place for each daemon's crash log, not ours to choose


def prepare(machine: Machine) -> None:
    """Make the folders and configurations of a host; raises FileExistsError if there are some of its name."""
    for folder in (CONFIGURATIONS / machine.namespace, RUN / machine.namespace):
        folder.mkdir(parents=True)
        shutil.chown(folder, "frr", "frr")
    _write(machine, "vtysh", f"hostname {machine.host.name}\n")
    for daemon in daemons_of(machine):
        _write(machine, daemon, _configuration(daemon, machine.host))


def daemons_of(machine: Machine) -> tuple[str, ...]:
    """Return the daemons of a host, zebra first."""
    return tuple(machine.host.configurations) or DAEMONS


def start(machine: Machine, *zebra_options: str) -> None:
    """Start all daemons of a host; they run when this returns."""
    daemons = daemons_of(machine)
    for daemon in daemons:
        start_one(machine, daemon, *(zebra_options if daemon == "zebra" else ()))
    wait_until(lambda: all(_is_running(machine, daemon) for daemon in daemons), 30, f"{machine.namespace}: FRR runs")


def start_one(machine: Machine, daemon: str, *options: str) -> None:
    """Start one daemon of a host."""
    argv = [str(BINARIES / daemon), "-d", "-N", machine.namespace, "-f", str(_configuration_file(machine, daemon))]
    argv += ["--log", f"file:{RUN / machine.namespace / daemon}.log", *options]
    start_daemon(namespaces.inside(machine.namespace, argv), machine.folder / f"{daemon}.start")


def stop_one(machine: Machine, daemon: str) -> None:
    """Stop one daemon of a host and wait for its end."""
    pid = read_pid(RUN / machine.namespace / f"{daemon}.pid")
    end_processes(lambda: namespaces.processes_named(machine.namespace, {pid}), f"{daemon} in {machine.namespace}")


def stop(machine: Machine) -> None:
    """Stop all daemons of a host and wait for their end."""
    end_processes(lambda: _pids(machine), f"FRR in {machine.namespace}")


def vtysh(machine: Machine, *commands: str) -> str:
    """Return what vtysh answers to the commands, given one after the other."""
    words = [word for command in commands for word in ("-c", command)]
    return run(namespaces.inside(machine.namespace, ["vtysh", "-N", machine.namespace, *words]))


def configure(machine: Machine, *lines: str) -> None:
    """Enter lines of configuration, the first outside of any section."""
    vtysh(machine, "configure terminal", *lines)


def configure_bgp(machine: Machine, *lines: str) -> None:
    """Enter lines of configuration within `router bgp`."""
    own_as = NODE_AS if machine.host.announces else ROUTER_AS
    configure(machine, f"router bgp {own_as}", *lines)


def set_maximum_paths(machine: Machine, maximum: int | None) -> None:
    """Set BGP's maximum-paths for IPv4 and IPv6; None goes back to FRR's default."""
    command = "no maximum-paths" if maximum is None else f"maximum-paths {maximum}"
    for address_family in ("ipv4", "ipv6"):
        configure_bgp(machine, f"address-family {address_family} unicast", command)


def neighbor(address: str, remote_as: int) -> list[str]:
    """Return the lines of a neighbour within `router bgp`, before it is activated."""
    words = (f"remote-as {remote_as}", f"timers {BGP_TIMERS}", "timers connect 1")
    return [f"neighbor {address} {word}" for word in words]


def remove(machine: Machine) -> None:
    """Remove the files of a host whose daemons have ended."""
    for folder in folders(machine):
        shutil.rmtree(folder)


def folders(machine: Machine) -> list[Path]:
    """Return the folders of a host outside the lab's own folder."""
    own = [CONFIGURATIONS / machine.namespace, RUN / machine.namespace]
    return [folder for folder in [*own, *CRASH_LOGS.glob(f"*{machine.namespace}*")] if folder.exists()]


def shared_files() -> set[Path]:
    """Return the files that all instances of FRR share, whatever their pathspace: each daemon writes them anew."""
    return {*RUN.glob("ospf*-gr.json"), *RUN.glob("ospf*-seq-no.dat")}


def _write(machine: Machine, name: str, text: str) -> None:
    file = _configuration_file(machine, name)
    file.write_text(text, encoding="ascii")
    shutil.chown(file, "frr", "frr")


def _configuration_file(machine: Machine, name: str) -> Path:
    return CONFIGURATIONS / machine.namespace / f"{name}.conf"


def _is_running(machine: Machine, daemon: str) -> bool:
    return (RUN / machine.namespace / f"{daemon}.vty").exists() and len(_pids(machine)) == len(daemons_of(machine))


def _pids(machine: Machine) -> list[int]:
    """Return the daemons that their pid files name and that do run in the host's namespace."""
    named = {read_pid(RUN / machine.namespace / f"{daemon}.pid") for daemon in daemons_of(machine)}
    return namespaces.processes_named(machine.namespace, named)


def _configuration(daemon: str, host: Host) -> str:
    own = {"zebra": _zebra, "bgpd": _bgpd, "ospfd": _ospfd, "ospf6d": _ospf6d}
    body = host.configurations[daemon] if host.configurations else own[daemon](host)
    return f"hostname {host.name}\n{body}"


def _zebra(host: Host) -> str:
    # A bridge without ports has no carrier; FRR would not count its addresses as reachable.
    return f"interface {SERVICE_INTERFACE}\n no link-detect\n" if host.announces else ""


def _bgpd(host: Host) -> str:
    is_node = bool(host.announces)
    own_as, peer_as, peers = (NODE_AS, ROUTER_AS, ROUTERS) if is_node else (ROUTER_AS, NODE_AS, NODES)
    lines = [f"router bgp {own_as}", f" bgp router-id {host.ipv4}", " no bgp ebgp-requires-policy"]
    lines += [" no bgp default ipv4-unicast", " bgp bestpath as-path multipath-relax"]
    for address in (address for peer in peers for address in peer.addresses):
        lines += [f" {line}" for line in neighbor(address, peer_as)]
    for name, addresses in (("ipv4", [p.ipv4 for p in peers]), ("ipv6", [p.ipv6 for p in peers])):
        lines += [f" address-family {name} unicast"]
        lines += [f"  neighbor {address} activate" for address in addresses]
        lines += ["  redistribute connected route-map KUBE"] * is_node
        lines += [" exit-address-family"]
    # BIRD announces with origin IGP; FRR's own `incomplete` would lose against it.
    return "\n".join([*lines, "exit", *KUBE, " set origin igp", ""])


def _ospfd(host: Host) -> str:
    return f"""interface {FABRIC_INTERFACE}
 ip ospf area 0
 ip ospf hello-interval 1
 ip ospf dead-interval {OSPF_DEAD_INTERVAL}
 ip ospf priority {_priority(host)}
 ip ospf retransmit-interval 3
exit
router ospf
 ospf router-id {host.ipv4}
 timers throttle lsa all 0
 timers lsa min-arrival 0
{_redistribution(host)}"""


def _ospf6d(host: Host) -> str:
    return f"""interface {FABRIC_INTERFACE}
 ipv6 ospf6 area 0
 ipv6 ospf6 hello-interval 1
 ipv6 ospf6 dead-interval {OSPF_DEAD_INTERVAL}
 ipv6 ospf6 priority {_priority(host)}
 ipv6 ospf6 retransmit-interval 3
exit
router ospf6
 ospf6 router-id {host.ipv4}
 timers lsa min-arrival 0
{_redistribution(host)}"""


def _priority(host: Host) -> int:
    # The routers are the designated ones: ospf6d 8.4 loses its own LSA when a designated router goes, and nodes do go.
    return int(not host.announces)


def _redistribution(host: Host) -> str:
    if not host.announces:
        return ""
    # BIRD announces with this metric; another one would lose or win against it.
    return "\n".join([" redistribute connected metric 10000 metric-type 2 route-map KUBE", "exit", *KUBE, ""])
