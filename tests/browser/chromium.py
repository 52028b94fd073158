"""Debian's Chromium, driven by Playwright, with nothing of its own that asks the network.

`python -m tests.browser.chromium` draws a page, or ends with exit code 1 and the reason on its last line.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playwright.sync_api import Error, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def why_unavailable() -> str | None:
    """Return the reason why there is no browser here; None if there is."""
    return None if shutil.which("chromium") else "chromium is not installed (Debian package: chromium)"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a browser with a profile of its own; it is gone afterwards."""
    # Chromium's own sandbox refuses to run as root.
    arguments = [*_QUIET, "--no-sandbox"] if os.geteuid() == 0 else [*_QUIET]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


def why_not_drawn() -> str | None:
    """Return the reason why Chromium draws no page on this machine; None if it does."""
    if reason := why_unavailable():
        return reason
    try:
        with chromium() as browser:
            page = browser.new_page()
            page.set_content("<p>drawn</p>")
            return None if page.screenshot() and page.inner_text("p") == "drawn" else "it draws nothing"
    except Error as error:
        return error.message.splitlines()[0]
    except OSError as error:
        return f"Playwright's driver does not run: {error.strerror}"


if __name__ == "__main__":
    sys.exit(why_not_drawn())
