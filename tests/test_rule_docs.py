"""The rules' documentation is true: each example gives what it says, and the page and the command print it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ecmpaudit.cli.rule import rule as rule_command
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.rules import Rule, all_rules, rule
from tests.notation import parse_network

RULES_FOLDER = Path(__file__).parent.parent / "ecmpaudit" / "rules"
RULES_PAGE = Path(__file__).parent.parent / "docs" / "rules.md"

CODES = [
    "ECMP001",
    "ECMP002",
    "ECMP003",
    "ECMP004",
    "ECMP005",
    "ECMP101",
    "ECMP102",
    "ECMP103",
    "ECMP104",
    "ECMP105",
    "ECMP106",
    "ECMP107",
    "ECMP108",
    "ECMP109",
    "ECMP201",
    "ECMP202",
    "ECMP203",
    "ECMP204",
    "ECMP205",
    "ECMP301",
    "ECMP302",
    "ECMP303",
    "ECMP304",
    "ECMP305",
    "ECMP401",
    "ECMP402",
    "ECMP403",
    "ECMP404",
    "ECMP405",
    "ECMP406",
    "ECMP407",
    "ECMP501",
    "ECMP502",
    "ECMP503",
    "ECMP601",
    "ECMP602",
    "ECMP603",
    "ECMP604",
    "ECMP701",
    "ECMP702",
    "ECMP703",
    "ECMP704",
    "ECMP705",
    "ECMP706",
    "ECMP707",
]

EVERY_RULE = [pytest.param(each, id=each.code) for each in all_rules()]
BAD = [pytest.param(each, text, id=f"{each.code}-{n}") for each in all_rules() for n, text in enumerate(each.bad)]
GOOD = [pytest.param(each, text, id=f"{each.code}-{n}") for each in all_rules() for n, text in enumerate(each.good)]


def codes_found(text: str) -> list[str]:
    network = parse_network(text)
    return sorted({finding.code for each in all_rules() for finding in each.check(network)})


def test_all_rules_are_found_in_the_order_of_their_codes() -> None:
    assert [each.code for each in all_rules()] == CODES


def test_each_rule_module_is_one_rule() -> None:
    assert len(list(RULES_FOLDER.glob("ecmp[0-9]*.py"))) == len(CODES)


@pytest.mark.parametrize("each, example", BAD)
def test_a_bad_example_gives_exactly_the_rules_code(each: Rule, example: str) -> None:
    assert codes_found(example) == sorted({each.code, each.beside or each.code})


@pytest.mark.parametrize("each, example", GOOD)
def test_a_good_example_gives_nothing(each: Rule, example: str) -> None:
    assert codes_found(example) == [], each.code


def test_only_these_rules_have_examples_that_give_another_code_too() -> None:
    beside = {each.code: each.beside for each in all_rules() if each.beside}
    assert beside == {"ECMP202": "ECMP101", "ECMP204": "ECMP101", "ECMP604": "ECMP101"}


@pytest.mark.parametrize("each", EVERY_RULE)
def test_a_rule_is_documented_in_four_sections(each: Rule) -> None:
    titles = re.findall(r"^(Why|How to fix|Bad|Good)(?: \(beside ECMP\d{3}\))?$", each.text, re.MULTILINE)
    assert titles == ["Why", "How to fix", "Bad", "Good"]
    assert each.text.partition("\n")[0].endswith(".")


@pytest.mark.parametrize("each", EVERY_RULE)
def test_a_rule_has_examples_of_both_kinds_and_bad_ones_of_both_families(each: Rule) -> None:
    assert each.good
    if each.code != "ECMP002":  # lines that were not understood have no family
        assert "198.51.100." in "".join(each.bad)
        assert "2001:db8:" in "".join(each.bad)


@pytest.mark.parametrize("each", EVERY_RULE)
def test_a_rules_code_is_that_of_its_file(each: Rule) -> None:
    assert (RULES_FOLDER / f"{each.code.lower()}_{each.name}.py").is_file()


@pytest.mark.parametrize("each", EVERY_RULE)
def test_a_rule_is_short_enough_to_be_read_at_once(each: Rule) -> None:
    lines = (RULES_FOLDER / f"{each.code.lower()}_{each.name}.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 120


@pytest.mark.parametrize("each", EVERY_RULE)
def test_only_the_family_of_completeness_says_incomplete(each: Rule) -> None:
    assert (each.severity == "incomplete") == each.code.startswith("ECMP0")
    assert each.code[4] in "01234567"


@pytest.mark.parametrize("code", ["ECMP101", "ecmp101", "101", " Ecmp101 "])
def test_a_rule_is_found_by_its_code_however_it_is_typed(code: str) -> None:
    assert rule(code).name == "too_few_next_hops"


@pytest.mark.parametrize(
    "code, hint",
    [
        ("999", "expected one such as ECMP101, or a family such as 1xx or ECMP1*; `ecmpaudit rule` lists them"),
        ("ECMP1O1", "did you mean ECMP101?"),
        ("7071", "did you mean ECMP707?"),
        ("too_few_next_hops", "did you mean ECMP101?"),
        ("prefix_mising", "did you mean ECMP102?"),
    ],
)
def test_an_unknown_code_is_answered_with_the_nearest_or_with_the_forms(code: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        rule(code)
    assert str(refused.value) == f"no rule has the code {code}; {hint}"


@pytest.mark.parametrize("each", EVERY_RULE)
def test_the_page_holds_every_example_and_section_of_a_rule(each: Rule) -> None:
    section = RULES_PAGE.read_text(encoding="utf-8").partition(f"\n## {each.code} ")[2].partition("\n## ")[0]
    assert [line.split()[1] for line in section.splitlines() if line.startswith("### ")] == [
        "Why",
        "How",
        "Bad",
        "Good",
    ]
    for example in (*each.bad, *each.good):
        assert example in section


def test_the_command_without_a_code_lists_every_rule() -> None:
    result = CliRunner().invoke(rule_command, [])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == CODES
    assert "ECMP001  incomplete  A router could not be asked, or its answer is not complete" in result.stdout
    assert "ECMP101  error       A prefix has fewer next hops than expected" in result.stdout


def test_the_command_with_a_code_prints_the_rules_text() -> None:
    result = CliRunner().invoke(rule_command, ["101"])
    assert result.exit_code == 0
    assert result.stdout.startswith("ECMP101 too_few_next_hops (error)\n\nA prefix has fewer next hops than expected")
    assert "How to fix" in result.stdout
    assert "    tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2, 192.0.2.5" in result.stdout


def test_the_command_with_an_unknown_code_exits_with_2_and_names_the_nearest() -> None:
    result = CliRunner(env={"COLUMNS": "400"}).invoke(rule_command, ["ECMP1O2"])
    assert result.exit_code == 2
    assert "no rule has the code ECMP1O2; did you mean ECMP102?" in result.stderr
    assert result.stdout == ""


def test_listing_the_rules_loads_nothing_heavy() -> None:
    program = (
        "import sys; from ecmpaudit.cli.rule import rule; rule.callback('101'); rule.callback(None);"
        "print(sorted({'pandas', 'polars', 'paramiko', 'pydantic', 'pyarrow', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
