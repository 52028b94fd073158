"""The history as text for people and as JSON for programs: the runs, newest last, incidents and faults over time."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ecmpaudit.model import Severity
from ecmpaudit.model.runs import KnownIncident
from ecmpaudit.reporting.terminal import safe, safe_json
from ecmpaudit.reporting.verdict import SEVERITY_ORDER
from ecmpaudit.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecmpaudit.model.runs import KnownFault, RouterAnswer, Run

HISTORY_VERSION = 1
_RUNS_SHOWN = 20
_SHOWN = 50
"""Incidents, and findings, of each group."""
_NOT_IN_JSON = frozenset({"number", "began_as", "is_of_a_change"})


def render_history(
    runs: Sequence[Run],
    incidents: Sequence[KnownIncident],
    faults: Sequence[KnownFault] = (),
    only: Sequence[str] = (),
) -> str:
    """Return the last runs, then the incidents that ended, then the open ones, ending in a newline.

    The single faults follow, where they are given. `only` has the filters that left some out.
    """
    part = [f"only a part is shown: {', '.join(only)}; the numbers of a run are of the whole run"] if only else []
    return "".join(f"{safe(line)}\n" for line in (*part, *_lines(runs, incidents, faults)))


def render_history_json(
    runs: Sequence[Run],
    incidents: Sequence[KnownIncident],
    faults: Sequence[KnownFault],
    only: Sequence[str] = (),
) -> str:
    """Return all runs, incidents and faults as one JSON object, each on a line of its own, ending in a newline."""
    members = [
        f'"ecmpaudit_history": {HISTORY_VERSION}',
        *([f'"only": {_json(list(only))}'] if only else []),
        f'"runs": {_json_lines(map(_run, runs))}',
        f'"incidents": {_json_lines(map(incident_json, incidents))}',
        f'"findings": {_json_lines(map(fault_json, faults))}',
    ]
    return safe_json("{\n  " + ",\n  ".join(members) + "\n}\n")


def _json_lines(values: Iterable[dict[str, Any]]) -> str:
    lines = ",\n    ".join(map(_json, values))
    return f"[\n    {lines}\n  ]" if lines else "[]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _run(run: Run) -> dict[str, Any]:
    return {
        "run": run.number,
        "started": run.started,
        "finished": run.finished,
        "version": run.version,
        "command": run.asked.command,
        "asked_routers": list(run.asked.routers),
        "asked_pools": list(run.asked.pools),
        "configuration_sha256": run.asked.configuration,
        "incomplete": not run.is_complete,
        "prefixes": run.prefixes,
        "findings": {severity.value: run.findings.get(severity, 0) for severity in SEVERITY_ORDER},
        "routers": [_answer(name, answer) for name, answer in run.answers.items() if not answer.is_node],
        "nodes": [_answer(name, answer) for name, answer in run.answers.items() if answer.is_node],
    }


def _answer(name: str, answer: RouterAnswer) -> dict[str, Any]:
    return {
        "name": name,
        "has_data": answer.has_data,
        "failure": answer.failure,
        "undetermined": list(answer.codes_not_judged),
    }


def incident_json(known: KnownIncident) -> dict[str, Any]:
    """Return an incident over time as JSON has it."""
    facts = {key: value for key, value in asdict(known).items() if key not in _NOT_IN_JSON}
    return facts | {"cause": {key: value for key, value in facts["cause"].items() if key != "evidence"}}


def fault_json(known: KnownFault) -> dict[str, Any]:
    """Return a fault as JSON has it."""
    return {
        **{key: value or None for key, value in known.fault._asdict().items()},
        "severity": known.severity,
        "message": known.message,
        "first_seen": known.first_seen,
        "last_seen": known.last_seen,
        "times_seen": known.times_seen,
        "resolved": known.resolved,
        "not_judged_since": known.not_judged_since,
        "not_judged_runs": known.not_judged_runs,
    }


def _lines(runs: Sequence[Run], incidents: Sequence[KnownIncident], faults: Sequence[KnownFault]) -> Iterator[str]:
    if len(runs) > _RUNS_SHOWN:
        yield f"{counted(len(runs) - _RUNS_SHOWN, 'earlier run')} (--format json has all)"
    yield from (_run_line(run) for run in runs[-_RUNS_SHOWN:])
    open_ones = [known for known in incidents if known.resolved is None]
    ended = [known for known in incidents if known.resolved is not None]
    yield from _group("ended", "incident", [_incident_line(known) for known in ended])
    yield from _group("open", "incident", [_incident_line(known) for known in open_ones])
    for word, is_open in (("resolved", False), ("open", True)):
        group = [known for known in faults if (known.resolved is None) == is_open]
        lines = dict.fromkeys(_fault_line(word, known) for known in group)  # one finding may name several nodes
        yield from _group(word, "finding", list(lines))
    if runs:
        yield ""
    asked = [known for known in open_ones if known.not_asked_since is None]
    not_asked = len(open_ones) - len(asked)
    left = f", {not_asked:,} of routers that are not asked any more" if not_asked else ""
    not_judged = sum(known.not_judged_runs > 0 for known in asked)
    unknown = f" ({not_judged:,} not judged in the last run)" if not_judged else ""
    numbers = f"{counted(len(asked), 'open incident')}{unknown}{left}, {len(ended):,} ended"
    yield f"{counted(len(runs), 'run')}, {numbers}; times are UTC"


def _group(word: str, what: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
    if len(lines) > _SHOWN:
        yield f"{word}: {counted(len(lines) - _SHOWN, f'earlier {what}')} (--format json has all)"
    yield from lines[-_SHOWN:]


def _run_line(run: Run) -> str:
    found = ", ".join(
        "incomplete" if severity is Severity.INCOMPLETE else counted(run.findings[severity], severity.value)
        for severity in SEVERITY_ORDER
        if run.findings.get(severity)
    )
    if not run.is_complete and not run.findings.get(Severity.INCOMPLETE):
        found = f"incomplete, {found}" if found else "incomplete"
    failed = [name for name, answer in run.answers.items() if not answer.is_complete]
    unread = f"; not completely read: {', '.join(failed)}" if failed else ""
    clean = "clean" if run.prefixes else "nothing to judge"
    routers = sum(not answer.is_node for answer in run.answers.values())
    checked = f"{counted(routers, 'router')}, {counted(run.prefixes, 'prefix')}"
    head = f"{run.number:>6}  {_short(run.started)}  {run.asked.command:<7}  {checked}"
    return f"{head}: {found or clean}{unread}{_not_judged(run)}"


def _not_judged(run: Run) -> str:
    """Return the rules that could not be judged, by the routers that answered the rest."""
    of_routers = [
        f"{name} ({listed(answer.codes_not_judged)})"
        for name, answer in run.answers.items()
        if answer.undetermined and answer.is_complete and not answer.is_node
    ]
    return f"; not judged: {', '.join(of_routers)}" if of_routers else ""


def _incident_line(known: KnownIncident) -> str:
    word = "open" if known.resolved is None else "resolved" if known.part_of is None else "ended"
    until = f"{word} {_short(known.resolved)}" if known.resolved else f"last seen {_short(known.last_seen)}"
    beside = [
        f"since {_short(known.first_seen)}, {until}, seen {counted(known.times_seen, 'time')}",
        f"was: {known.was}" if known.was not in {None, known.title} else "",
        f"still open: {known.part_of}" if known.part_of is not None else "",
        why_open(known),
    ]
    return f"{word}: {known.severity}  {known.title} ({'; '.join(filter(None, beside))})"


def _fault_line(word: str, known: KnownFault) -> str:
    until = f"resolved {_short(known.resolved)}" if known.resolved else f"last seen {_short(known.last_seen)}"
    seen = f"since {_short(known.first_seen)}, {until}, seen {counted(known.times_seen, 'time')}"
    gap = f"; {why_open(known)}" if known.not_judged_since else ""
    return f"{word}: {known.severity} {known.fault.code}  {known.message} ({seen}{gap})"


def why_open(known: KnownFault | KnownIncident) -> str:
    """Return that it is open since later runs could not judge it, and since when; empty where the last one did."""
    if isinstance(known, KnownIncident) and known.not_asked_since is not None:
        return f"its routers are not asked any more since {_short(known.not_asked_since)}"
    if known.not_judged_since is None:
        return ""
    runs = "run" if known.not_judged_runs == 1 else f"{known.not_judged_runs:,} runs"
    return f"could not be judged in the last {runs}, since {_short(known.not_judged_since)}"


def _short(time: str) -> str:
    return time[:16].replace("T", " ")
