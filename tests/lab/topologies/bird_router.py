"""A router that runs BIRD: its nodes announce by BGP or by OSPF.

edge1 has BGP sessions with node1, node2 (FRR) and node3 (BIRD), and OSPF adjacencies with node4 (FRR) and node5 (BIRD),
each group on a segment of its own. `merge paths` gives the kernel all paths of BGP, `merge external` all of OSPF.
"""

from __future__ import annotations

from tests.lab.plan import OSPF_DEAD_INTERVAL, SERVICE_INTERFACE
from tests.lab.states.shown import Shown
from tests.lab.topologies.network import Link, Network, make_host

ROUTER = "edge1"
ROUTER_AS, NODE_AS = 64500, 64510
FAMILIES = (4, 6)
OF_BGP = BGP4, BGP6 = ("198.51.100.1/32", "2001:db8:100::1/128")
OF_OSPF = OSPF4, OSPF6 = ("198.51.100.65/32", "2001:db8:100:1::1/128")
BGP_NODES, OSPF_NODES = ("node1", "node2", "node3"), ("node4", "node5")
BGP_PORT, OSPF_PORT, NODE_PORT = "swp1", "swp2", "eth1"
ZEBRA = f"interface {SERVICE_INTERFACE}\n no link-detect\n"
KUBE = f"route-map KUBE permit 10\n match interface {SERVICE_INTERFACE}\n"
METRIC = 10000
"""BIRD announces with this metric of type 2; FRR's default would win against it."""


def address(version: int, number: int, segment: int = 0) -> str:
    """Return a host's address on the segment of BGP (0) or OSPF (1)."""
    return f"192.0.2.{number + 128 * segment}" if version == 4 else f"2001:db8:{segment + 1}::{number}"


def addresses(number: int, segment: int = 0) -> tuple[str, str]:
    """Return a host's addresses on a segment, with their lengths."""
    return (f"{address(4, number, segment)}/25", f"{address(6, number, segment)}/64")


def peering(number: int, version: int, *, imports: str = "import all;", more: str = "", remote: int = NODE_AS) -> str:
    """Return the router's BGP protocol for a node, of one family."""
    return f"""protocol bgp node{number}_ipv{version} {{
  local {address(version, 1)} as {ROUTER_AS}; neighbor {address(version, 100 + number)} as {remote};
  connect delay time 1; connect retry time 1; error wait time 1, 1; hold time 9;
  graceful restart off; long lived graceful restart off;{more}
  ipv{version} {{ import keep filtered on; {imports} export none; }};
}}
"""


def kernel(version: int, *, exports: str = "export all;", merging: str = " merge paths on;") -> str:
    """Return the router's kernel protocol of one family."""
    return f"protocol kernel kernel{version} {{ ipv{version} {{ {exports} }};{merging} }}\n"


def ospf_of_bird(
    version: int, port: str, *, priority: int, channel: str, options: str = "", interface: str = "", area: str = "0"
) -> str:
    """Return a protocol of OSPF: v2 for IPv4, v3 for IPv6."""
    timers = f"hello 1; dead {OSPF_DEAD_INTERVAL}; retransmit 2; priority {priority};"
    return f"""protocol ospf v{version // 2} ospf{version} {{
  ipv{version} {{ {channel} }};{options}
  area {area} {{ interface "{port}" {{ {timers}{interface} }}; }};
}}
"""


def router_ospf(version: int, *, options: str = " merge external on;", **changes: str) -> str:
    """Return the router's OSPF of one family."""
    channel = changes.pop("channel", "import all; export none;")
    return ospf_of_bird(version, OSPF_PORT, priority=1, channel=channel, options=options, **changes)


def node_ospf(version: int, *, exports: str = "export where source = RTS_DEVICE;", **changes: str) -> str:
    """Return the OSPF of a node with BIRD, of one family."""
    return ospf_of_bird(version, NODE_PORT, priority=0, channel=f"import all; {exports}", **changes)


def _router() -> str:
    sessions = "".join(peering(number, version) for number in (1, 2, 3) for version in FAMILIES)
    inner = "".join(kernel(version) + router_ospf(version) for version in FAMILIES)
    return f"router id {address(4, 1)};\nprotocol device {{}}\n{inner}{sessions}"


def bgp_of_frr(number: int) -> str:
    """Return the BGP of a node with FRR."""
    peers = {version: address(version, 1) for version in FAMILIES}
    sessions = "".join(
        f" neighbor {peer} remote-as {ROUTER_AS}\n neighbor {peer} timers connect 1\n" for peer in peers.values()
    )
    families = "".join(
        f" address-family ipv{version} unicast\n  neighbor {peer} activate\n"
        "  redistribute connected route-map KUBE\n exit-address-family\n"
        for version, peer in peers.items()
    )
    return f"""router bgp {NODE_AS}
 bgp router-id {address(4, 100 + number)}
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 timers bgp 3 9
{sessions}{families}exit
{KUBE} set origin igp
"""


def bird_head(number: int, segment: int = 0) -> str:
    """Return what a node with BIRD begins with."""
    return f"""router id {address(4, number, segment)};
protocol device {{}}
protocol direct {{ ipv4; ipv6; interface "{SERVICE_INTERFACE}"; }}
"""


def _bgp_of_bird(number: int) -> str:
    sessions = "".join(
        f"""protocol bgp edge1_ipv{version} {{
  local {address(version, 100 + number)} as {NODE_AS}; neighbor {address(version, 1)} as {ROUTER_AS};
  connect delay time 1; connect retry time 1; error wait time 1, 1; hold time 9;
  ipv{version} {{ import all; export where source = RTS_DEVICE; }};
}}
"""
        for version in FAMILIES
    )
    return bird_head(100 + number) + sessions


def ospf_of_frr(version: int, router_id: str, port: str) -> str:
    """Return the OSPF of a node with FRR: ospfd's for IPv4, ospf6d's for IPv6."""
    words, router = ("ip ospf", "ospf") if version == 4 else ("ipv6 ospf6", "ospf6")
    throttle = " timers throttle lsa all 0\n" if version == 4 else ""
    return f"""interface {port}
 {words} area 0
 {words} hello-interval 1
 {words} dead-interval {OSPF_DEAD_INTERVAL}
 {words} priority 0
 {words} retransmit-interval 3
exit
router {router}
 {router} router-id {router_id}
{throttle} timers lsa min-arrival 0
 redistribute connected metric {METRIC} metric-type 2 route-map KUBE
exit
{KUBE}"""


NETWORK = Network(
    "bird-router",
    "a BIRD router whose nodes announce by BGP and OSPF",
    (make_host(ROUTER, 1, bird=_router()),),
    (
        make_host("node1", 101, kube=OF_BGP, zebra=ZEBRA, bgpd=bgp_of_frr(1)),
        make_host("node2", 102, kube=OF_BGP, zebra=ZEBRA, bgpd=bgp_of_frr(2)),
        make_host("node3", 103, kube=OF_BGP, bird=_bgp_of_bird(3)),
        make_host(
            "node4", 104, kube=OF_OSPF, zebra=ZEBRA,
            ospfd=ospf_of_frr(4, address(4, 104, 1), NODE_PORT),
            ospf6d=ospf_of_frr(6, address(4, 104, 1), NODE_PORT),
        ),
        make_host("node5", 105, kube=OF_OSPF, bird=bird_head(105, 1) + node_ospf(4) + node_ospf(6)),
    ),
    (
        Link.of(
            (ROUTER, BGP_PORT, *addresses(1)),
            *((f"node{number}", NODE_PORT, *addresses(100 + number)) for number in (1, 2, 3)),
        ),
        Link.of(
            (ROUTER, OSPF_PORT, *addresses(1, 1)),
            *((f"node{number}", NODE_PORT, *addresses(100 + number, 1)) for number in (4, 5)),
        ),
    ),
    {ROUTER: dict.fromkeys(OF_BGP, frozenset(BGP_NODES)) | dict.fromkeys(OF_OSPF, frozenset(OSPF_NODES))},
    shown=tuple(
        Shown(ROUTER, f"show ospf neighbors ospf{version}", r"\bFull/", times=2) for version in FAMILIES
    ),
    configuration={
        "clusters": {
            "bgp": {"nodes": list(BGP_NODES), "pools": ["198.51.100.0/26", "2001:db8:100::/64"]},
            "ospf": {"nodes": list(OSPF_NODES), "pools": ["198.51.100.64/26", "2001:db8:100:1::/64"]},
        },
    },
)  # fmt: skip
