"""What a broken state of a topology is: how it is made, how it shows, and what `scan` and `explain` have to say."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from tests.lab.states.shown import Shown
    from tests.lab.topologies.instance import Instance
    from tests.lab.topologies.network import NextHops


ALL_STATES = os.environ.get("ECMPAUDIT_LAB_STATES") == "all"
"""Whether all states are run, as by `make lab`, and not only the quick ones."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The same finding on routers and prefixes: one for each pair."""

    code: str
    routers: tuple[str | None, ...]
    prefixes: tuple[str | None, ...] = (None,)
    missing: tuple[str, ...] | None = ()
    """The names of the nodes that are missing; None where it is not up to the state which ones are."""
    link: str | None = None
    """The broken link of each of them; with the confidence `unknown`, the first that is not known."""
    confidence: str = "certain"
    words: tuple[str, ...] = ()
    """What the message has in it, as regular expressions."""
    explained: tuple[str, ...] = ()
    """Prefixes for which `explain` shows it, where the finding itself has none."""
    unsaid: tuple[str, ...] = ()
    """What the message must not have in it, as regular expressions."""
    unforwarded: tuple[str, ...] = ()
    """Nodes that the router reports as installed, and whose `link` `explain` shows as broken all the same."""

    @property
    def explained_prefixes(self) -> tuple[str | None, ...]:
        """The prefixes for which `explain` shows it."""
        return (*self.prefixes, *self.explained)

    @property
    def places(self) -> set[tuple[str, str | None, str | None]]:
        """Code, router and prefix of each of the findings."""
        return {(self.code, router, prefix) for router in self.routers for prefix in self.prefixes}


@dataclass(frozen=True, slots=True)
class BrokenState:
    """One broken state of a topology; `make` breaks it with the real daemons, and leads back at its end."""

    name: str
    make: Callable[[Instance], AbstractContextManager[None]]
    shown: tuple[Shown, ...]
    """How the daemons themselves say that it holds."""
    next_hops: NextHops = field(default_factory=dict)
    """What the routers' kernels then have otherwise than at rest."""
    findings: tuple[Expected, ...] = ()
    """All that a scan has to find; none where the state is healthy."""
    exit_code: int = 1
    explain_codes: Mapping[str, int] = field(default_factory=dict)
    """The exit code of `explain` by prefix, where it does not follow from the findings (see judge.explain_code)."""
    innocent: tuple[str, ...] = ()
    """Hosts that no message may name; nodes that are missing nowhere are never called missing or a cause anyway."""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    """What an audit of this state has in `ecmpaudit.yaml`, in place of what it has at rest."""
    also: frozenset[str] = frozenset()
    """The codes of further rules that rightly find something."""
    is_quick: bool = False
    """Whether it is one of the states that `make test` runs; `make lab` runs all."""


@contextmanager
def holding(instance: Instance, state: BrokenState) -> Iterator[None]:
    """Hold a state; raises LabError if the daemons do not say in time that it holds."""
    with state.make(instance):
        instance.wait_for(state)
        yield
