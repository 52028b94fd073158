"""Parsing measured: `python -m tests.bench.parsing [--prefixes N] [--repeat N] [--case NAME]…`.

Every figure is the median of whole processes, run one after the other in one go, and only ratios are worth quoting: the
machine may be shared. Those of one case take turns, so that a slow moment of the machine meets all of them. The rivals
get the same file; textfsm gets the same template. Python's garbage collector is on in all of them; ecmpaudit sets how
often it runs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent.parent
_TEXTFSM = """
import sys, textfsm
from collections import defaultdict
machine = textfsm.TextFSM(open(sys.argv[1]))
rows = machine.ParseText(open(sys.argv[2]).read())
prefix, hop, interface, = (machine.header.index(name) for name in ("PREFIX", "NEXTHOP", "INTERFACE"))
counts = defaultdict(set)
for row in rows:
    if row[hop]:
        counts[row[prefix]].add((row[hop], row[interface]))
print(len(counts), sum(map(len, counts.values())))
"""
_JSON = """
import json, sys
routes = json.loads(open(sys.argv[1]).read())
counts = {}
for prefix, entries in routes.items():
    counts[prefix] = {(h.get("ip"), h.get("interfaceName")) for e in entries for h in e["nexthops"] if h.get("fib")}
print(len(counts), sum(map(len, counts.values())))
"""


_NTC = """
import sys
from ntc_templates.parse import parse_output
rows = parse_output(platform="cisco_ios", command="show ip route", data=open(sys.argv[1]).read())
print(len(rows))
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a command, or the medians of several."""

    seconds: float
    cpu: float
    """Seconds of all its threads."""
    peak_mib: float
    printed: str


def measure(*commands: list[str], repeat: int) -> list[Measured]:
    """Run each command several times, in turns."""
    runs = [[run(argv) for argv in commands] for _ in range(repeat)]
    return [_median(of_one) for of_one in zip(*runs, strict=True)]


def run(argv: list[str]) -> Measured:
    """Run a command once; its peak memory is the kernel's own count of the process."""
    before = time.perf_counter()
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    printed = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - before
    if os.waitstatus_to_exitcode(status) not in {0, 1}:
        raise SystemExit(f"{argv}: exit code {os.waitstatus_to_exitcode(status)}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, printed)


def _median(runs: Sequence[Measured]) -> Measured:
    names = ("seconds", "cpu", "peak_mib")
    seconds, cpu, peak = (statistics.median(getattr(run, name) for run in runs) for name in names)
    return Measured(seconds, cpu, peak, runs[-1].printed)


def ours(*arguments: str) -> list[str]:
    """Return the command line of this checkout's ecmpaudit."""
    return [sys.executable, "-m", "ecmpaudit", *arguments]


def textfsm(template: str, file: Path) -> list[str]:
    """Return the command line that counts next hops with the textfsm library and one of our templates."""
    return [sys.executable, "-c", _TEXTFSM, str(ROOT / "parsers" / template), str(file)]


def show(name: str, measured: Measured, rival: Measured | None = None) -> None:
    """Print one line of the table."""
    ratio = f"{rival.seconds / measured.seconds:8.1f} x" if rival else ""
    print(f"{name:<58}{measured.seconds:9.2f} s{measured.peak_mib:9.0f} MiB {ratio}", flush=True)


def count_case(folder: Path, prefixes: int, repeat: int) -> None:
    """Start to counted next hops per prefix, for the three forms of one table."""
    frr, as_json = folder / "frr.txt", folder / "frr.json"
    hops = tables.write_frr(frr, prefixes)
    tables.write_frr_json(as_json, prefixes)
    print(f"{prefixes:,} prefixes, {hops:,} next hops, {frr.stat().st_size / 1e6:.0f} MB of FRR text")
    count, library, decoder = measure(
        ours("routes", str(frr), "--summary"),
        textfsm("frr/show_ip_route.textfsm", frr),
        [sys.executable, "-c", _JSON, str(as_json)],
        repeat=repeat,
    )
    show("ecmpaudit routes --summary, FRR text", count)
    show("  textfsm, same template and file", library, None)
    show("  json.loads of FRR's JSON of the table", decoder, None)
    print(
        f"  ratios: textfsm {library.seconds / count.seconds:.1f}, json {decoder.seconds / count.seconds:.1f}, "
        f"memory {count.peak_mib * 2**20 / frr.stat().st_size:.1f} times the file"
    )
    as_json.unlink()
    for name, template, write in (
        ("bird", "bird/show_route.textfsm", tables.write_bird),
        ("linux", "linux/ip_route.textfsm", tables.write_linux),
    ):
        file = folder / f"{name}.txt"
        write(file, prefixes)
        count, library = measure(ours("routes", str(file), "--summary"), textfsm(template, file), repeat=repeat)
        show(f"ecmpaudit routes --summary, {name}", count)
        show("  textfsm, same template and file", library)
        print(f"  ratio: {library.seconds / count.seconds:.1f}")
        file.unlink()


def json_case(folder: Path, prefixes: int, repeat: int) -> None:
    """One table as text and as JSON, of FRR and Linux: CPU of the whole process, and memory beside the file."""
    for name, write_text, write_json in (
        ("FRR", tables.write_frr, tables.write_frr_json),
        ("Linux", tables.write_linux, tables.write_linux_json),
    ):
        files = folder / f"{name}.txt", folder / f"{name}.json"
        write_text(files[0], prefixes)
        write_json(files[1], prefixes)
        text, as_json = measure(*(ours("routes", str(file), "--summary") for file in files), repeat=repeat)
        if text.printed != as_json.printed:
            raise SystemExit(f"{name}: text and JSON of one table differ")
        size = files[1].stat().st_size
        print(
            f"{name}, {prefixes:,} prefixes: text {text.cpu:.2f} s of CPU, "
            f"JSON of {size / 1e6:.0f} MB {as_json.cpu:.2f} s\n"
            f"  ratio {as_json.cpu / text.cpu:.2f}, memory {as_json.peak_mib * 2**20 / size:.1f} times the file"
        )


def pool_case(folder: Path, prefixes: int, repeat: int) -> None:
    """A pool of 200 audited prefixes in the large table."""
    frr = folder / "frr.txt"
    tables.write_frr(frr, prefixes)
    pool = ["--pool", "10.0.0.0/17", "--pool", "10.0.128.0/18", "--pool", "10.0.192.0/21"]
    cases = {
        "analyze, 200 audited prefixes": ["analyze", str(frr), "--expect", "2", *pool],
        "routes --within": ["routes", str(frr), "--within", "10.0.0.0/17", "--format", "json"],
        "routes --lookup": ["routes", str(frr), "--lookup", "10.0.7.1", "--format", "json"],
    }
    commands = (ours(*arguments) for arguments in cases.values())
    library, *measured = measure(textfsm("frr/show_ip_route.textfsm", frr), *commands, repeat=repeat)
    for name, of_case in zip(cases, measured, strict=True):
        show(f"ecmpaudit {name}", of_case, library)
    show("  textfsm, same template and file, then a filter", library)


def growth_case(folder: Path, largest: int, repeat: int) -> None:
    """Growth from 10,000 next hops on: the exponent between the smallest run above start-up and the largest."""
    import math  # noqa: PLC0415 - only here

    points = []
    size = 10_000
    while size <= largest:
        file = folder / "growth.txt"
        hops = tables.write_frr(file, round(size / 1.8))
        (measured,) = measure(ours("routes", str(file), "--summary"), repeat=repeat)
        points.append((hops, measured.seconds))
        show(f"{hops:,} next hops", measured)
        size *= 10
    start_up = points[0][1]
    (small, quick), (large, slow) = points[-2], points[-1]
    exponent = math.log((slow - start_up) / (quick - start_up)) / math.log(large / small)
    print(f"  exponent of the last step, start-up ({start_up:.2f} s) taken off: {exponent:.2f}")


def ios_case(folder: Path, prefixes: int, repeat: int) -> None:
    """A table of Cisco IOS, against ntc-templates (which is no dependency of ours: pip install ntc-templates)."""
    file = folder / "ios.txt"
    tables.write_ios(file, prefixes)
    rival = [sys.executable, "-c", _NTC, str(file)]
    count, library = measure(ours("routes", str(file), "--summary"), rival, repeat=repeat)
    show(f"ecmpaudit routes --summary, Cisco IOS, {prefixes:,} prefixes", count)
    show("  ntc-templates on textfsm, same file", library)
    print(f"  ratio: {library.seconds / count.seconds:.1f}")


def equality_case(folder: Path, prefixes: int, _: int) -> None:
    """Every column of every row, and every line that is not understood, from both engines on a mixed table."""
    file = folder / "mixed.txt"
    tables.write_mixed_frr(file, prefixes)
    columnar, library = (checksum(file, engine) for engine in ("columnar", "textfsm"))
    print(f"mixed table of {prefixes:,} prefixes: columnar {columnar}\n{'':>36} textfsm  {library}")
    if columnar != library:
        raise SystemExit("the engines differ")


def checksum(file: Path, engine: str) -> str:
    """Return rows, unparsed lines and a hash of all of both, as one engine reads them."""
    return run([sys.executable, "-c", _CHECKSUM, str(file), engine]).printed.strip()


_CHECKSUM = """
import hashlib, sys
from ecmpaudit.auditing.run import read_material
from ecmpaudit.collectors.files import read_inputs
from ecmpaudit.parsing import plan
from ecmpaudit.parsing.template import Engine
if sys.argv[2] == "textfsm":
    plan.engine_of = lambda template: Engine(None, "asked for")
(table,) = read_material(read_inputs([sys.argv[1]]), router="r").tables
content = hashlib.sha256(table.frame.write_csv().encode())
content.update(repr(table.unparsed).encode())
print(len(table.frame), "rows,", len(table.unparsed), "unparsed,", content.hexdigest()[:16])
"""

CASES = {
    "count": count_case,
    "json": json_case,
    "pool": pool_case,
    "growth": growth_case,
    "ios": ios_case,
    "equality": equality_case,
}
SMALLER = {"json": 100_000, "ios": 100_000, "equality": 200_000}
"""Prefixes of the cases that need fewer."""


def main() -> None:
    """Run the cases that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefixes", type=int, default=1_000_000)
    parser.add_argument("--largest", type=int, default=10_000_000, help="next hops of the growth case")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--case", choices=CASES, action="append")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted.case or CASES:
            size = wanted.largest if name == "growth" else min(wanted.prefixes, SMALLER.get(name, wanted.prefixes))
            CASES[name](Path(folder), size, wanted.repeat)


if __name__ == "__main__":
    main()
