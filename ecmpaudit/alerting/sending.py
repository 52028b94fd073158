"""Sending one message to one destination through Apprise, which knows mail, chats, pagers and webhooks.

Apprise says why something failed only in its log, and there it may repeat parts of the URL. What is told of that log
has every word of the URL blotted out.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ecmpaudit.errors import AlertError

if TYPE_CHECKING:
    import apprise

    from ecmpaudit.alerting.destinations import Destination

SECONDS = 30
"""How long one destination may take; the cron job has to end."""
_LEAST_OF_A_SECRET = 3
"""Shorter words of a URL are no secrets, and would blot out half of every sentence."""
_OPEN = frozenset({"http", "https", "json", "jsons", "xml", "xmls", "mailto", "mailtos", "localhost", "insecure"})
"""Words of URLs that tell nothing."""


def check(destination: Destination) -> None:
    """Find out whether Apprise can use a destination, without contacting it.

    Raises:
        AlertError: it cannot, or Apprise is not installed.
    """
    _service(destination)


def send(destination: Destination, title: str, body: str, *, is_recovery: bool) -> str | None:
    """Send a message; return None when it was taken, else why not, without a secret in it.

    Raises:
        AlertError: Apprise cannot use the destination.
    """
    service = _service(destination)
    said = _Said()
    log = logging.getLogger("apprise")
    log.addHandler(said)
    was_told_on = log.propagate
    log.propagate = False  # or --verbose would print what is not blotted out
    try:
        kind = "success" if is_recovery else "failure"
        taken = service.notify(body=body, title=title, notify_type=kind, body_format="text", timeout=SECONDS)
    finally:
        log.removeHandler(said)
        log.propagate = was_told_on
    if taken:
        return None
    if not said.lines:
        return f"not taken within {SECONDS} s"
    return without_secrets(" ".join(said.lines[-1].split()), destination.url)


def without_secrets(text: str, url: str) -> str:
    """Return the text with every word that stands in the URL replaced by `***`."""
    words = {word for form in (url, unquote(url)) for word in re.split(r"[^\w.-]+|[%?&=]", form)}
    words |= {unquote(part) for part in re.split(r"[/?&=@:]+", url)}
    hidden = sorted((w for w in words if len(w) >= _LEAST_OF_A_SECRET and w not in _OPEN), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, hidden)), "***", text) if hidden else text


class _Said(logging.Handler):
    """What Apprise complains of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _service(destination: Destination) -> apprise.Apprise:
    try:
        import apprise  # noqa: PLC0415 - costs 300 ms, and few runs send anything
    except ModuleNotFoundError as error:
        if error.name != "apprise":
            raise
        raise AlertError("alerts need Apprise, which is not installed: pip install 'ecmpaudit[alerts]'") from error
    logging.getLogger("apprise").addHandler(logging.NullHandler())  # it would print what it cannot parse on stderr
    service = apprise.Apprise()
    if not service.add(destination.url):
        raise AlertError(
            f"{destination.name}: Apprise knows no such URL; its form is not repeated here, as it is secret"
        )
    return service
