"""`ecmpaudit platforms check`: read the samples of one's own platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli.options import FILE

if TYPE_CHECKING:
    from pathlib import Path


@click.command
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
