"""A whole audit measured: `python -m tests.bench.audit [--routers N]… [--prefixes N] [--next-hops N]`.

Each size is a snapshot generated anew. The command is measured as a process of its own; then once more as a library,
where parsing, building the views and the rules are measured separately. `what-if` on the same snapshot is measured
beside it. The last line has the exponent of the growth
from the smallest to the largest size: 1 is linear.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from tests.bench.fleet import write_fleet
from tests.bench.parsing import ours, run

SIZES = (100, 300, 1000)


@dataclass(frozen=True, slots=True)
class Shares:
    """Seconds of the parts of one audit."""

    snapshot: float
    """Reading and checking the files."""
    parsing: float
    views: float
    """Tables and expectations put together to what rules judge."""
    rules: float
    findings: int


def shares_of(snapshot: Path, configuration: Path) -> Shares:
    """Return how long each part of an audit takes in this process."""
    from ecmpaudit.auditing import run as auditing  # noqa: PLC0415 - loading is no part of what is measured
    from ecmpaudit.auditing.request import Request  # noqa: PLC0415
    from ecmpaudit.auditing.scope import ScopeOptions  # noqa: PLC0415
    from ecmpaudit.collectors.files import read_inputs  # noqa: PLC0415
    from ecmpaudit.rules import all_rules  # noqa: PLC0415

    request = Request.of(ScopeOptions(configuration))
    times = [time.perf_counter()]
    captures = read_inputs([str(snapshot)])
    times.append(time.perf_counter())
    material = auditing.read_material(captures, only=request.audited)
    times.append(time.perf_counter())
    without_rules = auditing.audit_material(material, request, ())
    times.append(time.perf_counter())
    found = sum(len(list(rule.check(without_rules.network))) for rule in all_rules())
    times.append(time.perf_counter())
    snapshot_read, parsed, viewed, judged = (after - before for before, after in pairwise(times))
    return Shares(snapshot_read, parsed, viewed, judged, found)


def measure_size(routers: int, prefixes: int, next_hops: int) -> float:
    """Print what an audit of this size takes and return its seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        configuration = write_fleet(folder, routers, prefixes, next_hops)
        snapshot = folder / "snapshot"
        bytes_of_text = sum(file.stat().st_size for file in snapshot.iterdir())
        whole = run(ours("analyze", "--config", str(configuration), str(snapshot)))
        planned = run(ours("what-if", "--config", str(configuration), str(snapshot), "--lose", "node0"))
        apart = run([sys.executable, "-m", "tests.bench.audit", "--shares", str(folder)])
    shares = Shares(**json.loads(apart.printed))
    print(
        f"{routers:,} routers x {prefixes} prefixes x {next_hops} next hops, {bytes_of_text / 1e6:,.0f} MB: "
        f"{whole.seconds:.1f} s, peak {whole.peak_mib:,.0f} MiB; snapshot {shares.snapshot:.1f} s, "
        f"parsing {shares.parsing:.1f} s, views {shares.views:.1f} s, rules {shares.rules:.1f} s, "
        f"{shares.findings:,} findings; what-if: {planned.cpu / whole.cpu:.2f} times its processor time",
        flush=True,
    )
    return whole.seconds


def main() -> None:
    """Measure the sizes that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--routers", type=int, action="append", help=f"once for each size (default: {SIZES})")
    parser.add_argument("--prefixes", type=int, default=200)
    parser.add_argument("--next-hops", type=int, default=64)
    parser.add_argument("--shares", type=Path, metavar="FOLDER", help="print the shares of what lies there, as JSON")
    asked = parser.parse_args()
    if asked.shares:
        print(json.dumps(asdict(shares_of(asked.shares / "snapshot", asked.shares / "ecmpaudit.yaml"))))
        return
    sizes = sorted(asked.routers or SIZES)
    seconds = [measure_size(size, asked.prefixes, asked.next_hops) for size in sizes]
    if len(sizes) > 1:
        exponent = math.log(seconds[-1] / seconds[0]) / math.log(sizes[-1] / sizes[0])
        print(f"growth from {sizes[0]:,} to {sizes[-1]:,} routers: exponent {exponent:.2f}")


if __name__ == "__main__":
    main()
