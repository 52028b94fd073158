"""What is made of a table for the columns that are wanted, and until when texts are read."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from ecmpaudit.errors import DamagedOutputError, EcmpauditError, SlowPatternError, UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.parsing import plan, time_limit
from ecmpaudit.parsing.columns import SCHEMA, SPREAD
from ecmpaudit.parsing.filters import Filters, narrowed
from ecmpaudit.parsing.guard import guarded
from ecmpaudit.parsing.plan import ParsingPlan, Wanted
from ecmpaudit.parsing.time_limit import TimeLimit
from ecmpaudit.platforms.registry import platforms


def plan_of(platform: str, columns: frozenset[str], *, checks_everything: bool = False) -> ParsingPlan:
    known = platforms()[platform]
    return ParsingPlan(known.tables[0], known, None, Wanted(columns=columns), checks_everything=checks_everything)


def test_only_the_wanted_columns_and_those_of_the_checks_are_made() -> None:
    assert plan_of("frr", frozenset({"protocol"})).columns == ["family", "prefix", "protocol", "kind", "line", "route"]
    assert plan_of("frr", frozenset(SCHEMA)).columns == list(SCHEMA)
    assert plan_of("frr", frozenset({"protocol"}), checks_everything=True).columns == list(SCHEMA)


def test_of_a_platform_without_a_sign_for_the_selected_route_its_metric_is_made_too() -> None:
    assert plan_of("linux", frozenset({"protocol"})).columns == [
        "vrf",
        "family",
        "prefix",
        "protocol",
        "metric",
        "selected",
        "installed",
        "kind",
        "line",
        "route",
    ]


def test_a_template_has_only_the_values_that_are_needed() -> None:
    narrow = plan_of("frr", SPREAD).template()
    whole = plan_of("frr", SPREAD, checks_everything=True).template()
    assert narrow is not None
    assert whole is not None
    assert set(whole.values) - set(narrow.values) >= {"UPTIME", "WEIGHT", "DISTANCE", "METRIC"}
    assert {"PREFIX", "NEXTHOP", "PROTOCOL", "SELECTED"} <= set(narrow.values)
    linux = plan_of("linux", SPREAD).template()
    assert linux is not None
    assert "METRIC" in linux.values


@pytest.mark.parametrize("until,is_late", [(99.0, True), (100.0, False), (math.inf, False)])
def test_no_text_is_read_after_the_deadline(monkeypatch: pytest.MonkeyPatch, until: float, *, is_late: bool) -> None:
    monkeypatch.setattr(plan, "time", SimpleNamespace(monotonic=lambda: 100.0))
    assert Wanted(until=until).is_late is is_late


def test_the_lines_of_a_text_may_take_their_time_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(time_limit, "time", SimpleNamespace(monotonic=lambda: clock.now))
    limit, usual = TimeLimit(2.0), TimeLimit()
    clock.now = 102.0
    limit.check()
    clock.now = 102.5
    with pytest.raises(SlowPatternError, match=r"^its lines take longer than 2 s to match$"):
        limit.check()
    clock.now = 110.0
    usual.check()
    clock.now = 110.5
    with pytest.raises(SlowPatternError, match=r"^its lines take longer than 10 s to match$"):
        usual.check()


CAPTURE = Capture("tor1", None, None, "", "ssh tor1: show")


def raising(error: Exception) -> object:
    def read() -> object:
        raise error

    with pytest.raises(EcmpauditError) as raised:
        guarded(CAPTURE, read)
    return raised.value


def test_an_error_on_purpose_stays_and_any_other_is_one_of_the_capture() -> None:
    assert guarded(CAPTURE, lambda: 5) == 5
    on_purpose = UnknownFormatError("this is no table")
    assert raising(on_purpose) is on_purpose
    slow = raising(SlowPatternError("a line takes too long"))
    assert isinstance(slow, DamagedOutputError)
    assert str(slow) == "ssh tor1: show: not understood: a line takes too long"


@pytest.mark.parametrize(
    "error,said",
    [
        (KeyError("nexthops"), "KeyError: 'nexthops'"),
        (IndexError(), "IndexError"),
        (ValueError("x" * 200), f"ValueError: {'x' * 200}"),
        (ValueError("x" * 201), f"ValueError: {'x' * 200}"),
    ],
)
def test_an_unexpected_error_is_reported_as_a_fault_of_the_program(error: Exception, said: str) -> None:
    reported = str(raising(error))
    assert reported.startswith(f"ssh tor1: show: not understood: {said} (parsing/guard.py:")
    assert reported.endswith("; this is a fault of ecmpaudit: please report it with the output")


def test_an_unexpected_error_names_the_last_line_of_the_program_that_it_passed() -> None:
    with pytest.raises(DamagedOutputError, match=r"AttributeError: .* \(parsing/filters\.py:\d+\); this is a fault"):
        guarded(CAPTURE, lambda: narrowed(None, Filters()))  # type: ignore[arg-type]  # so that it fails there
