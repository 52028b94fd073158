"""What the rules 001 to 003 say of what could not be judged."""

from __future__ import annotations

from ecmpaudit.model import Evidence, Network, RouterState, Severity, UnparsedLine
from ecmpaudit.rules import all_rules
from tests.rule_checks import findings_in, messages_in


def test_a_router_with_no_answer_is_not_checked() -> None:
    network = Network(routers=(RouterState("tor1", failure="connection refused", has_data=False), RouterState("tor2")))
    finding = findings_in(network)["ECMP001"]
    assert finding.message == "tor1: not checked: connection refused"
    assert (finding.router, finding.severity, finding.cause) == ("tor1", Severity.INCOMPLETE, "connection refused")


def test_a_router_with_half_an_answer_is_not_completely_checked() -> None:
    network = Network(routers=(RouterState("tor1", failure="the connection was lost"),))
    assert messages_in(network) == {"ECMP001": "tor1: not completely checked: the connection was lost"}


def test_unparsed_lines_are_counted_for_each_source_and_the_first_is_shown() -> None:
    lost = "the prefix is missing, as if the addresses were lost in copying"
    lines = tuple(UnparsedLine("tor1", "a.txt", n, f"B>* [20/{n}] via", lost) for n in range(17, 29))
    other = UnparsedLine("tor1", "b.txt", 3, "K>* what", "no rule matches")
    network = Network(routers=(RouterState("tor1", unparsed=(*lines, other)),))
    rule = next(rule for rule in all_rules() if rule.code == "ECMP002")
    first, second = rule.check(network)
    assert first.message == f"tor1: 12 lines of a.txt not understood; the first is line 17: {lost}"
    assert first.evidence[0] == Evidence("a.txt", 17, "B>* [20/17] via")
    assert [evidence.line for evidence in first.evidence] == list(range(17, 27))
    assert second.message == "tor1: 1 line of b.txt not understood; it is line 3: no rule matches"


def test_unparsed_lines_of_an_unnamed_router_are_placed_by_their_source() -> None:
    network = Network(routers=(RouterState("", unparsed=(UnparsedLine(None, "-", 2, "?", "no rule matches"),)),))
    assert messages_in(network) == {"ECMP002": "-: 1 line not understood; it is line 2: no rule matches"}


def test_each_unanswered_question_is_a_finding_of_its_own() -> None:
    network = Network(unanswered=("pool 198.51.100.0/24: no prefix", "pool 2001:db8:100::/64: no prefix"))
    rule = next(rule for rule in all_rules() if rule.code == "ECMP003")
    assert [(f.message, f.severity) for f in rule.check(network)] == [
        ("pool 198.51.100.0/24: no prefix", Severity.INCOMPLETE),
        ("pool 2001:db8:100::/64: no prefix", Severity.INCOMPLETE),
    ]
