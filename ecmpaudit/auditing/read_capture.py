"""One capture whose facts could be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.facts.capture_facts import CaptureFacts
    from ecmpaudit.parsing.resolved import Resolved


@dataclass(frozen=True, slots=True)
class ReadCapture:
    """A capture, what it is an answer to, and the facts in it."""

    capture: Capture
    resolved: Resolved
    facts: CaptureFacts
