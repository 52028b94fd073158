"""The time of every shipped pattern grows with the length of a line, and no faster.

Measured is a ratio within one run: a line of four times the length takes about four times as long, and sixteen times
where a pattern is quadratic. Each pattern gets the beginnings of lines of its own platform, followed by a filler that
is repeated and ends in what no pattern expects.
"""

from __future__ import annotations

import re
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.parsing.template import load_template
from ecmpaudit.parsing.time_limit import LONGEST_LINE
from ecmpaudit.platforms.patient_patterns import LatePattern
from ecmpaudit.platforms.registry import platforms
from tests import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXTURES = Path(__file__).parent / "fixtures"
FILLERS = (" ", "1", "a ", "a:", "[", ", a", "a")
QUICK, SLOW, RATIO = 0.002, 24, 8.0
"""Seconds for a line of LONGEST_LINE that are not measured further; and for one of four times that how many times as
long as the simplest quadratic pattern it may take, on the same machine; linear is a ratio of 4.

A pattern that is quadratic with so few steps that the longest line takes about ten milliseconds is let pass.
"""
_QUADRATIC = re.compile(r"^a *b? *c")
_BEGINNINGS, _WORDS = 8, 2


def patterns_of(platform: str) -> dict[str, str]:
    """Return the patterns of a platform.toml and of its TextFSM templates, each with its place."""
    known = platforms()[platform]
    tables = (*known.tables, *([known.bgp_table] if known.bgp_table else ()), *known.facts)
    found: dict[str, str] = {}
    for part in (*tables, *known.explanations, *known.scan_node, *known.scan_router):
        for name in ("command", "detect", "next_hop_lines", "whole", "signs", "never", "lines", "names", "pattern"):
            pattern = getattr(part, name, None)
            if isinstance(pattern, LatePattern):
                found.setdefault(pattern.pattern, f"platform.toml {name}")
    for template in known.templates:
        for rules in load_template(template).states.values():
            for rule in rules:
                found.setdefault(rule.regex, f"{template.name}:{rule.line_num}")
    return found


@cache
def lines_of(platform: str) -> tuple[str, ...]:
    """Return lines that the platform prints, as they are recorded or written for the tests."""
    texts = [file.read_text("utf-8", errors="replace") for file in sorted((FIXTURES / platform).glob("*.txt"))]
    of_platform = "/linux_" if platform == "linux" else f"{platform}-"
    names = [name for name in sorted(dumps.names()) if of_platform in name and ".json" not in name]
    texts += [dumps.text(name)[:20_000] for name in names[:: max(1, len(names) // 20)]]
    return tuple(dict.fromkeys(line[:150] for text in texts for line in text.split("\n")[:200]))


def attacks(pattern: re.Pattern[str], platform: str) -> Iterator[tuple[str, str]]:
    """Yield beginnings of lines, each with a filler."""
    words = sorted(set(re.findall(r"[A-Za-z]{3,}", re.sub(r"\\.|\(\?P<\w+>", "", pattern.pattern))))[:_WORDS]
    beginnings = ["", "a ", " ", *words]
    for line in [line for line in lines_of(platform) if pattern.search(line)][:2]:
        ends = [found.end() for found in re.finditer(r"\S+\s*|\W", line)]
        beginnings += [*(line[:end] for end in ends[:: max(1, len(ends) // 2)]), line]
    for beginning in dict.fromkeys(beginnings[:_BEGINNINGS]):
        for filler in (*FILLERS, *(f"{word} " for word in words)):
            yield beginning, filler


def seconds(pattern: re.Pattern[str], beginning: str, filler: str, length: int) -> float:
    """Return the processor time of a search in one line."""
    line = beginning + filler * (length // len(filler)) + "\x00"
    begun = time.thread_time()
    pattern.search(line)
    return time.thread_time() - begun


@pytest.mark.sampled(8)
@pytest.mark.parametrize("platform", sorted(platforms()))
def test_the_time_of_a_pattern_grows_with_the_line_and_no_faster(platform: str) -> None:
    slow = SLOW * min(seconds(_QUADRATIC, "a", " ", 4 * LONGEST_LINE) for _ in range(3))
    grows: dict[str, str] = {}
    for source, place in patterns_of(platform).items():
        pattern = re.compile(source)
        for beginning, filler in attacks(pattern, platform):
            short = seconds(pattern, beginning, filler, LONGEST_LINE)
            if short < QUICK or place in grows:
                continue
            long = seconds(pattern, beginning, filler, 4 * LONGEST_LINE)
            if long > slow and long > RATIO * short:
                grows[place] = f"{long * 1000:.0f} ms, {long / short:.0f} times: {beginning!r} and {filler!r} again"
    assert grows == {}


def test_a_quadratic_pattern_is_noticed() -> None:
    short = seconds(_QUADRATIC, "a", " ", LONGEST_LINE)
    assert seconds(_QUADRATIC, "a", " ", 4 * LONGEST_LINE) > RATIO * short
