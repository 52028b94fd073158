"""The documents: a site that builds strictly, code that runs as it is shown, help with an example, completion."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from ecmpaudit.cli.main import app

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"```(?P<kind>python|text)\n(?P<body>.*?)```", re.DOTALL)


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    run = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert (run.returncode, run.stderr) == (0, "")
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!squidfunk)[^"]*\.(?:js|css|woff2?)', page)


def test_the_code_of_the_librarys_page_prints_what_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    printed = ""
    for block in _BLOCK.finditer((ROOT / "docs" / "library.md").read_text(encoding="utf-8")):
        if block["kind"] == "text":
            assert printed == block["body"]
        else:
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(block["body"], "docs/library.md", "exec"), names)  # noqa: S102 - the page's own code
            printed = out.getvalue()


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
