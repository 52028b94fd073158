"""What hosts answered and did not answer: which question a command is about, and what stays undetermined without it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecmpaudit.auditing.failed_captures import (
    FailedCapture,
    is_daemon_file,
    is_of_daemon,
    is_optional,
    left_open_by,
    questions_of,
)
from ecmpaudit.auditing.repeated_tables import OlderOutput, newest
from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import audit_material, network_of_material, read_material
from ecmpaudit.auditing.unavailable import Unavailable, without_kernels
from ecmpaudit.auditing.undetermined import not_answered
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.model import Capture, Network, RouterState
from ecmpaudit.model.facts import Facts
from ecmpaudit.model.questions import OpenQuestion, Question
from ecmpaudit.parsing.resolved import resolve
from ecmpaudit.rules import all_rules
from tests.notation import parse_network

NOBODY: frozenset[str] = frozenset()

# what a command is about


def asked(platform: str, command: str | None, router: str = "tor1") -> FailedCapture:
    """Return a command that failed."""
    capture = Capture(router, platform, command, "", "ssh tor1", failure="refused")
    return FailedCapture(capture, resolve(capture))


@pytest.mark.parametrize(
    "platform, command, of_daemon, optional, question",
    [
        pytest.param("frr", "show ip route", True, False, Question.ROUTES, id="FRR-routes"),
        pytest.param("frr", "show ipv6 route", True, False, Question.ROUTES, id="FRR-routes-IPv6"),
        pytest.param("frr", "show bgp ipv4 unicast", True, True, Question.BGP_TABLE, id="FRR-BGP-table"),
        pytest.param("frr", "show bgp summary", True, True, Question.SESSIONS, id="FRR-sessions"),
        pytest.param("frr", "ip -4 route", False, True, Question.KERNEL_ROUTES, id="kernel-beside-FRR"),
        pytest.param("frr", "ip -j address", False, True, Question.ADDRESSES, id="addresses-beside-FRR"),
        pytest.param("bird", "birdc show route", True, False, Question.ROUTES, id="BIRD-routes"),
        pytest.param("bird", "cat /etc/bird/bird.conf", False, True, Question.CONFIGURATION, id="file-of-BIRD"),
        pytest.param("bird", "ip -4 route", False, False, Question.ROUTES, id="kernel-beside-BIRD-shows-the-set"),
        pytest.param("linux", "ip -4 route", False, False, Question.ROUTES, id="kernel-alone"),
    ],
)
def test_what_a_command_of_a_router_is_about(
    platform: str, command: str, of_daemon: bool, optional: bool, question: Question
) -> None:
    failed = asked(platform, command)
    assert is_of_daemon(failed.capture, failed.resolved) is of_daemon
    assert is_daemon_file(failed.resolved) is command.endswith(".conf")
    assert is_optional(failed) is optional
    assert questions_of(failed.capture, failed.resolved, NOBODY, NOBODY) == (question,)


def test_a_text_of_an_unknown_platform_is_no_daemons_and_never_optional() -> None:
    pasted = asked("none", None)
    assert not is_of_daemon(pasted.capture, pasted.resolved)
    assert not is_optional(pasted)


@pytest.mark.parametrize(
    "platform, command, nodes, unaudited, questions",
    [
        pytest.param("bird", "birdc show route", {"node1"}, {"node1"}, [Question.NODE_ROUTES], id="node"),
        pytest.param(
            "bird", "birdc show route", {"node1"}, NOBODY, [Question.NODE_ROUTES, Question.ROUTES], id="node-and-router"
        ),
        pytest.param("bird", "birdc show route", NOBODY, NOBODY, [Question.ROUTES], id="router"),
        pytest.param("frr", "ip -4 route", {"node1"}, {"node1"}, [], id="kernel-of-a-node"),
        pytest.param("frr", "ip -4 route", {"node1"}, NOBODY, [Question.KERNEL_ROUTES], id="kernel-of-both"),
    ],
)
def test_routes_of_a_node_are_another_question_than_those_of_a_router(
    platform: str, command: str, nodes: set[str], unaudited: set[str], questions: list[Question]
) -> None:
    failed = asked(platform, command, "node1")
    assert list(questions_of(failed.capture, failed.resolved, nodes, unaudited)) == questions


def test_a_question_that_one_answer_is_enough_for_is_left_open_by_no_other() -> None:
    assert list(left_open_by(asked("frr", "show version"), NOBODY, NOBODY)) == []
    assert list(left_open_by(asked("frr", "show bgp summary"), NOBODY, NOBODY)) == [("tor1", Question.SESSIONS, None)]
    assert list(left_open_by(asked("frr", "show ip route"), NOBODY, NOBODY)) == [("tor1", Question.ROUTES, 4)]


# what stays undetermined

TWO_FAMILIES = "tor1 198.51.100.7/32 via 192.0.2.1\ntor1 2001:db8:100::7/128 via 2001:db8::1"


def open_question(
    question: Question, family: int | None = None, host: str = "tor1", *, is_answered_otherwise: bool = False
) -> OpenQuestion:
    """Return a question that was asked and not answered."""
    return OpenQuestion(host, question, family, "a command", "refused", is_answered_otherwise)


def undetermined(
    text: str,
    *questions: OpenQuestion,
    unavailable: Unavailable = Unavailable(),  # noqa: B008 - it is frozen
) -> tuple[list[str], list[int], list[str], bool]:
    """Return the codes, families and links that one command leaves undetermined, and whether that is configured."""
    network = parse_network(text)
    facts = Facts(not_answered=questions)
    network = Network(routers=network.routers, prefixes=network.prefixes, facts=facts, links=network.links)
    (entry,) = not_answered(network, all_rules(), unavailable)
    assert (entry.command, entry.reason) == ("a command", "refused")
    return list(entry.undetermined), list(entry.families), list(entry.causes), entry.is_unavailable


@pytest.mark.parametrize(
    "text, family, codes, families",
    [
        pytest.param(TWO_FAMILIES, None, ["ECMP302", "ECMP305", "ECMP707"], [4, 6], id="both"),
        pytest.param(TWO_FAMILIES, 4, ["ECMP302", "ECMP305", "ECMP707"], [4], id="IPv4"),
        pytest.param(TWO_FAMILIES, 6, ["ECMP302", "ECMP305", "ECMP707"], [6], id="IPv6"),
        pytest.param(
            "tor1 198.51.100.7/32 via 192.0.2.1", None, ["ECMP302", "ECMP305", "ECMP707"], [4], id="IPv4-is-judged"
        ),
        pytest.param("tor1 198.51.100.7/32 via 192.0.2.1", 6, [], [], id="the-other-family-is-judged"),
        pytest.param("tor2 198.51.100.7/32 via 192.0.2.1", 4, [], [], id="another-router-is-judged"),
    ],
)
def test_a_rule_is_undetermined_in_the_families_that_are_judged(
    text: str, family: int | None, codes: list[str], families: list[int]
) -> None:
    question = open_question(Question.KERNEL_ROUTES, family)
    links = ["kernel"] if "tor1" in text else []
    assert undetermined(text, question) == (codes, families, links, False)


@pytest.mark.parametrize("family, families", [(None, [4, 6]), (4, [4]), (6, [6])])
def test_without_its_routes_all_of_a_router_is_undetermined(family: int | None, families: list[int]) -> None:
    codes, found, _, _ = undetermined("link tor1 of leaves to spine1 of spines", open_question(Question.ROUTES, family))
    assert found == families
    assert set(codes) == {rule.code for rule in all_rules() if Question.ROUTES in rule.needs}


def test_what_another_command_answered_is_not_undetermined() -> None:
    answered = open_question(Question.BUILD, is_answered_otherwise=True)
    assert undetermined(TWO_FAMILIES, answered)[0] == []
    assert undetermined(TWO_FAMILIES, open_question(Question.BUILD))[0] == ["ECMP201", "ECMP202", "ECMP203", "ECMP204"]


@pytest.mark.parametrize(
    "hops, codes",
    [
        pytest.param("2001:db8::1, fe80::2%eth0", ["ECMP101", "ECMP501"], id="a-next-hop-may-be-node2s"),
        pytest.param("2001:db8::1, 2001:db8::2", [], id="node2-is-present"),
        pytest.param("2001:db8::1", [], id="node2-is-missing"),
        pytest.param("2001:db8::2, fe80::2%eth0", [], id="the-next-hop-may-be-node1s"),
    ],
)
def test_addresses_of_a_node_matter_where_a_next_hop_may_be_its_own(hops: str, codes: list[str]) -> None:
    text = f"tor1 2001:db8:100::7/128 via {hops}\n"
    text += "expect 2001:db8:100::7/128 nodes node1=2001:db8::1, node2=2001:db8::2"
    found, families, links, _ = undetermined(text, open_question(Question.ADDRESSES, host="node2"))
    assert (found, families, links) == (codes, [6] if codes else [], ["address"])


@pytest.mark.parametrize(
    "unavailable, is_expected",
    [
        pytest.param(Unavailable(frozenset({Question.SESSIONS, Question.BGP_TABLE})), True, id="of-every-host"),
        pytest.param(
            Unavailable(of_host={"tor1": frozenset({Question.SESSIONS, Question.BGP_TABLE})}), True, id="of-the-host"
        ),
        pytest.param(
            Unavailable(of_host={"tor2": frozenset({Question.SESSIONS, Question.BGP_TABLE})}), False, id="of-another"
        ),
        pytest.param(Unavailable(frozenset({Question.SESSIONS})), False, id="one-of-the-two"),
    ],
)
def test_a_command_is_unavailable_if_all_that_it_would_answer_is(unavailable: Unavailable, is_expected: bool) -> None:
    questions = [open_question(Question.SESSIONS), open_question(Question.BGP_TABLE)]
    assert undetermined(TWO_FAMILIES, *questions, unavailable=unavailable)[3] is is_expected


# what the tables of nodes and kernels say

NODE_TABLE = """\
BIRD 2.0.12 ready.
Table master4:
198.51.100.7/32      unicast [direct1 19:41:11.171] * (240)
\tdev kube-lb0
203.0.113.0/24       unicast [tor1 19:41:11.171] * (100) [AS64497i]
\tvia 192.0.2.254 on eth0
"""
KERNEL_4 = "198.51.100.7 via 192.0.2.1 dev eth0 proto zebra metric 20\n"
KERNEL_6 = "2001:db8:100::7 via 2001:db8::1 dev eth0 proto zebra metric 20\n"


def facts_of(platform: str, command: str | None, text: str, *nodes: str) -> Facts:
    """Return the facts of one table."""
    return read_material([Capture("host", platform, command, text, "host.txt")], nodes=nodes).facts


def test_a_nodes_own_routes_are_those_that_it_did_not_learn() -> None:
    facts = facts_of("bird", "birdc show route", NODE_TABLE, "host")
    assert [(route.node, route.prefix) for route in facts.node_routes] == [("host", "198.51.100.7/32")]
    assert facts.knows("host", Question.NODE_ROUTES, 4)


@pytest.mark.parametrize(
    "platform, command, text",
    [
        pytest.param("bird", "birdc show route", f"{NODE_TABLE}a line of no route\n", id="not-understood"),
        pytest.param("linux", "ip -4 route", KERNEL_4, id="kernel"),
    ],
)
def test_a_nodes_table_that_is_not_understood_or_a_kernels_says_not_what_it_lacks(
    platform: str, command: str, text: str
) -> None:
    assert not facts_of(platform, command, text, "host").knows("host", Question.NODE_ROUTES, 4)


@pytest.mark.parametrize(
    "command, text, families",
    [
        pytest.param("ip -4 route", KERNEL_4, {4}, id="IPv4"),
        pytest.param("ip -6 route", KERNEL_6, {6}, id="IPv6"),
        pytest.param(None, KERNEL_4 + KERNEL_6, {4, 6}, id="pasted"),
        pytest.param(None, KERNEL_6, {6}, id="pasted-IPv6"),
        pytest.param("ip -4 route", f"{KERNEL_4}a line of no route\n", set(), id="not-understood"),
        pytest.param("ip -4 route show 198.51.100.7", KERNEL_4, set(), id="of-one-prefix"),
    ],
)
def test_a_kernel_lacks_what_its_whole_table_of_the_family_does_not_have(
    command: str | None, text: str, families: set[int]
) -> None:
    facts = facts_of("linux", command, text)
    assert {family for family in (4, 6) if facts.knows("host", Question.KERNEL_ROUTES, family)} == families


def test_a_daemons_table_says_nothing_about_the_kernel() -> None:
    table = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05\n"
    assert not facts_of("frr", "show ip route", table).knows("host", Question.KERNEL_ROUTES, 4)


# an output that a newer one replaces


@pytest.mark.parametrize(
    "router, command, said",
    [
        pytest.param(
            "tor1",
            "show ip route",
            "tor1: session.txt:9 is the newest output of `show ip route` and is judged; session.txt:1 is older",
            id="router-and-command",
        ),
        pytest.param(
            None,
            None,
            "session.txt:9 is the newest output of the same table and is judged; session.txt:1",
            id="neither",
        ),
    ],
)
def test_an_older_output_is_named_with_its_line(router: str | None, command: str | None, said: str) -> None:
    older, newer = (Capture(router, "frr", command, "", "session.txt", first_line=line) for line in (1, 9))
    assert str(OlderOutput(older, newer)).startswith(said)


# a run without any table


@pytest.mark.parametrize(
    "host, is_node, has_table, code",
    [
        pytest.param("tor1", False, True, [], id="router-with-a-table"),
        pytest.param("tor1", False, False, ["ECMP001"], id="router-without-an-answer"),
        pytest.param("node1", True, False, ["ECMP001"], id="node-without-an-answer"),
    ],
)
def test_who_did_not_answer_is_reported_as_router_or_node(
    host: str, is_node: bool, has_table: bool, code: list[str]
) -> None:
    table = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05\n"
    capture = Capture(
        host,
        "frr",
        "show ip route",
        table if has_table else "",
        f"ssh {host}",
        failure=None if has_table else "refused",
    )
    material = read_material([capture], nodes=["node1"])
    audit = audit_material(material, Request(Expectations.from_flags(["198.51.100.0/24"], None, ())), all_rules())
    assert [finding.code for finding in audit.findings] == code
    assert [state.is_node for state in audit.network.routers if state.failure] == ([] if has_table else [is_node])


# why a question stays open

POLICY = "net.ipv4.fib_multipath_hash_policy"
TABLE = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05\n"


def open_reasons(platform: str, command: str, text: str, failure: str | None = None) -> list[tuple[str, str]]:
    """Return the questions that a router left open, each with the reason."""
    capture = Capture(
        "tor1", platform, command, text, "ssh tor1", failure=failure, started="2026-11-20T10:15:00Z", exit_status=0
    )
    found = read_material([capture]).facts.not_answered
    assert {(one.host, one.command) for one in found} <= {("tor1", command)}
    return [(str(one.question), one.reason) for one in found]


@pytest.mark.parametrize(
    "text, reason",
    [
        pytest.param(f"{POLICY} = 0\n", None, id="complete"),
        pytest.param(f"{POLICY} = 0", "cut off: the last line has no line end", id="no-line-end"),
        pytest.param(f"{POLICY} = 0\nwhat\n", "1 line not understood; it is line 2: what", id="one-line"),
        pytest.param(f"{POLICY} = 0\nwhat\nwho\n", "2 lines not understood; the first is line 2: what", id="two-lines"),
        pytest.param(
            f"{POLICY} = 0\n{'x' * 81}\n", f"1 line not understood; it is line 2: {'x' * 80}", id="a-long-line"
        ),
    ],
)
def test_an_answer_that_is_cut_or_not_understood_leaves_its_question_open(text: str, reason: str | None) -> None:
    found = open_reasons("linux", f"sysctl {POLICY}", text)
    assert found == ([] if reason is None else [("multipath hash policy", reason)])


@pytest.mark.parametrize(
    "platform, command, text, failure, found",
    [
        pytest.param(
            "linux", f"sysctl {POLICY}", "", "timed out", [("multipath hash policy", "timed out")], id="no-answer"
        ),
        pytest.param("frr", "show ip route", "", "timed out", [("routes", "timed out")], id="no-routes"),
        pytest.param(
            "bird",
            "cat /etc/bird/bird.conf",
            "protocol kernel { ipv4 { export all; }; merge paths on; }",
            None,
            [],
            id="a-file-needs-no-line-end",
        ),
        pytest.param("linux", "ip -j address", "[]", None, [], id="JSON-needs-no-line-end"),
        pytest.param("frr", "show ip route", TABLE, None, [], id="routes"),
        pytest.param(
            "frr",
            "show ip route",
            TABLE.rstrip(),
            None,
            [("routes", "cut off: the last line has no line end")],
            id="routes-without-line-end",
        ),
        pytest.param("frr", "show zebra", "% Unknown command: show zebra\n", None, [], id="unknown-command"),
        pytest.param("frr", "show bgp summary", "", "failed to connect to any daemons.", [], id="silent-daemon"),
    ],
)
def test_which_answers_leave_a_question_open(
    platform: str, command: str, text: str, failure: str | None, found: list[tuple[str, str]]
) -> None:
    assert open_reasons(platform, command, text, failure) == found


def test_a_pasted_text_was_not_asked_for_and_leaves_nothing_open() -> None:
    pasted = [Capture("tor1", "linux", None, f"{POLICY} = 0\nwhat\n", "-"), Capture(None, "frr", None, "?", "-")]
    assert read_material(pasted).facts.not_answered == ()


def of_a_scan(host: str, platform: str, command: str, text: str, failure: str | None = None) -> Capture:
    """Return an answer of a scan."""
    return Capture(host, platform, command, text, f"ssh {host}", failure=failure, started="2026-11-20T10:15:00Z")


def test_a_command_that_a_version_does_not_know_is_named() -> None:
    unknown = of_a_scan("tor1", "frr", "show zebra", "% Unknown command: show zebra\n")
    known = of_a_scan("tor1", "linux", f"sysctl {POLICY}", f"{POLICY} = 0\n")
    assert read_material([unknown, known]).unknown_commands == (("tor1", "show zebra"),)


def test_a_command_that_bird_does_not_know_is_named_though_it_was_read() -> None:
    text = "BIRD 1.6.8 ready.\nsyntax error\n"
    protocols = of_a_scan("rx1", "bird", "birdc show protocols all", text)
    configuration = of_a_scan("rx1", "bird", "cat /etc/bird/bird.conf", BIRD_CONF)
    assert read_material([protocols, configuration]).unknown_commands == (("rx1", "birdc show protocols all"),)


ZEBRA = "OS                             Linux\nECMP Maximum                   64\n"


@pytest.mark.parametrize(
    "failed, answered, is_answered_otherwise",
    [
        pytest.param(("frr", "show version"), ("frr", "show zebra", ZEBRA), True, id="the-build-by-zebra"),
        pytest.param(
            ("frr", "show version"), ("linux", f"sysctl {POLICY}", f"{POLICY} = 0\n"), False, id="the-build-by-nobody"
        ),
        pytest.param(
            ("linux", f"sysctl {POLICY} net.ipv6.fib_multipath_hash_policy"),
            ("linux", f"sysctl {POLICY}", f"{POLICY} = 0\n"),
            False,
            id="a-policy-of-one-family",
        ),
    ],
)
def test_only_the_build_needs_one_answer_alone(
    failed: tuple[str, str], answered: tuple[str, str, str], is_answered_otherwise: bool
) -> None:
    captures = [of_a_scan("tor1", *failed, "", "timed out"), of_a_scan("tor1", *answered)]
    (question,) = read_material(captures).facts.not_answered
    assert question.is_answered_otherwise is is_answered_otherwise


# what the files and addresses of a host say about it

BIRD_CONF = "protocol kernel {\n  ipv4 { export all; };\n  merge paths on limit 4;\n}\n"


@pytest.mark.parametrize(
    "other, is_in_force",
    [
        pytest.param(None, True, id="file-alone"),
        pytest.param(of_a_scan("rx1", "bird", "birdc show route", "", "timed out"), False, id="BIRD-did-not-answer"),
        pytest.param(of_a_scan("rx1", "bird", "birdc show route", NODE_TABLE), True, id="BIRD-answered"),
        pytest.param(of_a_scan("rx2", "bird", "birdc show route", "", "timed out"), True, id="another-BIRD"),
        pytest.param(of_a_scan("rx1", "bird", "ip -4 route", "", "timed out"), True, id="the-kernel-did-not-answer"),
    ],
)
def test_a_daemons_file_counts_unless_the_daemon_was_asked_and_did_not_answer(
    other: Capture | None, is_in_force: bool
) -> None:
    file = of_a_scan("rx1", "bird", "cat /etc/bird/bird.conf", BIRD_CONF)
    material = read_material([file, other] if other else [file])
    assert {ceiling.ceiling.value for _, ceiling in material.ceilings} == ({4} if is_in_force else set())


@pytest.mark.parametrize(
    "table, is_in_force",
    [
        pytest.param(of_a_scan("rx1", "bird", "birdc show route", NODE_TABLE), True, id="routes-of-BIRD"),
        pytest.param(of_a_scan("rx1", "linux", "ip -4 route", KERNEL_4), False, id="routes-of-the-kernel"),
    ],
)
def test_a_daemon_has_answered_if_its_own_routes_were_read(table: Capture, is_in_force: bool) -> None:
    file = of_a_scan("rx1", "bird", "cat /etc/bird/bird.conf", BIRD_CONF)
    silent = of_a_scan("rx1", "bird", "birdc show protocols all", "", "timed out")
    ceilings = read_material([file, silent, table]).ceilings
    assert {ceiling.ceiling.value for _, ceiling in ceilings} == ({4} if is_in_force else set())


@pytest.mark.parametrize("interface, is_node", [("kube-lb0", True), ("lo", False), ("kube-ipvs0", False)])
@pytest.mark.parametrize("address", ["198.51.100.7/32", "2001:db8:100::7/128"])
def test_a_host_with_addresses_on_kube_lb0_is_a_node(interface: str, address: str, is_node: bool) -> None:
    text = f"3: {interface}: <BROADCAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc noqueue state UNKNOWN\n"
    text += f"    inet{'6' if ':' in address else ''} {address} scope global {interface}\n"
    material = read_material([of_a_scan("host1", "linux", "ip address", text)])
    assert material.unaudited == ({"host1"} if is_node else set())
    assert read_material([of_a_scan("host1", "linux", "ip address", text)], routers=["host1"]).unaudited == set()


@pytest.mark.parametrize(
    "line, own", [("    inet 192.0.2.11/24 scope global eth0\n", {"host1": ("192.0.2.11",)}), ("", {})]
)
def test_a_hosts_own_addresses_are_known_where_it_shows_any(line: str, own: dict[str, tuple[str, ...]]) -> None:
    text = f"2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n{line}"
    assert read_material([of_a_scan("host1", "linux", "ip address", text)]).node_addresses == own


BGP_TABLE = """\
BGP table version is 1, local router ID is 192.0.2.254, vrf id 0
Origin codes:  i - IGP, e - EGP, ? - incomplete

   Network          Next Hop            Metric LocPrf Weight Path
*> 198.51.100.7/32  192.0.2.1                0             0 64512 i
"""
LAST_LINE = "\nDisplayed 1 routes and 1 total paths\n"


@pytest.mark.parametrize(
    "last_line, is_whole", [(LAST_LINE, True), ("", False)], ids=["whole", "without-its-last-line"]
)
def test_a_router_has_no_other_candidates_than_those_of_its_whole_bgp_table(last_line: str, is_whole: bool) -> None:
    facts = read_material([of_a_scan("tor1", "frr", "show bgp ipv4 unicast", BGP_TABLE + last_line)]).facts
    assert [path.next_hop for path in facts.paths] == ["192.0.2.1"]
    assert facts.answered == ({("tor1", Question.BGP_TABLE, 4)} if is_whole else set())


# without which answers an audit is not complete


@pytest.mark.parametrize(
    "capture, is_needed, is_a_table",
    [
        pytest.param(of_a_scan("tor1", "frr", "show ip route", "", "refused"), True, True, id="routes-of-a-router"),
        pytest.param(of_a_scan("tor1", "frr", "ip -4 route", "", "refused"), False, True, id="kernel-to-compare"),
        pytest.param(of_a_scan("tor1", "frr", "show bgp summary", "", "refused"), False, False, id="facts-of-a-router"),
        pytest.param(of_a_scan("node1", "bird", "birdc show route", "", "refused"), False, True, id="routes-of-a-node"),
    ],
)
@pytest.mark.parametrize("is_given_up", [False, True], ids=["failed", "given-up"])
def test_routes_of_routers_and_what_was_given_up_are_needed(
    capture: Capture, is_needed: bool, is_a_table: bool, is_given_up: bool
) -> None:
    others = [of_a_scan(host, "linux", f"sysctl {POLICY}", f"{POLICY} = 0\n") for host in ("tor1", "node1")]
    asked = replace(capture, is_given_up=is_given_up)
    material = read_material([asked, *others], nodes=["node1"])
    assert material.failed == ((asked,) if is_needed or is_given_up else ())
    assert material.unread_tables == ((asked,) if is_a_table else ())


def test_pasted_facts_that_failed_are_not_needed_unless_they_were_not_understood() -> None:
    answered = of_a_scan("tor1", "linux", f"sysctl {POLICY}", f"{POLICY} = 0\n")
    refused = Capture("tor1", "frr", "show bgp summary", "", "-", failure="refused")
    assert read_material([answered, refused]).failed == ()


def test_of_a_host_without_any_answer_the_first_failure_is_needed() -> None:
    captures = [
        of_a_scan("node1", "linux", command, "", "refused") for command in ("ip -j address", f"sysctl {POLICY}")
    ]
    assert read_material(captures, nodes=["node1"]).failed == (captures[0],)


def test_after_its_time_a_run_reads_nothing_more_and_says_so() -> None:
    capture = of_a_scan("tor1", "frr", "show ip route", TABLE)
    late = read_material([capture], budget=AnswerBudget(until=0))
    assert [(failed.router, failed.is_given_up) for failed in late.failed] == [("tor1", True)]
    assert late.tables == ()
    refused = of_a_scan("tor1", "frr", "show ip route", "", "refused")
    assert read_material([refused], budget=AnswerBudget(until=0)).failed == (refused,)


def test_lines_of_pasted_facts_that_are_not_understood_are_those_of_their_host() -> None:
    captures = [
        Capture(host, "linux", f"sysctl {POLICY}", f"{POLICY} = 0\nwhat\n", host) for host in ("tor1", "node1", "node2")
    ]
    captures[2] = replace(captures[2], started="2026-11-20T10:15:00Z")
    network = network_of_material(read_material(captures, nodes=["node1", "node2"]), Request(Expectations((), ())))
    assert [(state.name, state.is_node, len(state.unparsed)) for state in network.routers] == [
        ("tor1", False, 1),
        ("node1", True, 1),
    ]


# whose text it is


@pytest.mark.parametrize(
    "sources, routers",
    [
        pytest.param(["dumps/tor1.txt"], [None], id="one-text"),
        pytest.param(["dumps/tor1.txt", "dumps/tor2.txt.gz"], ["tor1", "tor2"], id="two-files"),
    ],
)
def test_a_text_without_a_name_is_named_by_its_file_where_there_are_several(
    sources: list[str], routers: list[str | None]
) -> None:
    captures = [Capture(None, None, None, TABLE, source) for source in sources]
    assert [table.router for table in read_material(captures).tables] == routers
    named = [replace(capture, router="spine1") for capture in captures]
    assert {table.router for table in read_material(named).tables} == {"spine1"}


# several outputs of one command


@pytest.mark.parametrize(
    "command, other, started, kept",
    [
        pytest.param(None, TABLE, None, 1, id="one-prefix-twice"),
        pytest.param(None, TABLE.replace(".7/32", ".8/32"), None, 2, id="other-prefixes"),
        pytest.param("show ip route", TABLE.replace(".7/32", ".8/32"), None, 1, id="one-command-twice"),
        pytest.param("show ip route", TABLE, "2026-11-20T10:15:00Z", 2, id="asked-by-a-scan"),
    ],
)
def test_a_later_output_replaces_one_of_the_same_question(
    command: str | None, other: str, started: str | None, kept: int
) -> None:
    captures = [Capture("tor1", "frr", command, text, "session.txt", started=started) for text in (TABLE, other)]
    tables = [table for capture in captures for table in read_material([capture]).tables]
    found, older = newest(tables)
    assert (len(found), len(older)) == (kept, 2 - kept)
    assert found[-1] is tables[1]


SUMMARY = """\
IPv4 Unicast Summary (VRF default):
BGP router identifier 192.0.2.254, local AS number 64512 vrf-id 0
BGP table version 1
RIB entries 1, using 192 bytes of memory
Peers 1, using 725 KiB of memory

Neighbor        V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc
192.0.2.1       4      64513        10        10        0    0    0 00:05:00            1        1 N/A

Total number of neighbors 1
"""


@pytest.mark.parametrize(
    "command, other, kept",
    [
        pytest.param(None, SUMMARY, 1, id="the-same-session-twice"),
        pytest.param(None, SUMMARY.replace("192.0.2.1  ", "192.0.2.2  "), 2, id="other-sessions"),
        pytest.param("show bgp summary", SUMMARY.replace("192.0.2.1  ", "192.0.2.2  "), 1, id="one-command-twice"),
    ],
)
def test_a_later_summary_replaces_one_of_the_same_question(command: str | None, other: str, kept: int) -> None:
    captures = [Capture("tor1", "frr", command, text, f"{name}.txt") for name, text in (("1", SUMMARY), ("2", other))]
    material = read_material(captures)
    assert [session.peer for session in material.facts.sessions][-1] in other
    assert (len(material.facts.sessions), len(material.older_tables)) == (kept, 2 - kept)


# a kernel that cannot be asked


@pytest.mark.parametrize(
    "families, unavailable, said",
    [
        pytest.param({4}, True, "candidates of IPv4 were judged", id="IPv4"),
        pytest.param({4, 6}, True, "candidates of IPv4 and IPv6 were judged", id="both"),
        pytest.param(set(), True, None, id="no-candidates"),
        pytest.param({4}, False, None, id="not-configured"),
    ],
)
def test_candidates_are_judged_where_the_kernels_table_is_unavailable(
    families: set[int], unavailable: bool, said: str | None
) -> None:
    known = Unavailable(frozenset({Question.KERNEL_ROUTES} if unavailable else ()))
    network = without_kernels(Network((RouterState("rx1", candidate_families=frozenset(families)),)), known)
    assert [state.is_kernel_unavailable for state in network.routers] == [said is not None]
    assert [note.partition(",")[0] for note in network.notes] == ([f"rx1: {said}"] if said else [])
