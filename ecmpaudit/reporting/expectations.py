"""What a cluster's objects let expect, for people and programs: the answer of `ecmpaudit expect`.

The YAML form is a fragment of ecmpaudit.yaml. It cannot say that no node should announce a prefix, so such a prefix is
ignored there, with the reason.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from ecmpaudit.model import address_key
from ecmpaudit.reporting.terminal import safe, safe_json
from ecmpaudit.wording import and_more, counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.expectations.from_kubernetes import ClusterKnowledge
    from ecmpaudit.model import Expectation, Node

_HEADINGS = ("prefix", "expected", "nodes", "because")


def expectations_text(cluster: ClusterKnowledge, *, width: int, color: bool) -> str:
    """Return a table with one line for each prefix, then what could not be determined, and notes."""
    from ecmpaudit.reporting.text_table import text_table  # noqa: PLC0415 - rich costs 13 ms, and other forms need none

    rest = [f"undetermined: {safe(line)}" for line in cluster.undetermined]
    rest += [f"note: {safe(line)}" for line in cluster.notes]
    prefixes, nodes = counted(len(cluster.expected), "prefix"), counted(len(cluster.nodes), "node")
    if rest:
        rest.append("")
    lines = [_cells(prefix, expectation) for prefix, expectation in cluster.expected.items()]
    summary = f"{prefixes} expected from {nodes}, {len(cluster.undetermined):,} undetermined"
    return "\n".join([text_table(_HEADINGS, lines, width=width, color=color), *rest, summary])


def _cells(prefix: str, expectation: Expectation) -> tuple[str, str, str, str]:
    names = [node.name for node in expectation.nodes]
    further = and_more(expectation.count - len(names)) if names else ""
    nodes = f"{listed(names)}{further}" or ("" if expectation.count else "none")
    return safe(prefix), str(expectation.count), safe(nodes), safe(expectation.source)


def expectations_json(cluster: ClusterKnowledge) -> str:
    """Return one object: the expectations by prefix, the nodes, and what could not be determined."""
    report = {
        "expectations": [_expectation(prefix, found) for prefix, found in cluster.expected.items()],
        "nodes": [{"name": node.name, "addresses": _addresses(node)} for node in cluster.nodes],
        "pools": list(cluster.ranges),
        "complete": cluster.is_complete,
        "not_told": list(cluster.undetermined),
        "notes": list(cluster.notes),
    }
    return safe_json(json.dumps(report, indent=2, ensure_ascii=False))


def _expectation(prefix: str, expectation: Expectation) -> dict[str, Any]:
    return {
        "prefix": prefix,
        "expected": expectation.count,
        "nodes": [node.name for node in expectation.nodes],
        "services": list(expectation.services),
        "excluded": [{"node": node.name, "reason": why} for node, why in expectation.excluded],
        "possible": [node.name for node in expectation.possible],
        "source": expectation.source,
    }


def expectations_yaml(cluster: ClusterKnowledge) -> str:
    """Return a fragment of ecmpaudit.yaml that expects the same, with what could not be determined as comments."""
    comments = [f"# undetermined: {safe(line)}" for line in cluster.undetermined]
    nodes = {node.name: {"addresses": _addresses(node)} for node in cluster.nodes if node.addresses}
    content: dict[str, Any] = {"nodes": nodes} if nodes else {}
    if cluster.expected:
        content["clusters"] = {"kubernetes": {"exceptions": list(_exceptions(cluster))}}
    body = yaml.safe_dump(content, sort_keys=False, width=1_000_000) if content else ""
    return "\n".join([*comments, body])


def _exceptions(cluster: ClusterKnowledge) -> Iterator[dict[str, Any]]:
    for prefix, expectation in cluster.expected.items():
        names = [node.name for node in expectation.nodes]
        if not expectation.count:
            said: dict[str, Any] = {"ignore": True}
        elif names and all(node.addresses for node in expectation.nodes):
            said = {"nodes": names}
        else:
            said = {"expect": expectation.count}
        yield {"prefix": prefix, **said, "reason": safe(expectation.source)}


def _addresses(node: Node) -> list[str]:
    return sorted(node.addresses, key=lambda text: (address_key(text), text))
