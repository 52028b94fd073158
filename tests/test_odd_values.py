"""One odd value in one answer: that answer is not understood, with its place, and the rest of the run goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from polars.exceptions import PanicException

from ecmpaudit.auditing.request import Request, chosen_rules
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.errors import DamagedOutputError, TemplateError
from ecmpaudit.model import Capture, Severity
from ecmpaudit.parsing.facts.line_finder import LineFinder
from ecmpaudit.parsing.guard import guarded
from ecmpaudit.parsing.outside_values import as_number, whole_number
from ecmpaudit.reporting.formats import Format, Settings, render
from ecmpaudit.reporting.verdict import exit_code

if TYPE_CHECKING:
    from ecmpaudit.parsing.facts.capture_facts import CaptureFacts
    from ecmpaudit.parsing.resolved import Resolved

ROUTES = "".join(
    f"B>* 198.51.100.{n}/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05\n"
    "  *                     via 192.0.2.2, eth0, weight 1, 00:00:05\n"
    for n in range(3)
)
GOOD = Capture("tor1", "frr", "vtysh -c 'show ip route'", ROUTES, "ssh tor1: show ip route")
NINES = "9" * 20
MANY_DIGITS = "1" + "0" * 4300
DEEP = "[" * 10_000
CONFIGURATION = """\
!
router bgp 64496
 neighbor 192.0.2.1 remote-as 64497
 !
 address-family ipv4 unicast
  {}
 exit-address-family
exit
!
end
"""
SUMMARY = {
    "ipv4Unicast": {"peers": {"192.0.2.1": {"remoteAs": 64497, "state": "Established", "peerUptime": "01:00:00"}}}
}
NEIGHBOR = {
    "conf": {"neighbor_address": "192.0.2.1", "peer_asn": 64497},
    "state": {"session_state": 6},
    "timers": {"state": {"uptime": {"seconds": 1_700_000_000}}},
    "afi_safis": [{"config": {"family": {"afi": 1, "safi": 1}}, "state": {}}],
}
PROTOCOL = """\
Name       Proto      Table      State  Since         Info
tor1       BGP        ---        up     2025-01-15    Established
  BGP state:          Established
    Neighbor address: 192.0.2.1
    Neighbor AS:      {}
  Channel ipv4
    State:          UP
    Import limit:   {}
      Action:       disable
    Routes:         {} imported, 3 exported, 1 preferred
"""


def linux_routes(**values: object) -> str:
    return json.dumps([{"dst": "198.51.100.0/24", "gateway": "192.0.2.1", "dev": "eth0", "flags": []} | values])


def addresses(**values: object) -> str:
    address = {"family": "inet", "local": "192.0.2.9", "prefixlen": 24}
    return json.dumps([{"ifname": "eth0", "addr_info": [address | values]}])


def with_peer(**values: object) -> str:
    document = json.loads(json.dumps(SUMMARY))
    document["ipv4Unicast"]["peers"]["192.0.2.1"] |= values
    return json.dumps(document)


def gobgp(**values: object) -> str:
    return json.dumps([NEIGHBOR | values])


def frr_routes(**values: object) -> str:
    hop = {"ip": "192.0.2.1", "interfaceName": "eth0", "fib": True, "active": True}
    route = {"prefix": "198.51.100.9/32", "protocol": "bgp", "selected": True, "nexthops": [hop]}
    return json.dumps({"198.51.100.9/32": [route | values]})


def bgp_table(**values: object) -> str:
    path = {"valid": True, "bestpath": True, "path": "64497", "nexthops": [{"ip": "192.0.2.1"}]}
    return json.dumps({"vrfId": 0, "vrfName": "default", "routes": {"198.51.100.9/32": [path | values]}})


IP_ROUTE = ("linux", "ip -j route show table all")
IP_ADDRESS = ("frr", "ip -j address show")
SUMMARY_JSON = ("frr", "vtysh -c 'show bgp summary json'")
NEIGHBORS_JSON = ("frr", "vtysh -c 'show bgp neighbors json'")
RUNNING = ("frr", "vtysh -c 'show running-config'")
ZEBRA = ("frr", "vtysh -c 'show zebra'")
VERSION = ("frr", "vtysh -c 'show version'")
ADVERTISED = ("frr", "vtysh -c 'show bgp ipv4 unicast neighbors 192.0.2.1 advertised-routes json'")
ADJ_OUT = ("gobgp", "gobgp neighbor 192.0.2.1 adj-out -j")
GOBGP = ("gobgp", "gobgp neighbor -j")
BIRD_CONF = ("bird", "cat /etc/bird/bird.conf")
PROTOCOLS = ("bird", "birdc show protocols all")
BGP_JSON = ("frr", "vtysh -c 'show bgp ipv4 unicast json'")
ROUTE_JSON = ("frr", "vtysh -c 'show ip route json'")
KERNEL = "protocol kernel {{ ipv4 {{ export all; }}; merge paths on limit {}; }}"

ODD = {
    "metric is a text": (IP_ROUTE, linux_routes(metric="x"), "metric"),
    "metric is an object": (IP_ROUTE, linux_routes(metric={}), "metric"),
    "metric is a float": (IP_ROUTE, linux_routes(metric=1e99), "metric"),
    "metric has 20 digits": (IP_ROUTE, linux_routes(metric=int(NINES)), "metric"),
    "metric has 4,301 digits": (IP_ROUTE, linux_routes().replace("[]", f'[], "metric": {MANY_DIGITS}'), "damaged"),
    "metric is not a number": (IP_ROUTE, linux_routes(metric=float("nan")), "NaN"),
    "weight is infinite": (IP_ROUTE, linux_routes(weight=float("inf")), "Infinity"),
    "dst is a list": (IP_ROUTE, linux_routes(dst=[]), "dst"),
    "dst is a number": (IP_ROUTE, linux_routes(dst=5), "dst"),
    "gateway is an object": (IP_ROUTE, linux_routes(gateway={}), "gateway"),
    "dev is a lone surrogate": (IP_ROUTE, linux_routes(dev="\ud800"), "dev"),
    "flags is a number": (IP_ROUTE, linux_routes(flags=5), "no route table"),
    "nexthops has a text": (IP_ROUTE, linux_routes(nexthops=["x"]), "nexthops"),
    "routes are nested 10,000 deep": (IP_ROUTE, DEEP, "damaged"),
    "FRR's metric is a text": (ROUTE_JSON, frr_routes(metric="x"), "metric"),
    "FRR's distance is true": (ROUTE_JSON, frr_routes(distance=True), "distance"),
    "FRR's nexthops is an object": (ROUTE_JSON, frr_routes(nexthops={}), "nexthops"),
    "FRR's uptime is a list": (ROUTE_JSON, frr_routes(uptime=[]), "uptime"),
    "FRR's VRF is a number": (ROUTE_JSON, frr_routes(vrfName=7), "vrfName"),
    "ifname is a list": (IP_ADDRESS, json.dumps([{"ifname": [], "addr_info": [{"local": "192.0.2.9"}]}]), "ifname"),
    "prefixlen is a text": (IP_ADDRESS, addresses(prefixlen="x"), "prefixlen"),
    "prefixlen is 33 in IPv4": (IP_ADDRESS, addresses(prefixlen=33), "192.0.2.9/33"),
    "prefixlen is missing": (IP_ADDRESS, addresses(prefixlen=None), "prefixlen"),
    "local is no address": (IP_ADDRESS, addresses(local="198.51.100.999"), "198.51.100.999"),
    "addr_info is a text": (IP_ADDRESS, '[{"ifname": "eth0", "addr_info": "x"}]', "addr_info"),
    "addresses are nested 10,000 deep": (IP_ADDRESS, DEEP, "damaged"),
    "a text address is none": (
        ("frr", "ip address show"),
        "1: eth0: <UP>\n    inet 300.1.1.1/24 scope global\n",
        "line 2: ",
    ),
    "a brief address is none": (("frr", "ip -br address show"), "eth0  UP  192.0.2.9/x \n", "line 1: "),
    "remoteAs is an object": (SUMMARY_JSON, with_peer(remoteAs={}), "remoteAs"),
    "remoteAs is below 0": (SUMMARY_JSON, with_peer(remoteAs=-1), "remoteAs"),
    "remoteAs is a word": (SUMMARY_JSON, with_peer(remoteAs="x"), "remoteAs"),
    "pfxRcd is a list": (SUMMARY_JSON, with_peer(pfxRcd=[]), "pfxRcd"),
    "state is an object": (SUMMARY_JSON, with_peer(state={}), "state"),
    "peers is a list": (SUMMARY_JSON, '{"ipv4Unicast": {"peers": [1]}}', "peers"),
    "the summary has 4,301 digits": (SUMMARY_JSON, with_peer().replace("64497", MANY_DIGITS), "damaged"),
    "a neighbor's limit is a text": (
        NEIGHBORS_JSON,
        json.dumps(
            {"192.0.2.1": {"bgpState": "Idle", "addressFamilyInfo": {"ipv4Unicast": {"prefixAllowedMax": "x"}}}}
        ),
        "prefixAllowedMax",
    ),
    "a neighbor's families are a list": (
        NEIGHBORS_JSON,
        '{"192.0.2.1": {"bgpState": "Idle", "addressFamilyInfo": [1]}}',
        "addressFamilyInfo",
    ),
    "maximum-paths has 20 digits": (RUNNING, CONFIGURATION.format(f"maximum-paths {NINES}"), "maximum-paths"),
    "maximum-paths has 4,301 digits": (RUNNING, CONFIGURATION.format(f"maximum-paths {MANY_DIGITS}"), "maximum-paths"),
    "maximum-paths is 0": (RUNNING, CONFIGURATION.format("maximum-paths 0"), "maximum-paths"),
    "maximum-prefix has 20 digits": (
        RUNNING,
        CONFIGURATION.format(f"neighbor 192.0.2.1 maximum-prefix {NINES}"),
        "maximum-prefix",
    ),
    "maximum-paths in Arabic digits": (RUNNING, CONFIGURATION.format("maximum-paths ٤"), "maximum-paths"),
    "OSPF's maximum-paths has 20 digits": (
        RUNNING,
        f"!\nrouter ospf\n maximum-paths {NINES}\nexit\n!\nend\n",
        "maximum-paths",
    ),
    "ECMP Maximum has 20 digits": (ZEBRA, f"ECMP Maximum      {NINES}\n", "ECMP Maximum"),
    "ECMP Maximum has 4,301 digits": (ZEBRA, f"ECMP Maximum      {MANY_DIGITS}\n", "ECMP Maximum"),
    "the build has 20 digits": (
        VERSION,
        f"FRRouting 10.1 (tor1).\nconfigured with:\n    '--enable-multipath={NINES}'\n",
        "--enable-multipath",
    ),
    "advertisedRoutes has a key that is no prefix": (ADVERTISED, '{"advertisedRoutes": {"x": {}}}', "no prefix"),
    "advertisedRoutes has host bits": (ADVERTISED, '{"advertisedRoutes": {"10.0.0.1/8": {}}}', "no prefix"),
    "adj-out has host bits": (ADJ_OUT, '{"10.0.0.1/8": []}', "no prefix"),
    "adj-out has a length that is no number": (ADJ_OUT, '{"10.0.0.0/x": []}', "no prefix"),
    "adj-out has a lone surrogate": (ADJ_OUT, '{"\\ud800": []}', "no prefix"),
    "gobgp's session state is 99": (GOBGP, gobgp(state={"session_state": 99}), "session_state"),
    "gobgp's session state is below 0": (GOBGP, gobgp(state={"session_state": -1}), "session_state"),
    "gobgp's uptime is beyond the year 9999": (
        GOBGP,
        gobgp(timers={"state": {"uptime": {"seconds": int(NINES)}}}),
        "seconds",
    ),
    "gobgp's families are a number": (GOBGP, gobgp(afi_safis=5), "afi_safis"),
    "gobgp's AS is a text": (GOBGP, gobgp(conf={"neighbor_address": "192.0.2.1", "peer_asn": "x"}), "peer_asn"),
    "a limit of merge paths has 20 digits": (BIRD_CONF, KERNEL.format(NINES), "line 1: limit"),
    "a limit of merge paths is no decimal digit": (BIRD_CONF, KERNEL.format("²"), "line 1: limit"),
    "bird.conf is nested 30,000 deep": (BIRD_CONF, "protocol kernel " + "{" * 30_000, "blocks in one another"),
    "Neighbor AS is no decimal digit": (PROTOCOLS, PROTOCOL.format("²", 10, 5), "Neighbor AS"),
    "Neighbor AS has 20 digits": (PROTOCOLS, PROTOCOL.format(NINES, 10, 5), "Neighbor AS"),
    "an import limit is a word": (PROTOCOLS, PROTOCOL.format(64497, "x", 5), "Import limit"),
    "an import limit has 4,301 digits": (PROTOCOLS, PROTOCOL.format(64497, MANY_DIGITS, 5), "Import limit"),
    "imported routes have 20 digits": (PROTOCOLS, PROTOCOL.format(64497, 10, NINES), "imported"),
    "the weight of a path is a text": (BGP_JSON, bgp_table(weight="x"), "weight"),
    "the next hops of a path are a text": (BGP_JSON, bgp_table(nexthops="x"), "nexthops"),
    "the AS path is a list": (BGP_JSON, bgp_table(path=[]), "AS path"),
    "the MED is a float": (BGP_JSON, bgp_table(metric=1e99), "metric"),
    "the peer of a path is a text": (BGP_JSON, bgp_table(peer="x"), "peer"),
    "a BGP table is nested 10,000 deep": (BGP_JSON, DEEP, "damaged"),
}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_value_costs_its_own_answer_only(odd: str) -> None:
    (platform, command), text, reason = ODD[odd]
    capture = Capture("tor2", platform, command, text, f"ssh tor2: {command}")
    material = read_material([GOOD, capture])
    audit = audit_material(material, Request.of(ScopeOptions()), chosen_rules((), ()))
    (failed,) = material.failed
    assert (failed.router, reason in (failed.failure or "")) == ("tor2", True), failed.failure
    assert "fault of ecmpaudit" not in (failed.failure or "")
    assert "tor1" in {table.router for table in material.tables}
    assert exit_code(audit, Severity.WARNING) == 3


BFD = ("bird", "birdc -r 'show bfd sessions'")
BFD_SESSION = (
    "bfd1:\nIP address                Interface  State      Since         Interval  Timeout\n"
    "{}               eth0       Up         09:00:00.000    0.300    {}\n"
)
OSPF_STATE = ("bird", "birdc -r 'show ospf state ospf4'")
EXTERNAL = "area 0.0.0.0\n\n\trouter 10.0.0.1\n\t\tdistance 10\n\t\texternal {}\n"

ODD_LINES = {
    "a BFD peer is no address": (BFD, BFD_SESSION.format("300.1.1.1", "0.900"), 3),
    "a BFD peer is a part of one": (BFD, BFD_SESSION.format("192", "0.900"), 3),
    "a BFD timeout has 4,301 digits": (BFD, BFD_SESSION.format("192.0.2.1", f"{MANY_DIGITS}.000"), 3),
    "an external route has host bits": (OSPF_STATE, EXTERNAL.format("10.0.0.1/8 metric 20"), 5),
    "an external route is no prefix": (OSPF_STATE, EXTERNAL.format("300.1.1.1/40 metric2 20"), 5),
    "an external metric has 4,301 digits": (OSPF_STATE, EXTERNAL.format(f"10.0.0.0/8 metric {MANY_DIGITS}"), 5),
}


@pytest.mark.parametrize("odd", ODD_LINES)
def test_a_line_with_an_odd_value_is_not_understood_and_its_answer_answers_nothing(odd: str) -> None:
    (platform, command), text, number = ODD_LINES[odd]
    material = read_material([GOOD, Capture("tor2", platform, command, text, f"ssh tor2: {command}")])
    assert [line.line for line in material.unparsed] == [number]
    assert material.failed == ()
    assert {answer[0] for answer in material.facts.answered} == set()


COMPLETE = {
    Format.PROMETHEUS: b'ecmpaudit_router_checked{router="tor2"} 0',
    Format.OPENMETRICS: b'ecmpaudit_router_checked{router="tor2"} 0',
}
"""Metrics have no room for a reason."""


@pytest.mark.parametrize("form", [form for form in Format if form is not Format.PARQUET])
def test_an_answer_that_is_not_understood_is_in_every_form_of_report(form: Format) -> None:
    odd = Capture("tor2", *IP_ADDRESS, addresses(prefixlen="x"), "ssh tor2: ip -j address")
    audit = audit_material(read_material([GOOD, odd]), Request.of(ScopeOptions()), chosen_rules((), ()))
    shown = render(form, audit, Settings(Severity.WARNING, verbose=True))
    assert COMPLETE.get(form, b"prefixlen") in shown, form


def test_an_answer_that_a_version_does_not_have_is_still_optional() -> None:
    unknown = Capture("tor1", *SUMMARY_JSON, "% Unknown command: show bgp summary json\n", "s", failure="exit status 1")
    assert read_material([GOOD, unknown]).failed == ()


def test_a_fault_of_a_reader_costs_its_own_answer_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_: Capture, __: Resolved) -> CaptureFacts:
        raise ZeroDivisionError("seven")

    monkeypatch.setattr("ecmpaudit.parsing.facts.readers.function_of", lambda _: read)
    odd = Capture("tor2", *SUMMARY_JSON, with_peer(), "ssh tor2: summary")
    material = read_material([GOOD, odd])
    (failed,) = material.failed
    assert (failed.failure or "").startswith("not understood: ZeroDivisionError: seven (parsing/facts/readers.py:"), (
        failed.failure
    )
    assert len(material.tables) == 1


@pytest.mark.parametrize("error", [RecursionError, MemoryError, ValueError, PanicException])
def test_whatever_a_reader_raises_is_an_error_of_its_capture(error: type[BaseException]) -> None:
    def read() -> None:
        raise error("odd")

    with pytest.raises(DamagedOutputError, match=r"^ssh tor1: show ip route: not understood: \w+: odd"):
        guarded(GOOD, read)


def test_a_template_that_is_damaged_is_no_fault_of_a_capture() -> None:
    def read() -> None:
        raise TemplateError("routes.textfsm: damaged")

    with pytest.raises(TemplateError, match="damaged"):
        guarded(GOOD, read)


@pytest.mark.parametrize("digits", ["", "-1", "+1", "1e3", "²", "٤", "1_000", " 1", "0x1", "9" * 19, "9" * 5000])
def test_what_is_no_whole_number_is_refused(digits: str) -> None:
    with pytest.raises(ValueError, match=r"^limit: expected"):
        whole_number(digits, "limit")


@pytest.mark.parametrize("digits, number", [("0", 0), ("007", 7), ("9" * 18, 10**18 - 1), ("0" * 5000 + "5", 5)])
def test_a_whole_number_may_have_zeros_before_it(digits: str, number: int) -> None:
    assert whole_number(digits, "limit") == number


@pytest.mark.parametrize("text, number", [("64496", 64496), ("1.10", 65546), ("65535.65535", 2**32 - 1)])
def test_an_as_number_may_be_in_asdot_form(text: str, number: int) -> None:
    assert as_number(text, "AS") == number


@pytest.mark.parametrize("text", ["1.65536", "65536.1", "4294967296", "1.2.3", ".5", "5."])
def test_what_is_no_as_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^AS: expected"):
        as_number(text, "AS")


def test_the_line_of_a_fact_is_found_forward_and_shown_from_its_place_where_it_is_long() -> None:
    text = '{\n "a": 1,\n' + " " * 300 + '"b": 2,\n "c": 3\n}'
    lines = LineFinder(Capture("tor1", None, None, text, "t", first_line=10))
    found = [lines.evidence(f'"{key}"') for key in ("a", "b", "c", "d")]
    assert [(place.line, place.text) for place in found] == [
        (11, '"a": 1,'),
        (12, '"b": 2,'),
        (13, '"c": 3'),
        (13, '"c": 3'),
    ]
