"""The buckets of a resilient next-hop group, as the Linux kernel fills and moves them (net/ipv4/nexthop.c).

A flow takes the bucket of its hash modulo their number. After a change, `nh_res_group_rebalance` says how many buckets
each next hop wants, and `nh_res_table_upkeep` gives buckets to those that have too few: at once the buckets of next
hops that are gone, and buckets of those with too many only while nothing uses them (`idle_timer`), or by force after
`unbalanced_timer`, which is off by default. So a next hop that returns does not get its old flows back.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from ecmpaudit.changes.bounds import bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

Table: TypeAlias = tuple[str | None, ...]
"""The next hop of each bucket; None where it has none."""


def wanted_buckets(weights: Sequence[int], buckets: int) -> list[int]:
    """Return how many buckets each next hop of a group wants, in the order of the group."""
    ends = bounds(buckets, weights)
    return [end - begin for begin, end in zip([0, *ends], ends, strict=False)]


def migrated(table: Table, group: Sequence[tuple[str, int]], *, are_idle: bool = False) -> Table:
    """Return the buckets after the kernel's upkeep; `group` has each next hop with its weight, in the kernel's order.

    With `are_idle`, nothing uses any of the buckets: those of next hops with too many are moved as well.
    """
    if not group:
        return (None,) * len(table)
    hops = [hop for hop, _ in group]
    wants = dict(zip(hops, wanted_buckets([weight for _, weight in group], len(table)), strict=True))
    new = [hop if hop in wants else None for hop in table]
    has = Counter(hop for hop in new if hop)
    short = [hop for hop in hops if has[hop] < wants[hop]]  # the kernel takes the last of its list first
    for number, hop in enumerate(new):
        is_movable = hop is None or (are_idle and has[hop] > wants[hop])
        if not is_movable or not short:
            continue
        taker = short[-1]
        if hop is not None:
            has[hop] -= 1
        new[number] = taker
        has[taker] += 1
        if has[taker] == wants[taker]:
            short.pop()
    return tuple(new)
