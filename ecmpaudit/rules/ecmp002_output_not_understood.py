"""Lines of a router's output were not understood.

Why
    A line that no template matches may hold the missing next hop. Public parsers drop such lines silently: a
    `nexthop via inet6` gives no next hop, and next hops below an unknown header are added to the prefix before it
    (see the parser traps in SuzieQ, ntc-templates, jc and birdwatcher). A table whose addresses were lost in copying
    has only such lines.

How to fix
    Check the line that the finding names. If text was lost in copying, copy the output again. If the wrong platform
    was detected, name it with `--platform`. If the router prints a form that is not known yet, add a line to its
    template under `parsers/` and use it at once with `--parsers`.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-5
    tor1 line 17 not understood: B>* [20/0] via, enp6s0, 00:01:21
    tor1 line 18 not understood:   *           via, enp6s0, 00:01:21

    tor1 line 3 not understood: nexthop through inet6 fe80::1 dev eth0

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Evidence, Finding, Severity
from ecmpaudit.rules.messages import EVIDENCE_LIMIT
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Network, RouterState, UnparsedLine

CODE = "ECMP002"
SEVERITY = Severity.INCOMPLETE
NEEDS = ()


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each source and reason of lines that were not understood."""
    for router in network.routers:
        alike: dict[tuple[str, str], list[UnparsedLine]] = {}
        for line in router.unparsed:
            alike.setdefault((line.source, line.reason), []).append(line)
        for (source, _), lines in alike.items():
            yield _finding(router, source, lines)


def _finding(router: RouterState, source: str, lines: list[UnparsedLine]) -> Finding:
    first = lines[0]
    count = counted(len(lines), "line")
    place = f"{router.name}: {count} of {source}" if router.name else f"{source}: {count}"
    which = "it is" if len(lines) == 1 else "the first is"
    return Finding(
        code=CODE,
        severity=SEVERITY,
        message=f"{place} not understood; {which} line {first.line}: {first.reason}",
        router=router.name,
        cause=first.reason,
        evidence=tuple(Evidence(line.source, line.line, line.text) for line in lines[:EVIDENCE_LIMIT]),
        hint="copy the output again, name the platform with --platform, or extend its template under parsers/",
    )
