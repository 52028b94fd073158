"""The broken states of sessions that are refused, shut by the node, or run into the hold time."""

from __future__ import annotations

from tests.lab.plan import ON_ALL_NODES
from tests.lab.states import refused
from tests.lab.states.bgp_catalogue import NODE3
from tests.lab.states.shown import Shown, sessions_with
from tests.lab.states.state import State

NOT_UP = r"^{peer} .* (Active|Connect|Idle|OpenSent|OpenConfirm) "
OTHERS = ("node1", "node2", "node4", "node5", "tor2")

WRONG_AS = State(
    "wrong AS",
    lambda lab: refused.wrong_as(lab, "node3", "tor1"),
    tuple(Shown("tor1", f"show bgp neighbors {peer}", "Bad Peer AS") for peer in NODE3),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=("the AS numbers do not match",),
    link="session",
    innocent=OTHERS,
    is_quick=False,
)
PASSWORD = State(
    "password on the router only (MD5)",
    lambda lab: refused.with_option(lab, "tor1", "node3", "password lab"),
    sessions_with("tor1", NODE3, NOT_UP),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=(r"its BGP session to tor1, which demands a password \(MD5\), is down",),
    link="session",
    innocent=OTHERS,
    is_quick=False,
)
TTL_SECURITY = State(
    "TTL security on the router only",
    lambda lab: refused.with_option(lab, "tor1", "node3", "ttl-security hops 1"),
    sessions_with("tor1", NODE3, NOT_UP),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=("its BGP session to tor1, which demands `ttl-security hops 1`, (is down|has never been up)",),
    link="session",
    innocent=OTHERS,
    is_quick=False,
)
HOLD_TIME = State(
    "hold time expired",
    lambda lab: refused.silenced(lab, "node3", "tor1"),
    sessions_with("tor1", NODE3, NOT_UP),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=("its BGP session to tor1", "(?i)hold timer"),
    link="session",
    innocent=OTHERS,
    is_quick=False,
)
OTHER_ADDRESS = State(
    "node peers from another address than the routers know",
    lambda lab: refused.from_other_addresses(lab, "node3", 203),
    sessions_with("tor1", NODE3, NOT_UP),
    lost=("node3",),
    prefixes=ON_ALL_NODES,
    words=("BGP session", r"172\.30\.250\.203|fd00:30:250::203"),
    link="session",
    innocent=("node1", "node2", "node4", "node5"),
    is_quick=False,
)
SHUT_BY_THE_NODE = State(
    "session shut by the node",
    lambda lab: refused.shut_by_the_node(lab, "node3", "tor1"),
    tuple(Shown("tor1", f"show bgp neighbors {peer}", "Administrative Shutdown") for peer in NODE3),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=("it has shut down its BGP session with tor1",),
    link="session",
    innocent=OTHERS,
)
GROUP_ROUTE_MAP = State(
    "route-map of a peer group",
    lambda lab: refused.filtered_by_its_group(lab, "tor1", "node3"),
    tuple(
        Shown("tor1", f"show bgp ipv{4 if '.' in peer else 6} unicast summary", rf"^{peer} .* 0 +\d+ N/A$")
        for peer in NODE3
    ),
    lost=("node3",),
    routers=("tor1",),
    prefixes=ON_ALL_NODES,
    words=(f"route-map {refused.REFUSE_ALL} deny 10 on tor1 rejects",),
    link="accepted",
    innocent=OTHERS,
    is_quick=False,
)
BIRD_KILLED = State(
    "node's daemon killed (BIRD)",
    lambda lab: refused.killed(lab, "node3"),
    sessions_with("tor1", NODE3, NOT_UP),
    lost=("node3",),
    prefixes=ON_ALL_NODES,
    link="node route",
    words=("its routing daemon does not answer",),
    lost_by_ospf=("node3",),
    innocent=("node1", "node2", "node4", "node5"),
    is_quick=False,
)
ROUTER_ID_OF_A_NODE = State(
    "two nodes with one router id (not broken)",
    lambda lab: refused.same_router_id(lab, "node3", "node1"),
    tuple(Shown("tor1", f"show bgp neighbors {peer}", r"remote router ID 172\.30\.250\.101") for peer in NODE3),
    code=None,
    exit_code=0,
    is_quick=False,
)
ROUTER_ID_OF_A_ROUTER = State(
    "node of another AS with the router's router id (not broken)",
    lambda lab: refused.same_router_id(lab, "node3", "tor1"),
    tuple(Shown("tor1", f"show bgp neighbors {peer}", r"remote router ID 172\.30\.250\.1,") for peer in NODE3),
    code=None,
    exit_code=0,
    is_quick=False,
)

REFUSED_STATES = (
    WRONG_AS,
    PASSWORD,
    TTL_SECURITY,
    HOLD_TIME,
    OTHER_ADDRESS,
    SHUT_BY_THE_NODE,
    GROUP_ROUTE_MAP,
    BIRD_KILLED,
    ROUTER_ID_OF_A_NODE,
    ROUTER_ID_OF_A_ROUTER,
)
