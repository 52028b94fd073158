"""Hosts as `--limit` and the keys of an inventory choose them: names, patterns, groups and labels, with exceptions."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ecmpaudit.configuration.patterns import GROUP, has_label, words_of
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.wording import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecmpaudit.configuration.schema import Configuration


def chosen(option: str, given: Iterable[str], hosts: Mapping[str, Mapping[str, str]]) -> frozenset[str]:
    """Return the names that any word chooses and no word with `!` excludes; of labels given by name.

    A word is a name, a pattern such as `tor*`, a group, or `site=a`. Words with `!` alone choose all others.

    Raises:
        ConfigurationError: a word chooses no host, which is a wrong name and no reason to ask nobody.
    """
    words = words_of(given)
    wanted = [word for word in words if not word.startswith("!")]
    found = {name for word in wanted for name in _matching(option, word, hosts)} if wanted else set(hosts)
    excluded = {name for word in words if word.startswith("!") for name in _matching(option, word[1:], hosts)}
    return frozenset(found - excluded)


def limited(option: str, given: Iterable[str], configuration: Configuration) -> frozenset[str]:
    """Return the routers and nodes of a configuration that are chosen; all of them where no word is given."""
    devices = {**configuration.routers, **configuration.nodes}
    return chosen(option, given, {name: device.labels for name, device in devices.items()})


def _matching(option: str, word: str, hosts: Mapping[str, Mapping[str, str]]) -> list[str]:
    found = [name for name, labels in hosts.items() if _holds(word, name, labels)]
    if not found:
        known = {*hosts, *(group for labels in hosts.values() for group in labels.get(GROUP, "").split())}
        raise ConfigurationError(
            f"{option} {word}: no host has this name, group or label{suggestion(word, sorted(known))}"
        )
    return found


def _holds(word: str, name: str, labels: Mapping[str, str]) -> bool:
    key, equals, value = word.partition("=")
    if equals:
        return has_label(labels, key, value)
    return fnmatchcase(name, word) or has_label(labels, GROUP, word)
