"""Commands for a pool that a host's version does not know, where the whole table was read in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.parsing.facts.silence import is_unknown_command
from ecmpaudit.parsing.parts import was_pasted
from ecmpaudit.platforms.registry import platforms
from ecmpaudit.wording import and_more, short_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecmpaudit.auditing.failed_captures import FailedCapture
    from ecmpaudit.parsing.route_table import RouteTable


def without_replaced(
    failed: Iterable[FailedCapture], tables: Sequence[RouteTable]
) -> tuple[list[FailedCapture], list[tuple[str, str, str]]]:
    """Return the failed captures that no whole table replaces; of the others host, command and that of the table."""
    kept: list[FailedCapture] = []
    replaced: list[tuple[str, str, str]] = []
    for one in failed:
        whole = next((table for table in tables if _is_in_place_of(table, one)), None)
        if whole is None:
            kept.append(one)
        else:
            replaced.append((one.capture.router or "", one.capture.command or "", whole.capture.command or ""))
    return kept, replaced


def notes(replaced: Iterable[tuple[str, str, str]]) -> Iterable[str]:
    """Yield for each host and whole table which commands it was asked in place of."""
    commands: dict[tuple[str, str], list[str]] = {}
    for host, command, whole in replaced:
        commands.setdefault((host, whole), []).append(command)
    for (host, whole), of_pools in commands.items():
        unknown = f"`{short_command(of_pools[0])}`{and_more(len(of_pools) - 1)}"
        yield f"{host}: its version does not know {unknown}, so the whole table was asked: `{whole}`"


def _is_in_place_of(table: RouteTable, failed: FailedCapture) -> bool:
    capture, resolved = failed.capture, failed.resolved
    return (
        bool(resolved.inside or resolved.is_around)
        and table.router == capture.router
        and table.is_whole
        and resolved.form in platforms()[table.platform].tables
        and resolved.family in {None, table.asked_family, *table.families}
        and is_unknown_command(capture)
        and not was_pasted(capture)
    )
