"""Texts become captures of one command each, with the name of their router; large files become tables as they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from ecmpaudit.auditing.gathering import SERVICE_INTERFACE
from ecmpaudit.auditing.router_option import Naming, naming_of
from ecmpaudit.collectors.answer_budget import AnswerBudget, BudgetSpentError
from ecmpaudit.collectors.capture_texts import is_large, loaded
from ecmpaudit.collectors.compression import without_suffix
from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.parsing.guard import guarded
from ecmpaudit.parsing.places import with_distinct_places
from ecmpaudit.parsing.reading import read_without_loading
from ecmpaudit.parsing.transcript import captures_from_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.plan import Wanted
    from ecmpaudit.parsing.route_table import RouteTable


def split_captures(
    captures: Sequence[Capture], router: str | None, platform: str | None, budget: AnswerBudget
) -> list[Capture]:
    """Split pasted sessions, and name routers by their file where several files do not name them."""
    are_several = _are_several(captures)
    return [part for capture in captures for part in _parts(loaded(capture, budget), are_several, router, platform)]


def naming_in(captures: Sequence[Capture], router: str, platform: str | None, nodes: Collection[str]) -> Naming:
    """Return what `--router` means; a large file is a text without a name until it is read."""
    are_several = _are_several(captures)
    split = [(c, [c] if c.file else _split(c, None, platform)) for c in captures]
    of_files = [_name_by_file(capture, are_several) for capture, own in split for _ in own]
    parts = list(zip(with_distinct_places([part for _, own in split for part in own]), of_files, strict=True))
    shown = {part.router for part, _ in parts if part.router and SERVICE_INTERFACE in part.text}
    return naming_of(router, parts, {*nodes, *(shown - {router})})


def read_or_split(
    captures: Sequence[Capture], router: str | None, platform: str | None, wanted: Wanted, budget: AnswerBudget
) -> Iterator[RouteTable | Capture]:
    """Yield the table of each large file that can be read as it is, and the parts of all other captures."""
    are_several = _are_several(captures)
    for capture in captures:
        named = replace(capture, router=router or capture.router or _name_by_file(capture, are_several))
        if wanted.is_late:
            yield named
        elif capture.file is None:
            yield from _parts(capture, are_several, router, platform)
        else:
            of_file = replace(named, platform=platform or capture.platform)
            table = _read_without_loading(of_file, wanted, budget.memory)
            yield from [table] if table else _parts_of_file(capture, are_several, router, platform, budget)


def _parts_of_file(
    capture: Capture, are_several: bool, router: str | None, platform: str | None, budget: AnswerBudget
) -> Iterator[Capture]:
    """Yield the parts of a text that is in a file; they are not in memory either where that is spent."""
    if capture.command is not None:
        yield from _parts(capture, are_several, router, platform)
        return
    for part in _parts(loaded(capture, budget), are_several, router, platform):
        try:
            yield budget.put_away(part)
        except BudgetSpentError as error:
            yield replace(part, text="", failure=str(error), is_given_up=True)


def _read_without_loading(capture: Capture, wanted: Wanted, memory: int) -> RouteTable | None:
    if not is_large(capture):
        return None
    try:
        return guarded(capture, lambda: read_without_loading(capture, wanted, memory))
    except UnknownFormatError:
        return None


def _are_several(captures: Sequence[Capture]) -> bool:
    return len({capture.source for capture in captures}) > 1


def _parts(capture: Capture, are_several: bool, router: str | None, platform: str | None) -> Iterator[Capture]:
    for part in _split(capture, router, platform):
        yield part if part.router else replace(part, router=_name_by_file(capture, are_several))


def _name_by_file(capture: Capture, are_several: bool) -> str | None:
    """Return the router's name where one of several files does not show it; a single text needs none."""
    return PurePath(without_suffix(capture.source)).stem if are_several else None


def _split(capture: Capture, router: str | None, platform: str | None) -> list[Capture]:
    if capture.failure is not None or capture.command is not None:
        return [replace(capture, router=router or capture.router, platform=platform or capture.platform)]
    named = router or capture.router
    try:
        parts = guarded(
            capture, lambda: captures_from_text(capture.text, capture.source, router=named, platform=platform)
        )
        return [replace(part, is_anonymised=capture.is_anonymised) for part in parts]
    except UnknownFormatError as error:
        return [replace(capture, router=named, text="", failure=str(error).removeprefix(f"{capture.source}: "))]
