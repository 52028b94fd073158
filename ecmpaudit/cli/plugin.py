"""ecmpaudit as a monitoring plugin: whatever goes wrong is UNKNOWN (3), as 2 would mean CRITICAL there.

A wrong command line never gets as far as its options being read, so the words themselves are looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.reporting.formats import Format

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def is_plugin(words: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Tell whether the command line, or where it names no form the environment, asks for the plugin's output."""
    named = [form for word, after in zip(words, [*words[1:], ""], strict=True) if (form := _form(word, after))]
    return (named[-1] if named else environment.get("ECMPAUDIT_FORMAT")) == Format.NAGIOS


def _form(word: str, after: str) -> str | None:
    if word in ("-f", "--format"):
        return after
    for start in ("--format=", "-f"):
        if word.startswith(start):
            return word.removeprefix(start)
    return None
