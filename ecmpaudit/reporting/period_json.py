"""A period as JSON for programs: every run, prefix, node, incident and fault, where the other forms show the worst."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecmpaudit.reporting.history import fault_json, incident_json
from ecmpaudit.reporting.terminal import safe_json

if TYPE_CHECKING:
    from ecmpaudit.model.periods import Availability, Period

PERIOD_VERSION = 1


def render_period_json(period: Period) -> str:
    """Return one JSON object, ending in a newline; times are ISO 8601 and UTC, shares go from 0 to 1."""
    report = {
        "ecmpaudit_period": PERIOD_VERSION,
        **({"only": list(period.only)} if period.only else {}),
        "since": period.since,
        "until": period.until,
        "last_complete_run": period.last_good,
        "overdue": period.is_overdue,
        "runs_ahead": period.runs_ahead,
        "spread": _spread(period.spread),
        "not_judged": period.not_judged,
        "repair_seconds": [int(span.total_seconds()) for span in period.repairs],
        "runs": [
            {"started": moment.started, "incomplete": not moment.is_complete, **_spread(moment.spread)}
            for moment in period.moments
        ],
        "prefixes": [
            {**_place(prefix.place), **_spread(prefix.spread), "changes": prefix.changes, "gone": prefix.is_gone}
            for prefix in period.prefixes
        ],
        "nodes": [{"name": name, **_spread(spread)} for name, spread in period.nodes.items()],
        "incidents": [incident_json(known) for known in period.incidents],
        "findings": [fault_json(known) for known in period.faults],
    }
    return safe_json(json.dumps(report, indent=2, ensure_ascii=False)) + "\n"


def _place(place: tuple[str, str, str]) -> dict[str, Any]:
    router, vrf, prefix = place
    return {"router": router or None, "vrf": vrf, "prefix": prefix}


def _spread(spread: Availability) -> dict[str, Any]:
    return {"full": spread.full, "known": spread.known, "share": spread.share}
