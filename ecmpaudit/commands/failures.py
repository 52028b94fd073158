"""Failures after the audit: each is collected, the remaining steps run, and all are raised together at the end."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.errors import EcmpauditError, UnreadOutputError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Failures:
    """The failures of one run."""

    errors: list[EcmpauditError] = field(default_factory=list)
    """In the order in which they occurred."""

    @contextlib.contextmanager
    def collected(self) -> Iterator[None]:
        """Keep an error for the end, so that the steps after it still run."""
        try:
            yield
        except EcmpauditError as error:
            self.errors.append(error)


@contextlib.contextmanager
def raised_at_the_end() -> Iterator[Failures]:
    """Give the collection of failures, and raise them as one error with a line for each.

    That nobody read standard output is raised only where nothing else failed.
    """
    failures = Failures()
    with failures.collected():
        yield failures
    errors = [error for error in failures.errors if not isinstance(error, UnreadOutputError)] or failures.errors
    if errors:
        first = errors[0]
        raise type(first)("\n".join(dict.fromkeys(map(str, errors)))) from first
