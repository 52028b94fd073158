"""Runs the tests of planted faults, each in a process of its own, and reports which test noticed each.

A fault inside a function is planted in a fork of a process that has collected the tests: its code replaces the code of
the functions. A fault that runs at import needs a fork that has imported the libraries only, and collects again.
Noticed is a fault with which a test fails, or does not end. A crash of the process, a test file that cannot be
collected and an empty selection of tests are problems of the measurement, and no notice.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.machinery
import importlib.util
import json
import math
import os
import resource
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Collection, Sequence

    from tests.bench.mutants import Mutant

_COMPUTING = 30.0
"""Seconds of CPU that a test may take, and five times what it takes without a fault, until it is one without end."""
_WAITING = 5.0
"""How many times as long that may last, so that other load on the machine ends no test."""
_TIMERS = ((signal.SIGPROF, signal.ITIMER_PROF, 1.0), (signal.SIGALRM, signal.ITIMER_REAL, _WAITING))
_ENDINGS = {
    int(signal.SIGPROF): "a test that computes without end",
    int(signal.SIGALRM): "a test that waits without end",
}
_COLLECTING = 300.0
"""Seconds for a fork that collects the tests again."""
_FILES_AT_FIRST = 3
"""Test files that a session of one fault collects at first."""
_MEMORY = 6 << 30
"""Bytes that one process may allocate."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the tests of one fault did."""

    noticed_by: str = ""
    """The id of the test that failed; empty if the fault was not noticed."""
    problem: str = ""
    """Why the tests did not all run, if they did not."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault, or none for a check of the measurement, and the tests that should notice it."""

    mutant: Mutant | None
    seconds: dict[str, float]
    """How long each test takes without a fault, in the order of running."""

    @property
    def module(self) -> str:
        """The name of the module."""
        assert self.mutant
        parts = self.mutant.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


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

    def __init__(self, planted: Planted) -> None:
        assert planted.mutant
        self._name = planted.module
        self._path, self._tree = planted.mutant.path.resolve(), planted.mutant.tree()

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:  # noqa: ARG002 - importlib's
        if name != self._name:
            return None
        return importlib.util.spec_from_file_location(
            name,
            self._path,
            loader=_MutantLoader(name, str(self._path), self._tree),
            submodule_search_locations=[str(self._path.parent)] if self._path.name == "__init__.py" else None,
        )


def plant_at_import(planted: Planted) -> None:
    """Let the module be imported with its fault."""
    sys.meta_path.insert(0, _MutantFinder(planted))  # type: ignore[arg-type]  # the part of the protocol that is used


class Loaded:
    """The functions and the caches of results of this process, for all forks of it."""

    def __init__(self) -> None:
        self._functions: dict[str, list[FunctionType]] = {}
        self._caches: list[Callable[[], None]] = []
        gc.unfreeze()  # the tests freeze what they imported, and what is frozen is not listed
        for found in gc.get_objects():
            if not isinstance(found, FunctionType | _lru_cache_wrapper):
                continue
            if str(found.__module__).partition(".")[0] in {"ecmpaudit", "tests"}:
                if isinstance(found, FunctionType):
                    self._functions.setdefault(found.__code__.co_filename, []).append(found)
                else:
                    self._caches.append(found.cache_clear)

    def plant(self, planted: Planted) -> bool:
        """Give the functions of a module the code with the fault, and forget every cached result.

        Return whether there is such a function: it may have run at import, and be gone.

        A module that is not imported yet will be imported with the fault.
        """
        assert planted.mutant
        plant_at_import(planted)
        if module := sys.modules.get(planted.module):
            path = str(module.__file__)
            known = _codes(compile(planted.mutant.path.read_bytes(), path, "exec", dont_inherit=True))
            faulty = _codes(compile(planted.mutant.tree(), path, "exec", dont_inherit=True))
            changed = {old: new for old, new in zip(known, faulty, strict=True) if old != new}
            faulty_functions = [one for one in self._functions.get(path, []) if one.__code__ in changed]
            if not faulty_functions:
                return False
            for function in faulty_functions:
                function.__code__ = changed[function.__code__]
        for clear in self._caches:
            clear()
        return True


def _has_threads_of_polars() -> bool:
    return any("polars-0" in file.read_text() for file in Path("/proc/self/task").glob("*/comm"))


def _codes(code: CodeType) -> list[CodeType]:
    """Return a code and every code inside it, in the order of the source."""
    return [code, *(inner for const in code.co_consts if isinstance(const, CodeType) for inner in _codes(const))]


class _Runner:
    """A plugin that runs the tests of each fault in place of all tests."""

    def __init__(self, planted: Sequence[Planted], jobs: int, *, is_planted: bool) -> None:
        self._planted, self._jobs, self._is_planted = planted, jobs, is_planted
        self._failed = ""
        self.outcomes: list[Outcome] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not session.testsfailed:  # a file that cannot be collected counts as a failure
            items = {item.nodeid: item for item in session.items}
            loaded = Loaded()
            gc.freeze()
            if _has_threads_of_polars():  # a fork lacks them, and would wait for them: no test of tables would end
                raise SystemExit("collecting the tests has started polars: find what does it at import")
            with ThreadPoolExecutor(self._jobs) as pool:
                self.outcomes = list(pool.map(lambda planted: self._outcome(planted, items, loaded), self._planted))
        return True

    def _outcome(self, planted: Planted, items: dict[str, pytest.Item], loaded: Loaded) -> Outcome:
        chosen = [(items[test], _COMPUTING + 5 * seconds) for test, seconds in planted.seconds.items() if test in items]
        if not chosen:
            return Outcome(problem="no test runs it")

        def work() -> list[Outcome]:
            if planted.mutant and not self._is_planted and not loaded.plant(planted):
                return [Outcome(problem="no function has it")]
            return [self._run(chosen)]

        return forked(work, sum(_WAITING * seconds for _, seconds in chosen))[0]

    def _run(self, chosen: Sequence[tuple[pytest.Item, float]]) -> Outcome:
        following = [*(item for item, _ in chosen[1:]), None]
        for (item, seconds), nextitem in zip(chosen, following, strict=True):
            end_after(seconds)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
            if self._failed:
                return Outcome(noticed_by=self._failed)
        return Outcome()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed = report.nodeid


def end_after(seconds: float) -> None:
    """End this process when it has computed so long, or waited some times as long."""
    for number, timer, times in _TIMERS:
        signal.signal(number, signal.SIG_DFL)
        signal.setitimer(timer, times * seconds)


def forked(work: Callable[[], list[Outcome]], seconds: float) -> list[Outcome]:
    """Return what a function returns in a process of its own, or one outcome that says why it did not."""
    with tempfile.TemporaryDirectory() as own:
        file = Path(own) / "outcomes.json"
        child = os.fork()
        if child == 0:
            _work_and_exit(work, file)
        deadline = time.monotonic() + seconds
        while not (ended := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < deadline:
            time.sleep(0.01)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        if not ended[0]:
            os.waitpid(child, 0)
        if not ended[0] or ended[1] in _ENDINGS:
            return [Outcome(noticed_by=_ENDINGS.get(ended[1], "tests that do not end"))]
        if not file.exists():
            return [Outcome(problem=f"the process ended with {os.waitstatus_to_exitcode(ended[1])}")]
        return [Outcome(**outcome) for outcome in json.loads(file.read_text(encoding="utf-8"))]


def _work_and_exit(work: Callable[[], list[Outcome]], result: Path) -> None:
    """Work in this forked process, which ends here."""
    code = 1
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(result.parent)
        silent = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(silent, descriptor)
        outcomes = json.dumps([asdict(outcome) for outcome in work()])
        result.with_suffix(".new").write_text(outcomes, encoding="utf-8")
        result.with_suffix(".new").replace(result)
        code = 0
    finally:
        os._exit(code)


def run_in_one_session(planted: Sequence[Planted], jobs: int) -> list[Outcome]:
    """Return the outcome of each fault; the tests are collected once, and the faults planted after that."""
    outcomes = forked(lambda: _session(planted, jobs, is_planted=False), math.inf)
    if len(outcomes) != len(planted):
        raise SystemExit(f"the tests could not be run: {outcomes[0].problem}")
    return outcomes


def run_in_own_session(planted: Planted) -> Outcome:
    """Return the outcome of a fault that is in the module when the tests are collected.

    The first files alone come first: collecting all takes longer than the tests.
    """
    files = list(dict.fromkeys(test.partition("::")[0] for test in planted.seconds))
    first, rest = set(files[:_FILES_AT_FIRST]), set(files[_FILES_AT_FIRST:])
    outcome = _run_files(planted, first)
    return outcome if outcome.noticed_by or not rest else _run_files(planted, rest)


def _run_files(planted: Planted, files: Collection[str]) -> Outcome:
    seconds = {test: seconds for test, seconds in planted.seconds.items() if test.partition("::")[0] in files}

    def work() -> list[Outcome]:
        if planted.mutant:
            plant_at_import(planted)
        return _session([Planted(planted.mutant, seconds)], 1, is_planted=True)

    longest = sum(_COMPUTING + 5 * known for known in seconds.values())
    return forked(work, _WAITING * (_COLLECTING + longest))[0]


def _session(planted: Sequence[Planted], jobs: int, *, is_planted: bool) -> list[Outcome]:
    from hypothesis import settings  # noqa: PLC0415 - in the process that runs tests only

    # What a fault makes fail is not kept for the next fault, and a slow machine is no failure.
    settings.register_profile("mutation", database=None, deadline=None, derandomize=True)
    settings.load_profile("mutation")
    runner = _Runner(planted, jobs, is_planted=is_planted)
    files = sorted({test.partition("::")[0] for one in planted for test in one.seconds})
    code = pytest.main(["-q", "-s", "-p", "no:cacheprovider", *files], plugins=[runner])
    return runner.outcomes or [Outcome(problem=f"pytest ran no test: exit code {int(code)}") for _ in planted]
