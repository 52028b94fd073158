"""From the selected paths to the kernel: the router's ceiling, the next hops in the RIB, those in the kernel.

These links are judged on the route table alone too, so that they are known without any other answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model.policies import Decision
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.causes.equal import equal, is_of_bird
from ecmpaudit.rules.causes.interior import one_external_route_alone
from ecmpaudit.rules.causes.link import Clause, Link, State, Step, broken, not_applicable, ok, unknown
from ecmpaudit.rules.causes.table import marks_of
from ecmpaudit.rules.ceilings import is_beyond_the_ceiling, reached_ceiling, shows_candidates
from ecmpaudit.rules.messages import evidence_of, evidence_of_hop, own_routes, protocol_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.model import Evidence, NextHop, Route
    from ecmpaudit.rules.causes.pair import Pair

_NEARER_THAN_BGP = frozenset({"connected", "local", "kernel", "static"})
_PROTOCOL_OF_BIRD = "bird"
"""What the kernel's routes of BIRD have as their protocol."""
_EXPORTS_NOTHING = "REJECT"
"""BIRD's name for `export none`."""
_IN_THE_RIB_ONLY = {
    "rejected": "the kernel rejected {it|them} (rejected)",
    "queued": "the kernel has not installed {it|them} yet (queued)",
    "dead": "{its interface is|their interfaces are} down",
    "linkdown": "{its interface has|their interfaces have} no carrier",
    "not in the kernel": "the kernel does not have {it|them}",
}
"""Why a next hop is not in the FIB, as a template of `Clause`, by the mark of the output."""


def ceiling(pair: Pair) -> Step:
    """Return whether the router's ceiling leaves room for the node."""
    if _own_hop(pair, pair.prefix.installed):
        return _ceiling_of_a_present_node(pair)
    return one_external_route_alone(pair) or _ceiling_of_an_absent_node(pair)


def _ceiling_of_an_absent_node(pair: Pair) -> Step:
    if pair.all_paths and not pair.paths:
        return unknown(Link.CEILING, "it has no path that a ceiling could exclude")
    if reached := reached_ceiling(pair.prefix):
        is_suspected = pair.prefix.ceiling is None
        clause = Clause(reached, reached)
        return unknown(Link.CEILING, reached) if is_suspected else broken(Link.CEILING, clause, *_lines(pair))
    if any(path.is_multipath or path.is_best for path in pair.paths):
        return ok(Link.CEILING, "BGP's own ceiling leaves room for it")
    if pair.prefix.ceiling is None:
        return _suspected_ceiling(pair) or unknown(Link.CEILING, f"{pair.router}'s ceiling is not known")
    return ok(Link.CEILING, f"the ceiling is {pair.prefix.ceiling.value} ({pair.prefix.ceiling.source})")


def _ceiling_of_a_present_node(pair: Pair) -> Step:
    """No ceiling limits a table of candidates: a node that is in one may be beyond the ceiling."""
    known, count = pair.prefix.ceiling, len(pair.prefix.installed)
    if not shows_candidates(pair.prefix):
        return ok(Link.CEILING, "it is an installed next hop")
    if known is None:
        return unknown(Link.CEILING, f"{pair.router}'s ceiling is not known")
    if count > known.value:
        return unknown(Link.CEILING, f"it is one of {count} candidates, the ceiling is {known.value} ({known.source})")
    return ok(Link.CEILING, f"the ceiling is {known.value} ({known.source})")


def _suspected_ceiling(pair: Pair) -> Step | None:
    """A path that equals the best one and is not selected was probably beyond a ceiling."""
    chosen = len({path.next_hops for path in pair.all_paths if path.is_best or path.is_multipath})
    if not equal(pair).state.is_ok or not chosen or pair.prefix.shows_candidates_only:
        return None
    if is_of_bird(pair):  # it marks no set
        template = "{its path is|their paths are} as good as the best one, but {router}'s kernel has only {count}: "
        chosen = len(pair.prefix.installed)
    else:
        template = "{its path is|their paths are} as good as the best one, but BGP selected only {count}: "
    clause = Clause.of(template + "the ceiling is probably {count}", router=pair.router, count=chosen)
    return broken(Link.CEILING, clause, pair.paths[0].evidence, state=State.LIKELY_BROKEN)


def rib(pair: Pair) -> Step:
    """Return whether the route that the router selected has the node as next hop."""
    selected = pair.prefix.selected
    if pair.prefix.shows_candidates_only:
        return unknown(Link.RIB, "the table shows candidates, not what is installed")
    if is_of_bird(pair):
        return not_applicable(Link.RIB, "BIRD gives its paths to the kernel itself")
    if selected is None:
        return _without_selected_route(pair)
    hop = _own_hop(pair, (*selected.forwarding_candidates, *pair.prefix.announced))
    if hop is None:
        return _not_in_the_route(pair, selected)
    if "inactive" in hop.marks:
        return _inactive(pair, hop)
    return ok(Link.RIB, f"it is a next hop of the {protocol_name(selected)} route", *_lines_of(hop, pair))


def _without_selected_route(pair: Pair) -> Step:
    chosen = [path for path in pair.paths if path.is_multipath or path.is_best]
    if not chosen:
        return unknown(Link.RIB, "no route is selected" if pair.prefix.routes else f"{pair.router} has no route to it")
    if denied := _denied_by_zebra(pair):
        return denied
    clause = Clause.of(
        "BGP selected {its path|their paths}, but {router}'s RIB has no selected route", router=pair.router
    )
    return broken(Link.RIB, clause, chosen[0].evidence, *_lines(pair))


def _inactive(pair: Pair, hop: NextHop) -> Step:
    if is_beyond_the_ceiling(hop, pair.prefix):
        return unknown(Link.RIB, f"{pair.router} marks it inactive, as zebra does beyond its maximum")
    if denied := _denied_by_zebra(pair):
        return denied
    clause = Clause.of(
        "{router} marks {it|them} inactive: {its next hop does|their next hops do} not resolve", router=pair.router
    )
    return broken(Link.RIB, clause, *_lines_of(hop, pair), state=State.BROKEN_AFTER_ARRIVAL)


def _not_in_the_route(pair: Pair, selected: Route) -> Step:
    """Only a path that BGP selected has to be in the RIB; without one, an earlier link is the cause."""
    chosen = [path for path in pair.paths if path.is_multipath or path.is_best]
    if not chosen and pair.is_static:
        clause = Clause.of("{router}'s static route does not have {it|them}", router=pair.router)
        return broken(Link.RIB, clause, *_lines(pair))
    if not chosen and selected.protocol in _NEARER_THAN_BGP and (other := _fallback_over_it(pair)):
        return _another_route_is_used(pair, selected, other)
    if not chosen:
        return unknown(Link.RIB, f"the {protocol_name(selected)} route does not have it")
    if denied := _denied_by_zebra(pair):
        return denied
    if pair.is_interior or selected.protocol in _NEARER_THAN_BGP:
        clause = Clause.of(
            "BGP selected {its path|their paths}, but {router} uses the {protocol} route",
            router=pair.router,
            protocol=protocol_name(selected),
        )
    else:
        clause = Clause.of(
            "BGP selected {its path|their paths}, but {router}'s RIB does not have {it|them}", router=pair.router
        )
    return broken(Link.RIB, clause, chosen[0].evidence, *_lines(pair))


def _fallback_over_it(pair: Pair) -> Route | None:
    """Return a route to the prefix that is not used, and that has the node as a next hop."""
    return next((r for r in pair.prefix.fallbacks if any(pair.is_node(hop) for hop in r.forwarding_candidates)), None)


def _another_route_is_used(pair: Pair, selected: Route, other: Route) -> Step:
    clause = Clause.of(
        "{router} uses the {used} route, and only its {other} route has {it|them}",
        router=pair.router,
        used=protocol_name(selected),
        other=protocol_name(other),
    )
    return broken(Link.RIB, clause, *evidence_of([selected, other]), state=State.BROKEN_AFTER_ARRIVAL)


def _denied_by_zebra(pair: Pair) -> Step | None:
    """Return that zebra takes no BGP route to the prefix (`ip protocol bgp route-map`); None where it would."""
    policies = pair.facts.policies_of.get(pair.prefix.router)
    verdict = policies.by_zebra("bgp", pair.prefix.prefix) if policies else None
    if verdict is None or verdict.decision is not Decision.DENIED:
        return None
    clause = Clause.of(
        "{router}'s zebra does not install {it|them}: {filter} rejects {prefix}{why}",
        router=pair.router,
        filter=verdict.filter,
        why=f" ({verdict.why})" if verdict.why else "",
        prefix=pair.prefix.prefix,
    )
    return broken(Link.RIB, clause, *verdict.evidence, state=State.BROKEN_AFTER_ARRIVAL)


def kernel(pair: Pair) -> Step:
    """Return whether the kernel forwards packets to the node."""
    installed = _own_hop(pair, pair.prefix.installed)
    in_kernel = pair.prefix.in_kernel
    if in_kernel is not None:
        if _own_hop(pair, in_kernel):
            return ok(Link.KERNEL, "the kernel forwards packets to it")
        if installed:
            return broken(
                Link.KERNEL,
                Clause.of(
                    "{router} reports {it|them} as installed, but its kernel does not have {it|them}",
                    router=pair.router,
                ),
            )
    elif installed and not pair.prefix.shows_candidates_only:
        return ok(Link.KERNEL, f"{pair.router} reports it as installed")
    hop = _own_hop(pair, pair.prefix.not_in_fib)
    if outside := _not_given_by_bird(pair, hop) or _in_the_rib_only(pair, hop):
        return outside
    was_asked = in_kernel is not None or pair.facts.knows(pair.prefix.router, Question.KERNEL_ROUTES, pair.family)
    if was_asked and not installed:
        return not_applicable(Link.KERNEL, "the RIB has no route over it for the kernel")
    return unknown(Link.KERNEL, "what the kernel has is not known")


def _in_the_rib_only(pair: Pair, hop: NextHop | None) -> Step | None:
    """Return why a next hop that the router has is not in the FIB, by its marks."""
    if hop is None or "inactive" in hop.marks:
        return None
    why = next((template for mark, template in _IN_THE_RIB_ONLY.items() if mark in hop.marks), "{marks}")
    template = f"{{it is|they are}} in {{router}}'s RIB, but {why}"
    clause = Clause.of(template, router=pair.router, marks=marks_of(hop))
    return broken(Link.KERNEL, clause, *_lines_of(hop, pair))


def _not_given_by_bird(pair: Pair, hop: NextHop | None) -> Step | None:
    """Return why the kernel does not have the node, although BIRD does; None where nothing says why.

    BIRD leaves a prefix to the route of another program with a better metric, and may export nothing to the kernel.
    """
    if hop is None and not (is_of_bird(pair) and equal(pair).state.is_ok):
        return None
    used = pair.prefix.kernel_route
    if used is not None and is_of_bird(pair) and used.protocol != _PROTOCOL_OF_BIRD:
        clause = Clause.of(
            "{router}'s kernel uses a route of another program (`proto {protocol}`{metric}), which lacks {it|them}",
            router=pair.router,
            protocol=used.protocol,
            metric=f", metric {used.metric}" if used.metric is not None else "",
        )
        return broken(Link.KERNEL, clause, *evidence_of([used]))
    exports = pair.facts.setting(pair.prefix.router, "kernel export", pair.family, pair.prefix.vrf)
    if pair.prefix.installed or exports is None or exports.value != _EXPORTS_NOTHING:
        return None
    clause = Clause.of(
        "{router}'s kernel protocol exports nothing to the kernel (output filter {filter})",
        router=pair.router,
        filter=exports.value,
    )
    state = State.BROKEN if hop is None else State.BROKEN_AFTER_ARRIVAL
    return broken(Link.KERNEL, clause, exports.evidence, state=state)


def _own_hop(pair: Pair, hops: Sequence[NextHop]) -> NextHop | None:
    """Return the first next hop that leads to the node: its own, or one that its recursive next hop resolves to."""
    resolved = {hop.address for hop in pair.prefix.resolved(pair.node)}
    return next((hop for hop in hops if pair.is_node(hop) or hop.address in resolved), None)


def _lines_of(hop: NextHop, pair: Pair) -> tuple[Evidence, ...]:
    return tuple(line for r in own_routes(pair.prefix) if hop in r.next_hops.hops for line in evidence_of_hop(r, hop))


def _lines(pair: Pair) -> tuple[Evidence, ...]:
    return evidence_of(own_routes(pair.prefix))
