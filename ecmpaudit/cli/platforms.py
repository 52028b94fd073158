"""`ecmpaudit platforms`: the platforms and their templates; `check` reads the samples of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli.groups import Group
from ecmpaudit.cli.options import FILE
from ecmpaudit.cli.parsers import parsers

if TYPE_CHECKING:
    from pathlib import Path


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


@platforms.command
@click.argument("folder", metavar="DIR", type=FILE, help="Folder of one platform, or of several.")
@click.argument(
    "files", metavar="[FILE]...", nargs=-1, type=FILE, help="Samples; without them, *.txt in DIR and in DIR/samples."
)
def check(folder: Path, files: tuple[Path, ...]) -> None:
    """Read the samples of your own platform, and show what each line became.

    Exit code 1 where a line is not understood, or the routes differ from the .json beside a sample; 2 where the
    platform.toml has faults; 3 without a sample.

    Example: ecmpaudit platforms check own
    """
    from ecmpaudit.commands.platforms_check import check as run

    text, code = run(folder, files)
    click.echo(text)
    raise Exit(code)
