"""`ecmpaudit schedule`: what it prints is taken by crontab, by systemd and by Kubernetes' schemas, and cron runs it."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from ecmpaudit.history.store import open_history
from ecmpaudit.reporting.schedule import cron_line, cron_moment, kubernetes_cron_job, systemd_units
from tests.cron_daemon import cron_daemon, crontab, own_crontab
from tests.program import ROOT
from tests.scanned_router import scanned_router

WORDS = [sys.executable, "-m", "ecmpaudit", "scan", "--config", "/etc/100% sure/$HOME.yaml", "--record"]
PAGE = (ROOT / "docs" / "cron.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "every,moment,calendar",
    [
        (dt.timedelta(minutes=1), "* * * * *", "*-*-* *:*:00"),
        (dt.timedelta(minutes=15), "*/15 * * * *", "*-*-* *:00/15:00"),
        (dt.timedelta(hours=1), "0 * * * *", "*-*-* *:00:00"),
        (dt.timedelta(hours=6), "0 */6 * * *", "*-*-* 00/6:00:00"),
        (dt.timedelta(days=1), "0 0 * * *", "*-*-* 0:00:00"),
    ],
    ids=["minute", "quarter", "hour", "six_hours", "day"],
)
@pytest.mark.cron
def test_an_interval_is_the_same_for_cron_and_systemd(every: dt.timedelta, moment: str, calendar: str) -> None:
    assert cron_moment(every) == moment
    assert f"OnCalendar={calendar}\n" in systemd_units(WORDS, every, 600)["ecmpaudit.timer"]
    done = subprocess.run(["systemd-analyze", "calendar", calendar], capture_output=True, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("minutes", [7, 45, 90, 2880], ids=str)
def test_an_interval_that_cron_cannot_keep_is_refused(minutes: int) -> None:
    with pytest.raises(ValueError, match="expected an interval that divides an hour or a day"):
        cron_moment(dt.timedelta(minutes=minutes))


@pytest.mark.cron
def test_crontab_takes_the_line(tmp_path: Path) -> None:
    line = cron_line(WORDS, dt.timedelta(minutes=15))
    assert "'/etc/100\\% sure/$HOME.yaml'" in line
    (tmp_path / "crontab").write_text(line)
    assert crontab("-n", str(tmp_path / "crontab")).returncode == 0
    (tmp_path / "crontab").write_text("*/15 * * * 9 true\n")
    assert crontab("-n", str(tmp_path / "crontab")).returncode == 1


@pytest.mark.cron
def test_systemd_takes_the_units_and_calls_the_service_safe(tmp_path: Path) -> None:
    for name, content in systemd_units(WORDS, dt.timedelta(minutes=15), 600).items():
        (tmp_path / name).write_text(content)
    files = [str(tmp_path / name) for name in ("ecmpaudit.service", "ecmpaudit.timer")]
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True, check=False
    )
    complaints = [line for line in verified.stderr.splitlines() if "ecmpaudit." in line]
    assert (verified.returncode, complaints) == (0, [])
    security = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20", files[0]],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert security.returncode == 0, security.stdout[-300:]


def test_kubernetes_schemas_take_the_manifest() -> None:
    manifest = yaml.safe_load(kubernetes_cron_job(WORDS, dt.timedelta(hours=1), 600, "registry.example/ecmpaudit:1"))
    kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)
    (container,) = manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == WORDS
    manifest["spec"]["concurencyPolicy"] = "Forbid"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.sshd
@pytest.mark.cron
def test_cron_runs_what_the_page_says_to_enter(tmp_path: Path) -> None:
    """The page's own commands, every minute in the place of every 15: seen to run twice, alone and quietly."""
    commands = PAGE.partition("```sh\n")[2].partition("```")[0]
    assert "| crontab -" in commands
    with scanned_router(tmp_path) as router, own_crontab(), cron_daemon(tmp_path / "cron.log"):
        history = str(tmp_path / "history.db")
        configuration = tmp_path / "ecmpaudit.yaml"
        configuration.write_text(configuration.read_text().replace("{", f'{{"history": {{"url": "{history}"}}, ', 1))
        complaints = tmp_path / "complaints.log"
        program = tmp_path / "bin" / "ecmpaudit"
        program.parent.mkdir()
        program.write_text(
            f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
            f"sys.stderr = open({str(complaints)!r}, 'a')\nfrom ecmpaudit.cli.main import main\nmain()\n"
        )
        program.chmod(0o755)
        entered = subprocess.run(
            ["sh", "-ec", commands.replace("--every 15m", "--every 1m")], cwd=tmp_path, capture_output=True, text=True,
            env=router.environment(PATH=f"{program.parent}:{os.environ['PATH']}"), check=False,
        )  # fmt: skip
        assert entered.returncode == 0, entered.stdout + entered.stderr + complaints.read_text()
        end = time.monotonic() + 240
        while time.monotonic() < end and recorded(history) < 2:
            time.sleep(1)
        assert recorded(history) >= 2, complaints.read_text() if complaints.exists() else "cron ran nothing"
    with open_history(history, create=False) as opened:
        first, second, *_ = opened.runs()
    assert (first.is_complete, second.is_complete, first.asked.command) == (True, True, "scan")
    apart = dt.datetime.fromisoformat(second.started) - dt.datetime.fromisoformat(first.started)
    assert dt.timedelta(seconds=20) < apart < dt.timedelta(seconds=110)


def recorded(history: str) -> int:
    """Return how many runs are kept."""
    if not Path(history).exists():
        return 0
    with open_history(history, create=False) as opened:
        return len(opened.runs())
