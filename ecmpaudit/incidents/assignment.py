"""Each finding in exactly one group, and as many groups as possible with one of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.incidents.groups import Group


def assign(groups: Sequence[Group]) -> None:
    """Give each candidate to one group: the one with the fewest, so that a large group leaves it to a small one."""
    owner: dict[int, Group] = {}
    for group in sorted(groups, key=lambda group: (len(group.candidates), group.candidates)):
        own = [number for number in group.candidates if number not in owner]
        if not own:
            own = _spared(group, owner)
        for number in own:
            owner[number] = group
        group.findings = own
    for group in groups:
        group.findings.sort()


def _spared(group: Group, owner: dict[int, Group]) -> list[int]:
    """Return a finding that another group can spare, as it has more of its own; empty where none can."""
    for number in group.candidates:
        holder = owner[number]
        if len(holder.findings) > 1:
            holder.findings.remove(number)
            return [number]
    return []
