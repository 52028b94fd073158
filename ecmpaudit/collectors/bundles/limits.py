"""How much the bundles of one run may hold, whatever they say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer_budget import MEBIBYTE
from ecmpaudit.errors import EcmpauditError

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.collectors.answer_budget import AnswerBudget

MOST_MEMBERS = 50_000
"""Members of all bundles of a run: each of them costs a kilobyte, and a millisecond or more where it is read."""
MOST_LEVELS = 3
"""Bundles inside of one another."""
_TIMES_MEMORY = 8
"""How many times the memory of the run all bundles may unpack to."""


class BundleError(EcmpauditError):
    """A bundle is damaged, encrypted or too large; the message has no place."""


class TooLargeError(BundleError):
    """A bundle is larger than what is read: nothing of it is."""


class Limits:
    """What the bundles of one run share: what they may still hold, and the names that are taken."""

    def __init__(self, budget: AnswerBudget) -> None:
        self.budget = budget
        self._bytes = self._bytes_left = _TIMES_MEMORY * budget.memory
        self._members_left = MOST_MEMBERS
        self.levels = 0
        """Bundles that the one that is read is in, itself included."""
        self.places: set[Path] = set()
        """The folders by which the files of bundles are named."""

    def unpack(self, size: int) -> None:
        """Charge bytes that were unpacked; raises TooLargeError where they are too many."""
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise TooLargeError(
                f"unpacks to more than {self._bytes // MEBIBYTE:,} MiB: give a larger --memory, or unpack it and "
                "name the files that are wanted"
            )

    def add_member(self) -> None:
        """Charge a member; raises TooLargeError where there are too many."""
        self._members_left -= 1
        if self._members_left < 0:
            raise too_many_members()


def too_many_members() -> TooLargeError:
    """Return the error of a bundle with more members than are read."""
    return TooLargeError(
        f"has more than {MOST_MEMBERS:,} members: unpack it, and name the files or folders that are wanted"
    )
