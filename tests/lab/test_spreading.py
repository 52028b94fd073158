"""The models of `what-if` against the kernel of this machine; `python -m tests.bench.spreading` has the whole grid."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.changes.buckets import migrated
from tests.lab.conftest import need_the_lab
from tests.lab.kernel_spreading import (
    BUCKETS,
    FLOWS_FOR_BUCKETS,
    Cell,
    Explained,
    Kernel,
    address,
    cells,
    compare,
    flows,
    kernel,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.changes.spreading import Members

pytestmark = pytest.mark.lab

_FLOWS = 400
_POINTS = 10.0
"""Four standard deviations of the share of so many flows."""


@pytest.fixture(autouse=True)
def clean_state() -> None:
    """These tests have a network of their own."""


@pytest.fixture(scope="module", name="asked")
def _asked() -> Iterator[Kernel]:
    need_the_lab()
    with kernel(f"spreading-{os.getpid()}") as made:
        yield made


@pytest.mark.parametrize("weights", [[1, 1], [1, 1, 1, 1, 1], [1, 2, 3, 1], [1] * 9], ids=str)
@pytest.mark.parametrize("kind", ["route", "group"])
@pytest.mark.parametrize("family", [4, 6])
def test_one_value_of_the_hash_explains_all_answers_about_a_flow(
    asked: Kernel, family: int, kind: str, weights: list[int]
) -> None:
    known = Explained.of(_FLOWS)
    found = compare(asked, family, kind, cells(family, weights), flows(family, _FLOWS), known)
    assert known.unexplained == 0
    assert sum(one.cells for one in found.values()) == 1 + 2 * len(weights)
    assert max(max(one.moved, one.innocent) for one in found.values()) < _POINTS


def test_a_model_with_another_order_does_not_explain_the_answers(asked: Kernel) -> None:
    right = cells(4, [1] * 5)
    questions, known, wrong = flows(4, _FLOWS), Explained.of(_FLOWS), Explained.of(_FLOWS)
    compare(asked, 4, "route", right, questions, known)
    for cell in right:
        before, after = (_answers(asked, members, questions) for members in (cell.before, cell.after))
        wrong.narrow("route", Cell(cell.change, cell.before[::-1], cell.after), before, after)
    assert (known.unexplained, wrong.unexplained > _FLOWS // 4) == (0, True)


def _answers(asked: Kernel, members: Members, questions: list[str]) -> list[str]:
    hops = " ".join(f"nexthop via {member.hop} dev out0" for member in members)
    return asked.ask([f"route add 198.51.100.7 {hops}", *questions, "route del 198.51.100.7"])


@pytest.mark.parametrize("family", [4, 6])
def test_one_bucket_explains_all_answers_about_a_flow(asked: Kernel, family: int) -> None:
    known = Explained.of(FLOWS_FOR_BUCKETS)
    found = compare(asked, family, "resilient", cells(family, [1, 2, 1]), flows(family, FLOWS_FOR_BUCKETS), known)
    assert known.unexplained == 0
    assert {change: one.innocent for change, one in found.items()} == {"add": 0, "lose": 0, "replace": 0}


@pytest.mark.parametrize("weights", [[1, 1, 1, 1, 1], [3, 1, 2]], ids=str)
def test_buckets_that_nothing_uses_move_as_in_the_kernel(asked: Kernel, weights: list[int]) -> None:
    hops = [address(4, number) for number in range(len(weights))]
    group = list(zip(hops, weights, strict=True))
    full = migrated((None,) * BUCKETS, group)
    without = migrated(full, group[1:], are_idle=True)
    back = migrated(without, [*group[1:], group[0]], are_idle=True)
    steps = [("add", group, full), ("replace", group[1:], without), ("replace", [*group[1:], group[0]], back)]
    asked.groups += 1
    for step, members, expected in steps:
        listed = "/".join(f"{4000 + hops.index(hop)},{weight}" for hop, weight in members)
        asked.ask([f"nexthop {step} id {asked.groups} group {listed} type resilient buckets {BUCKETS} idle_timer 0"])
        assert asked.buckets(asked.groups) == [4000 + hops.index(hop or "") for hop in expected]
    asked.ask([f"nexthop del id {asked.groups}"])
