"""All broken states, with the proof of each in the daemons' own words; those of BGP are a catalogue of their own."""

from __future__ import annotations

from tests.lab.plan import NODES, ON_ALL_NODES, ON_SOME_NODES, PREFIXES, family, nodes_with
from tests.lab.states import ceilings, kernel, nodes, sessions
from tests.lab.states.announcing_catalogue import ANNOUNCING_STATES
from tests.lab.states.bgp_catalogue import BGP_STATES
from tests.lab.states.policies_catalogue import POLICY_STATES
from tests.lab.states.refused_catalogue import REFUSED_STATES
from tests.lab.states.rights_catalogue import RIGHTS_STATES
from tests.lab.states.shown import Shown, bgp, chosen, in_kernel, in_rib, offered, sessions_with
from tests.lab.states.state import State

HOST_ROUTES = {"172.31.2.0/24": "172.31.2.7/32", "fd00:31::2:0/112": "fd00:31::2:7/128"}
AGGREGATES = [{"prefix": prefix, "nodes": [node.name for node in NODES]} for prefix in HOST_ROUTES]
WITH_RX1 = {"routers": {"rx1": {"host": ceilings.BIRD_ROUTER.ipv4, "platform": "bird"}}}
IPV4_PREFIXES = tuple(prefix for prefix in PREFIXES if family(prefix) == 4)
IPV4_EXCEPTIONS = [
    {"prefix": prefix, "nodes": sorted(nodes_with(prefix))} for prefix in ON_SOME_NODES if prefix in IPV4_PREFIXES
]
NOT_UP = r"^{peer} .* (Active|Connect|Idle) "
NODE5 = ("172.30.250.105", "fd00:30:250::105")
NODE3 = NODE3_IPV4, NODE3_IPV6 = ("172.30.250.103", "fd00:30:250::103")


ADDRESS_REMOVED = State(
    "address removed from kube-lb0",
    lambda lab: nodes.addresses_removed(lab, "node4", ON_ALL_NODES),
    (Shown("node4", "ip addr show kube-lb0", r"172\.31\.1\.1/32|fd00:31::1:1/128", times=0),),
    lost=("node4",),
    prefixes=ON_ALL_NODES,
    words=("kube-lb0",),
    link="address",
    lost_by_ospf=("node4",),
)
INTERFACE_MISSING = State(
    "kube-lb0 missing",
    lambda lab: nodes.interface_missing(lab, "node4"),
    (Shown("node4", "ip addr show", "kube-lb0", times=0),),
    lost=("node4",),
    prefixes=ON_ALL_NODES,
    words=("kube-lb0",),
    link="address",
    confidence="likely",
    lost_by_ospf=("node4",),
    is_quick=False,
)
MAXIMUM_PATHS = State(
    "maximum-paths 2",
    lambda lab: lab.maximum_paths("tor1", 2),
    (Shown("tor1", "show running-config", "^  maximum-paths 2$"),),
    lost=None,
    routers=("tor1",),
    words=("maximum-paths 2",),
    link="ceiling",
    also=frozenset({"ECMP202"}),
)
ZEBRA_LIMIT = State(
    "zebra started with -e 2",
    lambda lab: ceilings.zebra_limited(lab, "tor1", 2),
    (
        Shown("tor1", "show zebra", r"ECMP Maximum +2 "),
        *(in_kernel("tor1", prefix, 2) for prefix in PREFIXES),
        # OSPF's routes are there first, and over other two of the nodes.
        *(Shown("tor1", f"ip -{family(prefix)} route show {prefix}", r"\bproto bgp\b") for prefix in PREFIXES),
        *(shown for prefix in PREFIXES for shown in bgp((prefix,), rf"Paths: \({len(nodes_with(prefix))} available")),
    ),
    lost=None,
    routers=("tor1",),
    # IPv4 alone: at times FRR 8.4.4 then leaves another two IPv6 next hops in the kernel than its RIB has (ECMP302).
    prefixes=IPV4_PREFIXES,
    words=("ECMP Maximum 2",),
    link="ceiling",
    also=frozenset({"ECMP202"}),
    configuration={"clusters": {"lab": {"pools": ["172.31.0.0/16"], "exceptions": IPV4_EXCEPTIONS}}},
)
BIRD_ROUTER_WHOLE = State(
    "BIRD router with merge paths (not broken)",
    lambda lab: ceilings.bird_router(lab, merge_paths=True),
    tuple(in_kernel("rx1", prefix, len(nodes_with(prefix))) for prefix in PREFIXES),
    code=None,
    exit_code=0,
    also=frozenset({"ECMP703"}),  # BIRD's hold time of 240 s
    configuration=WITH_RX1,
    is_quick=False,
)
BIRD_WITHOUT_MERGE_PATHS = State(
    "BIRD router without merge paths",
    lambda lab: ceilings.bird_router(lab, merge_paths=False),
    (
        *(in_kernel("rx1", prefix, 1) for prefix in PREFIXES),
        *(Shown("rx1", f"show route for {prefix}", "unicast", len(nodes_with(prefix))) for prefix in PREFIXES),
    ),
    lost=None,
    routers=("rx1",),
    words=("merge paths",),
    link="ceiling",
    also=frozenset({"ECMP204", "ECMP703"}),
    configuration=WITH_RX1,
)
KERNEL_ROUTE_DELETED = State(
    "kernel route deleted without FRR",
    lambda lab: kernel.routes_deleted(lab, "tor1", *ON_ALL_NODES),
    (
        *(in_kernel("tor1", prefix, 0) for prefix in ON_ALL_NODES),
        *(in_rib("tor1", prefix, 5) for prefix in ON_ALL_NODES),
    ),
    lost=None,
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=("the kernel has no route",),
    code="ECMP302",
    link="kernel",
    unforwarded=tuple(node.name for node in NODES),
    is_quick=False,
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
    words=("the kernel has 4 next hops", r"not in the kernel: node3 \(\S+\)$"),
    code="ECMP302",
    link="kernel",
    unforwarded=("node3",),
)
HASH_POLICY = State(
    "hash policy on layer 3 only",
    lambda lab: kernel.hash_of_addresses_only(lab, "tor1"),
    tuple(Shown("tor1", f"sysctl -n net.ipv{n}.fib_multipath_hash_policy", "^0$") for n in (4, 6)),
    routers=("tor1",),
    code=None,
    also=frozenset({"ECMP702", "ECMP705"}),
    exit_code=0,
)
MORE_SPECIFIC = State(
    "a kube-ipvs0-like host route over an aggregate",
    lambda lab: nodes.more_specific(lab, "node3", HOST_ROUTES),
    tuple(
        shown
        for router in ("tor1", "tor2")
        for aggregate, route in HOST_ROUTES.items()
        for prefix, count in ((aggregate, 5), (route, 1))
        for shown in (
            in_rib(router, prefix, count),
            in_kernel(router, prefix, count),
            offered(router, prefix, 2 * count),  # BGP's and OSPF's
        )
    ),
    prefixes=tuple(HOST_ROUTES),
    code="ECMP502",
    words=(r"\(BGP via node3 .* takes precedence",),
    configuration={"clusters": {"lab": {"pools": [], "exceptions": AGGREGATES}}},
    further=(*HOST_ROUTES, *HOST_ROUTES.values()),
    is_quick=False,
)
STALE = State(
    "stale after the node's daemon was killed (graceful restart)",
    lambda lab: nodes.killed_with_graceful_restart(lab, "node3"),
    (
        *bgp(ON_ALL_NODES, r"^  65552, \(stale\)$", ("tor1", "tor2")),
        *(shown for router in ("tor1", "tor2") for shown in sessions_with(router, NODE3, NOT_UP)),
    ),
    prefixes=ON_ALL_NODES,
    words=("stale",),
    code="ECMP603",
    also=frozenset({"ECMP402"}),
    lost_by_ospf=("node3",),
)
BIRD_STOPPED = State(
    "node's daemon stopped (BIRD)",
    lambda lab: lab.daemon_stopped("node3"),
    sessions_with("tor1", NODE3, NOT_UP),
    lost=("node3",),
    prefixes=ON_ALL_NODES,
    link="node route",
    words=("its routing daemon does not answer",),
    lost_by_ospf=("node3",),
)
FRR_STOPPED = State(
    "node's daemon stopped (FRR)",
    lambda lab: lab.daemon_stopped("node5"),
    sessions_with("tor1", NODE5, NOT_UP),
    lost=("node5",),
    link="node route",
    words=("its routing daemon does not answer",),
    lost_by_ospf=("node5",),
)
NODE_UNREACHABLE = State(
    "node unreachable for us but announcing",
    lambda lab: lab.sshd_stopped("node3"),
    bgp(ON_ALL_NODES, NODE3_IPV4.replace(".", r"\.") + "|" + NODE3_IPV6),
    code=None,
    also=frozenset({"ECMP001"}),
    exit_code=3,
)
OSPF_SELECTED = State(
    "OSPF before BGP (not broken)",
    sessions.bgp_behind_ospf,
    tuple(chosen(router, prefix, "ospf6?") for router in ("tor1", "tor2") for prefix in PREFIXES),
    code=None,
    exit_code=0,
)

STATES = (
    *BGP_STATES,
    OSPF_SELECTED,
    ADDRESS_REMOVED,
    INTERFACE_MISSING,
    MAXIMUM_PATHS,
    ZEBRA_LIMIT,
    BIRD_ROUTER_WHOLE,
    BIRD_WITHOUT_MERGE_PATHS,
    KERNEL_ROUTE_DELETED,
    KERNEL_MEMBER_REMOVED,
    HASH_POLICY,
    MORE_SPECIFIC,
    STALE,
    BIRD_STOPPED,
    FRR_STOPPED,
    NODE_UNREACHABLE,
    *REFUSED_STATES,
    *ANNOUNCING_STATES,
    *RIGHTS_STATES,
    *POLICY_STATES,
)
