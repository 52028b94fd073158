"""Which tests run which line of ecmpaudit, and how long each takes: one run of the quick tests with coverage.

The lab, browsers, databases and outside programs are left out, and so is a test that fails, is skipped or is slow.
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.bench.mutants import Mutant

_AT_IMPORT = ""
"""What coverage calls the time before the first test."""
_QUICK = "not lab and not browser and not checkers and not postgresql and not cron and not packaging"
_SLOWEST = 5.0
"""Seconds of CPU time after which a test is stopped and left out, while coverage measures."""
_LONGEST = 60.0
"""Seconds after which a test is stopped that waits for something."""
_TIMERS = ((signal.ITIMER_PROF, signal.SIGPROF, _SLOWEST), (signal.ITIMER_REAL, signal.SIGALRM, _LONGEST))
_AT_FIRST = 1.0
"""Seconds of CPU time of the tests of one file before those of the next file."""
_MOST = 20.0
"""Seconds of CPU time of all tests that are run for one fault."""


@dataclass(frozen=True)
class TestMap:
    """The tests of each line."""

    __test__ = False  # pytest: no class of tests
    seconds: dict[str, float]
    """CPU time of each test with coverage and of its programs, by its id; only tests that pass."""
    by_line: dict[str, dict[str, list[str]]]
    """Test ids by path and line number (as text: it comes from JSON)."""

    @classmethod
    def read(cls, file: Path) -> TestMap:
        """Return the map that `write` wrote."""
        known = json.loads(file.read_text(encoding="utf-8"))
        ids = list(known["seconds"])
        by_line = {
            path: {line: [ids[number] for number in numbers] for line, numbers in lines.items()}
            for path, lines in known["by_line"].items()
        }
        return cls(known["seconds"], by_line)

    def write(self, file: Path) -> None:
        """Write the map as JSON; each test's id once."""
        numbers = {test: number for number, test in enumerate(self.seconds)}
        by_line = {
            path: {line: [numbers[test] for test in tests] for line, tests in lines.items()}
            for path, lines in self.by_line.items()
        }
        file.write_text(json.dumps({"seconds": self.seconds, "by_line": by_line}), encoding="utf-8")

    def with_newer(self, newer: TestMap) -> TestMap:
        """Return a map in which the test files of another one are as they are there."""
        files = {test.partition("::")[0] for test in newer.seconds if test != _AT_IMPORT}
        kept = {test: known for test, known in self.seconds.items() if test.partition("::")[0] not in files}
        by_line: dict[str, dict[str, list[str]]] = {}
        for path in self.by_line | newer.by_line:
            old, new = self.by_line.get(path, {}), newer.by_line.get(path, {})
            by_line[path] = {
                line: [*dict.fromkeys([*(t for t in old.get(line, []) if t in kept), *new.get(line, [])])]
                for line in old | new
            }
        return TestMap(kept | newer.seconds, by_line)

    def of(self, mutant: Mutant) -> dict[str, float]:
        """Return the tests that run the line of a fault, then others of its module, and the seconds of each.

        They take at most `_MOST` seconds in all.

        The others matter: a line whose result is cached belongs to the first test that needed it, and a line that
        runs at import belongs to none. A line that was not even imported has no tests.
        """
        of_module = self.by_line.get(mutant.path.as_posix(), {})
        if not any(str(line) in of_module for line in mutant.lines):
            return {}
        of_line = {test for line in mutant.lines for test in of_module.get(str(line), [])} - {_AT_IMPORT}
        others = {test for tests in of_module.values() for test in tests} - of_line - {_AT_IMPORT}
        total, chosen = 0.0, {}
        for test in [*self._most_probable_first(of_line), *self._most_probable_first(others)]:
            total += self.seconds[test]
            if total > _MOST:
                break
            chosen[test] = self.seconds[test]
        return chosen

    def runs_at_import(self, mutant: Mutant) -> bool:
        """Return whether a line also runs while tests are collected, when a fault cannot be planted any more."""
        of_module = self.by_line.get(mutant.path.as_posix(), {})
        return any(_AT_IMPORT in of_module.get(str(line), []) for line in mutant.lines)

    @cached_property
    def _reach(self) -> Counter[str]:
        """How many lines of the package each test runs."""
        return Counter(test for lines in self.by_line.values() for tests in lines.values() for test in tests)

    def _most_probable_first(self, tests: Iterable[str]) -> list[str]:
        """Return the tests, those that run few other lines first: these are about the line.

        The tests of one file stay together, so that what they share is built once, but no file delays the others.
        """
        by_file: dict[str, list[str]] = {}
        for test in sorted(tests, key=lambda test: (self.seconds[test], test)):
            by_file.setdefault(test.partition("::")[0], []).append(test)
        files = sorted(by_file.values(), key=lambda tests: min(self._reach[test] for test in tests))
        first: list[str] = []
        rest: list[str] = []
        for of_file in files:
            until = accumulate(self.seconds[test] for test in of_file)
            for test, total in zip(of_file, until, strict=True):
                (first if total <= _AT_FIRST else rest).append(test)
        return first + rest


class _SlowTest(BaseException):
    """A test has taken `_SLOWEST` or `_LONGEST` seconds."""


def _stop(_signal: int, _frame: object) -> None:
    raise _SlowTest


def _cpu_time() -> float:
    """Return the seconds of this process and of the programs that it waited for, whatever else the machine does."""
    return sum(os.times()[:4])


class _Mapper:
    """A plugin that names the running test to coverage, times it, and stops it when it is slow."""

    def __init__(self, switch_context: object) -> None:
        self.switch_context = switch_context
        self.seconds: dict[str, float] = {}
        self.passed: set[str] = set()
        self.slow: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.switch_context(item.nodeid)  # type: ignore[operator]  # coverage's method
        started = _cpu_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = _cpu_time() - started

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        # Again each second: what is stopped once may go on, as Hypothesis does to make a failure smaller.
        for timer, number, seconds in _TIMERS:
            signal.signal(number, _stop)
            signal.setitimer(timer, seconds, 1)
        try:
            return (yield)
        except _SlowTest:
            self.slow.add(item.nodeid)
        finally:
            for timer, _, _ in _TIMERS:
                signal.setitimer(timer, 0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.passed.add(report.nodeid)
        if report.failed:
            self.passed.discard(report.nodeid)


def map_tests(arguments: Sequence[str]) -> TestMap:
    """Run the quick tests with coverage, and return which lines each ran."""
    import coverage  # noqa: PLC0415 - in the process that measures only

    measured = coverage.Coverage(data_file=None, source=["ecmpaudit"], messages=False, config_file=False)
    measured.start()
    mapper = _Mapper(measured.switch_context)
    pytest.main(["-q", "-p", "no:cacheprovider", "-m", _QUICK, *arguments], plugins=[mapper])
    measured.stop()
    data = measured.get_data()
    seconds = {_AT_IMPORT: 0.0} | {test: mapper.seconds[test] for test in sorted(mapper.passed - mapper.slow)}
    by_line: dict[str, dict[str, list[str]]] = {}
    for file in data.measured_files():
        by_line[Path(os.path.relpath(file)).as_posix()] = {
            str(line): [test for test in tests if test in seconds]
            for line, tests in data.contexts_by_lineno(file).items()
        }
    return TestMap(seconds, by_line)
