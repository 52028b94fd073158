"""The names of facts that a router or a node may not answer, as `unavailable` has them."""

import enum

from ecmpaudit.model.questions import Question


class FactName(enum.StrEnum):
    """What a scan asks beside route tables."""

    ADDRESSES = "addresses"
    BGP = "bgp"
    CONFIGURATION = "configuration"
    EXPORTS = "exports"
    HASH_POLICY = "hash-policy"
    KERNEL = "kernel"
    MAXIMUM = "maximum"
    NODE_ROUTES = "node-routes"
    SESSIONS = "sessions"

    @property
    def questions(self) -> frozenset[Question]:
        """The questions that are about it."""
        return _QUESTIONS[self]


_QUESTIONS = {
    FactName.ADDRESSES: frozenset({Question.ADDRESSES}),
    FactName.BGP: frozenset({Question.BGP_TABLE}),
    FactName.CONFIGURATION: frozenset({Question.CONFIGURATION}),
    FactName.EXPORTS: frozenset({Question.EXPORTS}),
    FactName.HASH_POLICY: frozenset({Question.HASH_POLICY}),
    FactName.KERNEL: frozenset({Question.KERNEL_ROUTES}),
    FactName.MAXIMUM: frozenset({Question.MAXIMUM, Question.BUILD}),
    FactName.NODE_ROUTES: frozenset({Question.NODE_ROUTES}),
    FactName.SESSIONS: frozenset({Question.SESSIONS, Question.SESSION_DETAILS}),
}
