"""Damaged snapshots, read, audited and reported: `python -m tests.bench.snapshot_mutations [--number N] [--seed N]`.

Each mutation is of a dozen captures of a snapshot that has every kind (tests/snapshot_mutations.py). One of three is
audited against a damaged dump of a cluster (tests/kubernetes_mutations.py), one against a list of nodes. Printed
are how many crashed, how many a reader left to the guard around each capture, the slowest, and the memory at its
highest. Exit code 1 where one crashed, took longer than the limit, or took more than 1 GiB.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import multiprocessing
import resource
import sys
import tempfile
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

from ecmpaudit.auditing.request import Request, chosen_rules
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Severity
from ecmpaudit.reporting.formats import Format, Settings, render
from tests.kubernetes_mutations import damaged_dump
from tests.snapshot_mutations import damaged

SECONDS, KIBIBYTES = 10.0, 1 << 20
"""What one mutation may take of processor time, and a process of memory."""
_HANGS = 120
"""Seconds after which a mutation is ended, and counts as a crash."""
_AT_ONCE = 200
"""Mutations of one task of a process."""
_BY_GUARD = "this is a fault of ecmpaudit"


@dataclass
class Figures:
    """What was found."""

    mutations: int = 0
    crashed: dict[int, str] = field(default_factory=dict)
    """What a mutation raised, by its seed."""
    guarded: dict[int, str] = field(default_factory=dict)
    """What the guard around each capture caught: a reader did not check it."""
    slowest: tuple[float, int] = (0.0, 0)
    """Seconds of processor time, and the seed."""
    memory: int = 0
    """KiB."""

    def add(self, other: Figures) -> None:
        """Add the figures of more mutations."""
        self.mutations += other.mutations
        self.crashed |= other.crashed
        self.guarded |= other.guarded
        self.slowest = max(self.slowest, other.slowest)
        self.memory = max(self.memory, other.memory)

    def __str__(self) -> str:
        return (
            f"{self.mutations:,} mutations: {len(self.crashed)} crashed, {len(self.guarded)} left to the guard, "
            f"the slowest {self.slowest[0]:.1f} s (seed {self.slowest[1]}), {self.memory / 1024:,.0f} MiB at most"
        )


def run(seeds: range) -> Figures:
    """Read, audit and report the snapshots of some seeds."""
    figures = Figures()
    rules, settings = chosen_rules((), ()), Settings(Severity.WARNING)
    for seed in seeds:
        begun = time.process_time()
        try:
            request = _request(seed)
            material = read_material(damaged(seed))
            for capture in material.failed:
                if _BY_GUARD in (capture.failure or ""):
                    figures.guarded[seed] = f"{capture.source}: {capture.failure}"
            audit = audit_material(material, request, rules)
            for form in (Format.TEXT, Format.JSON):
                render(form, audit, settings)
        except Exception:  # noqa: BLE001 - that is what is searched for
            figures.crashed[seed] = traceback.format_exc(limit=-3)
        figures.slowest = max(figures.slowest, (time.process_time() - begun, seed))
        figures.mutations += 1
    figures.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return figures


def _request(seed: int) -> Request:
    """Return what the snapshot of a seed is audited against: nothing, nodes, or a damaged dump of a cluster."""
    if seed % 3 == 0:
        return Request.of(ScopeOptions())
    if seed % 3 == 1:
        return Request.of(ScopeOptions(pools=("172.31.0.0/16", "fd00::/16"), nodes=("172.30.250.101-105",)))
    with tempfile.NamedTemporaryFile("wb", suffix=".json") as dump:
        dump.write(damaged_dump(seed).encode("utf-8", errors="surrogatepass"))
        dump.flush()
        with contextlib.suppress(ConfigurationError):  # one line on standard error, and exit code 2
            return Request.of(ScopeOptions(kube_dumps=(Path(dump.name),)))
    return Request.of(ScopeOptions())


def _watched(seeds: range) -> Figures:
    """Run one seed after the other; a process that hangs ends, also where a pattern holds Python's lock."""
    figures = Figures()
    for seed in seeds:
        faulthandler.dump_traceback_later(_HANGS, exit=True)
        figures.add(run(range(seed, seed + 1)))
    faulthandler.cancel_dump_traceback_later()
    return figures


def _in_own_process(seeds: range) -> Figures:
    """Run some seeds in a process of their own, so that one that hangs or crashes ends no others."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        try:
            return process.submit(_watched, seeds).result()
        except BrokenProcessPool:
            return Figures(len(seeds), crashed={seeds.start: f"a process ended within the seeds {seeds}"})


def main() -> int:
    """Run as many as the command line says, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--number", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed; each mutation has the next")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    total = Figures()
    last = options.seed + options.number
    tasks = [range(first, min(first + _AT_ONCE, last)) for first in range(options.seed, last, _AT_ONCE)]
    with ThreadPoolExecutor(options.jobs) as pool:
        for figures in pool.map(_in_own_process, tasks):
            total.add(figures)
    for seed, reason in sorted((total.crashed | total.guarded).items()):
        print(f"seed {seed}: {reason}")
    print(total)
    return int(bool(total.crashed) or total.slowest[0] > SECONDS or total.memory > KIBIBYTES)


if __name__ == "__main__":
    sys.exit(main())
