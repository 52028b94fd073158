"""External routes of OSPF, BIRD's neighbours and sources of RIP updates, as FRR 8.4.4 and BIRD 2.0.12 print them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.readers import read_facts

if TYPE_CHECKING:
    from ecmpaudit.model.facts import Facts

V2 = """{ "default": { "vrfName": "default", "vrfId": 0, "routerId": "192.0.2.1", "asExternalLinkStates": [
 { "lsaAge": 267, "options": "*|-|-|-|-|-|E|-", "lsaType": "AS-external-LSA", "linkStateId": "198.51.100.1",
   "advertisingRouter": "192.0.2.11", "networkMask": 32, "metricType": "E2 (Larger than any link state path)",
   "metric": 10000, "forwardAddress": "0.0.0.0" },
 { "lsaAge": 3600, "linkStateId": "198.51.100.1", "advertisingRouter": "192.0.2.12", "networkMask": 32,
   "metricType": "E1", "metric": 10 },
 { "lsaAge": 9, "linkStateId": "198.51.100.1", "advertisingRouter": "192.0.2.13", "networkMask": 32,
   "metricType": "E1", "metric": 10 } ] } }"""
WITH_HOST_BITS = V2.replace('"linkStateId": "198.51.100.1"', '"linkStateId": "198.51.255.255"').replace(
    '"networkMask": 32', '"networkMask": 16'
)
V3 = """{ "asScopedLinkStateDb": [ { "lsa": [
 { "age": 267, "type": "AS-External", "advertisingRouter": "192.0.2.11", "bits": "E--", "metric": 10000,
   "prefix": "2001:db8:100::1/128" },
 { "age": 270, "type": "AS-External", "advertisingRouter": "192.0.2.13", "bits": "---", "metric": 20,
   "prefix": "2001:db8:100::1/128" } ] } ] }"""
STATE = """BIRD 2.0.12 ready.

area 0.0.0.0

\trouter 192.0.2.1
\t\tdistance 10
\t\tnetwork 192.0.2.0/27 metric 10

\trouter 192.0.2.11
\t\tdistance 10
\t\tnetwork 192.0.2.0/27 metric 10
\t\texternal 198.51.100.1/32 metric2 10000

\trouter 192.0.2.12
\t\tdistance 10
\t\texternal 198.51.100.1/32 metric 20

\tnetwork 192.0.2.0/27
\t\tdr 192.0.2.1
\t\trouter 192.0.2.11
"""
NEIGHBORS = """BIRD 2.0.12 ready.
ospf6:
Router ID   \tPri\t     State     \tDTime\tInterface  Router IP
192.0.2.1   \t  1\tFull/DR   \t 4.405\teth1       fe80::3c3b:e3ff:fe86:88dc
192.0.2.12  \t  0\t2-Way/Other\t 4.380\teth1       fe80::e812:80ff:feac:3015
"""
RIP = """Routing Protocol is "rip"
  Timeout after 15 seconds, garbage collect after 10 seconds
    Interface        Send  Recv   Key-chain
    swp2             2     2
  Routing for Networks:
    192.0.2.32/27
  Routing Information Sources:
    Gateway          BadPackets BadRoutes  Distance Last Update
    192.0.2.46               3         0       120   00:00:04
  Distance: (default is 120)
"""
RIPNG = """Routing Protocol is "RIPng"
  Routing Information Sources:
    Gateway          BadPackets BadRoutes  Distance Last Update
    fe80::bd:bfff:fe2b:bc49 
                        0          0        120      00:00:01
    fe80::5c2f:d1ff:fe6b:cf88 
                        1          0        120      00:00:05

"""  # noqa: W291 - as printed


def facts_of(command: str, text: str) -> Facts:
    """Return the facts of an answer of gw1."""
    platform = "bird" if "ospf state" in command or "neighbors ospf" in command else "frr"
    asked = f"birdc -r '{command}'" if platform == "bird" else f"vtysh -c '{command}'"
    return read_facts(Capture("gw1", platform, asked, text, "ssh gw1")).facts


def test_external_lsas_of_ospfv2_have_metric_and_type() -> None:
    facts = facts_of("show ip ospf vrf all database external json", V2)
    found = [(one.prefix, one.router_id, one.metric, one.is_type_1, one.vrf) for one in facts.external_routes]
    assert found == [
        ("198.51.100.1/32", "192.0.2.11", 10000, False, "default"),
        ("198.51.100.1/32", "192.0.2.13", 10, True, "default"),
    ]
    assert facts.answered == {("gw1", Question.EXTERNAL_ROUTES, 4)}


def test_external_lsas_of_ospfv3_have_metric_and_type() -> None:
    facts = facts_of("show ipv6 ospf6 vrf all database as-external detail json", V3)
    found = [(one.prefix, one.router_id, one.metric, one.is_type_1) for one in facts.external_routes]
    assert found == [
        ("2001:db8:100::1/128", "192.0.2.11", 10000, False),
        ("2001:db8:100::1/128", "192.0.2.13", 20, True),
    ]
    assert facts.answered == {("gw1", Question.EXTERNAL_ROUTES, 6)}


def test_a_link_state_id_with_host_bits_is_of_its_network() -> None:
    """Two networks of one address have different IDs, of which one has its host bits set: RFC 2328, appendix E."""
    facts = facts_of("show ip ospf vrf all database external json", WITH_HOST_BITS)
    assert {one.prefix for one in facts.external_routes} == {"198.51.0.0/16"}


def test_empty_database_is_an_answer() -> None:
    facts = facts_of("show ip ospf vrf all database external json", '{"default":{"asExternalLinkStates":[]}}')
    assert facts.external_routes == ()
    assert facts.answered == {("gw1", Question.EXTERNAL_ROUTES, 4)}


def test_lsa_without_a_metric_is_damaged() -> None:
    with pytest.raises(DamagedOutputError):
        facts_of("show ip ospf vrf all database external json", V2.replace('"metric": 10000,', ""))


def test_external_routes_of_bird_are_below_their_router() -> None:
    facts = facts_of("show ospf state ospf4", STATE)
    found = [(one.router_id, one.metric, one.is_type_1, one.evidence.line) for one in facts.external_routes]
    assert found == [("192.0.2.11", 10000, False, 12), ("192.0.2.12", 20, True, 16)]
    assert facts.answered == {("gw1", Question.EXTERNAL_ROUTES, 4)}


def test_state_without_an_external_route_answers_for_no_family() -> None:
    text = "\n".join(line for line in STATE.split("\n") if "external" not in line)
    assert facts_of("show ospf state ospf4", text).answered == frozenset()


def test_neighbours_of_bird_have_addresses_and_states() -> None:
    facts = facts_of("show ospf neighbors ospf6", NEIGHBORS)
    found = [(one.router_id, one.state, one.address, one.family) for one in facts.adjacencies]
    assert found == [
        ("192.0.2.1", "Full/DR", "fe80::3c3b:e3ff:fe86:88dc", 6),
        ("192.0.2.12", "2-Way/DROther", "fe80::e812:80ff:feac:3015", 6),
    ]
    assert facts.answered == {("gw1", Question.ADJACENCIES, 6)}


@pytest.mark.parametrize("command", ["show ospf neighbors ospf4", "show ospf state ospf4", "show ip rip status"])
def test_other_output_is_refused(command: str) -> None:
    with pytest.raises(UnknownFormatError):
        facts_of(command, "ospf4: is not up\n")


def test_sources_of_rip_updates_have_their_age() -> None:
    facts = facts_of("show ip rip status", RIP)
    found = [(one.address, one.last_update, one.bad_packets) for one in facts.rip_sources]
    assert found == [("192.0.2.46", "00:00:04", 3)]
    assert facts.answered == {("gw1", Question.RIP_SOURCES, 4)}


def test_sources_of_ripng_are_on_two_lines_each() -> None:
    facts = facts_of("show ipv6 ripng status", RIPNG)
    found = [(one.address, one.last_update, one.bad_packets) for one in facts.rip_sources]
    assert found == [("fe80::bd:bfff:fe2b:bc49", "00:00:01", 0), ("fe80::5c2f:d1ff:fe6b:cf88", "00:00:05", 1)]
    assert facts.answered == {("gw1", Question.RIP_SOURCES, 6)}
