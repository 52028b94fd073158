"""Which facts a capture has: known from its command, or where a pasted text has none, detected from its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model.facts import Question
from ecmpaudit.parsing.prompts import asked
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from ecmpaudit.model import Capture
    from ecmpaudit.platforms.registry import FactFormat

_SAMPLE = 20_000
"""Characters at the head of a text that are searched for lines of such outputs."""
_QUESTIONS = {
    "frr summary": Question.SESSIONS,
    "bird protocols": Question.SESSIONS,
    "gobgp neighbors": Question.SESSIONS,
    "frr configuration": Question.CONFIGURATION,
    "bird configuration": Question.CONFIGURATION,
    "addresses": Question.ADDRESSES,
    "hash policy": Question.HASH_POLICY,
    "frr advertised": Question.EXPORTS,
    "bird exports": Question.EXPORTS,
    "gobgp exports": Question.EXPORTS,
}
"""What a reader's answer belongs to; one that does not come leaves the question open."""


def format_of(capture: Capture) -> FactFormat | None:
    """Return how to read the capture if it has other facts than routes."""
    for platform in platforms().values():
        for known in platform.facts:
            if is_of_platform(capture, platform.name) and _fits(capture, known):
                return known
    return None


def is_of_platform(capture: Capture, platform: str) -> bool:
    """A Linux kernel runs below every daemon."""
    return capture.platform in {None, platform} or platform == "linux"


def is_fact_command(typed: str) -> bool:
    """Return whether what was typed prints facts that some reader knows."""
    command = asked(typed)
    return any(known.command.search(command) for platform in platforms().values() for known in platform.facts)


def looks_like_facts(text: str) -> bool:
    """Return whether a text has lines that only such outputs have."""
    head = text[:_SAMPLE]
    formats = (known for platform in platforms().values() for known in platform.facts)
    return any(known.detect.search(head) for known in formats if known.detect)


def question_of(known: FactFormat) -> Question | None:
    """Return the question that an output answers; None for what only adds to another one."""
    return _QUESTIONS.get(known.reader)


def _fits(capture: Capture, known: FactFormat) -> bool:
    if capture.command is not None:
        return known.command.search(asked(capture.command)) is not None
    return known.detect is not None and known.detect.search(capture.text[:_SAMPLE]) is not None
