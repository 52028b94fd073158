"""What fails once the audit is made: all else is still done, and at the end every failure is told."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.errors import EcmpauditError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Failures:
    """The failures of one run."""

    errors: list[EcmpauditError] = field(default_factory=list)
    """In the order in which they came."""

    @contextlib.contextmanager
    def collected(self) -> Iterator[None]:
        """Keep an error for the end, so that what follows is done all the same."""
        try:
            yield
        except EcmpauditError as error:
            self.errors.append(error)


@contextlib.contextmanager
def told_at_the_end() -> Iterator[Failures]:
    """Give what failures are collected in, and raise them as one error with a line for each."""
    failures = Failures()
    with failures.collected():
        yield failures
    if failures.errors:
        first = failures.errors[0]
        raise type(first)("\n".join(map(str, failures.errors))) from first
