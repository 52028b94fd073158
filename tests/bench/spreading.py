"""The model of `what-if` against this kernel: `python -m tests.bench.spreading [--sizes 2-64] [--flows N]…`, as root.

For sets of every size, in both families, with next hops of the route's own, with a group of next-hop objects and with
a resilient group, with equal weights and with weights of 1 to 3: a node is lost, added or replaced at every place.
Printed are the largest differences between model and kernel in percentage points, and the flows whose answers no single
value of the hash explains. With few flows, shares differ by chance: 20,000 are enough for a limit of one point.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time

from tests.lab.kernel_spreading import (
    FLOWS_FOR_BUCKETS,
    KINDS,
    Difference,
    Explained,
    Kernel,
    cells,
    compare,
    flows,
    kernel,
)

_LARGEST = 64
_WEIGHTS = {"1": 1, "1-3": 3}
"""By its name in the grid: how many different weights a set has."""
_FEW = 5


def sizes_of(text: str) -> list[int]:
    """Return the sizes that `2-8,16,64` means."""
    parts = [part.partition("-") for part in text.split(",")]
    return [size for first, _, last in parts for size in range(int(first), int(last or first) + 1)]


def places_of(size: int, *, are_few: bool) -> list[int]:
    """Return the places at which a node is lost: all, or the first, second, middle and last ones."""
    if not are_few or size <= _FEW:
        return list(range(size))
    return sorted({0, 1, size // 2, size - 2, size - 1})


def measure(options: argparse.Namespace) -> int:
    """Print the grid, and return how many rows exceed the limit or are not explained."""
    wrong = 0
    sys.stdout.write("policy family kind       weights change   cells  moved innocent  flows unexplained\n")
    with kernel(f"spreading-{os.getpid()}", options.policy) as asked:
        for family, kind, weights in itertools.product((4, 6), options.kinds, _WEIGHTS):
            known, found = row_of(asked, family, kind, _WEIGHTS[weights], options)
            for change, one in found.items():
                sys.stdout.write(
                    f"{options.policy:6} IPv{family}   {kind:10} {weights:7} {change:7} {one.cells:6} "
                    f"{one.moved:6.2f} {one.innocent:8.2f} {known.flows:6} {known.unexplained:11}\n"
                )
                wrong += max(one.moved, one.innocent) > options.limit or known.unexplained > 0
            sys.stdout.flush()
    return wrong


def row_of(
    asked: Kernel, family: int, kind: str, weights: int, options: argparse.Namespace
) -> tuple[Explained, dict[str, Difference]]:
    """Return what is known of the flows, and the differences by change, over sets of all sizes."""
    count = max(options.flows, FLOWS_FOR_BUCKETS if kind == "resilient" else 0)
    questions, known = flows(family, count, options.seed), Explained.of(count)
    found: dict[str, Difference] = {}
    for size in sizes_of(options.sizes):
        of_size = [1 + number % weights for number in range(size)]
        wanted = cells(family, of_size, places_of(size, are_few=options.few))
        for change, one in compare(asked, family, kind, wanted, questions, known).items():
            found[change] = found.get(change, Difference()).with_more(one)
    return known, found


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=f"2-{_LARGEST}", help="numbers of next hops, as 2-8,16,64")
    parser.add_argument("--flows", type=int, default=20_000)
    parser.add_argument("--few", action="store_true", help="only the first, second, middle and last places")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--policy", type=int, choices=(0, 1, 3), default=1, help="fib_multipath_hash_policy")
    parser.add_argument("--limit", type=float, default=1.0, help="percentage points")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.monotonic()
    wrong = measure(options)
    sys.stdout.write(
        f"{wrong} rows beyond {options.limit:g} points or not explained, {time.monotonic() - started:.0f} s\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
