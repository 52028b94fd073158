"""Cilium: its BGP control plane, and what its load balancer makes of a Service."""

from __future__ import annotations

from typing import Any

from tests.kubernetes_objects import Values, endpoints, node, service
from tests.upstream_cases import Case, changed, custom, labelled, running

PEERS = "cilium pkg/bgp/manager/reconciler/peer_advertisements.go"
SERVICE = "cilium pkg/bgp/manager/reconciler/service.go"
TESTS = "cilium pkg/bgp/manager/reconciler/service_test.go"
CLUSTER = "cilium operator/pkg/bgp/cluster.go"
POLICY = "cilium pkg/bgpv1/agent/controller.go"
MODEL = "cilium pkg/loadbalancer/reflectors/conversions.go"
V2 = "cilium Documentation/network/bgp-control-plane/bgp-control-plane-v2.rst"
EVERY: Values = {}
NEIGHBOUR = {"peerAddress": "192.0.2.1/32", "peerASN": 64513}
NOT_READY = {"ready": False}


def matching(**labels: str) -> Values:
    return {"matchLabels": labels}


def advertisement(name: str = "ads", *addresses: str, selector: Values | None = EVERY, **options: Any) -> Values:
    entry = {"advertisementType": "Service", "service": {"addresses": list(addresses or ["LoadBalancerIP"]), **options}}
    entry |= {} if selector is None else {"selector": selector}
    return labelled(custom("cilium.io/v2", "CiliumBGPAdvertisement", name, advertisements=[entry]), ad=name)


def family(afi: str, selector: Values | None = EVERY, safi: str = "unicast") -> Values:
    return {"afi": afi, "safi": safi} | ({} if selector is None else {"advertisements": selector})


def sent(name: str, *families: Values) -> Values:
    return custom("cilium.io/v2", "CiliumBGPPeerConfig", name, **({"families": list(families)} if families else {}))


def cluster(name: str, *configs: str | None, selector: Values | None = None) -> Values:
    peers = [{"name": f"p{number}", **({"peerConfigRef": {"name": config}} if config else {})}
             for number, config in enumerate(configs)]  # fmt: skip
    spec = {"bgpInstances": [{"name": "i", "localASN": 64512, "peers": peers}]}
    return custom(
        "cilium.io/v2", "CiliumBGPClusterConfig", name, **spec, **({"nodeSelector": selector} if selector else {})
    )


def policy(name: str, selector: Values | None = None, service_selector: Values | None = EVERY, **more: Any) -> Values:
    router = {"localASN": 64512, "neighbors": [NEIGHBOUR], **more}
    router |= {} if service_selector is None else {"serviceSelector": service_selector}
    spec = {"virtualRouters": [router], **({"nodeSelector": selector} if selector else {})}
    return custom("cilium.io/v2alpha1", "CiliumBGPPeeringPolicy", name, **spec)


def owned(node_name: str, by: str) -> Values:
    owner = {"apiVersion": "cilium.io/v2", "kind": "CiliumBGPClusterConfig", "name": by, "uid": f"of-{by}"}
    return changed(custom("cilium.io/v2", "CiliumBGPNodeConfig", node_name, bgpInstances=[{"name": "i"}]),
                   metadata={"name": node_name, "ownerReferences": [owner]})  # fmt: skip


def web(*addresses: str, policy: str = "Cluster", **spec: Any) -> Values:
    return service("shop/web", *addresses, policy=policy, **{"clusterIP": "10.96.0.7", **spec})


IP, HOST, V6, HOST6 = "198.51.100.7", "198.51.100.7/32", "2001:db8:31::7", "2001:db8:31::7/128"
POOL = custom(
    "cilium.io/v2",
    "CiliumLoadBalancerIPPool",
    "pool",
    blocks=[{"cidr": "198.51.100.0/24"}, {"cidr": "2001:db8:31::/64"}],
)
ON_1 = endpoints("shop/web", "node1")
ALL = {HOST: "1 2 3"}
TOR = sent("tor", family("ipv4"), family("ipv6"))
TORS = cluster("all", "tor")
SESSIONS = (POOL, TORS, TOR)
RACKS = (cluster("a", "a", selector=matching(rack="a")), cluster("b", "b", selector=matching(rack="b")))


def exposed(values: Values, **annotations: str) -> Values:
    """Annotate with keys of service.cilium.io."""
    keys = {f"service.cilium.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
    return changed(values, metadata={**values["metadata"], "annotations": keys})


EXPOSED = tuple(changed(each, metadata={**each["metadata"], "labels": {"service.cilium.io/node": value}})
                for each, value in zip((node(1), node(2), node(3)), ("beefy", "slow", "beefy"), strict=True))  # fmt: skip
RUNS_117 = running("quay.io/cilium/cilium:v1.17.4@sha256:0123")
RUNS_119 = running("quay.io/cilium/cilium:v1.19.5@sha256:4567")
RUNS_118 = running("quay.io/cilium/cilium:v1.18.1")

CASES = [
    Case("cilium: an advertisement that a peer is sent", f"{PEERS} GetConfiguredAdvertisements",
         (*SESSIONS, advertisement(), web(IP), ON_1), ALL),
    Case("cilium: racks with their own advertisements", f"{PEERS} familySelectedAdvertisements",
         (POOL, *RACKS, sent("a", family("ipv4", matching(ad="a"))), sent("b", family("ipv4", matching(ad="b"))), web(IP), ON_1,
          advertisement("a"), advertisement("b", selector=matching(app="other"))), {HOST: "1 2"}),
    Case("cilium: both racks are sent the Service", f"{PEERS} familySelectedAdvertisements",
         (POOL, *RACKS, sent("a", family("ipv4", matching(ad="a"))), sent("b", family("ipv4", matching(ad="b"))), web(IP), ON_1,
          advertisement("a"), advertisement("b")), ALL),
    Case("cilium: an IPv4-only peer", f"{V2} Address Families",
         (POOL, TORS, sent("tor", family("ipv4")), advertisement(), web(IP, V6), ON_1), ALL, note="sent to a peer in IPv6"),
    Case("cilium: an IPv6-only peer", f"{V2} Address Families",
         (POOL, TORS, sent("tor", family("ipv6")), advertisement(), web(IP, V6), ON_1), {HOST6: "1 2 3"}),
    Case("cilium: labels that match nothing", f"{V2} Without matching advertisements, no prefix will be advertised",
         (POOL, TORS, sent("tor", family("ipv4", matching(ad="nothing"))), advertisement(), web(IP), ON_1), {},
         note="no node announces it"),
    Case("cilium: a family without a selector", f"{PEERS} LabelSelectorAsSelector nil",
         (POOL, TORS, sent("tor", family("ipv4", None)), advertisement(), web(IP), ON_1), {}),
    Case("cilium: a peer configuration without families", f"{PEERS} getPeerAdvertisements",
         (POOL, TORS, sent("tor"), advertisement(), web(IP), ON_1), {}),
    Case("cilium: a peer without a configuration", f"{PEERS} Peer config not specified",
         (POOL, cluster("all", None), TOR, advertisement(), web(IP), ON_1), {}),
    Case("cilium: a configuration that does not exist", f"{PEERS} Peer config not found",
         (POOL, cluster("all", "gone"), TOR, advertisement(), web(IP), ON_1), {}),
    Case("cilium: no configuration was given", f"{PEERS} GetConfiguredAdvertisements",
         (POOL, TORS, advertisement(), web(IP), ON_1), ALL, note="no CiliumBGPPeerConfig was given"),
    Case("cilium: an instance without peers", f"{CLUSTER} toNodeBGPInstance",
         (POOL, cluster("all"), TOR, advertisement(), web(IP), ON_1), {}),
    Case("cilium: one of two peers is sent it", f"{PEERS} GetConfiguredAdvertisements",
         (POOL, cluster("all", "tor", "quiet"), TOR, sent("quiet"), advertisement(), web(IP), ON_1), ALL,
         note="which some peers are not"),
    Case("cilium: another safi carries no Service", f"{V2} safi: unicast",
         (POOL, TORS, sent("tor", family("ipv4", safi="multicast")), advertisement(), web(IP), ON_1), {}),
    Case("cilium: a node that no configuration selects", f"{CLUSTER} upsertNodeConfigs",
         (POOL, TOR, cluster("a", "tor", selector=matching(rack="a")), advertisement(), web(IP), ON_1), {HOST: "1 2"}),
    Case("cilium: two configurations that both announce", f"{CLUSTER} Conflict detected",
         (POOL, TOR, TORS, cluster("a", "tor", selector=matching(rack="a")), advertisement(), web(IP), ON_1), ALL),
    Case("cilium: two configurations, one of which holds", f"{CLUSTER} Conflict detected",
         (POOL, TOR, TORS, sent("quiet"), cluster("a", "quiet", selector=matching(rack="a")), advertisement(), web(IP), ON_1),
         {HOST: "3"}, {HOST: "1 2"}),
    Case("cilium: the owner of the node's configuration holds", f"{CLUSTER} isOwner",
         (POOL, TOR, TORS, sent("quiet"), cluster("a", "quiet", selector=matching(rack="a")), advertisement(), web(IP), ON_1,
          owned("node1", "all"), owned("node2", "a")), {HOST: "1 3"}),
    Case("cilium: an advertisement without a selector", f"{SERVICE} advert.Selector == nil",
         (*SESSIONS, advertisement(selector=None), web(IP), ON_1), {}, note="no CiliumBGPAdvertisement selects"),
    Case("cilium: selected by name and namespace", f"{SERVICE} serviceLabelSet",
         (*SESSIONS, web(IP), ON_1, advertisement(selector={"matchLabels": {"io.kubernetes.service.name": "web",
          "io.kubernetes.service.namespace": "shop"}})), ALL),
    Case("cilium: NotIn holds without the label", f"{TESTS} NotIn",
         (*SESSIONS, web(IP), ON_1, advertisement(selector={"matchExpressions": [
             {"key": "quiet", "operator": "NotIn", "values": ["yes"]}]})), ALL),
    Case("cilium: an externalIP needs no pool", f"{SERVICE} getExternalIPPaths",
         (TORS, TOR, advertisement("ads", "ExternalIP"), web(type="ClusterIP", externalIPs=["203.0.113.7"]), ON_1),
         {"203.0.113.7/32": "1 2 3"}),
    Case("cilium: an externalIP with policy Local", f"{SERVICE} getExternalIPPaths",
         (TORS, TOR, advertisement("ads", "ExternalIP"), web(policy="Local", type="NodePort", externalIPs=["203.0.113.7"]), ON_1),
         {"203.0.113.7/32": "1"}),
    Case("cilium: an externalIP that is not advertised", f"{SERVICE} getServicePrefixes",
         (TORS, TOR, advertisement(), web(type="ClusterIP", externalIPs=["203.0.113.7"]), ON_1), {}),
    Case("cilium: an aggregated externalIP", f"{SERVICE} getServicePrefixLength",
         (TORS, TOR, advertisement("ads", "ExternalIP", aggregationLengthIPv4=28), web(type="ClusterIP",
          externalIPs=["203.0.113.7"]), ON_1), {"203.0.113.0/28": "1 2 3"}),
    Case("cilium: a clusterIP", f"{SERVICE} getClusterIPPaths",
         (TORS, TOR, advertisement("ads", "ClusterIP"), web(type="ClusterIP"), ON_1), {"10.96.0.7/32": "1 2 3"}),
    Case("cilium: clusterIPs of both families", f"{MODEL} ClusterIPs",
         (TORS, TOR, advertisement("ads", "ClusterIP"), web(type="ClusterIP", clusterIPs=["10.96.0.7", "2001:db8:96::7"]), ON_1),
         {"10.96.0.7/32": "1 2 3", "2001:db8:96::7/128": "1 2 3"}),
    Case("cilium: internalTrafficPolicy Local", f"{SERVICE} IntTrafficPolicy",
         (TORS, TOR, advertisement("ads", "ClusterIP", aggregationLengthIPv4=24), web(type="ClusterIP",
          internalTrafficPolicy="Local"), ON_1), {"10.96.0.7/32": "1"}),
    Case("cilium: externalTrafficPolicy does not matter for a clusterIP", f"{SERVICE} IntTrafficPolicy",
         (TORS, TOR, advertisement("ads", "ClusterIP"), web(policy="Local", type="NodePort"), ON_1), {"10.96.0.7/32": "1 2 3"}),
    Case("cilium: internalTrafficPolicy does not matter for others", f"{SERVICE} ExtTrafficPolicy",
         (*SESSIONS, advertisement(), web(IP, internalTrafficPolicy="Local"), ON_1), ALL),
    Case("cilium: a headless Service", f"{MODEL} headless",
         (TORS, TOR, advertisement("ads", "ClusterIP", "ExternalIP"), web(type="ClusterIP", clusterIP="None",
          externalIPs=["203.0.113.7"]), ON_1), {}),
    Case("cilium: policy Local with aggregation", f"{SERVICE} getServicePrefixLength",
         (*SESSIONS, advertisement(aggregationLengthIPv4=24), web(IP, policy="Local"), ON_1), {HOST: "1"}),
    Case("cilium: aggregation to the default route", f"{SERVICE} getServicePrefixLength",
         (*SESSIONS, advertisement(aggregationLengthIPv4=0), web(IP), ON_1), {"0.0.0.0/0": "1 2 3"}),
    Case("cilium: policy Cluster with aggregation", f"{SERVICE} getServicePrefixLength",
         (*SESSIONS, advertisement(aggregationLengthIPv4=24), web(IP), ON_1), {"198.51.100.0/24": "1 2 3"}),
    Case("cilium: a Service without endpoints", f"{SERVICE} EnableNoServiceEndpointsRoutable",
         (*SESSIONS, advertisement(), web(IP), endpoints("shop/web")), ALL),
    Case("cilium: terminating endpoints do not count", f"{SERVICE} BackendStateActive",
         (*SESSIONS, advertisement(), web(IP, policy="Local"), endpoints("shop/web", "node1", conditions={
             "ready": False, "serving": True, "terminating": True})), {HOST: ""}),
    Case("cilium: ready in one slice and not in another", f"{SERVICE} hasBackends",
         (*SESSIONS, advertisement(), web(IP, policy="Local"), ON_1, endpoints("shop/web", "node1", suffix="b",
          conditions=NOT_READY)), {HOST: ""}, {HOST: "1"}),
    Case("cilium: endpoints of another family, release unknown", f"{SERVICE} hasBackends",
         (*SESSIONS, advertisement(), web(V6, policy="Local"), ON_1), {HOST6: ""}, {HOST6: "1"}),
    Case("cilium: endpoints of another family in 1.18", f"{SERVICE} FrontendByServiceName",
         (*SESSIONS, RUNS_118, advertisement(), web(V6, policy="Local"), ON_1), {HOST6: ""}),
    Case("cilium: endpoints of another family in 1.17", f"{SERVICE} hasBackends",
         (*SESSIONS, RUNS_117, advertisement(), web(V6, policy="Local"), ON_1), {HOST6: "1"}),
    Case("cilium: another class", f"{SERVICE} BGPLoadBalancerClass",
         (*SESSIONS, advertisement(), web(IP, loadBalancerClass="io.cilium/l2-announcer"), ON_1), {}, note="ARP and NDP"),
    Case("cilium: its own class", f"{SERVICE} BGPLoadBalancerClass",
         (*SESSIONS, advertisement(), web(IP, loadBalancerClass="io.cilium/bgp-control-plane"), ON_1), ALL),
    Case("cilium: a class does not matter for an externalIP", f"{SERVICE} getExternalIPPaths",
         (TORS, TOR, advertisement("ads", "ExternalIP"), web(loadBalancerClass="other", externalIPs=["203.0.113.7"]), ON_1),
         {"203.0.113.7/32": "1 2 3"}),
    Case("cilium: ipMode Proxy", f"{MODEL} ipMode", (*SESSIONS, advertisement(), ON_1, changed(web(), status={
        "loadBalancer": {"ingress": [{"ip": IP, "ipMode": "Proxy"}]}})), {}, note="ipMode Proxy"),
    Case("cilium: a Service of another proxy", f"{MODEL} service-proxy-name",
         (*SESSIONS, advertisement(), ON_1, changed(web(IP), metadata={"name": "web", "namespace": "shop",
          "labels": {"service.kubernetes.io/service-proxy-name": "other"}})), {}, note="Cilium ignores it"),
    Case("cilium: the annotation node", f"{MODEL} ServiceNodeExposure", (*SESSIONS, advertisement(), ON_1,
         exposed(web(IP), node="beefy")), {HOST: "1 3"}, nodes=EXPOSED),
    Case("cilium: the annotation node-selector", f"{MODEL} ServiceNodeSelectorExposure", (*SESSIONS, advertisement(), ON_1,
         exposed(web(IP), node_selector="service.cilium.io/node == slow")), {HOST: "2"}, nodes=EXPOSED),
    Case("cilium: node-selector with in", f"{MODEL} ServiceNodeSelectorExposure", (*SESSIONS, advertisement(), ON_1,
         exposed(web(IP), node_selector="service.cilium.io/node in ( beefy , slow )")), ALL, nodes=EXPOSED),
    Case("cilium: node-selector with != and !", f"{MODEL} ServiceNodeSelectorExposure", (*SESSIONS, advertisement(), ON_1,
         exposed(web(IP), node_selector="service.cilium.io/node!=slow,!spare")), {HOST: "1 3"}, nodes=EXPOSED),
    Case("cilium: node-selector wins over node", f"{MODEL} ServiceNodeSelectorExposure", (*SESSIONS, advertisement(), ON_1,
         exposed(web(IP), node="beefy", node_selector="service.cilium.io/node=slow")), {HOST: "2"}, nodes=EXPOSED),
    Case("cilium: a node-selector that cannot be read", f"{MODEL} ServiceNodeSelectorExposure", (*SESSIONS, advertisement(),
         ON_1, exposed(web(IP), node_selector="service.cilium.io/node = = slow")), ALL, nodes=EXPOSED),
    Case("cilium: the annotations before 1.18", f"{SERVICE} frontends", (*SESSIONS, RUNS_117, advertisement(), ON_1,
         exposed(web(IP), node="beefy")), ALL, nodes=EXPOSED),
    Case("cilium: type ClusterIP", f"{MODEL} expType.CanExpose", (*SESSIONS, advertisement("ads", "LoadBalancerIP",
         "ClusterIP"), ON_1, exposed(web(IP), type="ClusterIP")), {"10.96.0.7/32": "1 2 3"}, note="annotation"),
    Case("cilium: type LoadBalancer", f"{MODEL} expType.CanExpose", (*SESSIONS, advertisement("ads", "LoadBalancerIP",
         "ClusterIP"), ON_1, exposed(web(IP), type="LoadBalancer")), ALL),
    Case("cilium: another type leaves all", f"{MODEL} expType.CanExpose", (*SESSIONS, advertisement(), ON_1,
         exposed(web(IP), type="Everything")), ALL),
    Case("cilium: a policy", f"{POLICY} PolicySelection", (POOL, policy("p"), web(IP), ON_1), ALL),
    Case("cilium: a policy of some nodes", f"{POLICY} PolicySelection",
         (POOL, policy("p", matching(rack="a")), web(IP), ON_1), {HOST: "1 2"}),
    Case("cilium: two policies on one node clear its sessions", f"{POLICY} ErrMultiplePolicies",
         (POOL, policy("p"), policy("q", matching(rack="a")), web(IP), ON_1), {HOST: "3"}),
    Case("cilium: two policies on every node", f"{POLICY} ErrMultiplePolicies", (POOL, policy("p"), policy("q"), web(IP), ON_1), {}),
    Case("cilium: a policy wins over a configuration", f"{POLICY} Reconcile",
         (*SESSIONS, advertisement(), policy("p", matching(rack="a"), matching(app="other")), web(IP), ON_1), {HOST: "3"}),
    Case("cilium: a policy without a service selector", f"{POLICY} reconcileBGPP",
         (POOL, policy("p", service_selector=None), web(IP), ON_1), {}),
    Case("cilium: a policy with families of IPv4", f"{POLICY} SetDefaults",
         (POOL, policy("p", neighbors=[NEIGHBOUR | {"families": [{"afi": "ipv4", "safi": "unicast"}]}]), web(IP, V6), ON_1), ALL),
    Case("cilium: a policy that advertises clusterIPs", f"{POLICY} serviceAdvertisements",
         (policy("p", serviceAdvertisements=["ClusterIP"]), labelled(web(type="ClusterIP"), app="x"), ON_1,
          ), {"10.96.0.7/32": "1 2 3"}),
    Case("cilium: the label that excludes nodes is ignored", f"{SERVICE} getLoadBalancerIPPaths",
         (*SESSIONS, advertisement(), web(IP), ON_1), {HOST: "1"},
         nodes=(changed(node(1), metadata={"name": "node1", "labels": {"node.kubernetes.io/exclude-from-external-load-balancers": ""}}),)),
    Case("cilium: a node that is not Ready", f"{SERVICE} getLoadBalancerIPPaths", (*SESSIONS, advertisement(), web(IP), ON_1),
         {HOST: "1"}, {HOST: "2"}, note="node2 is not Ready",
         nodes=(node(1), changed(node(2), status={**node(2)["status"], "conditions": [{"type": "Ready", "status": "False"}]}))),
    Case("cilium: a policy is read in 1.18", "cilium#42278",
         (RUNS_118, *SESSIONS, advertisement(), policy("p", matching(rack="a"), matching(app="other")), web(IP, V6), ON_1),
         {HOST: "3", HOST6: "3"}),
    Case("cilium: a policy that is left over in 1.19", "cilium#42278",
         (RUNS_119, *SESSIONS, advertisement(), policy("p", matching(rack="a"), matching(app="other")), web(IP, V6), ON_1),
         {HOST: "1 2 3", HOST6: "1 2 3"}),
    Case("cilium: two policies that are left over in 1.19", "cilium#42278",
         (RUNS_119, POOL, policy("p"), policy("q"), web(IP), ON_1), ALL,
         note="no CiliumBGPAdvertisement and no CiliumBGPPeeringPolicy was given"),
    Case("cilium: a Gateway with policy Local", f"{SERVICE} getLoadBalancerIPPaths",
         (RUNS_119, *SESSIONS, advertisement(), endpoints("shop/web", None),
          labelled(web(IP, V6, policy="Local"), **{"io.cilium.gateway/owning-gateway": "edge"})),
         {HOST: "", HOST6: ""}, possible={HOST: "1 2 3", HOST6: "1 2 3"}),
    Case("cilium: an Ingress with policy Local from some nodes", f"{SERVICE} hasLocalProxy",
         (cluster("a", "tor", selector=matching(rack="a")), TOR, POOL, advertisement(), endpoints("shop/web", None),
          labelled(web(V6, policy="Local"), **{"cilium.io/ingress": "true"})), {HOST6: ""}, possible={HOST6: "1 2"}),
    Case("cilium: a Gateway with policy Cluster", f"{SERVICE} getLoadBalancerIPPaths",
         (RUNS_119, *SESSIONS, advertisement(), endpoints("shop/web", None),
          labelled(web(IP), **{"io.cilium.gateway/owning-gateway": "edge"})), ALL),
    Case("cilium: a Gateway with policy Local before 1.18", f"{TESTS} Test_ServiceLBReconciler",
         (RUNS_117, *SESSIONS, advertisement(), endpoints("shop/web", None),
          labelled(web(IP, policy="Local"), **{"io.cilium.gateway/owning-gateway": "edge"})), {HOST: ""}),
    Case("cilium: an interface's address selects no Service", f"{PEERS} getFamilyAdvertisements",
         (RUNS_119, *SESSIONS, custom("cilium.io/v2", "CiliumBGPAdvertisement", "lo",
                                      advertisements=[{"advertisementType": "Interface", "interface": {"name": "lo"}}]),
          web(IP), ON_1), {}, note="no CiliumBGPAdvertisement selects the Service"),
    Case("cilium: peers that are discovered", f"{V2} Auto-Discovery",
         (RUNS_119, POOL, TOR, advertisement(), web(IP, V6), ON_1, custom(
             "cilium.io/v2", "CiliumBGPClusterConfig", "gateways", bgpInstances=[{"name": "i", "localASN": 64512, "peers": [
                 {"name": "gw", "peerASN": 64513, "peerConfigRef": {"name": "tor"}, "autoDiscovery": {
                     "mode": "DefaultGateway", "defaultGateway": {"addressFamily": "ipv6"}}}]}])),
         {HOST: "1 2 3", HOST6: "1 2 3"}),
    Case("cilium: a pool's block with its first address alone", "cilium pkg/k8s/apis/cilium.io/v2/lbipam_types.go",
         (TORS, TOR, advertisement(), custom("cilium.io/v2", "CiliumLoadBalancerIPPool", "one",
                                             blocks=[{"start": "2001:db8:31::7"}]), web(V6), ON_1), {HOST6: "1 2 3"}),
]  # fmt: skip
