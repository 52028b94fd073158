"""The broken states of the BIRD router whose nodes announce by BGP."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.lab import namespaces, sshd
from tests.lab.states.shown import Shown, in_kernel
from tests.lab.topologies.bird_router import (
    BGP4,
    BGP6,
    BGP_NODES,
    FAMILIES,
    NODE_AS,
    OF_BGP,
    OF_OSPF,
    OSPF_NODES,
    ROUTER,
    address,
    kernel,
    peering,
)
from tests.lab.topologies.breaking import configured, daemons_stopped, replaced
from tests.lab.topologies.state import BrokenState, Expected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from tests.lab.topologies.instance import Instance
    from tests.lab.topologies.network import NextHops

NODES = frozenset(BGP_NODES)
_EXPORTS = "export where source = RTS_DEVICE;"
"""Of BIRD nodes."""


def _peering_changed(number: int, **changes: Any) -> Callable[[Instance], AbstractContextManager[None]]:
    """Return what holds the router's BGP protocols for a node changed."""
    texts = [(peering(number, version), peering(number, version, **changes)) for version in FAMILIES]
    return lambda lab: _restarted(lab, number, texts)


@contextmanager
def _restarted(lab: Instance, number: int, texts: Sequence[tuple[str, str]]) -> Iterator[None]:
    """Hold texts of the router's configuration replaced; sessions start anew, since a filter is for what comes in."""

    def restart() -> None:
        for version in FAMILIES:
            lab.birdc(ROUTER, f"restart node{number}_ipv{version}")

    with replaced(lab, ROUTER, *texts):
        restart()
        yield
    restart()


def _kernel_changed(**changes: str) -> Callable[[Instance], AbstractContextManager[None]]:
    """Return what holds the router's kernel protocols changed."""
    texts = [(kernel(version), kernel(version, **changes)) for version in FAMILIES]
    return lambda lab: replaced(lab, ROUTER, *texts)


def _only(*nodes: str) -> NextHops:
    """Return that the kernel has these nodes for the prefixes of BGP."""
    return {ROUTER: dict.fromkeys(OF_BGP, frozenset(nodes))}


def _without(node: str) -> NextHops:
    return _only(*(NODES - {node}))


def _missing(*nodes: str, link: str | None, words: tuple[str, ...] = (), confidence: str = "certain") -> Expected:
    """Return that nodes are missing in both families."""
    return Expected("ECMP101", (ROUTER,), OF_BGP, nodes, link, confidence, words)


def _protocol(number: int, pattern: str) -> tuple[Shown, ...]:
    """Return how the router shows both sessions with a node."""
    return tuple(Shown(ROUTER, f"show protocols all node{number}_ipv{version}", pattern) for version in FAMILIES)


def _innocent(*guilty: str) -> tuple[str, ...]:
    return tuple(node for node in (*BGP_NODES, *OSPF_NODES) if node not in guilty)


def _of_frr(number: int, *lines: str, undo: tuple[str, ...]) -> Callable[[Instance], AbstractContextManager[None]]:
    """Return what holds lines of configuration in a node's FRR."""
    return lambda lab: configured(lab, f"node{number}", lines, undo)


@contextmanager
def _routes_added(lab: Instance, *words: str) -> Iterator[None]:
    """Hold routes over node1 in the router's kernel that BIRD has not made."""
    space = lab.machines[ROUTER].namespace
    routes = [
        (f"-{version}", "route", prefix, "via", address(version, 101), *words)
        for version, prefix in zip(FAMILIES, OF_BGP, strict=True)
    ]
    try:
        for family, route, *rest in routes:
            namespaces.ip(space, family, route, "add", *rest)
        yield
    finally:
        for family, route, *rest in routes:
            namespaces.ip(space, family, route, "del", *rest)


@contextmanager
def _addresses_removed(lab: Instance, node: str) -> Iterator[None]:
    """Hold the prefixes of BGP off a node's kube-lb0."""
    space = lab.machines[node].namespace
    try:
        for prefix in OF_BGP:
            namespaces.delete_address(space, prefix)
        yield
    finally:
        for prefix in OF_BGP:
            namespaces.add_address(space, prefix)


@contextmanager
def _unplugged(lab: Instance, node: str) -> Iterator[None]:
    """Hold a node off the segment of BGP; it keeps its addresses."""
    port = f"1-{node}"
    try:
        namespaces.ip(lab.fabric, "link", "set", port, "down")
        yield
    finally:
        namespaces.ip(lab.fabric, "link", "set", port, "up")


def _passwords(*, undo: bool = False) -> tuple[str, ...]:
    no = "no " if undo else ""
    return (f"router bgp {NODE_AS}", *(f"{no}neighbor {address(version, 1)} password x" for version in FAMILIES))


_AT_REST_2 = _protocol(2, "Established")

STATES = (
    BrokenState(
        "merge paths off", _kernel_changed(merging=""), (in_kernel(ROUTER, BGP4, 1),), _only("node1"),
        (_missing("node2", "node3", link="ceiling", words=("merge paths",)),
         Expected("ECMP204", (ROUTER,))),
        innocent=_innocent("node2", "node3"),
    ),
    BrokenState(
        "merge paths limit of 2", _kernel_changed(merging=" merge paths on limit 2;"), (in_kernel(ROUTER, BGP4, 2),),
        _only("node1", "node2"),
        (_missing("node3", link="ceiling", words=("limit 2",)), Expected("ECMP202", (ROUTER,), OF_BGP, ("node3",))),
        innocent=_innocent("node3"),
    ),
    BrokenState(
        "import filter of a node", _peering_changed(2, imports="import none;"),
        (Shown(ROUTER, "show route filtered all", r"node2_ipv4"),), _without("node2"),
        (_missing("node2", link="accepted", words=("import filter",)),),
        innocent=_innocent("node2"),
    ),
    BrokenState(
        "import filter that keeps nothing",
        lambda lab: _restarted(lab, 2, [
            (peering(2, v), peering(2, v, imports="import none;").replace(" import keep filtered on;", ""))
            for v in FAMILIES
        ]),
        _protocol(2, "Routes: +0 imported"), _without("node2"),
        (_missing("node2", link="accepted", words=("rejects",)),),
        innocent=_innocent("node2"),
    ),
    BrokenState(
        "local-pref of a node lower", _peering_changed(2, imports="import filter { bgp_local_pref = 50; accept; };"),
        (Shown(ROUTER, f"show route all {BGP4}", "BGP.local_pref: 50"),), _without("node2"),
        (_missing("node2", link="equal", words=("local-pref 50", "100")),),
        innocent=OSPF_NODES, is_quick=True,
    ),
    BrokenState(
        "preference of a node lower", _peering_changed(2, imports="preference 90; import all;"),
        (Shown(ROUTER, f"show route {BGP4}", r"\(90\)"),), _without("node2"),
        (_missing("node2", link="equal", words=("preference 90", "100")),),
        innocent=OSPF_NODES,
    ),
    BrokenState(
        "MED of a node higher",
        _of_frr(2, "route-map KUBE permit 10", "set metric 50", undo=("route-map KUBE permit 10", "no set metric")),
        (Shown(ROUTER, f"show route all {BGP4}", "BGP.med: 50"),), _without("node2"),
        (_missing("node2", link="equal", words=("MED 50", "has 0")),),
        innocent=OSPF_NODES,
    ),
    BrokenState(
        "AS path of a node longer",
        lambda lab: replaced(lab, "node3", (_EXPORTS, f"export filter {{ bgp_path.prepend({NODE_AS}); accept; }};")),
        (Shown(ROUTER, f"show route all {BGP4}", f"BGP.as_path: {NODE_AS} {NODE_AS}"),), _without("node3"),
        (_missing("node3", link="equal", words=("AS path length 2", "has 1")),),
        innocent=OSPF_NODES,
    ),
    BrokenState(
        "origin of a node incomplete",
        _of_frr(1, "route-map KUBE permit 10", "set origin incomplete",
                undo=("route-map KUBE permit 10", "set origin igp")),
        (Shown(ROUTER, f"show route all {BGP4}", "BGP.origin: Incomplete"),), _without("node1"),
        (_missing("node1", link="equal", words=("origin",)),),
        innocent=OSPF_NODES,
    ),
    BrokenState(
        "protocol disabled", _peering_changed(3, more=" disabled;"), _protocol(3, "down"), _without("node3"),
        (_missing("node3", link="session", words=("is disabled on edge1",)),),
        innocent=_innocent("node3"),
    ),
    BrokenState(
        "AS number of a node wrong", _peering_changed(2, remote=64511),
        _protocol(2, r"Last error: +(Received: )?Bad peer AS|BGP Error: Bad peer AS"), _without("node2"),
        (_missing("node2", link="session", words=("AS numbers do not match",)),),
        innocent=_innocent("node2"),
    ),
    BrokenState(
        "password of a node", _of_frr(1, *_passwords(), undo=_passwords(undo=True)),
        _protocol(1, "BGP state: +(Active|Connect|OpenSent|Idle)"), _without("node1"),
        (_missing("node1", link="session"),),
        innocent=_innocent("node1"),
    ),
    BrokenState(
        "hold timer of a node expired", lambda lab: _unplugged(lab, "node2"),
        _protocol(2, "Hold timer expired"), _without("node2"),
        (_missing("node2", link="session", words=("Hold timer expired",)),),
        innocent=_innocent("node2"),
    ),
    BrokenState(
        "import limit of a node", _peering_changed(2, imports="import limit 0 action disable; import all;"),
        _protocol(2, "limit"), _without("node2"),
        (_missing("node2", link="session", words=("limit",)),),
        innocent=_innocent("node2"),
    ),
    BrokenState(
        "kernel protocol exports nothing", _kernel_changed(exports="export none;"),
        (in_kernel(ROUTER, BGP4, 0), in_kernel(ROUTER, BGP6, 0)),
        {ROUTER: dict.fromkeys((*OF_BGP, *OF_OSPF), frozenset())},
        (
            Expected("ECMP101", (ROUTER,), OF_BGP, BGP_NODES, "kernel", words=("exports nothing",)),
            Expected("ECMP101", (ROUTER,), OF_OSPF, OSPF_NODES, "kernel", words=("exports nothing",)),
            Expected("ECMP301", (ROUTER,), (*OF_BGP, *OF_OSPF)),
        ),
    ),
    BrokenState(
        "route of another program with a better metric",
        lambda lab: _routes_added(lab, "proto", "static", "metric", "5"),
        tuple(Shown(ROUTER, f"ip -{v} route show {OF_BGP[v // 2 - 2]}", "proto static") for v in FAMILIES),
        _only("node1"),
        (_missing("node2", "node3", link="kernel", words=("static",)),),
        innocent=_innocent("node2", "node3"),
    ),
    BrokenState(
        "BIRD of the router dead", lambda lab: daemons_stopped(lab, ROUTER),
        (in_kernel(ROUTER, BGP4, 0),), {ROUTER: dict.fromkeys((*OF_BGP, *OF_OSPF), frozenset())},
        (Expected("ECMP001", (ROUTER,), words=("does not run|daemon",)),), 3,
        innocent=(*BGP_NODES, *OSPF_NODES),
    ),
    BrokenState(
        "birdc of the router refused", lambda lab: lab.changed(ROUTER, sshd.REFUSED, "show"),
        _AT_REST_2, {}, (Expected("ECMP001", (ROUTER,)), Expected("ECMP005", (ROUTER,))), 3,
        innocent=(*BGP_NODES, *OSPF_NODES),
    ),
    BrokenState(
        "BIRD of a node dead", lambda lab: daemons_stopped(lab, "node3"), _protocol(3, "Active|Connect|Idle"),
        _without("node3"), (_missing("node3", link="node route", words=("daemon",)),),
        innocent=_innocent("node3"),
    ),
    BrokenState(
        "address of a node gone", lambda lab: _addresses_removed(lab, "node1"), _protocol(1, "Established"),
        _without("node1"), (_missing("node1", link="address", words=("kube-lb0",)),),
        innocent=_innocent("node1"),
    ),
)  # fmt: skip
