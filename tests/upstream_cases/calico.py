"""Calico: confd/pkg/backends/calico and the published types."""

from __future__ import annotations

from typing import Any

from tests.kubernetes_objects import Values, endpoints, node, service
from tests.upstream_cases import NODES, Case, changed, custom, labelled, running

ROUTES = "calico confd/pkg/backends/calico/routes.go"
CLIENT = "calico confd/pkg/backends/calico/client.go"
TESTS = "calico confd/pkg/backends/calico/routes_test.go"
FILTERS = "calico confd/pkg/backends/calico/bgp_processor.go"
BIRD6 = "calico confd/etc/calico/confd/templates/bird6.cfg.template"
IPAM = "calico confd/etc/calico/confd/templates/bird_ipam.cfg.template"
SELECTORS = "calico libcalico-go/lib/selector/parser/parser.go"
EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers"
NOT_READY = {"ready": False}


def configuration(name: str = "default", **spec: Any) -> Values:
    lists = {
        key: [{"cidr": cidr} for cidr in value] if isinstance(value, list) else value for key, value in spec.items()
    }
    return custom("projectcalico.org/v3", "BGPConfiguration", name, **lists)


def peer(name: str = "tor", **spec: Any) -> Values:
    return custom("projectcalico.org/v3", "BGPPeer", name, **{"peerIP": "192.0.2.1", "asNumber": 64500, **spec})


def rejecting(name: str, *rules: Values, v6: bool = False) -> Values:
    return custom("projectcalico.org/v3", "BGPFilter", name, **{"exportV6" if v6 else "exportV4": list(rules)})


def without_export(cidr: str) -> Values:
    return custom("projectcalico.org/v3", "IPPool", "kept", cidr=cidr, disableBGPExport=True)


def rule(action: str, operator: str, cidr: str, **more: Any) -> Values:
    return {"action": action, "matchOperator": operator, "cidr": cidr, **more}


def web(*addresses: str, policy: str = "Cluster", **spec: Any) -> Values:
    return service("shop/web", *addresses, policy=policy, **{"clusterIP": "10.96.0.7", **spec})


def of_family(values: Values, family: str) -> Values:
    return changed(values, addressType=family)


LB, IP, HOST = "198.51.100.0/24", "198.51.100.7", "198.51.100.7/32"
POOL = configuration(serviceLoadBalancerIPs=[LB])
ON_1 = endpoints("shop/web", "node1")
LOCAL = web(IP, policy="Local")
ALL = {LB: "1 2 3"}
AT_1 = {**ALL, HOST: "1"}
ONE = configuration(serviceLoadBalancerIPs=[HOST])
MESHLESS = configuration(serviceLoadBalancerIPs=[LB], nodeToNodeMeshEnabled=False)
NO_AGGREGATE = configuration(serviceLoadBalancerIPs=[LB], serviceLoadBalancerAggregation="Disabled")
DUAL = web(IP, "2001:db8:31::7", policy="Local", ipFamilies=["IPv4", "IPv6"])

CASES = [
    Case("calico: serviceLoadBalancerIPs without a Service", f"{CLIENT} updateGlobalRoutes", (POOL,), ALL),
    Case("calico: serviceExternalIPs without a Service", f"{CLIENT} onExternalIPsUpdate",
         (configuration(serviceExternalIPs=[LB]),), ALL),
    Case("calico: serviceClusterIPs without a Service", f"{CLIENT} onClusterIPsUpdate",
         (configuration(serviceClusterIPs=["10.96.0.0/12"]),), {"10.96.0.0/12": "1 2 3"}),
    Case("calico: every list and both families at once", f"{CLIENT} updateGlobalRoutes",
         (configuration(serviceLoadBalancerIPs=[LB, "2001:db8:31::/64"], serviceExternalIPs=["203.0.113.0/28"],
                        serviceClusterIPs=["10.96.0.0/12", "2001:db8:96::/112"]),),
         {LB: "1 2 3", "2001:db8:31::/64": "1 2 3", "203.0.113.0/28": "1 2 3", "10.96.0.0/12": "1 2 3",
          "2001:db8:96::/112": "1 2 3"}),
    Case("calico: a configuration of another name is not read", f"{CLIENT} getBGPConfig default",
         (configuration(name="node.node1", serviceLoadBalancerIPs=[LB]),), {}),
    Case("calico: policy Cluster inside a range has no route of its own", f"{TESTS} should skip Cluster services",
         (POOL, web(IP), ON_1), ALL),
    Case("calico: policy Local has a host route besides", f"{TESTS} should still advertise Local services",
         (POOL, LOCAL, ON_1), AT_1),
    Case("calico: policy Local on several nodes", f"{ROUTES} advertiseThisService",
         (POOL, LOCAL, endpoints("shop/web", "node1", "node3")), {**ALL, HOST: "1 3"}),
    Case("calico: policy Local without any endpoint", f"{ROUTES} advertiseThisService",
         (POOL, LOCAL, endpoints("shop/web")), {**ALL, HOST: ""}),
    Case("calico: an endpoint that is not ready", "calico#13246", (POOL, LOCAL, endpoints("shop/web", "node1",
         conditions=NOT_READY)), {**ALL, HOST: ""}),
    Case("calico: an endpoint that is not ready in 3.31 may count", f"{ROUTES} not interested in NotReadyAddresses",
         (POOL, LOCAL, endpoints("shop/web", "node1", conditions=NOT_READY), running("quay.io/calico/node:v3.31.2")),
         {**ALL, HOST: ""}, {HOST: "1"}),
    Case("calico: an endpoint that is not ready in 3.30 does not count", f"{ROUTES} subset.Addresses",
         (POOL, LOCAL, endpoints("shop/web", "node1", conditions=NOT_READY), running("docker.io/calico/node:v3.30.1")),
         {**ALL, HOST: ""}),
    Case("calico: terminating endpoints that serve do not count", f"{ROUTES} advertiseThisService",
         (POOL, LOCAL, endpoints("shop/web", "node1", conditions={"ready": False, "serving": True, "terminating": True})),
         {**ALL, HOST: ""}),
    Case("calico: ready in one slice of several is enough", "calico#13246 keeps advertising while any slice",
         (POOL, LOCAL, ON_1, endpoints("shop/web", "node1", suffix="b", conditions=NOT_READY)), AT_1),
    Case("calico: an endpoint without a ready condition counts", f"{ROUTES} advertiseThisService",
         (POOL, LOCAL, endpoints("shop/web", "node1", conditions={"serving": True})), AT_1),
    Case("calico: slices of another family do not count", f"{TESTS} should not advertise IPv4 service with IPv6 endpoints",
         (POOL, web(IP, policy="Local", ipFamilies=["IPv4"]), of_family(ON_1, "IPv6")), {**ALL, HOST: ""}),
    Case("calico: FQDN slices do not count", f"{ROUTES} svcIPFamilies",
         (POOL, web(IP, policy="Local", ipFamilies=["IPv4"]), of_family(ON_1, "FQDN")), {**ALL, HOST: ""}),
    Case("calico: dual stack is announced with slices of one family", f"{TESTS} dual-stack service IPv4 endpointSlice",
         (configuration(serviceLoadBalancerIPs=[LB, "2001:db8:31::/64"]), DUAL, ON_1),
         {LB: "1 2 3", "2001:db8:31::/64": "1 2 3", HOST: "1", "2001:db8:31::7/128": "1"}),
    Case("calico: without ipFamilies the addresses say the family", f"{ROUTES} svcIsIPv6",
         (POOL, LOCAL, of_family(ON_1, "IPv6")), {**ALL, HOST: ""}),
    Case("calico: a headless Service", f"{ROUTES} Skipping service with no cluster IPs",
         (POOL, web(IP, policy="Local", clusterIP="None"), ON_1), ALL),
    Case("calico: a Service of type ExternalName", f"{TESTS} set to unsupported service type",
         (configuration(serviceExternalIPs=[LB]), web(policy="Local", type="ExternalName", externalIPs=[IP]), ON_1), ALL),
    Case("calico: a single address without a Service", f"{CLIENT} onLoadBalancerIPsUpdate", (ONE,), {}),
    Case("calico: a single IPv6 address without a Service", f"{CLIENT} onLoadBalancerIPsUpdate",
         (configuration(serviceLoadBalancerIPs=["2001:db8:31::7/128"]),), {}),
    Case("calico: a single address of a Cluster Service is from all", f"{ROUTES} hasAnySingleLoadBalancerIP",
         (ONE, web(IP), ON_1), {HOST: "1 2 3"}),
    Case("calico: a single address of a Local Service is from its endpoints", f"{ROUTES} advertiseThisService",
         (ONE, LOCAL, ON_1), {HOST: "1"}),
    Case("calico: a single address that is asked for counts", f"{ROUTES} svc.Spec.LoadBalancerIP",
         (configuration(serviceLoadBalancerIPs=[HOST, "203.0.113.0/28"]), web("203.0.113.3", loadBalancerIP=IP), ON_1),
         {"203.0.113.0/28": "1 2 3", "203.0.113.3/32": "1 2 3"}),
    Case("calico: a single address brings the clusterIP along", f"{ROUTES} getAllRoutesForService",
         (configuration(serviceLoadBalancerIPs=[HOST], serviceClusterIPs=["10.96.0.0/12"]), web(IP), ON_1),
         {HOST: "1 2 3", "10.96.0.0/12": "1 2 3", "10.96.0.7/32": "1 2 3"}),
    Case("calico: a single externalIP without a Service", "calico#9422", (configuration(serviceExternalIPs=[HOST]),), {}),
    Case("calico: a single externalIP without a Service in 3.29", "calico#9422",
         (configuration(serviceExternalIPs=[HOST]), running("calico/node:v3.29.0")), {HOST: "1 2 3"}),
    Case("calico: a single externalIP of a Cluster Service", f"{ROUTES} isSingleExternalIP",
         (configuration(serviceExternalIPs=[HOST]), web(type="ClusterIP", externalIPs=[IP]), ON_1), {HOST: "1 2 3"}),
    Case("calico: an externalIP of a Local Service", f"{ROUTES} isAllowedExternalIP",
         (configuration(serviceExternalIPs=[LB]), web(policy="Local", type="NodePort", externalIPs=[IP]), ON_1), AT_1),
    Case("calico: an externalIP in no range", f"{ROUTES} Cannot advertise External IP - not in allow list",
         (configuration(serviceExternalIPs=[LB]), web(policy="Local", externalIPs=["203.0.113.9"]), ON_1), ALL),
    Case("calico: an externalIP is not allowed by serviceLoadBalancerIPs", f"{ROUTES} isAllowedExternalIP",
         (POOL, web(policy="Local", type="NodePort", externalIPs=[IP]), ON_1), ALL),
    Case("calico: the clusterIP of a Local Service", f"{ROUTES} AdvertiseClusterIPs",
         (configuration(serviceClusterIPs=["10.96.0.0/12"]), web(policy="Local", type="NodePort"), ON_1),
         {"10.96.0.0/12": "1 2 3", "10.96.0.7/32": "1"}),
    Case("calico: both clusterIPs of a Local Service", f"{ROUTES} svc.Spec.ClusterIPs",
         (configuration(serviceClusterIPs=["10.96.0.0/12"]),
          web(policy="Local", type="NodePort", clusterIPs=["10.96.0.7", "2001:db8:96::7"]), ON_1),
         {"10.96.0.0/12": "1 2 3", "10.96.0.7/32": "1", "2001:db8:96::7/128": "1"}),
    Case("calico: only the first clusterIP before 3.31", f"{ROUTES} svc.Spec.ClusterIP",
         (configuration(serviceClusterIPs=["10.96.0.0/12"]), running("calico/node:v3.28.2"),
          web(policy="Local", type="NodePort", clusterIPs=["10.96.0.7", "2001:db8:96::7"]), ON_1),
         {"10.96.0.0/12": "1 2 3", "10.96.0.7/32": "1"}),
    Case("calico: no clusterIP without serviceClusterIPs", f"{ROUTES} AdvertiseClusterIPs",
         (POOL, web(policy="Local", type="NodePort"), ON_1), ALL),
    Case("calico: aggregation disabled, policy Cluster", f"{TESTS} should advertise Cluster services when disabled",
         (NO_AGGREGATE, web(IP), ON_1), {HOST: "1 2 3"}),
    Case("calico: aggregation disabled, no endpoint", f"{TESTS} should not advertise Cluster services without endpoints",
         (NO_AGGREGATE, web(IP), endpoints("shop/web")), {HOST: ""}),
    Case("calico: aggregation disabled, endpoints of another family", f"{TESTS} IP version compatibility",
         (NO_AGGREGATE, web(IP, ipFamilies=["IPv4"]), of_family(ON_1, "IPv6")), {HOST: ""}),
    Case("calico: aggregation disabled, policy Local", f"{ROUTES} advertiseThisService", (NO_AGGREGATE, LOCAL, ON_1),
         {HOST: "1"}),
    Case("calico: aggregation disabled without a Service", f"{CLIENT} ShouldAggregateLoadBalancerServices",
         (NO_AGGREGATE,), {}),
    Case("calico: an address in no range", f"{ROUTES} Cannot advertise LoadBalancer IP - not in allow list",
         (POOL, web("203.0.113.9", loadBalancerClass="calico"), ON_1), ALL, note="announces no prefix around it"),
    Case("calico: a labelled node", f"{CLIENT} ExcludeServiceAdvertisement", (POOL, LOCAL, ON_1), {LB: "2 3", HOST: ""},
         nodes=(labelled(node(1), **{EXCLUDE: "true"}), *NODES[1:])),
    Case("calico: the label without the value true", f"{CLIENT} ExcludeServiceAdvertisement", (POOL, LOCAL, ON_1), AT_1,
         nodes=(labelled(node(1), **{EXCLUDE: ""}), *NODES[1:])),
    Case("calico: a node that is not Ready", f"{ROUTES} advertiseThisService", (POOL,), {LB: "2 3"}, {LB: "1"},
         nodes=(changed(node(1), status={**node(1)["status"], "conditions": [{"type": "Ready", "status": "False"}]}),
                *NODES[1:]), note="node1 is not Ready"),
    Case("calico: BGPPeers of some nodes without mesh", f"{CLIENT} updatePeersV1",
         (MESHLESS, peer(nodeSelector="rack == 'a'")), {LB: "1 2"}),
    Case("calico: a BGPPeer of one node without mesh", f"{CLIENT} updatePeersV1", (MESHLESS, peer(node="node2")),
         {LB: "2"}),
    Case("calico: BGPPeers of some nodes with the mesh", f"{CLIENT} nodeToNodeMeshEnabled",
         (POOL, peer(nodeSelector="rack == 'a'")), {LB: "1 2"}, {LB: "3"}),
    Case("calico: a route reflector passes routes on", f"{CLIENT} nodesMatching PeerSelector",
         (MESHLESS, peer(nodeSelector="rack == 'a'"), peer("rr", peerIP="", peerSelector="has(rr)")), {LB: "1 2"},
         {LB: "3"}),
    Case("calico: a global BGPPeer", f"{CLIENT} GlobalBGPPeerKey", (MESHLESS, peer()), ALL),
    Case("calico: a selector with or and not", f"{SELECTORS} parseOrExpression",
         (MESHLESS, peer(nodeSelector="(rack == 'b' || has(edge)) && !has(spare)")), {LB: "3"}),
    Case("calico: a selector with in", f"{SELECTORS} OpIn", (MESHLESS, peer(nodeSelector="rack in {'a', \"c\"}")),
         {LB: "1 2"}),
    Case("calico: a selector with not in, also without the label", f"{SELECTORS} OpNotIn",
         (MESHLESS, peer(nodeSelector="zone not in {'x'} && rack != 'a'")), {LB: "3"}),
    Case("calico: a selector that starts with", f"{SELECTORS} OpStartsWith",
         (MESHLESS, peer(nodeSelector="rack starts with 'b'")), {LB: "3"}),
    Case("calico: a selector that cannot be read", f"{SELECTORS} Parse", (POOL, peer(nodeSelector="rack = 'a'")), ALL,
         undetermined="BGPPeer tor: spec.nodeSelector: expected"),
    Case("calico: a BGPFilter that rejects", f"{FILTERS} exportFilter",
         (POOL, peer(filters=["f"]), rejecting("f", rule("Reject", "In", LB)), LOCAL, ON_1), {LB: "", HOST: ""}),
    Case("calico: a BGPFilter that rejects host routes only", f"{FILTERS} prefixLength",
         (POOL, peer(filters=["f"]), LOCAL, ON_1,
          rejecting("f", rule("Reject", "In", LB, prefixLength={"min": 25, "max": 32}))), {LB: "1 2 3", HOST: ""}),
    Case("calico: the first rule that matches decides", f"{FILTERS} exportFilter",
         (POOL, peer(filters=["f"]), LOCAL, ON_1,
          rejecting("f", rule("Accept", "Equal", LB), rule("Reject", "In", "0.0.0.0/0"))), {LB: "1 2 3", HOST: ""}),
    Case("calico: what no rule matches is accepted", f"{FILTERS} exportFilter",
         (POOL, peer(filters=["f"]), rejecting("f", rule("Reject", "Equal", "203.0.113.0/24"))), ALL),
    Case("calico: a rule NotIn", f"{FILTERS} NotIn",
         (POOL, peer(filters=["f"]), rejecting("f", rule("Reject", "NotIn", "203.0.113.0/24"))), {LB: ""}),
    Case("calico: a rule NotEqual", f"{FILTERS} NotEqual",
         (POOL, peer(filters=["f"]), rejecting("f", rule("Reject", "NotEqual", LB)), LOCAL, ON_1), {LB: "1 2 3", HOST: ""}),
    Case("calico: a rule without anything", f"{FILTERS} exportFilter",
         (POOL, peer(filters=["f"]), rejecting("f", {"action": "Reject"})), {LB: ""}),
    Case("calico: rules of the other family do not matter", f"{FILTERS} exportV6",
         (POOL, peer(filters=["f"]), rejecting("f", {"action": "Reject"}, v6=True)), ALL),
    Case("calico: rules of IPv6", f"{FILTERS} exportV6",
         (configuration(serviceLoadBalancerIPs=["2001:db8:31::/64"]), peer(filters=["f"]),
          rejecting("f", rule("Reject", "In", "2001:db8::/32"), v6=True)), {"2001:db8:31::/64": ""}),
    Case("calico: a rule for routes of peers does not match the node's own", f"{FILTERS} RemotePeers",
         (POOL, peer(filters=["f"]), rejecting("f", {"action": "Reject", "source": "RemotePeers"})), ALL),
    Case("calico: a rule for an interface does not match", f"{FILTERS} interface",
         (POOL, peer(filters=["f"]), rejecting("f", {"action": "Reject", "interface": "*.calico"})), ALL),
    Case("calico: a rule by peer type depends on the session", f"{FILTERS} peerType",
         (POOL, peer(filters=["f"]), rejecting("f", {"action": "Reject", "peerType": "eBGP"})), {LB: ""}, {LB: "1 2 3"}),
    Case("calico: one of two peers rejects", f"{FILTERS} exportFilter",
         (POOL, peer(), peer("tor2", peerIP="192.0.2.2", filters=["f"]), rejecting("f", {"action": "Reject"})), {LB: ""},
         {LB: "1 2 3"}),
    Case("calico: a filter that was not given", f"{FILTERS} exportFilter", (POOL, peer(filters=["f"]), LOCAL, ON_1), {},
         undetermined="BGPFilter f was not given"),
    Case("calico: a session of IPv4 carries no IPv6", f"{BIRD6} peer_v6",
         (configuration(serviceLoadBalancerIPs=[LB, "2001:db8:31::/64"]), peer()), {**ALL, "2001:db8:31::/64": ""}),
    Case("calico: a session of each family", f"{BIRD6} peer_v6",
         (configuration(serviceLoadBalancerIPs=[LB, "2001:db8:31::/64"], nodeToNodeMeshEnabled=False),
          peer(nodeSelector="rack == 'a'"), peer("tor6", peerIP="[2001:db8::1]:179", nodeSelector="rack == 'b'")),
         {LB: "1 2", "2001:db8:31::/64": "3"}),
    Case("calico: an IPv4 session with a port", f"{BIRD6} peer_v6", (MESHLESS, peer(peerIP="192.0.2.1:1179")), ALL),
    Case("calico: a workload is no router", f"{BIRD6} local_bgp_peer",
         (MESHLESS, peer(node="node2"), peer("vm", peerIP="", localWorkloadSelector="has(bgp)")), {LB: "2"}),
    Case("calico: an IPPool without export", f"{IPAM} reject_disabled_pools",
         (POOL, without_export("198.51.0.0/16"), LOCAL, ON_1), {LB: "", HOST: ""}),
    Case("calico: an IPPool without export around host prefixes only", f"{IPAM} reject_disabled_pools",
         (POOL, peer(), without_export("198.51.100.0/25"), LOCAL, ON_1), {LB: "1 2 3", HOST: ""}),
    Case("calico: an IPPool without export of IPv6", f"{IPAM} reject_disabled_pools",
         (configuration(serviceLoadBalancerIPs=[LB, "2001:db8:31::/64"]), without_export("2001:db8:31::/64")),
         {**ALL, "2001:db8:31::/64": ""}),
    Case("calico: a BGPFilter that accepts comes before the IPPool", f"{BIRD6} export filter",
         (POOL, peer(filters=["f"]), rejecting("f", rule("Accept", "Equal", LB)), without_export(LB), LOCAL, ON_1),
         {LB: "1 2 3", HOST: ""}),
    Case("calico: a rule NotIn with lengths", f"{FILTERS} prefixLength", (POOL, peer(filters=["f"]), LOCAL, ON_1,
         rejecting("f", rule("Reject", "NotIn", LB, prefixLength={"min": 32}))), {LB: "", HOST: "1"}),
    Case("calico: the filters of a peer in their order", f"{BIRD6} range $filter",
         (POOL, peer(filters=["g", "f"]), rejecting("f", {"action": "Reject"}),
          rejecting("g", rule("Accept", "In", LB, prefixLength={"max": 24})), LOCAL, ON_1), {LB: "1 2 3", HOST: ""}),
]  # fmt: skip
