"""The scans in tests/fixtures/scans, recorded in the lab by `tests.lab.record_scans`, and what can happen to an answer.

tor1 is an FRR router, node1 has BIRD, node5 FRR. In `healthy` all is well; in `stale_kernel_route` the kernel of tor1
forwards two prefixes to node1 alone (ECMP302).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.auditing.request import Request, chosen_rules
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.collectors import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ecmpaudit.model import Audit, Capture

SCANS = Path(__file__).parent / "fixtures" / "scans"
CONFIGURATION = SCANS / "ecmpaudit.yaml"
HEALTHY, STALE = "healthy", "stale_kernel_route"


def captures_of(scan: str) -> list[Capture]:
    """Return the captures of a recorded scan."""
    return list(_read(scan))


@cache
def _read(scan: str) -> tuple[Capture, ...]:
    return tuple(snapshot.read(SCANS / scan))


@cache
def _request_of_scans() -> Request:
    return Request.of(ScopeOptions(config=CONFIGURATION))


def audited(captures: Iterable[Capture], configuration: Path = CONFIGURATION, select: Sequence[str] = ()) -> Audit:
    """Return the audit of captures as a scan makes it."""
    is_of_scans = configuration == CONFIGURATION
    request = _request_of_scans() if is_of_scans else Request.of(ScopeOptions(config=configuration))
    material = read_material(captures, only=request.audited, nodes=request.nodes, routers=request.routers)
    return audit_material(material, request, chosen_rules(select, []))


def with_fault(captures: Sequence[Capture], fault: str, *faulty: tuple[str, str]) -> list[Capture]:
    """Return the captures, those of these hosts and commands with a fault."""
    return [FAULTS[fault](each) if (each.router, each.command) in faulty else each for each in captures]


def refused(capture: Capture) -> Capture:
    """Return the answer of a command that the login may not run."""
    return replace(capture, text="", exit_status=1, failure="the command failed with exit status 1: permission denied")


def timed_out(capture: Capture) -> Capture:
    """Return an answer that was not complete in time."""
    text = capture.text[: len(capture.text) // 3]
    reason = f"timed out: no complete answer within 60 s, {len(text)} bytes received; see command_timeout"
    return replace(capture, text=text, exit_status=None, failure=reason)


def cut_short(capture: Capture) -> Capture:
    """Return the first half of an answer, with nothing that says so: a program that ended early, a full disk."""
    return replace(capture, text=capture.text[: len(capture.text) // 2])


def cut_in_a_line(capture: Capture) -> Capture:
    """Return an answer that ends within the line in its middle."""
    lines = capture.text.splitlines(keepends=True)
    middle = len(lines) // 2
    return replace(capture, text="".join(lines[:middle]) + lines[middle][: len(lines[middle]) // 2])


def cut_at_a_line_end(capture: Capture) -> Capture:
    """Return the first half of the lines of an answer; of a single line, nothing."""
    lines = capture.text.splitlines(keepends=True)
    return replace(capture, text="".join(lines[: len(lines) // 2]))


def garbage(capture: Capture) -> Capture:
    """Return an answer of something else."""
    return replace(capture, text="?? segmentation fault (core dumped)\nxyzzy 42\n", exit_status=0, failure=None)


FAULTS: dict[str, Callable[[Capture], Capture]] = {
    "refused": refused,
    "timed out": timed_out,
    "cut short": cut_short,
    "cut in a line": cut_in_a_line,
    "cut at a line end": cut_at_a_line_end,
    "garbage": garbage,
}
