"""Show what the objects of a Kubernetes cluster let expect of the routers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.auditing.request import Request
from ecmpaudit.commands.options import ExpectFormat
from ecmpaudit.commands.output import terminal_of, write
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.reporting.expectations import expectations_json, expectations_text, expectations_yaml
from ecmpaudit.reporting.verdict import EXIT_CLEAN, EXIT_INCOMPLETE

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.auditing.scope import ScopeOptions


def expect(scope: ScopeOptions, form: ExpectFormat, output: Path | None) -> int:
    """Write the expectations, and return the exit code.

    Raises:
        ConfigurationError: neither the flags nor the configuration name objects of a cluster.
    """
    cluster = Request.of(scope).expectations.cluster
    if cluster is None:
        raise ConfigurationError("no Kubernetes objects: give --kube-dump FILE, or kubernetes in ecmpaudit.yaml")
    if form is ExpectFormat.YAML:
        write(expectations_yaml(cluster), output)
    elif form is ExpectFormat.JSON:
        write(expectations_json(cluster), output)
    else:
        color, width = terminal_of(output)
        write(expectations_text(cluster, width=width, color=color), output)
    return EXIT_INCOMPLETE if cluster.undetermined else EXIT_CLEAN
