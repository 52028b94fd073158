"""Small faults to plant in a module: a comparison turned, an integer one higher, branches swapped, a flag flipped.

A fault is named by its module and its number in the order of the syntax tree, so that the same source gives the same
faults. Annotations, decorators, docstrings and `if TYPE_CHECKING` blocks hold none, and neither does what changes
memory, time or a message to the programmer and never a result: see `_SIZE` and `_FLAGS_WITHOUT_FAULTS`.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
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
_SIZE = re.compile(r"_?(?:[A-Z_]*_)?(?:CHUNK|CHUNK_SIZE|BLOCK|SLICES?|WHOLE|LARGE|MANY_LINES|TICK)")
"""Constants that say how much is read at a time, from what size a quicker way pays, or how often is polled.

The answer is the same with one more: the chunks' own tests prove it for any size.
"""
_FLAGS_WITHOUT_FAULTS = {
    "maxsize": "the size of a cache changes time, not results",
    "buffering": "the same bytes are read and written",
    "daemon": "matters only while the process ends",
    "cancel_futures": "matters only while the process ends",
    "repr": "a representation is for the programmer",
    "frozen": "mypy finds an assignment",
    "slots": "mypy finds an attribute that is not declared",
    "kw_only": "mypy finds the call",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a module a node is."""

    first_line: int = 0
    """Of the statement, 1-based."""
    is_in_function: bool = False


@dataclass(frozen=True, slots=True)
class _Site:
    """One fault, and what plants it in the tree it was found in."""

    place: _Place
    line: int
    last_line: int
    kind: str
    plant: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted fault."""

    path: Path
    number: int
    lines: range
    """1-based, from the start of the statement to the end of the expression; coverage may name any of them."""
    line: int
    """1-based, of the expression that the fault is in."""
    kind: str
    is_in_function: bool
    """Whether the faulty code runs when a function is called, not when the module is imported."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.kind}"

    def tree(self) -> ast.Module:
        """Return the module's syntax tree with the fault in it."""
        tree = ast.parse(self.path.read_text(encoding="utf-8"))
        list(_sites(tree, _Place()))[self.number].plant()
        return ast.fix_missing_locations(tree)


def mutants_of(path: Path) -> list[Mutant]:
    """Return every fault that can be planted in a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        Mutant(
            path,
            number,
            range(site.place.first_line, site.last_line + 1),
            site.line,
            site.kind,
            is_in_function=site.place.is_in_function,
        )
        for number, site in enumerate(_sites(tree, _Place()))
    ]


def _sites(node: ast.AST, place: _Place) -> Iterator[_Site]:
    """Yield every fault below a node."""
    if _has_no_faults(node):
        return
    if isinstance(node, ast.stmt | ast.ExceptHandler):
        place = replace(place, first_line=node.lineno)
    if isinstance(node, ast.match_case):
        place = replace(place, first_line=node.pattern.lineno)
    if isinstance(node, ast.expr):
        for kind, plant in _own_faults(node):
            yield _Site(place, node.lineno, node.end_lineno or node.lineno, kind, plant)
    for kind, test, plant in _conditions(node):
        yield _Site(place, test.lineno, test.end_lineno or test.lineno, kind, plant)
    for child, is_body in _children(node):
        yield from _sites(child, replace(place, is_in_function=True) if is_body else place)


def _children(node: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """Yield the nodes that may hold faults, and whether each runs when a function is called."""
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    # `strict` of zip is an assertion that both have one length, and no input reaches it.
    without_faults = _WITHOUT_FAULTS | ({"keywords"} if isinstance(node, ast.Call) and _is_zip(node.func) else set())
    for name, value in ast.iter_fields(node):
        if name not in without_faults:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield child, is_function and name == "body"


def _is_zip(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and function.id == "zip"


def _has_no_faults(node: ast.AST) -> bool:
    match node:
        case ast.If():
            return "TYPE_CHECKING" in ast.unparse(node.test)
        case ast.Assign(targets=[target]):
            names = [ast.unparse(name) for name in getattr(target, "elts", [target])]
            return all(_SIZE.fullmatch(name) for name in names)
        case ast.keyword():
            return node.arg in _FLAGS_WITHOUT_FAULTS
        case _:
            return False


def _own_faults(node: ast.expr) -> Iterator[tuple[str, Callable[[], None]]]:
    match node:
        case ast.Compare():
            for number, operator in enumerate(node.ops):
                yield "comparison turned", _setter(node.ops, number, _TURNED[type(operator)]())
        case ast.Constant() if isinstance(node.value, bool):
            yield f"{node.value} flipped", lambda: setattr(node, "value", not node.value)
        case ast.Constant() if isinstance(node.value, int):
            higher = node.value + 1
            yield f"{node.value} one higher", lambda: setattr(node, "value", higher)
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield "and/or swapped", lambda: setattr(node, "op", other)
        case _:
            pass


def _conditions(node: ast.AST) -> Iterator[tuple[str, ast.expr, Callable[[], None]]]:
    match node:
        case ast.If() | ast.IfExp() | ast.While():
            negated = ast.UnaryOp(ast.Not(), node.test)
            yield "branches swapped", node.test, lambda: setattr(node, "test", negated)
        case ast.comprehension():
            for number, condition in enumerate(node.ifs):
                negated = ast.UnaryOp(ast.Not(), condition)
                yield "condition of a comprehension negated", condition, _setter(node.ifs, number, negated)
        case _:
            pass


def _setter(items: list[ast.cmpop] | list[ast.expr], number: int, value: ast.AST) -> Callable[[], None]:
    return lambda: items.__setitem__(number, value)  # type: ignore[call-overload]  # of the list's own kind
