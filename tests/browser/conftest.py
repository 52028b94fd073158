"""A browser for the tests of this folder, and pages that notice every error and every request."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

import pytest

from ecmpaudit.reporting.html import render_html
from tests.browser.chromium import chromium, why_unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from ecmpaudit.model import Audit


@dataclass
class Opened:
    """A report in the browser, and what the browser had to say about it."""

    page: Page
    url: str
    errors: list[str] = field(default_factory=list)
    """Messages on the console and exceptions."""
    requests: list[str] = field(default_factory=list)
    """Every address that was asked for."""


class Open(Protocol):
    """Opens a report, or a document as it is."""

    def __call__(
        self,
        report: Audit | str,
        *,
        changes: tuple[str, ...] | None = None,
        scheme: Literal["light", "dark"] = "light",
        width: int = 1280,
        height: int = 900,
        script: bool = True,
    ) -> Opened:
        """Return the loaded page."""
        ...


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Yield Chromium; skip where there is none, or fail if ECMPAUDIT_BROWSER=required."""
    reason = why_unavailable()
    if reason is not None and os.environ.get("ECMPAUDIT_BROWSER") == "required":
        pytest.fail(f"ECMPAUDIT_BROWSER=required, but {reason}")
    if reason is not None:
        pytest.skip(reason)
    with chromium() as started:
        yield started


@pytest.fixture
def open_report(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Yield what opens a report as a file, as from a mail; its pages are closed afterwards."""
    contexts = []

    def opened(
        report: Audit | str,
        *,
        changes: tuple[str, ...] | None = None,
        scheme: Literal["light", "dark"] = "light",
        width: int = 1280,
        height: int = 900,
        script: bool = True,
    ) -> Opened:
        file = tmp_path / "report.html"
        document = report if isinstance(report, str) else render_html(report, changes=changes)
        file.write_text(document, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=script
        )
        contexts.append(context)
        shown = Opened(context.new_page(), file.as_uri())
        shown.page.on("console", lambda message: shown.errors.append(message.text))
        shown.page.on("pageerror", lambda error: shown.errors.append(str(error)))
        shown.page.on("request", lambda request: shown.requests.append(request.url))
        shown.page.goto(shown.url)
        return shown

    yield opened
    for context in contexts:
        context.close()
