"""`--parsers`: a folder of one's own platforms, before the command and after it."""

from __future__ import annotations

import os
from pathlib import Path

import rich_click as click


def _use(_context: click.Context, _option: click.Parameter, folder: Path | None) -> None:
    if folder:
        os.environ["ECMPAUDIT_PARSERS"] = str(folder)


parsers = click.option(
    "--parsers",
    type=click.Path(path_type=Path),
    metavar="DIR",
    expose_value=False,
    is_eager=True,  # a name that another option is checked by may be one of the folder's
    callback=_use,
    help="Folder of your own platforms and templates.",
)
