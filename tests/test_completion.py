"""What a shell offers while a command is typed, and what an unknown command is answered with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from click.shell_completion import ShellComplete

from ecmpaudit.cli.main import app
from tests.program import ROOT, ecmpaudit

if TYPE_CHECKING:
    from pathlib import Path

SEED = ROOT / "tests/fixtures/frr/show_ip_route--seed.txt"
CONFIGURATION = """
routers:
  tor1: {host: 192.0.2.1, platform: frr}
  tor2: {host: 192.0.2.2, platform: frr}
nodes:
  node1: 192.0.2.101
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("ECMPAUDIT")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ecmpaudit.yaml").write_text(CONFIGURATION, encoding="utf-8")
    return tmp_path


def offered(*words: str) -> list[str]:
    """Return what is offered for the last word."""
    *before, last = words
    completion = ShellComplete(app, {}, "ecmpaudit", "_ECMPAUDIT_COMPLETE")
    return [item.value for item in completion.get_completions(before, last)]


@pytest.mark.parametrize(
    "words, expected",
    [
        (("rule", "ECMP10"), [f"ECMP10{number}" for number in range(1, 10)]),
        (("analyze", "x", "--select", "ecmp70"), [f"ECMP70{number}" for number in range(1, 8)]),
        (("scan", "--ignore", "ECMP101,4x"), ["ECMP101,4xx"]),
        (("routes", "x", "--platform", "cisco"), ["cisco_asa", "cisco_ios", "cisco_iosxr", "cisco_nxos"]),
        (("scan", "t"), ["tor1", "tor2"]),
        (("scan", "--accept-new", ""), ["tor1", "tor2", "node1"]),
        (("scan", "--accept-new", "tor1,n"), ["tor1,node1"]),
        (("scan", "-c", "missing.yaml", "t"), []),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_word_is_completed(words: tuple[str, ...], expected: list[str]) -> None:
    assert offered(*words) == expected


def test_runs_and_files_are_offered_for_a_side_of_diff(folder: Path) -> None:
    assert offered("diff", "l") == ["l"]
    place = folder / "runs.db"
    ecmpaudit("analyze", SEED, "--record", "--history", place, folder=folder)
    assert offered("diff", "--history", str(place), "") == ["last", "last-1", "1", ""]
    assert offered("diff", "--history", str(place), "1", "la") == ["last", "last-1", "la"]


def test_a_damaged_configuration_offers_nothing(folder: Path) -> None:
    (folder / "ecmpaudit.yaml").write_text("routers: [", encoding="utf-8")
    assert offered("scan", "") == []


@pytest.mark.parametrize("text", [f"{CONFIGURATION}routers:\n  tor9: 192.0.2.9\n", "routers: tor1\n", "[tor1]\n"])
def test_what_the_command_refuses_is_not_offered(text: str, folder: Path) -> None:
    (folder / "ecmpaudit.yaml").write_text(text, encoding="utf-8")
    assert offered("scan", "t") == []


@pytest.mark.parametrize(
    "words, name",
    [
        (["analyse", SEED], "analyze"),
        (["hystory"], "history"),
        (["config", "chek"], "check"),
        (["history", "prun"], "prune"),
    ],
)
def test_of_an_unknown_command_the_nearest_is_named(words: list[str | Path], name: str) -> None:
    run = ecmpaudit(*words)
    assert (run.returncode, run.stdout) == (2, "")
    assert f'no such command "{words[-1] if len(words) == 2 and words[-1] != SEED else words[0]}"' in run.stderr
    assert f"did you mean {name}?" in run.stderr


def test_a_command_that_resembles_none_is_an_error_as_well() -> None:
    run = ecmpaudit("xyzzy")
    assert (run.returncode, "No such command 'xyzzy'" in run.stderr) == (2, True)
