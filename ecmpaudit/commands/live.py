"""What a command about a change reads: texts, or where none are given, the routers themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.commands.reading import read_for
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from ecmpaudit.auditing.request import Request
    from ecmpaudit.auditing.run import Material
    from ecmpaudit.commands.options import CollectionOptions, InputOptions
    from ecmpaudit.commands.reading import Texts


def read_or_ask(request: Request, inputs: InputOptions, texts: Texts, collection: CollectionOptions) -> Material:
    """Return what the inputs say; without any, the routers and nodes of the configuration are asked.

    Raises:
        ConfigurationError: there are neither inputs nor routers.
        UnknownFormatError: no input can be read at all.
    """
    if inputs.files:
        return read_for(request, inputs, texts)
    from ecmpaudit.commands.scan import asked  # noqa: PLC0415 - paramiko, only where routers are asked

    return asked(collection, request)[0]


def known_models(material: Material) -> dict[str, tuple[str, str | None]]:
    """Return by router the title of its platform, and how that spreads flows as far as a source says."""
    of_tables = [(table.router or "", platforms()[table.platform]) for table in material.tables]
    of_tables.sort(key=lambda pair: pair[1].spreading is not None)  # a kernel's table says more than a daemon's
    return {router: (platform.title, platform.spreading) for router, platform in of_tables}
