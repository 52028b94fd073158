"""What a command about a change reads: texts, or where none are given, the routers themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.auditing.needed_commands import Needs
from ecmpaudit.changes.names import unknown_name
from ecmpaudit.changes.needs import NEEDS_OF_NODE, NEEDS_OF_ROUTER
from ecmpaudit.commands.reading import read_for
from ecmpaudit.configuration.patterns import is_pattern
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model.addressing import is_address
from ecmpaudit.platforms.registry import platforms
from ecmpaudit.wording import nearest

if TYPE_CHECKING:
    from ecmpaudit.auditing.request import Request
    from ecmpaudit.auditing.run import Material
    from ecmpaudit.changes.planned import Change
    from ecmpaudit.collectors.host_connection import KeptConnections
    from ecmpaudit.commands.options import CollectionOptions, InputOptions
    from ecmpaudit.commands.reading import Texts
    from ecmpaudit.model import Network
    from ecmpaudit.model.questions import OpenQuestion


def read_or_ask(
    request: Request,
    inputs: InputOptions,
    texts: Texts,
    collection: CollectionOptions,
    kept: KeptConnections | None = None,
) -> Material:
    """Return what the inputs say; without any, routers and nodes are asked what a change is worked out from.

    Connections to routers that are `kept` stay open.

    Raises:
        ConfigurationError: there are neither inputs nor routers.
        UnknownFormatError: no input can be read at all.
    """
    if inputs.files:
        return read_for(request, inputs, texts)
    from ecmpaudit.commands.scan import asked  # noqa: PLC0415 - paramiko, only where routers are asked

    return asked(collection, request, Needs(NEEDS_OF_ROUTER, NEEDS_OF_NODE), kept)[0]


def refuse_mistyped(change: Change, request: Request) -> None:
    """Refuse names that are nearly those of known nodes and routers before anybody is asked.

    Another unknown name may be that of a next hop, which the answers show.

    Raises:
        ConfigurationError: a node or a router has a name that is not known, and nearly one that is.
    """
    nodes = {*request.nodes, *(node.name for node in request.expectations.nodes), *request.routers}
    named = [(text, name) for text, name in change.named if not is_address(name) and not is_pattern(name)]
    given = [(text, name, "node or next hop", nodes) for text, name in named]
    given += [(f"--lose-router {name}", name, "router", {*request.routers}) for name in change.lose_routers]
    for text, name, kind, known in given:
        if name not in known and nearest(name, known):
            raise ConfigurationError(unknown_name(text, kind, name, known))


def left_open(network: Network, request: Request) -> tuple[OpenQuestion, ...]:
    """Return what hosts were asked and did not answer, without what the configuration says that they do not."""
    return tuple(each for each in network.facts.not_answered if not request.unavailable.covers(each))


def known_models(material: Material) -> dict[str, tuple[str, str | None]]:
    """Return by router the title of its platform, and how that spreads flows as far as a source says."""
    of_tables = [(table.router or "", platforms()[table.platform]) for table in material.tables]
    of_tables.sort(key=lambda pair: pair[1].spreading is not None)  # a kernel's table says more than a daemon's
    return {router: (platform.title, platform.spreading) for router, platform in of_tables}
