"""What `import ecmpaudit` offers to scripts and notebooks: load outputs, and audit them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.auditing.request import Request, chosen_rules
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.files import read_inputs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from ecmpaudit.auditing.run import Material
    from ecmpaudit.model import Audit

_COLUMNS = (
    "id", "severity", "title", "nodes", "routers", "prefixes", "findings", "link", "confidence", "cause",
    "since", "prefixes_short", "traffic_moved", "prefixes_without_next_hop", "next",
)  # fmt: skip


def load(
    *inputs: str | Path, router: str | None = None, platform: str | None = None, memory: int | None = None
) -> Material:
    """Return the tables and facts in files, folders and saved snapshots; `router` and `platform` overrule the text.

    A file that cannot be read raises no error: it is in `failed`, and makes an audit incomplete. `memory` are the MiB
    that the texts may take in memory.
    """
    budget = AnswerBudget(memory)
    captures = read_inputs((str(name) for name in inputs), budget)
    return read_material(captures, router=router, platform=platform, budget=budget)


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
    options = ScopeOptions(config, tuple(pools), expect, tuple(nodes), max_paths=max_paths, growth=growth)
    return audit_material(material, Request.of(options), chosen_rules((), ()))


def incident_table(audit: Audit) -> pd.DataFrame:
    """Return the incidents of an audit as a pandas DataFrame, one row each; columns are named as in the JSON report.

    `nodes`, `routers`, `prefixes` and `findings` are lists; the parts of cause and effect are columns of their own.
    """
    import pandas as pd  # noqa: PLC0415 - costs 0.3 s, and an audit needs it only for its routes

    rows = [
        {
            "id": incident.id,
            "severity": incident.severity.value,
            "title": incident.title,
            "nodes": list(incident.nodes),
            "routers": list(incident.routers),
            "prefixes": list(incident.prefixes),
            "findings": list(incident.findings),
            "link": incident.cause.link,
            "confidence": incident.cause.confidence.value,
            "cause": incident.cause.text,
            "since": pd.Timestamp(incident.since) if incident.since else pd.NaT,
            "prefixes_short": incident.effect.prefixes_short,
            "traffic_moved": incident.effect.traffic_moved,
            "prefixes_without_next_hop": incident.effect.prefixes_without_next_hop,
            "next": incident.next,
        }
        for incident in audit.incidents
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))
