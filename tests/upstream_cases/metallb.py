"""MetalLB: the speaker and its configuration."""

from __future__ import annotations

from typing import Any

from tests.kubernetes_objects import Values, endpoints, node, service
from tests.upstream_cases import NODES, Case, annotated, changed, custom, labelled, running

BGP = "metallb speaker/bgp_controller.go"
MAIN = "metallb speaker/main.go"
CONFIG = "metallb internal/config/config.go"
FRR = "metallb internal/bgp/frr/frr.go"
SLICES = "metallb internal/k8s/epslices/epslices.go"
EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers"
TERMINATING = {"ready": False, "serving": True, "terminating": True}


def pool(name: str, *addresses: str, **labels: str) -> Values:
    return labelled(custom("metallb.io/v1beta1", "IPAddressPool", name, addresses=list(addresses)), **labels)


def by_bgp(name: str = "all", **spec: Any) -> Values:
    return custom("metallb.io/v1beta1", "BGPAdvertisement", name, **spec)


def by_arp(**spec: Any) -> Values:
    return custom("metallb.io/v1beta1", "L2Advertisement", "arp", **spec)


def with_spec(values: Values, **parts: Any) -> Values:
    return changed(values, spec={**values["spec"], **parts})


def peer(name: str, **labels: str) -> Values:
    selectors = {"nodeSelectors": [{"matchLabels": labels}]} if labels else {}
    return custom(
        "metallb.io/v1beta2", "BGPPeer", name, myASN=64512, peerASN=64513, peerAddress="192.0.2.1", **selectors
    )


def web(*addresses: str, policy: str = "Cluster", **spec: Any) -> Values:
    return service("shop/web", *addresses, policy=policy, **spec)


def with_ingress(*ingress: Values) -> Values:
    return changed(web(), status={"loadBalancer": {"ingress": list(ingress)}})


def not_ready(number: int) -> Values:
    status = {**node(number)["status"], "conditions": [{"type": "Ready", "status": "Unknown"}]}
    return changed(node(number), status=status)


def rack(name: str) -> list[Values]:
    return [{"matchLabels": {"rack": name}}]


def community(name: str, **values: str) -> Values:
    aliases = [{"name": alias, "value": value} for alias, value in values.items()]
    return custom("metallb.io/v1beta1", "Community", name, communities=aliases)


def state_of(node_name: str, result: str, error: str = "", component: str = "speaker") -> Values:
    labels = {"metallb.io/component-type": component, **({"metallb.io/node-name": node_name} if node_name else {})}
    metadata = {"name": f"{component}-{node_name}", "namespace": "metallb-system", "labels": labels}
    status = {"result": result, **({"errorSummary": error} if error else {})}
    return {"apiVersion": "metallb.io/v1beta1", "kind": "ConfigurationState", "metadata": metadata, "status": status}


COMMUNITY = "metallb internal/bgp/community/community.go New"
STATE = "metallb internal/k8s/controllers/configuration_state_controller.go Reconcile"
IP, HOST, V6 = "198.51.100.7", "198.51.100.7/32", "2001:db8:31::7"
POOL = pool("a", "198.51.100.0/24")
BOTH = pool("a", "198.51.100.0/24", "2001:db8:31::/64")
ON_1 = endpoints("shop/web", "node1")
ALL = {HOST: "1 2 3"}
BASE = (POOL, by_bgp(), web(IP))

CASES = [
    Case("metallb: policy Cluster with a ready endpoint", f"{BGP} ShouldAnnounce", (*BASE, ON_1), ALL),
    Case("metallb: policy Cluster without endpoints", f"{BGP} noEndpoints", (*BASE, endpoints("shop/web")), {HOST: ""}),
    Case("metallb: policy Local", f"{BGP} noLocalEndpoints", (POOL, by_bgp(), web(IP, policy="Local"), ON_1), {HOST: "1"}),
    Case("metallb: an endpoint without ready counts", f"{SLICES} EndpointCanServe",
         (POOL, by_bgp(), web(IP, policy="Local"), endpoints("shop/web", "node1", conditions={"terminating": True})),
         {HOST: "1"}),
    Case("metallb: a terminating endpoint that serves counts", f"{SLICES} EndpointCanServe",
         (POOL, by_bgp(), web(IP, policy="Local"), endpoints("shop/web", "node1", conditions=TERMINATING)), {HOST: "1"}),
    Case("metallb: ready in every slice", f"{BGP} hasHealthyEndpoint",
         (POOL, by_bgp(), web(IP, policy="Local"), ON_1,
          endpoints("shop/web", "node1", suffix="b", conditions={"ready": False})), {HOST: ""}),
    Case("metallb: slices of any family count", f"{BGP} hasHealthyEndpoint",
         (POOL, by_bgp(), web(IP, policy="Local"), changed(ON_1, addressType="IPv6")), {HOST: "1"}),
    Case("metallb: FQDN slices count", f"{BGP} hasHealthyEndpoint",
         (POOL, by_bgp(), web(IP, policy="Local"), changed(ON_1, addressType="FQDN")), {HOST: "1"}),
    Case("metallb: dual stack from one pool", f"{MAIN} poolFor", (BOTH, by_bgp(), web(IP, V6), ON_1),
         {HOST: "1 2 3", f"{V6}/128": "1 2 3"}),
    Case("metallb: dual stack from two pools", f"{MAIN} poolFor",
         (POOL, pool("b", "2001:db8:31::/64"), by_bgp(), web(IP, V6), ON_1), {},
         note="no single IPAddressPool holds all addresses of the Service"),
    Case("metallb: two IPv4 addresses from two pools", f"{MAIN} poolFor",
         (POOL, pool("b", "203.0.113.0/24"), by_bgp(), web(IP, "203.0.113.7"), ON_1), {}, note="no single IPAddressPool"),
    Case("metallb: an ingress with a host name beside an address", f"{MAIN} invalidIP",
         (POOL, by_bgp(), with_ingress({"ip": IP}, {"hostname": "lb.example.net"}), ON_1), {},
         note="a host name and no address"),
    Case("metallb: an ingress with a host name only", f"{MAIN} invalidIP",
         (POOL, by_bgp(), with_ingress({"hostname": "lb.example.net"}), ON_1), {}),
    Case("metallb: an ingress with both", f"{MAIN} net.ParseIP",
         (POOL, by_bgp(), with_ingress({"ip": IP, "hostname": "lb.example.net"}), ON_1), ALL),
    Case("metallb: an address in no pool", f"{MAIN} ipNotAllowed",
         (POOL, by_bgp(), annotated(web("203.0.113.9"), **{"metallb.io/ip-allocated-from-pool": "a"}), ON_1), {},
         undetermined="no IPAddressPool holds it"),
    Case("metallb: a Service of type NodePort", f"{MAIN} notLoadBalancer",
         (POOL, by_bgp(), web(IP, type="NodePort"), ON_1), {}),
    Case("metallb: two advertisements with one localPref", f"{CONFIG} validateBGPAdvPerPool",
         (POOL, by_bgp("a", localPref=100), by_bgp("b", localPref=100), web(IP), ON_1), ALL),
    Case("metallb: two advertisements with different localPref", f"{CONFIG} validateBGPAdvPerPool",
         (POOL, by_bgp("a", localPref=100), by_bgp("b", localPref=200), web(IP), ON_1), {},
         undetermined="with localPref 100 and 200"),
    Case("metallb: an absent localPref is 0", f"{CONFIG} LocalPref",
         (POOL, by_bgp("a"), by_bgp("b", localPref=200), web(IP), ON_1), {}, undetermined="with localPref 0 and 200"),
    Case("metallb: different localPref of different lengths", f"{CONFIG} advertisementsAreCompatible",
         (POOL, by_bgp("a", localPref=100), by_bgp("b", localPref=200, aggregationLength=24), web(IP), ON_1),
         {"198.51.100.0/24": "1 2 3", HOST: "1 2 3"}),
    Case("metallb: different localPref to different peers", f"{CONFIG} different set of BGP peers",
         (POOL, by_bgp("a", localPref=100, peers=["t1"]), by_bgp("b", localPref=200, peers=["t2"]), peer("t1"),
          peer("t2"), web(IP), ON_1), ALL),
    Case("metallb: different localPref from different nodes", f"{CONFIG} different set of nodes",
         (POOL, by_bgp("a", localPref=100, nodeSelectors=rack("a")), by_bgp("b", localPref=200, nodeSelectors=rack("b")),
          web(IP), ON_1), ALL),
    Case("metallb: different localPref in another pool", f"{CONFIG} validateBGPAdvPerPool",
         (POOL, pool("b", "203.0.113.0/24"), by_bgp("a", ipAddressPools=["a"]), by_bgp("b", ipAddressPools=["b"]),
          by_bgp("c", ipAddressPools=["b"], localPref=200), web(IP), ON_1), {},
         undetermined="in pool b, BGPAdvertisement b and c announce an address with localPref 0 and 200"),
    Case("metallb: different localPref in another pool, by its label, IPv6", f"{CONFIG} validateBGPAdvPerPool",
         (BOTH, pool("b", "2001:db8:99::/64", tier="z"), by_bgp("a", localPref=100, ipAddressPools=["a"]),
          by_bgp("b", localPref=100, ipAddressPools=["b"]),
          by_bgp("c", localPref=200, ipAddressPoolSelectors=[{"matchLabels": {"tier": "z"}}]), web(V6), ON_1), {},
         undetermined="in pool b, BGPAdvertisement b and c announce an address with localPref 100 and 200"),
    Case("metallb: different localPref in different pools", f"{CONFIG} setBGPAdvertisementsToPools",
         (POOL, pool("b", "203.0.113.0/24"), by_bgp("a", localPref=100, ipAddressPools=["a"]),
          by_bgp("b", localPref=200, ipAddressPools=["b"]), web(IP), ON_1), ALL),
    Case("metallb: different localPref in another pool with serviceSelectors", f"{CONFIG} validateBGPAdvPerPool",
         (POOL, pool("b", "203.0.113.0/24"), by_bgp("a", ipAddressPools=["a"]), by_bgp("b", ipAddressPools=["b"]),
          by_bgp("c", ipAddressPools=["b"], localPref=200, serviceSelectors=[{"matchLabels": {"app": "z"}}]), web(IP), ON_1),
         ALL),
    Case("metallb: node selectors that are equal", f"{CONFIG} validateLabelSelectorDuplicate",
         (POOL, by_bgp(nodeSelectors=[*rack("a"), *rack("b"), *rack("a")]), web(IP), ON_1), {},
         undetermined="nodeSelectors of BGPAdvertisement all has one selector twice"),
    Case("metallb: pool selectors that are equal but for the order of values", f"{CONFIG} validateLabelSelectorDuplicate",
         (BOTH, by_bgp("a"), by_bgp("b", ipAddressPoolSelectors=[
             {"matchExpressions": [{"key": "tier", "operator": "In", "values": values}]} for values in (["a", "b"], ["b", "a"])
         ]), web(V6), ON_1), {}, undetermined="ipAddressPoolSelectors of BGPAdvertisement b has one selector twice"),
    Case("metallb: service selectors that are equal", f"{CONFIG} validateLabelSelectorDuplicate",
         (POOL, by_bgp("a"), by_bgp("b", serviceSelectors=[{"matchLabels": {"app": "z"}}] * 2), web(IP), ON_1), {},
         undetermined="serviceSelectors of BGPAdvertisement b has one selector twice"),
    Case("metallb: different localPref for different Services", "metallb#2917 serviceSelectors",
         (POOL, by_bgp("a", localPref=100, serviceSelectors=[{"matchLabels": {"app": "a"}}]),
          by_bgp("b", localPref=200, serviceSelectors=[{"matchLabels": {"app": "b"}}]), labelled(web(IP), app="a"), ON_1),
         ALL),
    Case("metallb: different localPref of lengths that differ in one family of two", f"{CONFIG} isAggrLengthDifferent",
         (BOTH, by_bgp("a", localPref=100), by_bgp("b", localPref=200, aggregationLength=24), web(IP), ON_1), {},
         undetermined="with localPref 100 and 200"),
    Case("metallb: different localPref of lengths that differ in both families", f"{CONFIG} isAggrLengthDifferent",
         (BOTH, by_bgp("a", localPref=100), by_bgp("b", localPref=200, aggregationLength=24, aggregationLengthV6=64),
          web(V6), ON_1), {f"{V6}/128": "1 2 3", "2001:db8:31::/64": "1 2 3"}),
    Case("metallb: an advertisement that names a pool twice", f"{CONFIG} bgpAdvertisementFromCR",
         (POOL, by_bgp("a"), by_bgp("b", ipAddressPools=["z", "z"]), web(IP), ON_1), {},
         undetermined="ipAddressPools of BGPAdvertisement b has z 2 times"),
    Case("metallb: an advertisement that has a community twice, IPv6", f"{CONFIG} validateDuplicate",
         (BOTH, by_bgp(communities=["64512:1", "64512:2", "64512:1"]), web(V6), ON_1), {},
         undetermined="communities of BGPAdvertisement all has 64512:1 2 times"),
    Case("metallb: an advertisement that names a peer twice", f"{CONFIG} validateDuplicate",
         (POOL, by_bgp(peers=["t1", "t1"]), peer("t1"), web(IP), ON_1), {},
         undetermined="peers of BGPAdvertisement all has t1 2 times"),
    Case("metallb: serviceSelectors and an aggregate", f"{CONFIG} bgpAdvertisementFromCR",
         (POOL, by_bgp("a"), by_bgp("b", serviceSelectors=[{"matchLabels": {"app": "z"}}], aggregationLength=24), web(IP), ON_1),
         {}, undetermined="BGPAdvertisement b has serviceSelectors and an aggregation length"),
    Case("metallb: an aggregate that is shorter than the pool", f"{CONFIG} invalid aggregation length",
         (pool("a", "198.51.100.0/28"), by_bgp(aggregationLength=24), web(IP), ON_1), {},
         undetermined="is shorter than 198.51.100.0/28 of pool a"),
    Case("metallb: an aggregate that is shorter than another pool", f"{CONFIG} validateBGPAdvPerPool",
         (POOL, pool("b", "203.0.113.0/28"), by_bgp("a", ipAddressPools=["a"]), by_bgp("b", ipAddressPools=["b"],
          aggregationLength=24), web(IP), ON_1), {}, undetermined="is shorter than 203.0.113.0/28 of pool b"),
    Case("metallb: an aggregate that is shorter than another pool, IPv6", f"{CONFIG} validateBGPAdvPerPool",
         (BOTH, pool("b", "2001:db8:99::/120"), by_bgp("a", ipAddressPools=["a"]), by_bgp("b", ipAddressPools=["b"],
          aggregationLengthV6=64), web(V6), ON_1), {}, undetermined="is shorter than 2001:db8:99::/120 of pool b"),
    Case("metallb: an aggregate inside the pool", f"{BGP} net.CIDRMask",
         (POOL, by_bgp(aggregationLength=26), web(IP), ON_1), {"198.51.100.0/26": "1 2 3"}),
    Case("metallb: an aggregate of IPv6", f"{BGP} AggregationLengthV6",
         (BOTH, by_bgp(aggregationLengthV6=64), web(V6), ON_1), {"2001:db8:31::/64": "1 2 3"}),
    Case("metallb: pools by name", f"{CONFIG} setBGPAdvertisementsToPools",
         (POOL, by_bgp(ipAddressPools=["b"]), web(IP), ON_1), {}, note="no BGPAdvertisement selects its pool a"),
    Case("metallb: pools by label", f"{CONFIG} selectedPools",
         (pool("a", "198.51.100.0/24", tier="edge"), web(IP), ON_1,
          by_bgp(ipAddressPoolSelectors=[{"matchLabels": {"tier": "edge"}}])), ALL),
    Case("metallb: L2Advertisement only", f"{CONFIG} setL2AdvertisementsToPools", (POOL, by_arp(), web(IP), ON_1), {},
         note="one node answers ARP and NDP"),
    Case("metallb: node selectors of the advertisement", f"{BGP} adCfg.Nodes",
         (POOL, by_bgp(nodeSelectors=rack("b")), web(IP), ON_1), {HOST: "3"}),
    Case("metallb: node selectors of the peer", f"{BGP} syncPeers", (*BASE, peer("t1", rack="a"), ON_1), {HOST: "1 2"}),
    Case("metallb: peers of the advertisement with their nodes", f"{BGP} adsForPeer",
         (POOL, by_bgp(peers=["t2"]), peer("t1", rack="a"), peer("t2", rack="b"), web(IP), ON_1), {HOST: "3"}),
    Case("metallb: peers that are none", f"{BGP} MatchesPeer", (POOL, by_bgp(peers=["t9"]), peer("t1"), web(IP), ON_1),
         {HOST: ""}),
    Case("metallb: a labelled node", f"{BGP} nodeLabeledExcludeBalancers", (*BASE, ON_1), {HOST: "2 3"},
         nodes=(labelled(node(1), **{EXCLUDE: ""}), *NODES[1:])),
    Case("metallb: a node without network", f"{BGP} IsNodeAvailable", (*BASE, ON_1), {HOST: "2 3"},
         nodes=(changed(node(1), status={**node(1)["status"],
                                         "conditions": [{"type": "NetworkUnavailable", "status": "True"}]}), *NODES[1:])),
    Case("metallb: a cordoned node", f"{BGP} IsNodeAvailable", (*BASE, ON_1), ALL,
         nodes=(changed(node(1), spec={"unschedulable": True}), *NODES[1:])),
    Case("metallb: a node that is not Ready", f"{BGP} ShouldAnnounce", (*BASE, ON_1), {HOST: "1 2"}, {HOST: "3"},
         nodes=(*NODES[:2], not_ready(3)), note="node3 is not Ready"),
    Case("metallb: a node that is not Ready, with an endpoint", f"{BGP} ShouldAnnounce",
         (POOL, by_bgp(), web(IP, policy="Local"), endpoints("shop/web", "node1", "node3")), {HOST: "1"}, {HOST: "3"},
         nodes=(*NODES[:2], not_ready(3))),
    Case("metallb: a node that is not Ready, without an endpoint", f"{BGP} ShouldAnnounce",
         (POOL, by_bgp(), web(IP, policy="Local"), ON_1), {HOST: "1"}, nodes=(*NODES[:2], not_ready(3))),
    Case("metallb: a session of IPv4 carries no IPv6", f"{FRR} DualStackAddressFamily",
         (BOTH, by_bgp(), with_spec(peer("t1"), dualStackAddressFamily=False), web(IP, V6), ON_1),
         {**ALL, f"{V6}/128": ""}),
    Case("metallb: the release shows what a session carries", f"{FRR} DualStackAddressFamily",
         (BOTH, by_bgp(), peer("t1"), web(V6), ON_1, running("quay.io/metallb/speaker:v0.15.3")), {f"{V6}/128": ""}),
    Case("metallb: a session of both families", f"{FRR} DualStackAddressFamily",
         (BOTH, by_bgp(), with_spec(peer("t1"), dualStackAddressFamily=True), web(IP, V6), ON_1),
         {**ALL, f"{V6}/128": "1 2 3"}),
    Case("metallb: an unnumbered session", f"{FRR} PeerInterface",
         (BOTH, by_bgp(), custom("metallb.io/v1beta2", "BGPPeer", "t1", myASN=64512, peerASN=64513, interface="eth1"),
          web(V6), ON_1),
         {f"{V6}/128": "1 2 3"}),
    Case("metallb: a session of each family, in different racks", f"{FRR} ipfamily.ForAddress",
         (BOTH, by_bgp(), with_spec(peer("t1", rack="a"), dualStackAddressFamily=False), web(IP, V6), ON_1,
          with_spec(peer("t6", rack="b"), peerAddress="2001:db8::1", dualStackAddressFamily=False)),
         {HOST: "1 2", f"{V6}/128": "3"}),
    Case("metallb: a session before 0.15 carries both", f"{FRR} DisableMP",
         (BOTH, by_bgp(), peer("t1"), web(V6), ON_1, running("quay.io/metallb/speaker:v0.14.9")), {f"{V6}/128": "1 2 3"}),
    Case("metallb: disableMP before 0.15", f"{FRR} DisableMP",
         (BOTH, by_bgp(), with_spec(peer("t1"), disableMP=True), web(V6), ON_1,
          running("quay.io/metallb/speaker:v0.14.9")), {f"{V6}/128": ""}),
    Case("metallb: pools that overlap", f"{CONFIG} poolsFor overlaps with already defined CIDR",
         (POOL, pool("b", "198.51.100.128/25"), by_bgp(), web(IP), ON_1), {}, undetermined="IPAddressPool a and b overlap"),
    Case("metallb: pools side by side", f"{CONFIG} poolsFor",
         (POOL, pool("b", "198.51.101.0-198.51.101.9", "2001:db8:31::/64"), by_bgp(), web(IP), ON_1), ALL),
    Case("metallb: node selectors are alternatives", f"{CONFIG} selectedNodes",
         (POOL, by_bgp(nodeSelectors=[{"matchExpressions": [{"key": "rack", "operator": "NotIn", "values": ["a"]}]},
                                      {"matchLabels": {"zone": "x"}}]), web(IP), ON_1), {HOST: "1 3"},
         nodes=(node(1, rack="a", zone="x"), *NODES[1:])),
    Case("metallb: the terms of one node selector hold together", f"{CONFIG} selectedNodes",
         (POOL, by_bgp(nodeSelectors=[{"matchLabels": {"rack": "a"}, "matchExpressions": [
             {"key": "zone", "operator": "Exists"}]}]), web(IP), ON_1), {HOST: "1"},
         nodes=(node(1, rack="a", zone="x"), *NODES[1:])),
    Case("metallb: a community by its name", f"{CONFIG} getCommunityValue",
         (BOTH, community("names", edge="64512:100", big="large:64512:4294967295:0"), by_bgp(communities=["edge", "big"]),
          web(IP, V6), ON_1), {HOST: "1 2 3", f"{V6}/128": "1 2 3"}),
    Case("metallb: a community that no Community names", f"{CONFIG} getCommunityValue",
         (POOL, community("names", edge="64512:100"), by_bgp("a"), by_bgp("b", ipAddressPools=["z"], communities=["egde"]),
          web(IP), ON_1), {}, undetermined="BGPAdvertisement b has egde, which is no community and no Community's name"),
    Case("metallb: a community by a name whose Community was not given", f"{CONFIG} getCommunityValue",
         (BOTH, by_bgp(communities=["edge"]), web(V6), ON_1), {f"{V6}/128": "1 2 3"},
         note="assumed: a Community that was not given defines edge of BGPAdvertisement all"),
    Case("metallb: a community that is too large", COMMUNITY,
         (POOL, by_bgp(communities=["64512:65536"]), web(IP), ON_1), {},
         undetermined="BGPAdvertisement all has 64512:65536, which is no community"),
    Case("metallb: a large community without its word", COMMUNITY,
         (BOTH, by_bgp(communities=["big:64512:1:2"]), web(V6), ON_1), {}, undetermined="has big:64512:1:2, which is no"),
    Case("metallb: a Community with a value that is none", f"{CONFIG} communitiesFromCrs",
         (POOL, community("names", edge="no-export"), by_bgp(), web(IP), ON_1), {},
         undetermined='Community names gives edge the value "no-export", which is no community'),
    Case("metallb: two Communities with one name", f"{CONFIG} communitiesFromCrs",
         (POOL, community("a", edge="64512:1"), community("b", edge="64512:1"), by_bgp(), web(IP), ON_1), {},
         undetermined="Community a and b both define edge"),
    Case("metallb: a community with which routers do not pass a prefix on", f"{CONFIG} getCommunityValue",
         (BOTH, community("names", quiet="65535:65282"), by_bgp(communities=["quiet"]), web(IP, V6), ON_1),
         {HOST: "1 2 3", f"{V6}/128": "1 2 3"}, note="with the community no-advertise of BGPAdvertisement all, routers do not"),
    Case("metallb: an address without its length in a pool", f"{CONFIG} ParseCIDR",
         (POOL, pool("b", "2001:db8:99::7"), by_bgp(), web(IP), ON_1), {},
         undetermined="IPAddressPool b has 2001:db8:99::7, which is no prefix and no range"),
    Case("metallb: a pool without addresses", f"{CONFIG} addressPoolFromCR",
         (POOL, pool("b"), by_bgp(), web(IP), ON_1), {}, undetermined="IPAddressPool b has no addresses"),
    Case("metallb: an L2Advertisement that names a pool twice", f"{CONFIG} l2AdvertisementFromCR",
         (BOTH, by_bgp(), by_arp(ipAddressPools=["z", "z"]), web(V6), ON_1), {},
         undetermined="ipAddressPools of L2Advertisement arp has z 2 times"),
    Case("metallb: a value twice in a selector", f"{CONFIG} validateLabelSelectorMatchExpressions",
         (POOL, by_bgp(nodeSelectors=[{"matchExpressions": [{"key": "rack", "operator": "In", "values": ["a", "a"]}]}]),
          web(IP), ON_1), {}, undetermined="nodeSelectors of BGPAdvertisement all has a selector with one expression or value"),
    Case("metallb: a peer of the same AS over several hops", f"{CONFIG} peerFromCR",
         (*BASE, with_spec(peer("t1"), peerASN=64512, ebgpMultiHop=True), ON_1), {},
         undetermined="BGPPeer t1 has ebgpMultiHop and is of the same AS"),
    Case("metallb: a peer with an address and an interface", f"{CONFIG} peerFromCR",
         (*BASE, with_spec(peer("t1"), interface="eth0"), ON_1), {}, undetermined="BGPPeer t1 has peerAddress and interface"),
    Case("metallb: a peer without a local AS", f"{CONFIG} peerFromCR",
         (*BASE, with_spec(peer("t1"), myASN=0), ON_1), {}, undetermined="BGPPeer t1 has no myASN"),
    Case("metallb: a peer without an AS", f"{CONFIG} peerFromCR",
         (BOTH, by_bgp(), with_spec(peer("t6"), peerAddress="2001:db8::1", peerASN=0), web(V6), ON_1), {},
         undetermined="BGPPeer t6 has neither peerASN nor dynamicASN"),
    Case("metallb: a peer with two ASes", f"{CONFIG} peerFromCR",
         (*BASE, with_spec(peer("t1"), dynamicASN="external"), ON_1), {},
         undetermined="BGPPeer t1 has peerASN and dynamicASN"),
    Case("metallb: a peer whose AS may be any", f"{CONFIG} peerFromCR",
         (*BASE, with_spec(peer("t1"), peerASN=0, dynamicASN="external"), ON_1), ALL),
    Case("metallb: a speaker that rejects the objects", STATE,
         (BOTH, by_bgp(), web(IP, V6), ON_1, state_of("node1", "Valid"), state_of("node2", "Invalid", "peer t9:\n no AS")),
         {HOST: "1 3", f"{V6}/128": "1 3"}, possible={HOST: "2", f"{V6}/128": "2"}),
    Case("metallb: a controller that rejects the objects", STATE,
         (*BASE, ON_1, state_of("", "Invalid", "pools overlap", "controller")), ALL),
    Case("metallb: a speaker that has not reported", STATE, (*BASE, ON_1, state_of("node2", "Unknown")), ALL),
]  # fmt: skip
