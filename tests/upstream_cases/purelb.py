"""PureLB: the allocator's annotation, the node agents, and local and remote groups in both versions."""

from __future__ import annotations

from typing import Any

from tests.kubernetes_objects import Values, endpoints, node, service
from tests.upstream_cases import NODES, Case, changed, custom

LOCAL = "purelb internal/local/announcer_local.go"
NETWORK = "purelb internal/local/network.go"
CONTROLLER = "purelb cmd/lbnodeagent/controller.go"
AGENTS = "purelb pkg/apis/purelb/v2/nodeselect.go"
TYPES = "purelb pkg/apis/purelb/v2/types.go"
GUARD = "purelb internal/addrguard/guard.go"
CLASSES = "purelb pkg/apis/purelb/v2/classes.go"
BRAND = {"purelb.io/allocated-by": "PureLB", "purelb.io/allocated-from": "g"}


def pool(text: str, subnet: str = "", aggregation: str = "/32") -> Values:
    return {"pool": text, "subnet": subnet or text, "aggregation": aggregation}


def group(kind: str, version: str = "v2", name: str = "g", **pools: Any) -> Values:
    return custom(f"purelb.io/{version}", "ServiceGroup", name, **{kind: pools})


def agent(name: str = "default", selector: Values | None = None, **spec: Any) -> Values:
    more = {} if selector is None else {"nodeSelector": selector}
    return custom("purelb.io/v2", "LBNodeAgent", name, **{"local": {"localInterface": "default"}, **more, **spec})


def web(*addresses: str, policy: str = "Cluster", annotations: dict[str, str] | None = None, **spec: Any) -> Values:
    values = service("shop/web", *addresses, policy=policy, **spec)
    return changed(
        values, metadata={**values["metadata"], "annotations": BRAND if annotations is None else annotations}
    )


def in_racks(name: str) -> Values:
    return {"matchLabels": {"rack": name}}


def moved(number: int, address: str) -> Values:
    status = {**node(number)["status"], "addresses": [{"type": "InternalIP", "address": address}]}
    return changed(node(number), status=status)


IP, HOST = "198.51.100.7", "198.51.100.7/32"
REMOTE = group("remote", v4pools=[pool("198.51.100.0/24")])
LOCAL_OFF = group("local", v4pools=[pool("198.51.100.0/24")])
ON_NODES = pool("192.0.2.240/29", "192.0.2.0/24", "default")
ON_1 = endpoints("shop/web", "node1")
ALL = {HOST: "1 2 3"}
TWO_SUBNETS = (node(1), node(2), moved(3, "203.0.113.103"))

EXTERNAL_LOCAL, EXTERNAL_REMOTE = (
    group("external", name="ext", provider="ipam", announce=how) for how in ("local", "remote")
)
FROM_EXTERNAL = {"purelb.io/allocated-by": "PureLB", "purelb.io/allocated-from": "g, ext"}


def guarded(name: str = "default", selector: Values | None = None, **guard: Any) -> Values:
    return agent(name, selector, local={"addressGuard": guard})


CASES = [
    Case("purelb: a remote group", f"{LOCAL} announceRemote", (REMOTE, web(IP), ON_1), ALL),
    Case("purelb: a remote group without endpoints", f"{LOCAL} announceRemote", (REMOTE, web(IP), endpoints("shop/web")), ALL),
    Case("purelb: policy Local", f"{LOCAL} nodeHasHealthyEndpoint", (REMOTE, web(IP, policy="Local"), ON_1), {HOST: "1"}),
    Case("purelb: an endpoint without a ready condition", f"{LOCAL} nodeHasHealthyEndpoint",
         (REMOTE, web(IP, policy="Local"), changed(ON_1, endpoints=[{"addresses": ["10.244.0.1"], "nodeName": "node1"}])),
         {HOST: ""}),
    Case("purelb: an endpoint without ready that serves", f"{LOCAL} nodeHasHealthyEndpoint",
         (REMOTE, web(IP, policy="Local"), endpoints("shop/web", "node1", conditions={"serving": True})), {HOST: "1"}),
    Case("purelb: a terminating endpoint that serves", f"{LOCAL} graceful termination",
         (REMOTE, web(IP, policy="Local"), endpoints("shop/web", "node1", conditions={"ready": False, "serving": True,
          "terminating": True})), {HOST: "1"}),
    Case("purelb: an endpoint that is not ready", f"{LOCAL} nodeHasHealthyEndpoint",
         (REMOTE, web(IP, policy="Local"), endpoints("shop/web", "node1", conditions={"ready": False, "serving": False})),
         {HOST: ""}),
    Case("purelb: ready in every slice", f"{LOCAL} mark it not healthy",
         (REMOTE, web(IP, policy="Local"), ON_1, endpoints("shop/web", "node1", suffix="b", conditions={"ready": False})),
         {HOST: ""}),
    Case("purelb: slices of any family count", f"{LOCAL} nodeHasHealthyEndpoint",
         (REMOTE, web(IP, policy="Local"), changed(ON_1, addressType="IPv6")), {HOST: "1"}),
    Case("purelb: a local group off the subnet, version 2", f"{LOCAL} noLocalInterface", (LOCAL_OFF, web(IP), ON_1), {},
         note="is local and on no node's subnet"),
    Case("purelb: a local group off the subnet, version 1", "purelb internal/local/announcer_local.go addVirtualInt",
         (group("local", "v1", v4pool=pool("198.51.100.0/24")), web(IP), ON_1), ALL),
    Case("purelb: the oldest form of a group, version 1", "purelb pkg/apis/v1/types.go ServiceGroupLocalSpec",
         (group("local", "v1", **pool("198.51.100.0/24")), web(IP), ON_1), ALL),
    Case("purelb: a local group on the subnet, version 2", f"{LOCAL} announceLocal",
         (group("local", v4pool=ON_NODES), web("192.0.2.241"), ON_1), {}, note="one node answers ARP and NDP"),
    Case("purelb: a local group on the subnet, version 1", f"{LOCAL} announceLocal",
         (group("local", "v1", v4pool=ON_NODES), web("192.0.2.241"), ON_1), {}, note="one node answers ARP and NDP"),
    Case("purelb: a local group on the subnet of some nodes, version 1", f"{LOCAL} checkLocal",
         (group("local", "v1", v4pool=pool("192.0.2.240/29", "192.0.2.0/24")), web("192.0.2.241"), ON_1),
         {"192.0.2.241/32": "3"}, nodes=TWO_SUBNETS),
    Case("purelb: a local group on the subnet of some nodes, version 2", f"{LOCAL} noLocalInterface",
         (group("local", v4pool=pool("192.0.2.240/29", "192.0.2.0/24")), web("192.0.2.241"), ON_1), {}, nodes=TWO_SUBNETS),
    Case("purelb: a remote group on the nodes' subnet", f"{LOCAL} checkLocal",
         (group("remote", v4pool=pool("192.0.2.240/29", "192.0.2.0/24")), web("192.0.2.241"), ON_1), {},
         note="is remote and on the nodes' subnet"),
    Case("purelb: a remote group on the subnet of some nodes", f"{LOCAL} checkLocal",
         (group("remote", v4pool=pool("192.0.2.240/29", "192.0.2.0/24")), web("192.0.2.241"), ON_1), {"192.0.2.241/32": "3"},
         nodes=TWO_SUBNETS),
    Case("purelb: aggregation default", f"{NETWORK} addVirtualInt",
         (group("remote", v4pool=pool("198.51.100.0/25", "198.51.100.0/24", "default")), web(IP), ON_1),
         {"198.51.100.0/24": "1 2 3"}),
    Case("purelb: empty aggregation, version 2", f"{NETWORK} Empty aggregation defaults to using the subnet's mask",
         (group("remote", v4pool=pool("198.51.100.0/24", aggregation="")), web(IP), ON_1), {"198.51.100.0/24": "1 2 3"}),
    Case("purelb: aggregation without its slash", f"{TYPES} Aggregation",
         (group("remote", v4pool=pool("198.51.100.0/24", aggregation="32")), web(IP), ON_1), {}, note="no node can announce it"),
    Case("purelb: IPv6", f"{NETWORK} addVirtualInt",
         (group("remote", v6pools=[pool("2001:db8:31::/64", aggregation="/128")]), web("2001:db8:31::7"), ON_1),
         {"2001:db8:31::7/128": "1 2 3"}),
    Case("purelb: dual stack from one group", f"{TYPES} PoolForAddress",
         (group("remote", v4pools=[pool("198.51.100.0/24")], v6pools=[pool("2001:db8:31::/64", aggregation="/128")]),
          web(IP, "2001:db8:31::7"), ON_1), {HOST: "1 2 3", "2001:db8:31::7/128": "1 2 3"}),
    Case("purelb: local groups are looked at first", f"{LOCAL} poolFor",
         (group("remote", name="a", v4pool=pool("198.51.100.0/24")), group("local", name="b", v4pool=pool("198.51.100.0/24")),
          web(IP), ON_1), {}, note="is local"),
    Case("purelb: a Service without the annotation", f"{CONTROLLER} notAllocatedByPureLB",
         (REMOTE, web(IP, annotations={"purelb.io/service-group": "g"}), ON_1), {}, note="PureLB did not allocate it"),
    Case("purelb: a Service without any annotation", f"{CONTROLLER} A Service with no annotations at all",
         (REMOTE, web(IP, annotations={}), ON_1), {}, note="PureLB did not allocate it"),
    Case("purelb: a Service that another allocated", f"{CONTROLLER} BrandAnnotation",
         (REMOTE, web(IP, annotations={"purelb.io/allocated-by": "Other"}), ON_1), {}, note="PureLB did not allocate it"),
    Case("purelb: the class of version 1", "purelb pkg/apis/v1/classes.go ServiceLBClass",
         (REMOTE, web(IP, loadBalancerClass="purelb.io/purelb"), ON_1), ALL),
    Case("purelb: the class of version 2", f"{CLASSES} ServiceLBClass",
         (REMOTE, web(IP, loadBalancerClass="purelb.io/purelbv2"), ON_1), ALL),
    Case("purelb: an address in no group", f"{LOCAL} Can't find pool for address", (REMOTE, web("203.0.113.7"), ON_1), {},
         undetermined="no ServiceGroup holds it"),
    Case("purelb: an external local group", f"{LOCAL} noLocalInterface",
         (EXTERNAL_LOCAL, web(IP, "2001:db8:31::7", annotations=FROM_EXTERNAL), ON_1), {},
         note="web, 2001:db8:31::7: ServiceGroup ext is external and local"),
    Case("purelb: an external remote group", f"{LOCAL} SetConfig knows local and remote groups alone",
         (EXTERNAL_REMOTE, web(IP, "2001:db8:31::7", annotations=FROM_EXTERNAL), ON_1), {},
         undetermined="ServiceGroup ext is external and remote"),
    Case("purelb: an address of an external group in a pool", f"{LOCAL} isRemotePool",
         (EXTERNAL_LOCAL, REMOTE, web(IP, annotations=FROM_EXTERNAL), ON_1), ALL),
    Case("purelb: an external group that did not give the address", f"{LOCAL} Can't find pool for address",
         (EXTERNAL_LOCAL, web(IP), ON_1), {}, undetermined="no ServiceGroup holds it"),
    Case("purelb: an address guard that fails closed, as is the default", f"{GUARD} specFor",
         (REMOTE, guarded(), web(IP), ON_1), ALL, note="the address guard of LBNodeAgent default works on each of its nodes"),
    Case("purelb: an address guard that fails closed, IPv6", f"{GUARD} SetConfig",
         (group("remote", v6pool=pool("2001:db8:31::/64", aggregation="/128")), guarded(mode="monitor", failurePolicy="closed"),
          web("2001:db8:31::7"), ON_1), {"2001:db8:31::7/128": "1 2 3"}, note="announces nothing (failurePolicy closed)"),
    Case("purelb: an agent with a selector comes before one of all nodes", f"{AGENTS} AgentsForNode",
         (REMOTE, guarded("a", failurePolicy="open"), guarded("b", in_racks("b")), web(IP), ON_1), ALL,
         note="the address guard of LBNodeAgent b works"),
    Case("purelb: an agent of every node", f"{AGENTS} IsCatchAll", (REMOTE, agent(), web(IP), ON_1), ALL),
    Case("purelb: an agent with an empty selector", f"{AGENTS} IsCatchAll", (REMOTE, agent(selector={}), web(IP), ON_1), ALL),
    Case("purelb: an agent of some nodes", f"{AGENTS} AgentsForNode",
         (REMOTE, agent(selector=in_racks("a")), web(IP), ON_1), {HOST: "1 2"}),
    Case("purelb: two agents together", f"{AGENTS} AgentsForNode",
         (REMOTE, agent("a", in_racks("a")), agent("b", in_racks("b")), web(IP), ON_1), ALL),
    Case("purelb: an agent of no node", f"{AGENTS} FirstLocalAgent",
         (REMOTE, agent(selector=in_racks("z")), web(IP), ON_1), {HOST: ""}),
    Case("purelb: an agent without local", f"{AGENTS} FirstLocalAgent", (REMOTE, custom("purelb.io/v2", "LBNodeAgent", "default"), web(IP), ON_1), {HOST: ""}),
    Case("purelb: an agent of some nodes and policy Local", f"{LOCAL} noConfig",
         (REMOTE, agent(selector=in_racks("a")), web(IP, policy="Local"), endpoints("shop/web", "node2", "node3")), {HOST: "2"}),
    Case("purelb: the label that excludes nodes is ignored", f"{LOCAL} announceRemote", (REMOTE, web(IP), ON_1), {HOST: "1"},
         nodes=(changed(node(1), metadata={"name": "node1", "labels": {
             "node.kubernetes.io/exclude-from-external-load-balancers": "true"}}),)),
    Case("purelb: a node that is not Ready", f"{LOCAL} announceRemote", (REMOTE, web(IP), ON_1), {HOST: "1 2"}, {HOST: "3"},
         nodes=(*NODES[:2], changed(node(3), status={**node(3)["status"], "conditions": [{"type": "Ready", "status": "False"}]})),
         note="node3 is not Ready"),
]  # fmt: skip
