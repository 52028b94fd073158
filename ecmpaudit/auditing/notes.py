"""Notes: facts that are worth knowing and no faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.auditing.subjects import Subject
    from ecmpaudit.model import AuditedPrefix

_NAMED = 4
"""Prefixes that a note names; further ones are counted."""


def notes_about(prefixes: Sequence[AuditedPrefix], routers: Sequence[Subject]) -> tuple[str, ...]:
    """Return the notes of one run, without repetition."""
    return tuple(
        dict.fromkeys([*_fallbacks(prefixes), *_candidates_only(routers), *_messages(routers), *_cut_tables(routers)])
    )


def _fallbacks(prefixes: Sequence[AuditedPrefix]) -> Iterator[str]:
    """Say which protocol is the fallback for the selected one, with the same next hops."""
    prefixes_by_fallback: dict[tuple[str, str, str], list[str]] = {}
    for prefix in prefixes:
        for route in prefix.fallbacks[:1]:
            if prefix.selected and _addresses(route.forwarding_candidates) == _addresses(prefix.installed):
                key = (prefix.router, route.protocol.upper(), prefix.selected.protocol.upper())
                prefixes_by_fallback.setdefault(key, []).append(prefix.prefix)
    for (router, fallback, protocol), names in prefixes_by_fallback.items():
        place = f"{router}: " if router else ""
        prefixes_named = listed(names, _NAMED)
        yield f"{place}{fallback} is the fallback for {protocol}, with the same next hops: {prefixes_named}"


def _addresses(hops: Sequence[object]) -> set[str]:
    return {str(hop) for hop in hops}


def _candidates_only(routers: Sequence[Subject]) -> Iterator[str]:
    for router in routers:
        if router.candidate_families:
            yield f"{router.label or 'this router'}: {router.why_candidates_only}"


def _messages(routers: Sequence[Subject]) -> Iterator[str]:
    for router in routers:
        for table in router.tables:
            if table.is_around:
                continue  # it was asked for every prefix that may cover a pool, and few exist
            for message in table.messages:
                yield f"{router.label or table.capture.source} answered: {message}"


def _cut_tables(routers: Sequence[Subject]) -> Iterator[str]:
    for router in routers:
        for table in router.tables:
            if table.cut:
                place = f"{router.label}: " if router.label else ""
                last = f"; {table.last_prefix} may have more next hops than were read" if table.last_prefix else ""
                yield f"{place}{table.capture.source} {table.cut}: what is missing from it is unknown, not absent{last}"
