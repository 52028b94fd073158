"""Which rule of which template reads a line: for those who write or debug a template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.parsing.detection import SAMPLE, detect
from ecmpaudit.parsing.template import rules_of

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.model import Capture


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one line was read."""

    text: str
    template: Path
    rule_line: int | None
    """Line of the rule in the template; None when no rule matches."""
    rule: str
    values: dict[str, str]
    """What the rule took from the line, by Value name."""


def explain_line(capture: Capture, number: int) -> Explanation | None:
    """Return how a line of the capture's source is read; None if it lies outside of the capture.

    Raises:
        UnknownFormatError: the text is no route table of any known platform.
    """
    lines = capture.text.split("\n")
    index = number - capture.first_line
    if not 0 <= index < len(lines):
        return None
    _, table_format = detect(capture, lines[:SAMPLE])
    for rule_line, rule, pattern in rules_of(table_format.template):
        if "UNPARSED" not in pattern.groupindex and (matched := pattern.match(lines[index])):
            values = {name: value for name, value in matched.groupdict().items() if value}
            return Explanation(lines[index], table_format.template, rule_line, rule, values)
    return Explanation(lines[index], table_format.template, None, "", {})
