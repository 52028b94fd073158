"""Label selectors as one text, as annotations have them: `rack in (a, b), !spare, tier != edge`.

The grammar is that of k8s.io/apimachinery/pkg/labels/selector.go; the comma is "and".
"""

from __future__ import annotations

import re
from functools import lru_cache

from ecmpaudit.kubernetes.schema import Requirement, Selector

LARGEST_SELECTOR = 10_000
"""Characters."""
_KEY = r"(?P<key>[A-Za-z0-9_./-]+)"
_FORMS = (
    (re.compile(rf"{_KEY}\s+in\s*\((?P<values>[^()]*)\)$"), "In"),
    (re.compile(rf"{_KEY}\s+notin\s*\((?P<values>[^()]*)\)$"), "NotIn"),
    (re.compile(rf"{_KEY}\s*!=\s*(?P<values>[A-Za-z0-9_.-]*)$"), "NotIn"),
    (re.compile(rf"{_KEY}\s*==?\s*(?P<values>[A-Za-z0-9_.-]*)$"), "In"),
    (re.compile(rf"!\s*{_KEY}$"), "DoesNotExist"),
    (re.compile(rf"{_KEY}$"), "Exists"),
)
_PARTS = re.compile(r"(?:[^,()]|\([^()]*\)?|\))+")
"""What is between commas; a comma between parentheses is no end."""


@lru_cache(maxsize=1024)
def label_selector(text: str) -> Selector:
    """Return the selector; ValueError where the text is none, or one of `<` and `>`."""
    if len(text) > LARGEST_SELECTOR:
        raise ValueError(f"expected a selector of at most {LARGEST_SELECTOR:,} characters, found {len(text):,}")
    parts = [part.strip() for part in _PARTS.findall(text)] if text.strip() else []
    return Selector(match_expressions=tuple(_requirement(part) for part in parts))


def _requirement(part: str) -> Requirement:
    for form, operator in _FORMS:
        match = form.match(part)
        if match:
            values = match.groupdict().get("values")
            listed = tuple(value.strip() for value in values.split(",")) if values is not None else ()
            return Requirement.model_validate({"key": match["key"], "operator": operator, "values": listed})
    raise ValueError(f'expected a part of a selector such as "key in (a, b)", found "{part[:80]}"')
