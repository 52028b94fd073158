"""`analyze` with and without Dask: `python -m tests.bench.scale [--routers N]… [--prefixes N] [--next-hops N]`.

Each size is a snapshot generated anew. Both commands are measured one after the other, as processes of their own: CPU
is that of the command and of all its workers, the coordinator's is that of the command alone, and the peak that of the
largest of these processes. Both reports have to be the same bytes. The last lines have the exponents of the growth of
the CPU with Dask: 1 is linear.
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
from typing import TYPE_CHECKING

from tests.bench.fleet import write_fleet
from tests.bench.parsing import ours

if TYPE_CHECKING:
    from collections.abc import Mapping

SIZES = (1000, 2000)


@dataclass(frozen=True, slots=True)
class Spent:
    """What one command took."""

    seconds: float
    cpu: float
    own_cpu: float
    """Without that of its children."""
    peak_mib: float


def spent_by(argv: list[str], environment: Mapping[str, str] | None = None) -> Spent:
    """Run a command, and return what it took."""
    return spent_of(subprocess.Popen(argv, env=environment), time.perf_counter())


def spent_of(process: subprocess.Popen[bytes], began: float) -> Spent:
    """Wait for a command; the kernel counts the CPU of a process and of the children that it waited for."""
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and its counts are still there
    own = own_cpu(process.pid)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 1}:
        raise SystemExit(f"{process.args!r}: exit code {process.returncode}")
    return Spent(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, own, usage.ru_maxrss / 1024)


def own_cpu(process: int) -> float:
    """Return the CPU seconds of a process and all its threads, without its children: proc_pid_stat(5)."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_size(routers: int, prefixes: int, next_hops: int, dask: str) -> Spent:
    """Print what both commands take for this size, and return what the one with Dask takes."""
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
            f"CPU {spent.cpu:.1f} s, {spent.own_cpu:.1f} s of it the coordinator's, "
            f"largest process {spent.peak_mib:,.0f} MiB"
        )
    same = "the same report" if is_same else "ANOTHER REPORT"
    print(f"CPU with Dask: {spread.cpu / alone.cpu:.2f} times, {same}", flush=True)
    return spread


def main() -> None:
    """Measure the sizes that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--routers", type=int, action="append", help=f"once for each size (default: {SIZES})")
    parser.add_argument("--prefixes", type=int, default=50)
    parser.add_argument("--next-hops", type=int, default=16)
    parser.add_argument("--dask", default="local:2")
    asked = parser.parse_args()
    sizes = sorted(asked.routers or SIZES)
    spent = [measure_size(size, asked.prefixes, asked.next_hops, asked.dask) for size in sizes]
    if len(sizes) > 1:
        first, last, by = spent[0], spent[-1], math.log(sizes[-1] / sizes[0])
        for of, growth in (("all", last.cpu / first.cpu), ("the coordinator", last.own_cpu / first.own_cpu)):
            print(f"CPU of {of} from {sizes[0]:,} to {sizes[-1]:,} routers: exponent {math.log(growth) / by:.2f}")


if __name__ == "__main__":
    main()
