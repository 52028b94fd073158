"""Each rule proven on the real output of a real router in the state that the rule is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.ceilings import Ceilings
from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.model import Capture, Ceiling
from ecmpaudit.rules import all_rules
from tests import dumps

if TYPE_CHECKING:
    from ecmpaudit.model import Audit

FIVE_NODES = [f"node{n}=172.30.250.10{n}+fd00:30:250::10{n}+fe80::ff:fe00:10{n}" for n in range(1, 6)]
WITHOUT_172_31_1_0 = "172.31.1.1/32"
POOL = "172.31.0.0/16"


def audited(
    *files: str,
    pools: tuple[str, ...] = (WITHOUT_172_31_1_0,),
    nodes: tuple[str, ...] = tuple(FIVE_NODES),
    ceiling: int | None = None,
) -> Audit:
    captures = [Capture("tor1", None, None, dumps.text(file), file) for file in files]
    ceilings = Ceilings((Ceiling(ceiling, "--max-paths"),) if ceiling else ())
    request = Request(Expectations.from_flags(pools, None, parse_nodes(nodes)), ceilings)
    return audit_material(read_material(captures, router="tor1"), request, all_rules())


def codes(audit: Audit) -> list[str]:
    return sorted({finding.code for finding in audit.findings})


@pytest.mark.parametrize("version", ["frr-6.0.3", "frr-8.4.4", "frr-10.7.0"])
def test_nothing_is_found_when_all_five_nodes_are_installed(version: str) -> None:
    audit = audited(f"{version}/show_ip_route__5nodes.txt")
    assert codes(audit) == []
    (prefix,) = audit.network.prefixes
    assert len(prefix.installed) == 5


def test_nothing_is_found_for_ipv6_with_link_local_next_hops() -> None:
    audit = audited("frr-8.4.4/show_ipv6_route__5nodes.txt", pools=("fd00:31::1:1/128",))
    assert codes(audit) == []


SHORTFALLS = {
    "session_down": ("show_ip_route__node3_session_down.txt", ["node3"]),
    "link_down": ("show_ip_route__node3_link_down.txt", ["node3"]),
    "withdrawn": ("show_ip_route__node4_withdrawn.txt", ["node4"]),
    "higher_med": ("show_ip_route__node5_higher_med.txt", ["node5"]),
    "longer_as_path": ("show_ip_route__node5_longer_aspath.txt", ["node5"]),
    "local_pref": ("show_ip_route__node2_localpref.txt", ["node1", "node3", "node4", "node5"]),
    "no_multipath_relax": ("show_ip_route__two_asns_norelax.txt", ["node4", "node5"]),
    "filtered": ("show_ip_route__filtered_in.txt", ["node5"]),
}


@pytest.mark.parametrize("version", ["frr-6.0.3", "frr-8.4.4", "frr-10.7.0"])
@pytest.mark.parametrize("file, missing", SHORTFALLS.values(), ids=SHORTFALLS)
def test_101_names_the_missing_nodes(version: str, file: str, missing: list[str]) -> None:
    if f"{version}/{file}" not in {entry["file"] for entry in dumps.route_files()}:
        version = "frr-8.4.4"  # not every state was captured with every version
    audit = audited(f"{version}/{file}")
    (finding,) = [f for f in audit.findings if f.code == "ECMP101"]
    assert [node.name for node in finding.missing] == missing
    assert (finding.expected, finding.actual) == (5, 5 - len(missing))


def test_101_names_the_missing_node_behind_link_local_next_hops() -> None:
    audit = audited("frr-8.4.4/show_ipv6_route__node3_session_down.txt", pools=("fd00:31::1:1/128",))
    (finding,) = audit.findings
    assert (finding.code, [node.name for node in finding.missing]) == ("ECMP101", ["node3"])


def test_101_counts_candidates_of_bird_and_names_the_filtered_node() -> None:
    audit = audited("bird-2.0.12/show_route__filtered.txt", ceiling=16)
    (finding,) = audit.findings
    assert (finding.code, [node.name for node in finding.missing]) == ("ECMP101", ["node5"])


def test_102_reports_a_withdrawn_prefix_and_103_one_with_a_covering_route() -> None:
    withdrawn = audited("frr-8.4.4/show_ip_route__all_withdrawn.txt")
    assert codes(withdrawn) == ["ECMP102"]
    covered = audited("frr-8.4.4/show_ip_route__override32.txt", pools=("172.31.2.9/32",))
    assert codes(covered) == ["ECMP103"]
    assert "172.31.2.0/24" in covered.findings[0].message


def test_103_says_that_the_covering_route_is_a_blackhole() -> None:
    audit = audited("frr-10.7.0/show_ip_route__summary_only.txt", pools=("172.31.9.9/32",))
    (finding,) = audit.findings
    assert finding.code == "ECMP103"
    assert "blackhole" in finding.message


@pytest.mark.parametrize("maximum, code", [(1, "ECMP204"), (2, "ECMP202")])
def test_202_and_204_report_the_reached_ceiling(maximum: int, code: str) -> None:
    audit = audited(f"frr-8.4.4/show_ip_route__maxpaths{maximum}.txt", ceiling=maximum)
    assert codes(audit) == ["ECMP101", code]


def test_201_reports_a_ceiling_lower_than_the_expectation() -> None:
    audit = audited("frr-8.4.4/show_ip_route__5nodes.txt", ceiling=4)
    assert codes(audit) == ["ECMP201"]


def test_204_reports_that_bird_does_not_merge_paths() -> None:
    audit = audited("bird-2.0.12/show_route__merge_off.txt", ceiling=1)
    assert codes(audit) == ["ECMP101", "ECMP204"]


@pytest.mark.parametrize(
    "file, prefix, severity, what",
    [
        ("frr-8.4.4/show_ip_route__rejected.txt", "172.31.5.1/32", "error", "rejected"),
        ("frr-8.4.4/show_ip_route__static_dead_nh.txt", "172.31.9.0/24", "warning", "inactive"),
        ("bird-2.0.12/show_route__kernel_refuses.txt", "172.31.1.1/32", "error", "rejected"),
    ],
    ids=["rejected", "inactive", "bird_not_in_kernel"],
)
def test_301_reports_what_is_selected_and_not_in_the_fib(file: str, prefix: str, severity: str, what: str) -> None:
    kernel = ["bird-2.0.12/linux_ip_route__kernel_refuses__rx1.txt"] if file.startswith("bird") else []
    audit = audited(file, *kernel, pools=(prefix,), nodes=())
    (finding,) = [f for f in audit.findings if f.code == "ECMP301"]
    assert (finding.severity, what in finding.message) == (severity, True), finding.message


def test_301_reports_routes_that_are_still_queued() -> None:
    audit = audited("frr-10.7.0/show_ip_route__big10k_converging.txt.gz", pools=("10.100.0.16/32",), nodes=())
    (finding,) = [f for f in audit.findings if f.code == "ECMP301"]
    assert "queued" in finding.message


def test_101_says_that_the_fallback_protocol_still_offers_the_missing_node() -> None:
    audit = audited("frr-8.4.4/show_ip_route__ospf_preferred_partial.txt")
    (finding,) = audit.findings
    assert [node.name for node in finding.missing] == ["node5"]
    assert finding.cause == "BGP still offers node5 (172.30.250.105), so only the better protocol has lost it"


def test_402_reports_a_fallback_with_fewer_next_hops() -> None:
    """No dump has a narrower fallback, so two lines are taken out of a real one."""
    narrower = dumps.text("frr-8.4.4/show_ip_route__bgp_ospf.txt").splitlines()
    ospf = next(n for n, line in enumerate(narrower) if line.startswith("O   172.31.1.1/32"))
    del narrower[ospf + 3 : ospf + 5]
    capture = Capture("tor1", None, None, "\n".join(narrower), "edited")
    expectations = Expectations.from_flags([WITHOUT_172_31_1_0], None, parse_nodes(FIVE_NODES))
    audit = audit_material(read_material([capture]), Request(expectations), all_rules())
    (finding,) = audit.findings
    assert finding.code == "ECMP402"
    assert "OSPF is the fallback for BGP with 3 next hops, expected the 5 of BGP" in finding.message


def test_no_finding_when_ospf_is_the_fallback_for_bgp_with_the_same_next_hops() -> None:
    audit = audited("frr-8.4.4/show_ip_route__bgp_ospf.txt")
    assert codes(audit) == []
    assert audit.network.notes == ("tor1: OSPF is the fallback for BGP, with the same next hops: 172.31.1.1/32",)


def test_501_names_the_unexpected_next_hop() -> None:
    audit = audited("frr-8.4.4/show_ip_route__5nodes.txt", nodes=tuple(FIVE_NODES[:4]))
    (finding,) = audit.findings
    assert (finding.code, [str(hop) for hop in finding.unexpected]) == ("ECMP501", ["172.30.250.105"])


def test_502_names_the_more_specific_route() -> None:
    audit = audited("frr-8.4.4/show_ip_route__override32.txt", pools=("172.31.2.0/25", "172.31.1.1/32"), nodes=())
    assert "ECMP502" not in codes(audit)
    inferred = audited("frr-8.4.4/show_ip_route__override32.txt", pools=(), nodes=())
    (finding,) = [f for f in inferred.findings if f.code == "ECMP502"]
    assert (finding.prefix, "172.31.2.7/32" in finding.message) == ("172.31.2.0/24", True)


@pytest.mark.parametrize(
    "file, prefix",
    [
        ("frr-10.7.0/show_ip_route__link_bandwidth_sent.txt", "172.31.1.1/32"),
        ("frr-8.4.4/show_ip_route__kernel_routes.txt", "172.31.20.0/24"),
        ("bird-2.0.12/linux_ip_route__learned_kernel__rx1.txt", "172.31.20.0/24"),
    ],
    ids=["link_bandwidth", "frr_kernel_routes", "linux"],
)
def test_701_reports_unequal_weights(file: str, prefix: str) -> None:
    audit = audited(file, pools=(prefix,), nodes=())
    assert "ECMP701" in codes(audit)


def test_004_reports_that_bird_alone_does_not_show_what_is_installed() -> None:
    assert codes(audited("bird-2.0.12/show_route__5nodes.txt")) == ["ECMP004"]
    with_kernel = audited("bird-2.0.12/show_route__5nodes.txt", "bird-2.0.12/linux_ip_route__5nodes__rx1.txt")
    assert codes(with_kernel) == []


def test_the_same_prefix_is_judged_in_each_vrf_by_itself() -> None:
    audit = audited("frr-10.7.0/show_ip_route_vrf_all__vrf.txt")
    by_vrf = {finding.vrf: [node.name for node in finding.missing] for finding in audit.findings}
    assert by_vrf == {"default": ["node1", "node2", "node4", "node5"], "blue": ["node3", "node4", "node5"]}
