"""The hosts of a saved snapshot in portions, each of which is read apart from all others, wherever that is.

What travels to who reads is the path of the snapshot, and what its manifest says of some hosts. What comes back are
tables and facts. The text of a line that is evidence is read afterwards, out of the file of the snapshot.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecmpaudit.auditing.gathering import Gathered
from ecmpaudit.auditing.run import gathered_of, material_of
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.compression import packed_with_zstd, unpacked_from_zstd
from ecmpaudit.collectors.snapshot import read_entries
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model.captures import OF_OBJECTS
from ecmpaudit.parsing.parcels import opened, parcels_of
from ecmpaudit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.auditing.run import Material, Reading
    from ecmpaudit.executors.interface import Executor
    from ecmpaudit.model import Capture

_MOST_HOSTS = 125
"""In one portion: enough that small tables are parsed together, few enough that a lost one costs little."""
_FEWEST_PORTIONS = 8
"""Of a snapshot, so that several workers have a part of it."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Some hosts of a snapshot, as plain data."""

    folder: str
    """On a disk that every worker has at the same path."""
    entries: tuple[tuple[int, Any], ...]
    """Of the manifest, with their numbers from 1."""
    reading: Reading
    memory: int | None
    """MiB that the texts may take; None: the default."""
    version: str
    """Of the program that asks: what comes back are its own types."""


def portions_of_snapshot(folder: Path, entries: Sequence[Any], reading: Reading, memory: int | None) -> list[Portion]:
    """Return all hosts of a snapshot, in the order of its manifest, some in each portion."""
    by_host: dict[Any, list[tuple[int, Any]]] = {}
    for number, entry in enumerate(entries, start=1):
        if not is_of_cluster(entry):
            by_host.setdefault(entry.get("router") if isinstance(entry, dict) else None, []).append((number, entry))
    most = max(1, min(_MOST_HOSTS, len(by_host) // _FEWEST_PORTIONS))
    hosts = list(by_host)
    return [
        Portion(
            str(folder.resolve()),
            tuple(chain.from_iterable(by_host[name] for name in names)),
            reading.of_hosts(names),
            memory,
            __version__,
        )
        for names in (hosts[first : first + most] for first in range(0, len(hosts), most))
    ]


def is_of_cluster(entry: Any) -> bool:
    """Return whether an entry of a manifest is of objects of a cluster, and of no host."""
    return isinstance(entry, dict) and entry.get("platform") == OF_OBJECTS


def read_portion(portion: Portion) -> bytes:
    """Return what the hosts of a portion show, without their texts, packed for the way.

    Raises:
        ConfigurationError: the worker has another version of this program.
        SnapshotError: a file of the snapshot is damaged, or is not there.
    """
    refuse_other_version(portion.version)
    folder, budget = Path(portion.folder), AnswerBudget(portion.memory)
    captures = read_entries(folder, portion.entries, budget)
    gathered = gathered_of(captures, portion.reading, budget)
    files = {_key(capture): entry["file"] for capture, (_, entry) in zip(captures, portion.entries, strict=True)}

    def light(capture: Capture) -> Capture:
        return replace(capture, text="", file=str(folder / files[_key(capture)]))

    if len(files) == len(captures):  # else it is not known which of two files has a line
        gathered.without_texts(light)
    parcels, gathered.tables = parcels_of(gathered.tables), []
    return packed_with_zstd(pickle.dumps((gathered, parcels), pickle.HIGHEST_PROTOCOL))


def refuse_other_version(version: str) -> None:
    """Raise ConfigurationError in a worker that has another version than who asks."""
    if version != __version__:
        raise ConfigurationError(
            f"a worker of --dask has ecmpaudit {__version__}, and this is {version}: install the same on both"
        )


def _key(capture: Capture) -> tuple[str | None, str | None, str]:
    return capture.router, capture.command, capture.source


def material_of_portions(portions: Sequence[Portion], reading: Reading, executor: Executor) -> Material:
    """Return what all hosts show; each portion counts once, in their order."""
    read = dict(executor.run(read_portion, portions))
    gathered = Gathered(reading.nodes, reading.routers)
    for number in range(len(portions)):
        gathered.join(_unpacked(read.pop(number)))
    return material_of(gathered)


def _unpacked(packed: bytes) -> Gathered:
    gathered: Gathered
    gathered, parcels = pickle.loads(unpacked_from_zstd(packed))  # noqa: S301 - of our own workers, as all of Dask
    gathered.tables = opened(parcels)
    return gathered
