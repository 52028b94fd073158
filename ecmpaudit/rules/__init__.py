"""The rules, one module each; `all_rules` finds them.

A rule is a plain module `ecmpNNN_name_of_the_fault.py`. Its docstring is its documentation and its test: the
examples under `Bad` must give exactly this rule's code, those under `Good` must give nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from textwrap import dedent
from typing import TYPE_CHECKING

from ecmpaudit.configuration.patterns import is_pattern
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.wording import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

    from ecmpaudit.model import Finding, Network, Severity
    from ecmpaudit.model.questions import Question

_RULE_MODULE = re.compile(r"ecmp\d{3}_(?P<name>\w+)")
_LIST = "`ecmpaudit rule` lists them"
_ANY_DIGIT = "X"
_SECTION = re.compile(r"^(?P<title>Why|How to fix|Bad|Good)(?: \(beside (?P<beside>ECMP\d{3})\))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it finds, its documentation, and the examples that prove it."""

    code: str
    name: str
    """The fault in words, from the module's name: `too_few_next_hops`."""
    severity: Severity
    """The default; an inferred expectation lowers it by one step."""
    summary: str
    """One sentence: what the rule finds."""
    text: str
    """The whole documentation."""
    bad: tuple[str, ...]
    """Examples in the rules' notation (`tests/notation.py`), each of which gives this code."""
    good: tuple[str, ...]
    """Examples that give no finding of any rule."""
    beside: str | None
    """Code of another rule that every bad example gives too; None where it gives this one only."""
    check: Callable[[Network], Iterator[Finding]]
    needs: tuple[Question, ...]
    """What a router has to have answered, if it was asked, so that the rule can judge it."""


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule of this package, sorted by code."""
    names = sorted(module.name for module in iter_modules(__path__) if _RULE_MODULE.fullmatch(module.name))
    return tuple(_rule_of(import_module(f"{__name__}.{name}")) for name in names)


def rule(code: str) -> Rule:
    """Return the rule of a code such as `ECMP101`; `ecmp101` and `101` are the same.

    Raises:
        ConfigurationError: no rule has this code; the message has the nearest one, or the forms of a code.
    """
    wanted = _digits(code)
    for known in all_rules():
        if known.code == f"ECMP{wanted}":
            return known
    words = {word: known.code for known in all_rules() for word in (_digits(known.code), known.name)}
    near = nearest(code if "_" in code else wanted, words)
    hint = (
        f"did you mean {words[near]}?"
        if near
        else f"expected one such as ECMP101, or a family such as 1xx or ECMP1*; {_LIST}"
    )
    raise ConfigurationError(f"no rule has the code {code}; {hint}")


def rules_named(words: Iterable[str]) -> tuple[Rule, ...]:
    """Return the rules of codes, comma lists of codes and families, in the order of their codes.

    A family is as `family` takes it. Errors are those of `rule`.
    """
    names = [name.strip() for word in words for name in word.split(",") if name.strip()]
    found = {known.code for name in names for known in (family(name) or (rule(name),))}
    return tuple(known for known in all_rules() if known.code in found)


def family(name: str) -> tuple[Rule, ...]:
    """Return the rules of a family such as `1xx`, or of a shell's pattern such as `ECMP1*`; none for another name."""
    digits = _digits(name)
    if _ANY_DIGIT not in digits and not is_pattern(digits):
        return ()
    pattern = digits.replace(_ANY_DIGIT, "?")
    return tuple(known for known in all_rules() if fnmatchcase(_digits(known.code), pattern))


def _digits(code: str) -> str:
    return code.strip().upper().removeprefix("ECMP").lstrip("-_ ")


def _rule_of(module: ModuleType) -> Rule:
    text = (module.__doc__ or "").strip()
    sections = {found["title"]: found for found in _SECTION.finditer(text)}
    return Rule(
        code=module.CODE,
        name=module.__name__.rpartition(".")[2].partition("_")[2],
        severity=module.SEVERITY,
        summary=text.partition("\n")[0].rstrip("."),
        text=text,
        bad=_examples(text, sections["Bad"]),
        good=_examples(text, sections["Good"]),
        beside=sections["Bad"]["beside"],
        check=module.check,
        needs=module.NEEDS,
    )


def _examples(text: str, title: re.Match[str]) -> tuple[str, ...]:
    """Return the blocks beneath a section's title; a blank line separates two examples."""
    following = _SECTION.search(text, title.end())
    section = text[title.end() : following.start() if following else None]
    return tuple(block.strip() for block in dedent(section).strip().split("\n\n"))
