"""The family of an address is determined in one place: `family_of` and `is_ipv6` in ecmpaudit/model/addressing.py."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "ecmpaudit"


def choices_by_colon(code: str) -> list[int]:
    """Return the line of each `A if ":" in B else C`, also with `not in`."""
    tests = [node.test for node in ast.walk(ast.parse(code)) if isinstance(node, ast.IfExp)]
    return [
        test.lineno
        for test in tests
        if isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Constant)
        and test.left.value == ":"
        and isinstance(test.ops[0], ast.In | ast.NotIn)
    ]


def test_no_module_determines_a_family_by_a_colon_of_its_own() -> None:
    texts = {str(file.relative_to(PACKAGE)): file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py")}
    assert {file for file, text in texts.items() if "def family_of" in text} == {"model/addressing.py"}
    assert [(file, line) for file, text in texts.items() for line in choices_by_colon(text)] == []


@pytest.mark.parametrize(
    "code, lines",
    [
        ('family = 6 if ":" in prefix else 4', [1]),
        ('x = 1\nfamily = "ipv4" if ":" not in a.prefix else "ipv6"', [2]),
        ("length = 128 if is_ipv6(address) else 32", []),
        ('name = key if key in ":" else ""', []),
    ],
    ids=["in", "not_in", "function", "a_colon_contains"],
)
def test_a_choice_by_a_colon_is_found(code: str, lines: list[int]) -> None:
    assert choices_by_colon(code) == lines
