"""Show what the objects of a Kubernetes cluster let expect of the routers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.filters import Known, chosen_among
from ecmpaudit.auditing.request import Request
from ecmpaudit.commands.options import ExpectFormat
from ecmpaudit.commands.output import configure_logging, refuse_before_asking, terminal_of, write_outputs
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.reporting.expectations import expectations_json, expectations_text, expectations_yaml
from ecmpaudit.reporting.verdict import EXIT_CLEAN, EXIT_INCOMPLETE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from ecmpaudit.auditing.scope import FilterOptions, ScopeOptions
    from ecmpaudit.commands.options import OutputOptions
    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.expectations.from_kubernetes import ClusterKnowledge
    from ecmpaudit.model import Expectation, Node


def expect(scope: ScopeOptions, filters: FilterOptions, outputs: OutputOptions, *, verbose: bool) -> int:
    """Write the expectations, and return the exit code.

    Raises:
        ConfigurationError: neither the flags nor the configuration name objects of a cluster.
    """
    configure_logging(verbose=verbose)
    refuse_before_asking(outputs.outputs, scope)
    request = Request.of(scope)
    expectations = request.expectations
    cluster = expectations.cluster
    if cluster is None:
        raise ConfigurationError(
            "no Kubernetes objects: give --kube-dump FILE or --kubectl, or kubernetes in ecmpaudit.yaml"
        )
    is_given = scope.nodes or scope.expect is not None
    cluster = replace(
        cluster,
        expected={
            prefix: (expectations.for_prefix(None, prefix) if is_given else None) or own
            for prefix, own in cluster.expected.items()
            if not scope.pools or expectations.audits(None, prefix)
        },
    )
    shown = cluster
    if filters.given:
        cluster, shown = _narrowed(cluster, filters, request.configuration)
    write_outputs(outputs, lambda form, path: _rendered(cluster if form is ExpectFormat.YAML else shown, form, path))
    return EXIT_INCOMPLETE if cluster.undetermined else EXIT_CLEAN


def _narrowed(
    cluster: ClusterKnowledge, filters: FilterOptions, configuration: Configuration | None
) -> tuple[ClusterKnowledge, ClusterKnowledge]:
    """Return what is expected of the prefixes that the filters leave, and the same with the chosen nodes alone.

    The first is for a configuration: there, a part of the nodes would be all that are expected. What is unknown stays.
    """
    known = Known((), {node.name: node for node in cluster.nodes}, tuple(cluster.expected), ())
    chosen = chosen_among(known, filters, configuration)
    names = frozenset(known.nodes) if chosen.nodes is None else {node.name for node in chosen.nodes}
    expected = {
        prefix: expectation
        for prefix, expectation in cluster.expected.items()
        if (chosen.prefixes is None or prefix in chosen.prefixes)
        and (chosen.nodes is None or names & {node.name for node in expectation.nodes})
    }
    named = names.union(node.name for expectation in expected.values() for node in expectation.nodes)
    whole = replace(cluster, expected=expected, nodes=_of_names(cluster.nodes, named))
    of_nodes = {prefix: _of_nodes(expectation, names) for prefix, expectation in expected.items()}
    return whole, replace(whole, expected=of_nodes, nodes=_of_names(cluster.nodes, names))


def _of_nodes(expectation: Expectation, names: Collection[str]) -> Expectation:
    return replace(
        expectation,
        nodes=_of_names(expectation.nodes, names),
        excluded=tuple((node, why) for node, why in expectation.excluded if node.name in names),
        possible=_of_names(expectation.possible, names),
    )


def _of_names(nodes: Iterable[Node], names: Collection[str]) -> tuple[Node, ...]:
    return tuple(node for node in nodes if node.name in names)


def _rendered(cluster: ClusterKnowledge, form: ExpectFormat, path: Path | None) -> str:
    if form is ExpectFormat.YAML:
        return expectations_yaml(cluster)
    if form is ExpectFormat.JSON:
        return expectations_json(cluster)
    color, width = terminal_of(path)
    return expectations_text(cluster, width=width, color=color)
