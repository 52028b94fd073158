"""The page of `ecmpaudit serve` in Chromium: it follows the runs, and a click on a cell explains it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.scanned_router import scanned_router
from tests.test_serve import served, waited_for

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ecmpaudit[serve]'")
pytestmark = [pytest.mark.browser, pytest.mark.sshd]


def serious_faults(page: Page) -> list[str]:
    """Return what axe finds."""
    violations = Axe().run(page).response["violations"]
    return [fault["id"] for fault in violations if fault["impact"] in {"serious", "critical"}]


@pytest.mark.parametrize("script", [True, False])
def test_the_page_follows_the_runs_and_a_cell_explains_itself(
    browser: Browser, tmp_path: Path, *, script: bool
) -> None:
    with scanned_router(tmp_path) as router, served(router, "--interval", "1000") as server:
        waited_for(lambda: server.ask("/readyz").status == 200)
        context = browser.new_context(java_script_enabled=script)
        page = context.new_page()
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"http://127.0.0.1:{server.port}/")
        assert "as expected" in page.inner_text("h1")
        if script:
            page.fill("#search", "172.31.1.0/32")
        router.set_table("172.30.250.105")
        server.process.send_signal(signal.SIGHUP)
        if not script:
            waited_for(lambda: server.metric("ecmpaudit_serve_runs_total", outcome="complete") == 2)
            page.reload()
        page.wait_for_selector("td.m a", timeout=60_000)
        if script:
            assert page.input_value("#search") == "172.31.1.0/32"
            assert serious_faults(page) == []
        page.click("td.m a >> nth=0")
        page.wait_for_url("**/explain/**")
        assert page.inner_text("h1") == "172.31.1.0/32"
        assert "node5 (172.30.250.105)" in page.inner_text("pre >> nth=0")
        if script:
            assert serious_faults(page) == []
        page.click("text=The report")
        page.wait_for_selector("td.m a")
        assert errors == []
        context.close()
        assert server.end() == 0
