"""Objects in which nodes report their state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.kubernetes_objects import Values

NOW = "2026-11-27T10:15:00Z"
CHANGED = "2026-11-27T10:00:00Z"


def api(version: str, kind: str, name: str, namespace: str = "") -> Values:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def condition(name: str, status: str, reason: str, message: str) -> Values:
    return {"type": name, "status": status, "reason": reason, "message": message, "lastTransitionTime": CHANGED}


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
        "healthy": all(state == "Established" for state in neighbors.values()),
        "neighborCount": len(neighbors),
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
        "conditions": [condition("Ready", "False", other["reason"], "")] if "reason" in other else [],
    }  # fmt: skip
    return {**api("bgp.purelb.io/v1", "BGPNodeStatus", node), "status": status}


def cilium_status(node: str, peer: str, state: str, advertised: int = 1, error: str = "") -> Values:
    session = {"name": "tor1", "peerAddress": peer, "peerASN": 64513, "peeringState": state}
    if state == "established":
        session["routeCount"] = [{"afi": "ipv4", "safi": "unicast", "received": 0, "advertised": advertised}]
    conditions = [condition("cilium.io/BGPReconcileError", "True", "Error", error)]
    found = api("cilium.io/v2", "CiliumBGPNodeConfig", node)
    owner = {"apiVersion": "cilium.io/v2", "kind": "CiliumBGPClusterConfig", "name": "all", "uid": "of-all"}
    found["metadata"]["ownerReferences"] = [owner]
    found["spec"] = {"bgpInstances": [{"name": "i", "peers": [{"name": "tor1", "peerAddress": peer}]}]}
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
                "numberEstablishedV6": 0,
                "numberNotEstablishedV4": len(of_family[4]),
                "numberNotEstablishedV6": len(of_family[6]),
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
