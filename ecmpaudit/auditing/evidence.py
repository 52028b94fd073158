"""The lines that findings rest on, quoted: rules know a line's number, the captures have its text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.collectors.files import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ecmpaudit.model import Capture, Evidence, Finding

_Place = tuple[str, int]


def quoted(findings: Sequence[Finding], captures: Iterable[Capture]) -> tuple[Finding, ...]:
    """Return the findings with the text of every line of evidence that a capture has."""
    lines = [line for f in findings for line in (*f.evidence, *(line for c in f.causes for line in c.evidence))]
    with_text = texts_of(lines, captures)
    return tuple(
        replace(
            finding,
            evidence=with_text(finding.evidence),
            causes=tuple(replace(cause, evidence=with_text(cause.evidence)) for cause in finding.causes),
        )
        for finding in findings
    )


def texts_of(
    lines: Iterable[Evidence], captures: Iterable[Capture]
) -> Callable[[tuple[Evidence, ...]], tuple[Evidence, ...]]:
    """Return what gives lines their text; it knows those lines that are asked for here."""
    wanted: dict[str, set[int]] = {}
    for line in lines:
        if not line.text:
            wanted.setdefault(line.source, set()).add(line.line)
    texts: dict[_Place, str] = {}
    for capture in captures:
        if numbers := wanted.get(capture.source):
            texts |= _lines_of(capture, numbers)
    return lambda asked: tuple(_with_text(line, texts) for line in asked)


def _lines_of(capture: Capture, numbers: set[int]) -> dict[_Place, str]:
    """Return the wanted lines of one capture; numbers count from the first line of its source."""
    last = max(numbers)
    found: dict[_Place, str] = {}
    for number, line in enumerate(lines_of(capture), start=capture.first_line):
        if number > last:
            break
        if number in numbers:
            found[capture.source, number] = line.rstrip("\n")
    return found


def _with_text(line: Evidence, texts: Mapping[_Place, str]) -> Evidence:
    return line if line.text else replace(line, text=texts.get((line.source, line.line), ""))
