"""The metrics: their values, their bounds, and that Prometheus' own programs read them, hostile names and all."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parsed_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parsed_text

from ecmpaudit.model import Audit, AuditedPrefix, Network, RouterState
from ecmpaudit.reporting.prometheus import render_openmetrics, render_prometheus
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.rules import all_rules
from tests.audit_builders import (
    HOSTILE_MARKUP,
    HOSTILE_NAME,
    audit_of,
    hostile_audit,
    incomplete_audit,
    ipv6_audit,
    large_audit,
    seed_audit,
)
from tests.prometheus_server import OPENMETRICS, TEXT, free_port, prometheus, running, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from prometheus_client import Metric

AUDITS = {
    "seed": seed_audit(),
    "ipv6": ipv6_audit(),
    "incomplete": incomplete_audit(),
    "hostile": hostile_audit(),
    "markup": hostile_audit(HOSTILE_MARKUP),
    "large": large_audit(),
    "no_findings": audit_of(),
}
LABELS = ("version", "code", "severity", "router", "vrf", "prefix")
Samples = dict[tuple[str, tuple[str, ...]], float]


def by_name_and_labels(families: Iterable[Metric]) -> Samples:
    read = [sample for family in families for sample in family.samples]
    found = {
        (it.name.removeprefix("ecmpaudit_"), tuple(it.labels[name] for name in LABELS if name in it.labels)): it.value
        for it in read
    }
    assert len(found) == len(read)
    return found


def samples(audit: Audit, *, limit: int = 1000, last_good: str | None = None) -> Samples:
    """Return the value of each series, by its name and the values of its labels."""
    text = render_prometheus(audit, metrics_limit=limit, last_good=last_good).decode()
    return by_name_and_labels(parsed_text(text))


def test_the_seeds_prefixes_have_their_numbers() -> None:
    found = samples(seed_audit())
    short = ("tor1", "default", "172.31.1.0/32")
    assert {name: value for (name, labels), value in found.items() if labels == short} == {
        "prefix_expected_next_hops": 5,
        "prefix_installed_next_hops": 3,
        "prefix_candidate_next_hops": 3,
        "prefix_ceiling_next_hops": 64,
    }
    assert {name: value for (name, labels), value in found.items() if labels == ("tor1",)} == {
        "router_checked": 1,
        "router_lines_not_understood": 0,
        "router_prefixes": 2,
        "router_prefixes_short": 1,
        "router_prefixes_not_judged": 0,
        "router_expected_next_hops": 10,
        "router_installed_next_hops": 8,
    }


def test_ipv6_and_vrfs_are_labels_as_they_are() -> None:
    assert samples(ipv6_audit())["prefix_expected_next_hops", ("tor2", "blue", "2001:db8:31::1/128")] == 2


def test_what_is_not_known_has_no_value() -> None:
    found = samples(seed_audit())
    assert ("prefix_ceiling_next_hops", ("tor1", "default", "172.31.1.1/32")) not in found
    assert ("run_timestamp_seconds", ()) not in samples(audit_of())


def test_every_rule_has_a_series_so_that_zero_is_a_value_and_no_gap() -> None:
    found = samples(seed_audit())
    codes = {labels[0]: value for (name, labels), value in found.items() if name == "findings" and value == 0}
    assert set(codes) == {rule.code for rule in all_rules()}
    assert found["findings", ("ECMP101", "warning")] == 1


def test_a_router_that_was_not_or_not_completely_read_is_not_checked() -> None:
    found = samples(incomplete_audit())
    assert [found["router_checked", (name,)] for name in ("tor1", "tor2", "tor3")] == [1, 0, 0]
    assert (found["router_lines_not_understood", ("tor2",)], found["incomplete", ()]) == (1, 1)


@pytest.mark.parametrize(
    "is_complete, last_good, expected",
    [(True, "2026-11-22T20:00:00Z", 1795380000), (False, "2026-11-22T20:00:00Z", 1795377600), (False, None, None)],
    ids=["this_run", "the_one_before", "never"],
)
def test_the_last_good_run(is_complete: bool, last_good: str | None, expected: int | None) -> None:
    audit = replace(seed_audit() if is_complete else incomplete_audit(), started="2026-11-22T20:40:00Z")
    found = samples(audit, last_good=last_good)
    assert found.get(("last_good_run_timestamp_seconds", ())) == expected
    assert found["run_timestamp_seconds", ()] == 1795380000


def test_a_time_that_is_none_is_not_known() -> None:
    found = samples(replace(seed_audit(), started="yesterday"), last_good="2026-11-22T20:00:00")
    assert ("run_timestamp_seconds", ()) not in found
    assert found["last_good_run_timestamp_seconds", ()] == 1795377600


def prefixes_with_metrics(found: Samples) -> list[str]:
    return [labels[2] for name, labels in found if name == "prefix_installed_next_hops"]


def test_the_number_of_series_is_bounded_and_what_was_left_out_is_counted() -> None:
    whole, cut = samples(large_audit()), samples(large_audit(), limit=10)
    assert (len(prefixes_with_metrics(whole)), whole["prefixes_without_metrics", ()]) == (1000, 0)
    assert (len(prefixes_with_metrics(cut)), cut["prefixes_without_metrics", ()]) == (10, 990)
    assert cut["router_installed_next_hops", ("tor1",)] == 2000
    assert len(cut) < 10 * 4 + 100


def test_within_the_limit_a_prefix_with_a_finding_comes_first() -> None:
    large, fault = large_audit(), seed_audit().findings[0]
    last = large.network.prefixes[-1].prefix
    found = samples(replace(large, findings=(replace(fault, prefix=last),)), limit=2)
    assert prefixes_with_metrics(found) == [last, large.network.prefixes[0].prefix]


def test_a_limit_of_0_leaves_the_sums_only() -> None:
    assert prefixes_with_metrics(samples(seed_audit(), limit=0)) == []


@pytest.mark.parametrize("bad", [HOSTILE_NAME, HOSTILE_MARKUP], ids=["name", "markup"])
def test_a_hostile_name_stays_inside_its_label(bad: str) -> None:
    found = samples(hostile_audit(bad))
    assert found["router_checked", (safe(bad.replace("\\", "\\\\")),)] == 0
    assert [name for name, _ in found if "owned" in name] == []


def test_two_names_never_become_one_series() -> None:
    names = ("a\n", "a\\n", "a\\\\n")
    prefixes = tuple(AuditedPrefix(name, "default", "192.0.2.0/24", ()) for name in names)
    audit = Audit(Network(tuple(RouterState(name) for name in names), prefixes))
    assert len([labels for name, labels in samples(audit) if name == "router_checked"]) == 3


@pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS)
def test_openmetrics_has_the_same_values(audit: Audit) -> None:
    text = render_openmetrics(audit, metrics_limit=1000).decode()
    assert text.endswith("# EOF\n")
    families = parsed_openmetrics(text)  # type: ignore[no-untyped-call]  # the library's
    assert by_name_and_labels(families) == samples(audit)


@pytest.mark.checkers
@pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS)
def test_promtool_has_nothing_to_say(audit: Audit) -> None:
    content = render_prometheus(audit, metrics_limit=1000)
    run = subprocess.run(["promtool", "check", "metrics"], input=content, capture_output=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")


@pytest.mark.checkers
@pytest.mark.parametrize("bad", [HOSTILE_NAME, HOSTILE_MARKUP], ids=["name", "markup"])
def test_prometheus_scrapes_both_forms_and_gives_hostile_names_back(bad: str, tmp_path: Path) -> None:
    bodies = {
        "/text": (TEXT, render_prometheus(hostile_audit(bad), metrics_limit=1000)),
        "/openmetrics": (OPENMETRICS, render_openmetrics(hostile_audit(bad), metrics_limit=1000)),
    }
    with prometheus(tmp_path, bodies) as query:
        found = query("ecmpaudit_router_checked")
        names = query('{__name__=~".*owned.*|.*egnp.*"}')
    shown = safe(bad.replace("\\", "\\\\"))
    assert {(it["metric"]["job"], it["metric"]["router"]) for it in found} == {("text", shown), ("openmetrics", shown)}
    assert names == []


@pytest.mark.checkers
@pytest.mark.parametrize("audit", [seed_audit(), hostile_audit(HOSTILE_MARKUP)], ids=["seed", "markup"])
def test_node_exporter_takes_the_file(audit: Audit, tmp_path: Path) -> None:
    (tmp_path / "ecmp.prom").write_bytes(render_prometheus(audit, metrics_limit=1000))
    port = free_port()
    command = [
        "prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
        f"--collector.textfile.directory={tmp_path}", f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip

    def metrics() -> str:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text: str = answer.read().decode()
            return text

    with running(command, tmp_path / "log") as process:
        lines = wait_for(metrics, process).splitlines()
    assert "node_textfile_scrape_error 0" in lines
    assert f"ecmpaudit_incomplete {int(audit.is_incomplete)}" in lines
