"""The faults that `tests.bench.mutation` plants."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.bench.mutants import mutants_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "source,faulty",
    [
        ("a < 1", ["a <= 1", "a < 2"]),
        ("a in b is True", ["a not in b is True", "a in b is not True", "a in b is False"]),
        ("a and b or c", ["(a and b) and c", "(a or b) or c"]),
        ("b if a else c", ["b if not a else c"]),
        ("[b for b in c if b]", ["[b for b in c if not b]"]),
        ("zip(a, b, strict=True)", []),
        ("zip(a[1], b, strict=True)", ["zip(a[2], b, strict=True)"]),
        ("cache(maxsize=5)", []),
        ("_CHUNK_SIZE = 5", []),
        ("_MOST = 5", ["_MOST = 6"]),
        (
            "@cached(5)\ndef f(a: Literal[1] = 2) -> Literal[3]: return 4",
            [
                "@cached(5)\ndef f(a: Literal[1] = 3) -> Literal[3]: return 4",
                "@cached(5)\ndef f(a: Literal[1] = 2) -> Literal[3]: return 5",
            ],
        ),
        ("if TYPE_CHECKING:\n    a = 1", []),
    ],
)
def test_each_small_fault_is_planted_once(source: str, faulty: list[str], tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(source, encoding="utf-8")
    planted = [ast.unparse(mutant.tree()) for mutant in mutants_of(module)]
    assert planted == [ast.unparse(ast.parse(expected)) for expected in faulty]


def test_a_fault_knows_its_statement_and_whether_it_runs_at_import(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("A = (\n    1,\n)\n\ndef f(a=2):\n    return [\n        3,\n    ]\n", encoding="utf-8")
    found = [(mutant.kind, mutant.lines, mutant.line, mutant.is_in_function) for mutant in mutants_of(module)]
    assert found == [
        ("1 one higher", range(1, 3), 2, False),
        ("2 one higher", range(5, 6), 5, False),
        ("3 one higher", range(6, 8), 7, True),
    ]
