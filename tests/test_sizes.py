"""No function of the package is longer than a screen or has more parameters than a reader keeps in mind."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "ecmpaudit"
MOST_LINES, MOST_PARAMETERS = 60, 8


def too_large(code: str) -> list[str]:
    """Return each function with more than 60 lines, from `def` to its end, or more than 8 parameters; `self` is one."""
    functions = [n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    found = []
    for function in functions:
        lines = (function.end_lineno or 0) - function.lineno + 1
        given = function.args
        parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        count = sum(parameter is not None for parameter in parameters)
        if lines > MOST_LINES or count > MOST_PARAMETERS:
            found.append(f"{function.name}: {lines} lines, {count} parameters")
    return found


def test_no_function_of_the_package_is_too_large() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    large = [f"{file.relative_to(PACKAGE)} {each}" for file in files for each in too_large(file.read_text("utf-8"))]
    assert files
    assert large == []


@pytest.mark.parametrize(
    "code, found",
    [
        ("def short():\n" + "    pass\n" * 59, []),
        ("def long():\n" + "    pass\n" * 60, ["long: 61 lines, 0 parameters"]),
        ("def eight(a, /, b, c, *d, e, f, g, **h): pass", []),
        ("async def nine(a, /, b, c, *d, e, f, g, h, **i): pass", ["nine: 1 lines, 9 parameters"]),
        ("class C:\n    def within(self, b, c, d, e, f, g, h, i): pass", ["within: 1 lines, 9 parameters"]),
    ],
)
def test_lines_and_parameters_are_counted(code: str, found: list[str]) -> None:
    assert too_large(code) == found
