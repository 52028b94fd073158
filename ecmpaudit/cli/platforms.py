"""`ecmpaudit platforms`: the platforms and their templates; `check` reads the samples of one's own."""

from __future__ import annotations

import rich_click as click

from ecmpaudit.cli.groups import Group
from ecmpaudit.cli.parsers import parsers
from ecmpaudit.cli.platforms_check import check


@click.group(cls=Group, invoke_without_command=True)
@click.option("--verbose", "-v", is_flag=True, help="Show which engine runs each template, and why.")
@parsers
@click.pass_context
def platforms(context: click.Context, verbose: bool) -> None:
    """List the platforms, and the templates that parse their tables.

    A template of the one-row-per-line subset runs in columns, on all lines at once; any other runs on the textfsm
    library, with the same rows and more slowly.

    Example: ecmpaudit platforms -v
    """
    if context.invoked_subcommand is None:
        from ecmpaudit.commands.platforms import platform_list

        click.echo(platform_list(with_engines=verbose))


platforms.add_command(check)
