"""Damaged snapshots of every kind of capture; `python -m tests.bench.snapshot_mutations` has thousands."""

from __future__ import annotations

import pytest

from ecmpaudit.platforms.fact_readers import FACT_READERS
from ecmpaudit.platforms.registry import platforms
from tests.bench.snapshot_mutations import run
from tests.snapshot_mutations import damaged, kind_of, snapshot

SEEDS = [range(first, first + 50) for first in range(0, 150, 50)]


def test_the_snapshot_has_every_kind_of_capture() -> None:
    assert {kind_of(capture) for capture in snapshot()} >= {*FACT_READERS, "BGP table"}
    assert {capture.platform for capture in snapshot()} >= set(platforms())


def test_one_seed_gives_one_damaged_snapshot() -> None:
    assert damaged(7) == damaged(7) != damaged(8)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_no_damaged_snapshot_crashes_or_is_left_to_the_guard(seeds: range) -> None:
    figures = run(seeds)
    assert figures.mutations == len(seeds)
    assert (figures.crashed, figures.guarded) == ({}, {})
    assert figures.slowest[0] < 60, figures
