"""The faults that `tests.bench.mutation` plants, and the order of the tests that should notice them."""

from __future__ import annotations

import ast
import gc
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.parsing import ages
from tests.bench.mutants import Mutant, mutants_of
from tests.bench.mutation_map import TestMap
from tests.bench.mutation_runs import Loaded, Outcome, Planted, end_after, forked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.mark.parametrize(
    "source,faulty",
    [
        ("a < 1", ["a <= 1", "a < 2"]),
        ("a in b is True", ["a not in b is True", "a in b is not True", "a in b is False"]),
        ("a and b or c", ["(a and b) and c", "(a or b) or c"]),
        ("b if a else c", ["b if not a else c"]),
        ("[b for b in c if b]", ["[b for b in c if not b]"]),
        ("zip(a, b, strict=True)", []),
        ("zip(a[1], b, strict=True)", ["zip(a[2], b, strict=True)"]),
        ("cache(maxsize=5)", []),
        ("_CHUNK_SIZE = 5", []),
        ("_MOST = 5", ["_MOST = 6"]),
        (
            "@cached(5)\ndef f(a: Literal[1] = 2) -> Literal[3]: return 4",
            [
                "@cached(5)\ndef f(a: Literal[1] = 3) -> Literal[3]: return 4",
                "@cached(5)\ndef f(a: Literal[1] = 2) -> Literal[3]: return 5",
            ],
        ),
        ("if TYPE_CHECKING:\n    a = 1", []),
    ],
)
def test_each_small_fault_is_planted_once(source: str, faulty: list[str], tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(source, encoding="utf-8")
    planted = [ast.unparse(mutant.tree()) for mutant in mutants_of(module)]
    assert planted == [ast.unparse(ast.parse(expected)) for expected in faulty]


def test_a_fault_knows_its_statement_and_whether_it_runs_at_import(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("A = (\n    1,\n)\n\ndef f(a=2):\n    return [\n        3,\n    ]\n", encoding="utf-8")
    found = [(mutant.kind, mutant.lines, mutant.line, mutant.is_in_function) for mutant in mutants_of(module)]
    assert found == [
        ("1 one higher", range(1, 3), 2, False),
        ("2 one higher", range(5, 6), 5, False),
        ("3 one higher", range(6, 8), 7, True),
    ]


AGES = Path("ecmpaudit/parsing/ages.py")


@pytest.fixture(name="_planting")
def _places_of_faults(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Plant from the top of the repository, and undo what planting changes outside of the function."""
    monkeypatch.chdir(Path(__file__).parents[1])
    monkeypatch.setattr("sys.meta_path", [*sys.meta_path])
    gc.freeze()
    yield
    gc.freeze()


@pytest.mark.usefixtures("_planting")
def test_a_fault_is_planted_in_functions_that_the_tests_have_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = next(fault for fault in mutants_of(AGES) if fault.is_in_function and fault.kind == "branches swapped")
    monkeypatch.setattr(ages.seconds, "__code__", ages.seconds.__code__)
    assert ages.seconds("00:00:05") == 5  # the fault: a short text is no age
    assert Loaded().plant(Planted(fault, {}))
    assert ages.seconds("00:00:05") is None


@pytest.mark.usefixtures("_planting")
def test_a_fault_outside_of_every_function_is_not_planted_in_one() -> None:
    assert not Loaded().plant(Planted(mutants_of(AGES)[0], {}))


def test_the_tests_that_run_few_other_lines_come_first_and_no_file_delays_the_others() -> None:
    seconds = {"wide.py::a": 0.1, "wide.py::b": 0.2, "near.py::a": 0.3, "near.py::b": 0.6, "near.py::c": 0.7}
    lines = {str(line): ["wide.py::a", "wide.py::b"] for line in range(2, 9)}
    tests = TestMap(seconds, {AGES.as_posix(): {"1": list(seconds)} | lines})
    fault = Mutant(AGES, 0, range(1, 2), 1, "comparison turned", is_in_function=True)
    assert list(tests.of(fault)) == ["near.py::a", "near.py::b", "wide.py::a", "wide.py::b", "near.py::c"]


def _compute() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)  # on a busy machine its time may be over before it has computed so long
    while True:
        pass


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize(
    "endless,noticed_by",
    [
        (_compute, "a test that computes without end"),
        (lambda: time.sleep(600), "a test that waits without end"),
        (lambda: None, ""),
    ],
)
def test_a_test_without_end_is_known_by_its_cpu_time_or_by_a_longer_wait(
    endless: Callable[[], None], noticed_by: str
) -> None:
    def work() -> list[Outcome]:
        end_after(0.2)
        endless()
        return [Outcome()]

    assert forked(work, 60) == [Outcome(noticed_by)]
