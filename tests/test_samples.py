"""A sample of cases is in their order, and is the same for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import samples

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHOLE = pytest.Config.ArgsSource.TESTPATHS
_FILES = pytest.Config.ArgsSource.ARGS


def test_a_sample_has_the_ends_and_is_the_same_for_a_seed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = {}
    for seed in ("1", "1", "2"):
        monkeypatch.setattr(samples, "_SEED", seed)
        chosen[seed] = samples.sample(range(100), 10)
        assert f"12 of 100 cases; SAMPLE_SEED={seed} " in capsys.readouterr().out
        assert (chosen[seed][0], chosen[seed][-1], len(set(chosen[seed]))) == (0, 99, 12)
        assert chosen[seed] == sorted(chosen[seed]) == samples.sample(range(100), 10)
    assert chosen["1"] != chosen["2"]


@pytest.mark.parametrize("seed, count", [("all", 100), ("1", 12)])
def test_nothing_is_left_out_of_few_cases_nor_where_all_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, seed: str, count: int
) -> None:
    monkeypatch.setattr(samples, "_SEED", seed)
    assert samples.sample(range(count), 10) == list(range(count))


class Case(pytest.Item):
    """A case that is never run."""

    def runtest(self) -> None:
        """Do nothing."""


@pytest.fixture
def tests(request: pytest.FixtureRequest) -> list[pytest.Item]:
    """Give 40 cases of a test that takes 4, 3 of one that takes 10, and 20 of one without a sample."""
    found: list[pytest.Item] = []
    for name, number, size in (("large", 40, 4), ("small", 3, 10), ("whole", 20, None)):
        for place in range(number):
            found.append(Case.from_parent(request.node.parent, name=f"{name}[{place}]"))
            if size is not None:
                found[-1].add_marker(pytest.mark.sampled(size))
    return found


def names(tests: Sequence[pytest.Item], start: str) -> list[str]:
    return [test.name for test in tests if test.name.startswith(start)]


def test_a_large_table_gives_its_sample_in_order_and_all_others_all(tests: list[pytest.Item]) -> None:
    kept = samples.sampled(tests, "7")
    assert len(names(kept, "large")) == 4
    assert (names(kept, "small"), names(kept, "whole")) == (names(tests, "small"), names(tests, "whole"))
    assert kept == [test for test in tests if test in kept]


def test_a_seed_takes_the_same_cases_again_and_seeds_take_every_case(tests: list[pytest.Item]) -> None:
    assert samples.sampled(tests, "7") == samples.sampled(tests, "7")
    of_all = {name for seed in range(200) for name in names(samples.sampled(tests, str(seed)), "large")}
    assert of_all == {*names(tests, "large")}


@pytest.mark.parametrize(
    "variable, source, keyword, seed",
    [
        ("31", _WHOLE, "", "31"),
        ("all", _WHOLE, "", None),
        ("31", _FILES, "", None),
        ("31", _WHOLE, "bird", None),
    ],
)
def test_only_a_run_of_all_tests_takes_samples_of_tables(
    variable: str,
    source: pytest.Config.ArgsSource,
    keyword: str,
    seed: str | None,
    pytestconfig: pytest.Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(samples, "_SEED", variable)
    monkeypatch.setattr(pytestconfig, "args_source", source)
    monkeypatch.setattr(pytestconfig.option, "keyword", keyword)
    assert samples.seed_of(pytestconfig) == seed
