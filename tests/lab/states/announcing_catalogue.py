"""The states of nodes that announce otherwise than the others; most are broken, some are not."""

from __future__ import annotations

from tests.lab.plan import ON_ALL_NODES, ON_SOME_NODES, PREFIXES, family, nodes_with
from tests.lab.states import announcing
from tests.lab.states.announcing import AGGREGATES
from tests.lab.states.attributes import OTHER_AS
from tests.lab.states.shown import Shown, bgp, left_out
from tests.lab.states.state import State

ROUTERS = ("tor1", "tor2")
OTHERS = ("node1", "node2", "node4", "node5")
OTHERS_THAN_NODE5 = ("node1", "node2", "node3", "node4")
WITH_AGGREGATES = {
    "clusters": {
        "lab": {
            "exceptions": [
                *({"prefix": prefix, "nodes": sorted(nodes_with(prefix))} for prefix in ON_SOME_NODES),
                *({"prefix": prefix, "nodes": ["node5"]} for prefix in AGGREGATES),
            ]
        }
    }
}

GRACEFUL_SHUTDOWN = State(
    "community graceful-shutdown",
    lambda lab: announcing.with_statement(lab, "node3", announcing.GRACEFUL_SHUTDOWN),
    bgp(ON_ALL_NODES, "localpref 0", ROUTERS),
    lost=("node3",),
    prefixes=ON_ALL_NODES,
    words=("local-pref 0", "graceful-shutdown"),
    link="equal",
    innocent=("node4", "node5"),
)
PREPENDED = State(
    "AS path prepended by a node",
    lambda lab: announcing.with_statement(lab, "node3", announcing.prepended()),
    bgp(ON_ALL_NODES, r"^  65552 65552$", ROUTERS),
    lost=("node3",),
    prefixes=ON_ALL_NODES,
    words=("AS path length 2",),
    link="equal",
    is_quick=False,
)
OTHER_AS_RELAXED = State(
    "AS path of other content, with multipath-relax (not broken)",
    lambda lab: announcing.in_another_as(lab, "node3"),
    bgp(ON_ALL_NODES, rf"^  {OTHER_AS}$", ROUTERS),
    code=None,
    exit_code=0,
    is_quick=False,
)
MED_OF_ANOTHER_AS = State(
    "MED of another AS (not broken)",
    lambda lab: announcing.in_another_as(lab, "node3", "bgp_med = 50;"),
    bgp(ON_ALL_NODES, "metric 50", ROUTERS),
    code=None,
    exit_code=0,
    is_quick=False,
)
ALWAYS_COMPARE_MED = State(
    "MED of another AS with always-compare-med",
    lambda lab: announcing.in_another_as(lab, "node3", "bgp_med = 50;", router="tor1", option="bgp always-compare-med"),
    bgp(ON_ALL_NODES, left_out("metric 50")),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=(r"MED", r"\b50\b"),
    link="equal",
    is_quick=False,
)
SUMMARY_ONLY = State(
    "aggregate with summary-only on a node",
    lambda lab: announcing.aggregated(lab, "node5", "summary-only"),
    tuple(Shown("node5", f"show bgp ipv{family(prefix)} unicast", rf"^s.*{prefix}") for prefix in ON_ALL_NODES),
    lost=("node5",),
    words=("node5",),
    link="export",
    innocent=("node3", "node4"),
    further=AGGREGATES,
    configuration=WITH_AGGREGATES,
    is_quick=False,
)
SUPPRESS_MAP = State(
    "aggregate with suppress-map on a node",
    lambda lab: announcing.aggregated(lab, "node5", "suppress-map SUPPRESS-{name}"),
    tuple(Shown("node5", f"show bgp ipv{family(prefix)} unicast", rf"^s.*{prefix}") for prefix in ON_ALL_NODES),
    lost=("node5",),
    prefixes=ON_ALL_NODES,
    words=("node5",),
    link="export",
    innocent=("node3", "node4"),
    further=AGGREGATES,
    configuration=WITH_AGGREGATES,
    is_quick=False,
)
NETWORK_STATEMENTS = State(
    "node without kube-lb0 announces by network statements (not broken)",
    lambda lab: announcing.by_network_statements(lab, "node5"),
    (Shown("node5", "ip addr show", "kube-lb0", times=0),),
    prefixes=PREFIXES,
    lost=(),
    code=None,
    exit_code=0,
    is_quick=False,
)
NETWORK_STATEMENT_LOST = State(
    "network statement lost",
    lambda lab: announcing.by_network_statements(lab, "node5", ON_ALL_NODES),
    (Shown("node5", "ip addr show", "kube-lb0", times=0),),
    lost=("node5",),
    prefixes=ON_ALL_NODES,
    link="export",
    innocent=OTHERS_THAN_NODE5,
    is_quick=False,
)
DAMPENED = State(
    "route dampening",
    lambda lab: announcing.damped(lab, "node3", "tor1"),
    (Shown("tor1", "show bgp ipv4 unicast dampening dampened-paths", "172.31.1.1/32"),),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES[:1],
    words=("dampening",),
    link="accepted",
    innocent=OTHERS,
    is_quick=False,
)

ANNOUNCING_STATES = (
    GRACEFUL_SHUTDOWN,
    PREPENDED,
    OTHER_AS_RELAXED,
    MED_OF_ANOTHER_AS,
    ALWAYS_COMPARE_MED,
    SUMMARY_ONLY,
    SUPPRESS_MAP,
    NETWORK_STATEMENTS,
    NETWORK_STATEMENT_LOST,
    DAMPENED,
)
