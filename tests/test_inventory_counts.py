"""Which hosts are audited as routers, and that the counts of a report add up to the routers that were asked."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.auditing.failed_captures import failed_by
from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import Material, audit_material, network_of_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.errors import DamagedOutputError
from ecmpaudit.model import Audit, Capture, Severity
from ecmpaudit.parsing.plan import TOO_LATE
from ecmpaudit.parsing.resolved import resolve
from ecmpaudit.reporting.html import render_html
from ecmpaudit.reporting.json_report import render_json
from ecmpaudit.reporting.markdown import render_markdown
from ecmpaudit.reporting.text import render_text
from ecmpaudit.reporting.verdict import exit_code
from ecmpaudit.rules import all_rules

if TYPE_CHECKING:
    from pathlib import Path

PREFIX_4, PREFIX_6 = "198.51.100.7/32", "2001:db8:100::7/128"
KUBE_LB0 = '[{"ifindex": 7, "ifname": "kube-lb0", "addr_info": [{"family": "%s", "local": "%s", "prefixlen": %d}]}]'
HAS_KUBE_LB0 = {
    4: KUBE_LB0 % ("inet", "198.51.100.7", 32),
    6: KUBE_LB0 % ("inet6", "2001:db8:100::7", 128),
}
CONFIGURATION: dict[str, Any] = {
    "routers": {"tor1": {"host": "192.0.2.1", "platform": "frr"}, "tor2": {"host": "192.0.2.2", "platform": "frr"}},
    "nodes": {"node1": {"addresses": ["192.0.2.101", "2001:db8::101"]},
              "node2": {"addresses": ["192.0.2.102", "2001:db8::102"]}},
    "clusters": {"prod": {"pools": ["198.51.100.0/24", "2001:db8:100::/64"]}},
}  # fmt: skip


def table(router: str, family: int, next_hops: int) -> Capture:
    """Return the route table of a router, with the prefix over so many nodes."""
    via = [f"192.0.2.{100 + n}" if family == 4 else f"2001:db8::{100 + n}" for n in range(1, next_hops + 1)]
    prefix = PREFIX_4 if family == 4 else PREFIX_6
    lines = [f"B>* {prefix} [20/0] via {via[0]}, eth0, 00:01:21"]
    lines += [f"  *    via {hop}, eth0, 00:01:21" for hop in via[1:]]
    command = f"vtysh -c 'show {'ip' if family == 4 else 'ipv6'} route vrf all'"
    return Capture(router, "frr", command, "\n".join(lines) + "\n", f"ssh {router}: {command}")


def addresses(router: str, text: str) -> Capture:
    return Capture(router, "frr", "ip -j address", text, f"ssh {router}: ip -j address")


def failed(router: str, command: str, *, is_given_up: bool = False) -> Capture:
    reason = "not asked: the run's deadline was over" if is_given_up else "permission denied"
    return Capture(router, "frr", command, "", f"ssh {router}: {command}", failure=reason, is_given_up=is_given_up)


def request_of(folder: Path, **changes: Any) -> Request:
    """Return the request of the configuration with changed sections."""
    file = folder / "ecmpaudit.yaml"
    file.write_text(json.dumps(CONFIGURATION | changes), encoding="utf-8")
    return Request.of(ScopeOptions(config=file))


def material_of(request: Request, *captures: Capture) -> Material:
    return read_material(captures, only=request.audited, nodes=request.nodes, routers=request.routers)


def audit_of(request: Request, *captures: Capture) -> Audit:
    return audit_material(material_of(request, *captures), request, all_rules())


def not_checked(audit: Audit) -> list[str]:
    """Return what is said of hosts that were not, or not completely, checked."""
    return [finding.message for finding in audit.findings if finding.code == "ECMP001"]


def counts(audit: Audit) -> dict[str, int]:
    counted: dict[str, int] = json.loads(render_json(audit))["summary"]["routers"]
    return counted


@pytest.mark.parametrize("family", [4, 6])
def test_a_configured_router_with_load_balancer_addresses_stays_a_router(tmp_path: Path, family: int) -> None:
    request = request_of(tmp_path)
    captures = [table("tor1", family, 1), addresses("tor1", HAS_KUBE_LB0[family]), table("tor2", family, 2)]
    audit = audit_of(request, *captures)
    assert counts(audit) == {"checked": 2, "partly_checked": 0, "not_checked": 0}
    assert [(f.code, f.router) for f in audit.findings if f.code == "ECMP101"] == [("ECMP101", "tor1")]


@pytest.mark.parametrize("family", [4, 6])
def test_a_host_that_is_named_nowhere_and_shows_them_counts_as_a_node_and_the_report_says_so(family: int) -> None:
    material = read_material([table("tor1", family, 1), addresses("tor1", HAS_KUBE_LB0[family])])
    audit = audit_material(material, Request.of(ScopeOptions()), all_rules())
    assert exit_code(audit, Severity.WARNING) == 3
    (finding,) = audit.findings
    assert finding.message.startswith("no route table of a router was read")
    (note,) = audit.network.notes
    assert note == (
        "not audited, as these have load-balancer addresses of their own and so count as nodes: tor1; "
        "name a router under `routers:`"
    )


def test_a_router_whose_addresses_are_those_of_a_node_as_well_is_both(tmp_path: Path) -> None:
    request = request_of(tmp_path)
    material = material_of(request, table("tor1", 4, 2), addresses("tor1", HAS_KUBE_LB0[4]))
    assert [address.address for address in material.facts.addresses_of["tor1"]] == ["198.51.100.7/32"]
    assert [table.router for table in material.tables] == ["tor1"]


def test_a_configured_router_that_was_not_asked_is_named(tmp_path: Path) -> None:
    audit = audit_of(request_of(tmp_path), table("tor1", 4, 2))
    assert audit.network.notes == ("not asked, or without any output here: tor2 of the configured routers",)
    assert counts(audit) == {"checked": 1, "partly_checked": 0, "not_checked": 0}


def test_every_router_that_was_asked_is_counted(tmp_path: Path) -> None:
    request = request_of(tmp_path)
    audit = audit_of(request, table("tor1", 4, 2), failed("tor2", "vtysh -c 'show ip route vrf all'"))
    assert counts(audit) == {"checked": 1, "partly_checked": 0, "not_checked": 1}


@pytest.mark.parametrize("family", [4, 6])
def test_a_router_of_which_only_facts_were_read_is_not_checked(tmp_path: Path, family: int) -> None:
    audit = audit_of(request_of(tmp_path), table("tor1", family, 2), addresses("tor2", "[]"))
    assert counts(audit) == {"checked": 1, "partly_checked": 0, "not_checked": 1}
    assert not_checked(audit) == ["tor2: not checked: it was asked, and no output of it was judged"]
    assert exit_code(audit, Severity.WARNING) == 3


def test_counts_that_do_not_add_up_are_incomplete_whatever_the_rules_are(tmp_path: Path) -> None:
    request = request_of(tmp_path)
    material = replace(material_of(request, table("tor1", 4, 2)), hosts=frozenset({"tor1", "tor2"}))
    audit = Audit(network_of_material(material, request))
    assert audit.is_incomplete
    assert counts(audit) == {"checked": 1, "partly_checked": 0, "not_checked": 1}


ONLY_IPV6 = {
    "nodes": {"node1": {"addresses": ["2001:db8::101"]}, "node2": {"addresses": ["2001:db8::102"]}},
    "clusters": {"prod": {"pools": ["2001:db8:100::/64"]}},
}
TWO_CLUSTERS = {
    "clusters": {
        "a": {"pools": ["198.51.100.0/25"], "routers": ["tor1", "tor2"]},
        "b": {"pools": ["198.51.100.128/25"], "routers": ["tor2", "tor1"], "expect": 2},
    }
}
ODD_INVENTORIES: dict[str, tuple[dict[str, Any], list[Capture], dict[str, int]]] = {
    "a router in two clusters": (
        TWO_CLUSTERS,
        [table("tor1", 4, 2), table("tor2", 4, 2)],
        {"checked": 2, "partly_checked": 0, "not_checked": 0},
    ),
    "IPv6 alone": (
        ONLY_IPV6,
        [table("tor1", 6, 2), table("tor2", 6, 1)],
        {"checked": 2, "partly_checked": 0, "not_checked": 0},
    ),
    "IPv6 alone, and one router was not reached": (
        ONLY_IPV6,
        [table("tor1", 6, 2), failed("tor2", "vtysh -c 'show ipv6 route vrf all'")],
        {"checked": 1, "partly_checked": 0, "not_checked": 1},
    ),
    "a node and a router with load-balancer addresses, and a router with one family": (
        {},
        [
            table("tor1", 4, 2),
            addresses("tor1", HAS_KUBE_LB0[4]),
            addresses("node1", HAS_KUBE_LB0[6]),
            table("tor2", 4, 2),
            failed("tor2", "vtysh -c 'show ipv6 route vrf all'"),
        ],
        {"checked": 1, "partly_checked": 1, "not_checked": 0},
    ),
    "a router of which nothing but garbage came, and one of which nothing came": (
        {},
        [
            replace(table("tor1", 4, 2), text="?? segmentation fault\n", started="2026-11-20T10:15:00+00:00"),
            failed("tor2", "vtysh -c 'show ip route vrf all'"),
            failed("tor2", "ip -j address"),
        ],
        {"checked": 0, "partly_checked": 0, "not_checked": 2},
    ),
    "a node's table beside those of both routers": (
        {},
        [table("node1", 4, 2), table("tor1", 4, 2), table("tor2", 4, 2)],
        {"checked": 2, "partly_checked": 0, "not_checked": 0},
    ),
}


@pytest.mark.parametrize("case", ODD_INVENTORIES)
def test_the_counts_add_up_to_the_inventory(tmp_path: Path, case: str) -> None:
    changes, captures, expected = ODD_INVENTORIES[case]
    audit = audit_of(request_of(tmp_path, **changes), *captures)
    assert counts(audit) == expected
    assert sum(expected.values()) == len(CONFIGURATION["routers"])
    assert audit.network.uncounted == ()


def test_a_host_that_is_a_node_and_a_router_is_counted_as_a_router_once(tmp_path: Path) -> None:
    request = request_of(tmp_path)
    captures = [table("tor1", 4, 2), addresses("tor1", HAS_KUBE_LB0[4]), table("tor2", 4, 2)]
    material = read_material(captures, nodes={"tor1", *request.nodes}, routers=request.routers)
    audit = audit_material(material, request, all_rules())
    assert counts(audit) == {"checked": 2, "partly_checked": 0, "not_checked": 0}
    assert [state.name for state in audit.network.routers if not state.is_node] == ["tor1", "tor2"]


FORMS = {
    "text": lambda audit: render_text(audit, width=0, color=False),
    "JSON": render_json,
    "HTML": render_html,
    "Markdown": render_markdown,
}


@pytest.mark.parametrize("form", FORMS)
def test_nodes_are_counted_apart_from_routers(tmp_path: Path, form: str) -> None:
    request = request_of(tmp_path)
    given_up = failed("node1", "ip -j address", is_given_up=True)
    audit = audit_of(request, table("tor1", 4, 2), given_up, failed("node2", "ip -j address"))
    assert counts(audit) == {"checked": 1, "partly_checked": 0, "not_checked": 0}
    shown = {
        "text": "routers: 1 checked, 0 not checked\nnodes: 0 only partly checked, 2 not checked\n",
        "JSON": '"nodes": {\n      "partly_checked": 0,\n      "not_checked": 2\n    }',
        "HTML": "<dt>Nodes not checked</dt><dd>2<small> and 0 only partly</small></dd>",
        "Markdown": "0 not checked. Nodes: 0 only partly checked, 2 not checked. Prefixes:",
    }
    assert shown[form] in FORMS[form](audit)


@pytest.mark.parametrize(
    "command",
    ["vtysh -c 'show running-config'", "ip -j -4 route show table all", "vtysh -c 'show bgp vrf all summary json'"],
)
def test_an_answer_that_only_adds_to_others_makes_the_run_incomplete_where_it_was_given_up(
    tmp_path: Path, command: str
) -> None:
    in_scan = replace(failed("tor1", command, is_given_up=True), started="2026-11-20T10:15:00+00:00")
    audit = audit_of(request_of(tmp_path), table("tor1", 4, 2), in_scan)
    assert not_checked(audit) == [f"tor1: not completely checked: {command}: not asked: the run's deadline was over"]


def test_an_answer_that_was_not_read_in_time_is_not_checked() -> None:
    material = read_material([table("tor1", 4, 2), addresses("tor1", "[]")], budget=AnswerBudget(until=0.0))
    assert [capture.command for capture in material.failed] == ["vtysh -c 'show ip route vrf all'", "ip -j address"]


def test_a_table_of_a_node_that_was_not_read_in_time_makes_the_run_incomplete(tmp_path: Path) -> None:
    error = DamagedOutputError(f"ssh node1: show ip route: {TOO_LATE}")
    capture = replace(table("node1", 4, 2), source="ssh node1: show ip route", started="2026-11-20T10:15:00+00:00")
    failed_capture = failed_by(error, capture, resolve(capture)).capture
    assert (failed_capture.failure, failed_capture.is_given_up) == (TOO_LATE, True)
    assert exit_code(audit_of(request_of(tmp_path), table("tor1", 4, 2), failed_capture), Severity.WARNING) == 3


# A file that a daemon is started with says nothing of a host on which this daemon does not answer.

BIRD_CONF = "protocol device {}\nprotocol kernel { ipv4 { export all; }; }\nprotocol kernel { ipv6 { export all; }; }\n"
NO_BIRDC = "no such command (exit status 127: sh: birdc: not found); check platform and command_prefix"


def bird(command: str, text: str = "", *, failure: str | None = None) -> Capture:
    return Capture("tor1", "bird", command, text, f"ssh tor1: {command}", failure=failure)


def kernel_table(family: int) -> Capture:
    prefix = PREFIX_4 if family == 4 else PREFIX_6
    via = [f"192.0.2.{100 + n}" if family == 4 else f"2001:db8::{100 + n}" for n in (1, 2)]
    hops = [{"gateway": hop, "dev": "eth0", "weight": 1, "flags": []} for hop in via]
    route = {"dst": prefix, "protocol": "bgp", "metric": 20, "flags": [], "nexthops": hops}
    return bird(f"ip -j -{family} route show table all", json.dumps([route]))


@pytest.mark.parametrize("family", [4, 6])
def test_the_file_of_a_daemon_that_does_not_answer_gives_no_ceiling(tmp_path: Path, family: int) -> None:
    request = request_of(tmp_path)
    of_daemon = [bird(f"birdc -r '{words}'", failure=NO_BIRDC) for words in ("show route all", "show protocols all")]
    captures = [*of_daemon, kernel_table(family), bird("cat /etc/bird/bird.conf", BIRD_CONF)]
    audit = audit_of(request, *captures)
    assert {f.code for f in audit.findings} == {"ECMP001", "ECMP003"}
    assert [prefix.ceiling for prefix in audit.network.prefixes] == [None]
    assert material_of(request, *captures).facts.settings == ()


@pytest.mark.parametrize("family", [4, 6])
def test_the_file_of_a_daemon_that_answers_gives_its_ceiling(tmp_path: Path, family: int) -> None:
    show_protocols = bird("birdc -r 'show protocols all'", "BIRD 2.0.12 ready.\nName Proto Table State Since Info\n")
    captures = [show_protocols, kernel_table(family), bird("cat /etc/bird/bird.conf", BIRD_CONF)]
    (prefix,) = audit_of(request_of(tmp_path), *captures).network.prefixes
    assert prefix.ceiling is not None
    assert prefix.ceiling.value == 1


# A kernel's table that was not read in full lacks nothing.


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("damage", ["cut", "a line that is not understood"])
def test_a_next_hop_on_a_line_of_the_kernel_that_was_not_read_is_not_called_absent(
    tmp_path: Path, family: int, damage: str
) -> None:
    via = [f"192.0.2.{100 + n}" if family == 4 else f"2001:db8::{100 + n}" for n in (1, 2)]
    prefix = (PREFIX_4 if family == 4 else PREFIX_6).partition("/")[0]
    lines = [f"\tnexthop via {hop} dev eth0 weight 1\n" for hop in via]
    whole = f"{prefix} proto bgp metric 20\n{''.join(lines)}"
    text = whole[:-20] if damage == "cut" else whole.replace(lines[1], f"\tnexthop through {via[1]}\n")
    command = f"ip -{family} route show table all"
    kernel = Capture("tor1", "linux", command, text, f"ssh tor1: {command}", started="2026-11-20T10:15:00+00:00")
    audit = audit_of(request_of(tmp_path), table("tor1", family, 2), kernel)
    assert "ECMP302" not in {finding.code for finding in audit.findings}
    assert exit_code(audit, Severity.WARNING) == 3
