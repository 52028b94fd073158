"""`analyze` with and without Dask: `python -m tests.bench.scale [--routers N]… [--prefixes N] [--next-hops N]`.

Each size is a snapshot generated anew. Both commands are measured one after the other, as processes of their own: CPU
is that of the command and of all its workers, the peak that of the largest of these processes. Both reports have to
be the same bytes. The last line has the exponent of the growth of the CPU with Dask: 1 is linear.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.fleet import write_fleet
from tests.bench.parsing import ours

SIZES = (1000, 2000)


@dataclass(frozen=True, slots=True)
class Spent:
    """What one command took."""

    seconds: float
    cpu: float
    peak_mib: float


def spent_by(argv: list[str]) -> Spent:
    """Run a command; the kernel counts the CPU of a process and of the children that it waited for."""
    before = time.perf_counter()
    process = subprocess.Popen(argv)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in {0, 1}:
        raise SystemExit(f"{argv}: exit code {os.waitstatus_to_exitcode(status)}")
    return Spent(time.perf_counter() - before, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def measure_size(routers: int, prefixes: int, next_hops: int, dask: str) -> float:
    """Print what both commands take for this size, and return the CPU seconds with Dask."""
    with tempfile.TemporaryDirectory() as name:
        configuration = write_fleet(Path(name), routers, prefixes, next_hops)
        command = ours("analyze", "-q", "-o", f"json:{name}/report.json", "-c", str(configuration), f"{name}/snapshot")
        report = Path(name, "report.json")
        alone = spent_by(command)
        expected = report.read_bytes()
        spread = spent_by([*command, "--dask", dask])
        is_same = report.read_bytes() == expected
    for words, spent in (("in this process", alone), (f"--dask {dask}", spread)):
        print(
            f"{routers:,} routers x {prefixes} prefixes x {next_hops} next hops, {words}: {spent.seconds:.1f} s, "
            f"CPU {spent.cpu:.1f} s, largest process {spent.peak_mib:,.0f} MiB"
        )
    same = "the same report" if is_same else "ANOTHER REPORT"
    print(f"CPU with Dask: {spread.cpu / alone.cpu:.2f} times, {same}", flush=True)
    return spread.cpu


def main() -> None:
    """Measure the sizes that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--routers", type=int, action="append", help=f"once for each size (default: {SIZES})")
    parser.add_argument("--prefixes", type=int, default=50)
    parser.add_argument("--next-hops", type=int, default=16)
    parser.add_argument("--dask", default="local:2")
    asked = parser.parse_args()
    sizes = sorted(asked.routers or SIZES)
    cpu = [measure_size(size, asked.prefixes, asked.next_hops, asked.dask) for size in sizes]
    if len(sizes) > 1:
        exponent = math.log(cpu[-1] / cpu[0]) / math.log(sizes[-1] / sizes[0])
        print(f"growth from {sizes[0]:,} to {sizes[-1]:,} routers: exponent {exponent:.2f}")


if __name__ == "__main__":
    main()
