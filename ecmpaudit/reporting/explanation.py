"""The chains of one prefix as a tree for people, and as JSON for programs.

Each link begins with a mark, so that the broken one can be found without colours. Links after the first broken one
that do not hold are marked `-`: most likely they follow from it.
"""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from ecmpaudit.model import Confidence, Severity, address_key
from ecmpaudit.model.addressing import in_vrf
from ecmpaudit.reporting.explanation_groups import groups_of_chains, groups_of_routers, is_large
from ecmpaudit.reporting.shown import NO_EXPECTATION
from ecmpaudit.reporting.terminal import safe, safe_json
from ecmpaudit.reporting.verdict import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, exit_code
from ecmpaudit.rules.causes import State
from ecmpaudit.rules.ceilings import shows_candidates
from ecmpaudit.rules.messages import own_next_hops
from ecmpaudit.version import __version__
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.auditing.explanation import Explanation, NodeChain, RouterChains
    from ecmpaudit.model import Audit, AuditedPrefix, Evidence, Finding, Node
    from ecmpaudit.rules.causes import Step

EXPLANATION_VERSION = 1

_MARK_WIDTH = 7
_MARKS = {State.OK: "ok", State.IMPLIED_OK: "ok", State.NOT_APPLICABLE: "n/a"}
_WORDS = {
    "asked": "asked",
    "address": "has the address",
    "node route": "in the node's RIB",
    "export": "exported",
    "session": "session",
    "accepted": "candidate",
    "equal": "best or multipath",
    "ceiling": "under the ceiling",
    "RIB": "in the RIB",
    "kernel": "in the kernel",
    "neighbour": "answers",
    "detection": "watched",
}
_BY_SSH = "ssh "
_OF_NOT_CHECKED = frozenset({"ECMP001", "ECMP002"})
"""The rules whose findings say which router was not checked, and why."""
_MOST_WAYS = 10
"""Nodes that are named with the way by which they were asked."""
_WORD_WIDTH = max(map(len, _WORDS.values())) + 2
_LEGEND = "ok: holds; BROKEN: the first link that does not; -: does not hold either; ?: not known; n/a: not needed"


def code_beside_audit(explanation: Explanation, whole: Audit, part: Audit, fail_on: Severity) -> int:
    """Return the exit code of an explanation: that of the part of the audit that is about its prefix.

    It is 1 as well where a chain is broken by what the whole audit finds elsewhere, as a link of the fabric, and 3 in
    place of 0 where no router has the prefix.
    """
    code = exit_code(part, fail_on)
    if code != EXIT_FINDINGS and exit_code(whole, fail_on) == EXIT_FINDINGS:
        code = EXIT_FINDINGS if explanation_code(explanation) == EXIT_FINDINGS else code
    return EXIT_INCOMPLETE if code == EXIT_CLEAN and not explanation.routers else code


def explanation_code(explanation: Explanation) -> int:
    """Return 1 if something is missing, else 3 if something could not be checked, else 0."""
    if any(not router.is_whole for router in explanation.routers):
        return EXIT_FINDINGS
    return EXIT_INCOMPLETE if explanation.is_incomplete else EXIT_CLEAN


def render_explanation(explanation: Explanation, *, width: int, verbose: bool = False) -> str:
    """Return the tree, ending in a newline; `width` is in columns, 0 means that no line is wrapped.

    In a large fabric, chains that are alike are shown once, unless it is `verbose`.
    """
    is_grouped = is_large(explanation) and not verbose
    lines = _grouped_lines(explanation) if is_grouped else _lines(explanation)
    return "".join(f"{_wrapped(depth, text, width)}\n" for depth, text in lines)


def _wrapped(indent: int, text: str, width: int) -> str:
    return textwrap.fill(
        safe(text),
        width=width if width > 0 else sys.maxsize,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 4),
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
        drop_whitespace=True,
    )


def _lines(explanation: Explanation) -> Iterator[tuple[int, str]]:
    yield 0, explanation.prefix
    for router in explanation.routers:
        yield 0, ""
        yield 0, _router_line(router)
        for chain in router.chains:
            yield from _node_lines(chain, router.prefix)
    if not explanation.routers:
        yield 0, explanation.absence or "no router that was read has this prefix"
    yield from _last_lines(explanation)


def _grouped_lines(explanation: Explanation) -> Iterator[tuple[int, str]]:
    """Yield what routers and nodes share once, then those whose chains differ from it."""
    yield 0, explanation.prefix
    yield 0, ""
    for names, router in groups_of_routers(explanation):
        yield 0, f"{names}: {_count_line(router)}"
    for names, chain, router in groups_of_chains(explanation):
        yield 0, ""
        yield from _node_lines(chain, router.prefix, names)
    yield 0, ""
    yield 0, "Chains that are alike are shown once; -v shows each."
    yield from _last_lines(explanation)


def _last_lines(explanation: Explanation) -> Iterator[tuple[int, str]]:
    """Yield what an audit finds on the prefix, what was not checked, and what the marks mean."""
    if explanation.findings:
        yield 0, ""
    for finding in explanation.findings:
        yield 0, f"{finding.severity.value} {finding.code}  {finding.message}"
        if finding.cause and finding.cause not in finding.message:
            yield 4, f"cause: {finding.cause}"
        if finding.hint:
            yield 4, f"hint: {finding.hint}"
    yield from ((0, line) for line in _ways(explanation))
    found = {finding.router for finding in explanation.findings if finding.code in _OF_NOT_CHECKED}
    yield from ((0, f"{state.why_not_checked}") for state in explanation.not_checked if state.name not in found)
    if explanation.routers:
        yield 0, ""
        yield 0, _LEGEND


def _ways(explanation: Explanation) -> Iterator[str]:
    """Yield how the nodes were asked, where that was not by SSH alone."""
    others = [(node, way) for node, way in explanation.asked_by if not way.startswith(_BY_SSH)]
    if not others:
        return
    yield f"asked otherwise than over SSH: {listed((f'{node} by {way}' for node, way in others), _MOST_WAYS)}"
    by_ssh = dict.fromkeys(node for node, way in explanation.asked_by if way.startswith(_BY_SSH))
    if by_ssh:
        yield f"asked over SSH: {listed(by_ssh, _MOST_WAYS)}"


def _router_line(router: RouterChains) -> str:
    prefix = router.prefix
    return f"{prefix.router or 'the router'}{in_vrf(prefix.vrf)}: {_count_line(router)}"


def _count_line(router: RouterChains) -> str:
    prefix = router.prefix
    installed = own_next_hops(prefix) if prefix.routes else "no route"
    expected = NO_EXPECTATION
    if prefix.expectation:
        expected = f"expected {prefix.expected} ({prefix.expectation.source})"
    return f"{installed}, {expected}"


def _node_lines(chain: NodeChain, prefix: AuditedPrefix, names: str | None = None) -> Iterator[tuple[int, str]]:
    """Yield the lines of one chain; `names` are all nodes and routers that share it."""
    word = "a candidate" if shows_candidates(prefix) else "installed"
    why = why_not_expected(chain.node, prefix)
    yield 2, f"{names or chain.node.in_family_of(prefix.prefix)}: {_verdict(chain, word)}{f': {why}' if why else ''}"
    for mark, step in _marked(chain):
        if step.state is State.IMPLIED_OK:
            continue
        yield from _implied_lines(chain, step)
        yield 4, f"{mark:{_MARK_WIDTH}}{_WORDS[step.link]:{_WORD_WIDTH}}{step.sentence}"
        for line in step.evidence if mark == "BROKEN" else ():
            yield 4 + _MARK_WIDTH + _WORD_WIDTH, f"{line.source}:{line.line}  {line.text}".rstrip()


def _implied_lines(chain: NodeChain, step: Step) -> Iterator[tuple[int, str]]:
    """Yield one line for all links directly before this one that a later link implies."""
    steps = chain.diagnosis.steps
    before = steps[: steps.index(step)]
    answered = [number for number, earlier in enumerate(before) if earlier.state is not State.IMPLIED_OK]
    implied = before[answered[-1] + 1 if answered else 0 :]
    if implied:
        words = ", ".join(_WORDS[earlier.link] for earlier in implied)
        yield 4, f"{'ok':{_MARK_WIDTH}}{words}: {implied[0].text}"


def why_not_expected(node: Node, prefix: AuditedPrefix) -> str:
    """Return which known node an unexpected next hop is and why it is not expected, `node3, no ready endpoint`."""
    excluded = prefix.expectation.excluded if prefix.expectation else ()
    return next((f"{known.name}, {why}" for known, why in excluded if known.addresses & node.addresses), "")


def _verdict(chain: NodeChain, installed: str) -> str:
    broken = chain.diagnosis.broken
    if chain.undetermined:
        return f"cannot determine whether it is a next hop: {chain.undetermined}"
    if chain.is_installed and broken is None:
        return installed if chain.is_expected else f"{installed}, and no expected node"
    if broken is None:
        return "missing, and no broken link is known" if chain.is_expected else "not installed"
    state = f"reported as {installed}" if chain.is_installed else "missing" if chain.is_expected else "not installed"
    glue = ", likely because " if chain.diagnosis.confidence is Confidence.LIKELY else ": "
    return f"{state}{glue}{broken.sentence}"


def _marked(chain: NodeChain) -> Iterator[tuple[str, Step]]:
    is_first = True
    for step in chain.diagnosis.steps:
        if step.state.is_broken:
            yield ("BROKEN" if is_first else "-"), step
            is_first = False
        else:
            yield _MARKS.get(step.state, "?"), step


def render_explanation_json(explanation: Explanation) -> str:
    """Return the chains as one JSON object, ending in a newline."""
    document = {
        "ecmpaudit_explanation": EXPLANATION_VERSION,
        "version": __version__,
        "prefix": explanation.prefix,
        "incomplete": explanation.is_incomplete,
        "findings": [_finding(finding) for finding in explanation.findings],
        "routers": [_router(router) for router in explanation.routers],
        "not_checked": [
            {"router": state.name, "failure": state.failure, "lines_not_understood": len(state.unparsed)}
            for state in explanation.not_checked
        ],
    }
    return safe_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "router": finding.router,
        "vrf": finding.vrf,
        "message": finding.message,
        "cause": finding.cause,
        "hint": finding.hint,
    }


def _router(router: RouterChains) -> dict[str, Any]:
    prefix = router.prefix
    return {
        "router": prefix.router,
        "vrf": prefix.vrf,
        "installed": [str(hop) for hop in prefix.installed],
        "expected": prefix.expected,
        "expectation_source": prefix.expectation.source if prefix.expectation else None,
        "nodes": [_node(chain) for chain in router.chains],
    }


def _node(chain: NodeChain) -> dict[str, Any]:
    broken = chain.diagnosis.broken
    return {
        "node": chain.node.name,
        "addresses": sorted(chain.node.addresses, key=lambda text: (address_key(text), text)),
        "is_expected": chain.is_expected,
        "is_installed": chain.is_installed,
        "broken": broken.link.value if broken else None,
        "confidence": chain.diagnosis.confidence.value if broken else None,
        "cause": broken.sentence if broken else None,
        "undetermined": chain.undetermined,
        "links": [_link(step) for step in chain.diagnosis.steps],
    }


def _link(step: Step) -> dict[str, Any]:
    return {
        "link": step.link.value,
        "state": step.state.word,
        "text": step.sentence,
        "evidence": [_evidence(line) for line in step.evidence],
    }


def _evidence(line: Evidence) -> dict[str, Any]:
    return {"source": line.source, "line": line.line, "text": line.text}
