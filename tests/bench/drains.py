"""Drains of real nodes in random order, `drain --wait-gone` beside a capture: `python -m tests.bench.drains`, as root.

Printed is each drain, and then whether any node was called gone too early or too late.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.lab.draining import random_drains
from tests.lab.laboratory import Lab


def main() -> int:
    """Drain, print, and return 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder) / "lab")
        found = []
        try:
            lab.start()
            for drained in random_drains(lab, given.count, given.seed):
                found.append(drained)
                print(drained, "right" if drained.is_right else "WRONG", flush=True)
        finally:
            lab.stop()
    right = Counter(drained.kind for drained in found if drained.is_right)
    print(f"{sum(right.values())} of {len(found)} drains right: {dict(right)}")
    print(f"packets after `gone`: {sum(drained.packets_after for drained in found)}")
    print(f"polls after the last packet or route: {max(drained.polls_after for drained in found)} at most")
    print(f"bytes of one router and poll, all pools: {max(drained.bytes for drained in found)} at most")
    return 0 if len(found) == sum(right.values()) == given.count else 1


if __name__ == "__main__":
    sys.exit(main())
