"""Short answers of kinds that no recorded file has, for tests that damage one of every kind."""

BFD_FRR = """[ { "multihop": false, "peer": "192.0.2.2", "local": "192.0.2.1", "vrf": "default", "interface": "eth0",
 "status": "up", "receive-interval": 300, "transmit-interval": 300, "detect-multiplier": 5,
 "remote-receive-interval": 300, "remote-transmit-interval": 500, "remote-detect-multiplier": 3 } ]
"""
BFD_BIRD = """BIRD 2.0.12 ready.
bfd1:
IP address                Interface  State      Since         Interval  Timeout
192.0.2.1                 eth0       Up         06:08:29.264    0.300    0.900
"""
CRM = """Resource Name           Used Count    Available Count
--------------------  ------------  -----------------
nexthop_group                  410                102
"""
EXTERNALS = """{ "default": { "asExternalLinkStates": [ { "lsaAge": 267, "lsaType": "AS-external-LSA",
 "linkStateId": "198.51.100.1", "advertisingRouter": "192.0.2.11", "networkMask": 32, "metricType": "E1",
 "metric": 10 } ] } }
"""
OSPF_STATE = """BIRD 2.0.12 ready.

area 0.0.0.0

\trouter 192.0.2.11
\t\tdistance 10
\t\texternal 198.51.100.1/32 metric2 10000
"""
RIP_STATUS = """Routing Protocol is "rip"
  Routing Information Sources:
    Gateway          BadPackets BadRoutes  Distance Last Update
    192.0.2.46               3         0       120   00:00:04
"""
CILIUM_PEERS = (
    "cilium-dbg bgp peers -o json",
    """[ { "families": [ {"afi": "ipv4", "safi": "unicast", "advertised": 1}, {"afi": "ipv6", "safi": "unicast"} ],
 "local-asn": 64513, "peer-address": "192.0.2.1", "peer-asn": 64512, "session-state": "established",
 "uptime-nanoseconds": 90000000000 } ]
""",
)
CILIUM_EXPORTS = (
    "cilium-dbg bgp routes advertised ipv4 unicast neighbor 192.0.2.1 -o json",
    '[ {"neighbor": "192.0.2.1", "paths": [], "prefix": "198.51.100.7/32", "router-asn": 64513} ]\n',
)
ANSWERS = (
    ("gobgp", *CILIUM_PEERS),
    ("gobgp", *CILIUM_EXPORTS),
    ("frr", "vtysh -c 'show bfd peers json'", BFD_FRR),
    ("bird", "birdc -r 'show bfd sessions'", BFD_BIRD),
    ("frr", "crm show resources all", CRM),
    ("frr", "vtysh -c 'show ip ospf vrf all database external json'", EXTERNALS),
    ("bird", "birdc -r 'show ospf state ospf1'", OSPF_STATE),
    ("frr", "vtysh -c 'show ip rip status'", RIP_STATUS),
    ("linux", "sysctl net.ipv4.fib_multipath_use_neigh", "net.ipv4.fib_multipath_use_neigh = 0\n"),
)
"""Platform, command and text of each."""
