"""The period report in Chromium: it is readable for everybody, and asks for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe

from ecmpaudit.history.store import open_history
from ecmpaudit.reporting.period import render_period
from tests.history_builders import FIVE, at, record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import Open

pytestmark = pytest.mark.browser

NETWORK = (
    "tor1 198.51.100.7/32 via 192.0.2.1-{hops}\n"
    "tor1 2001:db8:100::7/128 via 2001:db8::1-5\n"
    f"expect 198.51.100.7/32 nodes {FIVE}"
)


def page_of_a_day(folder: Path) -> str:
    """Return the report of some runs, in which one node was away for a while."""
    with open_history(str(folder / "history.db")) as history:
        for number, hops in enumerate((5, 4, 4, 5, 5, 3, 5)):
            record(history, NETWORK.format(hops=hops), number * 15)
        return render_period(history.period(at(0), at(105)), "html")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_or_critical_fault_in_a_period_report(
    open_report: Open, tmp_path: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    opened = open_report(page_of_a_day(tmp_path), scheme=scheme, width=width)
    violations = Axe().run(opened.page).response["violations"]
    serious = [fault for fault in violations if fault["impact"] in {"serious", "critical"}]
    assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in serious] == []
    assert (opened.errors, opened.requests) == ([], [opened.url])
    assert opened.page.locator("svg").first.is_visible()
