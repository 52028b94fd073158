"""A sample of cases is in their order, has their ends, and is the same for the same seed."""

from __future__ import annotations

import pytest

from tests import samples


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
