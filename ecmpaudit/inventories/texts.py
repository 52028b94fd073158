"""The text of an inventory: a plain file of bounded size, or standard input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.configuration.texts import content_of, decoded
from ecmpaudit.inventories.hosts import LARGEST_TEXT

if TYPE_CHECKING:
    from pathlib import Path


def text_of(path: Path) -> str:
    """Return the text; ConfigurationError where it cannot be read, is too large or is no UTF-8."""
    name = f"inventory {path}"
    return decoded(content_of(path, name, LARGEST_TEXT), name)
