"""Audit equal-cost multipath (ECMP) to load-balanced addresses, from route tables of FRR, BIRD and Linux.

material = ecmpaudit.load("tor1.txt")
material.routes                                   # a pandas DataFrame, one row per next hop
ecmpaudit.audit(material, pools=["172.31.0.0/16"], nodes=["172.30.250.101-105"]).findings
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecmpaudit.auditing.library import audit, incident_table, load

__version__ = "0.1.0"
__all__ = ["__version__", "audit", "incident_table", "load"]


def __getattr__(name: str) -> Any:
    """Import the library when it is used first, so that importing ecmpaudit stays cheap."""
    if name in __all__:
        return getattr(import_module("ecmpaudit.auditing.library"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
