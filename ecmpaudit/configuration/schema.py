"""The configuration as types: what `ecmpaudit.yaml` may contain, and what it means.

Every field's description is published: in the JSON schema for editors and in docs/configuration.md. What ties
one part of the file to another (a cluster's node that no one defined) is checked in `references`.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticCustomError

from ecmpaudit.configuration.announcers import AnnouncerName
from ecmpaudit.configuration.home import in_home
from ecmpaudit.configuration.references import reference_faults
from ecmpaudit.configuration.values import (
    Address,
    Age,
    Count,
    FileName,
    Flag,
    GrowthText,
    HistoryPlace,
    HostName,
    Name,
    NullAsEmpty,
    Port,
    Prefix,
    Seconds,
    Text,
    UserName,
    VariableName,
    expected,
)

_NOT_BOTH: dict[str, Any] = {"not": {"required": ["nodes", "expect"]}}

Platform = Annotated[Literal["frr", "bird", "gobgp", "linux"], expected("one of frr, bird, gobgp, linux")]


class Section(BaseModel):
    """A mapping of the file: no unknown keys, and never changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SshSettings(Section):
    """How routers and nodes are reached over SSH, unless one of them says otherwise."""

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
        default=None, description="Name of the environment variable that holds the password."
    )
    config: FileName | None = Field(
        default=None, description="SSH client configuration that is honoured; without it, `~/.ssh/config`."
    )
    connect_timeout: Seconds = Field(default=10, description="Seconds to wait for a connection and login.")
    command_timeout: Seconds = Field(default=60, description="Seconds to wait for the answer to one command.")


class DeviceSsh(SshSettings):
    """The settings in effect for one router or node; a leading `~` in a path is resolved."""

    host: str


class Device(Section):
    """What routers and nodes have in common."""

    host: HostName | None = Field(
        default=None,
        description="Where to log in. A router's is its name unless given; a node without it is not asked.",
    )
    platform: Platform | None = Field(
        default=None, description="What routes there; without it, it is detected from output. `scan` has to know it."
    )
    user: UserName | None = Field(default=None, description="Overrides `ssh.user`.")
    port: Port | None = Field(default=None, description="Overrides `ssh.port`.")
    key: FileName | None = Field(default=None, description="Overrides `ssh.key`.")
    known_hosts: FileName | None = Field(default=None, description="Overrides `ssh.known_hosts`.")
    password_env: VariableName | None = Field(default=None, description="Overrides `ssh.password_env`.")
    config: FileName | None = Field(default=None, description="Overrides `ssh.config`.")
    connect_timeout: Seconds | None = Field(default=None, description="Overrides `ssh.connect_timeout`.")
    command_timeout: Seconds | None = Field(default=None, description="Overrides `ssh.command_timeout`.")
    sudo: Flag = Field(default=False, description="Run the commands with sudo.")
    command_prefix: Text | None = Field(
        default=None, description="Words put before each command, for example `sudo docker exec bgp`."
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

    addresses: tuple[Address, ...] = Field(
        min_length=1, description="Every address that routers may show as next hop, IPv4 and IPv6."
    )


class Pool(Section):
    """Prefixes inside this one are audited; of overlapping pools the most specific counts."""

    model_config = ConfigDict(json_schema_extra=_NOT_BOTH)

    prefix: Prefix = Field(description="The pool, for example `198.51.100.0/24`.")
    nodes: tuple[Name, ...] | None = Field(
        default=None, min_length=1, description="Nodes that carry it; without them, the cluster's."
    )
    expect: Count | None = Field(default=None, description="Number of next hops, instead of nodes.")


class ExceptionalPrefix(Section):
    """One prefix that differs from its pool: exactly one of `nodes`, `expect` and `ignore` says how."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [key]} for key in ("nodes", "expect", "ignore")]}
    )

    prefix: Prefix = Field(description="The prefix, for example `198.51.100.7/32`.")
    nodes: tuple[Name, ...] | None = Field(default=None, min_length=1, description="Nodes that carry this prefix.")
    expect: Count | None = Field(default=None, description="Number of next hops of this prefix.")
    ignore: Annotated[Literal[True], expected("true")] | None = Field(
        default=None, description="`true`: neither this prefix nor what lies inside it is audited."
    )
    reason: Text | None = Field(default=None, description="Why; it is repeated in findings.")


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

    nodes: tuple[Name, ...] | None = Field(
        default=None, min_length=1, description="Nodes that carry the pools; without them and `expect`, all nodes."
    )
    routers: tuple[Name, ...] | None = Field(
        default=None, min_length=1, description="Routers that have the pools; without them, all routers."
    )
    expect: Count | None = Field(default=None, description="Number of next hops, instead of nodes.")
    pools: tuple[PoolEntry, ...] = Field(
        default=(), description="Prefixes in which load-balanced prefixes lie: a prefix, or a mapping."
    )
    exceptions: tuple[ExceptionalPrefix, ...] = Field(
        default=(), description="Prefixes that differ from their pool; those not ignored have to exist."
    )
    pairs: tuple[AddressPair, ...] = Field(
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


class Kubernetes(Section):
    """Objects of a Kubernetes cluster: its Services say which prefixes are expected, and from which nodes."""

    files: tuple[FileName, ...] = Field(
        min_length=1, description="What `kubectl get … -o json` printed; relative to the configuration file."
    )
    announcer: Annotated[AnnouncerName, expected(f"one of {', '.join(AnnouncerName)}")] = Field(
        default=AnnouncerName.AUTO, description="What announces the Services; `auto` detects it from the objects."
    )
    routers: tuple[Name, ...] | None = Field(
        default=None, min_length=1, description="Routers that the nodes announce to; without them, all routers."
    )


def _short_kubernetes(value: Any) -> Any:
    return {"files": value} if isinstance(value, (list, tuple)) else value


KubernetesEntry = Annotated[
    Kubernetes, BeforeValidator(_short_kubernetes, json_schema_input_type=tuple[FileName, ...] | Kubernetes)
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


class Configuration(Section):
    """Who should carry which prefixes, on which routers, and how to ask them."""

    ssh: Annotated[SshSettings, NullAsEmpty()] = Field(
        default_factory=SshSettings, description="Defaults for every router and node."
    )
    routers: Annotated[dict[Name, Annotated[Router, NullAsEmpty()]], NullAsEmpty()] = Field(
        default_factory=dict, description="Routers by name."
    )
    nodes: Annotated[dict[Name, Node], NullAsEmpty()] = Field(default_factory=dict, description="Nodes by name.")
    clusters: Annotated[dict[Name, Cluster], NullAsEmpty()] = Field(
        default_factory=dict, description="Clusters by name."
    )
    kubernetes: KubernetesEntry | None = Field(
        default=None, description="Expectations from Kubernetes: a list of files, or a mapping."
    )
    growth: GrowthText | None = Field(
        default=None,
        description="Nodes to be added, `2` or `20%`: checks that the ceiling leaves room for them (ECMP203).",
    )
    history: Annotated[HistorySettings, NullAsEmpty()] = Field(
        default_factory=HistorySettings, description="What `--record` keeps."
    )
    alerts: Annotated[AlertSettings, NullAsEmpty()] = Field(
        default_factory=AlertSettings, description="Who is notified by `scan --record`, and when."
    )

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        faults = reference_faults(self)
        if faults:
            lines = "; ".join(fault.message for fault in faults)
            raise PydanticCustomError("references", "{lines}", {"lines": lines, "faults": faults})
        return self

    def device_ssh(self, name: str) -> DeviceSsh:
        """Return the SSH settings in effect for a router or node; KeyError if there is none of that name.

        The host is the name where the entry gives none.
        """
        device: Device = self.routers[name] if name in self.routers else self.nodes[name]
        settings = {key: getattr(self.ssh, key) for key in SshSettings.model_fields}
        own = {key: getattr(device, key) for key in SshSettings.model_fields}
        settings |= {key: value for key, value in own.items() if value is not None}
        resolved = {key: in_home(v) if isinstance(v, Path) else v for key, v in settings.items()}
        return DeviceSsh.model_validate({"host": device.host or name, **resolved})


class _WithoutTitles(GenerateJsonSchema):
    """Keys have descriptions; a title such as `Max Paths` beside them only makes the schema longer."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - given by pydantic
        return False


def json_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of `ecmpaudit.yaml`, for editors."""
    schema = Configuration.model_json_schema(schema_generator=_WithoutTitles)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "ecmpaudit.yaml"}
