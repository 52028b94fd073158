"""The HTML report measured: `python -m tests.bench.page [--repeat N]`, in Debian's Chromium.

Milliseconds from the request to the end of the page's script, when it can be used, for reports of 500 prefixes by 64
nodes.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from ecmpaudit.reporting.html import render_html
from tests.browser.chromium import chromium
from tests.report_samples import large_audit

_LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"


def main() -> None:
    """Load the report of one router and of four."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=7)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        for routers in (1, 4):
            file = Path(name) / f"report-{routers}.html"
            file.write_text(render_html(large_audit(routers=routers)), encoding="utf-8")
            page = browser.new_context().new_page()
            took = []
            for _ in range(repeat):
                page.goto(file.as_uri())
                took.append(page.evaluate(_LOADED))
            times = f"{statistics.median(took):.0f} ms, {min(took):.0f} to {max(took):.0f} in {repeat} loads"
            size = f"{file.stat().st_size / 1e6:.1f} MB"
            print(f"{routers} router(s) x 500 prefixes x 64 nodes, {size}: {times}", flush=True)


if __name__ == "__main__":
    main()
