"""Commands with commands of their own: of an unknown one, the error names the nearest."""

from __future__ import annotations

from difflib import get_close_matches

import rich_click as click


class Group(click.RichGroup):
    """A group whose error for an unknown command has the nearest name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is named first."""
        known = self.list_commands(ctx)
        nearest = get_close_matches(args[0], known, n=1)
        if nearest and args[0] not in known:
            ctx.fail(f'no such command "{args[0]}"; did you mean {nearest[0]}?')
        return super().resolve_command(ctx, args)
