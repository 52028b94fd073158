"""`ecmpaudit platforms`: what can be read, and with which templates."""

from __future__ import annotations

import typer


def platforms() -> None:
    """List the platforms, and the templates that read their route tables."""
    from ecmpaudit.platforms.registry import platforms as known_platforms  # noqa: PLC0415 - reads the registry's files

    for platform in known_platforms().values():
        typer.echo(f"{platform.name:6} {platform.title}")
        for table in platform.tables:
            typer.echo(f"       {table.template.name}")
