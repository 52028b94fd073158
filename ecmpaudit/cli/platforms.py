"""`ecmpaudit platforms`: which platforms can be parsed, and with which templates."""

from __future__ import annotations

import rich_click as click

from ecmpaudit.cli.parsers import parsers


@click.command
@click.option("--verbose", "-v", is_flag=True, help="Show which engine runs each template, and why.")
@parsers
def platforms(verbose: bool) -> None:
    """List the platforms, and the templates that parse their tables.

    A template of the one-row-per-line subset runs in columns, on all lines at once; any other runs on the textfsm
    library, with the same rows and more slowly.

    Example: ecmpaudit platforms -v
    """
    from ecmpaudit.commands.platforms import platform_list

    click.echo(platform_list(with_engines=verbose))
