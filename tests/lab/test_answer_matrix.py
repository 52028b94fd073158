"""Scans of real routers while an answer fails: a selection of what `make matrix` does with every answer."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.lab import namespaces
from tests.lab.answer_matrix import SEED, AnswerMatrix, kernel_with_each_failure, one_of_each_failure, some_pairs
from tests.lab.plan import MGMT
from tests.recorded_scans import HEALTHY, STALE
from tests.scanned_router import webhook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.lab.laboratory import Lab
    from tests.recorded_matrix import Failing

pytestmark = pytest.mark.lab


def cells_of(state: str, failures: Sequence[Failing]) -> list[tuple[Failing, ...]]:
    if state == HEALTHY:
        return [*one_of_each_failure(failures, SEED), *some_pairs(failures, 1, SEED)]
    return [*kernel_with_each_failure(failures), *some_pairs(failures, 1, SEED + 1)]


@pytest.mark.parametrize("state", [HEALTHY, STALE])
def test_a_failing_answer_is_named_and_no_fault_is_gone(lab: Lab, tmp_path: Path, state: str) -> None:
    matrix = AnswerMatrix(lab, tmp_path)
    cells = cells_of(state, matrix.failures())
    with ExitStack() as opened:
        with namespaces.entered(lab.machines[MGMT.name].namespace):
            hook = opened.enter_context(webhook())
        opened.enter_context(matrix.in_state(state))
        whole = matrix.scanned(state, url=hook.url)
        assert (whole.exit_code, whole.not_answered) == ({HEALTHY: 0, STALE: 1}[state], {})
        for failing in cells:
            cell = matrix.scanned(state, *failing, url=hook.url)
            assert cell.faults == [], cell
    assert matrix.resolved("ECMP302") == {HEALTHY: [], STALE: [None, None]}[state]
    recovered = [message["message"].partition("Recovered:")[2] for message in hook.received]
    assert not any("- ECMP302 " in each for each in recovered)
