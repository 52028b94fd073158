"""How many planted faults the tests notice: `python -m tests.bench.mutation [--sample N] [--seed N] [AREA…]`.

First the quick tests run once with coverage, so that each line has the tests that run it. Then each fault of a random
sample is planted in a process of its own, and the tests of its line run there until one fails. A fault in a line that
no quick test runs is not noticed. With `--no-faults` nothing is planted, and no test may fail.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.mutants import Mutant, mutants_of
from tests.bench.mutation_map import TestMap, map_tests
from tests.bench.mutation_runs import Outcome, Planted, run_in_one_session, run_in_own_session

AREAS = {
    "rules": "ecmpaudit/rules",
    "expectations": "ecmpaudit/expectations",
    "auditing": "ecmpaudit/auditing",
    "parsing": "ecmpaudit/parsing",
    "collectors": "ecmpaudit/collectors",
}
_LIBRARIES = (
    "alembic click hypothesis jinja2 pandas paramiko polars pyarrow pydantic"
    " rich rich_click sqlalchemy textfsm ttp yaml"
)


def sample_of(area: str, size: int, seed: int) -> tuple[list[Mutant], int]:
    """Return the sample of an area, and how many faults are possible there."""
    place = Path(AREAS.get(area, area))
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    possible = [mutant for file in files for mutant in mutants_of(file)]
    chosen = random.Random(seed).sample(possible, min(size, len(possible)))  # noqa: S311 - repeatable, no secret
    return sorted(chosen, key=lambda mutant: (mutant.path, mutant.number)), len(possible)


def run(mutants: list[Mutant], tests: TestMap, jobs: int, *, with_faults: bool) -> list[Outcome]:
    """Return the outcome of each fault.

    One session is quick. What it does not notice, or cannot plant because it runs at import, gets a session of its own.
    """
    planted = [Planted(mutant if with_faults else None, tests.of(mutant)) for mutant in mutants]
    outcomes = dict.fromkeys(range(len(planted)), Outcome(problem="no test runs it"))
    inside = [number for number, mutant in enumerate(mutants) if mutant.is_in_function and planted[number].seconds]
    outcomes.update(zip(inside, run_in_one_session([planted[number] for number in inside], jobs), strict=True))
    again = [
        number
        for number, mutant in enumerate(mutants)
        if planted[number].seconds
        and not outcomes[number].noticed_by
        and (not mutant.is_in_function or (with_faults and tests.runs_at_import(mutant)))
    ]
    with ThreadPoolExecutor(jobs) as pool:
        outcomes.update(zip(again, pool.map(lambda number: run_in_own_session(planted[number]), again), strict=True))
    return list(outcomes.values())


def report(mutants: list[Mutant], outcomes: list[Outcome], *, names_tests: bool) -> None:
    """Print every fault that was not noticed, and with `names_tests` the test that noticed each of the others."""
    for mutant, outcome in zip(mutants, outcomes, strict=True):
        if not outcome.noticed_by:
            print(f"  not noticed: {mutant}{f' ({outcome.problem})' if outcome.problem else ''}")
        elif names_tests:
            print(f"  {mutant}: noticed by {outcome.noticed_by}")
    kinds = Counter(outcome.problem for outcome in outcomes if outcome.problem)
    kinds.update(outcome.noticed_by for outcome in outcomes if "::" not in outcome.noticed_by and outcome.noticed_by)
    for kind, number in kinds.items():
        print(f"  {number} with {kind!r}")


def known_tests(kept: Path | None, files: list[str]) -> TestMap:
    """Return the tests of each line: as kept, with these files or without a kept map all mapped anew."""
    known = TestMap.read(kept) if kept and kept.exists() else None
    if known and not files:
        return known
    with tempfile.TemporaryDirectory() as own:
        file = Path(own) / "tests.json"
        command = [sys.executable, "-m", "tests.bench.mutation", "--only-map", str(file), "--tests", *files]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        mapped = TestMap.read(file)
    known = known.with_newer(mapped) if known else mapped
    if kept:
        known.write(kept)
    return known


def main() -> None:
    """Measure each area."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("areas", nargs="*", default=list(AREAS), help=f"of {', '.join(AREAS)}, or paths")
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tests", nargs="*", default=[], help="only these test files; with a kept map, map them again")
    parser.add_argument("--map", type=Path, help="keep the map of tests in this file, and reuse it")
    parser.add_argument("--no-faults", action="store_true", help="plant nothing, to check the measurement: 0 noticed")
    parser.add_argument("--names", action="store_true", help="print which test noticed each fault")
    parser.add_argument("--only-map", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only_map:
        map_tests(given.tests).write(given.only_map)
        return
    tests = known_tests(given.map, given.tests)
    os.environ["POLARS_MAX_THREADS"] = "1"
    for library in _LIBRARIES.split():
        importlib.import_module(library)
    for area in given.areas:
        mutants, possible = sample_of(area, given.sample, given.seed)
        outcomes = run(mutants, tests, given.jobs, with_faults=not given.no_faults)
        report(mutants, outcomes, names_tests=given.names)
        noticed = sum(bool(outcome.noticed_by) for outcome in outcomes)
        share = noticed / len(mutants) if mutants else 1.0
        print(f"{area}: {noticed} of {len(mutants)} noticed ({share:.1%}), {possible} possible, seed {given.seed}")


if __name__ == "__main__":
    main()
