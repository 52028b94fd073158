"""The further topologies: each is clean at rest, and each of its broken states is diagnosed and leads back.

`make test` runs the clean states and the quick ones, with ECMPAUDIT_LAB_STATES=all (`make lab`) all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.conftest import need_the_lab
from tests.lab.topologies.catalogue import TOPOLOGIES
from tests.lab.topologies.instance import Instance
from tests.lab.topologies.judge import wrongs
from tests.lab.topologies.state import ALL_STATES, BrokenState, holding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.lab.topologies.network import Network

pytestmark = pytest.mark.lab

CLEAN = BrokenState("clean", lambda _: pytest.fail("nothing is broken"), (), exit_code=0)


def _chosen() -> Iterator[tuple[Network, BrokenState]]:
    for network, states in TOPOLOGIES:
        yield from ((network, state) for state in states if state.is_quick or ALL_STATES)


@pytest.fixture(autouse=True)
def clean_state() -> None:
    """Leave the big lab alone: these tests have hosts of their own."""
    need_the_lab()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Network], Instance]]:
    """Yield what returns a running topology: it is at rest, and runs until another one is asked for."""
    running: list[Instance] = []

    def run(network: Network) -> Instance:
        if not running or running[0].network is not network:
            stop()
            running.append(Instance(network, tmp_path_factory.mktemp(network.name) / "lab"))
            running[0].start()
        running[0].wait_clean()
        return running[0]

    def stop() -> None:
        while running:
            running.pop().stop()

    try:
        yield run
    finally:
        stop()


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "network, number",
    [
        pytest.param(network, number, id=f"{network.name}: run {number}")
        for network, _ in TOPOLOGIES
        for number in ((1, 2, 3) if ALL_STATES else (1,))
    ],
)
def test_clean_topology_has_no_finding(
    run: Callable[[Network], Instance], network: Network, number: int, tmp_path: Path
) -> None:
    prefixes = network.prefixes if number == 1 else ()
    assert wrongs(run(network), CLEAN, prefixes, tmp_path / "snapshot") == []


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "network, state",
    [pytest.param(network, state, id=f"{network.name}: {state.name}") for network, state in _chosen()],
)
def test_state_is_diagnosed_and_leads_back(
    run: Callable[[Network], Instance], network: Network, state: BrokenState, tmp_path: Path
) -> None:
    instance = run(network)
    before = instance.configurations()
    with holding(instance, state):
        wrong = wrongs(instance, state, network.prefixes, tmp_path / "snapshot")
    instance.wait_clean()
    assert wrong == []
    assert instance.configurations() == before
