"""The dashboard in docs/: Grafana's own types know all of it, its metrics are ours, and its queries answer."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from ecmpaudit.incidents import incidents_of
from ecmpaudit.reporting.prometheus import render_prometheus
from tests.audit_builders import seed_audit
from tests.prometheus_server import TEXT, prometheus

if TYPE_CHECKING:
    from collections.abc import Iterator

DASHBOARD = json.loads((Path(__file__).parent.parent / "docs" / "grafana-dashboard.json").read_text())
EXPOSED = set(re.findall(r"^# TYPE (\w+)", render_prometheus(seed_audit(), metrics_limit=10).decode(), re.MULTILINE))


def expressions() -> dict[str, str]:
    """Return every query with `all` chosen for its variables, by the panel's title and the query's letter."""
    return {
        f"{panel['title']} {target['refId']}": target["expr"].replace("$router", ".*").replace("$prefix", ".*")
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
    }


def lost(value: Any, kept: Any, path: str = "") -> Iterator[str]:
    """Yield the path of everything in the first that is not in the second."""
    if isinstance(value, dict) and isinstance(kept, dict):
        for key, inner in value.items():
            yield from lost(inner, kept.get(key), f"{path}/{key}")
    elif isinstance(value, list) and isinstance(kept, list) and len(value) == len(kept):
        for number, (inner, other) in enumerate(zip(value, kept, strict=True)):
            yield from lost(inner, other, f"{path}/{number}")
    elif value != kept:
        yield path


def test_grafanas_own_types_know_every_key() -> None:
    plugins.register_default_plugins()
    kept = json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(DASHBOARD)))
    assert list(lost(DASHBOARD, kept)) == []


def test_every_metric_of_the_dashboard_is_exported_and_every_exported_one_is_in_it() -> None:
    used = set(re.findall(r"\becmpaudit_\w+", json.dumps(DASHBOARD)))
    assert used - EXPOSED == set()
    assert EXPOSED - used == {"ecmpaudit_build_info"}


def test_no_two_panels_lie_upon_each_other() -> None:
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)


@pytest.mark.checkers
def test_promtool_reads_every_query(tmp_path: Path) -> None:
    rules = [{"record": f"ecmp:{number}", "expr": text} for number, text in enumerate(expressions().values())]
    (tmp_path / "rules.json").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    run = subprocess.run(
        ["promtool", "check", "rules", str(tmp_path / "rules.json")], capture_output=True, text=True, check=False
    )
    assert (run.returncode, f"{len(rules)} rules found" in run.stdout) == (0, True), run.stderr


@pytest.mark.checkers
def test_every_query_answers_with_the_seeds_metrics(tmp_path: Path) -> None:
    audit = seed_audit()
    audit = replace(audit, incidents=incidents_of(audit.network, audit.findings))
    body = render_prometheus(audit, metrics_limit=1000)
    with prometheus(tmp_path, {"/metrics": (TEXT, body)}) as query:
        answers = {name: query(text) for name, text in expressions().items()}
    assert [name for name, answer in answers.items() if not answer] == []
    assert [it["value"][1] for it in answers["Missing next hops A"]] == ["2"]
    assert [it["value"][1] for it in answers["Headroom to the ceiling A"]] == ["59"]
    assert [it["value"][1] for it in answers["Spread per router A"]] == ["0.8"]
