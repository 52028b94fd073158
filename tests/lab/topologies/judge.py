"""What `scan` and `explain` say of a state, held against what they have to say."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.scanned import ScannedTopology
    from tests.lab.topologies.state import BrokenState, Expected
    from tests.program import Ended

UNKNOWN = "unknown"
"""The confidence of a cause where no link is known to be broken."""


def wrong_findings(state: BrokenState, done: Ended) -> list[str]:
    """Return what a scan says otherwise than it has to, one sentence each."""
    if not done.stdout.startswith("{"):
        return [f"exit code {done.returncode}, no report: {done.stdout}{done.stderr}"]
    return list(_wrong_findings(state, json.loads(done.stdout)["findings"], done.returncode))


def _wrong_findings(state: BrokenState, found: list[dict[str, Any]], code: int) -> Iterator[str]:
    if code != state.exit_code:
        yield f"scan: exit code {code}, expected {state.exit_code}"
    wanted = {place: expected for expected in state.findings for place in expected.places}
    places = [(finding["code"], finding["router"], finding["prefix"]) for finding in found]
    for place in wanted.keys() - set(places):
        yield f"scan: no finding {place}"
    for place, finding in zip(places, found, strict=True):
        if place not in wanted:
            yield f"scan: unexpected {finding['code']} {finding['message']}"
        else:
            yield from _wrong_words(wanted[place], finding)
        for name in state.innocent:
            if re.search(rf"\b{name}\b", finding["message"]):
                yield f"scan: {name} is named: {finding['message']}"


def _wrong_words(expected: Expected, finding: dict[str, Any]) -> Iterator[str]:
    said = f"{finding['code']} {finding['message']}"
    missing = sorted(node["name"] for node in finding["missing"])
    if missing != sorted(expected.missing):
        yield f"scan: missing {missing}, expected {sorted(expected.missing)}: {said}"
    wanted = {(node, expected.link, expected.confidence) for node in expected.missing if expected.link}
    causes = {(cause["node"], cause["link"], cause["confidence"]) for cause in finding["causes"]}
    if causes != wanted:
        yield f"scan: causes {sorted(causes)}, expected {sorted(wanted)}: {said}"
    for pattern in expected.words:
        if not re.search(pattern, finding["message"]):
            yield f"scan: no `{pattern}` in: {said}"
    for pattern in expected.unsaid:
        if re.search(pattern, finding["message"]):
            yield f"scan: `{pattern}` in: {said}"


def wrong_explanation(state: BrokenState, prefix: str, done: Ended) -> list[str]:
    """Return what `explain PREFIX` says otherwise than it has to, one sentence each."""
    if not done.stdout.startswith("{"):
        return [f"explain {prefix}: exit code {done.returncode}, no chains: {done.stdout}{done.stderr}"]
    wrong = [] if done.returncode == explain_code(state, prefix) else [f"exit code {done.returncode}"]
    chains = json.loads(done.stdout)["routers"]
    broken = {
        (router["router"], node["node"], node["broken"], node["confidence"])
        for router in chains
        for node in router["nodes"]
        if node["broken"]
    }
    missing = {
        (router["router"], node["node"])
        for router in chains
        for node in router["nodes"]
        if node["is_expected"] and not node["is_installed"]
    }
    wanted_broken, wanted_missing = _chains(state, prefix)
    wrong += [f"broken {item}, not expected" for item in sorted(broken - wanted_broken)]
    wrong += [f"not broken: {item}" for item in sorted(wanted_broken - broken)]
    wrong += [f"missing {item}, not expected" for item in sorted(missing - wanted_missing)]
    wrong += [f"not missing: {item}" for item in sorted(wanted_missing - missing)]
    return [f"explain {prefix}: {sentence}" for sentence in wrong]


def _chains(
    state: BrokenState, prefix: str
) -> tuple[set[tuple[str | None, str, str, str]], set[tuple[str | None, str]]]:
    """Return the broken links and the missing nodes of a prefix that follow from the findings of a state."""
    broken, missing = set(), set()
    for expected in state.findings:
        for router in expected.routers if prefix in expected.prefixes else ():
            for node in expected.missing:
                missing.add((router, node))
                if expected.link and expected.confidence != UNKNOWN:
                    broken.add((router, node, expected.link, expected.confidence))
    return broken, missing


def explain_code(state: BrokenState, prefix: str) -> int:
    """Return the exit code of `explain`: 1 where a node is missing, else 3 where the scan is incomplete, else 0."""
    if prefix in state.explain_codes:
        return state.explain_codes[prefix]
    if any(expected.missing for expected in state.findings if prefix in expected.prefixes):
        return 1
    return 3 if state.exit_code == 3 else 0


def wrongs(instance: ScannedTopology, state: BrokenState, prefixes: tuple[str, ...], folder: Path) -> list[str]:
    """Return what `scan`, and `explain` of each prefix, say otherwise than they have to while a state holds."""
    file = instance.configuration(**state.configuration)
    found = wrong_findings(state, instance.scan("--save", str(folder), configuration=file))
    for prefix in prefixes:
        done = instance.ecmpaudit("explain", prefix, str(folder), "--config", str(file), "--format", "json")
        found += wrong_explanation(state, prefix, done)
    return found
