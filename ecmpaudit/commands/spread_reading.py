"""Reading a saved snapshot on the workers of a Dask cluster (`--dask`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.auditing.portions import is_of_cluster, material_of_portions, portions_of_snapshot
from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import Reading
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.snapshot import entries_of, is_snapshot, read_entries
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.executors.dask_cluster import DaskCluster, checked

if TYPE_CHECKING:
    from ecmpaudit.auditing.run import Material
    from ecmpaudit.auditing.scope import ScopeOptions
    from ecmpaudit.commands.options import InputOptions
    from ecmpaudit.model import Capture


def read_by_workers(inputs: InputOptions, scope: ScopeOptions, address: str) -> tuple[Request, Material]:
    """Return what is expected, and what a snapshot shows that workers read.

    Raises:
        ConfigurationError: the input is no snapshot, or the cluster cannot be used.
        SnapshotError: the snapshot is damaged, or a worker does not have it at its path.
    """
    cluster = DaskCluster(checked(address))
    folder = _snapshot_of(inputs)
    entries = entries_of(folder)

    def of_cluster(memory: int | None) -> list[Capture]:
        numbered = [(number, entry) for number, entry in enumerate(entries, start=1) if is_of_cluster(entry)]
        return read_entries(folder, numbered, AnswerBudget(inputs.memory or memory))

    request = Request.of(scope, of_cluster)
    reading = Reading(tuple(request.audited), request.nodes, frozenset(request.routers))
    portions = portions_of_snapshot(folder, entries, reading, inputs.memory or request.memory)
    return request, material_of_portions(portions, reading, cluster)


def _snapshot_of(inputs: InputOptions) -> Path:
    """Return the one snapshot among the inputs; ConfigurationError where there is another input, or an option."""
    given = {"--router-name": inputs.router, "--platform": inputs.platform}
    for option, value in given.items():
        if value is not None:
            raise ConfigurationError(f"--dask with {option}: a snapshot names both; leave {option} out")
    folder = Path(inputs.files[0])
    if len(inputs.files) != 1 or not is_snapshot(folder):
        raise ConfigurationError(
            f"--dask reads one saved snapshot, and not {', '.join(inputs.files)}; `ecmpaudit scan --save DIR` makes one"
        )
    return folder
