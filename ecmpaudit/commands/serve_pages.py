"""The pages of `ecmpaudit serve`: read-only, from the last run; no request starts a scan."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import json
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import anyio
from markupsafe import escape
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ecmpaudit.auditing.scope import FilterOptions
from ecmpaudit.commands.serve_api import ENDPOINTS, Given, Parameter, openapi
from ecmpaudit.errors import EcmpauditError, HistoryError, UnusableHistoryError
from ecmpaudit.reporting.explanation import render_explanation
from ecmpaudit.reporting.formats import Format
from ecmpaudit.reporting.html import render_explanation_page
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.resources import schemas_folder
from ecmpaudit.version import __version__

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ecmpaudit.commands.serve_api import Endpoint
    from ecmpaudit.commands.serve_state import Known, Published, State

_METHODS = ("GET", "HEAD")
_MOST_STREAMS, _MOST_ANSWERS, _LONGEST_WAIT = 128, 4, 10.0
"""Streams of events at once, of the 256 connections; answers computed at once, and seconds that others wait."""
_LOOK_AGAIN = 0.5
"""Seconds after which a stream of events looks for a new run."""
_OF_PAGE = tuple(Parameter(name, "", is_repeated=True) for name in ("router", "node", "vrf", "label"))
_PROBES = ("/healthz", "/readyz")
"""Say nothing of the network, so they need no token."""
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_NOTHING_ALLOWED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_POLICY_BEGINS, _POLICY_ENDS = b'<meta http-equiv="Content-Security-Policy" content="', b'">'


def application(state: State, token: str | None, *, any_host: bool) -> Any:
    """Return the ASGI application; with `any_host`, the name in a request may be any, not only this machine's."""
    streams = threading.BoundedSemaphore(_MOST_STREAMS)
    answering = threading.BoundedSemaphore(_MOST_ANSWERS)

    def page(_: Any) -> Response:
        known = state.known
        if known.published is None:
            return _not_yet(known)
        content = known.published.form(Format.HTML)
        return Response(
            _with_problems(content, known, state.mark(known)),
            media_type="text/html",
            headers={"Content-Security-Policy": _policy_of(content)},
        )

    def events(_: Any) -> Response:
        if not streams.acquire(blocking=False):
            return _busy()
        return EventSourceResponse(_marks(state, streams.release), headers={"Content-Encoding": "identity"})

    def metrics(request: Any) -> Response:
        content, media_type = state.metrics(request.headers.get("accept", ""))
        return Response(content, headers={"Content-Type": media_type})

    def healthy(_: Any) -> Response:
        return PlainTextResponse("ok\n")

    def ready(_: Any) -> Response:
        reason = state.not_ready()
        return PlainTextResponse(f"not ready: {safe(reason)}\n" if reason else "ready\n", 503 if reason else 200)

    routes: dict[str, Callable[[Any], Response]] = {
        "/": page,
        "/events": events,
        "/explain/{prefix:path}": _answered(state, answering, _explanation_page),
        "/api/v1/openapi.json": lambda _: Response(_openapi(), media_type="application/json"),
        "/metrics": metrics,
        "/healthz": healthy,
        "/readyz": ready,
    }
    for endpoint in ENDPOINTS:
        path = endpoint.path.replace("{prefix}", "{prefix:path}")
        routes[path] = _answered(state, answering, _json_of(endpoint))
    app = Starlette(routes=[Route(path, function, methods=["GET"]) for path, function in routes.items()])
    return _Guard(app, token, any_host)


def _not_yet(known: Known) -> Response:
    reason = known.problem or "the first run has not ended"
    return PlainTextResponse(f"no report yet: {safe(reason)}\n", 503, headers={"Retry-After": "5"})


def _busy() -> Response:
    return PlainTextResponse("too many ask at once; try again\n", 503, headers={"Retry-After": "5"})


async def _marks(state: State, end: Callable[[], None]) -> AsyncIterator[dict[str, str]]:
    """Yield the mark of the last run, and each later one."""
    sent = ""
    try:
        while not state.is_ending:
            mark = state.mark(state.known)
            if mark != sent:
                yield {"event": "run", "data": mark}
                sent = mark
            await anyio.sleep(_LOOK_AGAIN)
    finally:
        end()


def _answered(
    state: State, answering: threading.BoundedSemaphore, answer: Callable[[Published, Any], Response]
) -> Callable[[Any], Response]:
    """Return what answers a request from the last run; what cannot be used in the request is said with status 400."""

    def of(request: Any) -> Response:
        known = state.known
        if known.published is None:
            return _not_yet(known)
        if not answering.acquire(timeout=_LONGEST_WAIT):
            return _busy()
        try:
            return answer(known.published, request)
        except EcmpauditError as error:
            status = 503 if isinstance(error, UnusableHistoryError) else 400
            return PlainTextResponse(f"{safe(str(error))}\n", status)
        finally:
            answering.release()

    return of


def _given(parameters: tuple[Parameter, ...], request: Any) -> Given:
    return Given(parameters, request.query_params.multi_items(), request.path_params.get("prefix", ""))


def _json_of(endpoint: Endpoint) -> Callable[[Published, Any], Response]:
    def answer(published: Published, request: Any) -> Response:
        content = endpoint.answer(published, _given(endpoint.parameters, request))
        return Response(content, media_type="application/json")

    return answer


def _explanation_page(published: Published, request: Any) -> Response:
    """Return the chains of a prefix and its history, which may not be readable, as a page."""
    given = _given(_OF_PAGE, request)
    explanation = published.answers.explanation(given.prefix, given.filters)
    try:
        filters = FilterOptions(only_prefixes=(explanation.prefix,))
        history = published.answers.history_text(filters)
    except HistoryError as error:
        history = str(error)
    content = render_explanation_page(explanation.prefix, render_explanation(explanation, width=0), history).encode()
    return Response(content, media_type="text/html", headers={"Content-Security-Policy": _policy_of(content)})


@cache
def _openapi() -> bytes:
    names = [endpoint.schema for endpoint in ENDPOINTS if endpoint.schema]
    schemas = {
        name: json.loads((schemas_folder() / f"{name}.schema.json").read_text(encoding="utf-8")) for name in names
    }
    return json.dumps(openapi(schemas, __version__), indent=2, ensure_ascii=False).encode() + b"\n"


def _policy_of(page: bytes) -> str:
    """Return the policy that the page itself has, which allows its own style and script by their hashes."""
    policy = page.partition(_POLICY_BEGINS)[2].partition(_POLICY_ENDS)[0].decode()
    return f"{policy.replace('&#39;', chr(39))}; frame-ancestors 'none'"


def _with_problems(page: bytes, known: Known, mark: str) -> bytes:
    """Return the page with the mark of its run; what is wrong with configuration or run is said first."""
    said = [f"The configuration cannot be used, the one before it is: {known.unusable}" if known.unusable else ""]
    said += [
        f"The last run failed, and this may be the report of an earlier one: {known.problem}" if known.problem else ""
    ]
    told = "".join(f'<p class="taken" role="alert">{escape(safe(text))}</p>' for text in said if text)
    before, _, after = page.partition(b"<body>\n")
    return before + f'<body data-run="{mark}">\n{told}'.encode() + after


@dataclass(frozen=True, slots=True)
class _Guard:
    """Refuses what is not asked by GET or HEAD, under a name of this machine, or with the token."""

    app: Any
    token: str | None
    any_host: bool

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if not headers["content-type"].startswith("text/html"):
                    headers["Content-Security-Policy"] = _NOTHING_ALLOWED
            await send(message)

        await (self._refusal(scope) or self.app)(scope, receive, with_headers)

    def _refusal(self, scope: Any) -> Response | None:
        headers = Headers(scope=scope)
        if scope["method"] not in _METHODS:
            return PlainTextResponse("read-only: GET and HEAD\n", 405, headers={"Allow": ", ".join(_METHODS)})
        if scope["path"] in _PROBES:
            return None
        if self.token is not None:
            if not hmac.compare_digest(_token_of(headers.get("authorization", "")), self.token.encode()):
                text = "a token is needed: Authorization: Bearer TOKEN, or the token as password\n"
                return PlainTextResponse(text, 401, headers={"WWW-Authenticate": 'Basic realm="ecmpaudit"'})
        elif not self.any_host and not is_loopback(_host_of(headers.get("host", ""))):
            return PlainTextResponse("ask by a name of this machine: localhost, 127.0.0.1 or [::1]\n", 421)
        return None


def _token_of(authorization: str) -> bytes:
    """Return the token of a request, as Prometheus sends it, or as the password that a browser asks for."""
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "bearer":
        return value.strip().encode(errors="surrogateescape")
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return b""
    return b""


def _host_of(header: str) -> str:
    """Return the name or address in a Host header, without the port."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


def is_loopback(host: str) -> bool:
    """Return whether a name or address is this machine, and nothing else can reach it."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
