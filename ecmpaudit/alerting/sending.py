"""Sending one message to one destination through Apprise, which knows mail, chats, pagers and webhooks.

Apprise gives the reason of a failure only in its log, which may repeat parts of the URL. Before any of that log is
printed, each word of the URL in it is replaced.
"""

from __future__ import annotations

import contextlib
import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ecmpaudit.errors import AlertError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import apprise

    from ecmpaudit.alerting.destinations import Destination

SECONDS = 30
"""How long one destination may take, so that the cron job ends."""
_SHORTEST_SECRET = 3
"""Characters; shorter words of a URL are no secrets, and hiding them would make messages unreadable."""
_KEYS = {
    "pagerduty": "dedup",
    "pagertree": "dedup",
    "opsgenie": "alias",
    "splunk": "entity_id",
    "victorops": "entity_id",
    **dict.fromkeys(("json", "jsons", "xml", "xmls", "form", "forms"), ":incident"),
}
"""By scheme the parameter of Apprise's URLs that names the incident; with a colon, a key in a webhook's message."""
_PUBLIC_WORDS = frozenset(
    {"http", "https", "json", "jsons", "xml", "xmls", "mailto", "mailtos", "localhost", "insecure"}
)
"""Words of URLs that are no secrets."""


def check(destination: Destination) -> None:
    """Check that Apprise can use a destination, without contacting it.

    Raises:
        AlertError: it cannot, or Apprise is not installed.
    """
    _service(destination)


def send(destination: Destination, title: str, body: str, *, is_recovery: bool, key: str | None = None) -> str | None:
    """Send a message; return None when it was taken, else the reason, without a secret in it.

    Services that group messages get the key, with which a recovery ends what the first message began.

    Raises:
        AlertError: Apprise cannot use the destination.
    """
    service = _service(destination, key)
    kind = "success" if is_recovery else "failure"
    with _unprinted_warnings() as warnings:
        taken = service.notify(body=body, title=title, notify_type=kind, body_format="text", timeout=SECONDS)
    if taken:
        return None
    if not warnings:
        return f"not taken within {SECONDS} s"
    return without_secrets(" ".join(warnings[-1].split()), destination.url)


def without_secrets(text: str, url: str) -> str:
    """Return the text with every word of the URL replaced by `***`."""
    words = {word for form in (url, unquote(url)) for word in re.split(r"[^\w.-]+|[%?&=]", form)}
    words |= {unquote(part) for part in re.split(r"[/?&=@:]+", url)}
    hidden = sorted((w for w in words if len(w) >= _SHORTEST_SECRET and w not in _PUBLIC_WORDS), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, hidden)), "***", text) if hidden else text


class _Warnings(logging.Handler):
    """The warnings that Apprise logs."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextlib.contextmanager
def _unprinted_warnings() -> Iterator[list[str]]:
    """Collect the warnings that Apprise logs; no other handler gets them, as they may have the URL."""
    log, collected = logging.getLogger("apprise"), _Warnings()
    propagates = log.propagate
    log.addHandler(collected)
    log.propagate = False
    try:
        yield collected.lines
    finally:
        log.removeHandler(collected)
        log.propagate = propagates


def with_key(url: str, key: str | None) -> str:
    """Return the URL with the key as the parameter that its service groups messages by, where it has none yet."""
    scheme, _, rest = url.partition("://")
    name = _KEYS.get(scheme.lower())
    parameters = rest.partition("?")[2]
    if key is None or name is None or any(each.startswith(f"{name}=") for each in parameters.split("&")):
        return url
    return f"{url}{'&' if '?' in rest else '?'}{name}={key}"


def _service(destination: Destination, key: str | None = None) -> apprise.Apprise:
    try:
        import apprise  # noqa: PLC0415 - costs 300 ms, and few runs send anything
    except ModuleNotFoundError as error:
        if error.name != "apprise":
            raise
        raise AlertError("alerts need Apprise, which is not installed: pip install 'ecmpaudit[alerts]'") from error
    service = apprise.Apprise()
    with _unprinted_warnings():
        is_supported = service.add(with_key(destination.url, key))
    if not is_supported:
        raise AlertError(
            f"{destination.name}: Apprise does not support this URL; it is not printed here, because it is secret"
        )
    return service
