"""What `make release` builds beside the wheel: Debian package, kubectl plugin, kustomize base, action, hook."""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest
import yaml

from ecmpaudit.cli.main import _NAMES
from tests.kubernetes_api import Cluster, installed, served
from tests.program import ROOT, ecmpaudit, plain_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

RELEASE = ROOT / "release"
SEED = ROOT / "tests/fixtures/frr/show_ip_route--seed.txt"
VERSION = ecmpaudit("--version").stdout.split()[-1]
needs_git = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="a release is built from a commit")
needs_package = pytest.mark.skipif(
    os.environ.get("ECMPAUDIT_DEB") != "required",
    reason="takes minutes: ECMPAUDIT_DEB=required, as root with debootstrap, builds a package and installs it",
)


def done(*words: str | Path, folder: Path = ROOT, **variables: str) -> str:
    """Return what a program prints; it has to end with 0."""
    environment = {**plain_environment(), **variables}
    run = subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder, env=environment)
    assert run.returncode == 0, f"{words}: {run.stdout}{run.stderr}"
    return run.stdout


def released(folder: Path) -> Path:
    """Return dist/ of a clone, with the wheel, the sdist and the kubectl plugin."""
    done("git", "clone", "--quiet", ROOT, folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    done(folder / ".ci/release", folder=folder, RELEASE_PARTS="python krew")
    return folder / "dist"


@needs_git
@pytest.mark.packaging
def test_one_commit_gives_the_same_bytes_twice_and_the_manifest_of_krew_has_their_sum(tmp_path: Path) -> None:
    first, second = released(tmp_path / "one"), released(tmp_path / "two")
    sums = (first / "SHA256SUMS").read_text(encoding="utf-8")
    assert sums == (second / "SHA256SUMS").read_text(encoding="utf-8")
    done("sha256sum", "--check", "SHA256SUMS", folder=first)
    archive = first / f"kubectl-ecmp-{VERSION}.tar.gz"
    assert {line.split()[1] for line in sums.splitlines()} == {
        "ecmp.yaml", archive.name, f"ecmpaudit-{VERSION}-py3-none-any.whl", f"ecmpaudit-{VERSION}.tar.gz",
    }  # fmt: skip
    (platform,) = yaml.safe_load((first / "ecmp.yaml").read_text(encoding="utf-8"))["spec"]["platforms"]
    assert platform["sha256"] == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert platform["uri"].endswith(f"/v{VERSION}/{archive.name}")
    with tarfile.open(archive) as opened:
        assert opened.getmember(f"./{platform['bin']}").mode & 0o111


@pytest.fixture(name="package", scope="module")
def _package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Debian package of this checkout, not compressed."""
    done(ROOT / ".ci/deb", ECMPAUDIT_DEB="required")
    folder = tmp_path_factory.mktemp("deb")
    done(ROOT / ".venv/bin/python", "-m", "build", "--wheel", "--outdir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    return packaged(wheel, folder)


def packaged(wheel: Path, folder: Path) -> Path:
    """Return the Debian package of a wheel, not compressed, in this folder."""
    done(RELEASE / "deb/build", wheel, folder, DEB_LEVEL="0", SOURCE_DATE_EPOCH="1700000000")
    (package,) = folder.glob("*.deb")
    return package


@pytest.fixture(name="chroot", scope="module")
def _chroot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a Debian of the smallest kind, with Python."""
    folder = tmp_path_factory.mktemp("chroot")
    done("debootstrap", "--variant=minbase", "--include=python3,adduser", "bookworm", folder)
    yield folder
    shutil.rmtree(folder)


@needs_package
@pytest.mark.packaging
def test_the_package_is_installed_run_and_purged_in_a_debian(package: Path, chroot: Path) -> None:
    def inside(*words: str) -> str:
        return done("chroot", chroot, *words)

    before = files_of(chroot)
    shutil.copy(package, chroot / "tmp/ecmpaudit.deb")
    shutil.copy(SEED, chroot / "tmp/seed.txt")
    inside("dpkg", "--install", "tmp/ecmpaudit.deb")
    assert inside("ecmpaudit", "--version") == f"ecmpaudit {VERSION}\n"
    assert "172.30.250.105" in inside("ecmpaudit", "routes", "tmp/seed.txt", "--lookup", "172.31.1.1")
    assert inside("ecmpaudit", "rule", "ECMP101").startswith("ECMP101")
    assert inside("kubectl-ecmp", "--version")
    user = inside("getent", "passwd", "ecmpaudit").strip().split(":")
    assert (user[5], user[6]) == ("/var/lib/ecmpaudit", "/usr/sbin/nologin")
    assert inside("stat", "-c", "%U %G %a", "/var/lib/ecmpaudit", "/etc/ecmpaudit").splitlines() == [
        "ecmpaudit ecmpaudit 700", "root ecmpaudit 750",
    ]  # fmt: skip
    manual = {path.name for path in (chroot / "usr/share/man/man1").glob("ecmpaudit*")}
    assert {f"ecmpaudit-{name}.1.gz" for name in _NAMES} <= manual
    assert "_ecmpaudit_completion" in (chroot / "usr/share/bash-completion/completions/ecmpaudit").read_text()
    (chroot / "etc/ecmpaudit/ecmpaudit.yaml").write_text("routers: {tor1: {host: 192.0.2.1}}\n", encoding="utf-8")
    inside("ecmpaudit", "config", "check")
    inside("dpkg", "--purge", "ecmpaudit")
    assert {path for path in files_of(chroot) - before if "ecmpaudit" in path} == {"tmp/ecmpaudit.deb"}
    assert "ecmpaudit" not in (chroot / "etc/passwd").read_text() + (chroot / "etc/group").read_text()


def files_of(folder: Path) -> set[str]:
    """Return every path below a folder, without those of the kernel."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if "proc" not in path.parts}


@needs_package
@pytest.mark.packaging
def test_a_wheel_in_another_folder_gives_the_same_package_whose_records_name_only_what_it_holds(
    package: Path, tmp_path: Path
) -> None:
    (wheel,) = package.parent.glob("*.whl")
    other = tmp_path / "a folder with a longer name"
    other.mkdir()
    with package.open("rb") as first, packaged(Path(shutil.copy(wheel, other)), other).open("rb") as second:
        assert hashlib.file_digest(first, "sha256").digest() == hashlib.file_digest(second, "sha256").digest()
    done("dpkg-deb", "--extract", package, tmp_path / "holds")
    library = tmp_path / "holds/usr/lib/ecmpaudit"
    records = list(library.glob("*.dist-info/RECORD"))
    assert library / f"ecmpaudit-{VERSION}.dist-info/RECORD" in records
    for record in records:
        with record.open(encoding="utf-8", newline="") as lines:
            missing = [name for name, *_ in csv.reader(lines) if not (library / name).exists()]
        assert not missing, f"{record}: {missing}"


@needs_package
@pytest.mark.packaging
def test_systemd_has_nothing_to_say_about_the_units_and_the_server_has_the_lock_down_of_the_scan(
    package: Path, tmp_path: Path
) -> None:
    done("dpkg-deb", "--extract", package, tmp_path)
    units = tmp_path / "lib/systemd/system"
    for unit in units.iterdir():
        text = unit.read_text(encoding="utf-8").replace("/usr/bin/ecmpaudit", "/bin/true")
        unit.write_text(text, encoding="utf-8")
    done("systemd-analyze", "verify", "--man=no", *sorted(units.iterdir()))
    scan, serve = (units / f"ecmpaudit{name}.service" for name in ("", "-serve"))
    kept = {line for line in scan.read_text().splitlines() if line.startswith(("Protect", "Private", "Restrict", "No"))}
    assert len(kept) > 10
    assert kept <= set(serve.read_text().splitlines())
    assert "DynamicUser" not in scan.read_text() + serve.read_text()
    assert all(file.stat().st_mode & 0o022 == 0 for file in tmp_path.rglob("*") if not file.is_symlink())


@pytest.mark.kubectl
def test_the_base_is_what_kubectl_builds_and_every_object_is_valid() -> None:
    objects = list(yaml.safe_load_all(done("kubectl", "kustomize", RELEASE / "kustomize")))
    assert {each["kind"] for each in objects} >= {"CronJob", "Deployment", "Service", "ClusterRole", "ServiceAccount"}
    for each in objects:
        kubernetes_validate.validate(each, "1.32", strict=True)
    specs = [each["spec"] for each in objects if each["kind"] in {"CronJob", "Deployment"}]
    pods: list[dict[str, Any]] = [
        (spec["jobTemplate"]["spec"] if "jobTemplate" in spec else spec)["template"]["spec"] for spec in specs
    ]
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True


@pytest.mark.kubectl
def test_kubectl_would_apply_every_object_of_the_base(tmp_path: Path) -> None:
    objects = list(yaml.safe_load_all(done("kubectl", "kustomize", RELEASE / "kustomize")))
    with served(Cluster(installed(objects)), tmp_path) as server:
        words = ["kubectl", f"--kubeconfig={server.kubeconfig}", "apply", "--dry-run=client", "--validate=false"]
        applied = done(*words, "-k", RELEASE / "kustomize", HOME=str(tmp_path)).splitlines()
    assert len(applied) == len(objects)
    assert all(line.endswith("/ecmpaudit created (dry run)") or "/ecmpaudit-exec " in line for line in applied)
    assert all(request.startswith("GET ") for request in server.cluster.requests)


def test_the_base_has_the_cron_job_and_the_rights_of_the_program() -> None:
    printed = ecmpaudit("schedule", "kubernetes", "--image", "ecmpaudit").stdout
    assert (RELEASE / "kustomize/cronjob.yaml").read_text(encoding="utf-8") == printed
    rights = (ROOT / "docs/rbac.yaml").read_text(encoding="utf-8")
    assert (RELEASE / "kustomize/rbac.yaml").read_text(encoding="utf-8") == rights


@pytest.mark.kubectl
def test_kubectl_runs_the_plugin_with_its_arguments_and_exit_code() -> None:
    kubectl = Path(str(shutil.which("kubectl")))
    programs = f"{RELEASE / 'krew'}:{ROOT / '.venv/bin'}:{kubectl.parent}:/usr/bin:/bin"
    assert done("kubectl", "ecmp", "--version", PATH=programs) == f"ecmpaudit {VERSION}\n"
    words = ["kubectl", "ecmp", "analyze", str(SEED)]
    run = subprocess.run(
        words, capture_output=True, text=True, check=False, env={**plain_environment(), "PATH": programs}
    )
    assert (run.returncode, "warning ECMP101" in run.stdout) == (1, True)
    without = f"{RELEASE / 'krew'}:{kubectl.parent}:/usr/bin:/bin"
    run = subprocess.run(words, capture_output=True, text=True, check=False, env={"PATH": without})
    assert (run.returncode, "pipx install" in run.stderr) == (2, True)


def test_the_action_fails_on_findings_and_writes_summary_and_sarif(tmp_path: Path) -> None:
    action = yaml.safe_load((RELEASE / "action/action.yml").read_text(encoding="utf-8"))
    assert action["runs"]["using"] == "composite"
    (step,) = [each for each in action["runs"]["steps"] if "analyze" in each["run"]]
    inputs = {name: str(value.get("default", "")) for name, value in action["inputs"].items()}
    inputs |= {"files": str(SEED), "sarif": "report.sarif"}
    variables = {
        name: inputs[text.removeprefix("${{ inputs.").removesuffix(" }}")] for name, text in step["env"].items()
    }
    environment = {
        **plain_environment(), **variables, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "PATH": f"{ROOT / '.venv/bin'}:/usr/bin:/bin",
    }  # fmt: skip
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    run = subprocess.run(words, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
    assert (run.returncode, run.stdout.startswith("::warning")) == (1, True), run.stdout + run.stderr
    assert "ECMP101" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "ECMP101" in (tmp_path / "report.sarif").read_text(encoding="utf-8")


def test_the_hook_runs_analyze_on_the_files_of_a_commit() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert {"id", "name", "entry", "language"} <= set(hook)
    program, *words = hook["entry"].split()
    assert program == "ecmpaudit"
    assert ecmpaudit(*words, str(SEED)).returncode == 1


def test_the_image_is_not_root_and_installs_what_the_lock_names() -> None:
    lines = (RELEASE / "Containerfile").read_text(encoding="utf-8").splitlines()
    assert "USER 65532:65532" in lines
    assert any("--require-hashes" in line and "requirements.lock" in line for line in lines)
