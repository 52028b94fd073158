"""The names of facts that a router or a node may not answer, as `unavailable` has them."""

import enum

from ecmpaudit.model.questions import Question


class FactName(enum.StrEnum):
    """What a scan asks beside route tables."""

    ADDRESSES = "addresses"
    BFD = "bfd"
    BGP = "bgp"
    CONFIGURATION = "configuration"
    EXPORTS = "exports"
    HARDWARE_TABLES = "hardware-tables"
    HASH_POLICY = "hash-policy"
    KERNEL = "kernel"
    MAXIMUM = "maximum"
    NEIGHBORS = "neighbours"
    NEXT_HOP_OBJECTS = "next-hop-objects"
    NODE_ROUTES = "node-routes"
    SESSIONS = "sessions"

    @property
    def questions(self) -> frozenset[Question]:
        """The questions that are about it."""
        return _QUESTIONS[self]


_QUESTIONS = {
    FactName.ADDRESSES: frozenset({Question.ADDRESSES}),
    FactName.BFD: frozenset({Question.BFD}),
    FactName.BGP: frozenset({Question.BGP_TABLE}),
    FactName.CONFIGURATION: frozenset({Question.CONFIGURATION}),
    FactName.EXPORTS: frozenset({Question.EXPORTS}),
    FactName.HARDWARE_TABLES: frozenset({Question.TABLE_USE}),
    FactName.HASH_POLICY: frozenset({Question.HASH_POLICY}),
    FactName.KERNEL: frozenset({Question.KERNEL_ROUTES}),
    FactName.MAXIMUM: frozenset({Question.MAXIMUM, Question.BUILD}),
    FactName.NEIGHBORS: frozenset({Question.NEIGHBORS, Question.USE_NEIGH}),
    FactName.NEXT_HOP_OBJECTS: frozenset({Question.NEXT_HOP_OBJECTS}),
    FactName.NODE_ROUTES: frozenset({Question.NODE_ROUTES}),
    FactName.SESSIONS: frozenset({Question.SESSIONS, Question.SESSION_DETAILS}),
}
