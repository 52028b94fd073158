"""The options that several commands share, as objects: `ecmpaudit.cli.options` fills them from the command line.

Usage errors and help need this module, so it imports nothing heavy.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.reporting.formats import METRICS_LIMIT, Format

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from ecmpaudit.configuration.transports import TransportName
    from ecmpaudit.reporting.counts import By


class FailOn(enum.StrEnum):
    """The severities that can decide the exit code."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class TextFormat(enum.StrEnum):
    """The forms of an explanation, of a history and of differences."""

    TEXT = "text"
    JSON = "json"


class RoutesFormat(enum.StrEnum):
    """The forms of a route table."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


class ExpectFormat(enum.StrEnum):
    """The forms of expectations."""

    TEXT = "text"
    YAML = "yaml"
    JSON = "json"


class CommandsFormat(enum.StrEnum):
    """The forms of the list of a scan's commands."""

    TEXT = "text"
    PATTERNS = "patterns"
    SUDOERS = "sudoers"


class WhatIfFormat(enum.StrEnum):
    """The forms of what a change moves."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


class PeriodFormat(enum.StrEnum):
    """The forms of a report over time."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Output:
    """One file that a report is written to."""

    path: Path
    form: enum.StrEnum
    """One of the forms of the command."""


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """What is printed, and which files are written beside it."""

    form: enum.StrEnum = Format.TEXT
    """Of standard output; one of the forms of the command."""
    outputs: tuple[Output, ...] = ()
    quiet: bool = False
    """Nothing is printed."""


@dataclass(frozen=True, slots=True)
class InputOptions:
    """The texts to read, and what they cannot say themselves."""

    files: tuple[str, ...] = ()
    """Files, folders and saved snapshots; `-` is standard input."""
    router: str | None = None
    """The name of a text that has none; of texts of several routers, the one that is read."""
    platform: str | None = None
    """Overrules the platform that is detected."""
    memory: int | None = None
    """MiB that the texts may take in memory; None where the configuration or the default decides."""
    dask: str | None = None
    """The Dask cluster whose workers read the texts; None: this process does."""


@dataclass(frozen=True, slots=True)
class RuleOptions:
    """Which rules are run, and which findings decide the exit code."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    """As in `ReportOptions`."""
    fail_on: FailOn = FailOn.WARNING
    place: str | None = None
    """The history whose runs rules compare with; as in `HistoryOptions`."""


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Which rules are run, and where their findings are written."""

    form: Format = Format.TEXT
    """Of standard output."""
    outputs: tuple[Output, ...] = ()
    metrics_limit: int = METRICS_LIMIT
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    """Codes of rules, as typed."""
    fail_on: FailOn = FailOn.WARNING
    quiet: bool = False
    verbose: bool = False
    by: By | None = None
    """A table of counts in place of the text report."""


@dataclass(frozen=True, slots=True)
class HistoryOptions:
    """Whether the run is recorded, and where the history is."""

    record: bool = False
    place: str | None = None
    """A file or a URL; None where the environment, the configuration or the default decides."""


@dataclass(frozen=True, slots=True)
class AlertOptions:
    """When a change is reported."""

    confirm: int | None = None
    """Runs in a row that have to find a fault before anybody is notified."""
    quiet_unless_changed: bool = False


@dataclass(frozen=True, slots=True)
class CollectionOptions:
    """Which routers are asked, and how."""

    routers: tuple[str, ...] = ()
    """Names in the configuration; empty for all."""
    limit: tuple[str, ...] = ()
    """Routers and nodes, as names, patterns, groups and labels; empty for all."""
    transport: TransportName | None = None
    """How hosts are reached that name no transport; None where the configuration decides."""
    check: bool = False
    """Hosts are only asked for their version."""
    full: bool = False
    """Whole tables are asked for, not only the audited prefixes and what covers them."""
    jobs: int = 10
    connect_rate: float | None = None
    """Connections begun in a second; None: no limit."""
    save: Path | None = None
    """Folder that the raw answers are saved to."""
    overwrite: bool = False
    """A snapshot that is in that folder already is replaced."""
    keep_secrets: bool = False
    """Passwords and keys are saved as they are, not masked."""
    accept_new: tuple[str, ...] = ()
    """Routers and nodes whose unknown host key is accepted."""
    exec_pods: bool = False
    """The pods of a live cluster that speak BGP are asked too."""
    deadline: float | None = None
    """Seconds from the start."""
    memory: int | None = None
    """MiB that the answers may take in memory; None where the configuration or the default decides."""
    dask: str | None = None
    """The Dask cluster whose workers ask the hosts; None: this process does."""


@dataclass(frozen=True, slots=True)
class RouteOptions:
    """Which routes of a table are shown, and how."""

    within: str | None = None
    protocol: str | None = None
    ecmp: bool = False
    """Only routes with several installed next hops."""
    lookup: str | None = None
    """An address, for its longest match."""
    summary: bool = False
    verbose: bool = False


@dataclass(frozen=True, slots=True)
class ChangeOptions:
    """A planned change as typed, and how flows are taken to be spread."""

    lose: tuple[str, ...] = ()
    lose_routers: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    order: bool = False
    minimum: int | None = None
    """Next hops that each prefix has to keep."""
    model: str | None = None
    """None where each router counts as its platform is known to do it."""
    resilient: int | None = None
    """Buckets; the sets are then taken for resilient groups, whatever the model."""
    layer: str | None = None
    """What is hashed: `l3`, `l4` or `inner`; None where the router's setting counts."""
    from_kernel: int | None = None
    """Flows that the kernel of each router is asked about; None where it is not."""
    flows: Path | None = None
    """A file of them; None where they are made."""


@dataclass(frozen=True, slots=True)
class StoredHistoryOptions:
    """Which history is read."""

    place: str | None = None
    """As in `HistoryOptions`."""
    config: Path | None = None
    """The configuration that may name it."""


@dataclass(frozen=True, slots=True)
class ScheduleOptions:
    """The scan that is run at an interval."""

    config: Path
    every: dt.timedelta
    confirm: int
    deadline: int
    """Seconds."""
    outputs: tuple[Output, ...] = ()
    """Files that each scan writes."""
    parsers: Path | None = None
    """The folder of one's own platforms."""
    program: Path | None = None
    """The command that is run; None for this one."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Where the last run is served, who may read it, and how often there is a new one."""

    listen: tuple[str, int] = ("127.0.0.1", 9808)
    token_file: Path | None = None
    insecure: bool = False
    certificate: Path | None = None
    key: Path | None = None
    interval: float = 300
    """Seconds."""
    jitter: float = 10
    """Seconds at most."""
    stale_after: int = 3
    """Intervals."""


@dataclass(frozen=True, slots=True)
class DrainOptions:
    """Nodes to watch, and how long."""

    drained: tuple[str, ...] = ()
    """Names or addresses."""
    saved: tuple[str, ...] = ()
    """A saved scan or outputs that are read in place of a scan; the waits take addresses from them."""
    wait_gone: bool = False
    wait_back: bool = False
    timeout: float = 300.0
    interval: float = 2.0
    """Seconds between the end of one poll and the next."""
    stable: int | None = None
    """Polls in a row that have to show it; None for 1 of gone and 3 of back."""
    minimum: int | None = None
    """Next hops that each prefix has to keep."""
    jobs: int = 10
    accept_new: tuple[str, ...] = ()
    """Routers and nodes whose unknown host key is accepted."""


@dataclass(frozen=True, slots=True)
class FlowOptions:
    """A flow, and who is asked about it."""

    source: str = ""
    destination: str = ""
    at: tuple[str, ...] = ()
    """The routers where it comes in; empty for those to which no other router sends it."""
    timeout: float = 300.0
    jobs: int = 10
    accept_new: tuple[str, ...] = ()
    """Routers and nodes whose unknown host key is accepted."""
