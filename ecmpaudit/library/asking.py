"""The arguments of `scan` about how hosts are asked: the options of the command, as values of Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from ecmpaudit.commands.options import CollectionOptions
from ecmpaudit.configuration.transports import TransportName
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.library.values import FilePath, Words, flag, number, number_from, optional_path, word, words

if TYPE_CHECKING:
    from collections.abc import Mapping


class AskingArguments(TypedDict, total=False):
    """Who is asked, and how; each may be None, which is the same as leaving it out."""

    limit: Words | None
    """Routers and nodes: names, patterns, groups, labels, and `!tor3` for all but it."""
    transport: str | None
    full: bool | None
    """Whole tables are asked for."""
    jobs: int | None
    connect_rate: float | None
    """Connections begun in a second at most."""
    deadline: float | None
    """Seconds for asking and reading."""
    save: FilePath | None
    """The folder for the answers."""
    overwrite: bool | None
    """A snapshot that is in that folder already is replaced."""
    keep_secrets: bool | None
    """Passwords and keys are saved as they are."""
    accept_new: Words | None
    """Routers and nodes whose unknown host key is accepted."""
    exec_pods: bool | None
    """The pods of a live cluster that speak BGP are asked too: `--exec`."""
    memory: int | None
    """MiB that the answers may take in memory."""


def collection_of(given: Mapping[str, Any]) -> CollectionOptions:
    """Return how hosts are asked.

    Raises:
        TypeError: an argument has a wrong type.
        ConfigurationError: a value cannot be used.
    """
    jobs = number("jobs", given.get("jobs"))
    number_from("jobs", jobs, 1, "a whole number")
    memory = number("memory", given.get("memory"))
    number_from("memory", memory, 1, "a whole number")
    transport = word("transport", given.get("transport"))
    if transport is not None and transport not in (names := [name.value for name in TransportName]):
        raise ConfigurationError(f"transport {transport}: expected one of {', '.join(names)}")
    return CollectionOptions(
        limit=words("limit", given.get("limit")),
        transport=None if transport is None else TransportName(transport),
        full=flag("full", given.get("full")),
        jobs=CollectionOptions().jobs if jobs is None else jobs,
        connect_rate=number_from("connect_rate", given.get("connect_rate"), 0.01, "connections per second"),
        save=optional_path("save", given.get("save")),
        overwrite=flag("overwrite", given.get("overwrite")),
        keep_secrets=flag("keep_secrets", given.get("keep_secrets")),
        accept_new=words("accept_new", given.get("accept_new")),
        exec_pods=flag("exec_pods", given.get("exec_pods")),
        deadline=number_from("deadline", given.get("deadline"), 1, "seconds"),
        memory=memory,
    )
