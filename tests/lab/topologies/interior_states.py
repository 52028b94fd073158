"""The broken states of OSPF, RIP and static routes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.lab import frr, namespaces
from tests.lab.states.shown import Shown, in_kernel
from tests.lab.topologies.bird_router import FAMILIES, METRIC, node_ospf
from tests.lab.topologies.breaking import configured, daemons_stopped, replaced
from tests.lab.topologies.interior import (
    NODE_PORT,
    OF_OSPF,
    OF_RIP,
    OSPF_NODES,
    RIP_NODES,
    ROUTER,
    STATIC,
    STATIC4,
    STATIC_NODES,
    address,
    static_route,
)
from tests.lab.topologies.state import BrokenState, Expected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.lab.topologies.instance import Instance
    from tests.lab.topologies.network import NextHops

_ALL = (*OSPF_NODES, *RIP_NODES, *STATIC_NODES)
_PORT = f"interface {NODE_PORT}"


def _innocent(*guilty: str) -> tuple[str, ...]:
    return tuple(node for node in _ALL if node not in guilty)


def _without(node: str) -> NextHops:
    for prefixes, nodes in ((OF_OSPF, OSPF_NODES), (OF_RIP, RIP_NODES), (STATIC, STATIC_NODES)):
        if node in nodes:
            return {ROUTER: dict.fromkeys(prefixes, frozenset(nodes) - {node})}
    raise ValueError(node)


def _missing(node: str, link: str, *words: str, confidence: str = "certain") -> tuple[Expected, ...]:
    (table,) = _without(node).values()
    return (Expected("ECMP101", (ROUTER,), tuple(table), (node,), link, confidence, words),)


def _neighbors(times: int, pattern: str = r"\bFull/") -> tuple[Shown, ...]:
    return tuple(
        Shown(ROUTER, question, pattern, times) for question in ("show ip ospf neighbor", "show ipv6 ospf6 neighbor")
    )


def _frr(node: str, *lines: str, undo: tuple[str, ...]) -> Callable[[Instance], AbstractContextManager[None]]:
    return lambda lab: configured(lab, node, lines, undo)


def _of_node3(**changes: str) -> Callable[[Instance], AbstractContextManager[None]]:
    """Return what holds the OSPF of node3 (BIRD) changed."""
    texts = [(node_ospf(version), node_ospf(version, **changes)) for version in FAMILIES]
    return lambda lab: replaced(lab, "node3", *texts)


def _redistribution(words: str) -> tuple[str, ...]:
    return ("router ospf", words, "exit", "router ospf6", words)


_REDISTRIBUTE = f"redistribute connected metric {METRIC} metric-type 2 route-map KUBE"


@contextmanager
def _other_mtu(lab: Instance, node: str) -> Iterator[None]:
    """Hold a node at another MTU, which counts when an adjacency begins."""
    machine = lab.machines[node]

    def change(mtu: int) -> None:
        frr.stop(machine)
        namespaces.ip(machine.namespace, "link", "set", NODE_PORT, "mtu", str(mtu))
        frr.start(machine)

    try:
        change(1400)
        yield
    finally:
        change(1500)


@contextmanager
def _unplugged(lab: Instance, node: str) -> Iterator[None]:
    """Hold a cable without carrier: the far end is down, and loses its IPv6 address."""
    space = lab.machines[node].namespace
    namespaces.ip(space, "link", "set", NODE_PORT, "down")
    try:
        yield
    finally:
        namespaces.ip(space, "link", "set", NODE_PORT, "up")
        namespaces.add_address(space, f"{address(6, node, 2)}/64", NODE_PORT)


@contextmanager
def _addresses_removed(lab: Instance, node: str) -> Iterator[None]:
    space = lab.machines[node].namespace
    try:
        for prefix in OF_OSPF:
            namespaces.delete_address(space, prefix)
        yield
    finally:
        for prefix in OF_OSPF:
            namespaces.add_address(space, prefix)


def _lost(name: str, node: str, make: Callable[[Instance], AbstractContextManager[None]], *words: str) -> BrokenState:
    """Return the state in which the router has no OSPF adjacency with a node."""
    return BrokenState(
        name, make, (*_neighbors(2), *(() if words else _neighbors(0, r"\bInit/"))), _without(node),
        _missing(node, "session", *(words or ("no OSPF neighbour",))),
        innocent=_innocent(node),
    )  # fmt: skip


_ROUTES = {node: tuple(static_route(version, node) for version in FAMILIES) for node in STATIC_NODES}

STATES = (
    _lost("OSPF hello interval of a node", "node1",
          _frr("node1", _PORT, "ip ospf hello-interval 3", "ipv6 ospf6 hello-interval 3",
               undo=(_PORT, "ip ospf hello-interval 1", "ipv6 ospf6 hello-interval 1"))),
    _lost("OSPF dead interval of a node", "node3", _of_node3(interface=" dead 9;")),
    _lost("OSPF area of a node", "node3", _of_node3(area="1")),
    _lost("OSPF port of a node passive", "node3", _of_node3(interface=" stub;")),
    _lost("OSPF password of a node", "node3", _of_node3(interface=' authentication cryptographic; password "lab";')),
    _lost("MTU of a node", "node2", lambda lab: _other_mtu(lab, "node2"), "ExStart|Exchange", "MTU"),
    BrokenState(
        "OSPF metric of a node higher",
        _frr("node1", *_redistribution(_REDISTRIBUTE.replace("metric 10000", "metric 20000")),
             undo=_redistribution(_REDISTRIBUTE)),
        (Shown(ROUTER, "show ip ospf database external", "Metric: 20000"),), _without("node1"),
        _missing("node1", "equal", "metric 20000 of type 2", "metric 10000"),
        innocent=(*RIP_NODES, *STATIC_NODES),
    ),
    BrokenState(
        "OSPF metric type of a node", _of_node3(exports="export filter { ospf_metric1 = 10; accept; };"),
        (Shown(ROUTER, "show ip ospf database external", "Metric Type: 1"),),
        {ROUTER: dict.fromkeys(OF_OSPF, frozenset({"node3"}))},
        (Expected("ECMP101", (ROUTER,), OF_OSPF, ("node1", "node2"), "equal", words=("of type 2", "of type 1")),),
        innocent=(*RIP_NODES, *STATIC_NODES),
    ),
    BrokenState(
        "OSPF node that redistributes nothing",
        _frr("node2", *_redistribution("no redistribute connected"), undo=_redistribution(_REDISTRIBUTE)),
        _neighbors(3), _without("node2"), _missing("node2", "export", "does not announce"),
        innocent=_innocent("node2"), is_quick=True,
    ),
    BrokenState(
        "OSPF node that exports nothing", _of_node3(exports="export none;"),
        _neighbors(3), _without("node3"), _missing("node3", "export", "does not announce"),
        innocent=_innocent("node3"),
    ),
    BrokenState(
        "daemons of an OSPF node dead", lambda lab: daemons_stopped(lab, "node2"), _neighbors(2), _without("node2"),
        _missing("node2", "node route", "daemon"), innocent=_innocent("node2"),
    ),
    BrokenState(
        "address of an OSPF node gone", lambda lab: _addresses_removed(lab, "node1"), _neighbors(3), _without("node1"),
        _missing("node1", "address", "kube-lb0"), innocent=_innocent("node1"),
    ),
    BrokenState(
        "daemons of a RIP node dead", lambda lab: daemons_stopped(lab, "node4"),
        (in_kernel(ROUTER, OF_RIP[0], 1),), _without("node4"),
        _missing("node4", "node route", "daemon"), innocent=_innocent("node4"),
    ),
    BrokenState(
        "hop of a static route forgotten",
        lambda lab: configured(lab, ROUTER, [f"no {line}" for line in _ROUTES["node6"]], _ROUTES["node6"]),
        (in_kernel(ROUTER, STATIC4, 1),), _without("node6"),
        _missing("node6", "RIB", "static route does not have"), innocent=_innocent("node6"),
    ),
    BrokenState(
        "cable of a static route unplugged", lambda lab: _unplugged(lab, "node7"),
        (in_kernel(ROUTER, STATIC4, 1),), _without("node7"),
        _missing("node7", "RIB"), innocent=_innocent("node7"),
    ),
)  # fmt: skip
