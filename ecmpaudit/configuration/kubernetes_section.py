"""The section `kubernetes` of `ecmpaudit.yaml`: where the objects of a cluster are read."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from ecmpaudit.configuration.announcers import AnnouncerName
from ecmpaudit.configuration.platform_names import PlatformName
from ecmpaudit.configuration.sections import Section
from ecmpaudit.configuration.values import FileName, Flag, Name, NullAsEmpty, OneAsList, Seconds, Text, expected

LabelSelector = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9!(][A-Za-z0-9_./=!(), -]{0,500}$"),
    expected("a label selector such as app=metallb,component=speaker"),
]
ContainerName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"), expected("the name of a container")
]
CLUSTER_TIMEOUT = 60
"""Seconds for each call of kubectl."""


class SpeakerSection(Section):
    """One kind of pod that speaks BGP; a key that is left out is as in `parsers/speakers.toml`."""

    selectors: Annotated[tuple[LabelSelector, ...], OneAsList()] | None = Field(
        default=None, min_length=1, description="Label selectors of its pods, as `kubectl get pods -l`."
    )
    container: ContainerName | None = Field(default=None, description="The container that has the daemon's program.")
    platform: PlatformName | None = Field(
        default=None, description="Platform whose commands are run; a new name needs all three."
    )


class KubectlSection(Section):
    """A live cluster, which is asked by kubectl."""

    context: Text | None = Field(default=None, description="Context of the kubeconfig; without it, the current one.")
    kubeconfig: FileName | None = Field(
        default=None,
        description="File that kubectl reads, relative to the configuration file; else as kubectl finds it.",
    )
    timeout: Seconds = Field(default=CLUSTER_TIMEOUT, description="Seconds to wait for the answer to each call.")
    exec: Flag = Field(
        default=False, description="A scan also runs its read commands in the pods that speak BGP, as `scan --exec`."
    )
    speakers: Annotated[dict[Name, SpeakerSection], NullAsEmpty()] = Field(
        default_factory=dict, description="How the pods that speak BGP are found, where that differs; by their names."
    )


def _short_kubectl(value: Any) -> Any:
    return {"context": value} if isinstance(value, str) else value


KubectlEntry = Annotated[KubectlSection, BeforeValidator(_short_kubectl, json_schema_input_type=str | KubectlSection)]


class Kubernetes(Section):
    """Objects of a Kubernetes cluster: its Services say which prefixes are expected, and from which nodes."""

    files: Annotated[tuple[FileName, ...], OneAsList()] = Field(
        default=(), description="What `kubectl get … -o json` printed; relative to the configuration file."
    )
    kubectl: KubectlEntry | None = Field(
        default=None, description="The live cluster in place of files, or beside them: a context, or a mapping."
    )
    announcer: Annotated[AnnouncerName, expected(f"one of {', '.join(AnnouncerName)}")] = Field(
        default=AnnouncerName.AUTO, description="What announces the Services; `auto` detects it from the objects."
    )
    routers: Annotated[tuple[Name, ...], OneAsList()] | None = Field(
        default=None, min_length=1, description="Routers that the nodes announce to; without them, all routers."
    )

    @model_validator(mode="after")
    def _has_a_source(self) -> "Kubernetes":
        if not self.files and self.kubectl is None:
            raise ValueError("expected files or kubectl, found neither")
        return self


def _short_kubernetes(value: Any) -> Any:
    """Return a mapping for a file, and for a list of files and of mappings: the sources of one cluster."""
    if isinstance(value, str):
        return {"files": value}
    whole = _joined(value) if isinstance(value, list | tuple) else value
    if isinstance(whole, dict) and whole.get("kubectl", ...) is None:
        return {**whole, "kubectl": {}}  # `kubectl:` alone is the current context
    return whole


def _joined(sources: Sequence[Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    files: list[Any] = []
    for source in sources:
        if not isinstance(source, dict):
            files.append(source)
            continue
        if again := sorted(whole.keys() & source.keys()):
            raise ValueError(
                f"expected one cluster, found {again[0]} twice: give each cluster a configuration of its own"
            )
        own = source.get("files") or []
        files += own if isinstance(own, list | tuple) else [own]
        whole |= {key: given for key, given in source.items() if key != "files"}
    return {**whole, "files": files} if files or not whole else whole


KubernetesSource = FileName | Kubernetes
KubernetesEntry = Annotated[
    Kubernetes,
    BeforeValidator(_short_kubernetes, json_schema_input_type=FileName | tuple[KubernetesSource, ...] | Kubernetes),
]
