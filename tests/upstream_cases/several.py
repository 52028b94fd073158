"""Several announcers in one cluster: each address belongs to whoever announces it."""

from __future__ import annotations

from tests.kubernetes_objects import endpoints, service
from tests.upstream_cases import Case, calico, changed, cilium, metallb, purelb

ALLOCATED = {"metallb.io/ip-allocated-from-pool": "a"}
IP, HOST = "198.51.100.7", "198.51.100.7/32"
WEB = changed(service("shop/web", IP, clusterIP="10.96.0.7"),
              metadata={"name": "web", "namespace": "shop", "annotations": ALLOCATED})  # fmt: skip
LOCAL = changed(WEB, spec={**WEB["spec"], "externalTrafficPolicy": "Local"})
ON_1 = endpoints("shop/web", "node1")
OTHER_POOL = metallb.pool("b", "203.0.113.0/24")
OF_B = metallb.by_bgp("of-b", ipAddressPools=["b"])
SESSIONS = (cilium.TORS, cilium.TOR)
RANGE = "198.51.100.0/24"

CASES = [
    Case("several: MetalLB gives, Calico announces", f"{calico.ROUTES} isAllowedLoadBalancerIP",
         (metallb.POOL, calico.POOL, WEB, ON_1), {RANGE: "1 2 3"}),
    Case("several: a MetalLB advertisement of another pool", f"{calico.ROUTES} isAllowedLoadBalancerIP",
         (metallb.POOL, OTHER_POOL, OF_B, calico.POOL, LOCAL, ON_1), {RANGE: "1 2 3", HOST: "1"}),
    Case("several: Calico's range beside MetalLB's pool", f"{calico.CLIENT} updateGlobalRoutes",
         (metallb.POOL, metallb.by_bgp(), calico.configuration(serviceLoadBalancerIPs=["203.0.113.0/24"]), WEB, ON_1),
         {HOST: "1 2 3", "203.0.113.0/24": "1 2 3"}),
    Case("several: MetalLB and Calico announce one address", f"{metallb.BGP} SetBalancer",
         (metallb.POOL, metallb.by_bgp(), calico.POOL, WEB, ON_1), {HOST: "1 2 3", RANGE: "1 2 3"}),
    Case("several: MetalLB answers ARP, Calico announces", f"{calico.ROUTES} isAllowedLoadBalancerIP",
         (metallb.POOL, metallb.by_arp(), calico.POOL, WEB, ON_1), {RANGE: "1 2 3"}),
    Case("several: MetalLB gives, Cilium announces", f"{cilium.SERVICE} getLoadBalancerIPPaths",
         (metallb.POOL, *SESSIONS, cilium.advertisement(), WEB, ON_1), {HOST: "1 2 3"}),
    Case("several: MetalLB gives, Cilium announces a Local Service", f"{cilium.SERVICE} getLoadBalancerIPPaths",
         (metallb.POOL, OTHER_POOL, OF_B, *SESSIONS, cilium.advertisement(), LOCAL, ON_1), {HOST: "1"}),
    Case("several: MetalLB's class is not Cilium's", f"{cilium.SERVICE} LoadBalancerClass",
         (metallb.POOL, metallb.by_bgp(nodeSelectors=metallb.rack("b")), *SESSIONS, cilium.advertisement(),
          changed(WEB, spec={**WEB["spec"], "loadBalancerClass": "metallb.io/metallb"}), ON_1), {HOST: "3"}),
    Case("several: Cilium's pool, not selected by its advertisement", f"{cilium.SERVICE} getServicePrefixes",
         (cilium.POOL, *SESSIONS, cilium.advertisement(selector=cilium.matching(app="other")), calico.POOL,
          changed(WEB, metadata={"name": "web", "namespace": "shop"}), ON_1), {RANGE: "1 2 3"}),
    Case("several: a PureLB group around an address that Cilium gave", f"{purelb.CONTROLLER} notAllocatedByPureLB",
         (purelb.REMOTE, cilium.POOL, *SESSIONS, cilium.advertisement(),
          changed(WEB, metadata={"name": "web", "namespace": "shop"}), ON_1), {HOST: "1 2 3"}),
    Case("several: PureLB and MetalLB each with their own", f"{purelb.CONTROLLER} BrandAnnotation",
         (purelb.group("remote", v4pool=purelb.pool("203.0.113.0/24")), metallb.POOL,
          metallb.by_bgp(nodeSelectors=metallb.rack("b")), WEB, ON_1,
          changed(purelb.web("203.0.113.9"), metadata={"name": "api", "namespace": "shop", "annotations": purelb.BRAND}),
          endpoints("shop/api", "node2")), {HOST: "3", "203.0.113.9/32": "1 2 3"}),
    Case("several: the announcer that was chosen", f"{metallb.BGP} SetBalancer",
         (metallb.POOL, metallb.by_bgp(), calico.POOL, WEB, ON_1), {HOST: "1 2 3"}, announcer="metallb"),
]  # fmt: skip
