"""The documents: a site that builds strictly, recorded output, help with an example, completion."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import ecmpaudit
from ecmpaudit.cli.main import app
from tests.recorded_output import MATRIX, RECORDING, as_printed_now

ROOT = Path(__file__).parent.parent


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    run = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert (run.returncode, run.stderr) == (0, "")
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!squidfunk)[^"]*\.(?:js|css|woff2?)', page)


PAGES = [file for file in RECORDING if file != MATRIX]


@pytest.mark.parametrize("file", PAGES, ids=[file.name for file in PAGES])
def test_recorded_output_is_what_the_code_prints(file: Path) -> None:
    assert file.read_text(encoding="utf-8") == as_printed_now(file), "`make docs` writes it anew"


def test_output_that_is_out_of_date_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- example: --version | head -1 -->\n```console\n$ ecmpaudit --version\nold\n```\nAfter.\n")
    assert as_printed_now(page) == (
        "<!-- example: --version | head -1 -->\n```console\n$ ecmpaudit --version | head -1\n"
        f"ecmpaudit {ecmpaudit.__version__}\n```\nAfter.\n"
    )


def test_an_example_that_ends_with_a_usage_error_is_not_recorded(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- example: analyse file -->\n```console\n```\n")
    with pytest.raises(RuntimeError, match="ecmpaudit analyse file: exit code 2"):
        as_printed_now(page)


def commands() -> list[str]:
    """Return every command, those within a group too, as it is typed."""
    found, context = [], click.Context(app)
    for name in app.list_commands(context):
        inner = getattr(app.get_command(context, name), "commands", {})
        found += [f"{name} {each}" for each in inner] or [name]
    return found


@pytest.mark.parametrize("command", commands())
def test_the_help_of_every_command_has_an_example_of_it(command: str) -> None:
    run = [sys.executable, "-m", "ecmpaudit", *command.split(), "--help"]
    shown = " ".join(subprocess.run(run, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split())
    assert f"ecmpaudit {command}" in shown.partition("Example: ")[2].partition("Options")[0]


PROGRAM = Path(sys.executable).with_name("ecmpaudit")
"""As it was installed: completion calls the program by its name."""


@pytest.mark.parametrize("shell, word", [("bash", "complete -o"), ("zsh", "#compdef"), ("fish", "complete --no-files")])
def test_completion_can_be_had_for_each_shell(shell: str, word: str) -> None:
    environment = os.environ | {"_ECMPAUDIT_COMPLETE": f"{shell}_source"}
    run = subprocess.run([PROGRAM], capture_output=True, text=True, check=False, env=environment)
    assert f"{word} " in run.stdout
    assert "ecmpaudit" in run.stdout


def test_bash_completes_a_command() -> None:
    script = """
        eval "$(_ECMPAUDIT_COMPLETE=bash_source ecmpaudit)"
        COMP_WORDS=(ecmpaudit anal); COMP_CWORD=1
        _ecmpaudit_completion ecmpaudit anal ecmpaudit
        echo "${COMPREPLY[@]}"
    """
    environment = os.environ | {"PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    run = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert run.stdout.strip() == "analyze"
