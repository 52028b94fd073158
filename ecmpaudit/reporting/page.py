"""What the HTML pages share: a style and a script of their own, and the policy that allows these and no request."""

from __future__ import annotations

import base64
import hashlib

from markupsafe import Markup

from ecmpaudit.resources import reports_folder


def asset(name: str) -> Markup:
    """Return our own style or script; nothing of an audit is in it."""
    return Markup((reports_folder() / "html" / name).read_text(encoding="utf-8"))  # noqa: S704 - a file of this package


def policy(style: str, script: str | None = None, *, is_live: bool = False) -> str:
    """Return the content security policy of a page; the texts are those between its tags, to the last character.

    A live page may ask its own server.
    """
    allowed = {"style-src": style, "script-src": script}
    sources = "".join(f"{kind} 'sha256-{_digest(text)}'; " for kind, text in allowed.items() if text is not None)
    sources += "connect-src 'self'; " if is_live else ""
    return f"default-src 'none'; {sources}img-src data:; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
