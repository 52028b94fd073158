"""`ecmpaudit schedule`: what it prints is taken by crontab, by systemd and by Kubernetes' schemas, and cron runs it."""

from __future__ import annotations

import datetime as dt
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from ecmpaudit.commands import schedule
from ecmpaudit.history.store import open_history
from ecmpaudit.reporting.schedule import cron_line, cron_moment, kubernetes_cron_job, systemd_units
from tests.cron_daemon import cron_daemon, crontab, own_crontab
from tests.program import ROOT, ecmpaudit
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


OPT = "/opt/ecmpaudit/bin/ecmpaudit"


def words_of(form: str, printed: str) -> list[str]:
    """Return the words of the command that is run, as cron, systemd or Kubernetes reads them."""
    if form == "kubernetes":
        pod = yaml.safe_load(printed)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        return [str(word) for word in pod["containers"][0]["command"]]
    (line,) = re.findall(r"^(?:ExecStart=|\*/15 \* \* \* \* )(.*)$", printed, re.MULTILINE)
    return shlex.split(line)


FORMS = {"cron": [], "systemd": [], "kubernetes": ["--image", "registry.example/e:1"]}


@pytest.mark.parametrize("form", FORMS)
def test_every_path_of_the_command_is_absolute_and_the_comment_has_the_flags(form: str, tmp_path: Path) -> None:
    written = tmp_path if form == "cron" else Path("/var/lib/ecmpaudit")
    output = "r.prom" if form == "kubernetes" else str(written / "r.prom")
    settings = tmp_path if form == "cron" else Path("/etc/ecmpaudit")
    config = "own.yaml" if form != "systemd" else "/etc/ecmpaudit/own.yaml"
    folder = "own" if form != "systemd" else "/etc/ecmpaudit/own"
    flags = ["-c", config, "-o", output, "-o", f"json:{written}/all", "--confirm", "3", "--parsers", folder]
    run = ecmpaudit("schedule", form, *FORMS[form], *flags, "--program", OPT, folder=tmp_path)
    assert run.returncode == 0, run.stderr
    paths = ["--config", f"{settings}/own.yaml"]
    outputs = ["--output", f"prometheus:{written}/r.prom", "--output", f"json:{written}/all"]
    parsers = ["--parsers", f"{settings}/own"]
    numbers = ["--confirm", "3", "--deadline", "600"]
    expected = [OPT, "scan", *paths, "--record", *numbers, "--quiet-unless-changed", *outputs, *parsers]
    assert words_of(form, run.stdout) == expected
    again = ["ecmpaudit", "schedule", form, *FORMS[form], *paths, "--every", "15m", *numbers, *outputs, *parsers]
    assert shlex.join([*again, "--program", OPT]) in run.stdout.splitlines()[1 if form == "systemd" else 0]


@pytest.mark.parametrize(
    "form, flags, complaint",
    [
        ("systemd", ["--program", "/root/venv/bin/ecmpaudit"], "the unit does not see /root (ProtectHome=yes)"),
        ("systemd", ["--program", "/home/a/bin/ecmpaudit"], "the unit does not see /home (ProtectHome=yes)"),
        ("systemd", ["--program", OPT, "-c", "/run/user/0/e.yaml"], "does not see /run/user (ProtectHome=yes)"),
        ("systemd", ["--program", OPT, "--parsers", "/root/own"], "/root/own: the unit does not see /root"),
        ("systemd", ["--program", OPT, "-o", "/etc/r.prom"], "the unit can write only below /var/lib/ecmpaudit"),
        ("kubernetes", ["--image", "x", "-c", "/root/e.yaml"], "/root/e.yaml: the container has only /etc/ecmpaudit"),
        ("kubernetes", ["--image", "x", "-o", "/etc/r.prom"], "the container can write only below /var/lib/ecmpaudit"),
        ("cron", ["-o", "r.dat"], "r.dat: unknown form"),
        ("cron", ["-o", "."], ".: is a folder; name a file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_the_unit_or_the_container_forbids_is_refused(
    form: str, flags: list[str], complaint: str, tmp_path: Path
) -> None:
    run = ecmpaudit("schedule", form, *flags, folder=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert complaint in " ".join(run.stderr.split())


def test_a_program_that_only_links_below_home_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "_HIDDEN", {str(tmp_path / "home"): "ProtectHome=yes"})
    (tmp_path / "home").mkdir()
    program, link = tmp_path / "home" / "ecmpaudit", tmp_path / "ecmpaudit"
    program.write_text("#!/bin/sh\n")
    link.symlink_to(program)
    run = ecmpaudit("schedule", "systemd", "--program", link)
    assert (run.returncode, "(ProtectHome=yes)" in run.stderr) == (2, True)
    link.unlink()
    link.write_text(f"#!{program}\n")
    run = ecmpaudit("schedule", "systemd", "--program", link)
    assert (run.returncode, "(ProtectHome=yes)" in run.stderr) == (2, True)


@pytest.mark.cron
def test_systemd_and_crontab_take_what_the_command_prints(tmp_path: Path) -> None:
    program = shutil.which("true")
    (tmp_path / "units").mkdir()
    for flag in ("--units", "-o"):
        words = ["schedule", "systemd", "--every", "6h", "--program", str(program), flag, tmp_path / "units"]
        run = ecmpaudit(*words)
        assert (run.returncode, run.stdout) == (0, "")
        assert not run.stderr or "/etc/ecmpaudit/ecmpaudit.yaml: is not there yet" in run.stderr
    files = [str(tmp_path / "units" / name) for name in ("ecmpaudit.service", "ecmpaudit.timer")]
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True, check=False
    )
    complaints = [line for line in verified.stderr.splitlines() if "ecmpaudit." in line]
    assert (verified.returncode, complaints) == (0, [])
    line = ecmpaudit("schedule", "cron", "-o", "r.prom", folder=tmp_path).stdout
    (tmp_path / "crontab").write_text(line)
    assert crontab("-n", str(tmp_path / "crontab")).returncode == 0


@pytest.mark.sshd
@pytest.mark.cron
def test_cron_runs_what_the_page_says_to_enter(tmp_path: Path) -> None:
    """The page's own commands, every minute in the place of every 15: seen to run twice, alone and quietly."""
    commands = PAGE.partition("```sh\n")[2].partition("```")[0]
    assert "| crontab -" in commands
    with scanned_router(tmp_path) as router, own_crontab():
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
        # Cron compares times of crontabs in whole seconds: a change in the second that it began in may be lost.
        with cron_daemon(tmp_path / "cron.log"):
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
