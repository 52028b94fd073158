"""What `drain` prints: the verdict of its preflight, and one line for each poll, as text or as JSON lines."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecmpaudit.reporting.terminal import safe, safe_json
from ecmpaudit.reporting.verdict import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE
from ecmpaudit.reporting.what_if import render_what_if, render_what_if_json, what_if_code
from ecmpaudit.wording import and_more, counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ecmpaudit.changes.drained import Listed, Polled
    from ecmpaudit.changes.what_if import WhatIf

_NAMED = 3
_VERDICTS = {
    EXIT_CLEAN: "may be drained: every prefix keeps enough next hops",
    EXIT_FINDINGS: "do not drain: a prefix loses too many next hops, or exceeds its ceiling",
    EXIT_INCOMPLETE: "not known: something could not be looked at",
}


@dataclass(frozen=True)
class Progress:
    """One poll, and the state of the wait after it."""

    state: str
    """`waiting`; at the end `gone`, `back`, `timeout` or `not asked`."""
    number: int
    """Of the poll, from 1."""
    time: str
    """When the answers were here, in ISO 8601 and UTC."""
    seconds: float
    """Since the wait began."""
    polled: Polled
    is_for_gone: bool
    sizes: Mapping[str, int] = field(default_factory=dict)
    """By router, the bytes of its answers to this poll."""

    @property
    def reasons(self) -> list[str]:
        """Why it is not over yet."""
        polled = self.polled
        of_routers = [f"{router}: not asked: {reason}" for router, reason in polled.unasked]
        if not self.is_for_gone:
            return [*of_routers, *polled.wanting]
        return [
            *of_routers,
            *(f"{_place(each)} still has {each.hop}" for each in polled.present),
            *(f"{_place(each)} has {each.hop}, whose owner is unknown" for each in polled.unknown),
        ]


def _place(each: Listed) -> str:
    return f"{each.router}: {each.prefix} ({each.table})"


def verdict_of(result: WhatIf) -> str:
    """Return whether the nodes may be drained, in one sentence."""
    return _VERDICTS[what_if_code(result)]


def render_preflight(result: WhatIf, nodes: Sequence[str], *, is_json: bool, width: int, verbose: bool) -> str:
    """Return what losing the nodes does, and the verdict; as JSON it is one line."""
    if is_json:
        document = json.loads(render_what_if_json(result))
        line = {"drain": list(nodes), "state": "preflight", "verdict": verdict_of(result), **document}
        return safe_json(f"{json.dumps(line, ensure_ascii=False)}\n")
    text = render_what_if(result, width=width, verbose=verbose)
    return f"{text}verdict: {safe(', '.join(nodes))}: {verdict_of(result)}\n"


def render_progress(progress: Progress, nodes: Sequence[str], *, is_json: bool) -> str:
    """Return one line about a poll; the text of a wait that ends has a line for each reason."""
    if is_json:
        return safe_json(f"{json.dumps(_as_json(progress, nodes), ensure_ascii=False)}\n")
    return "".join(f"{safe(line)}\n" for line in _lines(progress, nodes))


def _lines(progress: Progress, nodes: Sequence[str]) -> Iterator[str]:
    reasons = progress.reasons
    names = listed(nodes)
    at = f"{progress.seconds:6.1f} s"
    if progress.state in {"gone", "back"}:
        size = f"a poll of one router took {max(progress.sizes.values(), default=0):,} bytes at most"
        yield f"{at}  {names}: {progress.state} after {counted(progress.number, 'poll')}; {size}"
    elif progress.state == "waiting":
        shown = listed(reasons[:_NAMED], _NAMED) + and_more(len(reasons) - _NAMED)
        yield f"{at}  waiting: {shown or 'full, and not yet stable'}"
    else:
        what = "gone" if progress.is_for_gone else "back"
        yield (
            f"{at}  {names}: not {what} within the time"
            if progress.state == "timeout"
            else (f"{at}  {names}: not known to be {what}: a router could not be asked")
        )
        yield from (f"  {reason}" for reason in reasons)


def _as_json(progress: Progress, nodes: Sequence[str]) -> dict[str, Any]:
    polled = progress.polled
    return {
        "drain": list(nodes),
        "state": progress.state,
        "poll": progress.number,
        "time": progress.time,
        "seconds": round(progress.seconds, 3),
        "not_asked": dict(polled.unasked),
        "present": [_listed(each) for each in polled.present],
        "unknown": [_listed(each) for each in polled.unknown],
        "wanting": [] if progress.is_for_gone else list(polled.wanting),
        "bytes": dict(progress.sizes),
    }


def _listed(each: Listed) -> dict[str, str]:
    return {
        "router": each.router,
        "vrf": each.vrf,
        "prefix": each.prefix,
        "table": each.table,
        "next_hop": each.hop,
    }
