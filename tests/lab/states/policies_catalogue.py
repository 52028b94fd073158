"""The states of policies on an FRR router; some are not broken."""

from __future__ import annotations

from tests.lab.plan import NODE_AS, ON_ALL_NODES
from tests.lab.states import policies
from tests.lab.states.bgp_catalogue import NODE3
from tests.lab.states.shown import Shown, bgp, chosen, sessions_with
from tests.lab.states.state import State

OTHERS = ("node1", "node2", "node4", "node5", "tor2")

MED_MISSING = State(
    "missing MED counts as the worst",
    lambda lab: policies.without_med(lab, "tor1", "node3"),
    (
        *bgp(ON_ALL_NODES, f"metric {policies.MED}, valid, external, multipath"),
        Shown("tor1", "show running-config", "^ bgp bestpath med missing-as-worst$"),
    ),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=("MED 4294967295", f"has {policies.MED}"),
    link="equal",
    is_quick=False,
)
AS_PATH_IGNORED = State(
    "AS path longer, and AS paths are not compared (not broken)",
    lambda lab: policies.longer_path_ignored(lab, "tor1", "node3"),
    bgp(ON_ALL_NODES, rf"^  {NODE_AS} {NODE_AS}$"),
    code=None,
    exit_code=0,
    is_quick=False,
)
ROUTER_ID_COMPARED = State(
    "router ids are compared (not broken)",
    lambda lab: policies.best_path(lab, "tor1", "compare-routerid"),
    (Shown("tor1", "show running-config", "^ bgp bestpath compare-routerid$"),),
    code=None,
    exit_code=0,
    is_quick=False,
)
AS_PATH_LIST = State(
    "AS-path list on the router",
    lambda lab: policies.refused_by_as_path(lab, "tor1", "node3"),
    sessions_with("tor1", NODE3, r"^{peer} .* 0 +2 N/A$"),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=(f"filter-list {policies.FILTER} on tor1 rejects .* \\(its AS path is {NODE_AS}\\)",),
    link="accepted",
    innocent=OTHERS,
    is_quick=False,
)
AS_PATH_IN_A_ROUTE_MAP = State(
    "AS-path list in a route-map on the router",
    lambda lab: policies.route_map_with_as_path(lab, "tor1", "node3"),
    sessions_with("tor1", NODE3, r"^{peer} .* 0 +2 N/A$"),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=(f"route-map {policies.FILTER} deny 10 on tor1 rejects",),
    link="accepted",
    innocent=OTHERS,
    is_quick=False,
)
NOT_TAKEN_BY_ZEBRA = State(
    "zebra takes no BGP route to a prefix, and OSPF is in use",
    lambda lab: policies.not_taken_by_zebra(lab, "tor1", ON_ALL_NODES),
    tuple(chosen("tor1", prefix, "ospf6?") for prefix in ON_ALL_NODES),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    code="ECMP402",
    words=(
        "BGP is the fallback for OSPF with 0 next hops",
        "zebra rejects its route by route-map ZEBRA-ip(v6)? deny 10",
    ),
    is_quick=False,
)
DEFAULT_ROUTE = State(
    "default route of a node beside its others (not broken)",
    lambda lab: policies.default_of_a_node(lab, "node5", "tor1"),
    tuple(
        Shown("tor1", f"show bgp {family} unicast", rf"^\*> +{default}")
        for family, default in (("ipv4", r"0\.0\.0\.0/0"), ("ipv6", "::/0"))
    ),
    code=None,
    exit_code=0,
    further=("0.0.0.0/0", "::/0"),
    is_quick=False,
)

POLICY_STATES = (
    MED_MISSING,
    AS_PATH_IGNORED,
    ROUTER_ID_COMPARED,
    AS_PATH_LIST,
    AS_PATH_IN_A_ROUTE_MAP,
    NOT_TAKEN_BY_ZEBRA,
    DEFAULT_ROUTE,
)
