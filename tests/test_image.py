"""The image of release/Containerfile, built, and run as its user on a file system that cannot be written.

It is built on a Debian from debootstrap, since no registry may be reachable; ECMPAUDIT_IMAGE_BASE names another base.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.program import ROOT
from tests.test_release import RELEASE, SEED, VERSION, done

if TYPE_CHECKING:
    from collections.abc import Iterator

_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_NAME = f"localhost/ecmpaudit-test-{os.getpid()}"
_INCLUDED = "python3,python3-pip,python3-venv,ca-certificates"
_CONFINED = """
mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && mount -t proc proc "$0/proc" || exit 99
exec env -i PATH=/usr/local/bin:/usr/bin:/bin XDG_STATE_HOME=/var/lib \\
  "$(command -v chroot)" --userspec=65532:65532 "$0" "$@"
"""
"""Runs a command in the folder $0 as the image's user, with nothing to write to."""
pytestmark = [
    pytest.mark.packaging,
    pytest.mark.skipif(
        os.environ.get("ECMPAUDIT_IMAGE") != "required",
        reason="takes minutes: ECMPAUDIT_IMAGE=required, as root, builds an image and runs it",
    ),
]


@dataclass(frozen=True, slots=True)
class Image:
    """The built image, and its files."""

    name: str
    root: Path

    def run(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Return how a command inside ended."""
        confined = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", _CONFINED, str(self.root), *words]
        return subprocess.run(confined, input=given, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(name="base", scope="module")
def _base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the name of the image that is built on."""
    done(ROOT / ".ci/image", ECMPAUDIT_IMAGE="required")
    if given := os.environ.get("ECMPAUDIT_IMAGE_BASE"):
        yield given
        return
    folder = tmp_path_factory.mktemp("base")
    done("debootstrap", "--variant=minbase", f"--include={_INCLUDED}", "bookworm", folder)
    container = done("buildah", "from", "scratch").strip()
    done("buildah", "add", "--quiet", container, folder, "/")
    done("buildah", "commit", "--quiet", "--rm", container, f"{_NAME}-base")
    shutil.rmtree(folder)
    yield f"{_NAME}-base"
    done("buildah", "rmi", f"{_NAME}-base")


@pytest.fixture(name="image", scope="module")
def _image(base: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    context = tmp_path_factory.mktemp("context")
    done(ROOT / ".venv/bin/python", "-m", "build", "--wheel", "--outdir", context / "dist", ROOT)
    (context / "release").mkdir()
    shutil.copy(RELEASE / "requirements.lock", context / "release")
    # The machine's certificates are those of its network, which may have a proxy of its own.
    mounted = ["--volume", f"{_CERTIFICATES}:{_CERTIFICATES}:ro"] if Path(_CERTIFICATES).exists() else []
    words = ["--isolation", "chroot", *mounted, "--build-arg", f"BASE={base}", "--tag", _NAME]
    done("buildah", "build", "--quiet", *words, "--file", RELEASE / "Containerfile", context)
    container = done("buildah", "from", _NAME).strip()
    try:
        yield Image(_NAME, Path(done("buildah", "mount", container).strip()))
    finally:
        with suppress(AssertionError):
            done("buildah", "rm", container)
            done("buildah", "rmi", _NAME)


def test_the_image_audits_a_table_without_root_and_without_a_file_that_it_can_write(image: Image) -> None:
    looked = image.run("sh", "-c", "id -u; touch /tmp/x /var/lib/ecmpaudit/x || echo read-only")
    assert looked.stdout.split() == ["65532", "read-only"], looked.stderr
    assert image.run("ecmpaudit", "--version").stdout == f"ecmpaudit {VERSION}\n"
    audited = image.run("ecmpaudit", "analyze", "-", given=SEED.read_text(encoding="utf-8"))
    assert (audited.returncode, audited.stderr) == (1, "")
    assert "missing 172.30.250.103, 172.30.250.104" in audited.stdout
    assert image.run("/usr/local/bin/ecmpaudit", "serve", "--help").returncode == 0


def test_the_image_has_openssh_for_its_user_and_what_every_extra_needs(image: Image) -> None:
    asked = image.run("ssh", "-o", "BatchMode=yes", "-p", "1", "127.0.0.1")
    assert "Connection refused" in asked.stderr  # not "No user exists for uid 65532"
    imported = "import starlette, uvicorn, mcp, apprise, psycopg, netmiko, pynetbox, distributed"
    assert image.run("/opt/ecmpaudit/bin/python", "-c", imported).returncode == 0


def test_the_image_begins_as_its_user_with_the_program(image: Image) -> None:
    configured = "{{.OCIv1.Config.User}} {{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Cmd}}"
    printed = done("buildah", "inspect", "--type", "image", "--format", configured, image.name)
    assert printed.strip() == "65532:65532 [/usr/local/bin/ecmpaudit] [--help]"
