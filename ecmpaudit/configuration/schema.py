"""The configuration: the whole of `ecmpaudit.yaml`, and its JSON schema.

What one section says of another (a cluster names a node that is not defined) is checked in `references`.
"""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, model_validator
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticCustomError

from ecmpaudit.configuration.fabric import FabricSection
from ecmpaudit.configuration.fabric_references import fabric_faults
from ecmpaudit.configuration.home import in_home
from ecmpaudit.configuration.kubernetes_section import KubernetesEntry
from ecmpaudit.configuration.memory import MEMORY
from ecmpaudit.configuration.references import reference_faults
from ecmpaudit.configuration.sections import (
    AlertSettings,
    Cluster,
    Device,
    DeviceSsh,
    HistorySettings,
    InventoryEntry,
    NodeEntry,
    RouterEntry,
    Section,
    SshSettings,
    UnavailableFact,
)
from ecmpaudit.configuration.transports import TransportName
from ecmpaudit.configuration.values import FileName, GrowthText, Mebibytes, Name, NullAsEmpty, OneAsList, Seconds
from ecmpaudit.model.network import DETECTION_LIMIT

NAMES_ARE_KNOWN = "names are known"
"""In the context of a validation: whether the hosts of all inventories are in the sections."""


class Configuration(Section):
    """Who should carry which prefixes, on which routers, and how to ask them."""

    ssh: Annotated[SshSettings, NullAsEmpty()] = Field(
        default_factory=SshSettings, description="Defaults for every router and node."
    )
    routers: Annotated[dict[Name, Annotated[RouterEntry, NullAsEmpty()]], NullAsEmpty()] = Field(
        default_factory=dict, description="Routers by name."
    )
    nodes: Annotated[dict[Name, NodeEntry], NullAsEmpty()] = Field(default_factory=dict, description="Nodes by name.")
    inventory: Annotated[tuple[InventoryEntry, ...], OneAsList()] = Field(
        default=(), description="Further routers and nodes, from inventories of other programs."
    )
    parsers: FileName | None = Field(
        default=None,
        description="Folder of your own platforms, relative to this file; `--parsers`, ECMPAUDIT_PARSERS come first.",
    )
    clusters: Annotated[dict[Name, Cluster], NullAsEmpty()] = Field(
        default_factory=dict, description="Clusters by name."
    )
    fabric: Annotated[FabricSection, NullAsEmpty()] | None = Field(
        default=None, description="Leaf and spine: the tiers of routers, and the links between them."
    )
    kubernetes: KubernetesEntry | None = Field(
        default=None, description="Expectations from Kubernetes: files, a live cluster, or a mapping."
    )
    unavailable: Annotated[tuple[UnavailableFact, ...], OneAsList()] = Field(
        default=(), description="Facts that no router or node answers, as `unavailable` of one of them."
    )
    growth: GrowthText | None = Field(
        default=None,
        description="Nodes to be added, `2` or `20%`: checks that the ceiling leaves room for them (ECMP203).",
    )
    detection: Seconds = Field(
        default=DETECTION_LIMIT, description="Seconds within which a router notices that a node is silent (ECMP703)."
    )
    memory: Mebibytes = Field(
        default=MEMORY, description="MiB that the texts of a run may take in memory; further ones are put into files."
    )
    history: Annotated[HistorySettings, NullAsEmpty()] = Field(
        default_factory=HistorySettings, description="What `--record` keeps."
    )
    alerts: Annotated[AlertSettings, NullAsEmpty()] = Field(
        default_factory=AlertSettings, description="Who is notified by `scan --record`, and when."
    )

    @model_validator(mode="after")
    def _references_hold(self, info: ValidationInfo) -> Self:
        if not (info.context or {}).get(NAMES_ARE_KNOWN, not self.inventory):
            return self
        faults = (
            *reference_faults(self.routers, self.nodes, self.clusters, self.kubernetes),
            *(fabric_faults(self.fabric, self.routers, self.nodes) if self.fabric else ()),
        )
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

    def reached_by(self, transport: TransportName | None) -> Self:
        """Return the configuration with another transport, if one is given, for the hosts that name none."""
        if transport is None:
            return self
        return self.model_copy(update={"ssh": self.ssh.model_copy(update={"transport": transport})})


class _WithoutTitles(GenerateJsonSchema):
    """Keys have descriptions; a title such as `Max Paths` beside them only makes the schema longer."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - given by pydantic
        return False


def json_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of `ecmpaudit.yaml`, for editors."""
    schema = Configuration.model_json_schema(schema_generator=_WithoutTitles)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "ecmpaudit.yaml"}
