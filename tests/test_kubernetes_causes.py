"""Causes that follow from a dump of a cluster's objects and the routers' tables alone: nobody logs in to a node."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.parsing.transcript import captures_from_text
from ecmpaudit.rules import all_rules
from tests.kubernetes_objects import Values, endpoints, node, service
from tests.kubernetes_statuses import (
    NOW,
    api,
    bgp_node_status,
    calico_status,
    cilium_status,
    condition,
    frr_node_state,
    openelb_peer,
    service_bgp_status,
    session_state,
)
from tests.upstream_cases import changed, custom, labelled

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.model import Audit

IP, V6 = "198.51.100.7", "2001:db8:31::7"
NODES = tuple(node(number) for number in (1, 2, 3))
EVERYWHERE = endpoints("shop/web", "node1", "node2", "node3")
POOL = custom("metallb.io/v1beta1", "IPAddressPool", "lb", addresses=["198.51.100.0/24", "2001:db8:31::/64"])
ADVERTISEMENT = custom("metallb.io/v1beta1", "BGPAdvertisement", "all")
WEB = service("shop/web", IP, V6)
METALLB = (POOL, ADVERTISEMENT, WEB, EVERYWHERE)
BASE = (service("default/kubernetes", type="ClusterIP"), *NODES)
RACK = [{"matchLabels": {"rack": "a"}}]


def table(*hosts: int, v6: tuple[int, ...] = (1, 2, 3), local: bool = True, extra: tuple[str, ...] = ()) -> str:
    """Return tor1's tables: over which nodes it has the Service's IPv4 and IPv6 address."""
    lines = ["tor1# show ip route", *_routes("L>* 192.0.2.1/32 is directly connected, eth1, 01:00:00" if local else ""),
             *_over(f"{IP}/32", [f"192.0.2.{100 + n}" for n in hosts]), *extra,
             "tor1# show ipv6 route", *_routes("L>* 2001:db8::1/128 is directly connected, eth1, 01:00:00"
                                               if local else ""),
             *_over(f"{V6}/128", [f"2001:db8::{100 + n}" for n in v6]), "tor1#", ""]  # fmt: skip
    return "\n".join(lines)


def _routes(*lines: str) -> list[str]:
    codes = ["Codes: K - kernel route, C - connected, L - local, S - static, B - BGP,",
             "       > - selected route, * - FIB route", ""]  # fmt: skip
    return [*codes, *filter(None, lines)]


def _over(prefix: str, hops: list[str]) -> list[str]:
    first = [f"B>* {prefix} [20/0] via {hops[0]}, eth1, weight 1, 00:10:00"] if hops else []
    return [*first, *(f"  *                       via {hop}, eth1, weight 1, 00:10:00" for hop in hops[1:])]


def audited(objects: tuple[Values, ...], text: str, folder: Path) -> Audit:
    dump = folder / "cluster.json"
    dump.write_text("\n".join(json.dumps(values) for values in (*BASE, *objects)), encoding="utf-8")
    return audited_with(text, kube_dumps=(dump,))


def audited_with(text: str, **options: Any) -> Audit:
    """Return the audit of tor1's tables, with the objects that the options name."""
    request = Request.of(ScopeOptions(**options))
    material = read_material(captures_from_text(text, "tor1.txt"), only=request.audited)
    return audit_material(material, request, all_rules())


@dataclass(frozen=True)
class Case:
    """One cause."""

    id: str
    objects: tuple[Values, ...]
    text: str
    code: str
    says: str
    """Words of the one finding with this code."""


NAMES = ["node1", "node2", "node3"]
UP = dict.fromkeys(NAMES, "Established")
WITHOUT_3 = table(1, 2)
LB = ["198.51.100.7/32", "2001:db8:31::7/128"]
CONFIGURATION = """\
frr version 9.1
hostname node3
!
router bgp 64512
 no bgp network import-check
 neighbor 192.0.2.1 remote-as 64513
 !
 address-family ipv4 unicast
{networks}  neighbor 192.0.2.1 route-map 192.0.2.1-out out
 exit-address-family
exit
!
ip prefix-list 192.0.2.1-pl-ipv4 seq 1 {action} 198.51.100.7/32
!
route-map 192.0.2.1-out permit 1
 match ip address prefix-list 192.0.2.1-pl-ipv4
exit
"""
NETWORK = "  network 198.51.100.7/32\n"
CILIUM = (
    custom("cilium.io/v2", "CiliumLoadBalancerIPPool", "lb", blocks=[{"cidr": "198.51.100.0/24"}]),
    labelled(
        custom("cilium.io/v2", "CiliumBGPAdvertisement", "lb", advertisements=[
            {"advertisementType": "Service", "service": {"addresses": ["LoadBalancerIP"]}, "selector": {}}]),
        advertise="bgp",
    ),
    custom("cilium.io/v2", "CiliumBGPPeerConfig", "tor", families=[
        {"afi": "ipv4", "safi": "unicast", "advertisements": {"matchLabels": {"advertise": "bgp"}}}]),
    custom("cilium.io/v2", "CiliumBGPClusterConfig", "all", bgpInstances=[
        {"name": "i", "peers": [{"name": "tor1", "peerConfigRef": {"name": "tor"}}]}]),
    service("shop/web", IP),
    EVERYWHERE,
)  # fmt: skip
CASES = [
    Case("FRR-K8s: the session of one node is Active",
         (*METALLB, *(session_state(n, "192.0.2.1", "Active" if n == "node3" else "Established") for n in NAMES)),
         WITHOUT_3, "ECMP101", "its BGP session to tor1 is down (Active)"),
    Case("FRR-K8s: an IPv6 session with its dashes",
         (*METALLB, *(session_state(n, "2001-0db8-0000-0000-0000-0000-0000-0001",
                                    "Connect" if n == "node3" else "Established") for n in NAMES)),
         table(1, 2, 3, v6=(1, 2)), "ECMP101", "its BGP session to tor1 is down (Connect)"),
    Case("FRR-K8s: BFD cut the session",
         (*METALLB, *(session_state(n, "192.0.2.1", "Idle" if n == "node3" else "Established",
                                    bfd="down" if n == "node3" else "Up") for n in NAMES)),
         WITHOUT_3, "ECMP101", "BFD of the node reported tor1 as down"),
    Case("FRR-K8s: no session of the node is up, whoever tor1 is",
         (*METALLB, *(session_state(n, "192.0.2.1", "Active" if n == "node3" else "Established") for n in NAMES)),
         table(1, 2, local=False), "ECMP101", "none of its BGP sessions is up (with 192.0.2.1 (Active))"),
    Case("FRR-K8s: the running configuration lacks the network",
         (*METALLB, frr_node_state("node1", CONFIGURATION.format(networks=NETWORK, action="permit")),
          frr_node_state("node3", CONFIGURATION.format(networks="", action="permit"))),
         WITHOUT_3, "ECMP101", "its routing daemon does not have 198.51.100.7/32"),
    Case("FRR-K8s: the running configuration does not let it out",
         (*METALLB, session_state("node3", "192.0.2.1", "Established"),
          frr_node_state("node3", CONFIGURATION.format(networks=NETWORK, action="deny"))),
         WITHOUT_3, "ECMP101", "its export filter rejects it"),
    Case("FRR-K8s: a reload was rejected on one node",
         (*METALLB, frr_node_state("node3", "", reload="line 12: % Unknown command: neighbor foo"),
          frr_node_state("node1", "", reload="success")),
         table(1, 2, 3), "ECMP406", 'node3: FRR rejected its last configuration and may run with an older one: "line'),
    Case("FRR-K8s: FRRConfigurations that contradict each other",
         (*METALLB, frr_node_state("node2", "", conversion="failed: different asns specified for same vrf")),
         table(1, 2, 3), "ECMP406", "cannot be made into a configuration of FRR"),
    Case("MetalLB: the speaker of one node does not announce the Service",
         (*METALLB, *(service_bgp_status(n, "shop/web", "tor1") for n in NAMES[:2]),
          service_bgp_status("node3", "shop/api", "tor1")),
         WITHOUT_3, "ECMP101", "its routing daemon does not have 198.51.100.7/32"),
    Case("k8gobgp: a session is down, and why",
         (*METALLB, *(bgp_node_status(n, {"192.0.2.1": "Active" if n == "node3" else "Established"}, LB, LB,
                                      error="Hold timer expired") for n in NAMES)),
         WITHOUT_3, "ECMP101", '(Active, "Hold timer expired")'),
    Case("k8gobgp: an address was not imported into the RIB",
         (*METALLB, bgp_node_status("node3", {"192.0.2.1": "Established"}, LB, [])),
         WITHOUT_3, "ECMP101", "its routing daemon does not have 198.51.100.7/32"),
    Case("k8gobgp: an address is not on kube-lb0",
         (*METALLB, bgp_node_status("node3", {"192.0.2.1": "Established"}, ["198.51.100.9/32"], [])),
         WITHOUT_3, "ECMP101", "198.51.100.7/32 is not on its kube-lb0"),
    Case("k8gobgp: the route is sent to another router only",
         (*METALLB, bgp_node_status("node3", {"192.0.2.1": "Established", "192.0.2.2": "Established"}, LB, LB,
                                    to=["192.0.2.2"])),
         WITHOUT_3, "ECMP101", "does not send it to tor1"),
    Case("k8gobgp: a session is up and carries nothing",
         (*METALLB, bgp_node_status("node3", {"192.0.2.1": "Established"}, LB, LB, sent=0)),
         WITHOUT_3, "ECMP101", "does not send it"),
    Case("k8gobgp: the agent was shut down",
         (*METALLB, bgp_node_status("node3", {"192.0.2.1": "Established"}, LB, LB, reason="AgentShutdown")),
         WITHOUT_3, "ECMP101", "its routing daemon does not answer"),
    Case("k8gobgp: the status says advertised, and the router has nothing",
         (*METALLB, *(bgp_node_status(n, {"192.0.2.1": "Established"}, LB, LB, to=["192.0.2.1"]) for n in NAMES)),
         table(), "ECMP102", "they send 198.51.100.7/32, and tor1 has no route to it: tor1 rejects it"),
    Case("Cilium: a session is Idle",
         (*CILIUM, *(cilium_status(n, "192.0.2.1", "idle" if n == "node3" else "established") for n in NAMES)),
         WITHOUT_3, "ECMP101", "its BGP session to tor1 "),
    Case("Cilium: a session carries no route",
         (*CILIUM, *(cilium_status(n, "192.0.2.1", "established", 0 if n == "node3" else 1) for n in NAMES)),
         WITHOUT_3, "ECMP101", "it does not send 198.51.100.7/32 to any router"),
    Case("Cilium: an agent cannot apply its configuration",
         (*CILIUM, cilium_status("node3", "192.0.2.1", "established", error="router ID is not an IPv4 address")),
         table(1, 2, 3, v6=()), "ECMP406", 'cannot apply its BGP configuration: "router ID is not an IPv4 address"'),
    Case("Calico: a session does not connect",
         (*METALLB, calico_status("node3", {"192.0.2.1": "Connect"})),
         WITHOUT_3, "ECMP101", "its BGP session to tor1 "),
    Case("Calico: BIRD is not ready",
         (*METALLB, calico_status("node3", {}, bird="NotReady")),
         WITHOUT_3, "ECMP101", "its routing daemon does not answer"),
    Case("OpenELB: a session of one node is down",
         (*METALLB, openelb_peer("tor1", "192.0.2.1", {**dict.fromkeys(NAMES, "ESTABLISHED"), "node3": "ACTIVE"})),
         WITHOUT_3, "ECMP101", "its BGP session to tor1 "),
    Case("a Service asks for an address outside every pool",
         (*METALLB, service("shop/new", loadBalancerIP="203.0.113.9")),
         table(1, 2, 3), "ECMP107", "Service shop/new: type LoadBalancer, and it was given no address; it asks for "
         "203.0.113.9, which no pool holds"),
    Case("a Service was given no IPv6 address, and the controller says why",
         (*METALLB, changed(service("shop/new"), status={"conditions": [
             condition("cilium.io/IPAMRequestSatisfied", "False", "no_pool", "no pool with IPv6")]})),
         table(1, 2, 3), "ECMP107", 'condition cilium.io/IPAMRequestSatisfied: "no pool with IPv6"'),
    Case("no advertisement selects the pool",
         (POOL, custom("metallb.io/v1beta1", "BGPAdvertisement", "all", ipAddressPools=["other"]),
          service("shop/web", IP), EVERYWHERE),
         table(v6=()), "ECMP108", "198.51.100.7 is announced by no node: no BGPAdvertisement selects its pool lb"),
    Case("an address outside every pool",
         (POOL, ADVERTISEMENT, changed(service("shop/web", "203.0.113.7"), metadata={
             "name": "web", "namespace": "shop", "annotations": {"metallb.io/ip-allocated-from-pool": "old"}}),
          EVERYWHERE),
         table(v6=()), "ECMP108", "203.0.113.7 is announced by no node: no IPAddressPool holds it"),
    Case("the advertisement's node selector leaves out ready endpoints",
         (labelled(NODES[0], rack="a"), POOL,
          custom("metallb.io/v1beta1", "BGPAdvertisement", "racks", nodeSelectors=RACK),
          service("shop/web", IP, policy="Local"), endpoints("shop/web", "node1", "node3")),
         table(1, v6=()), "ECMP109", "node3 has ready endpoints and does not announce 198.51.100.7/32: not selected by "
         "BGPAdvertisement racks"),
    Case("the label excludes every node with endpoints",
         (labelled(NODES[2], **{"node.kubernetes.io/exclude-from-external-load-balancers": ""}), POOL, ADVERTISEMENT,
          service("shop/web", V6, policy="Local"), endpoints("shop/web", "node3")),
         table(v6=()), "ECMP109", "node3 has ready endpoints and does not announce 2001:db8:31::7/128: labelled"),
    Case("two advertisements with different localPref",
         (labelled(NODES[0], rack="a"), POOL,
          custom("metallb.io/v1beta1", "BGPAdvertisement", "racks", nodeSelectors=RACK, localPref=200),
          custom("metallb.io/v1beta1", "BGPAdvertisement", "rest", localPref=100, nodeSelectors=[
              {"matchExpressions": [{"key": "rack", "operator": "DoesNotExist"}]}]), service("shop/web", IP),
          EVERYWHERE),
         table(1, v6=()), "ECMP407", "198.51.100.7/32 is announced with localPref 200 by BGPAdvertisement racks and "
         "100 by BGPAdvertisement rest"),
    Case("announced with no ready endpoint",
         (POOL, ADVERTISEMENT, WEB, endpoints("shop/web", "node1", conditions={"ready": False})),
         table(1, v6=()), "ECMP501", "no endpoint is ready, so no node announces it"),
    Case("an orphan", METALLB, table(1, 2, 3, extra=("B>* 198.51.100.66/32 [20/0] via 192.0.2.102, eth1, 00:10:00",)),
         "ECMP503", "198.51.100.66/32: 1 next hop, expected no route: no service has this address"),
    Case("a cordoned node is missing",
         (*METALLB, changed(NODES[2], spec={"unschedulable": True})), WITHOUT_3, "ECMP101", "node3 is cordoned"),
    Case("a tainted node is missing",
         (*METALLB, changed(NODES[2], spec={"taints": [{"key": "gpu", "effect": "NoExecute"}]})),
         WITHOUT_3, "ECMP101", "node3 is tainted (gpu:NoExecute), which may keep the speaker's pod away"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_cause_is_found_without_a_login(case: Case, tmp_path: Path) -> None:
    audit = audited(case.objects, case.text, tmp_path)
    found = [f"{finding.message} {finding.cause or ''}" for finding in audit.findings if finding.code == case.code]
    assert [message for message in found if case.says in message], (found, audit.network.notes)


def test_there_are_at_least_20_causes() -> None:
    assert len({case.id for case in CASES}) == len(CASES) >= 20


DOWN = {"192.0.2.1": "Active"}
OLD = "2026-11-27T10:11:59Z"
"""Three heartbeats of 60 s before NOW, and one second."""


@pytest.mark.parametrize(
    "status, note",
    [
        pytest.param(bgp_node_status("node3", DOWN, LB, LB, updated=OLD), "renewed every 60 s", id="too old"),
        pytest.param(bgp_node_status("node3", DOWN, LB, LB, updated=None), "does not show when", id="without a time"),
        pytest.param(bgp_node_status("node3", DOWN, LB, LB, updated="yesterday"), "does not show when", id="no time"),
        pytest.param(bgp_node_status("ghost", DOWN, LB, LB), "no Node has the name ghost", id="of no node"),
        pytest.param(bgp_node_status("node3", DOWN, LB, LB, truncated=True), "its neighbors are truncated", id="cut"),
        pytest.param(calico_status("node3", DOWN, period=0), "it is not renewed", id="Calico's refresh is off"),
        pytest.param(calico_status("node3", DOWN, updated="2026-11-27T10:14:29Z"), "renewed every 10 s", id="Calico"),
    ],
)
def test_a_report_that_is_old_or_cut_proves_nothing(status: Values, note: str, tmp_path: Path) -> None:
    clock = bgp_node_status("node1", {"192.0.2.1": "Established"}, LB, LB, updated=NOW)
    audit = audited((*METALLB, clock, status), WITHOUT_3, tmp_path)
    (finding,) = [f for f in audit.findings if f.code == "ECMP101"]
    assert "session" not in finding.message
    assert any(note in line for line in audit.network.notes), audit.network.notes


def test_a_report_on_change_counts_as_long_as_its_node_is_ready(tmp_path: Path) -> None:
    status = {**NODES[2]["status"], "conditions": [{"type": "Ready", "status": "Unknown"}]}
    gone = changed(NODES[2], status=status)
    audit = audited((*METALLB, gone, session_state("node3", "192.0.2.1", "Active")), WITHOUT_3, tmp_path)
    assert any("node3 is not Ready and may not have renewed it" in line for line in audit.network.notes)
    assert [f for f in audit.findings if "session" in f.message] == []


def test_the_evidence_names_the_object_its_place_and_its_age(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.id == "k8gobgp: a session is down, and why")
    (finding,) = [f for f in audited(case.objects, case.text, tmp_path).findings if f.code == "ECMP101"]
    (line,) = [line for line in finding.evidence if "BGPNodeStatus" in line.text]
    assert line.source.endswith("cluster.json")
    assert line.line > 1
    assert line.text == (
        'BGPNodeStatus node3: neighbour 192.0.2.1 is Active, last error "Hold timer expired" '
        "(written 2026-11-27 10:15:00 UTC, 0 s old)"
    )


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param((frr_node_state("node3", CONFIGURATION.format(networks="", action="permit")),), id="FRR"),
        pytest.param((service_bgp_status("node3", "shop/api", "tor1"),), id="MetalLB"),
    ],
)
def test_a_prefix_that_no_speaker_of_a_kind_has_may_be_another_ones(
    objects: tuple[Values, ...], tmp_path: Path
) -> None:
    (finding,) = [f for f in audited((*METALLB, *objects), WITHOUT_3, tmp_path).findings if f.code == "ECMP101"]
    assert "routing daemon" not in finding.message


def test_a_session_that_is_up_with_another_router_is_no_cause(tmp_path: Path) -> None:
    sessions = (session_state("node3", "192.0.2.9", "Active"), session_state("node3", "192.0.2.8", "Established"))
    audit = audited((*METALLB, *sessions), WITHOUT_3, tmp_path)
    (finding,) = [f for f in audit.findings if f.code == "ECMP101"]
    assert "session" not in finding.message


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(session_state("node3; rm -rf /", "$(reboot)", "\x1b[31mActive"), id="shell and terminal"),
        pytest.param(frr_node_state("node3", "router bgp 1\n network 999.1.1.1/99\n", reload="x" * 100_000), id="long"),
        pytest.param(frr_node_state("node3", "network\n" * 200_000), id="large configuration"),
        pytest.param(bgp_node_status("node3", {"\x1b]0;x": "Active"}, LB, LB, error="\x1b[2J"), id="terminal"),
        pytest.param(bgp_node_status("node3", DOWN, ["not an address"], []), id="no address"),
        pytest.param(bgp_node_status("node3", DOWN, LB, LB, heartbeat=-1), id="negative heartbeat"),
        pytest.param(service_bgp_status("node3", "shop/web", *(f"p{n}" for n in range(10_000))), id="many peers"),
        pytest.param(openelb_peer("x", "192.0.2.1", {f"n{n}": "ACTIVE" for n in range(10_000)}), id="many nodes"),
        pytest.param({**api("frrk8s.metallb.io/v1beta1", "FRRNodeState", "node3"), "status": 7}, id="no status"),
    ],
)
def test_a_hostile_object_is_bounded_and_nothing_is_proven_by_it(hostile: Values, tmp_path: Path) -> None:
    audit = audited((*METALLB, hostile), table(1, 2, 3), tmp_path)
    assert {finding.code for finding in audit.findings} <= {"ECMP003", "ECMP406"}
    assert all(len(text) < 2_000 for text in (*audit.network.notes, *(f.message for f in audit.findings)))
