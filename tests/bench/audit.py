"""A whole audit measured: `python -m tests.bench.audit [--routers N]… [--prefixes N] [--next-hops N]`.

Each size is a snapshot generated anew. The command is measured as a process of its own; then once more as a library,
where parsing, building the views and the rules are measured separately; `--whole` leaves that out. `what-if` on the
same snapshot is measured beside it, as text and as JSON. The last lines have the exponents of the growth from the
smallest to the largest size, of the audit's seconds and of the processor time of `what-if`: 1 is linear.
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


def measure_size(routers: int, prefixes: int, next_hops: int, *, is_whole: bool = False) -> tuple[float, float]:
    """Print what this size takes; return the seconds of an audit, and the processor time of `what-if`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        configuration = write_fleet(folder, routers, prefixes, next_hops)
        snapshot = folder / "snapshot"
        bytes_of_text = sum(file.stat().st_size for file in snapshot.iterdir())
        whole = run(ours("analyze", "--config", str(configuration), str(snapshot)))
        planned = run(ours("what-if", "--config", str(configuration), str(snapshot), "--lose", "node0"))
        as_json = run(
            ours("what-if", "--config", str(configuration), str(snapshot), "--lose", "node0", "--format", "json")
        )
        apart = None if is_whole else run([sys.executable, "-m", "tests.bench.audit", "--shares", str(folder)])
    print(
        f"{routers:,} routers x {prefixes} prefixes x {next_hops} next hops, {bytes_of_text / 1e6:,.0f} MB: "
        f"{whole.seconds:.1f} s, CPU {whole.cpu:.1f} s, peak {whole.peak_mib:,.0f} MiB; what-if: "
        f"{planned.cpu / whole.cpu:.2f} times its processor time, as JSON {as_json.cpu / whole.cpu:.2f} times, "
        f"peak {max(planned.peak_mib, as_json.peak_mib):,.0f} MiB",
        flush=True,
    )
    if apart:
        shares = Shares(**json.loads(apart.printed))
        print(
            f"  snapshot {shares.snapshot:.1f} s, parsing {shares.parsing:.1f} s, views {shares.views:.1f} s, "
            f"rules {shares.rules:.1f} s, {shares.findings:,} findings",
            flush=True,
        )
    return whole.seconds, planned.cpu


def main() -> None:
    """Measure the sizes that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--routers", type=int, action="append", help=f"once for each size (default: {SIZES})")
    parser.add_argument("--prefixes", type=int, default=200)
    parser.add_argument("--next-hops", type=int, default=64)
    parser.add_argument("--whole", action="store_true", help="only whole commands, and no parts of an audit")
    parser.add_argument("--shares", type=Path, metavar="FOLDER", help="print the shares of what lies there, as JSON")
    asked = parser.parse_args()
    if asked.shares:
        print(json.dumps(asdict(shares_of(asked.shares / "snapshot", asked.shares / "ecmpaudit.yaml"))))
        return
    sizes = sorted(asked.routers or SIZES)
    taken = [measure_size(size, asked.prefixes, asked.next_hops, is_whole=asked.whole) for size in sizes]
    if len(sizes) > 1:
        for name, first, last in zip(("audit", "what-if"), taken[0], taken[-1], strict=True):
            exponent = math.log(last / first) / math.log(sizes[-1] / sizes[0])
            print(f"growth from {sizes[0]:,} to {sizes[-1]:,} routers, {name}: exponent {exponent:.2f}")


if __name__ == "__main__":
    main()
