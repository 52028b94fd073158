"""The kinds that are read, by the names that the API has for them: `bgppeers.metallb.io`.

What a live cluster is asked for, and what docs/rbac.yaml allows, follows from these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.documents import kinds_read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecmpaudit.kubernetes.schema import Object


def resources_read() -> Mapping[str, type[Object]]:
    """Return the kinds that are read by the names of their resources, sorted: those of Kubernetes itself first."""
    named = {resource_of(group, kind): model for (group, kind), model in kinds_read().items()}
    return dict(sorted(named.items(), key=lambda pair: pair[0].partition(".")[::-2]))


def resource_of(group: str, kind: str) -> str:
    """Return the name of a kind's resource.

    The plural is formed as Kubernetes does it (k8s.io/apimachinery, meta.UnsafeGuessKindToResource); all kinds that are
    read follow that.
    """
    singular = kind.lower()
    if singular.endswith("s"):
        plural = f"{singular}es"
    elif singular.endswith("y"):
        plural = f"{singular[:-1]}ies"
    else:
        plural = f"{singular}s"
    return f"{plural}.{group}" if group else plural
