"""Incidents where machines read: the first line of Nagios, metrics, properties of findings, and what leads a form."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema
from prometheus_client.parser import text_string_to_metric_families

from ecmpaudit.model import Severity, fingerprints
from ecmpaudit.reporting.github import render_github
from ecmpaudit.reporting.gitlab import render_gitlab
from ecmpaudit.reporting.junit import render_junit
from ecmpaudit.reporting.markdown import render_markdown
from ecmpaudit.reporting.nagios import render_nagios
from ecmpaudit.reporting.prometheus import render_prometheus
from ecmpaudit.reporting.sarif import render_sarif
from tests.fabrics import Fabric

if TYPE_CHECKING:
    from ecmpaudit.model import Audit

SCHEMAS = Path(__file__).parent / "schemas"
RULES = Path(__file__).parent.parent / "docs" / "prometheus-rules.yml"
NODE, PREFIX = "node worker-9 is missing on rtr5, all 30 prefixes", "172.31.0.8/32 has no route on rtr3"


@pytest.fixture(scope="module")
def two_faults() -> Audit:
    """Return 10 routers with 30 prefixes and 16 nodes: one node missing on one router, one prefix on another."""
    return Fabric(10, 30, 16).lack([9], [5], range(30)).lack(range(16), [3], [8]).audit()


@pytest.fixture(scope="module")
def with_a_silent_router() -> Audit:
    """Return a network in which one router did not answer and nothing else is wrong."""
    fabric = Fabric(3, 4, 4)
    fabric.failures[2] = "connection refused"
    return fabric.audit()


def ids_of_findings(audit: Audit) -> dict[str, str]:
    """Return the incident of each finding, both by their names."""
    return {name: incident.id for incident in audit.incidents for name in incident.findings}


def test_the_first_line_of_nagios_has_the_worst_incident(two_faults: Audit) -> None:
    first, verdict, *others = render_nagios(two_faults, fail_on=Severity.WARNING).splitlines()
    assert first.startswith(f"ECMP CRITICAL - {NODE}; 1 more incident | errors=31;;0;0 ")
    assert first.endswith(" incidents=2;;;0")
    assert verdict == "31 errors: not every load-balanced prefix is spread as expected"
    assert others[0] == (
        f"error: {NODE}; cause: not known; effect: 30 prefixes short, 6.2 % of their traffic moved; "
        "next: ecmpaudit explain 172.31.0.0/32 FILE…"
    )
    assert (len(others), others[-1]) == (21, "and 13 more findings (-v shows all)")


def test_an_error_is_worse_than_a_router_that_was_not_checked() -> None:
    fabric = Fabric(3, 4, 4).lack([1], [0], range(4))
    fabric.failures[2] = "connection refused"
    first, *_ = render_nagios(fabric.audit(), fail_on=Severity.WARNING).splitlines()
    assert first.startswith("ECMP CRITICAL - node worker-1 is missing on rtr0, all 4 prefixes; 1 more incident | ")


def test_nagios_names_what_was_not_checked_where_nothing_else_is_wrong(with_a_silent_router: Audit) -> None:
    first, *_ = render_nagios(with_a_silent_router, fail_on=Severity.WARNING).splitlines()
    assert first.startswith("ECMP UNKNOWN - rtr2: ")


def test_a_pipe_in_a_title_begins_no_performance_data(two_faults: Audit) -> None:
    incidents = tuple(replace(incident, title="a | b=1 <b>") for incident in two_faults.incidents)
    first, *_ = render_nagios(replace(two_faults, incidents=incidents), fail_on=Severity.WARNING).splitlines()
    assert first.partition(" | ")[0] == r"ECMP CRITICAL - a \x7c b=1 \x3cb\x3e; 1 more incident"


def metrics(audit: Audit) -> dict[str, list[tuple[dict[str, str], float]]]:
    families = text_string_to_metric_families(render_prometheus(audit, metrics_limit=0).decode())
    return {family.name: [(sample.labels, sample.value) for sample in family.samples] for family in families}


def test_metrics_count_incidents_and_have_one_series_for_each(two_faults: Audit) -> None:
    found = metrics(two_faults)
    counts = {labels["severity"]: value for labels, value in found["ecmpaudit_incidents"]}
    assert counts == {"incomplete": 0, "error": 2, "warning": 0, "info": 0}
    assert [labels for labels, _ in found["ecmpaudit_incident_info"]] == [
        {"incident": incident.id, "severity": "error", "kind": kind, "title": title}
        for incident, kind, title in zip(two_faults.incidents, ("missing", "no route"), (NODE, PREFIX), strict=True)
    ]


def test_series_of_incidents_are_bounded_and_the_worst_come_first(two_faults: Audit) -> None:
    (first, _) = two_faults.incidents
    lesser = [replace(first, id=f"{number:064x}", severity=Severity.INCOMPLETE) for number in range(150)]
    found = metrics(replace(two_faults, incidents=(*lesser, *two_faults.incidents)))
    series = [labels["incident"] for labels, _ in found["ecmpaudit_incident_info"]]
    assert (len(series), series[:2]) == (100, [incident.id for incident in two_faults.incidents])
    assert found["ecmpaudit_incidents_without_metrics"] == [({}, 52.0)]


def test_metrics_have_no_zero_where_not_everything_was_judged(with_a_silent_router: Audit) -> None:
    assert metrics(with_a_silent_router)["ecmpaudit_incidents"] == [({"severity": "incomplete"}, 1.0)]


@pytest.mark.checkers
def test_an_alert_of_prometheus_lasts_while_its_incident_grows_or_cannot_be_judged(tmp_path: Path) -> None:
    smaller, larger = "node3 is missing on tor1, 2 of 9 prefixes", "node3 is missing on tor1, all 9 prefixes"
    series = 'ecmpaudit_incident_info{{incident="a1", severity="error", kind="missing", title="{}"}}'
    inputs = [
        {"series": series.format(smaller), "values": "1 1 stale"},
        {"series": series.format(larger), "values": "_ _ 1 1 stale"},
        {"series": "ecmpaudit_incomplete", "values": "0 0 0 0 1 1 0 0"},
    ]
    not_judged = "not in the last run, which could not check everything"
    expected = (("1m", smaller), ("3m", larger), ("5m", not_judged), ("7m", None))
    labels = {"incident": "a1", "severity": "error", "kind": "missing"}
    alerts = [
        {"eval_time": time, "alertname": "EcmpIncident", "exp_alerts": [
            {"exp_labels": labels, "exp_annotations": {"summary": summary}}] if summary else []}
        for time, summary in expected
    ]  # fmt: skip
    test = {"interval": "1m", "input_series": inputs, "alert_rule_test": alerts}
    (tmp_path / "test.yml").write_text(
        json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [test]})
    )
    command = ["promtool", "test", "rules", str(tmp_path / "test.yml")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_results_of_sarif_have_the_id_of_their_incident(two_faults: Audit) -> None:
    log = json.loads(render_sarif(two_faults))
    jsonschema.Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text())).validate(log)
    (run,) = log["runs"]
    found = {
        result["partialFingerprints"]["ecmpaudit/v1"]: result["properties"]["incident"] for result in run["results"]
    }
    assert found == ids_of_findings(two_faults)
    assert set(found) == set(fingerprints(two_faults.findings))
    assert [incident["title"] for incident in run["properties"]["incidents"]] == [NODE, PREFIX]


def test_suites_of_junit_have_the_incidents_of_their_cases(two_faults: Audit) -> None:
    text = render_junit(two_faults, fail_on=Severity.WARNING)
    xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd").validate(text)
    suites = {suite.attrib["name"]: suite for suite in ET.fromstring(text)}  # noqa: S314 - our own text
    found = {
        name: [(each.attrib["name"], each.attrib["value"]) for each in suite.iter("property")]
        for name, suite in suites.items()
    }
    node, prefix = two_faults.incidents
    assert found["rtr3"] == [("incident of 172.31.0.8/32", prefix.id)]
    assert (len(found["rtr5"]), {value for _, value in found["rtr5"]}) == (30, {node.id})
    assert found["rtr1"] == []


def test_markdown_leads_with_incidents(two_faults: Audit) -> None:
    lines = render_markdown(two_faults).splitlines()
    assert lines[2:9] == [
        f"### error: `{NODE}`", "",
        "- cause: `not known`",
        "- effect: `30 prefixes short, 6.2 % of their traffic moved`",
        "- next: `ecmpaudit explain 172.31.0.0/32 FILE…`",
        "",
        f"### error: `{PREFIX}`",
    ]  # fmt: skip
    table = lines.index("| | code | router | prefix | expected | found | missing |")
    assert len([line for line in lines[table:] if line.startswith("| error |")]) == 31


def test_annotations_of_github_begin_with_incidents_of_several_findings(two_faults: Audit) -> None:
    first, *others, verdict = render_github(two_faults).splitlines()
    assert first.startswith(f"::error title=incident error::{NODE}%0Acause: not known%0Aeffect: 30 prefixes short, ")
    assert (len(others), [line for line in others if "title=incident" in line]) == (31, [])
    assert verdict == "31 errors: not every load-balanced prefix is spread as expected"


def test_issues_of_gitlab_begin_with_incidents_of_several_findings(two_faults: Audit) -> None:
    first, *others = json.loads(render_gitlab(two_faults))
    assert first == {
        "description": NODE,
        "check_name": "INCIDENT",
        "fingerprint": two_faults.incidents[0].id,
        "severity": "critical",
        "location": {"path": "rtr5", "lines": {"begin": 1}},
    }
    assert len(others) == 31
