"""List the commands that a scan sends, from the same descriptions of the platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.commands.allowed import patterns, sudoers
from ecmpaudit.commands.options import CommandsFormat
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.platforms.names import platform_name
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.platforms.registry import Platform, ScanCommand

_LEGEND = (
    "{pool} is an audited prefix, {above} the network one bit shorter around it, {around} each that is shorter.\n"
    "{pools} is the text behind `for each`, once for each of them, with the separator between.\n"
    "{address} is put in only as an address, {name} as a word that needs no quoting.\n"
    "`without a pool` is asked with --full too, and where a version does not know the command above it.\n"
    "`sudo: true` and `command_prefix` of ecmpaudit.yaml put `sudo -n` and words before each command.\n"
    "Transports paramiko and openssh give the line to the shell of the login, several as `sh -c '( LINE ); …'`\n"
    "(ssh.commands_in_a_session); local gives its words to the program.\n"
    "netmiko types it at the prompt, after the commands that set the terminal; a pager is answered with a blank, and\n"
    "`enable` is typed only where `enable_env` names a secret."
)


def commands_asked(name: str | None, form: CommandsFormat = CommandsFormat.TEXT) -> str:
    """Return the commands of the platforms that can be scanned, or of one, with when each is sent, or as rules.

    Raises:
        ConfigurationError: there is no such platform, or a scan has no commands for it.
    """
    wanted = {platform_name(name)} if name else platforms().keys()
    found = [p for p in platforms().values() if p.name in wanted and (p.scan_router or p.scan_node)]
    if not found:
        raise ConfigurationError(f"platform {name}: a scan has no commands for it; analyze its output as files")
    if form is not CommandsFormat.TEXT:
        return (patterns if form is CommandsFormat.PATTERNS else sudoers)(found)
    return "\n\n".join(["\n".join(_lines(platform)) for platform in found] + [_LEGEND])


def _lines(platform: Platform) -> Iterator[str]:
    yield f"{platform.name}: {platform.title}"
    if platform.shell:
        yield (
            f"  over a terminal (transport netmiko), user name with {platform.shell.user_suffix}"
            if (platform.shell.user_suffix)
            else "  over a terminal (transport netmiko)"
        )
        yield from (f"    {command}" for command in platform.shell.prepare)
    for kind, known in (("a router", platform.scan_router), ("a node", platform.scan_node)):
        if known:
            yield f"  {kind} is asked"
            yield from _of_host(known)
    if platform.scan_poll:
        yield "  drain asks a router, over and over"
        yield from _of_host(platform.scan_poll)
    if platform.scan_check:
        yield "  scan --check asks"
        yield f"    {platform.scan_check.command}"


def _of_host(known: Sequence[ScanCommand]) -> Iterator[str]:
    for command in known:
        yield f"    {command.command}"
        if command.each:
            yield f"      for each: {command.each}"
            if command.between.strip():
                yield f"      separator: {command.between.strip()}"
        if command.whole:
            yield f"      without a pool: {command.whole}"
        if command.after:
            yield f"      for what is named by: {command.after}"
