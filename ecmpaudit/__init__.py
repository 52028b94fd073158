"""Audit equal-cost multipath (ECMP) to load-balanced addresses, from route tables of FRR, BIRD and Linux.

material = ecmpaudit.load("tor1.txt")
material.routes                                   # a pandas DataFrame, one row per next hop
ecmpaudit.audit(material, pools=["172.31.0.0/16"], nodes=["172.30.250.101-105"]).findings
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecmpaudit.auditing.run import Material
    from ecmpaudit.model import Audit

__version__ = "0.1.0"


def load(*inputs: str | Path, router: str | None = None, platform: str | None = None) -> Material:
    """Return the tables and facts in files, folders and saved snapshots; `router` and `platform` overrule the text.

    A file that cannot be read raises no error: it is in `failed`, and makes an audit incomplete.
    """
    from ecmpaudit.auditing.run import read_material  # noqa: PLC0415 - importing ecmpaudit stays cheap
    from ecmpaudit.collectors.files import read_inputs  # noqa: PLC0415

    return read_material(read_inputs(str(name) for name in inputs), router=router, platform=platform)


def audit(
    material: Material,
    *,
    config: Path | None = None,
    pools: Sequence[str] = (),
    expect: int | None = None,
    nodes: Sequence[str] = (),
    max_paths: int | None = None,
    growth: str | None = None,
) -> Audit:
    """Return the audit of what was loaded; the arguments are those of `ecmpaudit analyze`.

    Raises:
        ConfigurationError: an argument or the configuration file cannot be used.
    """
    from ecmpaudit.auditing.request import Request, chosen_rules  # noqa: PLC0415 - importing ecmpaudit stays cheap
    from ecmpaudit.auditing.run import audit_material  # noqa: PLC0415 - importing ecmpaudit stays cheap
    from ecmpaudit.auditing.scope import ScopeOptions  # noqa: PLC0415 - importing ecmpaudit stays cheap

    options = ScopeOptions(config, tuple(pools), expect, tuple(nodes), max_paths=max_paths, growth=growth)
    return audit_material(material, Request.of(options), chosen_rules((), ()))
