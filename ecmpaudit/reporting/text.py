"""The audit as text for people: findings, notes, what is fine, numbers, and the verdict as the last line.

Every line passes through `terminal.safe` in one place, just before it is wrapped. Lines are broken at spaces
only, so an address is never cut in two; the terminal breaks a longer word itself.
"""

from __future__ import annotations

import io
import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.addressing import in_vrf
from ecmpaudit.reporting.selection import not_run
from ecmpaudit.reporting.shown import NO_EXPECTATION, not_answered, not_audited
from ecmpaudit.reporting.terminal import safe, shortened
from ecmpaudit.reporting.verdict import SEVERITY_ORDER, Summary, outcome, summarize, verdict
from ecmpaudit.rules.messages import own_next_hops
from ecmpaudit.rules.not_answered import shortened as shortened_codes
from ecmpaudit.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecmpaudit.model import Audit, AuditedPrefix, Evidence, Finding, UnparsedLine

_STEP = 4
_FINE_SHOWN = 5
_EVIDENCE_SHOWN = 20
_STYLES = {
    Severity.INCOMPLETE: "bold magenta",
    Severity.ERROR: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.INFO: "bold cyan",
}


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the report before it is wrapped."""

    text: str
    indent: int = 0
    """Columns; what is wrapped hangs one step further in."""
    style: str = ""
    styled: int = 0
    """How many leading characters of `text` have the style. They are our own words, never a device's."""


def render_text(audit: Audit, *, width: int, color: bool, verbose: bool = False) -> str:
    """Return the report, ending in a newline.

    `width` is in columns; 0 means that no line is wrapped. Without `color` there is nothing but text in it.
    """
    lines = [line for block in _blocks(audit, verbose=verbose) for line in (*block, _Line(""))]
    lines += [_sources(audit), *_rules_not_run(audit), *_summary(summarize(audit)), _verdict(audit)]
    wrapped = [(_wrap(line, width), line) for line in lines]
    return _coloured(wrapped) if color else "".join(f"{text}\n" for text, _ in wrapped)


def _blocks(audit: Audit, *, verbose: bool) -> Iterator[Sequence[_Line]]:
    """Yield the blocks that an empty line separates."""
    for severity in SEVERITY_ORDER:
        for finding in audit.findings:
            if finding.severity is severity:
                yield list(_finding(finding, verbose=verbose))
    rest = (
        [_Line(f"not audited: {asked}") for asked in not_audited(audit)],
        [_Line(f"{router}: {said}") for router, said in not_answered(audit)],
        [_Line(f"note: {note}") for note in audit.network.notes],
        list(_not_blamed(audit, verbose=verbose)),
        [_unparsed(line) for router in audit.network.routers for line in router.unparsed] if verbose else [],
    )
    yield from (block for block in rest if block)


def _finding(finding: Finding, *, verbose: bool) -> Iterator[_Line]:
    head = f"{finding.severity.value} {finding.code}{' (inferred)' if finding.is_inferred else ''}"
    yield _Line(f"{head}  {finding.message}", style=_STYLES[finding.severity], styled=len(head))
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


def _detail(label: str, values: Iterable[str]) -> Iterator[_Line]:
    if text := ", ".join(values):
        yield _Line(f"{label}: {text}", indent=_STEP, style="bold", styled=len(label))


def _evidence(evidence: Sequence[Evidence], *, verbose: bool) -> Iterator[_Line]:
    shown = evidence if verbose else evidence[:_EVIDENCE_SHOWN]
    for line in shown:
        yield _Line(f"{line.source}:{line.line}  {line.text}".rstrip(), indent=_STEP)
    if rest := len(evidence) - len(shown):
        yield _Line(f"and {counted(rest, 'more line')} (-v shows all)", indent=_STEP)


def _not_blamed(audit: Audit, *, verbose: bool) -> Iterator[_Line]:
    """Yield the prefixes without a finding: those that are fine, then those that could not be judged, or not by all."""
    fine = [(prefix, ()) for prefix in audit.clean_prefixes]
    for label, group in (("fine", fine), ("not judged", audit.prefixes_not_judged)):
        shown = group if verbose else group[:_FINE_SHOWN]
        style = "green" if label == "fine" else ""
        for prefix, codes in shown:
            why = f"; {shortened_codes(codes)} could not be judged" if codes else ""
            yield _Line(f"{label}: {_spread(prefix, verbose=verbose)}{why}", style=style, styled=len(label))
        if rest := len(group) - len(shown):
            yield _Line(f"{label}: and {rest:,} more (-v shows all)", style=style, styled=len(label))


def _spread(prefix: AuditedPrefix, *, verbose: bool) -> str:
    router = f" on {prefix.router}" if prefix.router else ""
    vrf = in_vrf(prefix.vrf)
    installed = own_next_hops(prefix) if prefix.installed else counted(0, "next hop")
    expected = NO_EXPECTATION
    if prefix.expectation:
        expected = f"expected {prefix.expectation.count}{' (inferred)' if prefix.expectation.is_inferred else ''}"
    text = f"{prefix.prefix}{router}{vrf}: {installed}, {expected}"
    return f"{text}: {', '.join(map(str, prefix.installed))}" if verbose and prefix.installed else text


def _unparsed(line: UnparsedLine) -> _Line:
    return _Line(f"not understood: {line.source}:{line.line}  {line.text} ({line.reason})")


def _sources(audit: Audit) -> _Line:
    return _Line(f"expectations: {listed(audit.expectation_sources) or 'none'}")


def _rules_not_run(audit: Audit) -> Iterator[_Line]:
    if said := not_run(audit):
        yield _Line(said)


def _summary(summary: Summary) -> Iterator[_Line]:
    partly = f", {summary.routers_partly_checked} only partly" if summary.routers_partly_checked else ""
    yield _Line(f"routers: {summary.routers_checked} checked{partly}, {summary.routers_not_checked} not checked")
    if summary.nodes_partly_checked or summary.nodes_not_checked:
        yield _Line(
            f"nodes: {summary.nodes_partly_checked} only partly checked, {summary.nodes_not_checked} not checked"
        )
    next_hops = counted(summary.next_hops_installed, "next hop")
    yield _Line(f"prefixes: {summary.prefixes_audited:,} audited, with {next_hops}")
    routes, next_hops = counted(summary.routes_read, "route"), counted(summary.next_hops_read, "next hop")
    yield _Line(f"read: {routes} with {next_hops}")
    yield _Line(f"lines: {summary.lines_understood:,} understood, {summary.lines_not_understood:,} not understood")
    names = {Severity.INCOMPLETE: ("incomplete", "incomplete")}
    numbers = [
        counted(number, *names.get(severity, (severity.value,))) for severity, number in summary.findings.items()
    ]
    yield _Line(f"findings: {', '.join(numbers)}")


def _verdict(audit: Audit) -> _Line:
    sentence, word = verdict(audit), outcome(audit)
    return _Line(sentence, style="bold green" if word == "clean" else _STYLES[Severity(word)], styled=len(sentence))


def _wrap(line: _Line, width: int) -> str:
    return textwrap.fill(
        safe(shortened(line.text)),
        width=width if width > 0 else sys.maxsize,
        initial_indent=" " * line.indent,
        subsequent_indent=" " * (line.indent + _STEP),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _coloured(wrapped: Iterable[tuple[str, _Line]]) -> str:
    """Return the lines with rich's colours; rich is loaded only for them, as it costs 13 ms."""
    from rich.console import Console  # noqa: PLC0415 - see above
    from rich.text import Text  # noqa: PLC0415 - see above

    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", no_color=False)
    with console.capture() as capture:
        for text, line in wrapped:
            coloured = Text(text)
            if line.style:
                coloured.stylize(line.style, line.indent, line.indent + line.styled)
            console.print(coloured, soft_wrap=True)
    return capture.get()
