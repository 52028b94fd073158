"""What `scan` and `explain` say of a state, held against what they have to say."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Protocol

from ecmpaudit.model import Severity
from ecmpaudit.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.lab.scanned import ScannedTopology
    from tests.lab.topologies.state import Expected
    from tests.program import Ended

UNKNOWN = "unknown"
"""The confidence of a cause where no link is known to be broken."""

_COMPARED_WITH = re.compile(r"the best path \([^()]*\)")
"""Names the node whose path the router prefers, any of the innocent ones."""


class Outcome(Protocol):
    """What is to be said of a state, in whichever topology."""

    @property
    def findings(self) -> tuple[Expected, ...]:
        """All that a scan has to find; none where the state is healthy."""

    @property
    def also(self) -> frozenset[str]:
        """The codes of further rules that rightly find something."""

    @property
    def exit_code(self) -> int:
        """The exit code of `scan`."""

    @property
    def explain_codes(self) -> Mapping[str, int]:
        """The exit code of `explain` by prefix, where it does not follow from the findings (see judge.explain_code)."""

    @property
    def innocent(self) -> tuple[str, ...]:
        """Hosts that no message may name."""

    @property
    def configuration(self) -> Mapping[str, object]:
        """What an audit of the state has in `ecmpaudit.yaml`, in place of what it has at rest."""


def wrong_findings(state: Outcome, done: Ended) -> list[str]:
    """Return what a scan says otherwise than it has to, one sentence each."""
    if not done.stdout.startswith("{"):
        return [f"exit code {done.returncode}, no report: {done.stdout}{done.stderr}"]
    return list(_wrong_findings(state, json.loads(done.stdout)["findings"], done.returncode))


def _wrong_findings(state: Outcome, found: list[dict[str, Any]], exit_code: int) -> Iterator[str]:
    if exit_code != state.exit_code:
        yield f"scan: exit code {exit_code}, expected {state.exit_code}"
    wanted = {place: expected for expected in state.findings for place in expected.places}
    places = [(finding["code"], finding["router"], finding["prefix"]) for finding in found]
    for place in sorted(wanted.keys() - set(places), key=str):
        yield f"scan: no finding {place}"
    for code in sorted(state.also - {code for code, _, _ in places}):
        yield f"scan: no finding {code}"
    for place, finding in zip(places, found, strict=True):
        if place not in wanted and finding["code"] in state.also:
            continue
        if place not in wanted:
            yield f"scan: unexpected {finding['code']} {finding['message']}"
        else:
            yield from _wrong_words(wanted[place], finding)
        blamed = _COMPARED_WITH.sub("", finding["message"])
        for name in state.innocent:
            if re.search(rf"\b{name}\b", blamed):
                yield f"scan: {name} is named: {finding['message']}"


def _wrong_words(expected: Expected, finding: dict[str, Any]) -> Iterator[str]:
    said = f"{finding['code']} {finding['message']}"
    missing = {node["name"] for node in finding["missing"]}
    nodes = missing if expected.missing is None else set(expected.missing)
    if missing != nodes:
        yield f"scan: missing {sorted(missing)}, expected {sorted(nodes)}: {said}"
    wanted = {(node, expected.link, expected.confidence) for node in nodes if expected.link}
    causes = {(cause["node"], cause["link"], cause["confidence"]) for cause in finding["causes"]}
    if causes != wanted:
        yield f"scan: causes {sorted(causes)}, expected {sorted(wanted)}: {said}"
    for pattern in expected.words:
        if not re.search(pattern, finding["message"]):
            yield f"scan: no `{pattern}` in: {said}"
    for pattern in expected.unsaid:
        if re.search(pattern, finding["message"]):
            yield f"scan: `{pattern}` in: {said}"


def wrong_explanation(state: Outcome, prefix: str, done: Ended) -> list[str]:
    """Return what `explain PREFIX` says otherwise than it has to, one sentence each."""
    if not done.stdout.startswith("{"):
        return [f"explain {prefix}: exit code {done.returncode}, no chains: {done.stdout}{done.stderr}"]
    code = explain_code(state, prefix)
    wrong = [] if done.returncode == code else [f"exit code {done.returncode}, expected {code}"]
    for router in json.loads(done.stdout)["routers"]:
        wrong += _wrong_chains(_expected_of(state, router["router"], prefix), router)
    return [f"explain {prefix}: {sentence}" for sentence in wrong]


def _expected_of(state: Outcome, router: str, prefix: str) -> Expected | None:
    """Return the finding that says which nodes a router misses; None where none does."""
    here = (found for found in state.findings if router in found.routers and prefix in found.explained_prefixes)
    return next((found for found in here if found.missing != () or found.unforwarded), None)


def _wrong_chains(expected: Expected | None, router: dict[str, Any]) -> Iterator[str]:
    missing = {
        node["node"]
        for node in router["nodes"]
        if node["is_expected"] and not node["is_installed"] and not node["undetermined"]
    }
    nodes = set(expected.missing or ()) if expected else set()
    if expected is not None and expected.missing is None:
        nodes = missing
    if missing != nodes:
        yield f"{router['router']}: missing {sorted(missing)}, expected {sorted(nodes)}"
    judged = [node for node in router["nodes"] if node["is_expected"] or node["is_installed"]]  # not a longer path
    broken = {(node["node"], node["broken"], node["confidence"]) for node in judged if node["broken"]}
    is_known = expected is not None and expected.link is not None and expected.confidence != UNKNOWN
    behind = {*nodes, *expected.unforwarded} if expected else set()
    wanted = {(node, expected.link, expected.confidence) for node in behind} if expected and is_known else set()
    if broken != wanted:
        causes = [f"{node['node']}: {node['cause']}" for node in router["nodes"] if node["broken"]]
        yield f"{router['router']}: broken {sorted(broken)}, expected {sorted(wanted, key=str)}: {causes}"


def explain_code(state: Outcome, prefix: str) -> int:
    """Return the exit code of `explain`: that of the findings about the prefix, else 3 where a part is not judged."""
    if prefix in state.explain_codes:
        return state.explain_codes[prefix]
    about_it = [expected for expected in state.findings if prefix in expected.explained_prefixes]
    if any(expected.missing != () or expected.unforwarded or _fails(expected) for expected in about_it):
        return 1
    found = {*state.also, *(expected.code for expected in state.findings)}
    return 3 if any(rule(code).severity is Severity.INCOMPLETE for code in found) else 0


def _fails(expected: Expected) -> bool:
    return rule(expected.code).severity in (Severity.ERROR, Severity.WARNING)


def wrongs(lab: ScannedTopology, state: Outcome, prefixes: tuple[str, ...], folder: Path) -> list[str]:
    """Return what `scan`, and `explain` of each prefix, say otherwise than they have to while a state holds."""
    file = lab.configuration(**state.configuration)
    found = wrong_findings(state, lab.scan("--save", str(folder), configuration=file))
    for prefix in prefixes:
        done = lab.ecmpaudit("explain", prefix, str(folder), "--config", str(file), "--format", "json")
        found += wrong_explanation(state, prefix, done)
    return found
