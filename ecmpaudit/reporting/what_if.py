"""What a change moves, as text with one block for each router, and as JSON for programs."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from ecmpaudit.changes.spreading import Model
from ecmpaudit.model.addressing import in_vrf
from ecmpaudit.reporting.terminal import safe, safe_json
from ecmpaudit.reporting.verdict import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE
from ecmpaudit.rules.messages import next_hops
from ecmpaudit.version import __version__
from ecmpaudit.wording import and_more, counted, listed, word_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from ecmpaudit.changes.replayed import Replay
    from ecmpaudit.changes.spreading import Movement
    from ecmpaudit.changes.what_if import Outcome, WhatIf

WHAT_IF_VERSION = 1
_NAMED = 3
"""Prefixes with one outcome that are named; further ones are counted."""
_DIGITS = 6
_SHARES = 8
"""Nodes of which the text has the share of flows by the kernel."""
_MODELS = {
    Model.HASH_THRESHOLD: "hash-threshold, as the Linux kernel does it (RFC 2992)",
    Model.RESILIENT: "resilient groups of the Linux kernel with {buckets} buckets",
    Model.MODULO_N: "modulo-n, a model of some ASICs, and no particular device's",
}


def what_if_code(result: WhatIf) -> int:
    """Return 1 if too few next hops are left or a ceiling is exceeded, else 3 if something is not known, else 0."""
    if any(outcome.is_finding for outcome in result.outcomes):
        return EXIT_FINDINGS
    return EXIT_INCOMPLETE if result.is_incomplete else EXIT_CLEAN


def render_what_if(result: WhatIf, *, width: int, verbose: bool = False) -> str:
    """Return the text, ending in a newline; `width` is in columns, 0 means that no line is wrapped.

    Prefixes of one router with the same outcome are shown once, unless it is `verbose`.
    """
    return "".join(f"{_wrapped(depth, text, width)}\n" for depth, text in _lines(result, verbose=verbose))


def _wrapped(indent: int, text: str, width: int) -> str:
    return textwrap.fill(
        safe(text),
        width=width if width > 0 else sys.maxsize,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _lines(result: WhatIf, *, verbose: bool) -> Iterator[tuple[int, str]]:
    if not result.outcomes:
        yield from lines_of_totals(result)
        return
    for model in models_of(result):
        yield 0, f"model: {model}"
    for router, outcomes in by_router(result).items():
        yield 0, ""
        yield 0, f"{router or 'the router'}: {count_of_changes(outcomes)}"
        for group in alike(outcomes, verbose=verbose):
            yield from lines_of_group(group)
    yield 0, ""
    yield from lines_of_totals(result)


def models_of(result: WhatIf) -> list[str]:
    """Return the models that were used, in words."""
    used = dict.fromkeys((outcome.chosen.model, outcome.chosen.buckets) for outcome in result.outcomes)
    return [_MODELS[model].format(buckets=buckets) for model, buckets in used]


def by_router(result: WhatIf) -> dict[str, list[Outcome]]:
    """Return the outcomes by router."""
    found: dict[str, list[Outcome]] = {}
    for outcome in result.outcomes:
        found.setdefault(outcome.prefix.router, []).append(outcome)
    return found


def count_of_changes(outcomes: Sequence[Outcome]) -> str:
    """Return of how many prefixes the next hops change."""
    changed = sum(outcome.changes for outcome in outcomes)
    return f"{changed:,} of {counted(len(outcomes), 'prefix')} {word_for(changed, 'changes', 'change')}"


def alike(outcomes: Sequence[Outcome], *, verbose: bool) -> Iterator[list[Outcome]]:
    """Yield the prefixes whose next hops change, or may, those with one outcome together."""
    groups: dict[tuple[object, ...], list[Outcome]] = {}
    for number, outcome in enumerate(outcomes):
        if outcome.changes or outcome.may_change or outcome.is_finding:
            key = (outcome.prefix.vrf, outcome.before, outcome.after, outcome.uncertain, outcome.is_below_minimum)
            rest = (
                outcome.chosen,
                outcome.exceeded,
                outcome.fallback.text if outcome.fallback else None,
                number if verbose else None,
            )
            groups.setdefault((*key, *rest), []).append(outcome)
    yield from groups.values()


def lines_of_group(group: Sequence[Outcome]) -> Iterator[tuple[int, str]]:
    """Yield the lines about prefixes with one outcome, each with its indent; the first one names them."""
    first = group[0]
    names = listed((outcome.prefix.prefix for outcome in group[:_NAMED]), _NAMED) + and_more(len(group) - _NAMED)
    yield 2, f"{names}{in_vrf(first.prefix.vrf)}: {len(first.before)} to {next_hops(len(first.after))}"
    if first.changes:
        moved = first.movement
        yield 4, f"moved {percent(moved.moved)}, innocent {percent(moved.innocent)}"
        if moved.moves_later:
            yield 4, f"later, once their buckets are idle: {percent(moved.moves_later)} more"
        if first.after:
            largest = f"largest share {percent(first.largest_share)} ({_of_largest_share(moved)})"
            yield 4, f"{largest}, an even one is {percent(first.even_share)}"
    for outcome in group:
        yield from _of_kernel(outcome)
    if first.loses_last and first.fallback:
        yield 4, f"LAST NEXT HOP LOST: traffic goes to {first.fallback.text}"
    if first.is_below_minimum:
        yield 4, f"BELOW --min: {next_hops(len(first.after))} left"
    if first.exceeded:
        yield 4, f"CEILING of {first.exceeded.value} exceeded ({first.exceeded.source})"
    if first.uncertain:
        yield 4, f"uncertain: {'; '.join(first.uncertain)}"


def _of_kernel(outcome: Outcome) -> Iterator[tuple[int, str]]:
    """Yield what the change does to the flows that the kernel was asked about."""
    replay = outcome.replay
    if replay:
        shares = listed((f"{node} {percent(share)}" for node, share in replay.shares_before.items()), _SHARES)
        yield 4, f"{outcome.prefix.prefix}, {counted(replay.flows, 'flow')} by its kernel: {shares}"
        yield 6, f"of these moved {percent(replay.moved)}, innocent {percent(replay.innocent)}"
        if replay.differs:
            yield 6, f"DIFFERS: {replay.differs}"


def _of_largest_share(moved: Movement) -> str:
    return max(moved.shares_after, key=lambda node: moved.shares_after[node])


def lines_of_totals(result: WhatIf) -> Iterator[tuple[int, str]]:
    """Yield the lines about all together, and about what was not looked at."""
    yield from _lines_of_figures(result) if result.outcomes else _lines_without_figures(result)
    for state in result.not_checked:
        yield 0, f"{state.why_not_checked}"
    for sentence in result.unanswered:
        yield 0, f"not looked at: {sentence}"
    for sentence in result.notes:
        yield 0, f"note: {sentence}"


def _lines_without_figures(result: WhatIf) -> Iterator[tuple[int, str]]:
    place = "from a router that stays" if result.lost_routers else "from any router"
    yield 0, f"nothing is known of what this change moves: no audited prefix was read {place}"


def _lines_of_figures(result: WhatIf) -> Iterator[tuple[int, str]]:
    changed = sum(outcome.changes for outcome in result.outcomes)
    uncertain = sum(bool(outcome.uncertain) for outcome in result.outcomes)
    shares = f"moved {percent(result.moved)}, innocent {percent(result.innocent)}"
    sets = f"{changed:,} of {counted(len(result.outcomes), 'set')} {word_for(changed, 'changes', 'change')}"
    doubt = f", {uncertain:,} uncertain" if uncertain else ""
    yield 0, f"in total, each prefix on each router counting the same: {shares}; {sets}{doubt}"
    if result.order is not None:
        yield 0, f"drain in this order, each node back before the next one goes: {listed(result.order)}"
        yield 0, f"each flow then moves {float(result.moved_by_order):.2f} times on average"


def percent(share: Fraction) -> str:
    """Return a share as `12.5 %`."""
    return f"{float(share):.1%}".replace("%", " %")


def render_what_if_json(result: WhatIf) -> str:
    """Return the outcomes as one JSON object, ending in a newline; shares are of 1, and each outcome has a line.

    Without any outcome nothing is known, and the shares and the order are null.
    """
    is_known = bool(result.outcomes)
    has_order = is_known and result.order is not None
    document = {
        "ecmpaudit_what_if": WHAT_IF_VERSION,
        "version": __version__,
        "incomplete": result.is_incomplete,
        "total": {
            "moved": _share(result.moved) if is_known else None,
            "innocent": _share(result.innocent) if is_known else None,
            "sets": len(result.outcomes),
            "changed": sum(outcome.changes for outcome in result.outcomes),
            "uncertain": sum(bool(outcome.uncertain) for outcome in result.outcomes),
        },
        "order": list(result.order or ()) if has_order else None,
        "moved_by_order": _share(result.moved_by_order) if has_order else None,
        "lost_routers": list(result.lost_routers),
        "not_checked": [
            {"router": state.name, "failure": state.failure, "lines_not_understood": len(state.unparsed)}
            for state in result.not_checked
        ],
        "unanswered": list(result.unanswered),
        "notes": list(result.notes),
    }
    rest = json.dumps(document, indent=2, ensure_ascii=False).removesuffix("\n}")
    outcomes = ",\n".join(f"    {line}" for line in _lines_of_json(result.outcomes))
    return f'{safe_json(rest)},\n  "what_if": [\n{outcomes}\n  ]\n}}\n'


def _lines_of_json(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield each outcome as one line; what prefixes of one router share is written, and made safe, once."""
    written: dict[tuple[int, ...], str] = {}
    for outcome in outcomes:
        key = tuple(map(id, (outcome.before, outcome.after, outcome.uncertain, outcome.chosen, outcome.movement)))
        if key not in written:
            written[key] = safe_json(json.dumps(_effect(outcome), ensure_ascii=False).removeprefix("{"))
        place = safe_json(json.dumps(_place(outcome), ensure_ascii=False).removesuffix("}"))
        yield f"{place}, {written[key]}"


def _place(outcome: Outcome) -> dict[str, Any]:
    fallback = outcome.fallback
    return {
        "router": outcome.prefix.router,
        "vrf": outcome.prefix.vrf,
        "prefix": outcome.prefix.prefix,
        "fallback": {"kind": fallback.kind, "text": fallback.text} if fallback else None,
        "kernel": _replayed(outcome.replay) if outcome.replay else None,
    }


def _replayed(replay: Replay) -> dict[str, Any]:
    return {
        "flows": replay.flows,
        "shares_before": {node: _share(share) for node, share in replay.shares_before.items()},
        "moved": _share(replay.moved),
        "innocent": _share(replay.innocent),
        "differs": replay.differs,
    }


def _effect(outcome: Outcome) -> dict[str, Any]:
    moved = outcome.movement
    return {
        "model": outcome.chosen.model.value,
        "buckets": outcome.chosen.buckets,
        "moved": _share(moved.moved),
        "innocent": _share(moved.innocent),
        "moves_later": _share(moved.moves_later),
        "shares_before": {node: _share(share) for node, share in moved.shares_before.items()},
        "shares_after": {node: _share(share) for node, share in moved.shares_after.items()},
        "largest_share": _share(outcome.largest_share),
        "even_share": _share(outcome.even_share),
        "next_hops_before": [member.hop for member in outcome.before],
        "next_hops_after": [member.hop for member in outcome.after],
        "below_minimum": outcome.is_below_minimum,
        "loses_last": outcome.loses_last,
        "ceiling_exceeded": outcome.exceeded.value if outcome.exceeded else None,
        "uncertain": "; ".join(outcome.uncertain) or None,
    }


def _share(share: Fraction) -> float:
    return round(float(share), _DIGITS)
