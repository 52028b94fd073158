"""`parsers` in ecmpaudit.yaml: the folder of own platforms, for every command that reads the file, and the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import ecmpaudit
from ecmpaudit.cli.main import app
from ecmpaudit.platforms.registry import platforms
from tests.test_adding_a_platform import SAMPLE, write_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the files of docs/adding-a-platform.md, which the program does not know."""
    write_files(tmp_path)
    monkeypatch.setenv("ECMPAUDIT_PARSERS", "")  # so that what a run sets is undone
    return tmp_path


def configured(folder: Path, parsers: str) -> Path:
    config = folder / "ecmpaudit.yaml"
    config.write_text(
        f"parsers: {parsers}\nrouters:\n  ex1: {{host: 192.0.2.9, platform: exampleos}}\n", encoding="ascii"
    )
    return config


@pytest.mark.parametrize("command", ["config check", "config hosts"])
def test_the_configuration_names_the_folder_relative_to_itself(folder: Path, command: str) -> None:
    run = CliRunner().invoke(app, [*command.split(), "-c", str(configured(folder, "own"))])
    assert run.exit_code == 0, run.output


def test_an_audit_reads_its_text_with_the_folder_of_the_configuration(folder: Path) -> None:
    config = configured(folder, "./own/")
    run = CliRunner().invoke(
        app, ["analyze", "-c", str(config), "--pool", "198.51.100.0/24,2001:db8:1::/64", str(folder / f"{SAMPLE}.txt")]
    )
    assert "lines: 12 understood, 0 not understood" in run.output


def test_a_folder_of_the_configuration_that_has_no_platform_is_refused_with_its_line(folder: Path) -> None:
    run = CliRunner().invoke(app, ["config", "check", "-c", str(configured(folder, "own/exampleos"))])
    assert run.exit_code == 2
    message = run.output
    assert f"{folder / 'ecmpaudit.yaml'}:1: parsers: " in message
    assert "this is the folder of one platform" in message


def test_the_folder_of_a_configuration_is_forgotten_after_a_call_of_the_library(folder: Path) -> None:
    result = ecmpaudit.audit(folder / f"{SAMPLE}.txt", config=configured(folder, "own"), pool="198.51.100.0/24")
    assert {prefix.prefix for prefix in result.network.prefixes} == {"198.51.100.1/32"}
    assert "exampleos" not in platforms()
