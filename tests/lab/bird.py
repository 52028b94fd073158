"""BIRD 2: one instance for each node, told apart by its control socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab import namespaces
from tests.lab.plan import (
    FABRIC_INTERFACE,
    NODE_AS,
    OSPF_DEAD_INTERVAL,
    ROUTER_AS,
    ROUTERS,
    SERVICE_INTERFACE,
)
from tests.lab.processes import end_processes, read_pid, run, start_daemon, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.plan import Host, Machine


def start(machine: Machine) -> None:
    """Start the daemon of a host; it is ready when its socket is there."""
    file = machine.folder / "bird.conf"
    file.write_text(_configuration(machine.host, machine.folder / "bird.log"), encoding="ascii")
    argv = ["bird", "-c", str(file), "-s", str(control_socket(machine)), "-P", str(_pid_file(machine))]
    start_daemon(namespaces.inside(machine.namespace, argv), machine.folder / "bird.start")
    wait_until(lambda: control_socket(machine).exists() and bool(_pids(machine)), 10, f"{machine.namespace}: BIRD runs")


def stop(machine: Machine) -> None:
    """Stop the daemon of a host and wait for its end."""
    end_processes(lambda: _pids(machine), f"BIRD in {machine.namespace}")


def birdc(machine: Machine, command: str) -> str:
    """Return what BIRD answers to a command."""
    return run(["birdc", "-s", str(control_socket(machine)), *command.split()])


def control_socket(machine: Machine) -> Path:
    """Return where `birdc` reaches the host's BIRD."""
    return machine.folder / "bird.ctl"


def _pid_file(machine: Machine) -> Path:
    return machine.folder / "bird.pid"


def _pids(machine: Machine) -> list[int]:
    return namespaces.processes_named(machine.namespace, [read_pid(_pid_file(machine))])


def _configuration(host: Host, log: Path) -> str:
    # As with FRR, no node becomes designated router.
    interface = f"hello 1; dead {OSPF_DEAD_INTERVAL}; retransmit 2; priority 0;"
    own = f"""log "{log}" all;
router id {host.ipv4};
protocol device {{}}
protocol direct {{ ipv4; ipv6; interface "{SERVICE_INTERFACE}"; }}
protocol kernel {{ ipv4 {{ export none; }}; }}
protocol kernel {{ ipv6 {{ export none; }}; }}
"""
    ospf = [
        f"""protocol ospf {version} {{
  {family} {{ export where source = RTS_DEVICE; }};
  area 0 {{ interface "{FABRIC_INTERFACE}" {{ {interface} }}; }};
}}
"""
        for version, family in (("v2", "ipv4"), ("v3", "ipv6"))
    ]
    bgp = [
        f"""protocol bgp {router.name}_{family} {{
  local {own_address} as {NODE_AS}; neighbor {address} as {ROUTER_AS};
  connect delay time 1; connect retry time 1; error wait time 1, 1;
  {family} {{ import all; export where source = RTS_DEVICE; }};
}}
"""
        for router in ROUTERS
        for family, own_address, address in zip(("ipv4", "ipv6"), host.addresses, router.addresses, strict=True)
    ]
    return "".join([own, *ospf, *bgp])
