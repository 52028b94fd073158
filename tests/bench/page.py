"""The HTML report measured: `python -m tests.bench.page [--repeat N] [--large]`, in Debian's Chromium.

Milliseconds from the request to the end of the page's script, when it can be used: for reports of 500 prefixes by 64
nodes of which each prefix of one router lacks other nodes, and for fabrics with four planted faults, one of them with
1,000 routers if it is asked for. Then the seconds that printing takes.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.reporting.html import render_html
from tests.browser.chromium import chromium
from tests.report_samples import large_audit, planted_audit

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    from ecmpaudit.model import Audit

_LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
_REPORTS: dict[str, Callable[[], Audit]] = {
    "1 router x 500 prefixes x 64 nodes": lambda: large_audit(routers=1),
    "4 routers x 500 prefixes x 64 nodes": large_audit,
    "40 routers x 300 prefixes x 64 nodes": planted_audit,
}


def main() -> None:
    """Load each report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--large", action="store_true", help="1,000 routers as well, which takes minutes")
    asked = parser.parse_args()
    reports = dict(_REPORTS)
    if asked.large:
        reports["1,000 routers x 200 prefixes x 64 nodes"] = lambda: planted_audit(1000, 200)
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        for title, audit in reports.items():
            measure(title, audit(), Path(name) / "report.html", browser, asked.repeat)


def measure(title: str, audit: Audit, file: Path, browser: Browser, repeat: int) -> None:
    """Print the size of a report, and how long it takes to make, to load and to print."""
    began = time.monotonic()
    file.write_text(render_html(audit), encoding="utf-8")
    made = time.monotonic() - began
    page = browser.new_context().new_page()
    took = []
    for _ in range(repeat):
        page.goto(file.as_uri())
        took.append(page.evaluate(_LOADED))
    began = time.monotonic()
    page.pdf(format="A4")
    printed = time.monotonic() - began
    times = f"{statistics.median(took):.0f} ms, {min(took):.0f} to {max(took):.0f} in {repeat} loads"
    size = f"{file.stat().st_size / 1e6:.2f} MB"
    print(f"{title}: {size}, made in {made:.1f} s, {times}, printed in {printed:.1f} s", flush=True)


if __name__ == "__main__":
    main()
