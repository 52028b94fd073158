"""Which node gets a flow, as text and as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecmpaudit.reporting.terminal import safe, safe_json
from ecmpaudit.reporting.verdict import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.changes.flows import Flow, Way


@dataclass(frozen=True, slots=True)
class FlowAnswer:
    """What is known of a flow."""

    flow: Flow
    ways: tuple[tuple[str, tuple[Way, ...]], ...]
    """By the router where it comes in: one way for each source port that was asked about."""
    not_asked: tuple[tuple[str, str], ...] = ()
    """Routers that could not be asked, each with the reason."""
    not_computable: tuple[tuple[str, str], ...] = ()
    """Routers with an ASIC, each with what to ask it."""

    @property
    def code(self) -> int:
        """3 where a way is not known to its end, 1 where the flow goes nowhere, 0 where its node is known."""
        ways = [way for _, of_router in self.ways for way in of_router]
        if any(step.taken.problem for way in ways for step in way.steps):
            return EXIT_FINDINGS
        is_known = ways and all(way.node for way in ways) and not (self.not_asked or self.not_computable)
        return EXIT_CLEAN if is_known else EXIT_INCOMPLETE


def render_flow(answer: FlowAnswer) -> str:
    """Return the text, ending in a newline."""
    return "".join(f"{safe(line)}\n" for line in _lines(answer))


def _lines(answer: FlowAnswer) -> Iterator[str]:
    yield str(answer.flow)
    for router, ways in answer.ways:
        nodes = [way.node for way in ways]
        if len(set(nodes)) > 1:
            yield f"  from {router}: depends on the source port, by {len(ways)} ports:"
            for node in sorted(set(nodes), key=lambda node: (-nodes.count(node), node or "")):
                yield f"    {node or 'not known'}: {nodes.count(node)}"
            continue
        way = ways[0]
        yield f"  from {router}: {' > '.join(_steps(way))}"
        yield f"  node: {way.node}" if way.node else f"  node not known: {way.problem}"
    for router, command in answer.not_computable:
        yield f"  {router}: not computable: its ASIC forwards; {command}"
    for router, reason in answer.not_asked:
        yield f"  {router}: not asked: {reason}"


def _steps(way: Way) -> Iterator[str]:
    for step in way.steps:
        hop = step.taken.address or ("itself" if step.taken.is_local else "on the link")
        yield f"{step.router} ({hop}{f' dev {step.taken.interface}' if step.taken.interface else ''})"
    if way.node and way.steps[-1].router != way.node:
        yield way.node


def render_flow_json(answer: FlowAnswer) -> str:
    """Return one JSON object, ending in a newline."""
    flow = answer.flow
    document = {
        "flow": {
            "source": flow.source,
            "source_port": flow.source_port,
            "destination": flow.destination,
            "port": flow.port,
            "protocol": flow.protocol,
        },
        "ways": [_way(router, way) for router, ways in answer.ways for way in ways],
        "not_asked": dict(answer.not_asked),
        "not_computable": dict(answer.not_computable),
    }
    return safe_json(f"{json.dumps(document, indent=2, ensure_ascii=False)}\n")


def _way(router: str, way: Way) -> dict[str, Any]:
    return {
        "from": router,
        "node": way.node,
        "problem": way.problem,
        "steps": [
            {
                "router": step.router,
                "next_hop": step.taken.address,
                "interface": step.taken.interface,
                "owner": step.owner,
            }
            for step in way.steps
        ],
    }
