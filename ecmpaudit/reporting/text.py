"""The audit as text for people: findings, notes, what is fine, numbers, and the verdict as the last line.

A run with many findings shows its incidents instead, in at most 40 lines; with -v, the single findings follow them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.addressing import in_vrf
from ecmpaudit.reporting.counts import counts_table
from ecmpaudit.reporting.incident_text import all_incident_lines, incident_lines
from ecmpaudit.reporting.lines import STEP, STYLES, Line, height, labelled, printed
from ecmpaudit.reporting.selection import not_run
from ecmpaudit.reporting.shown import NO_EXPECTATION, not_answered, not_audited
from ecmpaudit.reporting.verdict import SEVERITY_ORDER, Summary, outcome, summarize, verdict
from ecmpaudit.rules.messages import own_next_hops
from ecmpaudit.rules.not_answered import shortened as shortened_codes
from ecmpaudit.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecmpaudit.model import Audit, AuditedPrefix, Evidence, Finding, UnparsedLine
    from ecmpaudit.reporting.counts import By

MOST_LINES = 40
"""Lines of a report without -v; a run with few findings may have more where lines are wrapped."""
_FEW_FINDINGS = 4
_FINE_SHOWN = 5
_EVIDENCE_SHOWN = 20
_NOTES_SHOWN = 3
"""Beside incidents."""
_LONGEST_NOTE = 200
"""Characters, beside incidents."""


def render_text(audit: Audit, *, width: int, color: bool, verbose: bool = False, by: By | None = None) -> str:
    """Return the report, ending in a newline: the incidents, unless the findings themselves take few lines.

    `width` is in columns; 0 means that no line is wrapped. Without `color` there is nothing but text in it. With `by`
    it is a table of counts.
    """
    end = [_sources(audit), *_rules_not_run(audit), *_summary(summarize(audit)), _verdict(audit)]
    if by is not None:
        return f"{counts_table(audit, by, width=width, color=color)}\n{printed(end, width, color=color)}"
    if not audit.incidents or _is_short(audit, end, width):
        return printed([*_single_findings(audit, verbose=verbose), *end], width, color=color)
    if verbose:
        single = _single_findings(audit, verbose=True, is_hint_repeated=False)
        return printed([*all_incident_lines(audit.incidents), *single, *end], width, color=color)
    end = [*_beside_incidents(audit), *end]
    incidents = incident_lines(audit.incidents, MOST_LINES - height(end, width), width)
    return printed([*incidents, *end], width, color=color)


def _is_short(audit: Audit, end: Sequence[Line], width: int) -> bool:
    """Return whether the findings themselves, each in full, are short enough for a report without -v."""
    if len(audit.findings) > MOST_LINES // 2:  # each takes a line and an empty one
        return False
    lines = [*_single_findings(audit, verbose=False), *end]
    if len(lines) > MOST_LINES:
        return False
    return len(audit.findings) <= _FEW_FINDINGS or height(lines, width) <= MOST_LINES


def _single_findings(audit: Audit, *, verbose: bool, is_hint_repeated: bool = True) -> list[Line]:
    """Return the findings, notes and what is fine, with an empty line below each block."""
    blocks = _blocks(audit, verbose=verbose)
    lines = [line for block in blocks for line in (*block, Line(""))]
    return lines if is_hint_repeated else list(_without_repeated_hints(lines))


def _without_repeated_hints(lines: Iterable[Line]) -> Iterator[Line]:
    seen = set()
    for line in lines:
        if not (line.text.startswith("hint: ") and line.text in seen):
            yield line
        if line.text.startswith("hint: "):
            seen.add(line.text)


def _beside_incidents(audit: Audit) -> Iterator[Line]:
    """Yield what was not audited or answered and the notes, shortened, and where the single findings are."""
    rest = [
        *(Line(f"not audited: {asked}") for asked in not_audited(audit)),
        *(Line(f"{router}: {said}") for router, said in not_answered(audit)),
        *(Line(f"note: {note}") for note in audit.network.notes),
    ]
    yield from (replace(line, text=_cut(line.text)) for line in rest[:_NOTES_SHOWN])
    if len(rest) > _NOTES_SHOWN:
        yield Line(f"and {counted(len(rest) - _NOTES_SHOWN, 'more note')} (-v shows all)")
    findings, incidents = counted(len(audit.findings), "finding"), counted(len(audit.incidents), "incident")
    yield Line(f"{findings} in {incidents}: -v lists each, and what is fine; --by router, node or prefix counts them")
    yield Line("")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_NOTE else f"{text[:_LONGEST_NOTE].rpartition(' ')[0]} …"


def _blocks(audit: Audit, *, verbose: bool) -> Iterator[Sequence[Line]]:
    """Yield the blocks that an empty line separates."""
    for severity in SEVERITY_ORDER:
        for finding in audit.findings:
            if finding.severity is severity:
                yield list(_finding(finding, verbose=verbose))
    rest = (
        [Line(f"not audited: {asked}") for asked in not_audited(audit)],
        [Line(f"{router}: {said}") for router, said in not_answered(audit)],
        [Line(f"note: {note}") for note in audit.network.notes],
        list(_not_blamed(audit, verbose=verbose)),
        [_unparsed(line) for router in audit.network.routers for line in router.unparsed] if verbose else [],
    )
    yield from (block for block in rest if block)


def _finding(finding: Finding, *, verbose: bool) -> Iterator[Line]:
    head = f"{finding.severity.value} {finding.code}{' (inferred)' if finding.is_inferred else ''}"
    yield Line(f"{head}  {finding.message}", style=STYLES[finding.severity], styled=len(head))
    nodes = (node.in_family_of(finding.prefix) if finding.prefix else node for node in finding.missing)
    yield from _detail("cause", _beyond_the_message(finding))
    yield from _detail("missing", [str(node) for node in nodes if str(node) not in finding.message])
    yield from _detail("unexpected", [str(hop) for hop in finding.unexpected if str(hop) not in finding.message])
    yield from _evidence(finding.evidence, verbose=verbose)
    yield from _detail("hint", [finding.hint] if finding.hint else [])


def _beyond_the_message(finding: Finding) -> list[str]:
    """Return the parts of the cause that are not in the message."""
    rest = [part for part in (finding.cause or "").split("; ") if part not in finding.message]
    return ["; ".join(rest)] if rest else []


def _detail(label: str, values: Iterable[str]) -> Iterator[Line]:
    if text := ", ".join(values):
        yield labelled(label, text)


def _evidence(evidence: Sequence[Evidence], *, verbose: bool) -> Iterator[Line]:
    shown = evidence if verbose else evidence[:_EVIDENCE_SHOWN]
    for line in shown:
        yield Line(f"{line.source}:{line.line}  {line.text}".rstrip(), indent=STEP)
    if rest := len(evidence) - len(shown):
        yield Line(f"and {counted(rest, 'more line')} (-v shows all)", indent=STEP)


def _not_blamed(audit: Audit, *, verbose: bool) -> Iterator[Line]:
    """Yield the prefixes without a finding: those that are fine, then those that could not be judged, or not by all."""
    fine = [(prefix, ()) for prefix in audit.clean_prefixes]
    for label, group in (("fine", fine), ("not judged", audit.prefixes_not_judged)):
        shown = group if verbose else group[:_FINE_SHOWN]
        style = "green" if label == "fine" else ""
        for prefix, codes in shown:
            why = f"; {shortened_codes(codes)} could not be judged" if codes else ""
            yield Line(f"{label}: {_spread(prefix, verbose=verbose)}{why}", style=style, styled=len(label))
        if rest := len(group) - len(shown):
            yield Line(f"{label}: and {rest:,} more (-v shows all)", style=style, styled=len(label))


def _spread(prefix: AuditedPrefix, *, verbose: bool) -> str:
    router = f" on {prefix.router}" if prefix.router else ""
    vrf = in_vrf(prefix.vrf)
    installed = own_next_hops(prefix) if prefix.installed else counted(0, "next hop")
    expected = NO_EXPECTATION
    if prefix.expectation:
        expected = f"expected {prefix.expectation.count}{' (inferred)' if prefix.expectation.is_inferred else ''}"
    text = f"{prefix.prefix}{router}{vrf}: {installed}, {expected}"
    return f"{text}: {', '.join(map(str, prefix.installed))}" if verbose and prefix.installed else text


def _unparsed(line: UnparsedLine) -> Line:
    return Line(f"not understood: {line.source}:{line.line}  {line.text} ({line.reason})")


def _sources(audit: Audit) -> Line:
    return Line(f"expectations: {listed(audit.expectation_sources) or 'none'}")


def _rules_not_run(audit: Audit) -> Iterator[Line]:
    if said := not_run(audit):
        yield Line(said)


def _summary(summary: Summary) -> Iterator[Line]:
    partly = f", {summary.routers_partly_checked} only partly" if summary.routers_partly_checked else ""
    yield Line(f"routers: {summary.routers_checked} checked{partly}, {summary.routers_not_checked} not checked")
    if summary.nodes_partly_checked or summary.nodes_not_checked:
        yield Line(
            f"nodes: {summary.nodes_partly_checked} only partly checked, {summary.nodes_not_checked} not checked"
        )
    next_hops = counted(summary.next_hops_installed, "next hop")
    yield Line(f"prefixes: {summary.prefixes_audited:,} audited, with {next_hops}")
    routes, next_hops = counted(summary.routes_read, "route"), counted(summary.next_hops_read, "next hop")
    yield Line(f"read: {routes} with {next_hops}")
    yield Line(f"lines: {summary.lines_understood:,} understood, {summary.lines_not_understood:,} not understood")
    names = {Severity.INCOMPLETE: ("incomplete", "incomplete")}
    numbers = [
        counted(number, *names.get(severity, (severity.value,))) for severity, number in summary.findings.items()
    ]
    yield Line(f"findings: {', '.join(numbers)}")


def _verdict(audit: Audit) -> Line:
    sentence, word = verdict(audit), outcome(audit)
    return Line(sentence, style="bold green" if word == "clean" else STYLES[Severity(word)], styled=len(sentence))
