"""Tables that are recognised and not read, from `parsers/unsupported.toml`: each is refused by its name."""

from __future__ import annotations

import re
import tomllib
from functools import cache

from ecmpaudit.resources import parsers_folder


@cache
def unsupported_tables() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the name of each such table, and what matches a line that no supported table has."""
    text = (parsers_folder() / "unsupported.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)["unsupported"]
    return tuple((entry["name"], re.compile("|".join(entry["signs"]))) for entry in entries)
