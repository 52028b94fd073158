"""Asking the kernels of routers which next hops flows take: one connection to each, and many questions at once."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecmpaudit.collectors.polling import Polling
    from ecmpaudit.model import Capture

ADDRESSES = "ip -j address"
_LONGEST = 100_000
"""Bytes of one command: a shell takes no argument of more than 128 KiB."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A router that could not be asked."""

    router: str
    reason: str


def asked(polls: Polling, commands: Mapping[str, Sequence[str]]) -> dict[str, list[Capture]]:
    """Return by router the answers to its commands, in their order."""
    for host in polls.hosts:
        host.target = replace(host.target, commands=tuple(commands.get(host.target.name, ())), follow_ups=())
    found: dict[str, list[Capture]] = {name: [] for name in commands}
    for capture in polls.poll():
        found.setdefault(capture.router or "", []).append(capture)
    return found


def lookups(questions: Iterable[str], *, goes_on: bool = False) -> list[str]:
    """Return the commands that ask a kernel about flows: each is one `ip -batch` of many questions.

    It ends at the first question without an answer, unless it `goes_on`: then nothing says which one that was.
    """
    ip = f"ip {'-force ' if goes_on else ''}-o -batch -"
    return [f"sh -c {shlex.quote(f'printf %s {shlex.quote(part)} | {ip}')}" for part in _parts(questions)]


def _parts(questions: Iterable[str]) -> Iterator[str]:
    part: list[str] = []
    size = 0
    for question in questions:
        if size + len(question) >= _LONGEST:  # with its line feed
            yield "".join(part)
            part, size = [], 0
        part.append(f"{question}\n")
        size += len(question) + 1
    if part:
        yield "".join(part)


def lines_of(captures: Sequence[Capture]) -> list[str]:
    """Return the line of each answer."""
    return [line for capture in captures for line in capture.text.splitlines() if line.strip()]


def addresses_in(capture: Capture) -> list[str]:
    """Return the addresses of a host's interfaces, by `ip -j address`; none where the answer is no such thing."""
    try:
        links = json.loads(capture.text)
        return [str(info["local"]) for link in links for info in link.get("addr_info", ()) if "local" in info]
    except (ValueError, TypeError, AttributeError, KeyError):
        return []
