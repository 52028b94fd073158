"""How the states of unnumbered peers and dynamic neighbours are made."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.lab import frr, namespaces
from tests.lab.plan import family
from tests.lab.processes import wait_until
from tests.lab.states.refused import NOBODY
from tests.lab.topologies.breaking import configured, interface_down
from tests.lab.topologies.unnumbered import LEAF_AS, NODE_AS, PREFIX4, PREFIX6

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.topologies.instance import Instance

LEAF = f"router bgp {LEAF_AS}"
PROTOCOLS = ("leaf1_ipv4", "leaf1_ipv6")


def in_bgp(line: str, *, of_family: str = "") -> tuple[list[str], list[str]]:
    """Return the lines that enter a line within `router bgp` of a leaf, and those that undo it."""
    enter = [LEAF, *([f"address-family {of_family} unicast"] if of_family else [])]
    back = line.removeprefix("no ") if line.startswith("no ") else f"no {line}"
    return [*enter, line], [*enter, back]


@contextmanager
def in_both_families(lab: Instance, line: str) -> Iterator[None]:
    """Hold a line in both address families of leaf1."""
    with ExitStack() as undo:
        for name in ("ipv4", "ipv6"):
            undo.enter_context(configured(lab, "leaf1", *in_bgp(line, of_family=name)))
        yield


@contextmanager
def import_refused(lab: Instance) -> Iterator[None]:
    """Hold a route-map on leaf1 that rejects everything from node2."""
    with (
        configured(lab, "leaf1", ["route-map NONE deny 10"], ["no route-map NONE"]),
        in_both_families(lab, "neighbor swp2 route-map NONE in"),
    ):
        yield


@contextmanager
def export_refused(lab: Instance) -> Iterator[None]:
    """Hold a route-map on node2 that sends nothing to leaf1."""
    node = f"router bgp {NODE_AS}"
    with ExitStack() as undo:
        undo.enter_context(configured(lab, "node2", ["route-map NONE deny 10"], ["no route-map NONE"]))
        for v in (4, 6):
            enter = [node, f"address-family ipv{v} unicast"]
            line = "neighbor eth1 route-map NONE out"
            undo.enter_context(configured(lab, "node2", [*enter, line], [*enter, f"no {line}"]))
        yield


@contextmanager
def group_shrunk(lab: Instance) -> Iterator[None]:
    """Hold the kernel's group of leaf1 without node2, as FRR 8.4.4 leaves it when a link was down for some seconds.

    The session is up again, and FRR takes the group of before for the same next hops.
    """
    keep = ["zebra nexthop-group keep 1"]
    with ExitStack() as undo:
        undo.callback(_renewed, lab)
        undo.enter_context(configured(lab, "leaf1", ["zebra nexthop-group keep 180"], keep))
        time.sleep(2)
        with interface_down(lab, "leaf1", "swp2"):
            wait_until(lambda: "4 available" in _paths(lab), 60, "leaf1 loses the path of node2")
        wait_until(lambda: "5 available" in _paths(lab), 60, "leaf1 has the path of node2 again")
        yield


def _paths(lab: Instance) -> str:
    return lab.vtysh("leaf1", f"show bgp ipv4 unicast {PREFIX4}", f"show bgp ipv6 unicast {PREFIX6}")


def _renewed(lab: Instance) -> None:
    """Let zebra make a new group for the same next hops."""
    lab.vtysh("leaf1", "configure terminal", LEAF, "neighbor swp2 shutdown")
    wait_until(lambda: "4 available" in _paths(lab), 60, "leaf1 loses the path of node2")
    time.sleep(3)  # the group is kept for one second, which zebra checks from time to time
    lab.vtysh("leaf1", "configure terminal", LEAF, "no neighbor swp2 shutdown")


@contextmanager
def disabled(lab: Instance) -> Iterator[None]:
    """Hold the sessions of node5 (BIRD) with leaf1 disabled."""
    try:
        for protocol in PROTOCOLS:
            lab.birdc("node5", f"disable {protocol}")
        yield
    finally:
        for protocol in PROTOCOLS:
            lab.birdc("node5", f"enable {protocol}")


@contextmanager
def beyond_the_listen_limit(lab: Instance) -> Iterator[None]:
    """Hold node5 as one dynamic neighbour too many of leaf1: node4 came first, with a session of each family."""
    with disabled(lab):
        wait_until(lambda: "192.0.2.105" not in lab.vtysh("leaf1", "show bgp summary"), 30, "leaf1 forgets node5")
        frr.configure(lab.machines["leaf1"], *in_bgp("bgp listen limit 2")[0])
    try:
        yield
    finally:
        frr.configure(lab.machines["leaf1"], *in_bgp("bgp listen limit 2")[1])


@contextmanager
def range_of_node4(lab: Instance) -> Iterator[None]:
    """Hold the listen ranges of leaf1 so small that only node4 is in them."""
    wide, narrow = (("192.0.2.0/24", "2001:db8::/64"), ("192.0.2.104/32", "2001:db8::104/128"))
    lines = [[f"bgp listen range {r} peer-group NODES{family(r)}" for r in ranges] for ranges in (wide, narrow)]
    machine = lab.machines["leaf1"]
    try:
        frr.configure(machine, LEAF, *(f"no {line}" for line in lines[0]), *lines[1])
        yield
    finally:
        frr.configure(machine, LEAF, *(f"no {line}" for line in lines[1]), *lines[0])


@contextmanager
def rejected_by_zebra(lab: Instance) -> Iterator[None]:
    """Hold a route-map between BGP and the RIB of leaf1 that rejects the prefixes."""
    words = (("ip", PREFIX4), ("ipv6", PREFIX6))
    with ExitStack() as undo:
        for name, prefix in words:
            lines = [
                f"{name} prefix-list VIP permit {prefix}",
                f"route-map ZEBRA-{name} deny 10", f"match {name} address prefix-list VIP", "exit",
                f"route-map ZEBRA-{name} permit 20", "exit",
                f"{name} protocol bgp route-map ZEBRA-{name}",
            ]  # fmt: skip
            back = [f"no {name} protocol bgp", f"no route-map ZEBRA-{name}", f"no {name} prefix-list VIP"]
            undo.enter_context(configured(lab, "leaf1", lines, back))
        yield


@contextmanager
def silent_with_bfd(lab: Instance) -> Iterator[None]:
    """Hold packets of node3 to leaf1 from arriving, while BFD watches their session: the link itself is up."""
    node, entry = f"router bgp {NODE_AS}", (_own_address(lab, "leaf1", "swp3"), "dev", "eth1")
    watched = '"status":"up"'
    with ExitStack() as undo:
        for host, enter, peer in (("leaf1", LEAF, "swp3"), ("node3", node, "eth1")):
            line = f"neighbor {peer} bfd"
            undo.enter_context(configured(lab, host, [enter, line], [enter, f"no {line}"]))
        wait_until(lambda: watched in lab.vtysh("leaf1", "show bfd peers json"), 60, "BFD is up on leaf1")
        undo.callback(lab.run_in, "node3", ["ip", "neigh", "del", *entry])
        lab.run_in("node3", ["ip", "neigh", "replace", *entry, "lladdr", NOBODY, "nud", "permanent"])
        yield


def _own_address(lab: Instance, host: str, interface: str) -> str:
    return namespaces.link_local_address(lab.machines[host].namespace, interface)
