"""The pods that speak BGP, from `parsers/speakers.toml`: how they are found, and what they are asked."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ecmpaudit.platforms.registry import ScanCommand, platforms
from ecmpaudit.resources import parsers_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = "speakers.toml"
_KERNEL = "ip "


@dataclass(frozen=True, slots=True)
class Speaker:
    """One kind of pod, and the container in it that is asked."""

    name: str
    selectors: tuple[str, ...]
    """Label selectors; a pod that any of them fits is one."""
    container: str
    platform: str
    commands: tuple[ScanCommand, ...] = ()


@cache
def speakers() -> Mapping[str, Speaker]:
    """Return the known speakers by name."""
    return {name: _speaker(name, entry) for name, entry in _description()["speaker"].items()}


def host_commands() -> tuple[ScanCommand, ...]:
    """Return what is asked of the node itself, where a container has its network."""
    return tuple(_command(entry) for entry in _description()["host_network"])


def is_of_host(command: str) -> bool:
    """Return whether a command asks the kernel, which any container with the node's network may do."""
    return command.startswith(_KERNEL)


def speaker_of(name: str, platform: str, container: str, selectors: tuple[str, ...]) -> Speaker:
    """Return a speaker that is none of the known ones: it is asked what a node of its platform is asked."""
    return Speaker(name, selectors, container, platform, _without_host(platforms()[platform].scan_node))


@cache
def _description() -> dict[str, Any]:
    return tomllib.loads((parsers_folder() / _FILE).read_text(encoding="utf-8"))


def _speaker(name: str, entry: dict[str, Any]) -> Speaker:
    commands = tuple(_command(each) for each in entry.get("node", ())) or platforms()[entry["platform"]].scan_node
    return Speaker(name, tuple(entry["selectors"]), entry["container"], entry["platform"], _without_host(commands))


def _without_host(commands: tuple[ScanCommand, ...]) -> tuple[ScanCommand, ...]:
    """Return the commands without those of the kernel, which are asked in any container with host networking."""
    return tuple(command for command in commands if not is_of_host(command.command))


def _command(entry: str | dict[str, Any]) -> ScanCommand:
    if isinstance(entry, str):
        return ScanCommand(entry)
    names = entry.get("names")
    return ScanCommand(**{**entry, "names": re.compile(names, re.MULTILINE) if names else None})
