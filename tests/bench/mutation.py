"""How many planted faults the tests notice: `python -m tests.bench.mutation [--sample N] [--seed N] [AREA…]`.

First the quick tests run once with coverage, so that each line has the tests that run it. Then each fault of a random
sample is planted in a process of its own, forked from one that has imported the libraries and nothing of ecmpaudit,
and the tests of its line run there until one fails. A fault in a line that no quick test runs is not noticed.
Faults whose tests do not end in time count as noticed. The lab, browsers, databases and outside programs are left out.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.machinery
import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bench.mutants import Mutant, mutants_of

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence
    from types import CodeType

AREAS = {
    "rules": "ecmpaudit/rules",
    "expectations": "ecmpaudit/expectations",
    "auditing": "ecmpaudit/auditing",
    "parsing": "ecmpaudit/parsing",
    "collectors": "ecmpaudit/collectors",
}
_QUICK = "not lab and not browser and not checkers and not postgresql and not cron and not packaging"
_SLOWEST, _MOST = 3.0, 60.0
"""Seconds of the slowest test that is run for a fault, and of all tests that are run for one."""
_PATIENCE = 30.0
"""Seconds more than the tests took without a fault, after which a fault counts as noticed."""
_LIBRARIES = (
    "alembic click hypothesis jinja2 pandas paramiko polars pyarrow pydantic"
    " rich rich_click sqlalchemy textfsm ttp yaml"
)


@dataclass(frozen=True, slots=True)
class Tests:
    """Which tests run which line, and how long each takes."""

    by_line: dict[str, dict[str, list[str]]]
    """Test ids by path and line number (as text: it comes from JSON)."""
    seconds: dict[str, float]

    def of(self, mutant: Mutant) -> list[str]:
        """Return the tests that run the line of a fault, the quickest first, within `_MOST` seconds.

        A line that runs at import belongs to every test of its module.
        """
        of_module = self.by_line.get(str(mutant.path), {})
        known = of_module.get(str(mutant.line), [])
        if not known and str(mutant.line) in of_module:
            known = list(dict.fromkeys(test for tests in of_module.values() for test in tests))
        quick = sorted((t for t in known if self.seconds.get(t, 0) <= _SLOWEST), key=lambda t: self.seconds.get(t, 0))
        total, chosen = 0.0, []
        for test in quick:
            total += self.seconds.get(test, 0)
            if total > _MOST:
                break
            chosen.append(test)
        return chosen


class _Mapper:
    """A plugin that names the running test to coverage, and times it."""

    def __init__(self, switch_context: object) -> None:
        self.switch_context = switch_context
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> object:
        self.switch_context(item.nodeid)  # type: ignore[operator]  # coverage's method
        started = time.perf_counter()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.perf_counter() - started


class _Chosen:
    """A plugin that keeps the wanted tests only, in their order."""

    def __init__(self, ids: Sequence[str]) -> None:
        self.order = {test: number for number, test in enumerate(ids)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self.order), key=lambda i: self.order[i.nodeid])


class _MutantLoader(importlib.machinery.SourceFileLoader):
    """Loads one module with its fault."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self._tree = tree

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - importlib's signature
        """Compile the tree; nothing is read from or written to a cache."""
        return compile(self._tree, self.path, "exec", dont_inherit=True)


class _MutantFinder:
    """Finds one module with its fault; every other module is found as always."""

    def __init__(self, mutant: Mutant) -> None:
        parts = mutant.path.with_suffix("").parts
        self._is_package = parts[-1] == "__init__"
        self._name = ".".join(parts[:-1] if self._is_package else parts)
        self._path, self._tree = mutant.path.resolve(), mutant.tree()

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:  # noqa: ARG002 - importlib's
        if name != self._name:
            return None
        return importlib.util.spec_from_file_location(
            name,
            self._path,
            loader=_MutantLoader(name, str(self._path), self._tree),
            submodule_search_locations=[str(self._path.parent)] if self._is_package else None,
        )


def map_tests(result: Path, arguments: Sequence[str]) -> None:
    """Run the quick tests with coverage, and write which lines each ran."""
    import coverage  # noqa: PLC0415 - in the process that measures only

    measured = coverage.Coverage(data_file=None, source=["ecmpaudit"], messages=False)
    measured.start()
    mapper = _Mapper(measured.switch_context)
    pytest.main(["-q", "-p", "no:cacheprovider", "-m", _QUICK, *arguments], plugins=[mapper])
    measured.stop()
    data = measured.get_data()
    lines: dict[str, dict[int, list[str]]] = {}
    for file in data.measured_files():
        by_line = {line: [c for c in contexts if c] for line, contexts in data.contexts_by_lineno(file).items()}
        lines[os.path.relpath(file)] = by_line
    result.write_text(json.dumps({"by_line": lines, "seconds": mapper.seconds}), encoding="utf-8")


def is_noticed(mutant: Mutant, tests: Tests) -> bool:
    """Return whether a test fails with the fault, or does not end."""
    ids = tests.of(mutant)
    if not ids:
        return False
    child = os.fork()
    if child == 0:
        _run_and_exit(mutant, ids)
    deadline = time.monotonic() + _PATIENCE + 5 * sum(tests.seconds.get(test, 0) for test in ids)
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) != pytest.ExitCode.OK
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def _run_and_exit(mutant: Mutant, ids: Sequence[str]) -> None:
    """Run the tests in this forked process, which ends here."""
    code: int = pytest.ExitCode.INTERNAL_ERROR
    try:
        os.setsid()
        silent = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(silent, descriptor)
        sys.meta_path.insert(0, _MutantFinder(mutant))  # type: ignore[arg-type]  # the part of the protocol that is used
        files = list(dict.fromkeys(test.partition("::")[0] for test in ids))
        options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
        with tempfile.TemporaryDirectory() as own:
            code = pytest.main([*options, f"--basetemp={own}/t", *files], plugins=[_Chosen(ids)])
    finally:
        os._exit(int(code))


def measure(area: str, tests: Tests, sample: int, seed: int, jobs: int) -> float:
    """Print and return the share of noticed faults of an area, with every fault that was not noticed."""
    files = sorted(Path(AREAS.get(area, area)).rglob("*.py")) if not area.endswith(".py") else [Path(area)]
    planted = [mutant for file in files for mutant in mutants_of(file)]
    chosen = random.Random(seed).sample(planted, min(sample, len(planted)))  # noqa: S311 - repeatable, no secret
    with ThreadPoolExecutor(jobs) as pool:
        noticed = list(pool.map(lambda mutant: is_noticed(mutant, tests), chosen))
    for mutant in sorted((m for m, was in zip(chosen, noticed, strict=True) if not was), key=str):
        print(f"  not noticed: {mutant} ({len(tests.of(mutant))} tests run it)")
    share = sum(noticed) / len(chosen) if chosen else 1.0
    print(f"{area}: {sum(noticed)} of {len(chosen)} noticed ({share:.1%}), {len(planted)} possible, seed {seed}")
    return share


def main() -> None:
    """Measure each area."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("areas", nargs="*", default=list(AREAS), help=f"of {', '.join(AREAS)}, or paths")
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tests", nargs="*", default=[], help="only these test files, for one area")
    parser.add_argument("--map", type=Path, help="keep or reuse the map of tests in this file")
    parser.add_argument("--only-map", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only_map:
        map_tests(given.only_map, given.tests)
        return
    with tempfile.TemporaryDirectory() as own:
        file = given.map or Path(own) / "tests.json"
        if not file.exists():
            command = [sys.executable, "-m", "tests.bench.mutation", "--only-map", file]
            subprocess.run([*command, "--tests", *given.tests], check=True, stdout=subprocess.DEVNULL)
        known = json.loads(file.read_text(encoding="utf-8"))
    for library in _LIBRARIES.split():
        importlib.import_module(library)
    tests = Tests(known["by_line"], known["seconds"])
    for area in given.areas:
        measure(area, tests, given.sample, given.seed, given.jobs)


if __name__ == "__main__":
    main()
