"""Whether a run could judge a fault that another one found: only then is a fault that it does not find gone.

It could not where the router was not asked or not completely read, where an answer that the rule needs is missing,
where the rule was not run, or where the prefix was not audited. An answer that the first run had is needed again: a
dump without the kernel's table says nothing about a route that differs there. A missing node is judged by all rules
about missing next hops that could judge it then, and is not gone while the prefix still lacks it, whatever rule is
silent about it.
"""

from __future__ import annotations

from ipaddress import collapse_addresses, ip_network
from typing import TYPE_CHECKING

from ecmpaudit.model import MISSING_NEXT_HOPS
from ecmpaudit.model.addressing import family_of
from ecmpaudit.model.runs import RouterAnswer
from ecmpaudit.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Network, IPv6Network

    from ecmpaudit.model import Fault, Network
    from ecmpaudit.model.runs import Observation

EVERYTHING = ("0.0.0.0/0", "::/0")
"""What a dump covers, which has every route."""
_BOTH = (4, 6)
_COMPARES_FAMILIES = frozenset({"ECMP104"})
_COMPARES_ROUTERS = frozenset({"ECMP105"})
_COMPARES_WITH_AN_EXPECTATION = MISSING_NEXT_HOPS | {"ECMP201", "ECMP202", "ECMP501"}
_OF_AN_ABSENT_PREFIX = frozenset({"ECMP102", "ECMP103"})
_NO_HEADROOM, _WITHOUT_A_SERVICE = "ECMP203", "ECMP503"
_NOT_JUDGED = "ECMP005"


def could_judge(fault: Fault, run: Observation, found_by: Observation | None = None) -> bool:
    """Return whether a run could judge a fault; `found_by` is the run that found it, None if that is forgotten."""
    if fault.code not in run.codes:
        return False
    if not (fault.router or fault.prefix):
        return _is_read_like(run, found_by)
    families = (family_of(fault.prefix),) if fault.prefix and fault.code not in _COMPARES_FAMILIES else _BOTH
    answer = run.answers.get(fault.router)
    if answer is None or not answer.has_judged(fault.code, families):
        return False
    if found_by is not None and not _has_what_was_needed(fault, families, run, found_by):
        return False
    return _is_audited(fault, run) and not _still_lacks(fault, run) if fault.prefix else True


def codes_with_their_inputs(network: Network, codes: Sequence[str]) -> tuple[str, ...]:
    """Return the rules that had what they need beside answers: every known Service, and how many nodes are added."""
    has_input = {
        _WITHOUT_A_SERVICE: bool(network.expects_everything_in) or any(each.is_orphan for each in network.prefixes),
        _NO_HEADROOM: network.growth is not None,
    }
    return tuple(code for code in codes if has_input.get(code, True))


def _is_read_like(run: Observation, found_by: Observation | None) -> bool:
    """Return whether all was read, and as much was asked as in the run that found a fault of no router."""
    if not all(answer.is_complete for answer in run.answers.values()):
        return False
    return found_by is None or (found_by.answers.keys() <= run.answers.keys() and _covers(run, found_by))


def _has_what_was_needed(fault: Fault, families: Sequence[int], run: Observation, found_by: Observation) -> bool:
    if fault.code == _NOT_JUDGED and _is_only_excused(fault, run, found_by):
        return False
    if fault.code == _NOT_JUDGED and not set(found_by.codes) - {_WITHOUT_A_SERVICE, _NO_HEADROOM} <= set(run.codes):
        return False
    before, now = (side.answers.get(fault.router) for side in (found_by, run))
    needs = {question.value for rule in all_rules() if rule.code == fault.code for question in rule.needs}
    wanted = {each for each in before.answered if each[0] in needs and each[1] in families} if before else set()
    if now is None or not wanted <= set(now.answered):
        return False
    if before and fault.code in MISSING_NEXT_HOPS:
        judged = {code for code in MISSING_NEXT_HOPS & set(found_by.codes) if before.has_judged(code, families)}
        if not all(code in run.codes and now.has_judged(code, families) for code in judged):
            return False
    if fault.code in _COMPARES_ROUTERS:
        answers = (run.answers.get(name) for name, old in found_by.answers.items() if not old.is_node)
        return all(answer is not None and answer.has_judged(fault.code, families) for answer in answers)
    return bool(fault.prefix) or fault.is_a_gap or _covers(run, found_by)


def _is_only_excused(fault: Fault, run: Observation, found_by: Observation) -> bool:
    """Return whether a rule is still not judged on the router, and is no gap any more: `unavailable` excuses it now."""
    before, now = (side.answers.get(fault.router, RouterAnswer()) for side in (found_by, run))
    return not before.gaps.isdisjoint(now.excused)


def _is_audited(fault: Fault, run: Observation) -> bool:
    spread = run.spreads.get((fault.router, fault.vrf, fault.prefix))
    if spread is None:
        return False
    if fault.code in _OF_AN_ABSENT_PREFIX and spread.protocol is not None:
        return True
    return spread.expected is not None or fault.code not in _COMPARES_WITH_AN_EXPECTATION


def _still_lacks(fault: Fault, run: Observation) -> bool:
    """Return whether the missing node of a fault is still expected, and still no next hop."""
    spread = run.spreads.get((fault.router, fault.vrf, fault.prefix))
    if spread is None or fault.code not in MISSING_NEXT_HOPS:
        return False
    nodes = (node for node in spread.nodes if node.name == fault.about)
    return any(not any(map(node.has, spread.next_hops)) for node in nodes)


def _covers(run: Observation, found_by: Observation) -> bool:
    """Return whether every prefix that the other run could audit may be audited in this one."""
    if not run.covers:
        return True
    return _collapsed((*run.covers, *(found_by.covers or EVERYTHING))) == _collapsed(run.covers)


def _collapsed(prefixes: Sequence[str]) -> set[IPv4Network | IPv6Network]:
    networks = [ip_network(prefix) for prefix in prefixes]
    return {
        *collapse_addresses(each for each in networks if each.version == 4),  # noqa: PLR2004 - IPv4
        *collapse_addresses(each for each in networks if each.version == 6),  # noqa: PLR2004 - IPv6
    }
