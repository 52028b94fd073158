"""Each list that a report cuts is whole up to its limit, and one more thing is counted as `and 1 more`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.model import (
    Audit,
    Confidence,
    Effect,
    Evidence,
    Expectation,
    Fault,
    IncidentCause,
    Network,
    Node,
    RouterState,
    Severity,
    UnparsedLine,
)
from ecmpaudit.model.periods import Availability, Period, PrefixPeriod
from ecmpaudit.model.runs import Asked, KnownFault, KnownIncident, News, Run
from ecmpaudit.reporting.alert import changes
from ecmpaudit.reporting.fan_out import fan_out
from ecmpaudit.reporting.history import render_history
from ecmpaudit.reporting.html import render_html
from ecmpaudit.reporting.markdown import render_markdown
from ecmpaudit.reporting.nagios import render_nagios
from ecmpaudit.reporting.period import render_period
from ecmpaudit.reporting.prometheus import render_prometheus
from ecmpaudit.reporting.terminal import shortened
from ecmpaudit.reporting.text import render_text
from tests.audit_builders import audit_of, audited, finding

if TYPE_CHECKING:
    from collections.abc import Callable

TIME = "2026-11-20T10:15:00Z"
RUN = Run(4, TIME, TIME, Asked("scan"), "0.1.0", is_complete=True, findings={}, prefixes=1, answers={})


def names(number: int) -> list[str]:
    """Return names of one length, so that none is a part of another."""
    return [f"thing{n:03}" for n in range(1, number + 1)]


def with_evidence(number: int) -> Audit:
    lines = tuple(Evidence("tor1.txt", n, name) for n, name in enumerate(names(number), start=1))
    return audit_of(replace(finding(Severity.ERROR), evidence=lines))


def with_findings(number: int) -> Audit:
    return audit_of(*(finding(Severity.ERROR, message=name) for name in names(number)))


def with_unparsed(number: int) -> Audit:
    lines = tuple(UnparsedLine("tor1", "tor1.txt", 1, name, "unknown") for name in names(number))
    return Audit(Network((RouterState("tor1", unparsed=lines),)))


def with_prefixes(number: int, expected: int | None) -> Audit:
    return audit_of(prefixes=tuple(audited(name, "192.0.2.1", expected=expected) for name in names(number)))


def fault(router: str = "", prefix: str = "", about: str = "", *, resolved: str | None = None) -> KnownFault:
    known = Fault("ECMP101", router, "default", prefix, about)
    return KnownFault(known, "error", f"{router}{prefix}{about}", TIME, TIME, 1, resolved)


def incident(title: str, *, resolved: str | None = None) -> KnownIncident:
    cause = IncidentCause(None, Confidence.UNKNOWN, "")
    return KnownIncident(
        1, title, title, "missing", "error", title, (), (), (), cause, Effect(), "", TIME, TIME, 1, resolved
    )


def changes_of(titles: list[str]) -> str:
    return changes(News(tuple(map(incident, titles))), RUN, open_incidents=len(titles))


def period_of(**facts: object) -> Period:
    return Period(TIME, "2026-11-21T10:15:00Z", **facts)  # type: ignore[arg-type]  # the fields are mixed


def prefixes_of_a_period(number: int) -> tuple[PrefixPeriod, ...]:
    return tuple(PrefixPeriod(("", "default", name), Availability(0, 1), 0) for name in names(number))


def page_text(audit: Audit) -> str:
    return " ".join(re.sub("<[^>]+>", " ", render_html(audit)).split())


def text(audit: Audit) -> str:
    return render_text(audit, width=0, color=False)


def nagios(audit: Audit) -> str:
    return render_nagios(audit, fail_on=Severity.ERROR)


CUT = [
    pytest.param(lambda n: text(with_evidence(n)), 20, "    and 1 more line (-v shows all)\n", id="text_evidence"),
    pytest.param(lambda n: text(with_prefixes(n, 1)), 5, "fine: and 1 more (-v shows all)\n", id="text_fine"),
    pytest.param(
        lambda n: text(with_prefixes(n, None)), 5, "not judged: and 1 more (-v shows all)\n", id="text_not_judged"
    ),
    pytest.param(lambda n: nagios(with_findings(n)), 20, "and 1 more finding (-v shows all)\n", id="nagios"),
    pytest.param(lambda n: render_markdown(with_evidence(n)), 20, "\nand 1 more line\n```", id="markdown_evidence"),
    pytest.param(lambda n: page_text(with_evidence(n)), 200, "and 1 more line ", id="html_evidence"),
    pytest.param(lambda n: page_text(with_unparsed(n)), 200, "and 1 more line ", id="html_unparsed"),
    pytest.param(lambda n: changes_of(names(n)), 20, "- and 1 more\n", id="alert_lines"),
]
"""How the text of so many things is made, the most that it shows, and what it says of one beyond."""


@pytest.mark.parametrize("render, most, beyond", CUT)
def test_a_list_is_whole_up_to_its_limit_and_one_beyond_it_is_counted(
    render: Callable[[int], str], most: int, beyond: str
) -> None:
    *_, last, one_more = names(most + 1)
    assert last in render(most)
    assert "more" not in render(most)
    cut = render(most + 1)
    assert (last in cut, one_more in cut, beyond in cut) == (True, False, True)
    assert "and 2 more" in render(most + 2)


@pytest.mark.parametrize("number, in_full, rest", [(50, 50, ""), (51, 50, "\nand 1 more finding in the table above\n")])
def test_markdown_has_fifty_findings_in_full(number: int, in_full: int, rest: str) -> None:
    markdown = render_markdown(with_findings(number))
    assert (markdown.count("\n### "), markdown.count("\n| error")) == (in_full, number)
    assert rest in markdown
    assert ("more" in markdown) is bool(rest)


@pytest.mark.parametrize(
    "number, earlier",
    [(20, ""), (21, "1 earlier run (--format json has all)\n"), (22, "2 earlier runs (")],
)
def test_the_history_lists_the_last_twenty_runs(number: int, earlier: str) -> None:
    shown = render_history([replace(RUN, number=n) for n in range(1, number + 1)], [])
    assert shown.startswith(earlier or "     1  ")
    assert shown.count("  scan  ") == 20


@pytest.mark.parametrize("resolved, word", [(None, "open"), (TIME, "resolved")])
def test_the_history_lists_the_last_fifty_faults(resolved: str | None, word: str) -> None:
    faults = [fault(about=name, resolved=resolved) for name in names(51)]
    whole, cut = render_history([], [], faults[:50]), render_history([], [], faults)
    assert (whole.count("thing"), "earlier" in whole) == (50, False)
    assert f"{word}: 1 earlier finding (--format json has all)\n{word}: error ECMP101  thing002 " in cut
    assert "thing001" not in cut


@pytest.mark.parametrize("resolved, word, line", [(None, "open", "open"), (TIME, "ended", "resolved")])
def test_the_history_lists_the_last_fifty_incidents(resolved: str | None, word: str, line: str) -> None:
    incidents = [incident(name, resolved=resolved) for name in names(51)]
    whole, cut = render_history([], incidents[:50]), render_history([], incidents)
    assert (whole.count("thing"), "earlier" in whole) == (50, False)
    assert f"{word}: 1 earlier incident (--format json has all)\n{line}: error  thing002 (since " in cut
    assert "thing001" not in cut


@pytest.mark.parametrize("number, suffix", [(20, ""), (21, " (20 of 21)")])
def test_the_tables_of_a_period_have_twenty_rows(number: int, suffix: str) -> None:
    period = period_of(
        prefixes=prefixes_of_a_period(number),
        nodes={f"node {name}": Availability(0, 1) for name in names(number)},
        incidents=tuple(incident(f"fault {name}") for name in names(number)),
    )
    shown = render_period(period, "text")
    titles = [f"\n{title}{suffix}\n" for title in ("Worst prefixes", "Worst nodes", "Incidents")]
    assert [title in shown for title in titles] == [True, True, True]
    rows = [line.split("  ") for line in shown.splitlines() if line.startswith("  ")]
    assert len(rows) == 3 * (20 + 1)  # with the headings
    assert ("thing001  " in shown, "node thing001" in shown, "fault thing001" in shown) == (True, True, number == 20)
    assert "thing020  " in shown


@pytest.mark.parametrize("number, spokes, last", [(16, 16, "192.0.2.16"), (17, 1, "17 next hops, each")])
def test_a_fan_out_draws_each_of_sixteen_next_hops(number: int, spokes: int, last: str) -> None:
    hops = [f"192.0.2.{n}" for n in range(1, number + 1)]
    fan = fan_out([audited("198.51.100.7/32", *hops, expected=None)])
    assert fan is not None
    assert (len(fan.spokes), fan.spokes[-1].name) == (spokes, last)


@pytest.mark.parametrize("length, width", [(19, None), (20, 140)])
def test_a_label_of_a_fan_out_that_is_too_long_is_squeezed_and_not_cut(length: int, width: int | None) -> None:
    expectation = Expectation("pool", 1, (Node("n" * length, frozenset({"192.0.2.1"})),))
    fan = fan_out([replace(audited("198.51.100.7/32", "192.0.2.1", expected=1), expectation=expectation)])
    assert fan is not None
    assert (fan.spokes[0].label, fan.spokes[0].squeezed_to) == ("n" * length, width)


@pytest.mark.parametrize("limit, without", [(3, "0.0"), (2, "1.0")])
def test_prefixes_beyond_the_limit_of_metrics_are_counted(limit: int, without: str) -> None:
    metrics = render_prometheus(with_prefixes(3, 1), metrics_limit=limit).decode()
    assert f"\necmpaudit_prefixes_without_metrics {without}\n" in metrics
    assert metrics.count("ecmpaudit_prefix_installed_next_hops{") == limit


def test_a_line_of_a_device_is_cut_after_200_000_characters() -> None:
    assert shortened("x" * 200_000) == "x" * 200_000
    assert shortened("x" * 200_001) == "x" * 200_000 + "… (200,001 characters)"
