"""Show what the objects of a Kubernetes cluster let expect of the routers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.request import Request
from ecmpaudit.commands.options import ExpectFormat
from ecmpaudit.commands.output import configure_logging, terminal_of, write_outputs
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.reporting.expectations import expectations_json, expectations_text, expectations_yaml
from ecmpaudit.reporting.verdict import EXIT_CLEAN, EXIT_INCOMPLETE

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.auditing.scope import ScopeOptions
    from ecmpaudit.commands.options import OutputOptions
    from ecmpaudit.expectations.from_kubernetes import ClusterKnowledge


def expect(scope: ScopeOptions, outputs: OutputOptions, *, verbose: bool) -> int:
    """Write the expectations, and return the exit code.

    Raises:
        ConfigurationError: neither the flags nor the configuration name objects of a cluster.
    """
    configure_logging(verbose=verbose)
    expectations = Request.of(scope).expectations
    cluster = expectations.cluster
    if cluster is None:
        raise ConfigurationError("no Kubernetes objects: give --kube-dump FILE, or kubernetes in ecmpaudit.yaml")
    is_given = scope.nodes or scope.expect is not None
    cluster = replace(
        cluster,
        expected={
            prefix: (expectations.for_prefix(None, prefix) if is_given else None) or own
            for prefix, own in cluster.expected.items()
            if not scope.pools or expectations.audits(None, prefix)
        },
    )
    write_outputs(outputs, lambda form, path: _rendered(cluster, form, path))
    return EXIT_INCOMPLETE if cluster.undetermined else EXIT_CLEAN


def _rendered(cluster: ClusterKnowledge, form: ExpectFormat, path: Path | None) -> str:
    if form is ExpectFormat.YAML:
        return expectations_yaml(cluster)
    if form is ExpectFormat.JSON:
        return expectations_json(cluster)
    color, width = terminal_of(path)
    return expectations_text(cluster, width=width, color=color)
