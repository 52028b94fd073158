"""The audit as JUnit XML for build servers: a suite per router, in it one test case per audited prefix.

A prefix with a finding fails, what could not be checked is an error, and a prefix is skipped without a known
expectation, or where a rule could not be judged: a build server shows none of these as passed. Jenkins' schema
has properties of suites only, so the incidents of a test case are a property of its suite.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ecmpaudit.model import Finding, RouterState, Severity
from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.model.questions import undetermined_by_host
from ecmpaudit.reporting.incident_facts import incident_of
from ecmpaudit.reporting.selection import not_run
from ecmpaudit.reporting.shown import NO_EXPECTATION, details, not_answered, not_audited, shown_findings
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.reporting.verdict import counts_as_failure
from ecmpaudit.rules.not_answered import shortened
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.model import Audit

_NO_XML = re.compile("[\ufffe\uffff]")
_RUN = "ecmpaudit"
"""The suite of what concerns no router."""


@dataclass(slots=True)
class _Case:
    """One test case while its outcome is gathered."""

    findings: list[Finding] = field(default_factory=list)
    error: str | None = None
    skipped: str | None = None
    remarks: list[str] = field(default_factory=list)
    """What is said beside the outcome."""


_Key = tuple[str, str, str]
"""Suite, class name and name of a test case."""


def render_junit(audit: Audit, *, fail_on: Severity) -> str:
    """Return the report; findings below `fail_on` are listed in a case that passes."""
    suites: dict[str, list[Element]] = {}
    properties: dict[str, list[Element]] = defaultdict(list)
    of_finding = incident_of(audit)
    for (suite, classname, name), case in _cases(audit).items():
        element = Element("testcase", name=_text(name), classname=_text(classname))
        _add_outcome(element, case, fail_on)
        suites.setdefault(suite, []).append(element)
        ids = dict.fromkeys(incident.id for incident in map(of_finding, case.findings) if incident)
        properties[suite] += [Element("property", name=f"incident of {_text(name)}", value=each) for each in ids]
    root = Element("testsuites", name=_RUN)
    for suite, elements in suites.items():
        counts = Counter(child.tag for element in elements for child in element)
        when = {"timestamp": _text(audit.started)} if audit.started else {}
        numbers = {"errors": counts["error"], "failures": counts["failure"], "skipped": counts["skipped"]}
        attributes = {"tests": str(len(elements)), **{k: str(v) for k, v in numbers.items()}, **when}
        element = SubElement(root, "testsuite", {"name": _text(suite), **attributes})
        if properties[suite]:
            SubElement(element, "properties").extend(properties[suite])
        element.extend(elements)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _cases(audit: Audit) -> dict[_Key, _Case]:
    cases: dict[_Key, _Case] = {}
    for state in audit.network.routers:
        cases[_of_router(state.name)] = _Case(error=_gap(state))
    routers = [state.name for state in audit.network.routers if not state.is_node]
    gaps = undetermined_by_host((each for each in audit.network.not_answered if each.is_gap), routers)
    for prefix in audit.network.prefixes:
        codes = sorted(code for code, family in gaps[prefix.router] if family == prefix.family)
        skipped = NO_EXPECTATION if prefix.expectation is None else _not_judged(codes)
        cases[_of_prefix(prefix.router, prefix.vrf, prefix.prefix)] = _Case(skipped=skipped)
    for finding in shown_findings(audit):
        cases.setdefault(_of_finding(finding), _Case()).findings.append(finding)
    for router, said in not_answered(audit):
        cases.setdefault(_of_router(router), _Case()).remarks.append(said)
    for asked in not_audited(audit):
        cases[_RUN, _RUN, asked] = _Case(error="not audited")
    if rules := not_run(audit):
        cases[_RUN, _RUN, "every rule is run"] = _Case(skipped=rules)
    return cases


def _not_judged(codes: Sequence[str]) -> str | None:
    return f"{shortened(codes)} could not be judged" if codes else None


def _of_router(name: str) -> _Key:
    return name or _RUN, name or _RUN, "the router is checked"


def _of_prefix(router: str | None, vrf: str | None, prefix: str) -> _Key:
    of_vrf = f" vrf {vrf}" if vrf and vrf != DEFAULT_VRF else ""
    return router or _RUN, f"{router or _RUN}{of_vrf}", prefix


def _of_finding(finding: Finding) -> _Key:
    if finding.prefix is not None:
        return _of_prefix(finding.router, finding.vrf, finding.prefix)
    if finding.router is not None and finding.severity is Severity.INCOMPLETE:
        return _of_router(finding.router)
    return finding.router or _RUN, finding.router or _RUN, finding.code


def _gap(state: RouterState) -> str | None:
    if state.failure or not state.has_data:
        return state.failure or "no answer"
    return f"{counted(len(state.unparsed), 'line')} not understood" if state.unparsed else None


def _add_outcome(element: Element, case: _Case, fail_on: Severity) -> None:
    """Add the outcome of a test case, the worst one: programs read only the first."""
    incomplete = [finding for finding in case.findings if finding.severity is Severity.INCOMPLETE]
    failures = [finding for finding in case.findings if counts_as_failure(finding.severity, fail_on)]
    others = [finding for finding in case.findings if finding not in failures and finding not in incomplete]
    if failures:
        _outcome(element, "failure", failures + incomplete)
    elif incomplete:
        _outcome(element, "error", incomplete)
    elif case.error:
        SubElement(element, "error", type="incomplete", message=_text(case.error))
    elif case.skipped:
        SubElement(element, "skipped", message=_text(case.skipped))
    if others or case.remarks:
        SubElement(element, "system-out").text = "\n".join([*map(_story, others), *map(_text, case.remarks)])


def _outcome(element: Element, tag: str, findings: list[Finding]) -> None:
    first = findings[0]
    outcome = SubElement(element, tag, type=_text(first.code), message=_text(first.message))
    outcome.text = "\n".join(map(_story, findings))


def _story(finding: Finding) -> str:
    head = f"{finding.severity.value} {finding.code}{' (inferred)' if finding.is_inferred else ''}: {finding.message}"
    evidence = (f"    {line.source}:{line.line}  {line.text}" for line in finding.evidence)
    return "\n".join(map(_text, [head, *(f"    {label}: {text}" for label, text in details(finding)), *evidence]))


def _text(text: str) -> str:
    """Return the text without what XML 1.0 cannot hold at all, not even escaped."""
    return _NO_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", safe(text))
