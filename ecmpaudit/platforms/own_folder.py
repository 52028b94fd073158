"""The folder of one's own platforms, checked: one in which no platform would be found is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.errors import TemplateError

if TYPE_CHECKING:
    from pathlib import Path

DESCRIPTION = "platform.toml"
OWN_PARSERS = "ECMPAUDIT_PARSERS"
"""Environment variable that names a folder of one's own platforms."""


def check_own_folder(folder: Path) -> None:
    """Check that each platform of a folder would be found.

    Raises:
        TemplateError: there is none, or one without a description; with the place and the remedy.
    """
    if not folder.is_dir():
        raise TemplateError(f"{folder}: expected a folder with one folder for each platform")
    if (folder / DESCRIPTION).is_file():
        above = folder.resolve().parent
        raise TemplateError(f"{folder}: this is the folder of one platform; give the folder above it, {above}")
    described = {file.parent for file in folder.glob(f"*/{DESCRIPTION}")}
    for template in sorted(folder.glob("*/*.textfsm")):
        if template.parent not in described:
            raise TemplateError(
                f"{template.parent}: has a template and no {DESCRIPTION}; write it, or move the folder away"
            )
    deeper = sorted(file.parent for file in folder.glob(f"*/*/{DESCRIPTION}"))
    if deeper:
        remedy = f"move it up into {folder}" if described else f"give {deeper[0].parent}, or move it up"
        raise TemplateError(f"{deeper[0]}: this platform is one level too deep; {remedy}")
    if not described:
        raise TemplateError(f"{folder}: has no platform; each is a folder of its own: {folder}/NAME/{DESCRIPTION}")
