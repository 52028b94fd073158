"""Finds the lines of facts in a text, one after the other: TTP names no lines.

The text is searched forward only, and a few times at most for words that it does not have, so that as many facts as
a text can hold are found in one pass over it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecmpaudit.parsing.facts.capture_facts import LONGEST, evidence

if TYPE_CHECKING:
    from ecmpaudit.model import Capture, Evidence

_MOST_MISSES = 20
"""Searches for words that the text does not have; each is a pass over the rest of it."""


def _whole(word: str) -> re.Pattern[str]:
    """Return what matches a word that is no part of a longer one: 10.1.1.1/32 is not in 110.1.1.1/32."""
    before = r"(?<![\w.:/-])" if word[:1].isalnum() else ""
    after = r"(?![\w.:/-])" if word[-1:].isalnum() else ""
    return re.compile(before + re.escape(word) + after)


class LineFinder:
    """The place in a capture at which the search for the next fact begins."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._position = 0
        self._counted, self._line = 0, 1
        self._misses = 0

    def move_to(self, *words: str) -> None:
        """Go on to the first of the words, from there to the second, and so on, as far as they are found."""
        for word in words:
            if self._misses >= _MOST_MISSES:
                return
            found = _whole(word).search(self._capture.text, self._position)
            if found is None:
                self._misses += 1
                return
            self._position = found.start()

    def evidence(self, *words: str) -> Evidence:
        """Return the line of the last of several words; where they are not found, that of what was found before."""
        self.move_to(*words)
        self._line += self._capture.text.count("\n", self._counted, self._position)
        self._counted = self._position
        return evidence(self._capture, self._line, self._text())

    def _text(self) -> str:
        """Return the line at the place; of a long one, what begins at the place."""
        text, place = self._capture.text, self._position
        earliest = max(0, place - LONGEST)
        before = text.rfind("\n", earliest, place)
        start = place if before < 0 and earliest else before + 1
        is_long = "\n" not in text[place : start + LONGEST] and len(text) > start + LONGEST
        first = place if is_long else start
        return text[first : first + LONGEST].partition("\n")[0]
