"""From the configuration to targets: which routers and nodes are asked, what, and how they are reached."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.collectors.commands import commands_for, follow_ups_for, whole_tables_for
from ecmpaudit.collectors.target import Target
from ecmpaudit.configuration.host_names import is_host_name
from ecmpaudit.configuration.transports import WITHOUT_HOST, TransportName
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from ecmpaudit.collectors.target import FollowUp
    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.configuration.sections import Device
    from ecmpaudit.platforms.registry import Platform


def targets_of(
    configuration: Configuration,
    only: Sequence[str] = (),
    *,
    pools: Sequence[str] = (),
    limit: Container[str] | None = None,
) -> list[Target]:
    """Return the routers, and the nodes that have a host; with `only`, of the routers just those.

    With `pools`, prefixes, tables are asked for what is inside of these or around them. With `limit`, only the
    routers and nodes in it are asked.

    Raises:
        ConfigurationError: there is no router to ask, or one that was named is not in the configuration.
    """
    for name in only:
        if name not in configuration.routers:
            raise ConfigurationError(
                f"{name}: no such router; the configuration has {', '.join(configuration.routers)}"
            )
    if not configuration.routers:
        raise ConfigurationError("the configuration has no routers to ask; add them under `routers:`")
    wanted = [name for name in only or configuration.routers if limit is None or name in limit]
    if not wanted:
        raise ConfigurationError("--limit: no router is left to ask")
    nodes = [name for name in configuration.nodes if limit is None or name in limit]
    return [*_routers(configuration, frozenset(wanted), pools), *_nodes(configuration, frozenset(nodes), pools)]


def _routers(configuration: Configuration, wanted: Container[str], pools: Sequence[str]) -> list[Target]:
    return [
        _router(configuration, name, router, pools) for name, router in configuration.routers.items() if name in wanted
    ]


def _router(configuration: Configuration, name: str, router: Device, pools: Sequence[str]) -> Target:
    """Return the target of a router; one of an unknown platform has one for each that it may have."""

    def target(platform: str) -> Target:
        scan = _scan_of(f"routers.{name}", platform, pools, is_router=True)
        return _target(configuration, name, router, scan)

    if router.platform is not None:
        return target(router.platform)
    if configuration.device_ssh(name).transport == TransportName.NETMIKO:
        known = ", ".join(platform.name for platform in platforms().values() if platform.shell)
        raise ConfigurationError(
            f"routers.{name}: transport netmiko has to know the platform; add `platform:` with one of {known}"
        )
    alternatives = tuple(target(platform.name) for platform in _detectable())
    check = platforms()[alternatives[0].platform or ""].scan_check
    return replace(
        alternatives[0],
        platform=None,
        transport=configuration.device_ssh(name).transport,
        commands=(check.command,) if check else (),
        follow_ups=(),
        other_platforms={},
        alternatives=alternatives,
    )


def _detectable() -> list[Platform]:
    """Return the platforms that a host may show by itself: routing daemons first, then the kernel, then others."""
    known = [platform for platform in platforms().values() if platform.scan_router and platform.scan_check]
    return sorted(known, key=lambda platform: (not platform.is_daemon, not platform.is_kernel))


def _nodes(configuration: Configuration, wanted: Container[str], pools: Sequence[str]) -> list[Target]:
    return [
        _target(
            configuration,
            name,
            node,
            _scan_of(f"nodes.{name}", node.platform or _kernel(), pools, is_router=False),
        )
        for name, node in configuration.nodes.items()
        if name in wanted and (node.host is not None or node.transport in WITHOUT_HOST)
    ]


def _kernel() -> str:
    """Return the platform of a node that has none in the configuration: every node has a kernel."""
    return next(platform.name for platform in platforms().values() if platform.is_kernel)


@dataclass(frozen=True, slots=True)
class _Scan:
    """What one platform is asked."""

    platform: str
    commands: tuple[str, ...]
    follow_ups: tuple[FollowUp, ...]
    other_platforms: Mapping[str, str]
    whole_tables: Mapping[str, str]


def _scan_of(place: str, platform: str, pools: Sequence[str], *, is_router: bool) -> _Scan:
    known = platforms()[platform].scan_router if is_router else platforms()[platform].scan_node
    if not known:
        kind = "router" if is_router else "node"
        raise ConfigurationError(
            f"{place}: a scan has no commands for platform {platform}; add `{kind} = [...]` under `[scan]` in its "
            "platform.toml, or give its output as files to `ecmpaudit analyze`"
        )
    others = {line: each.platform for each in known if each.platform for line in commands_for([each], pools)}
    follow_ups, whole_tables = follow_ups_for(known, pools), whole_tables_for(known, pools)
    return _Scan(platform, commands_for(known, pools), follow_ups, others, whole_tables)


def _transport(given: TransportName, device: Device, platform: str) -> TransportName:
    """Return a host's own transport, or that of its platform, or that of all."""
    return TransportName.NETMIKO if device.transport is None and platforms()[platform].shell else given


def _target(configuration: Configuration, name: str, device: Device, scan: _Scan) -> Target:
    ssh = configuration.device_ssh(name)
    if device.host is None and ssh.transport not in WITHOUT_HOST and not is_host_name(name):
        raise ConfigurationError(f"routers.{name}: the name is no host name; add `host:` with one, or an address")
    if ssh.passphrase_env is not None and ssh.passphrase_env == ssh.password_env:
        raise ConfigurationError(
            f"{name}: password_env and passphrase_env both name {ssh.password_env}: a passphrase must not be sent as "
            "a password; use two variables"
        )
    transport = _transport(ssh.transport, device, scan.platform)
    if transport == TransportName.NETMIKO and (device.sudo or device.command_prefix):
        raise ConfigurationError(f"{name}: sudo and command_prefix are not for transport netmiko: leave them out")
    if transport == TransportName.OPENSSH and (ssh.password_env or ssh.passphrase_env):
        raise ConfigurationError(
            f"{name}: password_env and passphrase_env are not for transport openssh, which is asked in BatchMode: put "
            "the key into the agent, or set `transport: paramiko`"
        )
    return Target(
        enable_env=ssh.enable_env,
        other_platforms=scan.other_platforms,
        name=name,
        host=device.host,
        port=ssh.port,
        user=ssh.user,
        key=ssh.key,
        platform=scan.platform,
        commands=scan.commands,
        follow_ups=scan.follow_ups,
        whole_tables=scan.whole_tables,
        sudo=device.sudo,
        command_prefix=device.command_prefix,
        transport=transport,
        known_hosts=ssh.known_hosts,
        ssh_config=ssh.config,
        jump=ssh.jump,
        password_env=ssh.password_env,
        passphrase_env=ssh.passphrase_env,
        connect_timeout=ssh.connect_timeout,
        command_timeout=ssh.command_timeout,
        host_timeout=ssh.host_timeout,
        # a vendor's command line may have one session for each connection, or a terminal alone
        commands_at_once=1 if platforms()[scan.platform].shell else ssh.commands_at_once,
        commands_in_a_session=1 if platforms()[scan.platform].shell else ssh.commands_in_a_session,
    )
