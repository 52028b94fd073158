"""All broken states, with the proof of each in the daemons' own words. node3 has BIRD, node5 FRR."""

from __future__ import annotations

from tests.lab.plan import NODE_AS, ON_ALL_NODES, PREFIXES, nodes_with
from tests.lab.states import attributes, ceilings, kernel, nodes, sessions
from tests.lab.states.attributes import OTHER_AS
from tests.lab.states.shown import Shown, bgp, chosen, in_kernel, in_rib, left_out, sessions_with
from tests.lab.states.state import State

HOST_ROUTES = {"172.31.2.0/24": "172.31.2.7/32", "fd00:31::2:0/112": "fd00:31::2:7/128"}
NODE1 = ("172.30.250.101", "fd00:30:250::101")
NODE3 = NODE3_IPV4, NODE3_IPV6 = ("172.30.250.103", "fd00:30:250::103")


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
    words=("no neighbo",),
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
ADDRESS_REMOVED = State(
    "address removed from kube-lb0",
    lambda lab: nodes.addresses_removed(lab, "node4", ON_ALL_NODES),
    (Shown("node4", "ip addr show kube-lb0", r"172\.31\.1\.1/32|fd00:31::1:1/128", times=0),),
    lost=("node4",),
    prefixes=ON_ALL_NODES,
    words=("kube-lb0",),
    link="address",
)
INTERFACE_MISSING = State(
    "kube-lb0 missing",
    lambda lab: nodes.interface_missing(lab, "node4"),
    (Shown("node4", "ip addr show", "kube-lb0", times=0),),
    lost=("node4",),
    prefixes=ON_ALL_NODES,
    words=("kube-lb0",),
    link="address",
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
)
ORIGIN = State(
    "origin skew",
    lambda lab: attributes.origin_incomplete(lab, "node5"),
    bgp(PREFIXES, left_out("Origin incomplete, metric 0"), ("tor1", "tor2")),
    lost=("node5",),
    words=("origin", "incomplete", "IGP"),
    link="equal",
)
MAXIMUM_PATHS = State(
    "maximum-paths 2",
    lambda lab: lab.maximum_paths("tor1", 2),
    (Shown("tor1", "show running-config", "^  maximum-paths 2$"),),
    lost=None,
    routers=("tor1",),
    words=("maximum-paths 2",),
    link="ceiling",
)
ZEBRA_LIMIT = State(
    "zebra started with -e 2",
    lambda lab: ceilings.zebra_limited(lab, "tor1", 2),
    (
        Shown("tor1", "show zebra", r"ECMP Maximum +2 "),
        *(in_kernel("tor1", prefix, 2) for prefix in PREFIXES),
    ),
    lost=None,
    routers=("tor1",),
    words=("ECMP Maximum",),
    link="ceiling",
)
BIRD_ROUTER_WHOLE = State(
    "BIRD router with merge paths (not broken)",
    lambda lab: ceilings.bird_router(lab, merge_paths=True),
    tuple(in_kernel("rx1", prefix, len(nodes_with(prefix))) for prefix in PREFIXES),
    code=None,
)
BIRD_WITHOUT_MERGE_PATHS = State(
    "BIRD router without merge paths",
    lambda lab: ceilings.bird_router(lab, merge_paths=False),
    (
        *(in_kernel("rx1", prefix, 1) for prefix in PREFIXES),
        *(Shown("rx1", f"show route for {prefix}", "unicast", len(nodes_with(prefix))) for prefix in PREFIXES),
    ),
    routers=("rx1",),
    words=("merge paths",),
    link="ceiling",
)
KERNEL_ROUTE_DELETED = State(
    "kernel route deleted behind FRR's back",
    lambda lab: kernel.routes_deleted(lab, "tor1", *ON_ALL_NODES),
    (
        *(in_kernel("tor1", prefix, 0) for prefix in ON_ALL_NODES),
        *(in_rib("tor1", prefix, 5) for prefix in ON_ALL_NODES),
    ),
    lost=None,
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=("kernel",),
    link="kernel",
)
KERNEL_MEMBER_REMOVED = State(
    "member removed from the kernel's route",
    lambda lab: kernel.member_removed(lab, "tor1", "node3", *ON_ALL_NODES),
    (
        *(in_kernel("tor1", prefix, 4) for prefix in ON_ALL_NODES),
        *(in_rib("tor1", prefix, 5) for prefix in ON_ALL_NODES),
        Shown("tor1", "ip route show 172.31.1.1/32", NODE3_IPV4, times=0),
    ),
    lost=None,
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=("kernel",),
    link="kernel",
)
HASH_POLICY = State(
    "hash policy on layer 3 only",
    lambda lab: kernel.hash_of_addresses_only(lab, "tor1"),
    tuple(Shown("tor1", f"sysctl -n net.ipv{n}.fib_multipath_hash_policy", "^0$") for n in (4, 6)),
    routers=("tor1",),
    code=None,
)
MORE_SPECIFIC = State(
    "a kube-ipvs0-like host route over an aggregate",
    lambda lab: nodes.more_specific(lab, "node3", HOST_ROUTES),
    tuple(
        in_rib(router, prefix, count)
        for router in ("tor1", "tor2")
        for aggregate, route in HOST_ROUTES.items()
        for prefix, count in ((aggregate, 5), (route, 1))
    ),
    prefixes=tuple(HOST_ROUTES.values()),
    words=("more specific",),
)
STALE = State(
    "stale after the node's daemon was killed (graceful restart)",
    lambda lab: nodes.killed_with_graceful_restart(lab, "node3"),
    (
        *bgp(ON_ALL_NODES, r"^  65552, \(stale\)$", ("tor1", "tor2")),
        *sessions_with("tor1", NODE3, r"^{peer} .* (Active|Connect|Idle) "),
    ),
    prefixes=ON_ALL_NODES,
    words=("stale",),
)
DAEMON_STOPPED = State(
    "node's daemon stopped",
    lambda lab: lab.daemon_stopped("node3"),
    sessions_with("tor1", NODE3, r"^{peer} .* (Active|Connect|Idle) "),
    lost=("node3",),
    prefixes=ON_ALL_NODES,
    words=("node3", "session|daemon"),
    link="session",
)
NODE_UNREACHABLE = State(
    "node unreachable for us but announcing",
    lambda lab: lab.sshd_stopped("node3"),
    bgp(ON_ALL_NODES, NODE3_IPV4.replace(".", r"\.") + "|" + NODE3_IPV6),
    code=None,
)
OSPF_SELECTED = State(
    "OSPF before BGP (not broken)",
    sessions.bgp_behind_ospf,
    tuple(chosen(router, prefix, "ospf6?") for router in ("tor1", "tor2") for prefix in PREFIXES),
    code=None,
)


STATES = (
    OSPF_SELECTED,
    SESSION_SHUT,
    PEER_MISSING,
    PREFIX_LIMIT_EXCEEDED,
    EXPORT_FILTER_BIRD,
    EXPORT_FILTER_FRR,
    IMPORT_PREFIX_LIST,
    ADDRESS_REMOVED,
    INTERFACE_MISSING,
    LOCAL_PREFERENCE,
    AS_PATH_LONGER,
    AS_PATH_OTHER,
    MED,
    ORIGIN,
    MAXIMUM_PATHS,
    ZEBRA_LIMIT,
    BIRD_ROUTER_WHOLE,
    BIRD_WITHOUT_MERGE_PATHS,
    KERNEL_ROUTE_DELETED,
    KERNEL_MEMBER_REMOVED,
    HASH_POLICY,
    MORE_SPECIFIC,
    STALE,
    DAEMON_STOPPED,
    NODE_UNREACHABLE,
)
