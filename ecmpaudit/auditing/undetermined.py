"""What could not be judged, since an answer is missing: by the facts that rules and links of the chain declare."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ecmpaudit.model.questions import NotAnswered, Question
from ecmpaudit.rules.causes import LINKS
from ecmpaudit.rules.hashing import RANDOM, SEED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecmpaudit.auditing.unavailable import Unavailable
    from ecmpaudit.model import Network
    from ecmpaudit.model.questions import OpenQuestion
    from ecmpaudit.rules import Rule

_BOTH = frozenset({4, 6})
_IN_A_FABRIC = "ECMP106"
"""The rule that judges the links of the configuration's `fabric`, on the routers at their ends."""
_BETWEEN_TIERS = "ECMP704"
"""The rule that knows routers by their addresses, and speaks where several have a seed of their own."""
_FOUND_BY_ADDRESS = ("ECMP101", "ECMP501")
"""The rules that name nodes by their addresses: a next hop that may be a node's is neither missing nor unexpected."""


def not_answered(network: Network, rules: Iterable[Rule], unavailable: Unavailable) -> tuple[NotAnswered, ...]:
    """Return what was not answered, in the order of the questions, with what is undetermined by it."""
    by_command: dict[tuple[str, str], list[OpenQuestion]] = defaultdict(list)
    for question in network.facts.not_answered:
        by_command[question.host, question.command].append(question)
    judging, chosen = _Judging(network), tuple(rules)
    return tuple(judging.entry(questions, chosen, unavailable) for questions in by_command.values())


class _Judging:
    """The network, by router, as far as it decides which rules an open question concerns."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._families: dict[str, set[int]] = defaultdict(set)
        """The families (4, 6) that something is judged in, by router; also where its routes are not known."""
        for prefix in network.prefixes:
            self._families[prefix.router].add(prefix.family)
        for question in network.facts.not_answered:
            if question.question is Question.ROUTES:
                self._families[question.host] |= _families_of(question)

    def entry(self, questions: Sequence[OpenQuestion], rules: Sequence[Rule], unavailable: Unavailable) -> NotAnswered:
        """Return what one command of one host leaves undetermined."""
        first = questions[0]
        asked = {question.question for question in questions if not question.is_answered_otherwise}
        families = self._families.get(first.host, set()) & frozenset().union(*map(_families_of, questions))
        codes = {rule.code for rule in rules if families and not asked.isdisjoint(rule.needs)}
        if not any(link.neighbor_of(first.host) for link in self._network.links):
            codes.discard(_IN_A_FABRIC)
        if asked == {Question.ADDRESSES} and not self._has_seeded_routers():
            codes.discard(_BETWEEN_TIERS)
        if Question.ADDRESSES in asked and self._identifies_a_next_hop(first.host):
            families = families | {6}
            codes |= {rule.code for rule in rules if rule.code in _FOUND_BY_ADDRESS}
        return NotAnswered(
            router=first.host,
            command=first.command,
            reason=first.reason,
            questions=tuple(sorted({question.question for question in questions})),
            undetermined=tuple(sorted(codes)),
            families=tuple(sorted(families)),
            causes=tuple(self._links(first.host, asked)),
            is_unavailable=all(map(unavailable.covers, questions)),
        )

    def _links(self, host: str, asked: set[Question]) -> Iterator[str]:
        for known in LINKS:
            needs = known.needs_of_router if host in self._families else known.needs_of_node
            if not asked.isdisjoint(needs):
                yield known.link.value

    def _has_seeded_routers(self) -> bool:
        """Return whether several routers have a seed for their hash."""
        settings = self._network.facts.settings
        return len({known.host for known in settings if known.name == SEED and known.value != RANDOM}) > 1

    def _identifies_a_next_hop(self, node: str) -> bool:
        """Return whether a next hop of an unknown address may be this node's, whose own addresses are not known."""
        return any(
            prefix.unidentified
            and any(known.name == node and not prefix.uses(known) for known in prefix.expectation.nodes)
            for prefix in self._network.prefixes
            if prefix.expectation
        )


def _families_of(question: OpenQuestion) -> frozenset[int]:
    return _BOTH if question.family is None else frozenset({question.family})
