"""Where the part of each next hop ends, when the kernel divides a number of values by their weights."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def bounds(values: int, weights: Sequence[int]) -> list[int]:
    """Return for each next hop the first value that is beyond it, rounded as DIV_ROUND_CLOSEST_ULL does.

    For a hash, the kernel stores one less as `upper_bound`: the last value that still takes the next hop.
    """
    total = sum(weights)
    return [(values * so_far + total // 2) // total for so_far in accumulate(weights)]
