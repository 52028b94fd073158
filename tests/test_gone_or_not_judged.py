"""A finding is gone only after a run that could judge it: in history, report, diff, alerts and metrics."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import Material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.history.answers import answers_from, answers_of, answers_text
from ecmpaudit.history.differences import differences
from ecmpaudit.history.judging import could_judge
from ecmpaudit.history.observations import observation_of
from ecmpaudit.history.store import open_history
from ecmpaudit.model import Fault, Severity
from ecmpaudit.model.runs import Asked, Observation, RouterAnswer
from ecmpaudit.reporting.alert import alert_messages
from ecmpaudit.reporting.differences import exit_code_of, render_differences, render_differences_json
from ecmpaudit.reporting.formats import Format, Settings, render
from ecmpaudit.reporting.history import render_history, render_history_json
from ecmpaudit.reporting.period import render_period
from ecmpaudit.reporting.period_json import render_period_json
from tests.history_builders import CODES, FIVE, at, audit_of, record, resolved_codes
from tests.recorded_scans import CONFIGURATION, HEALTHY, STALE, audited, captures_of, with_fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecmpaudit.history.store import History
    from ecmpaudit.model import Audit, Capture
    from ecmpaudit.model.runs import KnownFault, Run

KERNEL = [("tor1", f"ip -j -{family} route show table all") for family in (4, 6)]
POLICY = ("tor1", "sysctl net.ipv4.fib_multipath_hash_policy net.ipv6.fib_multipath_hash_policy")
POOLS = tuple(Request.of(ScopeOptions(config=CONFIGURATION)).audited)
SCAN = Asked("scan", routers=("tor1",), pools=POOLS, codes=CODES)
STALE_PREFIXES = ["172.31.1.1/32", "fd00:31::1:1/128"]
STALE_FAULT = Fault("ECMP302", "tor1", "default", STALE_PREFIXES[0], "")
SHORT = f"tor1 198.51.100.7/32 via 192.0.2.1-4\nexpect 198.51.100.7/32 nodes {FIVE}\nceiling tor1 64"
WHOLE = SHORT.replace("192.0.2.1-4", "192.0.2.1-5")
NODE5 = Fault("ECMP101", "tor1", "default", "198.51.100.7/32", "node5")
UNANSWERED = "`show ip route` not answered: timed out, undetermined ECMP101"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with open_history(str(tmp_path / "history.db")) as opened:
        yield opened


def keep(history: History, audit: Audit, minutes: float, asked: Asked = SCAN) -> Run:
    return history.record(audit, asked, started=at(minutes), finished=at(minutes))


def without_kernel() -> list[Capture]:
    return with_fault(captures_of(HEALTHY), "refused", *KERNEL)


@cache
def healthy() -> Audit:
    return audited(captures_of(HEALTHY))


@cache
def stale() -> Audit:
    return audited(captures_of(STALE))


@cache
def unjudging() -> Audit:
    """The healthy scan, whose kernel's tables were refused."""
    return audited(without_kernel())


def stale_faults(history: History) -> list[KnownFault]:
    return [known for known in history.findings() if known.fault.code == "ECMP302"]


def resolved(history: History, fault: Fault) -> list[str | None]:
    return [known.resolved for known in history.findings() if known.fault == fault]


def observed(title: str, audit: Audit) -> Observation:
    return observation_of(title, audit, Material())


@pytest.fixture
def unjudged(history_place: str) -> Iterator[History]:
    """A history of a stale kernel route, then of two runs whose kernel's table was refused."""
    with open_history(history_place) as opened:
        for minutes, audit in enumerate((stale(), unjudging(), unjudging())):
            keep(opened, audit, minutes)
        yield opened


def test_a_fault_whose_rule_could_not_be_judged_stays_open_until_a_run_can(unjudged: History) -> None:
    open_ones = stale_faults(unjudged)
    assert [known.fault.prefix for known in open_ones] == STALE_PREFIXES
    assert {(each.resolved, each.not_judged_since, each.not_judged_runs) for each in open_ones} == {
        (None, "2026-11-20T10:01:00Z", 2)
    }
    run = keep(unjudged, healthy(), 3)
    assert {(known.resolved, known.not_judged_since) for known in stale_faults(unjudged)} == {
        ("2026-11-20T10:03:00Z", None)
    }
    assert resolved_codes(unjudged, run) == ["ECMP302", "ECMP302", "ECMP005"]
    ended = [(known.severity, known.part_of) for known in unjudged.news(run.number).ended]
    assert ended == [("error", None), ("error", None), ("incomplete", None)]


def test_the_history_says_since_when_a_fault_could_not_be_judged(unjudged: History) -> None:
    text = render_history(unjudged.runs(), unjudged.incidents(), unjudged.findings())
    assert text.count("could not be judged in the last 2 runs, since 2026-11-20 10:01)") == 4
    assert text.count("; not judged: tor1 (ECMP302, ECMP305, ECMP707)") == 2
    assert "resolved:" not in text
    assert "3 open incidents (2 not judged in the last run), 0 ended" in text
    document = json.loads(render_history_json(unjudged.runs(), unjudged.incidents(), unjudged.findings()))
    assert [run["routers"][0]["undetermined"] for run in document["runs"]] == [
        [],
        ["ECMP302", "ECMP305", "ECMP707"],
        ["ECMP302", "ECMP305", "ECMP707"],
    ]
    assert [run["nodes"][0]["name"] for run in document["runs"]] == ["node1"] * 3
    assert document["findings"][0]["not_judged_since"] == "2026-11-20T10:01:00Z"
    assert document["findings"][0]["not_judged_runs"] == 2
    assert [incident["not_judged_runs"] for incident in document["incidents"]] == [2, 2, 0]


def test_the_report_of_a_period_says_it_too(unjudged: History) -> None:
    period = unjudged.period(at(-60), at(10))
    assert period.repairs == ()
    text = render_period(period, "text")
    assert "open incidents: 2, 2 of them not judged in the last run" in text
    assert "open; could not be judged in the last 2 runs, since 2026-11-20 10:01" in text
    assert json.loads(render_period_json(period))["findings"][0]["not_judged_runs"] == 2


def test_an_open_fault_is_shown_also_where_it_was_not_judged_in_the_span_that_is_asked_for(unjudged: History) -> None:
    keep(unjudged, unjudging(), 60 * 24 * 10)
    a_week_before = at(60 * 24 * 4)
    shown = [known.fault.code for known in unjudged.findings(since=a_week_before)]
    assert shown.count("ECMP302") == 2
    period = unjudged.period(a_week_before, at(60 * 24 * 11))
    assert [fault.not_judged_runs for fault in period.faults] == [3, 3]


def test_an_alert_recovers_nothing_and_closes_no_incident(unjudged: History) -> None:
    assert unjudged.news_for("1" * 64, 3).ended == ()
    unjudged.record_notified("1" * 64, "x", 1)
    news = unjudged.news_for("1" * 64, 3)
    assert ([known.severity for known in news.new], news.changed, news.ended) == (["incomplete"], (), ())
    (message,) = alert_messages(news, unjudged.runs()[-1], open_incidents=3, not_judged=2)
    assert message.title.startswith("ecmpaudit not checked: tor1: ")
    assert "3 open incidents, 2 of them not judged in this run" in message.body
    assert not message.is_recovery
    run = keep(unjudged, healthy(), 3)
    recovered = alert_messages(unjudged.news(run.number), run, open_incidents=0)
    assert [message.is_recovery for message in recovered] == [True, True, True]


def test_a_gap_that_the_configuration_calls_unavailable_later_has_not_recovered(
    history: History, tmp_path: Path
) -> None:
    file = tmp_path / "ecmpaudit.yaml"
    content = json.loads(CONFIGURATION.read_text(encoding="utf-8")) | {"unavailable": ["kernel"]}
    file.write_text(json.dumps(content), encoding="utf-8")
    keep(history, unjudging(), 0)
    run = keep(history, audited(without_kernel(), file), 1)
    assert resolved_codes(history, run) == []
    assert history.news(run.number).ended == ()
    assert [(known.fault.code, known.resolved) for known in history.findings()] == [("ECMP005", None)]
    run = keep(history, audited(captures_of(HEALTHY), file), 2)
    assert resolved_codes(history, run) == ["ECMP005"]


def test_a_gap_of_which_one_part_is_answered_and_the_other_excused_has_not_recovered(
    history: History, tmp_path: Path
) -> None:
    file = tmp_path / "ecmpaudit.yaml"
    content = json.loads(CONFIGURATION.read_text(encoding="utf-8")) | {"unavailable": ["kernel"]}
    file.write_text(json.dumps(content), encoding="utf-8")
    keep(history, audited(with_fault(captures_of(HEALTHY), "refused", *KERNEL, POLICY)), 0)
    run = keep(history, audited(without_kernel(), file), 1)
    assert resolved_codes(history, run) == []
    assert history.news(run.number).ended == ()
    run = keep(history, audited(captures_of(HEALTHY), file), 2)
    assert resolved_codes(history, run) == ["ECMP005"]


def test_a_gap_recovers_where_only_what_was_excused_before_is_still_missing(history: History, tmp_path: Path) -> None:
    file = tmp_path / "ecmpaudit.yaml"
    content = json.loads(CONFIGURATION.read_text(encoding="utf-8")) | {"unavailable": ["kernel"]}
    file.write_text(json.dumps(content), encoding="utf-8")
    keep(history, audited(with_fault(captures_of(HEALTHY), "refused", *KERNEL, POLICY), file), 0)
    run = keep(history, audited(without_kernel(), file), 1)
    assert resolved_codes(history, run) == ["ECMP005"]


def test_a_gap_ends_where_one_of_several_missing_answers_came(history: History) -> None:
    keep(history, audited(with_fault(captures_of(HEALTHY), "refused", *KERNEL, POLICY)), 0)
    run = keep(history, unjudging(), 1)
    assert resolved_codes(history, run) == []
    assert history.news(run.number).ended == ()  # the kernel's tables are still missing
    run = keep(history, healthy(), 2)
    assert resolved_codes(history, run) == ["ECMP005"]


def test_what_the_configuration_calls_unavailable_ends_no_fault(history: History, tmp_path: Path) -> None:
    content = json.loads(CONFIGURATION.read_text(encoding="utf-8")) | {"unavailable": ["kernel"]}
    file = tmp_path / "ecmpaudit.yaml"
    file.write_text(json.dumps(content), encoding="utf-8")
    keep(history, stale(), 0)
    run = keep(history, audited(without_kernel(), file), 1)
    assert run.is_complete
    assert [known.not_judged_runs for known in stale_faults(history)] == [1, 1]


@pytest.mark.parametrize("fault", ["refused", "timed out", "cut short", "garbage"])
def test_a_damaged_answer_ends_no_fault(history: History, fault: str) -> None:
    keep(history, stale(), 0)
    keep(history, audited(with_fault(captures_of(HEALTHY), fault, *KERNEL)), 1)
    assert [known.resolved for known in stale_faults(history)] == [None, None]


def test_a_snapshot_without_the_command_ends_no_fault(history: History) -> None:
    keep(history, stale(), 0)
    others = [each for each in captures_of(HEALTHY) if (each.router, each.command) not in KERNEL]
    run = keep(history, audited(others), 1)
    assert run.is_complete
    assert [known.resolved for known in stale_faults(history)] == [None, None]


def test_one_family_that_could_not_be_judged_keeps_its_own_faults_only(history: History) -> None:
    keep(history, stale(), 0)
    keep(history, audited(with_fault(captures_of(HEALTHY), "refused", KERNEL[1])), 1)
    assert [(known.fault.prefix, known.resolved is None) for known in stale_faults(history)] == [
        (STALE_PREFIXES[0], False),
        (STALE_PREFIXES[1], True),
    ]


def test_the_unknown_addresses_of_a_node_keep_the_faults_that_rest_on_them(history: History) -> None:
    record(history, SHORT, 0)
    run = record(history, f"{WHOLE}\nnode1 {UNANSWERED}", 1)
    assert run.answers["tor1"].codes_not_judged == ("ECMP101",)
    assert resolved(history, NODE5) == [None]


def test_routers_that_differ_do_so_until_both_were_read(history: History) -> None:
    differ = "tor1 198.51.100.7/32 via 192.0.2.1-2\ntor2 198.51.100.7/32 via 192.0.2.1-3"
    alike = differ.replace("192.0.2.1-2\n", "192.0.2.1-3\n")
    fault = Fault("ECMP105", "tor1", "default", "198.51.100.7/32", "")
    for minutes, text in enumerate((differ, alike.splitlines()[0], f"{alike}\ntor2 {UNANSWERED[:-3]}105")):
        record(history, text, minutes)
        assert resolved(history, fault) == [None], minutes
    record(history, alike, 3)
    assert resolved(history, fault) == ["2026-11-20T10:03:00Z"]


def test_families_that_differ_do_so_until_both_were_read() -> None:
    fault = Fault("ECMP104", "tor1", "default", "198.51.100.7/32", "")
    run = observed("", audit_of(WHOLE))
    assert could_judge(fault, run)
    other_family = replace(run, answers={"tor1": RouterAnswer(undetermined=(("ECMP104", 6),))})
    assert not could_judge(fault, other_family)


def test_a_prefix_without_an_expectation_is_not_judged_by_it(history: History) -> None:
    record(history, SHORT, 0)
    record(history, "tor1 198.51.100.7/32 via 192.0.2.1-4", 1)
    assert resolved(history, NODE5) == [None]


@pytest.mark.parametrize(
    "pools, is_judged",
    [
        (("198.51.100.0/25", "198.51.100.128/25"), True),
        (("198.51.0.0/16", "2001:db8::/32"), True),
        ((), True),
        (("198.51.100.0/25",), False),
    ],
    ids=["the same in halves", "more", "all", "half"],
)
def test_a_fault_of_a_whole_router_is_judged_by_a_run_that_audits_as_much(
    pools: tuple[str, ...], is_judged: bool
) -> None:
    fault = Fault("ECMP702", "tor1", "", "", "")
    found_by = replace(observed("", audit_of(WHOLE)), covers=("198.51.100.0/24",))
    assert could_judge(fault, replace(found_by, covers=pools), found_by) is is_judged


def test_a_fault_of_a_whole_router_found_among_all_prefixes_is_not_judged_by_one_pool() -> None:
    fault = Fault("ECMP702", "tor1", "", "", "")
    found_by = replace(observed("", audit_of(WHOLE)), covers=())
    assert not could_judge(fault, replace(found_by, covers=("198.51.100.0/24",)), found_by)


def test_without_all_services_no_prefix_loses_the_fault_that_it_belongs_to_none() -> None:
    fault = Fault("ECMP503", "tor1", "default", "198.51.100.7/32", "")
    audit = audit_of(WHOLE)
    assert not could_judge(fault, observed("", audit))
    every_service = replace(audit, network=replace(audit.network, expects_everything_in=("198.51.100.0/24",)))
    assert could_judge(fault, observed("", every_service))


def test_rules_that_a_run_left_out_leave_the_gap_open(history: History) -> None:
    gap = Fault("ECMP005", "tor1", "", "", "")
    keep(history, unjudging(), 0)
    keep(
        history,
        audited(without_kernel(), select=[c for c in CODES if c != "ECMP302"]),
        1,
        replace(SCAN, codes=tuple(c for c in CODES if c != "ECMP302")),
    )
    assert resolved(history, gap) == [None]


def test_pruning_keeps_a_fault_that_no_kept_run_could_judge(history: History) -> None:
    day = 24 * 60
    record(history, SHORT, 0)
    for days in (100, 200):
        record(history, f"{WHOLE}\ntor1 {UNANSWERED}", days * day)
        history.prune(dt.timedelta(days=90), now=at(days * day))
    assert [run.number for run in history.runs()] == [3]
    assert resolved(history, NODE5) == [None]


def test_a_diff_keeps_gone_apart_from_what_could_not_be_judged() -> None:
    before, after = observed("before", stale()), observed("after", unjudging())
    found = differences(before, after)
    assert found.gone_faults == ()
    text = render_differences(found)
    assert text.count("could not be judged in after: tor1 ") == 2
    assert [each["in"] for each in json.loads(render_differences_json(found))["not_judged_findings"]] == ["after"] * 2
    assert (found.new_faults, exit_code_of(found)) == ((), 3)
    assert [each.partition(" `")[0] for each in found.not_compared] == ["after: tor1: not answered:"]
    backwards = differences(after, before)
    assert (backwards.new_faults, len(backwards.not_judged)) == ((), 2)
    without_fault = differences(before, observed("healthy", healthy()))
    assert (len(without_fault.gone_faults), without_fault.not_judged) == (2, ())


def test_a_diff_of_runs_keeps_them_apart_too(unjudged: History) -> None:
    found = differences(unjudged.observation("1"), unjudged.observation("3"))
    assert (found.gone_faults, len(found.not_judged)) == ((), 2)
    assert {title for title, _ in found.not_judged} == {"run 3 of 2026-11-20 10:02 UTC"}
    keep(unjudged, healthy(), 3)
    found = differences(unjudged.observation("1"), unjudged.observation("4"))
    assert (len(found.gone_faults), found.not_judged) == (2, ())


def test_a_diff_in_which_only_judging_failed_is_incomplete() -> None:
    before = observed("before", audit_of(SHORT))
    after = replace(before, title="after", faults={}, answers={"tor1": RouterAnswer(undetermined=(("ECMP101", 4),))})
    found = differences(before, after)
    assert (found.is_empty, exit_code_of(found)) == (True, 3)


def test_a_period_counts_no_run_that_could_not_judge_the_spread(history: History) -> None:
    for minutes, text in enumerate((WHOLE, f"{SHORT}\ntor1 {UNANSWERED}", WHOLE)):
        record(history, text, minutes)
    (prefix,) = history.period(at(-60), at(10)).prefixes
    assert (prefix.spread.full, prefix.spread.known, prefix.is_gone) == (2, 2, False)


def metrics(audit: Audit) -> str:
    return render(Format.PROMETHEUS, audit, Settings(Severity.ERROR)).decode()


def test_metrics_have_no_zero_for_a_rule_that_did_not_run() -> None:
    assert 'ecmpaudit_findings{code="ECMP302",severity="error"} 0.0' in metrics(healthy())
    assert 'ecmpaudit_findings{code="ECMP302"' not in metrics(audited(captures_of(HEALTHY), select=["ECMP101"]))


def test_metrics_have_no_zero_of_a_router_that_was_not_read() -> None:
    series = 'ecmpaudit_router_prefixes_short{router="tor1"}'
    assert f"{series} 0.0" in metrics(audit_of(WHOLE))
    assert f"{series} 1.0" in metrics(audit_of(SHORT))
    assert series not in metrics(audit_of("tor1 not checked: connection refused"))
    assert series not in metrics(audit_of(f"{WHOLE}\ntor1 {UNANSWERED}"))
    assert series not in metrics(audit_of(f"{WHOLE}\nnode1 {UNANSWERED}"))


def test_a_build_server_shows_no_prefix_as_fixed_that_could_not_be_judged() -> None:
    for audit, outcome in ((stale(), "failure"), (unjudging(), "skipped"), (healthy(), None)):
        root = ET.fromstring(render(Format.JUNIT, audit, Settings(Severity.ERROR)))  # noqa: S314 - our own
        cases = {case.get("name"): case for case in root.iter("testcase")}
        for prefix in STALE_PREFIXES:
            children = [child.tag for child in cases[prefix] if child.tag != "system-out"]
            assert children == ([outcome] if outcome else []), prefix


def test_lines_of_a_pasted_text_that_were_not_understood_leave_its_router_incomplete() -> None:
    audit = audit_of(f"{WHOLE}\ntor1 line 3 not understood: ?? xyzzy")
    assert answers_of(audit)["tor1"].failure == "1 line not understood"


def test_answers_are_read_as_they_were_written() -> None:
    answers = answers_of(unjudging())
    assert answers["tor1"].undetermined == tuple(
        (code, family) for code in ("ECMP302", "ECMP305", "ECMP707") for family in (4, 6)
    )
    assert ("kernel's routes", 4) not in answers["tor1"].answered
    assert [name for name, answer in answers.items() if answer.is_node] == ["node1", "node5"]
    assert answers_from(answers_text(answers)) == answers


def test_answers_of_the_landed_schema_are_read() -> None:
    assert answers_from('{"tor1":[null,true,[4,6]],"tor2":["connection refused",false,[]]}') == {
        "tor1": RouterAnswer(None, True, (4, 6)),
        "tor2": RouterAnswer("connection refused", False),
    }


def test_a_fault_of_a_landed_run_is_ended_by_a_run_that_could_judge_it() -> None:
    landed = Observation("", {}, answers=answers_from('{"tor1":[null,true,[4,6]]}'), codes=CODES)
    assert could_judge(STALE_FAULT, observed("", healthy()), landed)
    assert not could_judge(STALE_FAULT, observed("", unjudging()), landed)
