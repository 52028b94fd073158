"""Samples of what is too much for every run: the same in each run, others with another SAMPLE_SEED.

Within a test it is `sample`. Of a table of cases that differ by data only, `@pytest.mark.sampled(N)` takes N in a run
of all tests; who names files or uses `-k` has them all.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, TypeVar

import pytest

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


def seed_of(config: pytest.Config) -> str | None:
    """Return the seed for the tables of cases in this run; None where all cases are run."""
    is_whole_run = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.option.keyword
    return _SEED if is_whole_run and _SEED != "all" else None


def sampled(tests: Sequence[pytest.Item], seed: str) -> list[pytest.Item]:
    """Return the tests in their order, without the cases that are in no sample."""
    tables: dict[str, list[pytest.Item]] = {}
    for test in tests:
        if test.get_closest_marker("sampled"):
            tables.setdefault(test.nodeid.partition("[")[0], []).append(test)
    left_out: set[pytest.Item] = set()
    for name, cases in tables.items():
        size = min(len(cases), *(marker.args[0] for marker in cases[0].iter_markers("sampled")))
        left_out |= {*cases} - {*random.Random(f"{seed} {name}").sample(cases, size)}  # noqa: S311 - reproducible
    return [test for test in tests if test not in left_out]
