"""Random flows through two tiers of kernels, predicted and captured: `python -m tests.bench.two_tiers [COUNT]`."""

from __future__ import annotations

import sys
import time
from collections import Counter

from tests.lab.two_tiers import flows, two_tiers


def main() -> int:
    """Print for both families how many flows reached the predicted node, and return 1 where one did not."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    wrong = 0
    for family in (4, 6):
        with two_tiers() as tiers:
            for name, seed in (("spine", 11), ("leaf1", 22), ("leaf2", 33)):
                tiers.set_seed(name, seed)
            given = flows(family, count)
            began = time.monotonic()
            predicted = tiers.predicted(given)
            asked = time.monotonic() - began
            captured = tiers.captured(given)
        same = sum(one == other and one is not None for one, other in zip(predicted, captured, strict=True))
        wrong += count - same
        print(f"IPv{family}: {same:,} of {count:,} flows reached the predicted node; asked in {asked:.2f} s")
        print(f"  by node: {dict(sorted(Counter(captured).items(), key=str))}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
