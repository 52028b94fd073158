"""Tests that share what costs seconds are on one worker of pytest-xdist, and those that wait start first."""

from __future__ import annotations

import pytest

from tests.scheduling import group_of, part_of, turn_of


@pytest.mark.parametrize(
    "test, group",
    [
        ("tests/lab/test_states.py::test_state_is_diagnosed_and_leads_back[MED skew]", "states"),
        ("tests/lab/test_topologies.py::test_x[leaf-spine: a spine's bgpd ended]", "topology leaf-spine"),
        ("tests/lab/test_topologies.py::test_x[unnumbered: run 1]", "topology unnumbered"),
        ("tests/lab/test_scan.py::test_clean_state_has_no_findings", "scans"),
        ("tests/lab/test_facts.py::test_clean_state", "lab facts"),
        ("tests/lab/test_two_tiers.py::test_x", "lab two_tiers"),
        ("tests/lab/test_alerts.py::test_a_stopped_node", "waiting"),
        ("tests/test_schedule.py::test_cron_runs_what_the_page_says_to_enter", "waiting"),
        ("tests/test_schedule.py::test_crontab_takes_the_line", None),
        ("tests/test_history.py::test_a_run_is_read_back[postgresql]", "postgresql"),
        ("tests/test_history.py::test_a_run_is_read_back[postgresql-month]", "postgresql"),
        ("tests/test_history.py::test_a_run_is_read_back[sqlite]", None),
        ("tests/test_dumps.py::test_the_star_of_bird_is_its_best_route[BIRD-bird-2.0.12]", "dumps BIRD-bird-2.0.12"),
        ("tests/browser/test_report.py::test_print_shows_every_row", "browser"),
        ("tests/test_rules.py::test_every_rule_has_a_page", None),
    ],
)
def test_the_group_of_a_test(test: str, group: str | None) -> None:
    assert group_of(test) == group


def test_what_waits_starts_first_and_single_tests_last() -> None:
    tests = ["tests/test_rules.py::test_x", "tests/browser/test_report.py::test_x", "tests/lab/test_lab.py::test_x"]
    assert sorted(tests, key=turn_of) == tests[::-1]


def test_a_file_has_a_few_parts_and_shares_none_with_another() -> None:
    parts = {file: {part_of(f"tests/{file}.py::test_x[{n}]") for n in range(1000)} for file in ("test_a", "test_b")}
    assert [len(of_file) for of_file in parts.values()] == [16, 16]
    assert parts["test_a"].isdisjoint(parts["test_b"])
