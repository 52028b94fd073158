"""`ecmpaudit commands`: which commands a scan sends, for a review before it is let in."""

from __future__ import annotations

import rich_click as click

from ecmpaudit.cli import completion
from ecmpaudit.cli.outputs import form_of
from ecmpaudit.cli.parsers import parsers
from ecmpaudit.commands.options import CommandsFormat


@click.command
@click.option(
    "--platform",
    shell_complete=completion.platforms,
    help="Only the commands of this platform, a name as in `ecmpaudit platforms`.",
)
@form_of(CommandsFormat, "Text, or rules that allow nothing else: patterns for a forced command, or sudoers.")
@parsers
def commands(platform: str | None, form: CommandsFormat) -> None:
    """List every command that a scan may send to a router or node: fixed, and none that changes anything.

    Example: ecmpaudit commands --platform frr
    """
    from ecmpaudit.commands.commands import commands_asked

    click.echo(commands_asked(platform, form))
