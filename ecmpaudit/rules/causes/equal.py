"""Whether a path is as good as the best one, and if not, which attribute decides: the first that differs.

FRR compares in this order (bgp_path_info_cmp): weight, local preference, AS path length, origin, MED (of one
neighbouring AS only), eBGP over iBGP, IGP metric; and without multipath-relax the neighbouring AS, for iBGP the whole
AS path, has to be the same. BIRD (rte_mergable, bgp_rte_mergable) begins with the preference of the route, has no
weight, and does not compare the content of the AS path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model.policies import Decision
from ecmpaudit.rules.causes.interior import equal_by_ospf
from ecmpaudit.rules.causes.link import Clause, Link, State, Step, broken, ok, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Evidence
    from ecmpaudit.model.facts import BgpPath
    from ecmpaudit.rules.causes.pair import Pair

_DEFAULT_LOCAL_PREFERENCE = 100
_WORST_MED = 2**32 - 1
_GRACEFUL_SHUTDOWN = "as the community graceful-shutdown sets it"
_AS_SET = re.compile(r"[{\[][^}\]]*[}\]]")
_CONFEDERATION = re.compile(r"\([^)]*\)")
_SET_AS = {"local-pref": "local-preference", "MED": "metric", "AS path length": "as-path prepend"}
"""What a route-map sets, by the attribute that differs."""
_RELAX = "multipath-relax"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first attribute in which two paths differ."""

    attribute: str
    """`local-pref`, `AS path length`, `origin`, `MED` …"""
    own: str
    best: str
    remark: str = ""
    is_certain: bool = True
    """False where the setting that decides whether it counts is not known."""


def equal(pair: Pair) -> Step:
    """Return whether the node's path is as good as the best one."""
    usable = [path for path in pair.paths if path.is_valid and path.is_accessible]
    if not usable and pair.is_interior:
        return equal_by_ospf(pair)
    if not usable:
        return unknown(Link.EQUAL, "it has no path to compare")
    chosen = next((path for path in usable if path.is_best or path.is_multipath), None)
    if chosen:
        text = "its path is the best one" if chosen.is_best else "its path is as good as the best one"
        return ok(Link.EQUAL, text, chosen.evidence)
    own = usable[0]
    best = next((path for path in pair.all_paths if path.is_best), None)
    if best is None:
        return unknown(Link.EQUAL, f"{pair.router} marks no path to the prefix as best")
    difference = first_difference(own, best, pair)
    if difference is None:
        return ok(Link.EQUAL, "its path differs from the best one in no known attribute", own.evidence)
    state = State.BROKEN if difference.is_certain else State.LIKELY_BROKEN
    setting, lines = _set_by(difference, pair)
    clause = _clause(difference, _owner(best, pair), setting)
    return broken(Link.EQUAL, clause, own.evidence, best.evidence, *lines, state=state)


def _set_by(difference: Difference, pair: Pair) -> tuple[str, tuple[Evidence, ...]]:
    """Return the entry of the router's route-map that sets the attribute of the node's path, and its lines."""
    verdict = pair.inbound_verdict
    if verdict is None or verdict.decision is not Decision.PERMITTED:
        return "", ()
    name = _SET_AS.get(difference.attribute)
    lines = tuple(line for what, _, line in verdict.sets if what == name)
    return (f"set by {verdict.filter} on {pair.router}", (*verdict.evidence, *lines)) if lines else ("", ())


def _clause(difference: Difference, owner: str, setting: str) -> Clause:
    remarks = ", ".join(filter(None, (difference.remark, setting)))
    return Clause.of(
        "{its path has|their paths have} {attribute} {own}, the best path ({owner}) has {best}{remark}",
        attribute=difference.attribute,
        own=difference.own,
        best=difference.best,
        owner=owner,
        remark=f" ({remarks})" if remarks else "",
    )


def _owner(best: BgpPath, pair: Pair) -> str:
    """Return the name of the best path's node, or its next hop."""
    nodes = pair.prefix.expectation.nodes if pair.prefix.expectation else ()
    return next((node.name for node in nodes if best.next_hops & node.addresses), best.next_hop)


def first_difference(own: BgpPath, best: BgpPath, pair: Pair) -> Difference | None:
    """Return the first attribute in which a path differs from the best one; None where no known one differs."""
    return next(_differences(own, best, pair), None)


def _differences(own: BgpPath, best: BgpPath, pair: Pair) -> Iterator[Difference]:
    if None not in (own.preference, best.preference):
        yield from _numbers("preference", own.preference or 0, best.preference or 0)
    yield from _numbers("weight", own.weight or 0, best.weight or 0)
    preference, of_best = (
        _DEFAULT_LOCAL_PREFERENCE if p.local_preference is None else p.local_preference for p in (own, best)
    )
    yield from _numbers("local-pref", preference, of_best, "" if preference else _GRACEFUL_SHUTDOWN)
    own_as, best_as = _as_numbers(own.as_path), _as_numbers(best.as_path)
    if own_as is not None and best_as is not None and not _is_on(pair, "as-path ignore"):
        yield from _numbers("AS path length", len(own_as), len(best_as))
    if own.origin and best.origin and own.origin.lower() != best.origin.lower():
        yield Difference("origin", own.origin, best.origin)
    is_one_neighbour = own_as is not None and best_as is not None and own_as[:1] == best_as[:1]
    if is_one_neighbour or _is_on(pair, "always-compare-med"):
        yield from _numbers("MED", _med(own, pair), _med(best, pair))
    if None not in (own.is_internal, best.is_internal) and own.is_internal != best.is_internal:
        yield Difference("peer type", _kind(own), _kind(best), "eBGP and iBGP paths do not form one multipath set")
    if own.igp_metric is not None and best.igp_metric is not None:
        yield from _numbers("IGP metric", own.igp_metric, best.igp_metric)
    yield from _as_path_content(own, best, pair)


def _numbers(attribute: str, own: int, best: int, remark: str = "") -> Iterator[Difference]:
    if own != best:
        yield Difference(attribute, str(own), str(best), remark)


def _med(path: BgpPath, pair: Pair) -> int:
    """Return what a path's MED counts as: without one 0, or the worst where the router is configured so."""
    absent = _WORST_MED if _is_on(pair, "missing-as-worst") else 0
    return absent if path.med is None else path.med


def _as_path_content(own: BgpPath, best: BgpPath, pair: Pair) -> Iterator[Difference]:
    """Yield that the AS paths differ, where that counts: eBGP compares the neighbouring AS, iBGP all of it."""
    own_as, best_as = _as_numbers(own.as_path), _as_numbers(best.as_path)
    if own_as is None or best_as is None or pair.prefix.shows_candidates_only or is_of_bird(pair):
        return
    is_same = own_as == best_as if own.is_internal else own_as[:1] == best_as[:1]
    relax = pair.facts.setting(pair.prefix.router, _RELAX, pair.family, pair.prefix.vrf)
    if not is_same and not (relax and relax.value == "on"):
        state = f"{_RELAX} is off" if relax else f"{_RELAX} is probably off"
        yield Difference(
            "AS path", own.as_path or "empty", best.as_path or "empty", f"{state} on {pair.router}", relax is not None
        )


def _is_on(pair: Pair, name: str) -> bool:
    setting = pair.facts.setting(pair.prefix.router, name, pair.family, pair.prefix.vrf)
    return setting is not None and setting.value == "on"


def is_of_bird(pair: Pair) -> bool:
    """Return whether the router runs BIRD: its paths have a preference, its configuration `merge paths`."""
    merging = pair.facts.setting(pair.prefix.router, "merge paths", pair.family, pair.prefix.vrf)
    return merging is not None or any(path.preference is not None for path in pair.all_paths)


def _as_numbers(as_path: str | None) -> tuple[str, ...] | None:
    """Return the AS path for its length and content: a set counts once, a confederation not at all."""
    if as_path is None:
        return None
    return tuple(_AS_SET.sub(lambda found: found[0].replace(" ", ","), _CONFEDERATION.sub("", as_path)).split())


def _kind(path: BgpPath) -> str:
    return "iBGP" if path.is_internal else "eBGP"
