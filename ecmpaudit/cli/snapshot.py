"""`ecmpaudit snapshot`: what is done with saved answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from ecmpaudit.cli.options import FILE, INPUT, memory
from ecmpaudit.cli.outputs import OUTPUT

if TYPE_CHECKING:
    from pathlib import Path


@click.group
def snapshot() -> None:
    """Work with saved answers (`scan --save`)."""


@snapshot.command
@click.argument("source", metavar="DIR", panel=INPUT)
@click.option("--output", "-o", required=True, type=FILE, metavar="DIR", help="New folder of the copy.", panel=OUTPUT)
@click.option(
    "--key",
    "key_file",
    type=FILE,
    metavar="FILE",
    help="Key: copies with one key agree. A new file gets a new one.",
    panel=INPUT,
)
@click.option(
    "--config", "-c", type=FILE, metavar="FILE", help="Configuration to copy to DIR.yaml, with its names.", panel=INPUT
)
@click.option("--overwrite", is_flag=True, help="Replace a copy that is there already.", panel=OUTPUT)
@memory(INPUT)
def anonymise(
    source: str, output: Path, key_file: Path | None, config: Path | None, overwrite: bool, memory: int | None
) -> None:
    """Write a copy for other people: without addresses, names, AS numbers and secrets.

    DIR is a saved scan, a folder, a bundle or a file. The copy is a saved scan, and gives the same findings.

    Example: ecmpaudit snapshot anonymise today -o for-support --key ~/.config/ecmpaudit.key
    """
    from ecmpaudit.commands.snapshot import CopyOptions
    from ecmpaudit.commands.snapshot import anonymise as run

    click.echo(run(source, output, CopyOptions(key_file, config, overwrite, memory)), nl=False)
