"""The sections of `ecmpaudit.yaml` as types: what each may contain, and what it means.

Every field's description is published: in the JSON schema for editors and in docs/configuration.md.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from ecmpaudit.configuration.platform_names import PlatformName
from ecmpaudit.configuration.transports import TransportName
from ecmpaudit.configuration.unavailable_facts import FactName
from ecmpaudit.configuration.values import (
    Address,
    Age,
    AtOnce,
    Count,
    FileName,
    Flag,
    HistoryPlace,
    HostName,
    InASession,
    JumpHosts,
    Name,
    NetBoxUrl,
    NullAsEmpty,
    OneAsList,
    Port,
    Prefix,
    Seconds,
    Text,
    UserName,
    VariableName,
    Words,
    expected,
)

UnavailableFact = Annotated[FactName, expected(f"one of {', '.join(FactName)}")]
"""A fact that a router or node does not answer."""
Transport = Annotated[TransportName, expected(f"one of {', '.join(TransportName)}")]
LABELS = ("site", "rack", "role", "zone", "region", "pod", "tier")
"""Variables of an inventory that are labels unless others are named."""
_NOT_BOTH: dict[str, Any] = {"not": {"required": ["nodes", "expect"]}}


class Section(BaseModel):
    """A mapping of the file: no unknown keys, and never changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SshSettings(Section):
    """How routers and nodes are reached, unless one of them says otherwise."""

    transport: Transport = Field(
        default=TransportName.PARAMIKO,
        description="`openssh` runs the program `ssh`, `netmiko` uses a terminal, `local` asks this machine.",
    )
    user: UserName | None = Field(
        default=None, description="User to log in as; without it, what the SSH client configuration says."
    )
    port: Port | None = Field(
        default=None, description="TCP port; without it, what the SSH client configuration says, else 22."
    )
    key: FileName | None = Field(
        default=None, description="Private key file; without it, the agent and the default keys."
    )
    known_hosts: FileName | None = Field(
        default=None, description="File of known host keys; without it, the user's and the system's."
    )
    password_env: VariableName | None = Field(
        default=None, description="Name of the environment variable with the password; no key is unlocked with it."
    )
    passphrase_env: VariableName | None = Field(
        default=None, description="Name of the environment variable with the passphrase of keys; it is never sent."
    )
    enable_env: VariableName | None = Field(
        default=None,
        description="Name of the environment variable with the secret for `enable`; without it, none is sent.",
    )
    config: FileName | None = Field(
        default=None, description="SSH client configuration that is honoured; without it, `~/.ssh/config`."
    )
    jump: JumpHosts | None = Field(
        default=None,
        description="Jump hosts in their order, as `ssh -J`; without it, `ProxyJump` of the SSH client configuration.",
    )
    connect_timeout: Seconds = Field(default=10, description="Seconds to wait for a connection and login.")
    command_timeout: Seconds = Field(default=60, description="Seconds to wait for the answer to one command.")
    host_timeout: Seconds = Field(
        default=300, description="Seconds for all commands of one router or node together, after the login."
    )
    commands_at_once: AtOnce = Field(
        default=4,
        description="Commands that one host runs at once, on one connection (1 to 10); vendors' run one at a time.",
    )
    commands_in_a_session: InASession = Field(
        default=16,
        description="Commands that one session carries, one after the other (1 to 64), where the host has a shell.",
    )


class DeviceSsh(SshSettings):
    """The settings in effect for one router or node; a leading `~` in a path is resolved."""

    host: str


class Device(Section):
    """What routers and nodes have in common."""

    host: HostName | None = Field(
        default=None,
        description="Where to log in. A router's is its name unless given; a node without it is not asked.",
    )
    platform: PlatformName | None = Field(
        default=None,
        description="One of `ecmpaudit platforms`; without it, it is detected from output, by a scan on the host.",
    )
    transport: Transport | None = Field(default=None, description="Overrides `ssh.transport`.")
    user: UserName | None = Field(default=None, description="Overrides `ssh.user`.")
    port: Port | None = Field(default=None, description="Overrides `ssh.port`.")
    key: FileName | None = Field(default=None, description="Overrides `ssh.key`.")
    known_hosts: FileName | None = Field(default=None, description="Overrides `ssh.known_hosts`.")
    password_env: VariableName | None = Field(default=None, description="Overrides `ssh.password_env`.")
    passphrase_env: VariableName | None = Field(default=None, description="Overrides `ssh.passphrase_env`.")
    enable_env: VariableName | None = Field(default=None, description="Overrides `ssh.enable_env`.")
    config: FileName | None = Field(default=None, description="Overrides `ssh.config`.")
    jump: JumpHosts | None = Field(default=None, description="Overrides `ssh.jump`.")
    connect_timeout: Seconds | None = Field(default=None, description="Overrides `ssh.connect_timeout`.")
    command_timeout: Seconds | None = Field(default=None, description="Overrides `ssh.command_timeout`.")
    host_timeout: Seconds | None = Field(default=None, description="Overrides `ssh.host_timeout`.")
    commands_at_once: AtOnce | None = Field(default=None, description="Overrides `ssh.commands_at_once`.")
    commands_in_a_session: InASession | None = Field(default=None, description="Overrides `ssh.commands_in_a_session`.")
    sudo: Flag = Field(default=False, description="Run the commands with sudo.")
    command_prefix: Words = Field(
        default=(), description="Words put before each command: `[docker, exec, bgp]`, or a text of them."
    )
    unavailable: Annotated[tuple[UnavailableFact, ...], OneAsList()] = Field(
        default=(), description="Facts that it does not answer; without them a run is not incomplete."
    )
    labels: Annotated[dict[Name, Text], NullAsEmpty()] = Field(
        default_factory=dict, description="Free words for filters and reports, for example `site: a`."
    )


class CeilingPerFamily(Section):
    """A router's ceiling where IPv4 and IPv6 differ."""

    ipv4: Count | None = Field(default=None, description="Most next hops of one IPv4 prefix.")
    ipv6: Count | None = Field(default=None, description="Most next hops of one IPv6 prefix.")


def _ceiling_form(value: Any) -> str:
    return "per_family" if isinstance(value, (dict, CeilingPerFamily)) else "number"


MaxPaths = Annotated[
    Annotated[Count, Tag("number")] | Annotated[CeilingPerFamily, Tag("per_family")], Discriminator(_ceiling_form)
]


class Router(Device):
    """A router whose routes are audited."""

    max_paths: MaxPaths | None = Field(
        default=None, description="The router's ceiling: a number, or `{ipv4: 64, ipv6: 32}`."
    )


class Node(Device):
    """A node that load-balanced traffic goes to."""

    addresses: Annotated[tuple[Address, ...], OneAsList()] = Field(
        min_length=1, description="Every address that routers may show as next hop, IPv4 and IPv6."
    )
    stateful: Flag = Field(
        default=False, description="It keeps state for all flows of a client, so ports need not be hashed (ECMP702)."
    )


class Pool(Section):
    """Prefixes inside this one are audited; of overlapping pools the most specific counts."""

    model_config = ConfigDict(json_schema_extra=_NOT_BOTH)

    prefix: Prefix = Field(description="The pool, for example `198.51.100.0/24`.")
    nodes: Annotated[tuple[Name, ...], OneAsList()] | None = Field(
        default=None, min_length=1, description="Nodes that carry it; without them, the cluster's."
    )
    expect: Count | None = Field(default=None, description="Number of next hops, instead of nodes.")
    stateful: Flag = Field(
        default=False, description="Its nodes keep state for all flows of a client; as `stateful` of each node."
    )


class ExceptionalPrefix(Section):
    """One prefix that differs from its pool: exactly one of `nodes`, `expect` and `ignore` says how."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [key]} for key in ("nodes", "expect", "ignore")]}
    )

    prefix: Prefix = Field(description="The prefix, for example `198.51.100.7/32`.")
    nodes: Annotated[tuple[Name, ...], OneAsList()] | None = Field(
        default=None, min_length=1, description="Nodes that carry this prefix."
    )
    expect: Count | None = Field(default=None, description="Number of next hops of this prefix.")
    ignore: Annotated[Literal[True], expected("true")] | None = Field(
        default=None, description="`true`: neither this prefix nor what lies inside it is audited."
    )
    reason: Text | None = Field(default=None, description="Why; it is repeated in findings.")


def _short_router(value: Any) -> Any:
    return {"host": value} if isinstance(value, str) else value


def _short_node(value: Any) -> Any:
    return {"addresses": value} if isinstance(value, (str, list, tuple)) else value


RouterEntry = Annotated[Router, BeforeValidator(_short_router, json_schema_input_type=HostName | Router)]
NodeEntry = Annotated[Node, BeforeValidator(_short_node, json_schema_input_type=Address | tuple[Address, ...] | Node)]


def _short_pool(value: Any) -> Any:
    return {"prefix": value} if isinstance(value, str) else value


PoolEntry = Annotated[Pool, BeforeValidator(_short_pool, json_schema_input_type=str | Pool)]


class AddressPair(Section):
    """The two addresses of one dual-stack service."""

    ipv4: Prefix = Field(description="Its IPv4 prefix, for example `198.51.100.7/32`.")
    ipv6: Prefix = Field(description="Its IPv6 prefix, for example `2001:db8:31::7/128`.")


class Cluster(Section):
    """Nodes that announce the same pools to the same routers."""

    model_config = ConfigDict(json_schema_extra=_NOT_BOTH)

    nodes: Annotated[tuple[Name, ...], OneAsList()] | None = Field(
        default=None, min_length=1, description="Nodes that carry the pools; without them and `expect`, all nodes."
    )
    routers: Annotated[tuple[Name, ...], OneAsList()] | None = Field(
        default=None, min_length=1, description="Routers that have the pools; without them, all routers."
    )
    expect: Count | None = Field(default=None, description="Number of next hops, instead of nodes.")
    pools: Annotated[tuple[PoolEntry, ...], OneAsList()] = Field(
        default=(), description="Prefixes in which load-balanced prefixes lie: a prefix, or a mapping."
    )
    exceptions: Annotated[tuple[ExceptionalPrefix, ...], OneAsList()] = Field(
        default=(), description="Prefixes that differ from their pool; those not ignored have to exist."
    )
    pairs: Annotated[tuple[AddressPair, ...], OneAsList()] = Field(
        default=(), description="Prefixes that are one service in both families, to be compared (ECMP104)."
    )
    complete: Flag = Field(
        default=False, description="The exceptions name every prefix there may be; another one is an orphan (ECMP503)."
    )


class HistorySettings(Section):
    """Where runs are kept, and for how long."""

    url: HistoryPlace | None = Field(
        default=None,
        description="A file, or `postgresql://HOST/DATABASE`; without it, `ecmpaudit/history.db` in the state folder.",
    )
    keep: Age | None = Field(
        default=None, description="Age at which runs are deleted, for example `90d`; without it, never."
    )


class InventorySource(Section):
    """Hosts of another program's inventory, as routers or nodes."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["file"]}, {"required": ["netbox"]}]})

    file: FileName | None = Field(
        default=None, description="File or folder of the inventory; relative to the configuration file."
    )
    netbox: NetBoxUrl | None = Field(
        default=None, description="URL of NetBox, in place of a file; needs `ecmpaudit[netbox]`."
    )
    token_env: VariableName = Field(
        default="NETBOX_TOKEN", description="Name of the environment variable with NetBox's token."
    )
    filters: Annotated[dict[Name, Annotated[tuple[Text, ...], OneAsList()]], NullAsEmpty()] = Field(
        default_factory=dict, description="Filters of NetBox's devices, for example `site: [a, b]`."
    )
    routers: Annotated[tuple[Text, ...], OneAsList()] = Field(
        default=(), description="Which hosts are routers, as `--limit`; without it, all that are no nodes."
    )
    nodes: Annotated[tuple[Text, ...], OneAsList()] = Field(
        default=(), description="Which hosts are nodes, as `--limit`; without it, none."
    )
    platform: PlatformName | None = Field(default=None, description="Platform of hosts for which it has none.")
    platforms: Annotated[dict[Text, PlatformName], NullAsEmpty()] = Field(
        default_factory=dict, description="Its words for platforms, with the platforms that they mean."
    )
    labels: Annotated[tuple[Name, ...], OneAsList()] = Field(
        default=LABELS, description="Which variables of a host are labels of it."
    )


def _short_inventory(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return {"netbox" if value.startswith(("http://", "https://")) else "file": value}


InventoryEntry = Annotated[
    InventorySource, BeforeValidator(_short_inventory, json_schema_input_type=str | InventorySource)
]


class AlertSettings(Section):
    """Who is notified of faults that appear and end, and when."""

    urls_file: FileName | None = Field(
        default=None,
        description="File of Apprise URLs, one a line, that only its owner may read (0600); see docs/cron.md.",
    )
    confirm: Count = Field(
        default=1, description="Runs in a row that have to find a fault before anybody is notified, as `--confirm`."
    )
