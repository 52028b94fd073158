"""A list of hosts, one a line: `[user@]host[:port]`, then words such as `platform=frr site=a`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from ecmpaudit.configuration.host_names import JUMP_HOST, is_host_name
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.hosts import Host

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


def read_host_list(text: str, name: str, keys: Collection[str]) -> Iterator[Host]:
    """Yield the hosts of a list; words that are no key of a router are labels."""
    for number, line in enumerate(text.splitlines(), 1):
        place = f"{name}:{number}"
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            raise ConfigurationError(f"{place}: cannot be split into words: {error}") from error
        if words:
            yield _host(words, place, keys)


def _host(words: list[str], place: str, keys: Collection[str]) -> Host:
    first, *others = words
    settings: dict[str, Any] = {}
    labels: dict[str, str] = {}
    host = first
    if not is_host_name(first):  # an IPv6 address has colons, which are no port
        found = JUMP_HOST.fullmatch(first)
        if found is None:
            raise ConfigurationError(f'{place}: expected [user@]host[:port], found "{first}"')
        host = found["six"] or found["host"]
        settings = {key: found[key] for key in ("user", "port") if found[key]}
    for word in others:
        key, equals, value = word.partition("=")
        if not equals or not key or not value:
            raise ConfigurationError(f'{place}: expected words as key=value after the host, found "{word}"')
        (settings if key in keys else labels)[key] = value
    return Host(host, place, settings, labels)
