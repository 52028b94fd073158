"""Flows through two tiers of kernels: each reaches the node that `flow` names; `python -m tests.bench.two_tiers`."""

from __future__ import annotations

import pytest

from tests.lab.conftest import need_the_lab
from tests.lab.two_tiers import flows, two_tiers

pytestmark = pytest.mark.lab


@pytest.fixture(autouse=True)
def clean_state() -> None:
    """These tests have a network of their own."""


@pytest.mark.parametrize("family", [4, 6])
def test_each_flow_reaches_the_node_that_the_kernels_name(family: int) -> None:
    need_the_lab()
    with two_tiers() as tiers:
        given = flows(family, 100)
        predicted = tiers.predicted(given)
        assert tiers.captured(given) == predicted
    assert len(set(predicted)) > 1
    assert None not in predicted
