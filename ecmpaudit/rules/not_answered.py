"""The one sentence about what a router or a node did not answer, and what could not be judged without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.wording import and_listed, short_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecmpaudit.model.questions import NotAnswered

_PREFIX = "ECMP"


def by_router(entries: Iterable[NotAnswered]) -> Mapping[str, list[NotAnswered]]:
    """Return the entries by the router or node that was asked."""
    found: dict[str, list[NotAnswered]] = {}
    for entry in entries:
        found.setdefault(entry.router, []).append(entry)
    return found


def sentence(entries: Sequence[NotAnswered]) -> str:
    """Return `not answered: …, so ECMP302 could not be judged`, about one router or node."""
    return f"not answered: {_commands(entries)}, so {_consequence(entries)}"


def _commands(entries: Sequence[NotAnswered]) -> str:
    """Return the commands, those that share a reason together."""
    by_reason: dict[str, list[str]] = {}
    for entry in entries:
        by_reason.setdefault(entry.reason, []).append(f"`{short_command(entry.command)}`")
    return "; ".join(f"{and_listed(commands)} ({reason})" for reason, commands in by_reason.items())


def _consequence(entries: Sequence[NotAnswered]) -> str:
    if codes := sorted({code for entry in entries for code in entry.undetermined}):
        if all(entry.is_unavailable for entry in entries):
            return f"{shortened(codes)} could not be judged, as `unavailable` in the configuration expects"
        return f"{shortened(codes)} could not be judged"
    links = list(dict.fromkeys(link for entry in entries for link in entry.causes))
    if links:
        return f"what a finding says of its cause may lack {and_listed(links)}"
    return "no rule was affected"


def shortened(codes: Sequence[str]) -> str:
    """Return `ECMP302, 303 and 702`."""
    first, *others = codes
    return and_listed([first, *(code.removeprefix(_PREFIX) for code in others)])
