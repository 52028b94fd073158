"""What hosts do not answer by the configuration (`unavailable`), and what a run is complete without.

Beside a daemon that shows candidates only (BIRD, GoBGP), the kernel's table shows which of them are installed. Where it
cannot be had, the candidates are judged, and a note says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.failed_captures import is_kernel_beside_a_daemon
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.guard import resolved_if_readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.model import Capture, Network, RouterState
    from ecmpaudit.model.questions import OpenQuestion


@dataclass(frozen=True, slots=True)
class Unavailable:
    """What the configuration says that hosts do not answer."""

    of_every_host: frozenset[Question] = frozenset()
    of_host: Mapping[str, frozenset[Question]] = field(default_factory=dict)

    @classmethod
    def of(cls, configuration: Configuration) -> Unavailable:
        """Return what a configuration says."""
        devices = {**configuration.nodes, **configuration.routers}
        return cls(
            frozenset(question for name in configuration.unavailable for question in name.questions),
            {
                host: frozenset(question for name in device.unavailable for question in name.questions)
                for host, device in devices.items()
            },
        )

    def has(self, host: str | None, fact: Question) -> bool:
        """Return whether a host is known not to answer this."""
        return fact in self.of_every_host | self.of_host.get(host or "", frozenset())

    def covers(self, question: OpenQuestion) -> bool:
        """Return whether a host is known not to answer this question."""
        return self.has(question.host, question.fact)

    def excuses(self, failed: Capture) -> bool:
        """Return whether a failed capture is a kernel's table that a host is known not to answer."""
        if failed.is_given_up or failed.command is None or not self.has(failed.router, Question.KERNEL_ROUTES):
            return False
        return is_kernel_beside_a_daemon(failed, resolved_if_readable(failed))


def without_kernels(network: Network, unavailable: Unavailable) -> Network:
    """Return the network with the routers of which the configuration says that their kernel's table is unavailable."""
    routers = tuple(
        replace(state, is_kernel_unavailable=True)
        if state.candidate_families and unavailable.has(state.name, Question.KERNEL_ROUTES)
        else state
        for state in network.routers
    )
    return replace(network, routers=routers, notes=(*network.notes, *_candidates(routers)))


def _candidates(routers: Iterable[RouterState]) -> Iterator[str]:
    for state in routers:
        if state.is_kernel_unavailable:
            families = " and ".join(f"IPv{family}" for family in sorted(state.candidate_families))
            yield (
                f"{state.name or 'this router'}: candidates of {families} were judged, and not what is installed, "
                "since the configuration says that the kernel's table is `unavailable`"
            )
