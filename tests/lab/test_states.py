"""Broken states: the daemons themselves say that each is there, and it leads back without a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.states.catalogue import STATES
from tests.lab.states.state import holding

if TYPE_CHECKING:
    from tests.lab.laboratory import Lab
    from tests.lab.states.state import State

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("state", STATES, ids=[state.name for state in STATES])
def test_state_holds_and_leads_back(lab: Lab, state: State) -> None:
    before = lab.configurations()
    with holding(lab, state):
        assert list(state.deviations(lab)) == []
    lab.wait_clean()
    assert lab.configurations() == before
