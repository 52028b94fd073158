"""The server's side of `kubectl exec`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.server import BaseHTTPRequestHandler


def serve_exec(handler: BaseHTTPRequestHandler, run: Callable[[list[str], str], tuple[bytes, bytes, int]]) -> None:
    """Answer nothing yet."""
    raise NotImplementedError(f"{handler.path}: {run}")
