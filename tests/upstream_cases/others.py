"""kube-vip in BGP mode, kube-router, Antrea and OpenELB."""

from __future__ import annotations

from typing import Any

from tests.kubernetes_objects import Values, endpoints, node, service
from tests.upstream_cases import Case, annotated, changed, custom, daemon_set

VIP = "kube-vip pkg/endpoints/endpoints_bgp.go"
GENERIC = "kube-vip pkg/endpoints/endpoints_generic.go"
SLICES = "kube-vip pkg/endpoints/providers/endpointslices.go"
ROUTER = "kube-router pkg/controllers/routing/ecmp_vip.go"
ANTREA = "antrea pkg/agent/controller/bgp/controller.go"
RACK = "openelb.kubesphere.io/rack"
ELB = "openelb pkg/speaker/manager.go"
IP, HOST, V6, HOST6 = "198.51.100.7", "198.51.100.7/32", "2001:db8:31::7", "2001:db8:31::7/128"
ALL, NONE = {HOST: "1 2 3"}, {HOST: ""}
ON_1 = endpoints("shop/web", "node1")
NOT_READY_ON_1 = endpoints("shop/web", "node1", conditions={"ready": False})
SERVING_ON_1 = endpoints("shop/web", "node1", conditions={"ready": False, "serving": True, "terminating": True})


def web(*addresses: str, **spec: Any) -> Values:
    return service("shop/web", *addresses, clusterIP="10.96.0.20", **spec)


def running(name: str, image: str, args: tuple[str, ...] = (), **env: str) -> Values:
    variables = [{"name": key, "value": value} for key, value in env.items()]
    container = {"name": name, "image": image, "args": list(args), "env": variables}
    return daemon_set(name, container)


def kube_vip(**env: str) -> Values:
    return running("kube-vip", "ghcr.io/kube-vip/kube-vip:v1.0.1", (), svc_enable="true", **env)


def kube_vip_by_flags(*args: str, name: str = "kube-vip", **node_selector: str) -> Values:
    found = running(name, "ghcr.io/kube-vip/kube-vip:v1.0.1", ("manager", *args))
    found["spec"]["template"]["spec"]["nodeSelector"] = node_selector
    return found


def from_elsewhere(name: str) -> Values:
    """Return kube-vip with a variable that a ConfigMap has."""
    found = kube_vip(bgp_enable="true")
    reference = {"configMapKeyRef": {"name": "kube-vip", "key": name}}
    found["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": name, "valueFrom": reference})
    return found


def static_kube_vip(number: int, **env: str) -> Values:
    variables = {"svc_enable": "true", "vip_address": f"192.0.2.{number}", **env}
    container = {"name": "kube-vip", "image": "ghcr.io/kube-vip/kube-vip:v1.0.1",
                 "env": [{"name": key, "value": value} for key, value in variables.items()]}  # fmt: skip
    owners = [{"apiVersion": "v1", "kind": "Node", "name": f"node{number}", "uid": f"of-node{number}"}]
    metadata = {"name": f"kube-vip-node{number}", "namespace": "kube-system", "ownerReferences": owners}
    return changed(
        custom("v1", "Pod", ""), metadata=metadata, spec={"nodeName": f"node{number}", "containers": [container]}
    )


def kube_router(*args: str, release: str = "v2.5.0", name: str = "kube-router", **node_selector: str) -> Values:
    found = running(name, f"docker.io/cloudnativelabs/kube-router:{release}", args)
    found["spec"]["template"]["spec"]["nodeSelector"] = node_selector
    return found


def policy(name: str, *ip_types: str, created: str | None = None, peer: str = "192.0.2.1", **labels: str) -> Values:
    spec = {"localASN": 64512, "nodeSelector": {"matchLabels": labels}, "advertisements": {"service": {"ipTypes": list(ip_types)}},
            "bgpPeers": [{"address": peer, "asn": 64513}] if peer else []}  # fmt: skip
    found = custom("crd.antrea.io/v1alpha1", "BGPPolicy", name, **spec)
    if created:
        found["metadata"]["creationTimestamp"] = created
    return found


def eip(protocol: str | None = "bgp") -> Values:
    of_protocol = {"protocol": protocol} if protocol else {}
    return custom("network.kubesphere.io/v1alpha2", "Eip", "lb", address="198.51.100.0/24", **of_protocol)


def of_openelb(values: Values) -> Values:
    return annotated(values, **{"lb.kubesphere.io/v1alpha1": "openelb"})


def antrea_pool(*ranges: Values) -> Values:
    return custom("crd.antrea.io/v1beta1", "ExternalIPPool", "lb", ipRanges=list(ranges), nodeSelector={})


ANTREA_POOL = antrea_pool({"cidr": "198.51.100.0/24"})
BGP = kube_vip(bgp_enable="true")
CLASS = {"loadBalancerClass": "kube-vip.io/kube-vip-class"}
LB = kube_router("--advertise-loadbalancer-ip", "--run-loadbalancer", "--loadbalancer-ip-range=198.51.100.0/24")
OF_RACK_A = kube_router("--advertise-loadbalancer-ip", name="rack-a", rack="a")
OF_RACK_B = kube_router("--advertise-external-ip", name="rack-b", rack="b")
RANGES = ("--loadbalancer-ip-range", "198.51.100.0/25,203.0.113.0/24", "--loadbalancer-ip-range=2001:db8:31::/64")
STRICT = kube_router(
    "--advertise-loadbalancer-ip", "--advertise-external-ip", "--enable-ipv6", *RANGES, release="v2.8.1"
)
LENIENT = kube_router("--advertise-loadbalancer-ip", "--strict-external-ip-validation=false", release="v2.8.1")
ROUTER_OPTIONS = "kube-router pkg/options/options.go AddFlags"
VALIDATOR = "kube-router pkg/svcip/validator.go FilterLoadBalancerIPs"
METALLB = custom("metallb.io/v1beta1", "IPAddressPool", "a", addresses=["198.51.100.0/24", "2001:db8:31::/64"])
CASES = [
    Case("kube-vip: every node announces", f"{VIP} processInstance", (BGP, web(IP, **CLASS), ON_1), ALL, announcer="auto"),
    Case("kube-vip: both families", f"{VIP} processInstance", (BGP, web(IP, V6, **CLASS), ON_1),
         {**ALL, HOST6: "1 2 3"}, announcer="auto"),
    Case("kube-vip: nobody without an endpoint", f"{VIP} clear", (BGP, web(IP, **CLASS), NOT_READY_ON_1), NONE,
         announcer="auto"),
    Case("kube-vip: an endpoint that serves while it ends counts", f"{SLICES} isServing",
         (BGP, web(IP, **CLASS), SERVING_ON_1), ALL, announcer="auto"),
    Case("kube-vip: policy Local", f"{GENERIC} getAllEndpoints", (BGP, web(IP, policy="Local", **CLASS), ON_1),
         {HOST: "1"}, announcer="auto"),
    Case("kube-vip: with an election one node announces", f"{VIP} clear",
         (kube_vip(bgp_enable="true", svc_election="true"), web(IP, **CLASS), ON_1), NONE, possible={HOST: "1 2 3"},
         announcer="auto"),
    Case("kube-vip: ARP is no route", f"{GENERIC} newEndpointWorker", (kube_vip(vip_arp="true"), web(IP, **CLASS), ON_1),
         {}, note="kube-vip has no bgp_enable", announcer="auto"),
    Case("kube-vip: static pods of some nodes", f"{GENERIC} newEndpointWorker",
         (static_kube_vip(1, bgp_enable="true"), static_kube_vip(2, bgp_enable="true"), web(IP, V6, **CLASS), ON_1),
         {HOST: "1 2", HOST6: "1 2"}, announcer="auto"),
    Case("kube-vip: static pods without BGP", f"{GENERIC} newEndpointWorker",
         (static_kube_vip(1, vip_arp="true"), web(IP, **CLASS), ON_1), {}, note="kube-vip has no bgp_enable",
         announcer="auto"),
    Case("kube-vip: a pod that is no static one", f"{GENERIC} newEndpointWorker",
         (BGP, changed(static_kube_vip(1, vip_arp="true"), metadata={"name": "p", "namespace": "kube-system"}),
          web(IP, **CLASS), ON_1), ALL, announcer="auto"),
    Case("kube-vip: with flags", "kube-vip cmd/kube-vip.go init",
         (kube_vip_by_flags("--services", "--bgp", "--peerAddress", "2001:db8::1"), web(V6, **CLASS), ON_1),
         {HOST6: "1 2 3"}, announcer="auto"),
    Case("kube-vip: a variable replaces a flag", "kube-vip pkg/kubevip/config_environment.go ParseEnvironment",
         (running("kube-vip", "kube-vip/kube-vip:v0.9.2", ("manager", "--services", "--bgp=false"), bgp_enable="1"), ON_1,
          web(IP, **CLASS)), ALL, announcer="auto"),
    Case("kube-vip: without svc_enable it serves no Service", "kube-vip pkg/kubevip/config_environment.go ParseEnvironment",
         (running("kube-vip", "kube-vip/kube-vip:v0.9.2", ("manager",), bgp_enable="true", cp_enable="true"), ON_1,
          web(IP, **CLASS)), {}, note="kube-vip has no svc_enable: no node announces it", announcer="auto"),
    Case("kube-vip: a value that is no boolean", "kube-vip pkg/kubevip/config_environment.go ParseEnvironment",
         (kube_vip(bgp_enable="yes"), web(IP, **CLASS), ON_1), {},
         undetermined='kube-vip of DaemonSet kube-vip: bgp_enable: expected true or false, found "yes"', announcer="auto"),
    Case("kube-vip: a variable in a ConfigMap", "kube-vip pkg/kubevip/config_environment.go ParseEnvironment",
         (from_elsewhere("svc_election"), web(IP, **CLASS), ON_1), {}, undetermined="svc_election is in another object",
         announcer="auto"),
    Case("kube-vip: peers in a Secret", "kube-vip pkg/kubevip/config_environment.go ParseEnvironment",
         (from_elsewhere("bgp_peers"), web(IP, V6, **CLASS), ON_1), {**ALL, HOST6: "1 2 3"}, announcer="auto"),
    Case("kube-vip: a configuration in a file", "kube-vip pkg/kubevip/config_environment.go MergeConfigFromFile",
         (kube_vip_by_flags("--config-file", "/etc/kube-vip.yaml"), web(IP, **CLASS), ON_1), {},
         undetermined="in the file /etc/kube-vip.yaml, which is not read", announcer="auto"),
    Case("kube-vip: the prefix is the host's", "kube-vip pkg/bgp/peers.go getPath",
         (kube_vip(bgp_enable="true", vip_subnet="24,64"), web(IP, V6, **CLASS), ON_1), {**ALL, HOST6: "1 2 3"},
         announcer="auto"),
    Case("kube-vip: peers of one family", "kube-vip pkg/bgp/peers.go AddPeer",
         (kube_vip(bgp_enable="true", bgp_peers="192.0.2.1:64512::false,192.0.2.2:64512"), web(IP, V6, **CLASS), ON_1),
         {**ALL, HOST6: ""}, possible={HOST6: "1 2 3"}, announcer="auto"),
    Case("kube-vip: peers of IPv6", "kube-vip pkg/bgp/peers.go ParseBGPPeerConfig",
         (kube_vip(bgp_enable="true", bgp_peers="[2001:db8::1]:64512::false"), web(IP, V6, **CLASS), ON_1),
         {HOST: "", HOST6: "1 2 3"}, possible={HOST: "1 2 3"}, announcer="auto"),
    Case("kube-vip: both families over one peer", "kube-vip pkg/bgp/peers.go AddPeer",
         (kube_vip(bgp_enable="true", bgp_peers="192.0.2.1:64512", mpbgp_nexthop="auto_sourceif"), ON_1,
          web(IP, V6, **CLASS)), {**ALL, HOST6: "1 2 3"}, announcer="auto"),
    Case("kube-vip: routes in a table", "kube-vip cmd/kube-vip.go init",
         (kube_vip_by_flags("--services", "--table"), web(IP, **CLASS), ON_1), {}, undetermined="writes routes to a table",
         announcer="auto"),
    Case("kube-vip: two DaemonSets that differ", "kube-vip cmd/kube-vip.go init",
         (kube_vip_by_flags("--services", "--bgp", name="a", rack="a"), web(IP, V6, **CLASS), ON_1,
          kube_vip_by_flags("--services", "--arp", name="b", rack="b")), {HOST: "1 2", HOST6: "1 2"}, announcer="auto"),
    Case("kube-vip: a class of its own", "kube-vip cmd/kube-vip.go init",
         (kube_vip(bgp_enable="true", lb_class_name="example.net/vip"), web(IP, loadBalancerClass="example.net/vip"), ON_1),
         ALL, announcer="auto"),
    Case("kube-router: with its flag every node announces", f"{ROUTER} getAllVIPsForService",
         (LB, web(IP), NOT_READY_ON_1), ALL, announcer="auto"),
    Case("kube-router: policy Local", f"{ROUTER} nodeHasEndpointsForService", (LB, web(IP, policy="Local"), ON_1),
         {HOST: "1"}, announcer="auto"),
    Case("kube-router: an annotation switches it off", f"{ROUTER} shouldAdvertiseService",
         (LB, annotated(web(IP), **{"kube-router.io/service.advertise.loadbalancerip": "false"}), ON_1), {},
         note='annotation kube-router.io/service.advertise.loadbalancerip "false": no node announces it', announcer="auto"),
    Case("kube-router: an annotation switches it on", f"{ROUTER} shouldAdvertiseService",
         (kube_router("--loadbalancer-ip-range=198.51.100.0/24"), ON_1,
          annotated(web(IP), **{"kube-router.io/service.advertise.loadbalancerip": "true"})), ALL, announcer="auto"),
    Case("kube-router: the annotation for local endpoints", f"{ROUTER} getVIPsForService",
         (LB, annotated(web(IP), **{"kube-router.io/service.local": "true"}), ON_1), {HOST: "1"}, announcer="auto"),
    Case("kube-router: another value of that annotation counts in version 1 only", f"{ROUTER} shouldAdvertiseService",
         (LB, annotated(web(IP), **{"kube-router.io/service.local": "yes"}), ON_1), ALL, announcer="auto"),
    Case("kube-router: any value of that annotation in version 1", f"{ROUTER} getVIPsForService",
         (kube_router("--advertise-loadbalancer-ip", release="v1.6.0"), ON_1,
          annotated(web(IP), **{"kube-router.io/service.local": "yes"})), {HOST: "1"}, announcer="auto"),
    Case("kube-router: an endpoint that is not ready may count from version 2 on", f"{ROUTER} nodeHasEndpointsForService",
         (LB, web(IP, policy="Local"), NOT_READY_ON_1), NONE, possible={HOST: "1"}, announcer="auto"),
    Case("kube-router: an endpoint that is not ready in version 1", f"{ROUTER} nodeHasEndpointsForService",
         (kube_router("--advertise-loadbalancer-ip", release="v1.6.0"), web(IP, policy="Local"), NOT_READY_ON_1), NONE,
         announcer="auto"),
    Case("kube-router: a list may be the next word, and is given twice", ROUTER_OPTIONS,
         (STRICT, web("198.51.100.7", "203.0.113.9", "2001:db8:31::7"), ON_1),
         {HOST: "1 2 3", "203.0.113.9/32": "1 2 3", HOST6: "1 2 3"}, announcer="auto"),
    Case("kube-router: a boolean leaves the next word alone", ROUTER_OPTIONS,
         (kube_router("--advertise-loadbalancer-ip", "false"), web(IP, V6), ON_1), {**ALL, HOST6: "1 2 3"},
         announcer="auto"),
    Case("kube-router: the last one of two booleans counts", ROUTER_OPTIONS,
         (METALLB, kube_router("--advertise-loadbalancer-ip=true", "--advertise-loadbalancer-ip=F"), web(IP), ON_1), {},
         note="no BGPAdvertisement selects its pool", announcer="auto"),
    Case("kube-router: flags end at two dashes", ROUTER_OPTIONS,
         (kube_router("--", "--advertise-loadbalancer-ip"), web(IP, loadBalancerClass="kube-router"), ON_1), {},
         note="kube-router has no --advertise-loadbalancer-ip", announcer="auto"),
    Case("kube-router: nothing is announced without its router", ROUTER_OPTIONS,
         (kube_router("--run-router=false", "--advertise-loadbalancer-ip"), ON_1,
          web(IP, loadBalancerClass="kube-router")), {}, note="runs with --run-router=false", announcer="auto"),
    Case("kube-router: each DaemonSet has its own flags", ROUTER_OPTIONS,
         (OF_RACK_A, OF_RACK_B, web(IP, V6, externalIPs=["203.0.113.5"]), ON_1),
         {HOST: "1 2", HOST6: "1 2", "203.0.113.5/32": "3"}, announcer="auto"),
    Case("kube-router: two DaemonSets that may run on one node", ROUTER_OPTIONS,
         (kube_router("--advertise-loadbalancer-ip"), OF_RACK_B, web(IP), ON_1), {HOST: "1 2"}, possible={HOST: "3"},
         announcer="auto"),
    Case("kube-router: from 2.8 on its ranges say what is announced", VALIDATOR,
         (METALLB, STRICT, web("198.51.100.200", "2001:db8:31::7"), ON_1), {HOST6: "1 2 3"},
         note="no BGPAdvertisement selects its pool a", announcer="auto"),
    Case("kube-router: from 2.8 on without a range nothing is announced", VALIDATOR,
         (kube_router("--advertise-loadbalancer-ip", release="v2.8.0"), web(IP, loadBalancerClass="kube-router"), ON_1),
         {}, note="no --loadbalancer-ip-range of it holds the address", announcer="auto"),
    Case("kube-router: 2.8 without that check", VALIDATOR, (LENIENT, web(IP), ON_1), ALL, announcer="auto"),
    Case("kube-router: 2.8 announces no load balancer address in the clusterIPs", VALIDATOR,
         (kube_router("--advertise-loadbalancer-ip", "--loadbalancer-ip-range=10.0.0.0/8", release="v2.8.0"), ON_1,
          web("10.100.0.7", loadBalancerClass="kube-router")), {}, note="its --service-cluster-ip-range holds the address",
         announcer="auto"),
    Case("kube-router: externalIPs from 2.8 on", "kube-router pkg/svcip/validator.go FilterExternalIPs",
         (kube_router("--advertise-external-ip", "--enable-ipv6", "--service-external-ip-range=203.0.113.0/24,2001:db8:32::/48",
                      release="v2.8.0"), web(externalIPs=["203.0.113.5", IP, "2001:db8:32::5", V6], type="ClusterIP"), ON_1),
         {"203.0.113.5/32": "1 2 3", "2001:db8:32::5/128": "1 2 3"}, announcer="auto"),
    Case("kube-router: a release that is not shown", VALIDATOR,
         (kube_router("--advertise-loadbalancer-ip", release="latest"), web(IP, V6), ON_1), {HOST: "", HOST6: ""},
         possible={HOST: "1 2 3", HOST6: "1 2 3"}, announcer="auto"),
    Case("kube-router: clusterIPs follow internalTrafficPolicy", f"{ROUTER} shouldAdvertiseService",
         (kube_router("--advertise-cluster-ip"), ON_1,
          service("shop/web", type="ClusterIP", clusterIP="10.96.0.20", clusterIPs=["10.96.0.20", "2001:db8:96::20"],
                  internalTrafficPolicy="Local")), {"10.96.0.20/32": "1", "2001:db8:96::20/128": "1"}, announcer="auto"),
    Case("kube-router: version 1 announces the first clusterIP, by externalTrafficPolicy", f"{ROUTER} getClusterIP",
         (kube_router("--advertise-cluster-ip", release="v1.6.0"), ON_1,
          service("shop/web", type="ClusterIP", clusterIP="10.96.0.20", clusterIPs=["10.96.0.20", "2001:db8:96::20"],
                  internalTrafficPolicy="Local")), {"10.96.0.20/32": "1 2 3"}, announcer="auto"),
    Case("kube-router: clusterIPs", f"{ROUTER} getClusterIP",
         (kube_router("--advertise-cluster-ip=true"), service("shop/web", type="ClusterIP", clusterIP="10.96.0.20"), ON_1),
         {"10.96.0.20/32": "1 2 3"}, announcer="auto"),
    Case("kube-router: a headless Service", f"{ROUTER} getClusterIP",
         (LB, service("shop/web", IP, clusterIP="None"), ON_1), {}, note="no node announces it", announcer="auto"),
    Case("kube-router: its arguments are not known", f"{ROUTER} getAllVIPsForService",
         (web(IP, loadBalancerClass="kube-router"), ON_1), {}, undetermined="its arguments say what is announced",
         announcer="auto"),
    Case("antrea: every node that a policy selects", f"{ANTREA} addServiceRoutes",
         (ANTREA_POOL, policy("racks", "LoadBalancerIP", rack="a"), web(IP), ON_1), {HOST: "1 2"},
         announcer="auto"),
    Case("antrea: ranges by their first and last address", "antrea pkg/apis/crd/v1beta1/types.go IPRange",
         (antrea_pool({"start": "198.51.100.5", "end": "198.51.100.9"}, {"start": "2001:db8:31::5", "end": "2001:db8:31::9"}),
          policy("all", "LoadBalancerIP"), web(IP), ON_1), ALL, announcer="auto"),
    Case("antrea: a range that is none", "antrea pkg/apis/crd/v1beta1/types.go IPRange",
         (antrea_pool({"start": "2001:db8:31::9", "end": "2001:db8:31::5"}), policy("all", "LoadBalancerIP"), web(IP), ON_1),
         ALL, undetermined="expected the smaller address of the same family first, found 2001:db8:31::9-2001:db8:31::5",
         announcer="auto"),
    Case("antrea: a range without its end", "antrea pkg/apis/crd/v1beta1/types.go IPRange",
         (antrea_pool({"start": "198.51.100.5"}), policy("all", "LoadBalancerIP"), web(IP), ON_1), ALL,
         undetermined='expected a prefix or FIRST-LAST, found "198.51.100.5-"', announcer="auto"),
    Case("antrea: IPv6 to a peer of IPv6", f"{ANTREA} getPeerConfigs",
         (policy("all", "LoadBalancerIP", peer="2001:db8::1"), web(V6), ON_1), {HOST6: "1 2 3"}, announcer="antrea"),
    Case("antrea: IPv6 to peers of IPv4 only", f"{ANTREA} getPeerConfigs",
         (policy("all", "LoadBalancerIP"), web(V6), ON_1), {HOST6: ""}, possible={HOST6: "1 2 3"}, announcer="antrea"),
    Case("antrea: policy Local", f"{ANTREA} hasLocalEndpoints",
         (ANTREA_POOL, policy("all", "LoadBalancerIP"), web(IP, policy="Local"), ON_1), {HOST: "1"}, announcer="auto"),
    Case("antrea: without an endpoint all nodes announce", f"{ANTREA} addServiceRoutes",
         (ANTREA_POOL, policy("all", "LoadBalancerIP"), web(IP), NOT_READY_ON_1), ALL, announcer="auto"),
    Case("antrea: the oldest policy holds", f"{ANTREA} getEffectiveBGPPolicy",
         (ANTREA_POOL, policy("new", "LoadBalancerIP", created="2026-02-01T00:00:00Z"),
          policy("old", "ClusterIP", created="2026-01-01T00:00:00Z"), web(IP), ON_1), {"10.96.0.20/32": "1 2 3"},
         note="no BGPPolicy announces addresses of the kind LoadBalancerIP", announcer="auto"),
    Case("antrea: two policies without their times", f"{ANTREA} getEffectiveBGPPolicy",
         (ANTREA_POOL, policy("new", "LoadBalancerIP"), policy("old", "LoadBalancerIP"), web(IP), ON_1), NONE,
         possible={HOST: "1 2 3"}, announcer="auto"),
    Case("antrea: a policy without peers", f"{ANTREA} getPeerConfigs",
         (ANTREA_POOL, policy("all", "LoadBalancerIP", peer=""), web(IP), ON_1), {}, note="no node does",
         announcer="auto"),
    Case("antrea: it announces what MetalLB gave", f"{ANTREA} addServiceRoutes",
         (policy("all", "LoadBalancerIP"), custom("metallb.io/v1beta1", "IPAddressPool", "a",
                                                  addresses=["198.51.100.0/24"]), web(IP), ON_1), ALL, announcer="auto"),
    Case("openelb: every node is a next hop", f"{ELB} getServiceNodes", (eip(), of_openelb(web(IP)), NOT_READY_ON_1), ALL,
         announcer="auto"),
    Case("openelb: policy Local", f"{ELB} getServiceNodes", (eip(), of_openelb(web(IP, policy="Local")), ON_1),
         {HOST: "1"}, announcer="auto"),
    Case("openelb: layer2 is no route", "openelb api/v1alpha2/eip_types.go GetSpeakerName",
         (eip("layer2"), of_openelb(web(IP)), ON_1), {}, note="protocol layer2: no router learns a route",
         announcer="auto"),
    Case("openelb: IPv6 is not announced", "openelb pkg/speaker/bgp/path.go setBalancer",
         (custom("network.kubesphere.io/v1alpha2", "Eip", "lb", address="2001:db8:31::/64"), of_openelb(web(V6)), ON_1),
         {}, note="OpenELB announces IPv4 only", announcer="auto"),
    Case("openelb: a Service without its annotation", "openelb pkg/speaker/lb_controller.go IsOpenELBService",
         (eip(), web(IP), ON_1), {}, note="OpenELB does not announce it", announcer="auto"),
    Case("openelb: an Eip without a protocol is BGP", "openelb api/v1alpha2/eip_types.go GetProtocol",
         (eip(None), of_openelb(web(IP)), ON_1), ALL),
    Case("openelb: vip is no route", "openelb api/v1alpha2/eip_types.go GetProtocol",
         (eip("vip"), of_openelb(web(IP)), ON_1), {}, note="protocol vip: no router learns a route"),
    Case("openelb: policy Local without an endpoint", f"{ELB} getServiceNodes",
         (eip(), of_openelb(web(IP, policy="Local")), NOT_READY_ON_1), NONE),
    Case("openelb: nodes of several racks", "openelb pkg/speaker/bgp/path.go SetBalancer",
         (eip(), of_openelb(web(IP)), ON_1), NONE, possible={HOST: "1 2"},
         nodes=(node(1, **{RACK: "leaf1"}), node(2, **{RACK: "leaf2"}))),
    Case("openelb: nodes of one rack", "openelb pkg/speaker/bgp/path.go SetBalancer",
         (eip(), of_openelb(web(IP, policy="Local")), ON_1), {HOST: "1"},
         nodes=(node(1, **{RACK: "leaf1"}), node(2, **{RACK: "leaf1"}))),
]  # fmt: skip
