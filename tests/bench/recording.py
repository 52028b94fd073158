"""What `--record` adds to an audit: `python -m tests.bench.recording [--scattered] [--rounds N]`.

40 routers x 300 prefixes x 64 next hops, with faults. Each round audits the same snapshot without and with a record,
one after the other, and prints the seconds of CPU of both, since a machine that is busy slows both. The first record
makes the history, the later ones have a past.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import tempfile
from pathlib import Path

from tests.bench.fleet import write_fleet
from tests.bench.parsing import ours


def cpu_seconds(argv: list[str]) -> float:
    """Run a command and return its own CPU seconds, of user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = subprocess.run(argv, stdout=subprocess.DEVNULL, check=False).returncode
    if code not in {0, 1}:
        raise SystemExit(f"{argv}: exit code {code}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure each round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scattered", action="store_true", help="one of 100 next hops is missing, here and there")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        configuration = write_fleet(folder, 40, 300, 64, is_scattered=asked.scattered)
        audit = ours("analyze", "-q", "--config", str(configuration), str(folder / "snapshot"))
        record = ["--record", "--history", str(folder / "history.db")]
        for number in range(1, asked.rounds + 1):
            without, recorded = cpu_seconds(audit), cpu_seconds([*audit, *record])
            print(
                f"round {number}: {without:.1f} s, recorded {recorded:.1f} s: {recorded - without:+.1f} s", flush=True
            )
        print(f"load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
