"""The alert rules of docs/: promtool reads them, their metrics are exported, and each alert fires when it should."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ecmpaudit.commands.serve_state import State
from ecmpaudit.reporting.prometheus import render_prometheus
from tests.audit_builders import seed_audit

if TYPE_CHECKING:
    from collections.abc import Sequence

RULES = Path(__file__).parent.parent / "docs" / "prometheus-rules.yml"
OF_SERVE = {
    "EcmpServeNotReady": ("ecmpaudit_serve_ready", 5),
    "EcmpServeRunFailed": ("ecmpaudit_serve_last_run_ok", 15),
    "EcmpServeConfigurationUnusable": ("ecmpaudit_serve_configuration_usable", 0),
}
"""Of each alert: the metric that is 0, and the minutes after which it fires."""


def alerts() -> dict[str, dict[str, Any]]:
    """Return the rules by the names of their alerts."""
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def promtool(*words: str) -> str:
    """Return what promtool prints; it has to end with 0."""
    run = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def fires(folder: Path, inputs: Sequence[tuple[str, str]], expected: Sequence[tuple[int, str, bool]]) -> None:
    """Let promtool test which alerts fire at which minutes."""
    rules = alerts()
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in inputs],
        "alert_rule_test": [
            {"eval_time": f"{minute}m", "alertname": name, "exp_alerts": [
                {"exp_labels": {}, "exp_annotations": rules[name]["annotations"]}] if fires else []}
            for minute, name, fires in expected
        ],
    }  # fmt: skip
    file = folder / "test.yml"
    file.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [test]}))
    promtool("test", "rules", str(file))


def test_every_metric_of_the_rules_is_exported() -> None:
    state, _ = State(300, 3).metrics("")
    state_text = state.decode() + render_prometheus(seed_audit(), metrics_limit=10, last_good="2026-01-01").decode()
    exported = set(re.findall(r"^# TYPE (\w+)", state_text, re.MULTILINE))
    used = set(re.findall(r"\becmpaudit_\w+", " ".join(rule["expr"] for rule in alerts().values())))
    assert used - exported == set()


@pytest.mark.checkers
def test_promtool_reads_the_rules() -> None:
    assert f"{len(alerts())} rules found" in promtool("check", "rules", str(RULES))


@pytest.mark.checkers
@pytest.mark.parametrize("alert", OF_SERVE)
def test_an_alert_of_the_server_fires_while_its_metric_is_0_and_not_before(alert: str, tmp_path: Path) -> None:
    metric, minutes = OF_SERVE[alert]
    inputs = [(metric, "1 1 0x20 1x5")]
    fires(tmp_path, inputs, [(1, alert, False), (2 + minutes, alert, True), (24, alert, False)])
    if minutes:
        fires(tmp_path, inputs, [(1 + minutes, alert, False)])


@pytest.mark.checkers
def test_metrics_that_are_gone_and_runs_that_are_overdue_are_alerts(tmp_path: Path) -> None:
    fires(
        tmp_path,
        [("ecmpaudit_build_info", "1x10 stale"), ("ecmpaudit_last_good_run_timestamp_seconds", "0x120")],
        [
            (10, "EcmpMetricsAbsent", False), (24, "EcmpMetricsAbsent", False), (27, "EcmpMetricsAbsent", True),
            (60, "EcmpAuditOverdue", False), (61, "EcmpAuditOverdue", True),
        ],
    )  # fmt: skip
