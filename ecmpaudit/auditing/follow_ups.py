"""What a scan could not ask, since another answer names what to ask for: a node's exports, by its sessions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.parsing.parts import was_pasted
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.model.questions import OpenQuestion
    from ecmpaudit.platforms.registry import ScanCommand


def not_asked(
    captures: Iterable[Capture],
    found: Iterable[OpenQuestion],
    nodes: Collection[str | None],
    unaudited: Collection[str | None],
) -> Iterator[Capture]:
    """Yield a failed capture for each command that needs a name out of one of these captures whose answer is open.

    Its command has the placeholders of the platform (`{address}`), since no answer says what to put there.
    """
    open_answers = {(question.host, question.command) for question in found}
    for capture in captures:
        if not was_pasted(capture) and (capture.router, capture.command) in open_answers:
            for command in _led_to_by(capture, nodes, unaudited):
                failure = f"not asked for each {_named(command)}: no complete answer to `{capture.command}` names them"
                named = command.command.replace("{pools}", command.each or "")
                yield replace(capture, command=named, text="", failure=failure, file=None)


def _led_to_by(
    capture: Capture, nodes: Collection[str | None], unaudited: Collection[str | None]
) -> Iterator[ScanCommand]:
    platform = platforms().get(capture.platform or "")
    if platform is None:
        return
    of_node = platform.scan_node if capture.router in nodes else ()
    of_router = platform.scan_router if capture.router not in unaudited else ()
    yield from (known for known in dict.fromkeys((*of_router, *of_node)) if known.after == capture.command)


def _named(command: ScanCommand) -> str:
    return "address" if "{address}" in command.command else "name"
