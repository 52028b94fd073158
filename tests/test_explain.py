"""`ecmpaudit explain`: the whole chain of one prefix, with a mark at the broken link."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from ecmpaudit.auditing.explanation import Explanation, explain, wanted_prefix
from ecmpaudit.cli.main import app
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Capture
from ecmpaudit.reporting.explanation import explanation_code, render_explanation, render_explanation_json
from tests.audit_builders import HOSTILE_NAME
from tests.notation import parse_network

SCHEMA = Draft202012Validator(
    json.loads((Path(__file__).parent.parent / "docs" / "explain.schema.json").read_text(encoding="utf-8"))
)
SEED = "tests/fixtures/frr/show_ip_route--seed.txt"

NODE3_DOWN = """
tor1 198.51.100.7/32 via 192.0.2.1
expect 198.51.100.7/32 nodes node1=192.0.2.1, node3=192.0.2.3
node3 address 198.51.100.7/32 on kube-lb0
node3 answered addresses
node3 answered node's routes
node3 route 198.51.100.7/32 direct
tor1 answered BGP table
tor1 session 192.0.2.3 ipv4 Active since 00:12:31 error "Refused"
tor1 bgp 198.51.100.7/32 via 192.0.2.1 from 192.0.2.1 best
"""


def explained(text: str, prefix: str = "198.51.100.7/32") -> Explanation:
    return explain(parse_network(text), prefix)


def tree(text: str) -> str:
    return render_explanation(explained(text), width=0)


def test_the_whole_chain_is_shown_with_a_mark_at_the_broken_link() -> None:
    assert (
        tree(NODE3_DOWN)
        == """\
198.51.100.7/32

tor1: 1 next hop, expected 2 (the example)
  node1 (192.0.2.1): installed
    ?      asked              it was not asked
    ok     has the address, in the node's RIB, exported, session: implied: tor1 reports it as installed
    ok     candidate          tor1 has its path
    ok     best or multipath  its path is the best one
    ok     under the ceiling  it is an installed next hop
    ok     in the RIB         it is a next hop of the BGP route
    ok     in the kernel      tor1 reports it as installed
    ?      answers            tor1's neighbour entries are not known
    ?      watched            the timers of tor1's BGP session with it are not known
  node3 (192.0.2.3): missing: its BGP session to tor1 is down since 00:12:31 (Active, "Refused")
    ok     asked              it answered
    ok     has the address    198.51.100.7/32 is on its kube-lb0
    ok     in the node's RIB  its routing daemon has it as a direct route
    n/a    exported           nothing is sent over a session that is down
    BROKEN session            its BGP session to tor1 is down since 00:12:31 (Active, "Refused")
                              the example:1  tor1 session 192.0.2.3 ipv4 Active since 00:12:31 error "Refused"
    -      candidate          tor1 has no path from it
    ?      best or multipath  it has no path to compare
    ?      under the ceiling  it has no path that a ceiling could exclude
    ?      in the RIB         the BGP route does not have it
    ?      in the kernel      what the kernel has is not known
    n/a    answers            the kernel does not forward to it
    n/a    watched            the kernel does not forward to it

ok: holds; BROKEN: the first link that does not; -: does not hold either; ?: not known; n/a: not needed
"""
    )


def test_each_router_has_its_own_chains() -> None:
    text = f"{NODE3_DOWN}\ntor2 198.51.100.7/32 via 192.0.2.1, 192.0.2.3"
    tor1, tor2 = explained(text).routers
    assert [chain.diagnosis.broken is None for chain in tor1.chains] == [True, False]
    assert [chain.diagnosis.broken is None for chain in tor2.chains] == [True, True]
    assert (tor1.is_whole, tor2.is_whole) == (False, True)


UNKNOWN_LINK_LOCAL = """
    tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::9%eth0
    expect 2001:db8:100::7/128 nodes node1=2001:db8::1+fe80::1, node2=2001:db8::2
"""


@pytest.mark.parametrize("count, code", [("", 0), (", node3=2001:db8::3", 1)], ids=["enough", "one short"])
def test_a_node_whose_link_local_address_is_not_known_is_not_called_missing(count: str, code: int) -> None:
    explanation = explained(f"{UNKNOWN_LINK_LOCAL.rstrip()}{count}", "2001:db8:100::7/128")
    assert explanation_code(explanation) == code
    text = render_explanation(explanation, width=0)
    why = "cannot determine whether it is a next hop: 1 next hop is a link-local address that is in no node's list"
    assert f"  node2 (2001:db8::2): {why}\n" in text
    assert "missing" not in text
    document = json.loads(render_explanation_json(explanation))
    (node2,) = (node for node in document["routers"][0]["nodes"] if node["node"] == "node2")
    assert (node2["broken"], node2["links"]) == (None, [])
    assert node2["undetermined"] == "1 next hop is a link-local address that is in no node's list"
    assert list(SCHEMA.iter_errors(document)) == []


def test_next_hops_and_candidates_of_no_expected_node_are_shown_too() -> None:
    text = """
        tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::9%eth0
        tor1 bgp 2001:db8:100::7/128 via 2001:db8::1 fe80::1 best
        tor1 bgp 2001:db8:100::7/128 via 2001:db8::2 fe80::2 localpref 50
    """
    (router,) = explained(text, "2001:db8:100::7/128").routers
    assert [(c.node.name, c.is_installed, c.is_expected) for c in router.chains] == [
        ("2001:db8::1", True, False),
        ("2001:db8::2", False, False),
        ("fe80::9", True, False),
    ]
    assert router.chains[1].diagnosis.broken is not None
    assert router.chains[1].diagnosis.broken.link == "equal"


@pytest.mark.parametrize("prefix, base", [("198.51.100.7/32", "192.0.2."), ("2001:db8:100::7/128", "2001:db8::")])
def test_candidates_are_not_called_installed_while_no_ceiling_is_known(prefix: str, base: str) -> None:
    text = f"rx1 {prefix} via {base}1-2\nexpect {prefix} nodes {base}1-2\nrx1 shows candidates only"
    explanation = explained(text, prefix)
    assert explanation_code(explanation) == 3
    lines = render_explanation(explanation, width=0).splitlines()
    assert lines[2:4] == ["rx1: 2 candidate next hops, expected 2 (the example)", f"  {base}1: a candidate"]
    assert "    ?      under the ceiling  rx1's ceiling is not known" in lines
    assert explanation_code(explained(f"{text}\nceiling rx1 16", prefix)) == 0


def test_a_next_hop_that_only_the_kernel_lacks_is_broken_there() -> None:
    text = """
        tor1 198.51.100.7/32 via 192.0.2.1-2
        expect 198.51.100.7/32 nodes 192.0.2.1-2
        tor1 kernel 198.51.100.7/32 via 192.0.2.1
    """
    explanation = explained(text)
    broken = [chain.diagnosis.broken for chain in explanation.routers[0].chains]
    assert [step.link if step else None for step in broken] == [None, "kernel"]
    assert "reported as installed: tor1 reports it as installed, but its kernel does not have it" in tree(text)
    assert explanation_code(explanation) == 1


@pytest.mark.parametrize(
    "text, code",
    [
        pytest.param(NODE3_DOWN, 1, id="missing"),
        pytest.param("tor1 198.51.100.7/32 via 192.0.2.1\nexpect 198.51.100.7/32 count 1", 0, id="whole"),
        pytest.param("tor1 198.51.100.8/32 via 192.0.2.1", 3, id="not-there"),
        pytest.param(
            "tor1 198.51.100.7/32 via 192.0.2.1\ntor2 not checked: connection refused", 3, id="router-not-checked"
        ),
        pytest.param(f"{NODE3_DOWN}\ntor2 not checked: connection refused", 1, id="missing-and-not-checked"),
    ],
)
def test_the_exit_code_is_that_of_an_audit(text: str, code: int) -> None:
    assert explanation_code(explained(text)) == code


def test_the_json_has_every_link_of_every_node() -> None:
    document = json.loads(render_explanation_json(explained(NODE3_DOWN)))
    assert (document["prefix"], document["incomplete"], document["not_checked"]) == ("198.51.100.7/32", False, [])
    (router,) = document["routers"]
    node3 = router["nodes"][1]
    assert (node3["node"], node3["broken"], node3["confidence"]) == ("node3", "session", "certain")
    assert [(link["link"], link["state"]) for link in node3["links"]] == [
        ("asked", "ok"),
        ("address", "ok"),
        ("node route", "ok"),
        ("export", "not applicable"),
        ("session", "broken"),
        ("accepted", "broken"),
        ("equal", "unknown"),
        ("ceiling", "unknown"),
        ("RIB", "unknown"),
        ("kernel", "unknown"),
        ("neighbour", "not applicable"),
        ("detection", "not applicable"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        NODE3_DOWN,
        "tor1 198.51.100.7/32 via 192.0.2.1-2",
        (
            "tor1 vrf red 198.51.100.7/32 via 192.0.2.1\ntor2 not checked: connection refused\n"
            "expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2"
        ),
        "tor2 not checked: connection refused",
        f"{NODE3_DOWN}\ntor2 line 7 not understood: nonsense",
    ],
    ids=["broken", "nothing expected", "VRF", "no router", "a line not understood"],
)
def test_the_json_is_what_its_schema_says(text: str) -> None:
    assert list(SCHEMA.iter_errors(json.loads(render_explanation_json(explained(text))))) == []


def test_what_a_device_printed_is_escaped_in_both_forms() -> None:
    network = parse_network(NODE3_DOWN)
    sessions = tuple(replace(session, last_error=HOSTILE_NAME) for session in network.facts.sessions)
    explanation = explain(replace(network, facts=replace(network.facts, sessions=sessions)), "198.51.100.7/32")
    for form in (render_explanation(explanation, width=60), render_explanation_json(explanation)):
        assert not any(character in form for character in "\x1b\x9b\u202e\u2028\x7f")


def test_a_tree_fits_a_narrow_terminal_without_cutting_an_address() -> None:
    narrow = render_explanation(explained(NODE3_DOWN), width=50)
    assert max(map(len, narrow.splitlines())) <= 50
    assert "198.51.100.7/32" in narrow


@pytest.mark.parametrize(
    "text, prefix",
    [("198.51.100.7", "198.51.100.7/32"), ("2001:DB8::7", "2001:db8::7/128"), (" 198.51.100.0/24", "198.51.100.0/24")],
)
def test_an_address_means_its_host_prefix(text: str, prefix: str) -> None:
    assert wanted_prefix(text) == prefix


@pytest.mark.parametrize("text", ["tor1", "198.51.100.7/24", ""])
def test_what_is_no_prefix_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="expected a prefix such as"):
        wanted_prefix(text)


def test_the_command_explains_a_pasted_table_with_the_lines_it_rests_on() -> None:
    arguments = ["explain", "172.31.1.0", SEED, "--router", "tor1", "--nodes", "172.30.250.101-105"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert "tor1: 3 next hops, expected 5 (--nodes)" in result.stdout
    assert "172.30.250.103: missing, and no broken link is known" in result.stdout
    document = json.loads(CliRunner().invoke(app, [*arguments, "--format", "json"]).stdout)
    SCHEMA.validate(document)
    in_rib = document["routers"][0]["nodes"][0]["links"][8]
    assert in_rib["evidence"][0]["text"].startswith("B>* 172.31.1.0/32 [20/0] via 172.30.250.101")


def test_the_command_infers_from_siblings_what_is_not_given(tmp_path: Path) -> None:
    output = tmp_path / "chain.txt"
    result = CliRunner().invoke(app, ["explain", "172.31.1.0/32", SEED, "-q", "-o", str(output)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "expected 5 (inferred from its sibling 172.31.1.1/32)" in output.read_text()


def test_the_command_says_when_no_router_has_the_prefix() -> None:
    result = CliRunner().invoke(app, ["explain", "203.0.113.7", SEED, "--pool", "172.31.0.0/16"])
    assert result.exit_code == 3
    assert "no router that was read has this prefix: give --pool" in result.stdout


def large_explanation() -> Explanation:
    """Return 10 routers with 16 nodes; one node is missing on one router, as its session is down."""
    nodes = ", ".join(f"node{number}=192.0.2.{number}" for number in range(1, 17))
    lines = [f"expect 198.51.100.7/32 nodes {nodes}"]
    for router in range(1, 11):
        present = "192.0.2.1-11, 192.0.2.13-16" if router == 3 else "192.0.2.1-16"
        lines.append(f"tor{router} 198.51.100.7/32 via {present}")
    lines.append('tor3 session 192.0.2.12 ipv4 Active since 00:12:31 error "Refused"')
    return explained("\n".join(lines))


def test_in_a_large_fabric_what_routers_and_nodes_share_is_shown_once() -> None:
    lines = render_explanation(large_explanation(), width=0).splitlines()
    assert lines[:4] == [
        "198.51.100.7/32",
        "",
        "9 routers (tor1, tor2, tor4 … tor10): 16 next hops, expected 16 (the example)",
        "tor3: 15 next hops, expected 16 (the example)",
    ]
    heads = [line for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert heads[0].startswith(
        "  16 nodes (node1 … node16) on 10 routers (tor1 … tor10), 159 pairs of these: installed"
    )
    assert heads[1:] == [
        '  node12 on tor3: missing, likely because its BGP session to tor3 is down since 00:12:31 (Active, "Refused")'
    ]
    assert sum("BROKEN session" in line for line in lines) == 1
    assert len(lines) < 40


def test_each_chain_of_a_large_fabric_is_shown_with_verbose() -> None:
    text = render_explanation(large_explanation(), width=0, verbose=True)
    assert text.count(": installed\n") == 159
    assert "likely because its BGP session to tor3 is down" in text


def test_it_says_by_which_way_each_node_was_asked() -> None:
    network = parse_network(NODE3_DOWN)
    captures = [
        Capture(name, "frr", "ip -j address", "[]", f"{way}: ip -j address", started="2026-11-27T12:00:00.000+00:00")
        for name, way in (("node1", "ssh node1"), ("node3", "kubectl exec network/speaker-3/frr"), ("tor1", "ssh tor1"))
    ]
    lines = render_explanation(explain(network, "198.51.100.7/32", captures), width=0).splitlines()
    assert "asked otherwise than over SSH: node3 by kubectl exec network/speaker-3/frr" in lines
    assert "asked over SSH: node1" in lines
    by_ssh = render_explanation(explain(network, "198.51.100.7/32", captures[:1]), width=0)
    assert "over SSH" not in by_ssh
