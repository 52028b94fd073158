"""From a fault to a message and back: `ecmpaudit serve`, Prometheus with our rules, Alertmanager with our route."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.program import ROOT
from tests.prometheus_server import alertmanager, configured
from tests.scanned_router import scanned_router, webhook
from tests.test_serve import TOKEN, served, waited_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scanned_router import Webhook
    from tests.test_serve import Server

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ecmpaudit[serve]'")
pytestmark = [pytest.mark.sshd, pytest.mark.checkers]


def route() -> dict[str, Any]:
    """Return the route that docs/reports.md recommends."""
    page = (ROOT / "docs/reports.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(route:\n.*?)```", page, re.DOTALL)
    found: dict[str, Any] = yaml.safe_load(block)["route"]
    return found


def messages(hook: Webhook, alert: str) -> list[tuple[str, int, str]]:
    """Return of each message about an alert its status, the number of its alerts, and the summary of the first."""
    about = [each for each in hook.received if each["commonLabels"].get("alertname") == alert]
    return [(each["status"], len(each["alerts"]), each["alerts"][0]["annotations"]["summary"]) for each in about]


def next_run(server: Server, number: int) -> None:
    """Begin a run, and wait until this many are complete."""
    server.process.send_signal(signal.SIGHUP)
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    sample = f'ecmpaudit_serve_runs_total{{outcome="complete"}} {number}.0\n'
    waited_for(lambda: sample in server.ask("/metrics", **bearer).text)


def test_a_fault_is_one_message_of_alertmanager_and_its_end_another_one(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n", encoding="utf-8")
    token.chmod(0o600)
    with (
        scanned_router(tmp_path) as router,
        served(router, "--interval", "1000", "--token-file", str(token)) as server,
        webhook() as hook,
    ):
        waited_for(lambda: server.ask("/readyz").status == 200)
        receiver = {"url": f"http://{urlsplit(hook.url).netloc}/", "send_resolved": True}
        quick = {"group_wait": "0s", "group_interval": "1s"}
        receivers = [{"name": route()["receiver"], "webhook_configs": [receiver]}]
        with alertmanager(tmp_path, {"route": route() | quick, "receivers": receivers}) as port:
            configuration = {
                "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(ROOT / "docs/prometheus-rules.yml")],
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}]},
                "scrape_configs": [
                    {
                        "job_name": "ecmpaudit",
                        "authorization": {"credentials_file": str(token)},
                        "static_configs": [{"targets": [f"127.0.0.1:{server.port}"]}],
                    }
                ],
            }
            with configured(tmp_path, configuration, 1) as query:
                assert query('ALERTS{alertstate="firing"}') == []
                router.set_table("172.30.250.105")
                next_run(server, 2)
                waited_for(lambda: bool(hook.received))
                ((status, alerts, summary),) = messages(hook, "EcmpIncident")
                assert (status, alerts, "node5" in summary) == ("firing", 1, True)
                (alert,) = hook.received[0]["alerts"]
                assert set(alert["labels"]) == {"alertname", "incident", "severity", "kind"}
                router.set_table()
                next_run(server, 3)
                waited_for(lambda: len(hook.received) == 2)
                assert [each["status"] for each in hook.received] == ["firing", "resolved"]
                assert hook.received[1]["groupLabels"] == {"incident": alert["labels"]["incident"]}
                (tmp_path / "ecmpaudit.yaml").write_text("routers: [", encoding="utf-8")
                waited_for(lambda: len(hook.received) == 3)
                assert messages(hook, "EcmpServeConfigurationUnusable")[0][0] == "firing"
