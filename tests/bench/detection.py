"""The computed and the measured outage when a node falls silent: `python -m tests.bench.detection [--hold SECONDS …]`.

It needs what the lab needs, and takes about the hold time for each row. Without options: 3, 9 and 90 s, and BFD.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.outage import computed, measured
from tests.lab.wire import WITHOUT_OBJECTS, Timers, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOLDS = (3, 9, 90)
_OF_BFD = Timers(180, 60, has_bfd=True)


def main() -> None:
    """Print one row for each router and family."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hold", type=int, nargs="*", default=_HOLDS, metavar="SECONDS")
    parser.add_argument("--without-bfd", action="store_true", help="only the hold times")
    options = parser.parse_args()
    print("| timer | router | family | computed | since last message | measured |")
    print("|---|---|---|---|---|---|")
    for hold in options.hold:
        for row in rows(Timers(hold, hold // 3)):
            print(f"| hold time {hold} s {row}", flush=True)
    for row in rows(_OF_BFD) if not options.without_bfd else ():
        print(f"| BFD 3 x 300 ms {row}", flush=True)


def rows(timers: Timers) -> Iterator[str]:
    """Yield what was computed and measured on each router in each family."""
    with tempfile.TemporaryDirectory() as folder:
        wire = Wire(Path(folder) / "wire", timers, WITHOUT_OBJECTS)
        try:
            wire.start()
            wanted = computed(wire)
            for (router, family), outage in measured(wire, "node2", timers.hold + 30).items():
                since = "-" if timers.has_bfd else f"{outage.since_last_message:.2f}"
                daemon = wire.machines[router].host.daemon
                found = f"{wanted[router, family]:g} | {since} | {outage.measured:.2f}"
                yield f"| {router} ({daemon}) | IPv{family} | {found} |"
        finally:
            wire.stop()


if __name__ == "__main__":
    main()
