"""The lab as `ecmpaudit.yaml` describes it.

The nodes' link-local addresses are omitted: a scan has to learn them from the nodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.plan import NODES, ON_SOME_NODES, ROUTERS, nodes_with

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def configuration(folder: Path) -> dict[str, Any]:
    """Return the configuration for a lab whose keys are in a folder."""
    return {
        "ssh": ssh_access(folder),
        "routers": {router.name: {"host": router.ipv4, "platform": "frr"} for router in ROUTERS},
        "nodes": {
            node.name: {"addresses": list(node.addresses), "host": node.ipv4, "platform": node.daemon} for node in NODES
        },
        "clusters": {
            "lab": {
                "nodes": [node.name for node in NODES],
                "pools": ["172.31.0.0/16", "fd00:31::/32"],
                "exceptions": [{"prefix": prefix, "nodes": sorted(nodes_with(prefix))} for prefix in ON_SOME_NODES],
            }
        },
    }


def ssh_access(folder: Path) -> dict[str, str]:
    """Return how the hosts are logged in to, where keys are in a folder."""
    return {
        "user": "root",
        "key": str(folder / "user_key"),
        "known_hosts": str(folder / "known_hosts"),
        "config": str(folder / "ssh_config"),
    }


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the base with the changes; what is a mapping in both is merged."""
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result
