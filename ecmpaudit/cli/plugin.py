"""ecmpaudit as a monitoring plugin: any error is UNKNOWN (3), because 2 would mean CRITICAL there.

With a wrong command line no option is ever parsed, so the words themselves are searched for the format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.reporting.formats import Format

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def is_plugin(words: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Return whether the command line asks for the plugin's output, or else the environment does."""
    named = [form for word, after in zip(words, [*words[1:], ""], strict=True) if (form := _form(word, after))]
    return (named[-1] if named else environment.get("ECMPAUDIT_FORMAT")) == Format.NAGIOS


def _form(word: str, after: str) -> str | None:
    """Return the format that a word names, or the word after it."""
    if word in ("-f", "--format"):
        return after
    for start in ("--format=", "-f"):
        if word.startswith(start):
            return word.removeprefix(start)
    return None
