"""The pods of a live cluster that speak BGP, as further hosts of a scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.kubectl.pods import is_absent_program, speaking_pods
from ecmpaudit.collectors.kubectl.program import Calls
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.selection import limited

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.collectors.target import Target
    from ecmpaudit.commands.options import CollectionOptions
    from ecmpaudit.model import Capture


def with_pods(
    request: Request, targets: Sequence[Target], options: CollectionOptions, until: float | None
) -> tuple[Request, list[Target]]:
    """Return the pods to ask beside the targets, and the request with what it is to say of lists that did not come.

    Raises:
        ConfigurationError: pods are to be asked, and there is no live cluster.
    """
    cluster = request.cluster
    if cluster is None or cluster.kubectl is None:
        if options.exec_pods:
            raise ConfigurationError("--exec asks the pods of a live cluster: give --kubectl, or kubernetes.kubectl")
        return request, []
    refused = any(capture.command == "kubectl api-resources -o name" for capture in cluster.captures)
    if refused or not (options.exec_pods or cluster.asks_pods):
        return request, []
    calls = Calls(cluster.kubectl, AnswerBudget(options.memory or request.memory), until=until)
    found = speaking_pods(calls, cluster.speakers, request.audited, {target.name for target in targets})
    chosen = found.targets
    if options.limit:
        names = limited("--limit", options.limit, request.inventory)
        chosen = tuple(target for target in chosen if target.name in names)
    return request.with_pods_not_listed(found.failed), list(chosen)


def without_absent_programs(captures: Sequence[Capture]) -> list[Capture]:
    """Return the captures without those of a program that a container need not have."""
    return [capture for capture in captures if not is_absent_program(capture)]
