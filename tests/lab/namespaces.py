"""Network namespaces: one for each host, and one for the bridge that joins them.

Interfaces are created inside the namespaces, so nothing shows up on the machine itself. Commands share the machine's
file system: only the network is a host's own. They are run by `nsenter`, since `ip -n` and `ip netns exec` mount /sys
anew, which fails in a chroot whose root is no mount point.
"""

from __future__ import annotations

import ctypes
import json
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from tests.lab.plan import FABRIC_INTERFACE, SERVICE_INTERFACE
from tests.lab.processes import LabError, end_processes, run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tests.lab.plan import Host

NAMESPACES = Path("/run/netns")
BRIDGE = "br0"


def exists(namespace: str) -> bool:
    """Return whether there is a namespace of this name."""
    return (NAMESPACES / namespace).exists()


def inside(namespace: str, argv: Sequence[str]) -> list[str]:
    """Return the command that runs a command in a namespace."""
    return ["nsenter", f"--net={NAMESPACES / namespace}", "--", *argv]


def ip(namespace: str, *words: str) -> str:
    """Return what `ip` prints in a namespace; raises LabError if it fails."""
    return run(inside(namespace, ["ip", *words]))


@contextmanager
def entered(namespace: str) -> Iterator[None]:
    """Let this thread make sockets in a namespace; they stay there when it has left."""
    with Path("/proc/thread-self/ns/net").open("rb") as own, (NAMESPACES / namespace).open("rb") as other:
        _enter(other)
        try:
            yield
        finally:
            _enter(own)


def _enter(namespace: BinaryIO) -> None:
    libc = ctypes.CDLL(None, use_errno=True)  # os.setns is Python 3.12's
    if libc.setns(namespace.fileno(), 0) != 0:
        raise LabError(f"cannot enter {namespace.name}: {os.strerror(ctypes.get_errno())}")


def add_namespace(namespace: str) -> None:
    """Make a namespace, or none; raises LabError if it fails or there is one of that name, whoever made it."""
    if exists(namespace):
        raise LabError(f"network namespace {namespace} exists already: the lab does not touch what it did not make")
    run(["ip", "netns", "add", namespace])
    # Ports count in the choice of a next hop, as they should where several connections are to be spread.
    try:
        set_hash_policy(namespace, 1)
    except LabError:
        run(["ip", "netns", "del", namespace])
        raise


def add_fabric(namespace: str) -> None:
    """Make the bridge that joins the hosts, in its own namespace."""
    ip(namespace, "link", "add", BRIDGE, "type", "bridge")
    ip(namespace, "link", "set", BRIDGE, "up")


def attach(host: Host, namespace: str, fabric: str, interface: str = FABRIC_INTERFACE) -> None:
    """Give a host its interface on the fabric and its addresses."""
    skip_duplicate_address_detection(namespace)
    port = f"v-{host.name}"
    ip(fabric, "link", "add", port, "type", "veth", "peer", "name", interface, "netns", namespace)
    ip(fabric, "link", "set", port, "master", BRIDGE, "up")
    ip(namespace, "addr", "add", f"{host.ipv4}/24", "dev", interface)
    ip(namespace, "addr", "add", f"{host.ipv6}/64", "dev", interface, "nodad")
    ip(namespace, "link", "set", interface, "up")
    ip(namespace, "link", "set", "lo", "up")


def skip_duplicate_address_detection(namespace: str) -> None:
    """Let IPv6 addresses be used at once: the detection would keep each from use for a second or two."""
    run(inside(namespace, ["sh", "-c", "for c in all default; do echo 0 >/proc/sys/net/ipv6/conf/$c/accept_dad; done"]))


def forward_packets(namespace: str) -> None:
    """Let the kernel of a host forward packets of both families, as a router's does."""
    files = "/proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding"
    run(inside(namespace, ["sh", "-c", f"for f in {files}; do echo 1 >$f; done"]))


def set_hash_policy(namespace: str, policy: int) -> None:
    """Say what a router's kernel picks a next hop by: 0 for addresses only, 1 for ports too."""
    files = " ".join(f"/proc/sys/net/{family}/fib_multipath_hash_policy" for family in ("ipv4", "ipv6"))
    run(inside(namespace, ["sh", "-c", f"for f in {files}; do echo {policy} >$f; done"]))


def add_service_interface(namespace: str, prefixes: Iterable[str], interface: str = SERVICE_INTERFACE) -> None:
    """Give a node its load-balanced addresses."""
    # A bridge without ports replaces the usual dummy: not every kernel has that device type.
    ip(namespace, "link", "add", interface, "type", "bridge")
    ip(namespace, "link", "set", interface, "up")
    for prefix in prefixes:
        add_address(namespace, prefix, interface)


def delete_service_interface(namespace: str, interface: str = SERVICE_INTERFACE) -> None:
    """Take an interface with load-balanced addresses off a node."""
    ip(namespace, "link", "del", interface)


def add_address(namespace: str, prefix: str, interface: str = SERVICE_INTERFACE) -> None:
    """Put a load-balanced address on a node."""
    options = ["nodad"] if ":" in prefix else []
    ip(namespace, "addr", "add", prefix, "dev", interface, *options)


def delete_address(namespace: str, prefix: str) -> None:
    """Take a load-balanced address off a node."""
    ip(namespace, "addr", "del", prefix, "dev", SERVICE_INTERFACE)


def link_local_address(namespace: str, interface: str = FABRIC_INTERFACE) -> str:
    """Return the address that IPv6 next hops are given as."""
    (shown,) = json.loads(ip(namespace, "-j", "-6", "addr", "show", "dev", interface))
    addresses = [info["local"] for info in shown["addr_info"] if info["scope"] == "link"]
    if len(addresses) != 1:
        raise LabError(f"{namespace}: {len(addresses)} link-local addresses on {interface}, expected 1")
    return str(addresses[0])


def identity(namespace: str) -> int:
    """Return what identifies a namespace, also after its name is gone."""
    return (NAMESPACES / namespace).stat().st_ino


def processes(*identities: int) -> list[int]:
    """Return the ids of the processes in any of these namespaces, however they were started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            # A process may end meanwhile, and one that waits to be reaped has no namespace any more.
            with suppress(OSError):
                if (entry / "ns" / "net").stat().st_ino in identities:
                    found.append(int(entry.name))
    return found


def processes_named(namespace: str, pids: Collection[int | None]) -> list[int]:
    """Return those of the process ids that are in the namespace: a pid file may name one that was used anew."""
    return [pid for pid in processes(identity(namespace)) if pid in pids]


def remove(namespace: str) -> None:
    """End what runs in a namespace of the lab and delete it."""
    number = identity(namespace)
    end_processes(lambda: processes(number), namespace)
    run(["ip", "netns", "del", namespace])
