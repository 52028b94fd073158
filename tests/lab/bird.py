"""BIRD 2: one instance for each node, each with its own control socket."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.lab import namespaces
from tests.lab.plan import (
    FABRIC_INTERFACE,
    NODE_AS,
    NODES,
    OSPF_DEAD_INTERVAL,
    ROUTER_AS,
    ROUTERS,
    SERVICE_INTERFACE,
)
from tests.lab.processes import LabError, end_processes, read_pid, run, send_signal, start_daemon, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.plan import Host, Machine

FAMILIES = ("ipv4", "ipv6")
"""BIRD's words for its channels, in the order of a host's addresses."""
NODE_CHANNEL = "import all; export where source = RTS_DEVICE;"
"""What a node accepts from a router and announces to it, in one channel of a session."""


def start(machine: Machine, configuration: str | None = None) -> None:
    """Start the daemon of a host, as a node's if nothing else is given; it is ready when its socket is there."""
    file = _write(machine, configuration or machine.host.configurations.get("bird") or node_configuration(machine))
    argv = ["bird", "-c", str(file), "-s", str(control_socket(machine)), "-P", str(_pid_file(machine))]
    start_daemon(namespaces.inside(machine.namespace, argv), machine.folder / "bird.start")
    wait_until(lambda: control_socket(machine).exists() and bool(_pids(machine)), 30, f"{machine.namespace}: BIRD runs")


def stop(machine: Machine) -> None:
    """Stop the daemon of a host and wait for its end."""
    end_processes(lambda: _pids(machine), f"BIRD in {machine.namespace}")


def kill(machine: Machine) -> None:
    """End the daemon of a host without a chance to say goodbye to its peers."""
    for pid in _pids(machine):
        send_signal(pid, signal.SIGKILL)
    wait_until(lambda: not _pids(machine), 10, f"{machine.namespace}: BIRD is gone")


def configure(machine: Machine, configuration: str) -> None:
    """Let a running daemon read another configuration; raises LabError if it does not like it."""
    file = _write(machine, configuration)
    answer = birdc(machine, f'configure "{file}"')
    if "Reconfigur" not in answer:
        raise LabError(f"{machine.namespace}: {answer}")


def configuration(machine: Machine) -> str:
    """Return what the daemon of a host read last."""
    return (machine.folder / "bird.conf").read_text(encoding="ascii")


def birdc(machine: Machine, command: str) -> str:
    """Return what BIRD answers to a command."""
    return run(["birdc", "-s", str(control_socket(machine)), *command.split()])


def control_socket(machine: Machine) -> Path:
    """Return where `birdc` reaches the host's BIRD."""
    return machine.folder / "bird.ctl"


def _write(machine: Machine, configuration: str) -> Path:
    file = machine.folder / "bird.conf"
    file.write_text(configuration, encoding="ascii")
    return file


def _pid_file(machine: Machine) -> Path:
    return machine.folder / "bird.pid"


def _pids(machine: Machine) -> list[int]:
    return namespaces.processes_named(machine.namespace, [read_pid(_pid_file(machine))])


def node_configuration(machine: Machine) -> str:
    """Return what a node's BIRD is configured with in the clean state."""
    # As with FRR, no node becomes designated router.
    interface = f"hello 1; dead {OSPF_DEAD_INTERVAL}; retransmit 2; priority 0;"
    own = f"""{_head(machine)}protocol direct {{ ipv4; ipv6; interface "{SERVICE_INTERFACE}"; }}
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
    return "".join([own, *ospf, *(sessions_to(machine, router) for router in ROUTERS)])


def sessions_to(machine: Machine, router: Host) -> str:
    """Return a node's two BGP protocols for a router, one for each family."""
    return "".join(
        f"""protocol bgp {router.name}_{family} {{
  local {own_address} as {NODE_AS}; neighbor {address} as {ROUTER_AS};
  connect delay time 1; connect retry time 1; error wait time 1, 1;
  {family} {{ {NODE_CHANNEL} }};
}}
"""
        for family, own_address, address in zip(FAMILIES, machine.host.addresses, router.addresses, strict=True)
    )


def router_configuration(machine: Machine, *, merge_paths: bool) -> str:
    """Return the configuration of a router that has BGP sessions to all nodes and writes to its kernel."""
    merge = " merge paths on;" * merge_paths
    kernel = [f"protocol kernel {{ {family} {{ export where source = RTS_BGP; }};{merge} }}\n" for family in FAMILIES]
    bgp = [
        f"""protocol bgp {node.name}_{family} {{
  local {own_address} as {ROUTER_AS}; neighbor {address} as {NODE_AS};
  connect delay time 1; connect retry time 1; error wait time 1, 1;
  {family} {{ import all; export none; }};
}}
"""
        for node in NODES
        for family, own_address, address in zip(FAMILIES, machine.host.addresses, node.addresses, strict=True)
    ]
    return "".join([_head(machine), *kernel, *bgp])


def _head(machine: Machine) -> str:
    return f"""log "{machine.folder / "bird.log"}" all;
router id {machine.host.ipv4};
protocol device {{}}
"""
