"""Commands with commands of their own: of an unknown one, the error names the nearest."""

from __future__ import annotations

import rich_click as click

from ecmpaudit.wording import suggestion


class Group(click.RichGroup):
    """A group whose error for an unknown command has the nearest name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is named first."""
        known = self.list_commands(ctx)
        flags = [text for option in self.get_params(ctx) for text in option.opts if text.startswith("--")]
        if args[0] not in known and (near := suggestion(args[0], [*known, *flags])):
            ctx.fail(f'no such command "{args[0]}"{near}')
        return super().resolve_command(ctx, args)
