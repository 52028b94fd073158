"""What a broken state is: how it is made, how it shows in the daemons, and what an audit has to say of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.lab.plan import PREFIXES, ROUTERS, nodes_with
from tests.lab.processes import LabError, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from tests.lab.laboratory import Lab
    from tests.lab.states.shown import Shown

ARRIVAL = 30.0
"""Seconds for a state to show in all daemons; it takes less than 10 where nothing else runs."""


@dataclass(frozen=True, slots=True)
class State:
    """A state of the lab. In the clean one each router forwards to all nodes that announce a prefix."""

    name: str
    make: Callable[[Lab], AbstractContextManager[None]]
    shown: tuple[Shown, ...]
    lost: tuple[str, ...] | None = ()
    """The nodes that are not forwarded to any more; None where it is not up to the state which ones are."""
    routers: tuple[str, ...] = tuple(router.name for router in ROUTERS)
    """The routers on which they are lost."""
    prefixes: tuple[str, ...] = PREFIXES
    """The prefixes for which they are."""
    code: str | None = "ECMP101"
    """The rule that has to find it, once for each of these prefixes on each of these routers; None for no finding."""
    link: str | None = None
    """The first broken link of the chain from a lost node to the router's kernel."""
    words: tuple[str, ...] = ()
    """What each of these findings has to say, as regular expressions."""
    also: frozenset[str] = frozenset()
    """Other rules that rightly find something in this state."""
    exit_code: int = 1
    configuration: Mapping[str, Any] = field(default_factory=dict)
    """What an audit of this state needs to have in `ecmpaudit.yaml`, in place of what the clean state has there."""

    def deviations(self, lab: Lab) -> Iterator[str]:
        """Yield what is not as the state would have it, one sentence each."""
        yield from filter(None, (shown.deviation(lab) for shown in self.shown))
        if self.lost is None:
            return
        for router in (host.name for host in ROUTERS):
            forwarding = lab.forwarding(router)
            for prefix in PREFIXES:
                is_hit = router in self.routers and prefix in self.prefixes
                wanted = nodes_with(prefix) - frozenset(self.lost if is_hit else ())
                if forwarding.get(prefix) != wanted:
                    yield f"{router} {prefix}: forwards to {forwarding.get(prefix)}, expected {sorted(wanted)}"


@contextmanager
def holding(lab: Lab, state: State) -> Iterator[None]:
    """Hold a state; raises LabError if the daemons do not say in time that it is there."""
    with state.make(lab):
        try:
            wait_until(lambda: not any(state.deviations(lab)), ARRIVAL, f"the state `{state.name}` holds")
        except LabError as error:
            raise LabError("\n".join([str(error), *state.deviations(lab)])) from error
        yield
