"""Cilium: the status of each CiliumBGPNodeConfig, which the node's agent writes on change.

Fields are those of cilium pkg/k8s/apis/cilium.io/v2/bgp_node_types.go. `routeCount` names the families that a session
carries; one that advertises 0 routes sends nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.cilium_schema import CiliumNodeConfig
from ecmpaudit.kubernetes.statuses.ages import on_change
from ecmpaudit.kubernetes.statuses.read import ESTABLISHED, Read, families_of, session_of, state_word
from ecmpaudit.model.cluster_faults import ClusterFault, FaultKind
from ecmpaudit.model.facts import Facts
from ecmpaudit.model.questions import Question

if TYPE_CHECKING:
    from ecmpaudit.kubernetes.cilium_states import CiliumPeerStatus
    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.statuses.ages import Report

_FAMILIES = {"ipv4": 4, "ipv6": 6}
_ERROR = "cilium.io/BGPReconcileError"


def read_cilium(objects: Objects) -> Read:
    """Return what the agents of Cilium report."""
    read = Read()
    for found in objects.of(CiliumNodeConfig):
        peers = [peer for instance in found.status.bgp_instances for peer in instance.peers]
        report = on_change(objects, found, found.name)
        errors = [c for c in found.status.conditions if (c.type, c.status) == (_ERROR, "True")]
        if not (peers or errors) or not read.uses(report):
            continue
        for error in errors:
            words = " ".join(error.message.split()) or error.reason
            fact = f'its agent cannot apply its BGP configuration: "{words[:200]}"'
            read.faults.append(ClusterFault(FaultKind.REJECTED, found.name, fact, evidence=(report.evidence(words),)))
        if peers:
            read.facts.append(_facts(peers, report))
    return read


def _facts(peers: list[CiliumPeerStatus], report: Report) -> Facts:
    sessions, lists = [], set()
    for peer in peers:
        state = state_word(peer.peering_state)
        counts = {_FAMILIES[c.afi]: c for c in peer.route_count if c.afi in _FAMILIES and c.safi == "unicast"}
        is_up = state == ESTABLISHED
        for family in counts if counts and is_up else families_of(peer.peer_address, state):
            sent = counts[family].advertised if is_up and family in counts else None
            said = f"peer {peer.name} {peer.peer_address} is {state}"
            said += f", {sent} routes of IPv{family} advertised" if sent is not None else ""
            sessions.append(
                session_of(
                    report, peer.peer_address, state, family, said,
                    peer_name=peer.name or None,
                    remote_as=peer.peer_asn,
                    since=f"{peer.established_time:%Y-%m-%d %H:%M:%S} UTC" if peer.established_time and is_up else None,
                    sent=sent,
                )
            )  # fmt: skip
            if sent == 0:
                lists.add((report.node, peer.peer_address, family))
    answered = {(report.node, Question.SESSIONS, None)} if all(peer.peering_state for peer in peers) else set()
    return Facts(sessions=tuple(sessions), answered=frozenset(answered), export_lists=frozenset(lists))
