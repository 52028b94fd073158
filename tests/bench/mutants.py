"""Small faults to plant in a module: a comparison turned, an integer one higher, branches swapped, a flag flipped.

A fault is named by its module and its number in the order of the syntax tree, so that the same source gives the same
faults. Annotations, decorators, docstrings and `if TYPE_CHECKING` blocks hold none.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_WITHOUT_FAULTS = frozenset({"annotation", "returns", "decorator_list", "type_params"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted fault."""

    path: Path
    number: int
    line: int
    """1-based, of the line that the fault is in."""
    kind: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.kind}"

    def tree(self) -> ast.Module:
        """Return the module's syntax tree with the fault in it."""
        tree = ast.parse(self.path.read_text(encoding="utf-8"))
        _, _, plant = list(_sites(tree))[self.number]
        plant()
        return ast.fix_missing_locations(tree)


def mutants_of(path: Path) -> list[Mutant]:
    """Return every fault that can be planted in a module."""
    sites = _sites(ast.parse(path.read_text(encoding="utf-8")))
    return [Mutant(path, number, line, kind) for number, (line, kind, _) in enumerate(sites)]


def _sites(node: ast.AST) -> Iterator[tuple[int, str, Callable[[], None]]]:
    """Yield line, kind of fault, and what plants it, for every place below a node."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return
    yield from _own_sites(node)
    for name, value in ast.iter_fields(node):
        if name not in _WITHOUT_FAULTS:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _sites(child)


def _own_sites(node: ast.AST) -> Iterator[tuple[int, str, Callable[[], None]]]:
    match node:
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                yield node.lineno, "comparison turned", _setter(node.ops, place, _TURNED[type(operator)]())
        case ast.Constant() if isinstance(node.value, bool):
            yield node.lineno, f"{node.value} flipped", lambda: setattr(node, "value", not node.value)
        case ast.Constant() if isinstance(node.value, int):
            higher = node.value + 1
            yield node.lineno, f"{node.value} one higher", lambda: setattr(node, "value", higher)
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield node.lineno, "and/or swapped", lambda: setattr(node, "op", other)
        case ast.If() | ast.IfExp() | ast.While():
            negated = ast.UnaryOp(ast.Not(), node.test)
            yield node.test.lineno, "branches swapped", lambda: setattr(node, "test", negated)
        case ast.comprehension():
            for place, condition in enumerate(node.ifs):
                negated = ast.UnaryOp(ast.Not(), condition)
                yield condition.lineno, "condition of a comprehension negated", _setter(node.ifs, place, negated)
        case _:
            pass


def _setter(items: list[ast.cmpop] | list[ast.expr], place: int, value: ast.AST) -> Callable[[], None]:
    return lambda: items.__setitem__(place, value)  # type: ignore[call-overload]  # of the list's own kind
