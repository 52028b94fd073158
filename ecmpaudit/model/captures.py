"""Captures: the output of a command, its lines that no rule matches, and its lines that are evidence."""

from __future__ import annotations

from dataclasses import dataclass

from ecmpaudit.masking import masked

OF_OBJECTS = "kubernetes"
"""The platform of a capture that has objects of a cluster: no host printed it."""


@dataclass(frozen=True, slots=True)
class Capture:
    """The answer of a router or node to one command, or why there is none."""

    router: str | None
    """Name of the router; None where a pasted text does not name it."""
    platform: str | None
    """Key of `parsers/<platform>/platform.toml`; None means: detect it from the text."""
    command: str | None
    """The command as it was sent or typed; None where a pasted text does not show it."""
    text: str
    source: str
    """The origin of the text, for messages: a file name, `-`, or `ssh tor1`."""
    first_line: int = 1
    """1-based number of the text's first line within the source."""
    failure: str | None = None
    """Why the answer is not complete (refused, timed out, cut off …); None when it is complete."""
    is_given_up: bool = False
    """The command was not asked, or its answer was no longer waited for: the time of the run or of the host was over,
    or earlier commands had failed. The host may have had an answer."""
    exit_status: int | None = None
    started: str | None = None
    """ISO 8601, UTC."""
    finished: str | None = None
    host: str | None = None
    """The host of the namespace or container that `router` names; None where `router` is the host."""
    file: str | None = None
    """The large file that has the text; then `text` is empty."""
    is_anonymised: bool = False
    """Its addresses take the place of others, so that prefixes are not in the order in which they were printed."""

    @property
    def place(self) -> str:
        """The source, with the line where the text begins inside of it: `session.txt:41`."""
        return f"{self.source}:{self.first_line}" if self.first_line > 1 else self.source

    @property
    def is_complete(self) -> bool:
        """Return whether nothing is known to have gone wrong with the answer."""
        return self.failure is None

    @property
    def is_of_cluster(self) -> bool:
        """Return whether it has objects of a Kubernetes cluster, or is why they could not be read."""
        return self.platform == OF_OBJECTS


@dataclass(frozen=True, slots=True)
class NotRead:
    """A file, or a part of one, that was not read, and why."""

    source: str
    line: int
    """1-based number of its first line within the source."""
    router: str | None
    command: str | None
    reason: str

    @property
    def place(self) -> str:
        """The source, with the line where the part begins inside of it: `session.txt:41`."""
        return f"{self.source}:{self.line}" if self.line > 1 else self.source


@dataclass(frozen=True, slots=True)
class UnparsedLine:
    """A line that no rule of the template matches, with the secrets in it masked."""

    router: str | None
    source: str
    line: int
    """1-based, in the source."""
    text: str
    reason: str
    """What is wrong with the line: `the prefix is missing, as if the addresses were lost in copying`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", masked(self.text))


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line of output that a finding rests on, with the secrets in it masked."""

    source: str
    line: int
    """1-based, in the source."""
    text: str
    """Empty until a report shows it."""
    path: tuple[str | int, ...] = ()
    """Where in a JSON document it is, by keys; `line` is then the one on which the document begins."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", masked(self.text))
