"""What a broken state is: how it is made, how it shows in the daemons, and what an audit has to say of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.lab import routes
from tests.lab.plan import CONVERGENCE, PREFIXES, ROUTERS, nodes_with
from tests.lab.processes import LabError, wait_until
from tests.lab.topologies.state import Expected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from tests.lab.laboratory import Lab
    from tests.lab.states.shown import Shown


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
    """The prefixes for which they are; none where the finding is about the router as a whole."""
    lost_by_ospf: tuple[str, ...] = ()
    """The nodes whose routes to these prefixes OSPF has lost as well."""
    further: tuple[str, ...] = ()
    """Prefixes within the pools that only this state has."""
    code: str | None = "ECMP101"
    """The rule that has to find it, once for each of these prefixes on each of these routers; None for no finding."""
    link: str | None = None
    """The first broken link of the chain from a lost node to the router's kernel."""
    confidence: str = "certain"
    """How sure the cause is."""
    unforwarded: tuple[str, ...] = ()
    """Nodes that FRR reports as installed, and that the kernel does not have."""
    words: tuple[str, ...] = ()
    """What each of these findings has to say, as regular expressions."""
    also: frozenset[str] = frozenset()
    """Other rules that rightly find something in this state."""
    exit_code: int = 1
    explain_codes: Mapping[str, int] = field(default_factory=dict)
    """The exit code of `explain` by prefix, where it does not follow from the findings (see judge.explain_code)."""
    innocent: tuple[str, ...] = ()
    """Hosts that no message may name."""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    """What an audit of this state needs to have in `ecmpaudit.yaml`, in place of what the clean state has there."""
    is_quick: bool = True
    """Whether `make test` runs it; `make lab` runs all."""

    @property
    def findings(self) -> tuple[Expected, ...]:
        """What the state's own rule has to find; `also` has further rules."""
        if self.code is None:
            return ()
        link, words = (self.link, self.confidence), self.words
        nodes = (self.lost, *link, words)
        prefixes = self.prefixes or (None,)
        return (Expected(self.code, self.routers, prefixes, *nodes, unforwarded=self.unforwarded),)

    def deviations(self, lab: Lab) -> Iterator[str]:
        """Yield what is not as the state would have it, one sentence each.

        That is all that an audit judges, and it judges both routers in both families, whatever the state is about.
        """
        yield from filter(None, (shown.deviation(lab) for shown in self.shown))
        for router in (host.name for host in ROUTERS):
            answers = routes.answers(lab.machines[router], lab.node_names)
            yield from self._wrong_next_hops(router, answers)
            yield from routes.strangers(answers, self.further)
        yield from lab.ospf_disagreements(silent=self.lost_by_ospf)

    def _wrong_next_hops(self, router: str, answers: routes.Answers) -> Iterator[str]:
        forwarding, offers = routes.forwarding(answers), routes.frr_offers(answers)
        is_hit = router in self.routers
        for prefix in PREFIXES:
            lost = frozenset((self.lost or ()) if is_hit and prefix in self.prefixes else ())
            lost_by_ospf = frozenset(self.lost_by_ospf if prefix in self.prefixes else ())
            offered = offers.get((prefix, "ospf"), routes.Offer()).next_hops
            for verb, found, wanted in (
                ("forwards to", forwarding.get(prefix, frozenset()), nodes_with(prefix) - lost),
                ("has by OSPF", offered, nodes_with(prefix) - lost_by_ospf),
            ):
                # Where it is not up to the state which nodes are lost, `shown` says how many are left.
                is_right = found <= wanted if self.lost is None and is_hit else found == wanted
                if not is_right:
                    yield f"{router} {prefix}: {verb} {sorted(found)}, expected {sorted(wanted)}"


@contextmanager
def holding(lab: Lab, state: State) -> Iterator[None]:
    """Hold a state; raises LabError if the daemons do not say in time that it is there."""
    with state.make(lab):
        try:
            wait_until(lambda: not any(state.deviations(lab)), CONVERGENCE, f"the state `{state.name}` holds")
        except LabError as error:
            raise LabError("\n".join([str(error), *state.deviations(lab)])) from error
        yield
