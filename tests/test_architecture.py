"""README.md, CONTRIBUTING.md and docs/architecture.md are true: what they name exists, and their examples run."""

from __future__ import annotations

import importlib.util
import os
import re
import tomllib
from pathlib import Path
from types import ModuleType

import click
import pytest

from ecmpaudit.cli.main import app
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.target import Target
from ecmpaudit.collectors.transports import registry
from ecmpaudit.errors import TemplateError
from ecmpaudit.model import Capture
from ecmpaudit.parsing.resolved import resolve
from ecmpaudit.platforms.schema import check
from ecmpaudit.rules import all_rules
from tests.notation import parse_network
from tests.report_samples import seed_audit

ROOT = Path(__file__).parent.parent
ARCHITECTURE = ROOT / "docs" / "architecture.md"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ARCHITECTURE)
TOP = {"ecmpaudit", "parsers", "reports", "docs", "tests", ".ci"}
PACKAGES = {folder.name for folder in (ROOT / "ecmpaudit").iterdir() if folder.is_dir()} - {"__pycache__"}
_PATH = re.compile(r"(?<![\w/.~-])((?:[\w.*-]+/)+[\w.*-]*)(?![\w<])")
_INLINE = re.compile(r"`([^`\n]+)`")
PYTHON = re.findall(r"```python\n(.*?)```", ARCHITECTURE.read_text(encoding="utf-8"), re.DOTALL)


def paths_in(page: str) -> set[str]:
    """Return the paths that begin with a folder of the top level or a package."""
    found = {path.rstrip(".") for path in _PATH.findall(page)}
    return {path for path in found if path.partition("/")[0] in TOP | PACKAGES}


def commands_in(page: str) -> list[list[str]]:
    """Return the words of each command of ours: lines after a `$`, parts of pipes, and what is in backticks."""
    typed = [line.removeprefix("$ ") for line in page.splitlines() if line.startswith("$ ")]
    typed += _INLINE.findall(page)
    parts = [part.split("#")[0].split() for line in typed for part in line.split(" | ")]
    return [words for words in parts if words and words[0].rpartition("/")[2] in {"make", "ecmpaudit", "python"}]


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    named = paths_in(page.read_text(encoding="utf-8"))
    missing = [path for path in named if not any((any(ROOT.glob(path)), any((ROOT / "ecmpaudit").glob(path))))]
    assert named
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    commands = commands_in(page.read_text(encoding="utf-8"))
    assert commands
    assert [" ".join(words) for words in commands if not _exists(words)] == []


@pytest.mark.parametrize(
    "command",
    [
        "make dmeo", "ecmpaudit analyse FILE", "ecmpaudit scan --sav x", "ecmpaudit config chekc",
        "python -m tests.bench.nothing", "python -m tests.bench.audit --router 1",
    ],
)  # fmt: skip
def test_a_command_that_does_not_exist_is_noticed(command: str) -> None:
    (words,) = commands_in(f"`{command}`")
    assert not _exists(words)


def _exists(words: list[str]) -> bool:
    program = words[0].rpartition("/")[2]
    options = {word.partition("=")[0] for word in words if word[0] == "-"} - {"-", "--help"}
    if program == "make":
        return words[1] in re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    if program == "python":
        return _is_module(words[2], options - {"-m"})
    command: click.Command = app
    for word in words[1:]:
        if not isinstance(command, click.Group) or word[0] == "-":
            break
        chosen = command.get_command(click.Context(command), word)
        if chosen is None:
            return False
        command = chosen
    return options <= {option for parameter in command.params for option in parameter.opts}


def _is_module(name: str, options: set[str]) -> bool:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        return False
    source = Path(found.origin).read_text(encoding="utf-8")
    return name == "pytest" or all(f'"{option}"' in source for option in options)


def test_the_table_of_packages_is_the_contract_of_the_import_linter() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    table = ARCHITECTURE.read_text(encoding="utf-8").partition("| package |")[2].partition("\n## ")[0]
    rows = [_INLINE.findall(cell) for cell in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)]
    assert rows == [[package.strip().removeprefix("ecmpaudit.") for package in layer.split("|")] for layer in layers]


def test_the_architecture_is_one_page() -> None:
    assert len(ARCHITECTURE.read_text(encoding="utf-8").splitlines()) <= 120


def module_of(code: str, name: str) -> ModuleType:
    """Return the code of the page as a module."""
    module = ModuleType(name)
    exec(compile(code, name, "exec"), module.__dict__)  # noqa: S102 - the page's own code
    return module


def test_the_example_of_a_fact_reads_both_families() -> None:
    read = module_of(PYTHON[0], "forwarding").read_forwarding
    (line,) = re.findall(r"^command = '(sysctl .*)'$", ARCHITECTURE.read_text(encoding="utf-8"), re.MULTILINE)
    for key, family in (("net.ipv4.ip_forward", 4), ("net.ipv6.conf.all.forwarding", 6)):
        assert re.fullmatch(line, f"sysctl {key}")
        capture = Capture("node1", "linux", f"sysctl {key}", f"{key} = 1\n", source="ssh node1")
        (setting,) = read(capture, resolve(capture)).facts.settings
        assert (setting.host, setting.value, setting.family) == ("node1", "1", family)
        assert (setting.evidence.line, setting.evidence.text) == (1, f"{key} = 1")


def test_the_example_of_a_platform_is_what_the_schema_allows(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(title.*?)```", ARCHITECTURE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "show_routes.textfsm").touch()
    check(tmp_path / "platform.toml", tomllib.loads(example))
    with pytest.raises(TemplateError, match="titel"):
        check(tmp_path / "platform.toml", tomllib.loads(example.replace("title", "titel")))


def test_the_example_of_a_rule_gives_its_code_for_bad_and_nothing_for_good() -> None:
    module = module_of(PYTHON[1], "ecmp999_static_route")
    bad, good = re.fullmatch(r".*\nBad\n(.*)\n\nGood\n(.*)", module.__doc__ or "", re.DOTALL).groups()  # type: ignore[union-attr]  # the page has both
    found = [[finding.message for finding in module.check(parse_network(text))] for text in bad.split("\n\n")]
    assert found == [
        ["tor1 198.51.100.9/32: static route, expected BGP or OSPF"],
        ["tor1 2001:db8:100::9/128: static route, expected BGP or OSPF"],
    ]
    assert list(module.check(parse_network(good))) == []
    assert module.CODE not in {rule.code for rule in all_rules()}


def test_the_example_of_a_report_lists_the_codes() -> None:
    assert module_of(PYTHON[2], "codes").render_codes(seed_audit()) == "ECMP101 tor1\n"


def test_the_example_of_a_transport_returns_answers_and_failures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "podman").write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    (tmp_path / "podman").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setitem(registry.TRANSPORTS, "podman", module_of(PYTHON[3], "podman").opened)
    target = Target("red", transport="podman", commands=("vtysh -c 'show version'",), command_prefix="sudo")
    (capture,) = collect([target])
    assert (capture.text, capture.failure) == ("exec red sh -c sudo vtysh -c 'show version'\n", None)
    (tmp_path / "podman").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (capture,) = collect([target])
    assert capture.failure == "the command failed with exit status 1"
