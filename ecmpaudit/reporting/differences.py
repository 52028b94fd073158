"""What changed between two runs or dumps, as text for people and as JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ecmpaudit.model.addressing import in_vrf
from ecmpaudit.reporting.terminal import safe, safe_json
from ecmpaudit.reporting.verdict import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE
from ecmpaudit.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model.runs import Change, Differences

DIFFERENCES_VERSION = 1


def render_differences(found: Differences) -> str:
    """Return one line for each change, then what was not compared, then the numbers."""
    return "".join(f"{safe(line)}\n" for line in _lines(found))


def render_differences_json(found: Differences) -> str:
    """Return the differences as one JSON object, ending in a newline."""
    report = {
        "ecmpaudit_differences": DIFFERENCES_VERSION,
        "before": found.before,
        "after": found.after,
        "changes": [
            {
                "router": change.place[0],
                "vrf": change.place[1],
                "prefix": change.place[2],
                "before": change.before,
                "after": change.after,
                "gone": list(change.removed),
                "come": list(change.added),
                "attributes": {name: {"before": old, "after": new} for name, old, new in change.attributes},
            }
            for change in found.changes
        ],
        "unchanged": found.unchanged,
        "new_findings": list(found.new_faults),
        "gone_findings": list(found.gone_faults),
        "codes": {message: found.codes[message] for message in _messages(found) if message in found.codes},
        "not_compared": list(found.not_compared),
        "not_judged_findings": [{"in": title, "message": message} for title, message in found.not_judged],
    }
    return safe_json(json.dumps(report, indent=2, ensure_ascii=False)) + "\n"


def exit_code_of(found: Differences) -> int:
    """Return 1 for changes, else 3 when something could not be compared or judged, else 0."""
    if not found.is_empty:
        return EXIT_FINDINGS
    return EXIT_INCOMPLETE if found.not_compared or found.not_judged else EXIT_CLEAN


def _lines(found: Differences) -> Iterator[str]:
    yield f"from {found.before} to {found.after}"
    yield from (_sentence(change) for change in found.changes)
    yield from (f"new finding: {_with_code(message, found)}" for message in found.new_faults)
    yield from (f"gone finding: {_with_code(message, found)}" for message in found.gone_faults)
    yield from (f"could not be judged in {title}: {_with_code(message, found)}" for title, message in found.not_judged)
    yield from (f"not compared: {reason}" for reason in found.not_compared)
    unchanged = counted(found.unchanged, "prefix")
    yield f"{counted(len(found.changes), 'prefix')} changed, {unchanged} unchanged"


def _messages(found: Differences) -> Iterator[str]:
    """Yield the message of each finding that is new, gone or not judged."""
    yield from found.new_faults
    yield from found.gone_faults
    yield from (message for _, message in found.not_judged)


def _with_code(message: str, found: Differences) -> str:
    """Return the message with the code of its rule: `tor1 …: 2 next hops, expected 3 (ECMP101)`."""
    return f"{message} ({found.codes[message]})" if message in found.codes else message


def _sentence(change: Change) -> str:
    router, vrf, prefix = change.place
    place = f"{router} {prefix}{in_vrf(vrf)}".lstrip()
    clauses = [_number(change), _with_label("removed", change.removed), _with_label("added", change.added)]
    clauses += [f"{name} {old}, now {new}" for name, old, new in change.attributes]
    return f"{place}: {'; '.join(filter(None, clauses))}"


def _number(change: Change) -> str:
    if change.before is None or change.after is None:
        before, after = (_next_hops(number) for number in (change.before, change.after))
        return f"{before}, now {after}"
    if change.before != change.after:
        return f"{counted(change.before, 'next hop')}, now {change.after}"
    return f"still {counted(change.after, 'next hop')}" if change.removed or change.added else ""


def _next_hops(number: int | None) -> str:
    return "no route" if number is None else counted(number, "next hop")


def _with_label(word: str, hops: tuple[str, ...]) -> str:
    return f"{word}: {listed(hops)}" if hops else ""
