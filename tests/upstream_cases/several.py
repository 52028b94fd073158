"""Cases of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.upstream_cases import Case

CASES: list[Case] = []
