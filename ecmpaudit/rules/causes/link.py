"""One link of the chain, judged: which link, its state, and the clause that reports it."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecmpaudit.model import Evidence

_SLOT = re.compile(r"\{(?:(?P<name>\w+)|(?P<one>[^{}|]*)\|(?P<several>[^{}|]*))\}")


class Link(enum.StrEnum):
    """The links of the chain, in the order in which a route passes them; the values are those of JSON."""

    ASKED = "asked"
    """Whether the node could be asked; not a link that can break."""
    ADDRESS = "address"
    NODE_ROUTE = "node route"
    EXPORT = "export"
    SESSION = "session"
    ACCEPTED = "accepted"
    EQUAL = "equal"
    CEILING = "ceiling"
    RIB = "RIB"
    KERNEL = "kernel"
    NEIGHBOUR = "neighbour"
    """Whether packets leave for the node."""
    DETECTION = "detection"
    """How long it goes unnoticed that the node is silent; not a link that can break."""


class State(enum.Enum):
    """What is known about one link, and how."""

    OK = enum.auto()
    IMPLIED_OK = enum.auto()
    """No answer is about this link; a later link that holds implies it."""
    BROKEN = enum.auto()
    LIKELY_BROKEN = enum.auto()
    """Broken as far as known; the setting that decides it is not known."""
    BROKEN_AFTER_ARRIVAL = enum.auto()
    """Broken, and every link before it holds: a path with an unresolved next hop did arrive."""
    UNKNOWN = enum.auto()
    NOT_APPLICABLE = enum.auto()
    """Not passed, or not needed: nothing is exported over a session that is down."""

    @property
    def is_ok(self) -> bool:
        """The link holds."""
        return self in {State.OK, State.IMPLIED_OK}

    @property
    def is_broken(self) -> bool:
        """The link does not hold."""
        return self in {State.BROKEN, State.LIKELY_BROKEN, State.BROKEN_AFTER_ARRIVAL}

    @property
    def word(self) -> str:
        """The state for JSON: `ok`, `broken`, `not applicable` or `unknown`."""
        if self.is_ok:
            return "ok"
        if self is State.NOT_APPLICABLE:
            return "not applicable"
        return "broken" if self.is_broken else "unknown"


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause about one node, and the same clause about several."""

    about_one: str
    """`its BGP session to tor1 is down`"""
    about_several: str
    """`their BGP sessions to tor1 are down`"""

    @classmethod
    def of(cls, template: str, **values: object) -> Clause:
        """Return the clause of a template such as `{its session|their sessions} to {router} {is|are} down`.

        A slot with a bar has the words for one node and those for several; the others are filled with the values,
        which may hold any text.
        """

        def filled(number: str) -> str:
            return _SLOT.sub(lambda slot: str(values[slot["name"]]) if slot["name"] else slot[number], template)

        return cls(filled("one"), filled("several"))


@dataclass(frozen=True, slots=True)
class Step:
    """One link of one chain, judged."""

    link: Link
    state: State
    clause: Clause
    evidence: tuple[Evidence, ...] = ()
    detail: str = ""
    """What may differ from node to node: `since 00:12:31 (Active)`."""

    @property
    def text(self) -> str:
        """The clause about one node, without its detail."""
        return self.clause.about_one

    @property
    def sentence(self) -> str:
        """The clause about one node, with its detail."""
        return f"{self.text} {self.detail}".rstrip()


def ok(link: Link, text: str, *evidence: Evidence) -> Step:
    """Return a link that holds."""
    return Step(link, State.OK, Clause(text, text), evidence)


def unknown(link: Link, text: str) -> Step:
    """Return a link about which nothing is known; the text says why."""
    return Step(link, State.UNKNOWN, Clause(text, text))


def not_applicable(link: Link, text: str) -> Step:
    """Return a link that the route does not pass, or that needs not be known; the text says why."""
    return Step(link, State.NOT_APPLICABLE, Clause(text, text))


def broken(link: Link, clause: Clause, *evidence: Evidence, detail: str = "", state: State = State.BROKEN) -> Step:
    """Return a link that does not hold."""
    return Step(link, state, clause, evidence, detail)
