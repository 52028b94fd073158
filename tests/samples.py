"""Samples of what is too much for every run: the same in each run, others with another SAMPLE_SEED."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_SEED = os.environ.get("SAMPLE_SEED", "1")
_Case = TypeVar("_Case")


def sample(cases: Sequence[_Case], size: int) -> list[_Case]:
    """Return the first and the last case and so many others, in their order; all of them with SAMPLE_SEED=all."""
    if _SEED == "all" or len(cases) <= size + 2:
        return list(cases)
    print(f"{size + 2} of {len(cases)} cases; SAMPLE_SEED={_SEED} gives the same again")  # noqa: T201 - for a failure
    between = sorted(random.Random(_SEED).sample(range(1, len(cases) - 1), size))  # noqa: S311 - reproducible
    return [cases[place] for place in (0, *between, len(cases) - 1)]
