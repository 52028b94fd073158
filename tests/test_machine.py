"""What a machine cannot offer is named with the reason before the tests start, and left out; `required` is an error."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MARKS = ("sshd", "lab", "browser", "checkers", "postgresql", "cron", "kubectl")
OPT_IN = ("deb", "image")
"""Not run by `make test`: their tests take minutes."""
PROGRAMS = (
    *(
        "zebra",
        "bird",
        "gobgpd",
        "gobgp",
        "sshd",
        "ssh",
        "ssh-keygen",
        "ip",
        "chromium",
        "initdb",
        "runuser",
        "crontab",
        "kubectl",
    ),
    *(
        "crontab",
        "promtool",
        "prometheus",
        "prometheus-node-exporter",
        "prometheus-alertmanager",
        "icinga2",
        "negate",
        "systemd-analyze",
    ),
    *("debootstrap", "dpkg-deb", "python3.11", "buildah", "unshare"),
)
TESTS = {
    "sshd": "the tests marked sshd",
    "lab": "the tests in tests/lab",
    "browser": "the tests in tests/browser",
    "checkers": "the tests marked checkers",
    "postgresql": "the tests marked postgresql",
    "cron": "the tests marked cron",
    "kubectl": "the tests marked kubectl",
    "deb": "the tests of the Debian package",
    "image": "the test of the image",
}
PACKAGES = {
    "sshd": "openssh-server openssh-client sudo",
    "lab": "frr bird2 gobgpd openssh-server openssh-client iproute2",
    "browser": "chromium",
    "checkers": "prometheus prometheus-alertmanager prometheus-node-exporter icinga2-bin monitoring-plugins-basic",
    "postgresql": "postgresql util-linux",
    "cron": "cron systemd",
    "kubectl": "kubernetes-client",
    "deb": "debootstrap dpkg systemd",
    "image": "buildah debootstrap util-linux",
}
NOTHING = {"BASH_FUNC_command%%": "() { return 1; }", "BASH_FUNC_compgen%%": "() { return 1; }"}
"""Lets bash find no program, whatever is installed here."""
ONLY_APT = NOTHING | {"BASH_FUNC_command%%": "() { [[ $2 == apt-get ]]; }"}

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="the scripts install as root only")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose machine has every program, each of which works, and an apt-get that reaches nothing."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    for name in PROGRAMS:
        write_program(tmp_path / "bin" / name)
    write_program(tmp_path / "bin" / "ldconfig", "echo libatomic.so.1")
    write_program(tmp_path / "bin" / "apt-get", "echo 'E: no network' >&2; exit 100")
    write_program(tmp_path / ".venv" / "bin" / "python")
    return tmp_path


def write_program(file: Path, script: str = "exit 0") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def environment(checkout: Path, **variables: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ECMPAUDIT_", "MAKE"))}
    return inherited | {"PATH": f"{checkout / 'bin'}:{os.environ['PATH']}"} | variables


def prepare(checkout: Path, mark: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / ".ci" / mark], env=environment(checkout, **variables),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip


def needs_root(mark: str) -> str | None:
    """Return what is said to a user who is not root, before anything is looked for."""
    if os.geteuid() == 0:
        return None
    return {**dict.fromkeys(("lab", *OPT_IN), "it needs root"), "cron": "only root can run a cron daemon"}.get(mark)


@pytest.mark.parametrize("mark", [*MARKS, *OPT_IN])
def test_a_machine_that_has_all_and_where_it_works_is_ready(checkout: Path, mark: str) -> None:
    done = prepare(checkout, mark)
    if reason := needs_root(mark):
        assert (done.returncode, done.stdout) == (3, f"{mark}: {reason}; {TESTS[mark]} are left out\n")
    else:
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("mark", [*MARKS, *OPT_IN])
def test_packages_that_are_missing_without_apt_get_are_named(checkout: Path, mark: str) -> None:
    reason = needs_root(mark) or f"not installed, and there is no apt-get: {PACKAGES[mark]}"
    done = prepare(checkout, mark, **NOTHING)
    assert (done.returncode, done.stdout) == (3, f"{mark}: {reason}; {TESTS[mark]} are left out\n")
    required = prepare(checkout, mark, **NOTHING, **{f"ECMPAUDIT_{mark.upper()}": "required"})
    assert (required.returncode, required.stdout) == (1, "")
    assert required.stderr == f"{mark}: {reason}, but ECMPAUDIT_{mark.upper()}=required\n"


@as_root
@pytest.mark.parametrize("mark", [*MARKS, *OPT_IN])
def test_packages_that_apt_get_cannot_install_are_named(checkout: Path, mark: str) -> None:
    done = prepare(checkout, mark, **ONLY_APT)
    reason = f"apt-get could not install: {PACKAGES[mark]}"
    assert (done.returncode, done.stdout) == (3, f"{mark}: {reason}; {TESTS[mark]} are left out\n")
    assert "E: no network" in done.stderr


@pytest.mark.parametrize(
    "mark,program,tried",
    [
        ("sshd", ".venv/bin/python", ".venv/bin/python -m tests.ssh_server"),
        ("lab", ".venv/bin/python", ".venv/bin/python -m tests.lab.availability"),
        ("browser", ".venv/bin/python", ".venv/bin/python -m tests.browser.chromium"),
        ("checkers", "bin/promtool", "promtool --version"),
        ("checkers", "bin/prometheus", "prometheus --version"),
        ("checkers", "bin/prometheus-alertmanager", "prometheus-alertmanager --version"),
        ("checkers", "bin/prometheus-node-exporter", "prometheus-node-exporter --version"),
        ("checkers", "bin/icinga2", "icinga2 console --eval 1"),
        ("checkers", "bin/negate", "negate --version"),
        ("image", "bin/unshare", "unshare --mount --pid --fork true"),
        ("postgresql", ".venv/bin/python", ".venv/bin/python -m tests.postgresql_server"),
        ("cron", ".venv/bin/python", ".venv/bin/python -m tests.cron_daemon"),
        ("cron", "bin/systemd-analyze", "systemd-analyze calendar daily"),
    ],
)
def test_what_is_installed_and_does_not_work_is_named(checkout: Path, mark: str, program: str, tried: str) -> None:
    write_program(checkout / program, "echo Traceback >&2; echo no /proc here >&2; exit 1")
    done = prepare(checkout, mark)
    reason = needs_root(mark) or f"`{tried}` fails: no /proc here"
    assert (done.returncode, done.stdout) == (3, f"{mark}: {reason}; {TESTS[mark]} are left out\n")
    required = prepare(checkout, mark, **{f"ECMPAUDIT_{mark.upper()}": "required"})
    assert required.returncode == 1
    assert f"{reason}, but ECMPAUDIT_{mark.upper()}=required" in required.stderr


@pytest.mark.parametrize("mark", [*MARKS, *OPT_IN])
def test_off_leaves_the_tests_out_and_another_word_is_an_error(checkout: Path, mark: str) -> None:
    variable = f"ECMPAUDIT_{mark.upper()}"
    off = prepare(checkout, mark, **{variable: "off"})
    assert (off.returncode, off.stdout) == (3, f"{mark}: switched off by {variable}=off; {TESTS[mark]} are left out\n")
    other = prepare(checkout, mark, **{variable: "requierd"})
    assert (other.returncode, other.stderr) == (1, f"{mark}: {variable}=requierd: expected required or off\n")


def make_test(checkout: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `make test` with a pytest that only prints its arguments."""
    for name in ("pyproject.toml", "requirements-dev.lock", ".venv/.ready"):
        (checkout / name).touch()
    shutil.copy(ROOT / "Makefile", checkout)
    write_program(checkout / ".venv" / "bin" / "python", '[ $2 != pytest ] || echo "$@"')
    return subprocess.run(
        ["make", "test"], cwd=checkout, env=environment(checkout, **{"ARGS": "", **variables}),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_make_test_names_what_is_missing_before_the_tests_and_runs_the_rest(checkout: Path) -> None:
    for mark in MARKS:
        write_program(checkout / ".ci" / mark, "exit 0")
    write_program(checkout / ".ci" / "browser", "echo installing >&2; echo browser: no Chromium; exit 3")
    write_program(checkout / ".ci" / "cron", "echo cron: no cron; exit 3")
    done = make_test(checkout)
    assert done.returncode == 0
    assert re.fullmatch(r"-m pytest .*-m not browser and not cron\n", done.stdout)
    assert done.stderr == "installing\nbrowser: no Chromium\ncron: no cron\n"


def test_make_test_runs_no_test_where_something_required_is_missing(checkout: Path) -> None:
    done = make_test(checkout, **NOTHING, ECMPAUDIT_BROWSER="required")
    assert (done.returncode, done.stdout) == (2, "")
    assert "browser: not installed, and there is no apt-get: chromium, but ECMPAUDIT_BROWSER=required\n" in done.stderr


def test_make_test_runs_everything_where_all_is_offered(checkout: Path) -> None:
    for mark in MARKS:
        write_program(checkout / ".ci" / mark, "exit 0")
    done = make_test(checkout)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"-m pytest .*\n", done.stdout)
    assert " not " not in done.stdout


def test_every_file_of_tests_with_an_sshd_marks_them() -> None:
    users = re.compile(r"\b(?:ssh_server\(|scanned_router\(|make_key\(|ssh-keygen\")")
    texts = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "tests").glob("test_*.py")}
    using = {name for name, text in texts.items() if users.search(text) and name != Path(__file__).name}
    assert {"test_cron.py", "test_known_hosts.py"} <= using
    assert {name for name in using if "mark.sshd" not in texts[name]} == set()
