"""Cron's runs against real routers: one alert of a node that stops, one of its recovery, and none in between."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.lab import namespaces
from tests.lab.plan import MGMT
from tests.scanned_router import webhook

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.laboratory import Lab

pytestmark = pytest.mark.lab


def test_a_stopped_node_is_reported_once_by_name_and_its_recovery_once(lab: Lab, tmp_path: Path) -> None:
    """Runs, as cron makes them: two clean, three with node3 stopped, two after it came back."""
    file = lab.configuration(history={"url": str(tmp_path / "history.db")})
    arguments = ("scan", "--config", str(file), "--record", "--confirm", "2", "--quiet-unless-changed")
    with ExitStack() as opened:
        with namespaces.entered(lab.machines[MGMT.name].namespace):
            hook = opened.enter_context(webhook())
        outcomes: list[tuple[int, int, bool]] = []

        def runs(number: int) -> None:
            for _ in range(number):
                done = lab.ecmpaudit(*arguments, ECMPAUDIT_ALERT_URLS=hook.url)
                assert done.stderr == ""
                outcomes.append((done.returncode, len(hook.received), bool(done.stdout)))

        runs(2)
        with lab.daemon_stopped("node3"):
            runs(3)
        lab.wait_clean()
        runs(2)
    assert outcomes == [
        *((0, 0, True), (0, 0, False)),
        *((1, 0, False), (1, 1, True), (1, 1, False)),
        *((0, 2, True), (0, 2, False)),
    ]
    new, recovered = hook.titles
    assert new.startswith("ecmpaudit new: node node3 is missing on ")
    assert recovered == new.replace("new", "recovered")
