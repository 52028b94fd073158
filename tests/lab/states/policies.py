"""What policies of an FRR router do to the paths of a node: best-path options, AS-path lists, route-maps of zebra."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.lab.plan import NODE_AS, NODES, ROUTER_AS
from tests.lab.states.sessions import FAMILIES, configure_peer
from tests.lab.topologies.breaking import configured

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from tests.lab.laboratory import Lab

ENTER = f"router bgp {ROUTER_AS}"
FILTER = "REFUSE-PATHS"
MED = 5


def best_path(lab: Lab, router: str, option: str) -> AbstractContextManager[None]:
    """Hold an option of the choice of the best path, `med missing-as-worst` for one."""
    return configured(lab, router, [ENTER, f"bgp bestpath {option}"], [ENTER, f"no bgp bestpath {option}"])


@contextmanager
def with_peer_line(lab: Lab, router: str, node: str, line: str) -> Iterator[None]:
    """Hold a line of a router's sessions with a node, `neighbor {peer} filter-list NAME in` for one."""
    try:
        configure_peer(lab, router, node, line)
        yield
    finally:
        configure_peer(lab, router, node, f"no {line}")


@contextmanager
def without_med(lab: Lab, router: str, node: str) -> Iterator[None]:
    """Hold a node's paths without MED, and all others with one, where a missing MED counts as the worst."""
    with ExitStack() as undo:
        added = ["route-map ADD-MED permit 10", f"set metric {MED}"]
        undo.enter_context(configured(lab, router, added, ["no route-map ADD-MED"]))
        for other in (each.name for each in NODES if each.name != node):
            undo.enter_context(with_peer_line(lab, router, other, "neighbor {peer} route-map ADD-MED in"))
        undo.enter_context(best_path(lab, router, "med missing-as-worst"))
        yield


@contextmanager
def longer_path_ignored(lab: Lab, router: str, node: str) -> Iterator[None]:
    """Hold a node's AS path longer on a router that does not compare AS paths."""
    with ExitStack() as undo:
        longer = ["route-map LONGER permit 10", f"set as-path prepend {NODE_AS}"]
        undo.enter_context(configured(lab, router, longer, ["no route-map LONGER"]))
        undo.enter_context(with_peer_line(lab, router, node, "neighbor {peer} route-map LONGER in"))
        undo.enter_context(best_path(lab, router, "as-path ignore"))
        yield


@contextmanager
def refused_by_as_path(lab: Lab, router: str, node: str) -> Iterator[None]:
    """Hold an AS-path list on a router's way in from a node that rejects the nodes' AS."""
    with ExitStack() as undo:
        name = f"bgp as-path access-list {FILTER}"
        undo.enter_context(configured(lab, router, [f"{name} deny ^{NODE_AS}$", f"{name} permit .*"], [f"no {name}"]))
        undo.enter_context(with_peer_line(lab, router, node, f"neighbor {{peer}} filter-list {FILTER} in"))
        yield


@contextmanager
def route_map_with_as_path(lab: Lab, router: str, node: str) -> Iterator[None]:
    """Hold a route-map on a router's way in from a node that rejects what an AS-path list permits."""
    with ExitStack() as undo:
        name = f"bgp as-path access-list {FILTER}"
        undo.enter_context(configured(lab, router, [f"{name} permit ^{NODE_AS}$"], [f"no {name}"]))
        lines = [f"route-map {FILTER} deny 10", f"match as-path {FILTER}", "exit", f"route-map {FILTER} permit 20"]
        undo.enter_context(configured(lab, router, lines, [f"no route-map {FILTER}"]))
        undo.enter_context(with_peer_line(lab, router, node, f"neighbor {{peer}} route-map {FILTER} in"))
        yield


@contextmanager
def not_taken_by_zebra(lab: Lab, router: str, prefixes: tuple[str, ...]) -> Iterator[None]:
    """Hold route-maps of zebra that let it take no BGP route to prefixes, one of each family."""
    with ExitStack() as undo:
        for word, prefix in zip(("ip", "ipv6"), prefixes, strict=True):
            name = f"ZEBRA-{word}"
            listed = f"{word} prefix-list {name}"
            lines = [
                f"{listed} seq 5 permit {prefix}",
                *(f"route-map {name} deny 10", f"match {word} address prefix-list {name}", "exit"),
                *(f"route-map {name} permit 20", "exit"),
                f"{word} protocol bgp route-map {name}",
            ]
            back = [f"no {word} protocol bgp route-map {name}", f"no route-map {name}", f"no {listed}"]
            undo.enter_context(configured(lab, router, lines, back))
        yield


@contextmanager
def default_of_a_node(lab: Lab, node: str, router: str) -> Iterator[None]:
    """Hold a default route that a node with FRR announces to a router, beside its other routes."""
    addresses = lab.machines[router].host.addresses
    with ExitStack() as undo:
        enter = f"router bgp {NODE_AS}"
        for name, peer in zip(FAMILIES, addresses, strict=True):
            family, line = f"address-family {name} unicast", f"neighbor {peer} default-originate"
            undo.enter_context(configured(lab, node, [enter, family, line], [enter, family, f"no {line}"]))
        yield
