"""What the rules say that rest on more than route tables: whom they name, and when another rule already speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.configuration.reader import read_configuration
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.growth import parse_growth
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.model import Audit, Capture, Growth, Severity
from ecmpaudit.rules import all_rules, ecmp703_slow_detection
from tests import dumps
from tests.notation import parse_network
from tests.rule_checks import findings_in, messages_in

if TYPE_CHECKING:
    from pathlib import Path


# 104 and 105: twins and redundant routers


def test_104_is_silent_where_101_names_who_is_missing() -> None:
    text = """
        tor1 198.51.100.7/32 via 192.0.2.1-3
        tor1 2001:db8:100::7/128 via 2001:db8::1-2
        twins 198.51.100.7/32 2001:db8:100::7/128
        expect 2001:db8:100::7/128 count 3
    """
    assert sorted(findings_in(text)) == ["ECMP101"]


def test_104_reports_the_family_with_fewer_next_hops() -> None:
    text = """
        tor1 198.51.100.7/32 via 192.0.2.1
        tor1 2001:db8:100::7/128 via 2001:db8::1-2
        twins 198.51.100.7/32 2001:db8:100::7/128
    """
    assert messages_in(text) == {
        "ECMP104": "tor1 198.51.100.7/32: 1 next hop, expected 2: 2001:db8:100::7/128 of the same service has 2"
    }


def test_105_names_what_only_the_other_router_has() -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1-3\ntor2 198.51.100.7/32 via 192.0.2.1"
    assert messages_in(text) == {
        "ECMP105": "tor2 198.51.100.7/32: 1 next hop, expected 3; tor2 and tor1 differ: "
        "only tor1 has 192.0.2.2, 192.0.2.3"
    }


def test_105_is_silent_where_it_is_known_what_a_router_should_have() -> None:
    text = """
        tor1 198.51.100.7/32 via 192.0.2.1-3
        tor2 198.51.100.7/32 via 192.0.2.1
        expect 198.51.100.7/32 count 1
    """
    assert "ECMP105" not in findings_in(text.replace("count 1", "nodes 192.0.2.1-3"))
    assert "ECMP105" not in {code for code, _ in messages_in(text.replace("tor1 198", "tor1 vrf red 198")).items()}


# 203, 204: ceilings


def test_203_reports_once_for_all_prefixes_of_a_router_and_family() -> None:
    text = """
        tor1 198.51.100.7/32 via 192.0.2.1-4
        tor1 198.51.100.8/32 via 192.0.2.1-5
        tor1 198.51.100.9/32 via 192.0.2.1-2
        ceiling tor1 6
        growth 2
    """
    assert messages_in(text) == {
        "ECMP203": "tor1: installs at most 6 IPv4 next hops (maximum-paths in its configuration), "
        "expected room for 7; 2 more nodes do not fit for 198.51.100.8/32"
    }


@pytest.mark.parametrize(
    "text, count, after",
    [
        pytest.param("2", 5, 7, id="nodes"),
        pytest.param("20%", 5, 6, id="share"),
        pytest.param("10%", 5, 6, id="part-of-a-node"),
        pytest.param("100%", 5, 10, id="double"),
    ],
)
def test_growth_is_a_number_of_nodes_or_a_share_rounded_up(text: str, count: int, after: int) -> None:
    assert parse_growth(text).after(count) == after


@pytest.mark.parametrize("text", ["0", "-1", "20 %", "many", "1.5", ""])
def test_a_growth_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"--growth .*: expected a number of nodes such as 2"):
        parse_growth(text)


def test_204_counts_the_prefixes_that_one_ceiling_concerns() -> None:
    text = """
        tor1 198.51.100.7/32 via 192.0.2.1
        tor1 198.51.100.8/32 via 192.0.2.1
        tor1 bgp 198.51.100.7/32 via 192.0.2.1 best
        tor1 bgp 198.51.100.7/32 via 192.0.2.2
        tor1 bgp 198.51.100.8/32 via 192.0.2.1 best
        tor1 bgp 198.51.100.8/32 via 192.0.2.2
        ceiling tor1 1
    """
    assert messages_in(text) == {
        "ECMP204": "tor1: multipath is off for IPv4 (maximum-paths in its configuration), "
        "expected 2 next hops for 198.51.100.7/32 and 1 more prefix"
    }


# 302 and 303: what the kernel does


@pytest.mark.parametrize(
    "expected, localpref, wanted",
    [("", 200, 2), ("", 100, None), ("count 1", 200, None), ("count 5", 100, 5)],
    ids=["equal", "worse", "meant", "given"],
)
def test_204_wants_what_was_given_or_could_be_used(expected: str, localpref: int, wanted: int | None) -> None:
    text = f"""
        tor1 198.51.100.7/32 via 192.0.2.1
        ceiling tor1 1
        tor1 bgp 198.51.100.7/32 via 192.0.2.1 localpref 200 best
        tor1 bgp 198.51.100.7/32 via 192.0.2.2 localpref {localpref}
    """
    found = findings_in(f"{text}\nexpect 198.51.100.7/32 {expected}" if expected else text).get("ECMP204")
    assert (found.expected if found else None) == wanted


def test_302_names_the_node_that_the_kernel_lost() -> None:
    text = """
        tor1 198.51.100.7/32 via 192.0.2.1-3
        expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3
        tor1 kernel 198.51.100.7/32 via 192.0.2.1-2
    """
    found = findings_in(text)
    assert messages_in(text) == {
        "ECMP302": "tor1 198.51.100.7/32: the kernel has 2 next hops, expected the 3 that the routing daemon "
        "reports as installed; not in the kernel: node3 (192.0.2.3)"
    }
    assert (found["ECMP302"].expected, found["ECMP302"].actual) == (3, 2)


def test_302_weighs_less_what_the_kernel_has_too_much() -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1\ntor1 kernel 198.51.100.7/32 via 192.0.2.1-2"
    assert findings_in(text)["ECMP302"].severity is Severity.WARNING


@pytest.mark.parametrize("version", ["frr-8.4.4", "frr-10.7.0"])
@pytest.mark.parametrize("family", ["4", "6"])
def test_302_finds_nothing_where_zebra_and_kernel_agree(version: str, family: str) -> None:
    pairs = [p for p in kernel_pairs(version, family) if "kernel_del" not in p[0] and "nexthop_del" not in p[0]]
    assert pairs
    for state, daemon, kernel in pairs:
        audit = audited(daemon, kernel)
        assert "ECMP302" not in {finding.code for finding in audit.findings}, (state, audit.findings)


def kernel_pairs(version: str, family: str) -> list[tuple[str, str, str]]:
    """Return state, zebra's table and the kernel's table, as they were taken from one router together."""
    of_zebra = "show ip route" if family == "4" else "show ipv6 route"
    of_kernel = {"ip route", "ip route show"} if family == "4" else {"ip -6 route", "ip -6 route show"}
    files = [entry for entry in dumps.route_files() if entry["file"].startswith(version)]
    kernels = {(e["state"], e["router"]): e["file"] for e in files if e["command"] in of_kernel}
    return [
        (e["state"], e["file"], kernels[e["state"], e["router"]])
        for e in files
        if e["command"] == of_zebra and (e["state"], e["router"]) in kernels
    ]


def audited(*files: str, growth: Growth | None = None) -> Audit:
    captures = [Capture("tor1", None, None, dumps.text(file), file) for file in files]
    expectations = Expectations.from_flags(("172.31.0.0/16", "fd00:31::/64"), None, parse_nodes([]))
    material = read_material(captures, router="tor1")
    return audit_material(material, Request(expectations, growth=growth), all_rules())


def test_303_says_through_whom_all_go() -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1 recursive, 192.0.2.2 recursive, 203.0.113.254%eth0"
    assert messages_in(text) == {
        "ECMP303": "tor1 198.51.100.7/32: 2 recursive next hops resolve to 1, expected 2; "
        "192.0.2.1, 192.0.2.2 all resolve through 203.0.113.254"
    }


# 401 to 404: BGP

SKEWED = """
tor1 198.51.100.7/32 via 192.0.2.1
tor1 bgp 198.51.100.7/32 via 192.0.2.1 localpref 200 best external
tor1 bgp 198.51.100.7/32 via 192.0.2.2 localpref 100 external
tor1 bgp 198.51.100.7/32 via 192.0.2.3 localpref 100 external
"""


def test_401_names_the_first_attribute_that_differs_with_both_values() -> None:
    assert messages_in(SKEWED) == {
        "ECMP401": "tor1 198.51.100.7/32: 1 next hop, expected the 3 that BGP received; "
        "192.0.2.2, 192.0.2.3 not used: their paths have local-pref 100, the best path (192.0.2.1) has 200"
    }


def test_a_next_hop_that_two_sessions_offer_is_one_candidate() -> None:
    text = """
        tor1 198.51.100.7/32 via 192.0.2.1-2
        tor1 bgp 198.51.100.7/32 via 192.0.2.1 from 192.0.2.250 origin IGP best
        tor1 bgp 198.51.100.7/32 via 192.0.2.1 from 192.0.2.251 origin IGP multipath
        tor1 bgp 198.51.100.7/32 via 192.0.2.2 from 192.0.2.250 origin IGP multipath
        tor1 bgp 198.51.100.7/32 via 192.0.2.3 from 192.0.2.250 origin incomplete
        tor1 bgp 198.51.100.7/32 via 192.0.2.3 from 192.0.2.251 origin incomplete
    """
    assert messages_in(text) == {
        "ECMP401": "tor1 198.51.100.7/32: 2 next hops, expected the 3 that BGP received; 192.0.2.3 not used: "
        "its path has origin incomplete, the best path (192.0.2.1) has IGP"
    }
    assert "; 192.0.2.3 missing: its path" in messages_in(f"{text}\nexpect 198.51.100.7/32 count 3")["ECMP101"]


def test_401_is_silent_where_101_names_it_as_the_cause() -> None:
    found = findings_in(f"{SKEWED}\nexpect 198.51.100.7/32 count 3")
    assert sorted(found) == ["ECMP101"]
    assert "local-pref 100, the best path (192.0.2.1) has 200" in found["ECMP101"].message


def test_401_ignores_the_ibgp_copy_of_another_router() -> None:
    text = """
        tor1 198.51.100.7/32 via 192.0.2.1
        tor1 bgp 198.51.100.7/32 via 192.0.2.1 localpref 100 best external
        tor1 bgp 198.51.100.7/32 via 203.0.113.2 localpref 100 internal
    """
    assert messages_in(text) == {}


def test_403_is_silent_where_101_names_it_as_the_cause() -> None:
    text = """
        tor1 198.51.100.7/32 via 192.0.2.1
        expect 198.51.100.7/32 nodes 192.0.2.1-2
        tor1 answered BGP table
        tor1 session 192.0.2.2 ipv4 Established accepted 0 detail Policy
    """
    found = findings_in(text)
    assert sorted(found) == ["ECMP101"]
    assert "(Policy)" in found["ECMP101"].message


@pytest.mark.parametrize("detail", ["", " detail Policy"], ids=["nothing", "policy"])
def test_403_does_not_report_a_second_session_where_the_nodes_first_one_brings_its_prefixes(detail: str) -> None:
    text = f"""
        tor1 198.51.100.7/32 via 192.0.2.1
        expect 198.51.100.7/32 nodes node1=192.0.2.1+2001:db8::1
        tor1 session 192.0.2.1 ipv4 Established accepted 4 as 64512
        tor1 session 2001:db8::1 ipv4 Established accepted 0 as 64512{detail}
    """
    assert findings_in(text) == {}


def test_403_names_the_node_at_the_other_end() -> None:
    text = """
        tor1 198.51.100.7/32 ospf via 192.0.2.1-2
        expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2
        tor1 session 192.0.2.2 ipv4 Established accepted 0
    """
    assert messages_in(text) == {
        "ECMP403": "tor1: no IPv4 prefix accepted from node2 (192.0.2.2), expected at least 1; its BGP session is up"
    }


@pytest.mark.parametrize(
    "session, severity",
    [
        pytest.param("Established accepted 80 limit 100", Severity.WARNING, id="four-fifths"),
        pytest.param("Established accepted 79 limit 100", None, id="below"),
        pytest.param("Idle detail PfxCt", Severity.ERROR, id="shut"),
        pytest.param("Idle detail Admin", None, id="down-for-another-reason"),
    ],
)
def test_404_reports_from_80_percent_and_a_session_that_is_shut(session: str, severity: Severity | None) -> None:
    found = findings_in(f"tor1 198.51.100.7/32 via 192.0.2.1\ntor1 session 192.0.2.1 ipv4 {session}")
    assert [finding.severity for finding in found.values()] == ([severity] if severity else [])


def test_404_knows_the_limit_from_the_configuration() -> None:
    text = """
        tor1 2001:db8:100::7/128 via fe80::1%eth0
        tor1 session 2001:db8::1 ipv6 Established accepted 9
        tor1 neighbor 2001:db8::1 ipv6 limit 10
    """
    assert messages_in(text) == {
        "ECMP404": "tor1: 9 IPv6 prefixes accepted from 2001:db8::1, expected fewer than 80 % of the limit of 10; "
        "beyond the limit the session is shut"
    }


# 503, 603, 702


def test_603_is_silent_where_a_live_path_has_the_same_next_hop() -> None:
    text = """
        tor1 198.51.100.7/32 via 192.0.2.1
        tor1 bgp 198.51.100.7/32 via 192.0.2.1 best
        tor1 bgp 198.51.100.7/32 via 192.0.2.1 stale
    """
    assert messages_in(text) == {}


def test_603_names_the_node_that_is_kept() -> None:
    text = """
        tor1 198.51.100.7/32 via 192.0.2.1-2
        expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2
        tor1 bgp 198.51.100.7/32 via 192.0.2.1 best
        tor1 bgp 198.51.100.7/32 via 192.0.2.2 multipath stale
    """
    assert messages_in(text) == {
        "ECMP603": "tor1 198.51.100.7/32: 2 next hops, 1 of them stale, expected 0 stale; kept by graceful restart "
        "after the session went down: node2 (192.0.2.2)"
    }


def test_703_reports_each_router_and_family_with_slow_sessions() -> None:
    network = parse_network("""
        tor1 198.51.100.7/32 via 192.0.2.1
        tor1 session 192.0.2.1 ipv4 Established hold 180
        tor2 2001:db8:100::7/128 via 2001:db8::1
        tor2 session 2001:db8::1 ipv6 Established hold 180
        tor3 198.51.100.7/32 via 192.0.2.1
    """)
    found = [(finding.router, "for IPv6" in finding.message) for finding in ecmp703_slow_detection.check(network)]
    assert found == [("tor1", False), ("tor2", True)]


def test_702_is_for_information() -> None:
    found = findings_in("tor1 198.51.100.7/32 via 192.0.2.1-2\ntor1 setting fib_multipath_hash_policy 0")
    assert found["ECMP702"].severity is Severity.INFO


CONFIGURATION = """
nodes: {node1: {addresses: [192.0.2.1, "2001:db8::1"]}, node2: {addresses: [192.0.2.2, "2001:db8::2"]}}
clusters:
  prod:
    pools: [198.51.100.0/24, "2001:db8:100::/64"]
    complete: true
    exceptions: [{prefix: 198.51.100.7/32, expect: 2}]
    pairs: [{ipv4: 198.51.100.7/32, ipv6: "2001:db8:100::7/128"}]
growth: 20%
"""


def test_503_and_104_know_from_the_configuration_what_is_complete_and_what_is_one_service(tmp_path: Path) -> None:
    path = tmp_path / "ecmpaudit.yaml"
    path.write_text(CONFIGURATION)
    expectations = Expectations.from_configuration(read_configuration(path), "ecmpaudit.yaml")
    assert not expectations.is_orphan("tor1", "198.51.100.7/32")
    assert expectations.is_orphan("tor1", "198.51.100.9/32")
    assert expectations.for_prefix("tor1", "198.51.100.9/32") is None
    assert not expectations.is_orphan("tor1", "198.51.100.0/24")
    assert expectations.is_orphan("tor1", "2001:db8:100::9/128")
    assert not expectations.is_orphan("tor1", "203.0.113.1/32")
    assert expectations.twins["2001:db8:100::7/128"] == "198.51.100.7/32"


def frr_tables(router: str, *prefixes: str) -> list[Capture]:
    """Return the whole route tables of a router, in which each prefix has two next hops."""
    lines = {"ip": "", "ipv6": ""}
    for prefix in prefixes:
        one, two = ("2001:db8::1", "2001:db8::2") if ":" in prefix else ("192.0.2.1", "192.0.2.2")
        lines["ipv6" if ":" in prefix else "ip"] += (
            f"B>* {prefix} [20/0] via {one}, eth1, weight 1, 00:10:00\n"
            f"  *                    via {two}, eth1, weight 1, 00:10:00\n"
        )
    outputs = {f"show {word} route": text for word, text in lines.items() if text}
    return [Capture(router, "frr", command, text, f"{router} {command}") for command, text in outputs.items()]


def audit_by(configuration: str, path: Path, *captures: Capture) -> Audit:
    path.write_text(configuration)
    expectations = Expectations.from_configuration(read_configuration(path), "ecmpaudit.yaml")
    return audit_material(read_material(captures), Request(expectations), all_rules())


def test_a_service_that_lost_a_whole_family_on_every_router_lacks_it(tmp_path: Path) -> None:
    captures = [
        capture
        for router in ("tor1", "tor2")
        for capture in frr_tables(router, "198.51.100.7/32", "2001:db8:100::9/128")
    ]
    configuration = CONFIGURATION.replace("complete: true", "complete: false")
    audit = audit_by(configuration, tmp_path / "ecmpaudit.yaml", *captures)
    assert [finding.message for finding in audit.findings] == [
        f"{router} 2001:db8:100::7/128: no route, expected 2 next hops; nothing covers it"
        for router in ("tor1", "tor2")
    ]


def test_an_orphan_of_one_router_is_not_wanted_on_the_others(tmp_path: Path) -> None:
    captures = [*frr_tables("tor1", "198.51.100.7/32", "198.51.100.9/32"), *frr_tables("tor2", "198.51.100.7/32")]
    configuration = CONFIGURATION.replace(', "2001:db8:100::/64"', "").replace("    pairs:", "    # pairs:")
    audit = audit_by(configuration, tmp_path / "ecmpaudit.yaml", *captures)
    assert [(finding.code, finding.router, finding.prefix) for finding in audit.findings] == [
        ("ECMP503", "tor1", "198.51.100.9/32")
    ]


def test_a_pair_of_the_wrong_family_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "ecmpaudit.yaml"
    path.write_text(CONFIGURATION.replace("{ipv4: 198.51.100.7/32", '{ipv4: "2001:db8:100::8/128"'))
    with pytest.raises(ConfigurationError, match=r":8: .*2001:db8:100::8/128 is an IPv6 prefix"):
        read_configuration(path)
