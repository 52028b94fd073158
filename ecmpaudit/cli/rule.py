"""`ecmpaudit rule [CODE]`: list the rules, or explain one."""

from __future__ import annotations

import rich_click as click

from ecmpaudit.cli import completion
from ecmpaudit.errors import ConfigurationError


@click.command
@click.argument(
    "code",
    required=False,
    shell_complete=completion.codes,
    help="Code of a rule, such as ECMP101 or 101; of a family such as 1xx, or without it, the rules are listed.",
)
def rule(code: str | None) -> None:
    """List the rules, or explain one: what it finds, why that matters, how to fix it.

    Example: ecmpaudit rule ECMP101
    """
    from ecmpaudit.commands.rule import rule_text

    try:
        click.echo(rule_text(code))
    except ConfigurationError as error:
        raise click.BadParameter(str(error), param_hint="CODE") from error
