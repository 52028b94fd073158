"""The broken states of BGP: its sessions, its filters, its attributes. node3 has BIRD, node5 FRR."""

from __future__ import annotations

from tests.lab.plan import NODE_AS, ON_ALL_NODES, PREFIXES
from tests.lab.states import attributes, sessions
from tests.lab.states.attributes import OTHER_AS
from tests.lab.states.shown import Shown, bgp, left_out, sessions_with
from tests.lab.states.state import State

NODE1 = ("172.30.250.101", "fd00:30:250::101")
NODE3 = ("172.30.250.103", "fd00:30:250::103")

SESSION_SHUT = State(
    "session shut",
    lambda lab: sessions.session_shut(lab, "tor1", "node3"),
    sessions_with("tor1", NODE3, r"^{peer} .* Idle \(Admin\)"),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=("session", r"Idle \(Admin\)|shut"),
    link="session",
)
PEER_MISSING = State(
    "peer missing on the router",
    lambda lab: sessions.peer_missing(lab, "tor1", "node3"),
    tuple(Shown("tor1", "show bgp summary", rf"^{peer} ", times=0) for peer in NODE3),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=("tor1 has no BGP neighbour configured for it",),
    link="session",
)
PREFIX_LIMIT_EXCEEDED = State(
    "prefix limit exceeded",
    lambda lab: sessions.prefix_limit_exceeded(lab, "tor1", "node1"),
    sessions_with("tor1", NODE1, r"^{peer} .* Idle \(PfxCt\)"),
    lost=("node1",),
    routers=("tor1",),
    words=("PfxCt|prefix limit|maximum-prefix",),
    link="session",
)
EXPORT_FILTER_BIRD = State(
    "export filter on a node (BIRD)",
    lambda lab: sessions.refused_by_filter(lab, "node3"),
    (
        Shown("node3", "show route export tor1_ipv4", "172.31.1.1/32", times=0),
        Shown("node3", "show route export tor1_ipv6", "fd00:31::1:1/128", times=0),
    ),
    lost=("node3",),
    prefixes=ON_ALL_NODES,
    words=("export",),
    link="export",
)
EXPORT_FILTER_FRR = State(
    "export filter on a node (FRR)",
    lambda lab: sessions.refused_by_prefix_list(lab, "node5", "tor1", "out"),
    (
        Shown("node5", "show bgp ipv4 unicast neighbors 172.30.250.1 advertised-routes", "172.31.1.1", times=0),
        Shown("node5", "show bgp ipv6 unicast neighbors fd00:30:250::1 advertised-routes", "1:1/128", times=0),
    ),
    lost=("node5",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=("export",),
    link="export",
)
IMPORT_PREFIX_LIST = State(
    "import prefix-list on the router",
    lambda lab: sessions.refused_by_prefix_list(lab, "tor1", "node3", "in"),
    sessions_with("tor1", NODE3, r"^{peer} .* 0 +2 N/A$"),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=("REFUSE",),
    link="accepted",
)
LOCAL_PREFERENCE = State(
    "local-pref skew",
    lambda lab: attributes.set_on_the_way_in(lab, "tor1", "node3", "local-preference 50"),
    bgp(ON_ALL_NODES, left_out("localpref 50")),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=("local.pref", r"\b50\b", r"\b100\b"),
    link="equal",
)
AS_PATH_LONGER = State(
    "AS path longer",
    lambda lab: attributes.set_on_the_way_in(lab, "tor1", "node3", f"as-path prepend {NODE_AS}"),
    bgp(ON_ALL_NODES, rf"^  {NODE_AS} {NODE_AS}$"),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=("AS path length 2",),
    link="equal",
)
AS_PATH_OTHER = State(
    "AS path of other content, without multipath-relax",
    lambda lab: attributes.node_in_another_as(lab, "node3", "tor1"),
    (
        *bgp(ON_ALL_NODES, rf"^  {OTHER_AS}$", ("tor1", "tor2")),
        Shown("tor1", "show running-config", "multipath-relax", times=0),
    ),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=("multipath-relax", f"{OTHER_AS}"),
    link="equal",
)
MED = State(
    "MED skew",
    lambda lab: attributes.med_set_by_bird(lab, "node3", 50),
    bgp(ON_ALL_NODES, left_out("metric 50"), ("tor1", "tor2")),
    lost=("node3",),
    prefixes=ON_ALL_NODES,
    words=("MED|metric", r"\b50\b"),
    link="equal",
    is_quick=False,
)
ORIGIN = State(
    "origin skew",
    lambda lab: attributes.origin_incomplete(lab, "node5"),
    bgp(PREFIXES, left_out("Origin incomplete, metric 0"), ("tor1", "tor2")),
    lost=("node5",),
    words=("origin", "incomplete", "IGP"),
    link="equal",
    is_quick=False,
)

BGP_STATES = (
    SESSION_SHUT,
    PEER_MISSING,
    PREFIX_LIMIT_EXCEEDED,
    EXPORT_FILTER_BIRD,
    EXPORT_FILTER_FRR,
    IMPORT_PREFIX_LIST,
    LOCAL_PREFERENCE,
    AS_PATH_LONGER,
    AS_PATH_OTHER,
    MED,
    ORIGIN,
)
