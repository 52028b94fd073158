"""`ecmpaudit rule [CODE]`: list the rules, or explain one."""

from __future__ import annotations

import rich_click as click

from ecmpaudit import rules
from ecmpaudit.errors import ConfigurationError


@click.command
@click.argument(
    "code", required=False, help="Code of a rule, such as ECMP101 or 101; without it, all rules are listed."
)
def rule(code: str | None) -> None:
    """List the rules, or explain one: what it finds, why that matters, how to fix it.

    Example: ecmpaudit rule ECMP101
    """
    click.echo(_table() if code is None else _explanation(code))


def _table() -> str:
    known = rules.all_rules()
    width = max(len(each.severity) for each in known)
    return "\n".join(f"{each.code}  {each.severity:<{width}}  {each.summary}" for each in known)


def _explanation(code: str) -> str:
    try:
        wanted = rules.rule(code)
    except ConfigurationError as error:
        raise click.BadParameter(str(error), param_hint="CODE") from error
    return f"{wanted.code} {wanted.name} ({wanted.severity})\n\n{wanted.text}"
