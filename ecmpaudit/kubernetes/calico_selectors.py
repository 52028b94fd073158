"""Calico's own selectors: `rack == 'a' && !has(node-role) || zone in {'x', 'y'}`.

The grammar is that of calico libcalico-go/lib/selector/parser/parser.go: `||` binds looser than `&&`, and that looser
than `!`. A text is read once, without recursion deeper than LARGEST_DEPTH.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Test = Callable[[Mapping[str, str]], bool]

LARGEST_SELECTOR = 10_000
"""Characters; Calico's own validation allows fewer for most fields."""
LARGEST_DEPTH = 50
_TOKEN = re.compile(r"\s*(?:(?P<text>'[^']*'|\"[^\"]*\")|(?P<sign>\|\||&&|==|!=|[!(){},])|(?P<word>[A-Za-z0-9_./-]+))")


@lru_cache(maxsize=1024)
def calico_selector(text: str) -> Test:
    """Return whether labels are selected, as a function; ValueError where the text is no selector."""
    if len(text) > LARGEST_SELECTOR:
        raise ValueError(f"expected a selector of at most {LARGEST_SELECTOR:,} characters, found {len(text):,}")
    reader = _Reader(_tokens(text), text)
    if not reader.tokens:
        return lambda _: True
    found = reader.alternatives(0)
    reader.expect_end()
    return found


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None:
            raise ValueError(f'expected a selector, found "{stripped[position : position + 20]}" in it')
        tokens.append(match[0].strip())
        position = match.end()
    return tokens


@dataclass
class _Reader:
    tokens: list[str]
    text: str
    position: int = 0

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        found = self.peek()
        if not found or (wanted and found != wanted):
            raise ValueError(
                f'expected {wanted or "more"} in the selector "{self.text[:80]}", found {found or "its end"}'
            )
        self.position += 1
        return found

    def expect_end(self) -> None:
        if self.peek():
            raise ValueError(f'expected the end of the selector "{self.text[:80]}", found {self.peek()}')

    def alternatives(self, depth: int) -> Test:
        if depth > LARGEST_DEPTH:
            raise ValueError(f"expected at most {LARGEST_DEPTH} parentheses inside each other in a selector")
        tests = [self.conditions(depth)]
        while self.peek() == "||":
            self.take()
            tests.append(self.conditions(depth))
        return lambda labels: any(test(labels) for test in tests)

    def conditions(self, depth: int) -> Test:
        tests = [self.condition(depth)]
        while self.peek() == "&&":
            self.take()
            tests.append(self.condition(depth))
        return lambda labels: all(test(labels) for test in tests)

    def condition(self, depth: int) -> Test:
        is_negated = False
        while self.peek() == "!":
            self.take()
            is_negated = not is_negated
        test = self.single(depth)
        return (lambda labels: not test(labels)) if is_negated else test

    def single(self, depth: int) -> Test:
        word = self.take()
        if word == "(":
            inner = self.alternatives(depth + 1)
            self.take(")")
            return inner
        if word in ("all", "global") and self.peek() == "(":
            self.take("(")
            self.take(")")
            return lambda _: True
        if word == "has" and self.peek() == "(":
            self.take("(")
            key = self.take()
            self.take(")")
            return lambda labels: key in labels
        return self.comparison(word)

    def comparison(self, key: str) -> Test:
        operator = self.take()
        if operator == "==":
            value = self.value()
            return lambda labels: labels.get(key) == value
        if operator == "!=":
            value = self.value()
            return lambda labels: labels.get(key) != value
        if operator == "contains":
            value = self.value()
            return lambda labels: key in labels and value in labels[key]
        if operator in ("starts", "ends"):
            self.take("with")
            value = self.value()
            if operator == "starts":
                return lambda labels: key in labels and labels[key].startswith(value)
            return lambda labels: key in labels and labels[key].endswith(value)
        is_negated = operator == "not"
        if is_negated:
            operator = self.take()
        if operator != "in":
            raise ValueError(f'expected an operator after {key} in the selector "{self.text[:80]}", found {operator}')
        values = self.values()
        return lambda labels: (labels.get(key) in values) != is_negated

    def values(self) -> frozenset[str]:
        self.take("{")
        values = []
        while self.peek() != "}":
            values.append(self.value())
            if self.peek() == ",":
                self.take()
        self.take("}")
        return frozenset(values)

    def value(self) -> str:
        found = self.take()
        if found[0] not in "'\"":
            raise ValueError(f'expected a value in quotes in the selector "{self.text[:80]}", found {found}')
        return found[1:-1]
