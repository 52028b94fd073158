"""Draws the pictures of docs/: `python -m tests.browser.pictures FOLDER`, or `make pictures`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from ecmpaudit.reporting.html import render_html
from tests.browser.chromium import chromium
from tests.report_samples import CHANGES, large_audit, sample_audit, seed_audit

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    from ecmpaudit.model import Audit


@dataclass(frozen=True)
class Picture:
    """One report as it is shown in docs/."""

    name: str
    audit: Callable[[], Audit]
    changes: tuple[str, ...] | None
    scheme: Literal["light", "dark"]
    width: int
    height: int
    scrolled_to: str | None = None


PICTURES = (
    Picture("report-seed", seed_audit, None, "light", 1200, 1060),
    Picture("report-sample-dark", sample_audit, CHANGES, "dark", 1200, 1180),
    Picture("report-narrow", sample_audit, CHANGES, "light", 390, 1000),
    Picture("report-500-by-64", large_audit, None, "light", 1200, 920, ".router .tall"),
)


def draw(browser: Browser, picture: Picture, folder: Path) -> None:
    """Write one picture as PNG."""
    with TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.html"
        report.write_text(render_html(picture.audit(), changes=picture.changes), encoding="utf-8")
        page = browser.new_page(
            viewport={"width": picture.width, "height": picture.height}, color_scheme=picture.scheme
        )
        page.goto(report.as_uri())
        if picture.scrolled_to:
            page.locator(picture.scrolled_to).first.evaluate("element => element.scrollIntoView({block: 'end'})")
        page.screenshot(path=folder / f"{picture.name}.png")
        page.close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    with chromium() as started:
        for wanted in PICTURES:
            draw(started, wanted, target)
