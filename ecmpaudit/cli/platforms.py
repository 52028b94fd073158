"""`ecmpaudit platforms`: what can be read, and with which templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pathlib import Path


def platforms(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also which engine runs each template, and why.")
    ] = False,
) -> None:
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
        typer.echo(f"{platform.name:{margin}}{platform.title}")
        for template in platform.templates:
            line = f"{'':{margin}}{template.name:{width}}{_engine(template) if verbose else ''}"
            typer.echo(line.rstrip())


def _engine(template: Path) -> str:
    from ecmpaudit.parsing.template import engine_of  # noqa: PLC0415 - loads polars

    reason = engine_of(template).reason
    return f"textfsm library: {reason}" if reason else "in columns"
