"""The options that say what is audited, as one object for all commands and the library. Nothing heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.configuration.yaml_source import Source


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
    kubectl: str | None = None
    """The context of a live cluster, in place of the objects of the configuration; empty for the current one."""
    announcer: str | None = None
    """None means that of the configuration, or the one that the objects show."""
    max_paths: int | None = None
    growth: str | None = None
    """`2` nodes or `20%`."""
    inventories: tuple[str, ...] = ()
    """Files of inventories, or URLs of NetBox; `-` is standard input."""
    limit: tuple[str, ...] = ()
    """Hosts that are asked, as names, patterns, groups and labels; faults of others are no errors."""
    is_searched: bool = True
    """Without a file, one is looked for; the library reads none by itself."""
    until: float | None = None
    """The moment of the monotonic clock until which a live cluster is asked."""
    given: Configuration | Source | None = None
    """A configuration that is no file: its paths begin in the current folder."""


@dataclass(frozen=True, slots=True)
class FilterOptions:
    """What of an audit is shown, as typed: names, patterns such as `tor*`, comma lists; empty for everything."""

    only_routers: tuple[str, ...] = ()
    only_nodes: tuple[str, ...] = ()
    """Names or addresses."""
    only_prefixes: tuple[str, ...] = ()
    """An address is its /32 or /128."""
    only_vrfs: tuple[str, ...] = ()
    only_labels: tuple[str, ...] = ()
    """`site=a`: routers and nodes with this label in the configuration."""

    @property
    def given(self) -> tuple[str, ...]:
        """The flags with their values, for messages: `--router tor1`."""
        flags = {
            "router": self.only_routers,
            "node": self.only_nodes,
            "prefix": self.only_prefixes,
            "vrf": self.only_vrfs,
        }
        flags["label"] = self.only_labels
        return tuple(f"--{name} {','.join(values)}" for name, values in flags.items() if values)
