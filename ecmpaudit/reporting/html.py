"""The audit as one HTML file that needs nothing else: no network, no server, no script to be read.

Every value passes `terminal.safe` and Jinja's escaping in one place, `_shown`; there is no value inside the script or
the styles. A content security policy allows just these two by their hashes, so a value that still got through
would neither run nor load anything.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ecmpaudit.reporting.fan_out import BAR_LENGTH, percent
from ecmpaudit.reporting.html_incidents import incident_of_finding, incident_views
from ecmpaudit.reporting.html_routers import named, routers_of
from ecmpaudit.reporting.matrix import SYMBOLS, CellState
from ecmpaudit.reporting.page import asset, policy
from ecmpaudit.reporting.selection import not_run
from ecmpaudit.reporting.shown import not_answered, not_audited, sources
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.reporting.verdict import SEVERITY_ORDER, outcome, summarize, verdict
from ecmpaudit.resources import reports_folder
from ecmpaudit.rules import all_rules
from ecmpaudit.version import __version__
from ecmpaudit.wording import counted, listed, word_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecmpaudit.model import Audit, Finding, UnparsedLine
    from ecmpaudit.reporting.folded import Folded
    from ecmpaudit.reporting.matrix import Cell

_MOST_LINES = 200
"""How many lines of evidence of one finding, and lines that were not understood, are shown."""
_MOST_FINDINGS = 2000
_MOST_SOURCES = 3
_WEIGHT_IN_LEGEND = "2"
_BAR_WIDTH, _THINNEST_PART = 1000, 4
_CLASSES = {
    CellState.PRESENT: "",
    CellState.MISSING: "m",
    CellState.UNEQUAL: "w",
    CellState.UNEXPECTED: "u",
    CellState.NOT_IN_FIB: "f",
    CellState.UNKNOWN: "q",
    CellState.NONE: "e",
}
"""The style of a cell; short, because there may be many."""


@dataclass(frozen=True, slots=True)
class _FindingView:
    number: int
    finding: Finding
    router: str
    cause: str | None
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    evidence: tuple[str, ...]
    more_evidence: int


@dataclass(frozen=True, slots=True)
class _LegendEntry:
    state: CellState
    css: str
    symbol: str
    count: int
    left: float
    width: float
    """Its part of the bar that shows all cells."""


def render_html(audit: Audit, *, changes: Sequence[str] | None = None, is_live: bool = False) -> str:
    """Return the report as an HTML document.

    `changes` says in sentences what changed since the audit before; None where there is none to compare with.
    `is_live` is as in `Settings`.
    """
    incident_of = incident_of_finding(audit)
    routers = routers_of(audit, incident_of)
    findings = _findings(audit)
    folded = [spread.folded for view in routers.views for spread in view.spreads]
    style, script = asset("report.css") + _sizes(folded), asset("report.js")
    if is_live:
        script += asset("live.js")
    return _environment().get_template("report.html.j2").render(
        audit=audit,
        verdict=verdict(audit),
        outcome=outcome(audit),
        summary=summarize(audit),
        changes=changes,
        sources=listed(sources(audit), _MOST_SOURCES),
        incidents=incident_views(audit, routers),
        incident_of=incident_of,
        routers=routers,
        legend=_legend(routers.cells),
        inferred=any(prefix.expectation and prefix.expectation.is_inferred for prefix in audit.network.prefixes),
        findings=findings[:_MOST_FINDINGS],
        more_findings=max(0, len(findings) - _MOST_FINDINGS),
        here=_fragments(findings[:_MOST_FINDINGS], incident_of),
        severities=[severity for severity in SEVERITY_ORDER if any(f.severity is severity for f in audit.findings)],
        unparsed=_unparsed(audit)[:_MOST_LINES],
        more_unparsed=max(0, len(_unparsed(audit)) - _MOST_LINES),
        not_audited=not_audited(audit),
        not_answered=not_answered(audit),
        not_run=not_run(audit),
        rules=[rule for rule in all_rules() if any(finding.code == rule.code for finding in audit.findings)],
        version=__version__,
        style=style,
        script=script,
        policy=policy(style, script, is_live=is_live),
        is_live=is_live,
    )  # fmt: skip


def render_explanation_page(prefix: str, chains: str, history: str) -> str:
    """Return the chains and the history of one prefix, two texts, as an HTML document."""
    style = asset("report.css")
    return _environment().get_template("explain.html.j2").render(
        prefix=prefix, chains=chains.splitlines(), history=history.splitlines(), style=style, policy=policy(style),
        version=__version__,
    )  # fmt: skip


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(reports_folder() / "html"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        counted=counted, sentence=_sentence, word_for=word_for, percent=percent, named=named, css=_CLASSES.__getitem__
    )
    environment.globals.update(bar_length=BAR_LENGTH)
    return environment


def _shown(value: Any) -> Any:
    """Return a value as it may be shown: control characters as escapes; Jinja escapes the rest for HTML."""
    return safe(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _fragments(shown: Iterable[_FindingView], incident_of: Mapping[int, int]) -> dict[int, str]:
    """Return the fragment of the page for each finding: its own, or its incident's where it is not shown."""
    incidents = {finding: f"incident-{number + 1}" for finding, number in incident_of.items()}
    return incidents | {view.number: f"finding-{view.number}" for view in shown}


def _sentence(text: str) -> str:
    """Return the text with a capital letter first."""
    return text[:1].upper() + text[1:]


def _sizes(shown: Iterable[Folded]) -> Markup:
    """Return the widths of the tables as styles; the content of rows that are not laid out sets none."""
    sizes = {f".{letter}{number}{{--{letter}:{number}}}" for folded in shown for letter, number in _size(folded)}
    return Markup("\n".join(sorted(sizes)))  # noqa: S704 - letters and numbers


def _size(folded: Folded) -> Iterator[tuple[str, int]]:
    yield from (("n", len(folded.columns)), ("p", folded.name_length), ("f", folded.most_codes))
    yield from {("s", length) for row in folded.faulty for _, _, length in row.runs}


def _legend(cells: Counter[Cell]) -> list[_LegendEntry]:
    """Return each state with its number of cells and its part of one bar; no part is too thin to be seen.

    Empty where there are no cells.
    """
    counts: Counter[CellState] = Counter()
    for cell, number in cells.items():
        counts[cell.state] += number
    states = [state for state in CellState if state is not CellState.NONE]
    total = sum(counts[state] for state in states)
    if not total:
        return []
    widths = {s: max(_THINNEST_PART, _BAR_WIDTH * counts[s] / total) if counts[s] else 0 for s in states}
    scale = _BAR_WIDTH / sum(widths.values())
    entries: list[_LegendEntry] = []
    left = 0.0
    for state in states:
        symbol = SYMBOLS.get(state, _WEIGHT_IN_LEGEND)
        width = widths[state] * scale
        entries.append(_LegendEntry(state, _CLASSES[state], symbol, counts[state], round(left, 1), round(width, 1)))
        left += width
    return entries


def _findings(audit: Audit) -> list[_FindingView]:
    """Return the findings as they are shown, the incomplete ones first, then the worst."""
    numbered = sorted(enumerate(audit.findings), key=lambda pair: SEVERITY_ORDER.index(pair[1].severity))
    return [_finding(number, finding) for number, finding in numbered]


def _finding(number: int, finding: Finding) -> _FindingView:
    nodes = [node.in_family_of(finding.prefix) if finding.prefix else node for node in finding.missing]
    return _FindingView(
        number=number,
        finding=finding,
        router="" if finding.router is None else named(finding.router),
        cause=finding.cause if finding.cause and finding.cause not in finding.message else None,
        missing=tuple(str(node) for node in nodes if str(node) not in finding.message),
        unexpected=tuple(str(hop) for hop in finding.unexpected if str(hop) not in finding.message),
        evidence=tuple(f"{e.source}:{e.line}  {e.text}".rstrip() for e in finding.evidence[:_MOST_LINES]),
        more_evidence=max(0, len(finding.evidence) - _MOST_LINES),
    )


def _unparsed(audit: Audit) -> list[UnparsedLine]:
    return [line for router in audit.network.routers for line in router.unparsed]
