"""Objects in which nodes report their state, and the fields that the projects' published types have.

The fields were read in the Go types that FIELDS names; no text of theirs is here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kubernetes_objects import Values

NOW = "2026-11-27T10:15:00Z"


def api(version: str, kind: str, name: str, namespace: str = "") -> Values:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def session_state(node: str, peer: str, state: str, bfd: str = "N/A") -> Values:
    name = f"{node}-{peer}".replace(":", "-")
    labels = {"frrk8s.metallb.io/node": node, "frrk8s.metallb.io/peer": peer, "frrk8s.metallb.io/vrf": ""}
    found = api("frrk8s.metallb.io/v1beta1", "BGPSessionState", name, "frr-k8s-system")
    found["metadata"]["labels"] = labels
    return {**found, "status": {"node": node, "peer": peer, "bgpStatus": state, "bfdStatus": bfd}}


def frr_node_state(node: str, running: str, reload: str = "success", conversion: str = "success") -> Values:
    status = {"runningConfig": running, "lastReloadResult": reload, "lastConversionResult": conversion}
    return {**api("frrk8s.metallb.io/v1beta1", "FRRNodeState", node), "status": status}


def service_bgp_status(node: str, service: str, *peers: str) -> Values:
    namespace, _, name = service.partition("/")
    status = {"node": node, "serviceName": name, "serviceNamespace": namespace, "peers": list(peers)}
    return {**api("metallb.io/v1beta1", "ServiceBGPStatus", f"{name}-{node}", "metallb-system"), "status": status}


def bgp_node_status(
    node: str,
    neighbors: dict[str, str],
    on_interface: list[str],
    in_rib: list[str],
    *,
    to: list[str] | None = None,
    **other: Any,
) -> Values:
    """Return the status of a node with kube-lb0; `other` are sent, error, reason, updated, truncated and heartbeat."""
    sent = {"advertisedTo": to} if to else {}
    routes = [{"prefix": prefix, "nextHop": "0.0.0.0", **sent} for prefix in in_rib]  # noqa: S104 - of a route
    status = {
        "nodeName": node,
        "heartbeatSeconds": other.get("heartbeat", 60),
        "lastUpdated": other.get("updated", NOW),
        "truncated": other.get("truncated", False),
        "neighbors": [
            {"address": peer, "peerASN": 64513, "localASN": 64512, "state": state, "prefixesReceived": 0,
             "prefixesSent": other.get("sent", 2),
             "lastError": "" if state == "Established" else other.get("error", "")}
            for peer, state in neighbors.items()
        ],
        "netlinkImport": {
            "enabled": True,
            "totalImported": len(on_interface),
            "interfaces": [{"name": "kube-lb0", "exists": True, "operState": "up"}],
            "importedAddresses": [
                {"address": address, "interface": "kube-lb0", "inRIB": address in in_rib} for address in on_interface
            ],
        },
        "rib": {"localRoutes": routes, "localRouteCount": len(routes), "receivedRouteCount": 0},
        "conditions": [{"type": "Ready", "status": "False", "reason": other["reason"]}] if "reason" in other else [],
    }  # fmt: skip
    return {**api("bgp.purelb.io/v1", "BGPNodeStatus", node), "status": status}


def cilium_status(node: str, peer: str, state: str, advertised: int = 1, error: str = "") -> Values:
    session = {"name": "tor1", "peerAddress": peer, "peerASN": 64513, "peeringState": state}
    if state == "established":
        session["routeCount"] = [{"afi": "ipv4", "safi": "unicast", "received": 0, "advertised": advertised}]
    conditions = [{"type": "cilium.io/BGPReconcileError", "status": "True", "reason": "Error", "message": error}]
    found = api("cilium.io/v2", "CiliumBGPNodeConfig", node)
    found["metadata"]["ownerReferences"] = [{"kind": "CiliumBGPClusterConfig", "name": "all"}]
    instance = {"name": "i", "localASN": 64512, "peers": [session]}
    return {**found, "status": {"bgpInstances": [instance], "conditions": conditions if error else []}}


def calico_status(
    node: str, peers: dict[str, str], *, bird: str = "Ready", period: int = 10, updated: str = NOW
) -> Values:
    daemon = {"state": bird, "version": "v0.3.3", "routerID": "192.0.2.103"}
    of_family: dict[int, list[Values]] = {4: [], 6: []}
    for peer, state in peers.items():
        known = {"peerIP": peer, "type": "GlobalPeer", "state": state, "since": "10:05:00"}
        of_family[6 if ":" in peer else 4].append(known)
    return {
        **api("projectcalico.org/v3", "CalicoNodeStatus", node),
        "spec": {"node": node, "classes": ["Agent", "BGP"], "updatePeriodSeconds": period},
        "status": {
            "lastUpdated": updated,
            "agent": {"birdV4": daemon, "birdV6": daemon},
            "bgp": {
                "numberEstablishedV4": 0,
                "numberNotEstablishedV4": len(peers),
                "peersV4": of_family[4],
                "peersV6": of_family[6],
            },
        },
    }


def openelb_peer(name: str, address: str, states: dict[str, str]) -> Values:
    status = {
        node: {"peerState": {"neighborAddress": address, "peerAs": 64513, "sessionState": state}, "timersState": {}}
        for node, state in states.items()
    }
    return {
        **api("network.kubesphere.io/v1alpha2", "BgpPeer", name),
        "spec": {"conf": {"neighborAddress": address, "peerAs": 64513}},
        "status": {"nodesPeerStatus": status},
    }


FIELDS = {
    # metallb/frr-k8s api/v1beta1/frr_node_state_types.go
    "FRRNodeState": "status.runningConfig status.lastReloadResult status.lastConversionResult",
    # metallb/frr-k8s api/v1beta1/bgp_session_state_types.go
    "BGPSessionState": "status.node status.peer status.vrf status.bgpStatus status.bfdStatus",
    # metallb/metallb api/v1beta1/servicebgpstatus_types.go
    "ServiceBGPStatus": "status.node status.serviceName status.serviceNamespace status.peers[]",
    # purelb/k8gobgp api/v1/bgpnodestatus_types.go; advertisedTo and truncated: controllers/bgpnodestatus_reporter.go
    "BGPNodeStatus": "status.nodeName status.heartbeatSeconds status.lastUpdated status.truncated "
    "status.neighbors[].address status.neighbors[].peerASN status.neighbors[].localASN status.neighbors[].state "
    "status.neighbors[].prefixesReceived status.neighbors[].prefixesSent status.neighbors[].lastError "
    "status.netlinkImport.enabled status.netlinkImport.totalImported status.netlinkImport.interfaces[].name "
    "status.netlinkImport.interfaces[].exists status.netlinkImport.interfaces[].operState "
    "status.netlinkImport.importedAddresses[].address status.netlinkImport.importedAddresses[].interface "
    "status.netlinkImport.importedAddresses[].inRIB status.rib.localRoutes[].prefix status.rib.localRoutes[].nextHop "
    "status.rib.localRoutes[].advertisedTo[] status.rib.localRouteCount status.rib.receivedRouteCount "
    "status.conditions[].type status.conditions[].status status.conditions[].reason",
    # cilium/cilium pkg/k8s/apis/cilium.io/v2/bgp_node_types.go
    "CiliumBGPNodeConfig": "status.bgpInstances[].name status.bgpInstances[].localASN "
    "status.bgpInstances[].peers[].name status.bgpInstances[].peers[].peerAddress "
    "status.bgpInstances[].peers[].peerASN "
    "status.bgpInstances[].peers[].peeringState status.bgpInstances[].peers[].routeCount[].afi "
    "status.bgpInstances[].peers[].routeCount[].safi status.bgpInstances[].peers[].routeCount[].received "
    "status.bgpInstances[].peers[].routeCount[].advertised "
    "status.conditions[].type status.conditions[].status status.conditions[].reason status.conditions[].message",
    # projectcalico/api pkg/apis/projectcalico/v3/nodestatus.go
    "CalicoNodeStatus": "spec.node spec.classes[] spec.updatePeriodSeconds status.lastUpdated "
    "status.agent.birdV4.state status.agent.birdV4.version status.agent.birdV4.routerID status.agent.birdV6.state "
    "status.agent.birdV6.version status.agent.birdV6.routerID status.bgp.numberEstablishedV4 "
    "status.bgp.numberNotEstablishedV4 status.bgp.peersV4[].peerIP status.bgp.peersV4[].type "
    "status.bgp.peersV4[].state status.bgp.peersV4[].since status.bgp.peersV6[].peerIP status.bgp.peersV6[].type "
    "status.bgp.peersV6[].state status.bgp.peersV6[].since",
    # openelb/openelb api/v1alpha2/bgppeer_types.go
    "BgpPeer": "spec.conf.neighborAddress spec.conf.peerAs status.nodesPeerStatus.*.peerState.neighborAddress "
    "status.nodesPeerStatus.*.peerState.peerAs status.nodesPeerStatus.*.peerState.sessionState",
}
"""Which fields the published types have, of those that our objects use, by kind."""


def wrongly_named_fields(values: Values) -> list[str]:
    """Return the fields of an object that its published type does not have."""
    kind = values["kind"]
    if kind not in FIELDS:
        return []
    known = set(FIELDS[kind].split())
    used = {path for part in ("spec", "status") for path in _paths(values.get(part, {}), part, kind)}
    return [f"{kind} {path}" for path in sorted(used - known)]


def _paths(values: object, path: str, kind: str) -> Iterator[str]:
    if isinstance(values, dict):
        for key, inner in values.items():
            is_name = path == "status.nodesPeerStatus"
            yield from _paths(inner, f"{path}.{'*' if is_name else key}", kind)
    elif isinstance(values, list):
        for inner in values:
            yield from _paths(inner, f"{path}[]", kind)
    else:
        yield path
