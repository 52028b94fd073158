"""The broken states of the BIRD router whose nodes announce by OSPF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.states.shown import Shown, in_kernel
from tests.lab.topologies.bird_router import (
    BGP_NODES,
    FAMILIES,
    METRIC,
    NODE_PORT,
    OF_OSPF,
    OSPF4,
    ROUTER,
    node_ospf,
    router_ospf,
)
from tests.lab.topologies.breaking import configured, daemons_stopped, replaced
from tests.lab.topologies.state import BrokenState, Expected

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tests.lab.topologies.instance import Instance
    from tests.lab.topologies.network import NextHops

FULL = r"\bFull/"


def _of_router(**changes: str) -> Callable[[Instance], AbstractContextManager[None]]:
    """Return what holds the router's OSPF changed."""
    texts = [(router_ospf(version), router_ospf(version, **changes)) for version in FAMILIES]
    return lambda lab: replaced(lab, ROUTER, *texts)


def _of_node5(**changes: str) -> Callable[[Instance], AbstractContextManager[None]]:
    """Return what holds the OSPF of node5 (BIRD) changed."""
    texts = [(node_ospf(version), node_ospf(version, **changes)) for version in FAMILIES]
    return lambda lab: replaced(lab, "node5", *texts)


def _of_node4(v2: str, v3: str, back2: str, back3: str) -> Callable[[Instance], AbstractContextManager[None]]:
    """Return what holds lines on node4's port (FRR)."""
    port = f"interface {NODE_PORT}"
    return lambda lab: configured(lab, "node4", (port, v2, v3), (port, back2, back3))


def _only(node: str) -> NextHops:
    return {ROUTER: dict.fromkeys(OF_OSPF, frozenset({node}))}


def _neighbors(times: int, pattern: str = FULL) -> tuple[Shown, ...]:
    return tuple(Shown(ROUTER, f"show ospf neighbors ospf{version}", pattern, times) for version in FAMILIES)


def _missing(node: str, link: str, *words: str) -> tuple[Expected, ...]:
    return (Expected("ECMP101", (ROUTER,), OF_OSPF, (node,), link, words=words),)


_OTHER = {"node4": "node5", "node5": "node4"}


def _lost(name: str, node: str, make: Callable[[Instance], AbstractContextManager[None]]) -> BrokenState:
    """Return the state in which the router has no adjacency with a node."""
    return BrokenState(
        name, make, _neighbors(1), _only(_OTHER[node]), _missing(node, "session", "OSPF"),
        innocent=(*BGP_NODES, _OTHER[node]),
    )  # fmt: skip


STATES = (
    BrokenState(
        "OSPF merge external off", _of_router(options=""), (in_kernel(ROUTER, OSPF4, 1),), _only("node5"),
        (Expected("ECMP101", (ROUTER,), OF_OSPF, ("node4",), "ceiling", words=("merge external",)),),
        innocent=BGP_NODES,
    ),
    BrokenState(
        "OSPF ecmp off", _of_router(options=" merge external on; ecmp off;"), (in_kernel(ROUTER, OSPF4, 1),),
        _only("node5"),
        (
            Expected("ECMP101", (ROUTER,), OF_OSPF, ("node4",), "ceiling", words=("ecmp off",)),
            Expected("ECMP204", (ROUTER,)),
        ),
        innocent=BGP_NODES,
    ),
    _lost("OSPF hello interval of a node", "node4",
          _of_node4("ip ospf hello-interval 3", "ipv6 ospf6 hello-interval 3",
                    "ip ospf hello-interval 1", "ipv6 ospf6 hello-interval 1")),
    _lost("OSPF dead interval of a node", "node5", _of_node5(interface=" dead 9;")),
    _lost("OSPF area of a node", "node5", _of_node5(area="1")),
    _lost("OSPF port of a node passive", "node5", _of_node5(interface=" stub;")),
    BrokenState(
        "OSPF metric of a node higher", _of_node5(exports=f"export filter {{ ospf_metric2 = {2 * METRIC}; accept; }};"),
        (Shown(ROUTER, "show ospf state ospf4", f"metric2 {2 * METRIC}"),), _only("node4"),
        _missing("node5", "equal", "metric 20000 of type 2", "metric 10000"),
        innocent=BGP_NODES,
    ),
    BrokenState(
        "OSPF metric type of a node",
        _of_node5(exports="export filter { ospf_metric1 = 10; accept; };"),
        (Shown(ROUTER, "show ospf state ospf4", "external .* metric 10"),), _only("node5"),
        _missing("node4", "equal", "of type 2", "of type 1"),
        innocent=BGP_NODES,
    ),
    BrokenState(
        "node5 exports nothing to OSPF", _of_node5(exports="export none;"),
        (Shown(ROUTER, "show ospf state ospf4", "external", 1),), _only("node4"),
        _missing("node5", "export", "does not announce"),
        innocent=(*BGP_NODES, "node4"),
    ),
    BrokenState(
        "daemons of an OSPF node dead", lambda lab: daemons_stopped(lab, "node5"), _neighbors(1), _only("node4"),
        _missing("node5", "node route", "daemon"), innocent=(*BGP_NODES, "node4"),
    ),
)  # fmt: skip
