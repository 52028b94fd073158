"""A catastrophic pattern in a platform of one's own ends in an error that names it, wherever it is tried."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.errors import TemplateError
from ecmpaudit.model import Capture
from ecmpaudit.parsing.explain import explain_line
from ecmpaudit.parsing.facts import ttp_templates
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.template import engine_of, load_template
from ecmpaudit.platforms import patient_patterns
from ecmpaudit.platforms.own_folder import OWN_PARSERS
from ecmpaudit.platforms.patient_patterns import LatePattern, PatientPattern, is_own
from ecmpaudit.platforms.registry import platforms
from tests.program import ecmpaudit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEMPLATE = """\
Value PREFIX ([0-9.]+/[0-9]+)
Value NEXTHOP ([0-9.]+)
Value UNPARSED (.*\\S.*)

Start
  ^route ${PREFIX} gw ${NEXTHOP}$$ -> Record
  RULE
  ^${UNPARSED}$$ -> Record

EOF
"""
ROUTE = "route 192.0.2.0/24 gw 198.51.100.1\n"
HANGS = "note " + "a" * 200
FALLBACK = "^(?=note)note (?:a|a)*b$$"
IN_COLUMNS = "^note (?:a|a)*b$$"


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a platform of one's own that the registry reads."""
    folder = tmp_path / "acme"
    folder.mkdir()
    monkeypatch.setenv(OWN_PARSERS, str(tmp_path))
    monkeypatch.setattr(patient_patterns, "ONE_MATCH", 0.2)
    return folder


def write(folder: Path, rule: str, detect: str = "^route ") -> Path:
    template = folder / "routes.textfsm"
    template.write_text(TEMPLATE.replace("RULE", rule), encoding="utf-8")
    described = f"title = 'Acme'\n[[table]]\ntemplate = 'routes.textfsm'\ncommand = 'routes'\ndetect = ['{detect}']\n"
    (folder / "platform.toml").write_text(described, encoding="utf-8")
    return template


@pytest.mark.parametrize(
    "rule, line",
    [(FALLBACK, HANGS), (IN_COLUMNS, f"{HANGS}é"), (IN_COLUMNS, HANGS)],
    ids=["on the textfsm library", "a line that is not ASCII", "the repair of a line that was not understood"],
)
def test_a_rule_that_would_hang_is_named_with_its_line_and_the_text(acme: Path, rule: str, line: str) -> None:
    template = write(acme, rule)
    with pytest.raises(TemplateError, match="takes too long for the line 'note aaaa") as raised:
        read_capture(Capture(None, "acme", None, f"{ROUTE}{line}\n", "t"))
    assert str(raised.value).startswith(f"{template}:7: the pattern `^")


def test_a_rule_that_hangs_while_a_line_is_explained_is_named(acme: Path) -> None:
    template = write(acme, IN_COLUMNS)
    with pytest.raises(TemplateError, match="takes too long") as raised:
        explain_line(Capture(None, "acme", None, f"{ROUTE}{HANGS}\n", "t"), 2)
    assert str(raised.value).startswith(f"{template}:7: ")


def test_a_pattern_that_hangs_while_a_table_is_detected_is_named(acme: Path) -> None:
    write(acme, IN_COLUMNS, detect="^note (?:a|a)*b$")
    with pytest.raises(TemplateError, match="takes too long") as raised:
        read_capture(Capture(None, None, None, f"{ROUTE}{HANGS}\n", "t"))
    assert str(raised.value).startswith(f"{acme / 'platform.toml'}: ")


def test_a_pattern_that_hangs_while_names_are_searched_is_named() -> None:
    pattern = PatientPattern(r"(?m)^(\S+) up$", "acme/platform.toml")
    assert [found[1] for found in pattern.finditer("tor1 up\ntor2 down\ntor3 up")] == ["tor1", "tor3"]
    with pytest.raises(TemplateError, match=r"^acme/platform.toml: the pattern .* takes too long"):
        PatientPattern("note (?:a|a)*b$", "acme/platform.toml").finditer(HANGS)


def test_a_count_that_rust_cannot_make_is_an_error(acme: Path) -> None:
    write(acme, IN_COLUMNS)
    described = acme / "platform.toml"
    described.write_text(f"{described.read_text(encoding='utf-8')}next_hop_lines = '(?=route)'\n", encoding="utf-8")
    with pytest.raises(TemplateError, match="next_hop_lines cannot be searched with: a lookahead") as raised:
        read_capture(Capture(None, "acme", None, ROUTE, "t"))
    assert str(raised.value).startswith(f"{described}: ")


TTP = """\
<group name="bgp">
router bgp {{ asn }}
RULE
</group>
"""


@pytest.mark.parametrize(
    "rule, seconds, message",
    [
        (' note {{ note | re("(a+)+b") }}', 1.0, "takes longer than 1 s for one text"),
        ("</input>", 60.0, "cannot be run: "),
    ],
    ids=["hangs", "damaged"],
)
def test_a_ttp_template_of_ones_own_is_bounded_too(
    rule: str, seconds: float, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ttp_templates, "LONGEST", seconds)
    monkeypatch.setenv(ttp_templates.ALLOWED, "1")
    template = tmp_path / "configuration.ttp"
    template.write_text(TTP.replace("RULE", rule), encoding="utf-8")
    with pytest.raises(TemplateError, match=message) as raised:
        ttp_templates.parsed(f"router bgp 64496\n {HANGS}\nend\n", template)
    assert str(raised.value).startswith(f"{template}: ")


def test_a_ttp_template_of_ones_own_runs_only_where_it_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = tmp_path / "configuration.ttp"
    template.write_text(TTP.replace("RULE\n", ""), encoding="utf-8")
    monkeypatch.delenv(ttp_templates.ALLOWED, raising=False)
    with pytest.raises(TemplateError, match="ECMPAUDIT_ALLOW_TTP=1"):
        ttp_templates.parsed("router bgp 64496\nend\n", template)


def test_a_module_of_the_working_directory_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = tmp_path / "configuration.ttp"
    template.write_text(TTP.replace("RULE\n", ""), encoding="utf-8")
    for name in ("ttp", "json"):
        (tmp_path / f"{name}.py").write_text("open('imported', 'w').close()\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(ttp_templates.ALLOWED, "1")
    assert ttp_templates.parsed("router bgp 64496\nend\n", template) == {"bgp": {"asn": "64496"}}
    assert not (tmp_path / "imported").exists()


def test_a_pickle_that_somebody_left_is_neither_read_nor_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = tmp_path / "configuration.ttp"
    template.write_text(TTP.replace("RULE\n", ""), encoding="utf-8")
    pickle = tmp_path / "ttp_dict_cache.pickle"
    pickle.write_bytes(b"cposix\nsystem\n(S'touch unpickled'\ntR.")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TTPCACHEFOLDER", str(tmp_path))
    monkeypatch.setenv(ttp_templates.ALLOWED, "1")
    content = pickle.read_bytes()
    assert ttp_templates.parsed("router bgp 64496\nend\n", template) == {"bgp": {"asn": "64496"}}
    assert (pickle.read_bytes(), (tmp_path / "unpickled").exists()) == (content, False)


def test_a_harmless_ttp_template_of_ones_own_reads_as_usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ttp_templates.ALLOWED, "1")
    template = tmp_path / "configuration.ttp"
    template.write_text(TTP.replace("RULE\n", ""), encoding="utf-8")
    assert ttp_templates.parsed("router bgp 64496\nend\n", template) == {"bgp": {"asn": "64496"}}
    assert ttp_templates.parsed("nothing\n", template) == {}


def test_a_hanging_pattern_ends_in_a_thread_too(acme: Path) -> None:
    write(acme, FALLBACK)
    raised: list[str] = []

    def read() -> None:
        try:
            read_capture(Capture(None, "acme", None, f"{ROUTE}{HANGS}\n", "t"))
        except TemplateError as error:
            raised.append(str(error))

    thread = threading.Thread(target=read)
    thread.start()
    thread.join(timeout=60)
    assert len(raised) == 1


def test_many_slow_lines_are_a_hang_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient_patterns, "_SLOW", 0.0)
    monkeypatch.setattr(patient_patterns, "ALL_SLOW_MATCHES", 0.01)
    pattern = PatientPattern("^a*b$", "t:1")

    def read_many() -> None:
        for _ in range(1_000_000):
            pattern.match("a" * 1000)

    with pytest.raises(TemplateError, match=r"^t:1: the pattern `\^a\*b\$` takes too long"):
        read_many()


def test_the_command_is_incomplete_and_says_why_in_one_line(acme: Path) -> None:
    write(acme, FALLBACK)
    run = subprocess.run(
        [sys.executable, "-m", "ecmpaudit", "--parsers", str(acme.parent), "routes", "-"],
        input=f"{ROUTE}{HANGS}\n",
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 3
    assert run.stderr.startswith(f"ecmpaudit: -: not understood: {acme}/routes.textfsm:7: the pattern `")
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["routes -", "analyze -", "routes - --explain-line 2"])
def test_whichever_match_takes_too_long_the_text_is_named(
    acme: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    write(acme, FALLBACK)
    matches = 0

    def slow(pattern: PatientPattern, find: Callable[..., object], line: str) -> object:
        nonlocal matches
        matches += 1
        if matches == slow_one:
            raise pattern._too_slow(line)
        return None if line.startswith(HANGS) else find(line)

    monkeypatch.setattr(PatientPattern, "_limited", slow)
    for slow_one in range(1, 100):
        matches = 0
        run = ecmpaudit("--parsers", acme.parent, *command.split(), text=f"{ROUTE}{HANGS}\n")
        if matches < slow_one:
            break
        assert f"-: not understood: {acme}/" in run.stdout + run.stderr, (slow_one, run.stderr)
        assert run.returncode in {2, 3}
    assert 5 < slow_one < 100


def test_a_harmless_template_of_ones_own_reads_as_usual(acme: Path) -> None:
    template = write(acme, "^(?=note)note a*$$")
    table = read_capture(Capture(None, "acme", None, f"{ROUTE}{HANGS}\nnote b\n", "t"))
    assert engine_of(template).columnar is None
    assert (table.route_count, [line.text for line in table.unparsed]) == (1, ["note b"])


def test_a_template_that_is_no_text_is_an_error(acme: Path) -> None:
    template = write(acme, IN_COLUMNS)
    template.write_bytes(b"Value \xff\xfe")
    with pytest.raises(TemplateError, match=str(template)):
        load_template(template)


def test_shipped_patterns_pay_nothing() -> None:
    for platform in platforms().values():
        for template in platform.templates:
            assert not is_own(template)
            rules = [rule for state in load_template(template).states.values() for rule in state]
            assert not any(isinstance(rule.regex_obj, PatientPattern) for rule in rules)


def test_every_shipped_pattern_compiles() -> None:
    patterns = [
        pattern
        for platform in platforms().values()
        for known in (
            *platform.tables,
            platform.bgp_table,
            *platform.facts,
            *platform.explanations,
            *platform.scan_node,
        )
        for pattern in (
            getattr(known, name, None) for name in ("command", "detect", "next_hop_lines", "whole", "names", "pattern")
        )
        if isinstance(pattern, LatePattern)
    ]
    assert len(patterns) > 100
    for pattern in patterns:
        assert re.compile(pattern.pattern)
