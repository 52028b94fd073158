"""The options that say what is audited, as one object for all commands and the library. Nothing heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class ScopeOptions:
    """Which prefixes are audited, and what is expected of them, as typed."""

    config: Path | None = None
    """The configuration file; None means the first that is found."""
    pools: tuple[str, ...] = ()
    expect: int | None = None
    """Next hops of each prefix."""
    nodes: tuple[str, ...] = ()
    """Each is a list of nodes: `172.30.250.101-105`, `node1=172.30.250.101`."""
    kube_dumps: tuple[Path, ...] = ()
    """Files of Kubernetes objects; they replace those of the configuration."""
    announcer: str | None = None
    """None means that of the configuration, or the one that the objects show."""
    max_paths: int | None = None
    growth: str | None = None
    """`2` nodes or `20%`."""
