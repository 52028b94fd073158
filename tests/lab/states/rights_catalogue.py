"""States in which the scan's user may not run `vtysh` or `birdc`, or not for every command: no absence follows."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.lab import sshd
from tests.lab.plan import ON_ALL_NODES
from tests.lab.states import sessions
from tests.lab.states.bgp_catalogue import NODE3
from tests.lab.states.shown import sessions_with
from tests.lab.states.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.lab.laboratory import Lab

NODES = ("node1", "node2", "node3", "node4", "node5")


def denied(*places: tuple[str, str]) -> Callable[[Lab], AbstractContextManager[None]]:
    """Return what lets hosts run their daemon's client as nobody, for commands with these words in them."""

    @contextmanager
    def make(lab: Lab) -> Iterator[None]:
        with ExitStack() as undo:
            for host, words in places:
                undo.enter_context(lab.changed(host, sshd.AS_NOBODY, words))
            yield

    return make


@contextmanager
def shut_and_denied(lab: Lab, *hosts: str) -> Iterator[None]:
    """Hold a session shut by tor1, while hosts deny their client."""
    with denied(*((host, "") for host in hosts))(lab), sessions.session_shut(lab, "tor1", "node3"):
        yield


def _unchecked(name: str, *places: tuple[str, str]) -> State:
    """Return a state in which routers cannot be checked: nothing is called missing, and the scan is incomplete."""
    return State(
        name,
        denied(*places),
        (),
        routers=tuple(host for host, _ in places),
        prefixes=(),
        code="ECMP001",
        also=frozenset({"ECMP005"}),
        words=("Permission denied",),
        exit_code=3,
        is_quick=False,
    )


def _undetermined(name: str, words: str) -> State:
    """Return a state in which the routes of tor1 are known, and rules that need more are not judged."""
    return State(
        name,
        denied(("tor1", words)),
        (),
        routers=("tor1",),
        prefixes=(),
        code="ECMP005",
        words=("Permission denied", "could not be judged"),
        exit_code=3,
        is_quick=False,
    )


def _not_needed(name: str, *places: tuple[str, str]) -> State:
    """Return a state in which nodes deny what only a missing next hop would need: there is none."""
    return State(name, denied(*places), (), code=None, exit_code=0, is_quick=False)


RIGHTS_STATES = (
    _unchecked("no permission for vtysh on a router", ("tor1", "")),
    _unchecked("no permission for vtysh on both routers", ("tor1", ""), ("tor2", "")),
    State(
        "no permission for the routes of a router",
        denied(("tor1", "route")),
        (),
        routers=("tor1",),
        prefixes=(),
        code="ECMP001",
        words=("Permission denied",),
        exit_code=3,
    ),
    _undetermined("no permission for the BGP table of a router", "show bgp"),
    _undetermined("no permission for the configuration of a router", "running-config"),
    _not_needed("no permission for vtysh on a node (not broken)", ("node5", "")),
    _not_needed("no permission for birdc on a node (not broken)", ("node3", "")),
    _not_needed("no permission for the exports of a node (not broken)", ("node3", "export")),
    _not_needed("no permission on any node (not broken)", *((node, "") for node in NODES)),
    State(
        "birdc restricted on a node (not broken)",
        lambda lab: lab.changed("node3", sshd.RESTRICTED),
        (),
        code=None,
        exit_code=0,
        is_quick=False,
    ),
    State(
        "session shut, and no permission for birdc on the node",
        lambda lab: shut_and_denied(lab, "node3"),
        sessions_with("tor1", NODE3, r"^{peer} .* Idle \(Admin\)"),
        lost=("node3",),
        routers=("tor1",),
        prefixes=ON_ALL_NODES,
        words=("shut down on tor1 by configuration",),
        link="session",
        confidence="likely",
        innocent=("node1", "node2", "node4", "node5"),
        is_quick=False,
    ),
    State(
        "session shut, and no permission for vtysh on the router",
        lambda lab: shut_and_denied(lab, "tor1"),
        sessions_with("tor1", NODE3, r"^{peer} .* Idle \(Admin\)"),
        lost=("node3",),
        routers=("tor1",),
        prefixes=ON_ALL_NODES,
        words=("tor1 has shut down its BGP session|its BGP session to tor1 is down",),
        link="session",
        also=frozenset({"ECMP001", "ECMP005"}),
        innocent=("node1", "node2", "node4", "node5"),
        is_quick=False,
    ),
)
