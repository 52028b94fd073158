"""Show what the objects of a Kubernetes cluster let expect of the routers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.filters import Known, chosen_among
from ecmpaudit.auditing.request import Request
from ecmpaudit.commands.options import ExpectFormat
from ecmpaudit.commands.output import configure_logging, terminal_of, write_outputs
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.reporting.expectations import expectations_json, expectations_text, expectations_yaml
from ecmpaudit.reporting.verdict import EXIT_CLEAN, EXIT_INCOMPLETE

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.auditing.scope import FilterOptions, ScopeOptions
    from ecmpaudit.commands.options import OutputOptions
    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.expectations.from_kubernetes import ClusterKnowledge


def expect(scope: ScopeOptions, filters: FilterOptions, outputs: OutputOptions, *, verbose: bool) -> int:
    """Write the expectations, and return the exit code.

    Raises:
        ConfigurationError: neither the flags nor the configuration name objects of a cluster.
    """
    configure_logging(verbose=verbose)
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
    if filters.given:
        cluster = _narrowed(cluster, filters, request.configuration)
    write_outputs(outputs, lambda form, path: _rendered(cluster, form, path))
    return EXIT_INCOMPLETE if cluster.undetermined else EXIT_CLEAN


def _narrowed(
    cluster: ClusterKnowledge, filters: FilterOptions, configuration: Configuration | None
) -> ClusterKnowledge:
    """Return what is expected of the prefixes, and from the nodes, that the filters leave; what is unknown stays."""
    known = Known((), {node.name: node for node in cluster.nodes}, tuple(cluster.expected), ())
    chosen = chosen_among(known, filters, configuration)
    names = None if chosen.nodes is None else {node.name for node in chosen.nodes}
    return replace(
        cluster,
        expected={
            prefix: expectation
            for prefix, expectation in cluster.expected.items()
            if (chosen.prefixes is None or prefix in chosen.prefixes)
            and (names is None or names & {node.name for node in expectation.nodes})
        },
        nodes=tuple(node for node in cluster.nodes if names is None or node.name in names),
    )


def _rendered(cluster: ClusterKnowledge, form: ExpectFormat, path: Path | None) -> str:
    if form is ExpectFormat.YAML:
        return expectations_yaml(cluster)
    if form is ExpectFormat.JSON:
        return expectations_json(cluster)
    color, width = terminal_of(path)
    return expectations_text(cluster, width=width, color=color)
