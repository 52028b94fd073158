"""platform.toml is strict: every fault is reported with file, key and remedy; what is right is used, scans included."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.configuration.reader import read_configuration
from ecmpaudit.errors import ConfigurationError, TemplateError, UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.platforms.registry import platforms
from ecmpaudit.platforms.schema import PlatformFile, check
from ecmpaudit.resources import parsers_folder

TABLE = """\
title = "ExampleOS"

[[table]]
template = "routes.textfsm"
command = '^show routes'
detect = ['^Routes']
"""
SHIPPED = sorted(parsers_folder().glob("*/platform.toml"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a platform of one's own, which has its template and no description yet."""
    folder = tmp_path / "parsers" / "exampleos"
    folder.mkdir(parents=True)
    (folder / "routes.textfsm").write_text("Value PREFIX (\\S+)\n\nStart\n", encoding="utf-8")
    monkeypatch.setenv("ECMPAUDIT_PARSERS", str(folder.parent))
    return folder


def faults(folder: Path, text: str) -> list[str]:
    """Return the lines of the refusal of a description, without the file that each begins with."""
    file = folder / "platform.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TemplateError) as refused:
        platforms()
    lines = str(refused.value).split("\n")
    assert [line for line in lines if not line.startswith(f"{file}: ")] == []
    return [line.removeprefix(f"{file}: ") for line in lines]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.parent.name)
def test_every_shipped_description_is_right(file: Path) -> None:
    check(file, tomllib.loads(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("text, line", [
    (f"is_forwarding_tabel = true\n{TABLE}", "is_forwarding_tabel: unknown key; did you mean is_forwarding_table?"),
    (TABLE.replace("detect = ['^Routes']", "detect = '^Routes'"),
     'table[0].detect: expected a list, found "^Routes"; put it in [ ]'),
    (TABLE.replace("detect", "detects"), "table[0].detect: missing; add it"),
    (TABLE.replace("'^Routes'", "'^Rou('"),
     "table[0].detect[0]: no regular expression: missing ), unterminated subpattern at position 4; check `^Rou(`"),
    (TABLE.replace("routes.textfsm", "table.textfsm"), "table[0].template: no such file: "),
    (TABLE.replace('"ExampleOS"', "7"), "title: expected a text, found 7"),
    (f"{TABLE}[[fact]]\nreader = 'frr sumary'\ncommand = 'x'\n",
     'fact[0].reader: unknown reader "frr sumary"; did you mean frr summary?'),
    (f"{TABLE}[[fact]]\nreader = 'frr summary'\n", "fact[0].command: missing; add it"),
    (f"{TABLE}[[ceiling]]\nsetting = 'x'\nvalue = '16'\nsource = 'a page'\n",
     'ceiling[0].value: expected a number, found "16"'),
    (f"{TABLE}[status]\n'*' = 'instaled'\n", "status.*: expected 'installed', 'queued', "),
    (f"{TABLE}[scan]\nrouters = ['show routes']\n", "scan.routers: unknown key; did you mean router?"),
    (f"{TABLE}[scan]\nrouter = [{{command = 'x', after = 'y', names = 'word'}}]\n",
     "scan.router[0].names: expected a pattern whose first group is the name, found `word`; put it in ( )"),
    (f"is_kernel = 'yes'\n{TABLE}", 'is_kernel: expected true or false, found "yes"'),
    ("title = 'ExampleOS'\n", "table: missing; add it"),
    ("title = \n", "no TOML: Invalid value (at line 1, column 9)"),
])  # fmt: skip
def test_a_fault_is_reported_with_file_key_and_remedy(folder: Path, text: str, line: str) -> None:
    assert [found for found in faults(folder, text) if found.startswith(line)] != []


def test_all_faults_are_reported_at_once(folder: Path) -> None:
    text = f"{TABLE.replace('title', 'titel')}\n[[explain]]\npattern = '('\nreason = 'x'\n"
    assert [line.partition(":")[0] for line in faults(folder, text)] == ["title", "explain[0].pattern", "titel"]


def test_every_key_of_a_description_is_documented() -> None:
    page = (Path(__file__).parent.parent / "docs" / "adding-a-platform.md").read_text(encoding="utf-8")
    assert [key for key in PlatformFile.model_fields if not re.search(rf"\b{key}\b", page)] == []


SCANNED = f"{TABLE}[scan]\nrouter = ['show routes', 'show routes json']\n"


def configuration(folder: Path, platform: str) -> Path:
    file = folder.parent.parent / "ecmpaudit.yaml"
    file.write_text(f"routers: {{tor1: {{host: 192.0.2.1, platform: {platform}}}}}\n", encoding="utf-8")
    return file


def test_a_platform_of_ones_own_is_configured_and_scanned(folder: Path) -> None:
    (folder / "platform.toml").write_text(SCANNED, encoding="utf-8")
    (target,) = targets_of(read_configuration(configuration(folder, "exampleos")))
    assert (target.platform, target.commands) == ("exampleos", ("show routes", "show routes json"))


def test_a_platform_without_scan_commands_is_refused_with_its_remedy(folder: Path) -> None:
    (folder / "platform.toml").write_text(TABLE, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"^routers\.tor1: a scan has no commands for platform exampleos; add"):
        targets_of(read_configuration(configuration(folder, "exampleos")))


def test_an_unknown_platform_is_refused_with_the_known_ones(folder: Path) -> None:
    (folder / "platform.toml").write_text(TABLE, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"platform: expected one of .*exampleos.*; did you mean exampleos\?"):
        read_configuration(configuration(folder, "exampelos"))


FRR_JSON = json.dumps({"198.51.100.7/32": [{"prefix": "198.51.100.7/32", "protocol": "bgp", "nexthops": []}]})
LINUX_JSON = json.dumps([{"dst": "198.51.100.7", "gateway": "192.0.2.1", "dev": "eth0"}])


def read_json(platform: str | None, text: str) -> str:
    return read_capture(Capture("tor1", platform, None, text, "routes.json")).platform


def test_json_is_read_as_the_platform_that_is_given(folder: Path) -> None:
    (folder / "platform.toml").write_text(f"json_form = 'frr'\n{TABLE}", encoding="utf-8")
    assert [read_json(given, FRR_JSON) for given in (None, "frr", "exampleos")] == ["frr", "frr", "exampleos"]
    assert [read_json(given, LINUX_JSON) for given in (None, "linux", "frr", "exampleos")] == ["linux"] * 4


def test_json_of_another_platform_is_refused() -> None:
    with pytest.raises(
        UnknownFormatError, match=r"^routes\.json: this JSON is a route table of frr, and not of .* bird"
    ):
        read_json("bird", FRR_JSON)
    with pytest.raises(ConfigurationError, match="platform frrr: expected one of"):
        read_json("frrr", FRR_JSON)
