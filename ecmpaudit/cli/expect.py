"""`ecmpaudit expect`: what a Kubernetes cluster's objects let expect of the routers."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import options
from ecmpaudit.cli.printing import terminal_of, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecmpaudit.configuration.announcers import AnnouncerName

EXIT_INCOMPLETE = 3


class ExpectFormat(enum.StrEnum):
    """The forms of expectations."""

    TEXT = "text"
    YAML = "yaml"
    JSON = "json"


@click.command
@options.config
@options.kube_dump
@options.announcer
@options.form_of(ExpectFormat, "yaml is a part of ecmpaudit.yaml.", ExpectFormat.TEXT)
@options.output_file
def expect(
    config: Path | None,
    kube_dump: Sequence[Path],
    announcer: AnnouncerName | None,
    form: ExpectFormat,
    output: Path | None,
) -> None:
    """Print which prefixes a cluster's Services let expect, from which nodes, and why.

    Exits with 0 when everything could be determined, else with 3.

    Example: ecmpaudit expect --kube-dump cluster.json
    """
    from ecmpaudit.auditing.request import Request  # noqa: PLC0415 - heavy imports are lazy
    from ecmpaudit.auditing.scope import ScopeOptions  # noqa: PLC0415 - heavy imports are lazy
    from ecmpaudit.errors import ConfigurationError  # noqa: PLC0415
    from ecmpaudit.reporting.expectations import (  # noqa: PLC0415
        expectations_json,
        expectations_text,
        expectations_yaml,
    )

    cluster = Request.of(ScopeOptions(config, kube_dumps=tuple(kube_dump), announcer=announcer)).expectations.cluster
    if cluster is None:
        raise ConfigurationError("no Kubernetes objects: give --kube-dump FILE, or kubernetes in ecmpaudit.yaml")
    if form is ExpectFormat.YAML:
        write(expectations_yaml(cluster), output)
    elif form is ExpectFormat.JSON:
        write(expectations_json(cluster), output)
    else:
        color, width = terminal_of(output)
        write(expectations_text(cluster, width=width, color=color), output)
    raise Exit(EXIT_INCOMPLETE if cluster.undetermined else 0)
