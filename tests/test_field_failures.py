"""The page of field failures is true: every rule and test that it names exists, and no failure is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecmpaudit.rules import all_rules

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "field-failures.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)


def test_every_listed_failure_has_a_row() -> None:
    assert [int(row[0]) for row in ROWS] == list(range(1, 53))


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_failure_names_its_rule_and_test_or_why_there_is_none(row: tuple[str, ...]) -> None:
    _, _, caught_by, proven_by, reason = row
    rules = re.findall(r"ECMP\d{3}", caught_by)
    if caught_by == "none":
        assert reason
        assert not proven_by
    else:
        assert set(rules) <= {rule.code for rule in all_rules()}
        assert rules
        assert proven_by


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+\.py::test_\w+)`", PAGE))))
def test_a_named_test_exists(name: str) -> None:
    file, _, function = name.partition("::")
    assert re.search(rf"^def {function}\(", (TESTS / file).read_text(encoding="utf-8"), re.MULTILINE)
