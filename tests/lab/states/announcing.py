"""Nodes that announce otherwise than the others: other attributes, an aggregate only, `network` statements."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.lab import bird, frr, namespaces
from tests.lab.bird import NODE_CHANNEL
from tests.lab.plan import NODE_AS, ON_ALL_NODES, ROUTER_AS, SERVICE_INTERFACE, family
from tests.lab.processes import wait_until
from tests.lab.states.attributes import OTHER_AS, number_node
from tests.lab.states.sessions import FAMILIES
from tests.lab.topologies.breaking import configured, replaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from tests.lab.laboratory import Lab

AGGREGATES = ("172.31.1.0/24", "fd00:31::1:0/112")
"""What has the prefixes of all nodes in it."""
KUBE = "KUBE"
"""The route-map of what FRR nodes redistribute."""
GRACEFUL_SHUTDOWN = "bgp_community.add((65535, 0));"
DAMPENING = "bgp dampening 15 750 2000 60"
FLAPS = 4
"""Withdrawals that count 1000 each, in quick succession: more than the 2000 from which a path is suppressed."""


def with_statement(lab: Lab, node: str, statement: str) -> AbstractContextManager[None]:
    """Hold a statement in the export filter of a node's BIRD."""
    announced = f"import all; export filter {{ {statement} if source = RTS_DEVICE then accept; reject; }};"
    return replaced(lab, node, (NODE_CHANNEL, announced))


def prepended() -> str:
    """Return the statement that makes a path longer by one AS."""
    return f"bgp_path.prepend({NODE_AS});"


@contextmanager
def in_another_as(lab: Lab, node: str, statement: str = "", *, router: str = "", option: str = "") -> Iterator[None]:
    """Hold a BIRD node in an AS of its own, with a statement in its export filter, and an option on a router."""
    with ExitStack() as undo:
        if option:
            enter = f"router bgp {ROUTER_AS}"
            undo.enter_context(configured(lab, router, [enter, option], [enter, f"no {option}"]))
        undo.callback(number_node, lab, node, NODE_AS)
        number_node(lab, node, OTHER_AS)
        if statement:
            undo.enter_context(with_statement(lab, node, statement))
        yield


@contextmanager
def aggregated(lab: Lab, node: str, words: str) -> Iterator[None]:
    """Hold an FRR node that announces aggregates in place of what is within them: `summary-only` for one."""
    machine = lab.machines[node]
    names = ("ip", "ipv6")
    with ExitStack() as undo:
        for name, prefix in zip(names, ON_ALL_NODES, strict=True):
            undo.callback(frr.configure, machine, f"no {name} prefix-list SUPPRESSED", f"no route-map SUPPRESS-{name}")
            lines = (f"route-map SUPPRESS-{name} permit 10", f"match {name} address prefix-list SUPPRESSED")
            frr.configure(machine, f"{name} prefix-list SUPPRESSED permit {prefix}", *lines)
        for name, of_family, aggregate in zip(names, FAMILIES, AGGREGATES, strict=True):
            enter = f"address-family {of_family} unicast"
            line = f"aggregate-address {aggregate} {words.format(name=name)}"
            undo.callback(frr.configure_bgp, machine, enter, f"no {line}")
            frr.configure_bgp(machine, enter, line)
        yield


@contextmanager
def by_network_statements(lab: Lab, node: str, lost: Iterable[str] = ()) -> Iterator[None]:
    """Hold an FRR node without `kube-lb0`: its addresses are on `lo`, and `network` statements announce them in BGP.

    `lost` are the prefixes whose statement was forgotten; OSPF announces what is on `lo`.
    """
    machine = lab.machines[node]
    of_map = f"route-map {KUBE}"
    with ExitStack() as undo:
        undo.callback(namespaces.add_service_interface, machine.namespace, machine.host.announces)
        namespaces.delete_service_interface(machine.namespace)
        for name in FAMILIES:
            enter, line = f"address-family {name} unicast", f"redistribute connected {of_map}"
            undo.callback(frr.configure_bgp, machine, enter, line)
            frr.configure_bgp(machine, enter, f"no {line}")
        undo.enter_context(
            configured(
                lab,
                node,
                [f"{of_map} permit 10", "match interface lo"],
                [f"{of_map} permit 10", f"match interface {SERVICE_INTERFACE}"],
            )
        )
        for prefix in machine.host.announces:
            namespaces.add_address(machine.namespace, prefix, "lo")
            undo.callback(namespaces.ip, machine.namespace, "addr", "del", prefix, "dev", "lo")
            if prefix not in lost:
                enter = f"address-family ipv{family(prefix)} unicast"
                undo.callback(frr.configure_bgp, machine, enter, f"no network {prefix}")
                frr.configure_bgp(machine, enter, f"network {prefix}")
        yield


@contextmanager
def damped(lab: Lab, node: str, router: str) -> Iterator[None]:
    """Hold a node's IPv4 paths suppressed by a router's dampening, after its filter withdrew them several times."""
    machine, enter = lab.machines[node], f"router bgp {ROUTER_AS}"
    plain = bird.configuration(machine)
    prefix, _ = ON_ALL_NODES
    channel = f"ipv4 {{ {NODE_CHANNEL}"
    refusing = plain.replace(channel, channel.replace("where ", f"where net != {prefix} && "))

    def flap() -> None:
        for text, count in ((refusing, 0), (plain, 1)):
            bird.configure(machine, text)
            shown = f"{router} {'has' if count else 'has not'} the path of {node}"
            wait_until(lambda count=count: _paths_of(lab, router, node) == count, 30, shown)  # type: ignore[misc]  # a bound loop variable

    in_family = [enter, "address-family ipv4 unicast"]
    with ExitStack() as undo:
        # FRR 8.4.4 leaves a path marked as stale when its dampening ends.
        undo.callback(lab.vtysh, router, "clear ip bgp dampening", f"clear bgp {machine.host.ipv4}")
        undo.enter_context(configured(lab, router, [*in_family, DAMPENING], [*in_family, f"no {DAMPENING}"]))
        undo.callback(bird.configure, machine, plain)
        for _ in range(FLAPS):
            flap()
        yield


def _paths_of(lab: Lab, router: str, node: str) -> int:
    """Return whether a router has the node's path, as 0 or 1; one that dampening remembers is withdrawn."""
    shown = lab.vtysh(router, f"show bgp ipv4 unicast {ON_ALL_NODES[0]}")
    return int(f"from {lab.machines[node].host.ipv4} " in shown and "history entry" not in shown)
