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
    help="Code of a rule, such as ECMP101 or 101; without it, all rules are listed.",
)
def rule(code: str | None) -> None:
    """List the rules, or explain one: what it finds, why that matters, how to fix it.

    Example: ecmpaudit rule ECMP101
    """
    from ecmpaudit.commands.rule import rule_list, rule_page

    try:
        click.echo(rule_list() if code is None else rule_page(code))
    except ConfigurationError as error:
        raise click.BadParameter(str(error), param_hint="CODE") from error
