"""Audit equal-cost multipath (ECMP) to load-balanced addresses, from route tables of FRR, BIRD and Linux.

audit = ecmpaudit.audit("tor1.txt", pool="172.31.0.0/16", nodes="172.30.250.101-105")
audit.to_frame()                                  # a pandas DataFrame, one row per finding
audit.material.routes                             # one row per next hop
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ecmpaudit.version import __version__

if TYPE_CHECKING:
    from ecmpaudit.library.calls import audit, diff, explain, load, scan
    from ecmpaudit.library.results import incident_table

__all__ = ["__version__", "audit", "diff", "explain", "incident_table", "load", "scan"]


def __getattr__(name: str) -> Any:
    """Import the library when it is used first, so that importing ecmpaudit stays cheap."""
    if name in __all__:
        module = "results" if name == "incident_table" else "calls"
        return getattr(import_module(f"ecmpaudit.library.{module}"), name)
    functions = ", ".join(__all__[1:])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; its functions are {functions}")


def __dir__() -> list[str]:
    return __all__
