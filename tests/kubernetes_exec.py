"""The server's side of `kubectl exec`: SPDY/3.1 with the channels of v4.channel.k8s.io.

kubectl up to 1.30 asks for it at once; newer ones try a WebSocket first, and fall back when that is refused with 400. A
server's streams are told by their order (k8s.io/client-go, tools/remotecommand): error, then standard output, then
standard error, as no input is attached. Their compressed headers are not read, and ours are empty.
"""

from __future__ import annotations

import json
import struct
import zlib
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.server import BaseHTTPRequestHandler
    from io import BufferedIOBase

    Run = Callable[[list[str], str], tuple[bytes, bytes, int]]
    """Runs the words in a container, and returns what they print, their errors and the exit status."""

PROTOCOL = "v4.channel.k8s.io"
NOT_FOUND = -1
"""As exit status: the container has no such program."""
_ERROR, _OUTPUT, _COMPLAINT = 1, 3, 5
"""The numbers of the streams that a client opens."""
_SYN_STREAM, _SYN_REPLY, _PING = 1, 2, 6
_FIN = 1
_MOST = 32 * 1024
"""Bytes of one frame."""


def serve_exec(handler: BaseHTTPRequestHandler, run: Run) -> None:
    """Run the command of a request, and send what it prints."""
    handler.close_connection = True
    if handler.headers.get("Upgrade", "").lower() != "spdy/3.1":
        handler.send_response(400)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    handler.send_response(101)
    for name, value in (("Connection", "Upgrade"), ("Upgrade", "SPDY/3.1"), ("X-Stream-Protocol-Version", PROTOCOL)):
        handler.send_header(name, value)
    handler.end_headers()
    query = parse_qs(urlsplit(handler.path).query)
    headers = zlib.compressobj()
    opened: set[int] = set()
    while opened < {_ERROR, _OUTPUT, _COMPLAINT}:
        kind, content = _frame(handler.rfile)
        if kind is None:
            return
        if kind == _SYN_STREAM:
            (stream,) = struct.unpack(">I", content[:4])
            opened.add(stream)
            empty = headers.compress(struct.pack(">I", 0)) + headers.flush(zlib.Z_SYNC_FLUSH)
            _send_control(handler.wfile, _SYN_REPLY, struct.pack(">I", stream) + empty)
        elif kind == _PING:
            _send_control(handler.wfile, _PING, content)
    output, complaint, status = run(query["command"], query.get("container", [""])[0])
    _send(handler.wfile, _OUTPUT, output)
    _send(handler.wfile, _COMPLAINT, complaint)
    _send(handler.wfile, _ERROR, json.dumps(_status(query["command"][0], status)).encode())
    while _frame(handler.rfile)[0] is not None:
        pass  # until the client closes the connection


def _status(program: str, code: int) -> dict[str, object]:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    if code == NOT_FOUND:
        message = f'failed to exec in container: exec: "{program}": executable file not found in $PATH: unknown'
        return {"metadata": {}, "status": "Failure", "reason": "InternalError", "message": message, "code": 500}
    causes = [{"reason": "ExitCode", "message": str(code)}]
    message = f"command terminated with non-zero exit code: exit status {code}"
    known = {"metadata": {}, "status": "Failure", "reason": "NonZeroExitCode", "message": message}
    return {**known, "details": {"causes": causes}}


def _frame(stream: BufferedIOBase) -> tuple[int | None, bytes]:
    """Return the type of a control frame, 0 for data, with its content; None at the end of the connection."""
    try:
        head = stream.read(8)
    except OSError:
        return None, b""
    if len(head) < 8:
        return None, b""
    first, second = struct.unpack(">II", head)
    content = stream.read(second & 0xFFFFFF)
    return (first & 0xFFFF if first & 0x80000000 else 0), content


def _send_control(stream: BufferedIOBase, kind: int, content: bytes) -> None:
    stream.write(struct.pack(">HHI", 0x8003, kind, len(content)) + content)
    stream.flush()


def _send(stream: BufferedIOBase, number: int, content: bytes) -> None:
    """Send all that one stream has, and close it."""
    parts = [content[start : start + _MOST] for start in range(0, len(content), _MOST)]
    stream.writelines(struct.pack(">II", number, len(part)) + part for part in parts)
    stream.write(struct.pack(">II", number, _FIN << 24))
    stream.flush()
