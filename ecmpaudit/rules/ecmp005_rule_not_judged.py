"""A rule could not be judged on a router, since an answer that it needs is missing.

Why
    A kernel that forwards over one of three next hops shows only in its own table. Where `ip route` is refused, no
    finding says so: silence would pass for health. A fault that was found before stays open until a run that can
    judge it does not find it any more.

How to fix
    Fix what the reason names: the login's rights, the time limit, the command. If the router never answers this, say
    so in ecmpaudit.yaml (`unavailable: [kernel]`): then the report says it, and the run is not incomplete.
    A command that the router's version does not know leaves no rule undetermined.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-5
    tor1 `ip -j -4 route show table all` not answered: permission denied, undetermined ECMP302

    tor1 2001:db8:100::7/128 via 2001:db8::1-5
    tor1 `vtysh -c 'show running-config'` not answered: timed out, undetermined ECMP201, ECMP202

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
    tor1 kernel 198.51.100.7/32 via 192.0.2.1-5
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.not_answered import by_router, sentence
from ecmpaudit.rules.remedies import remedy_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Network, RouterState
    from ecmpaudit.model.questions import NotAnswered

CODE = "ECMP005"
SEVERITY = Severity.INCOMPLETE
NEEDS = ()


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each router; 001 and 002 report a route table that is missing or not understood."""
    states = {state.name: state for state in network.routers}
    gaps = [each for each in network.not_answered if each.is_gap and not _is_reported(each, states.get(each.router))]
    for router, of_router in by_router(gaps).items():
        cause = "; ".join(dict.fromkeys(each.reason for each in of_router))
        yield Finding(
            code=CODE,
            severity=SEVERITY,
            message=f"{router}: {sentence(of_router)}",
            router=router,
            cause=cause,
            hint=f"{remedy_for(cause, router)}; if {router} never answers it, name it under `unavailable` in "
            "ecmpaudit.yaml",
        )


def _is_reported(entry: NotAnswered, state: RouterState | None) -> bool:
    if state is None:
        return False
    is_of_routes = Question.ROUTES in entry.questions and bool(state.failure or state.unparsed)
    return is_of_routes or not state.has_data
