"""Regular expressions of platforms of one's own (`--parsers DIR`): a match that takes too long is an error.

Python's `re` cannot be interrupted, and `(a|a)*b` never ends on a line of a hundred `a`.
The `regex` library reads the same syntax and takes a time limit. It is slower, so the shipped patterns, which are
given short lines only, stay with `re` and with Rust's engine.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ecmpaudit.cached import cached_property
from ecmpaudit.errors import SlowPatternError
from ecmpaudit.resources import parsers_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_Found = TypeVar("_Found")
ONE_MATCH = 1.0
"""Seconds that one pattern may take for one line."""
ALL_SLOW_MATCHES = 10.0
"""Seconds that the slow matches of one pattern may take together."""
_SLOW = 0.05
"""Seconds from which on a match is slow: thousands of lines of it would be a hang as well."""
_SHOWN = 60
"""Characters of a line that a message shows."""


def is_own(file: Path) -> bool:
    """Return whether a template or a description is one of the user's own, and not shipped."""
    return not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(parsers_folder()))


def compiled(pattern: str, place: str, *, own: bool) -> re.Pattern[str]:
    """Return the pattern, one that gives up if it is the user's own; `place` names it in messages.

    Raises:
        re.error: it is one's own and no regular expression; a shipped one raises that when it is first asked.
    """
    if not own:
        return cast("re.Pattern[str]", LatePattern(pattern, place))
    re.compile(pattern)
    return cast("re.Pattern[str]", PatientPattern(pattern, place))


@dataclass(frozen=True)
class LatePattern:
    """A shipped pattern that is compiled when it is first asked: there are hundreds of them, and a run needs a few."""

    pattern: str
    place: str = ""

    @cached_property
    def search(self) -> Callable[[str], re.Match[str] | None]:
        """Return the first match in a text."""
        return re.compile(self.pattern).search

    @cached_property
    def finditer(self) -> Callable[[str], Iterator[re.Match[str]]]:
        """Return what finds all matches in a text: a whole answer, so that it has a time limit."""
        return PatientPattern(self.pattern, self.place).finditer


@dataclass(eq=False)
class PatientPattern:
    """What this program needs of a compiled pattern, with a time limit."""

    pattern: str
    place: str
    """Template or description, and the line of the rule."""
    _spent: float = field(default=0.0, repr=False)

    def __post_init__(self) -> None:
        """Compile the pattern."""
        import regex  # noqa: PLC0415 - paid only by who has platforms of one's own

        self._compiled: Any = regex.compile(self.pattern)

    @property
    def groupindex(self) -> Mapping[str, int]:
        """The numbers of the named groups."""
        return cast("Mapping[str, int]", self._compiled.groupindex)

    @property
    def groups(self) -> int:
        """How many groups it has."""
        return int(self._compiled.groups)

    def match(self, text: str) -> re.Match[str] | None:
        """Return the match at the beginning of a line.

        Raises:
            SlowPatternError: it takes too long; the message names place, pattern and line.
        """
        found: re.Match[str] | None = self._limited(self._compiled.match, text)
        return found

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match in a line, under the same limit.

        Raises:
            SlowPatternError: it takes too long.
        """
        found: re.Match[str] | None = self._limited(self._compiled.search, text)
        return found

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Return the matches in a text, all found under the same limit.

        Raises:
            SlowPatternError: they take too long.
        """
        return self._limited(lambda text, timeout: iter(list(self._compiled.finditer(text, timeout=timeout))), text)

    def _limited(self, find: Callable[..., _Found], text: str) -> _Found:
        begun = time.monotonic()
        try:
            found = find(text, timeout=ONE_MATCH)
        except TimeoutError as error:
            raise self._too_slow(text) from error
        taken = time.monotonic() - begun
        if taken > _SLOW:
            self._spent += taken
            if self._spent > ALL_SLOW_MATCHES:
                raise self._too_slow(text)
        return found

    def _too_slow(self, text: str) -> SlowPatternError:
        line = f"{text[:_SHOWN]}…" if len(text) > _SHOWN else text
        return SlowPatternError(
            f"{self.place}: the pattern `{self.pattern}` takes too long for the line {line!r}: "
            "it can match in too many ways; write it so that each character can be matched in one way only"
        )
