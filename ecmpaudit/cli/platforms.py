"""`ecmpaudit platforms`: what can be read, and with which templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from pathlib import Path


@click.command
@click.option("--verbose", "-v", is_flag=True, help="Also which engine runs each template, and why.")
def platforms(verbose: bool) -> None:
    """List the platforms, and the templates that read their tables.

    A template of the one-row-per-line subset runs in columns, on all lines at once; any other runs on the textfsm
    library, to the same rows and slower.

    Example: ecmpaudit platforms -v
    """
    from ecmpaudit.platforms.registry import platforms as known_platforms  # noqa: PLC0415 - reads the registry's files

    known = known_platforms().values()
    margin = max(len(platform.name) for platform in known) + 2
    width = max(len(template.name) for platform in known for template in platform.templates) + 2
    for platform in known:
        click.echo(f"{platform.name:{margin}}{platform.title}")
        for template in platform.templates:
            line = f"{'':{margin}}{template.name:{width}}{_engine(template) if verbose else ''}"
            click.echo(line.rstrip())


def _engine(template: Path) -> str:
    from ecmpaudit.parsing.template import engine_of  # noqa: PLC0415 - loads polars

    reason = engine_of(template).reason
    return f"textfsm library: {reason}" if reason else "in columns"
