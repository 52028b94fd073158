"""One call of kubectl: its words, its bounds, and the capture of what it printed.

No shell reads the words. What the configuration or a cluster puts into them is checked, and a context or a path is a
part of its option's word, so that it cannot be an option of its own.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer import Limit, now
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.kubectl.failures import failure_of, said_by
from ecmpaudit.collectors.stop import Stop
from ecmpaudit.collectors.transports.processes import run_process
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Capture
from ecmpaudit.model.captures import OF_OBJECTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_TIMEOUTS = 2
"""Calls without an answer in time after which a cluster is not asked any further."""
_LARGEST = 512 * 1024 * 1024
"""Bytes of one answer."""
_GRACE = 5.0
"""Seconds that kubectl has to report its own `--request-timeout`, which names what did not answer."""
_SHOWN = re.compile(r"^kubectl | -A\b| -o (?:json|name)\b| --chunk-size=\d+")
"""What messages leave out of a call."""
_CONTEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,253}")


@dataclass(frozen=True, slots=True)
class Kubectl:
    """How a cluster is reached."""

    context: str = ""
    """Empty for the current one of the kubeconfig."""
    kubeconfig: Path | None = None
    """None: as kubectl finds it, by KUBECONFIG or in ~/.kube/config."""
    timeout: float = 60.0
    """Seconds for each call."""

    def __post_init__(self) -> None:
        """Raise ConfigurationError for a context that no kubeconfig can have."""
        if self.context and not _CONTEXT.fullmatch(self.context):
            raise ConfigurationError(f"kubectl: {self.context[:60]!r} is no name of a context")

    @property
    def options(self) -> list[str]:
        """The words that every call has."""
        place = [f"--kubeconfig={self.kubeconfig}"] if self.kubeconfig else []
        context = [f"--context={self.context}"] if self.context else []
        return [*context, *place]

    @property
    def name(self) -> str:
        """For messages: `kubectl prod`."""
        return f"kubectl {self.context}" if self.context else "kubectl"


@dataclass(slots=True)
class Calls:
    """The calls of one run to one cluster; several threads share them."""

    kubectl: Kubectl
    budget: AnswerBudget = field(default_factory=AnswerBudget)
    stop: Stop = field(default_factory=Stop)
    until: float | None = None
    """The moment of the monotonic clock at which asking ends."""
    refusal: str | None = None
    """Why the cluster cannot be asked at all: the first reason, which holds for what comes after it."""
    timeouts: int = 0

    def call(self, words: Sequence[str]) -> Capture:
        """Return the capture of one call; never raises for what the cluster does."""
        started = now()
        command = " ".join(["kubectl", *words])
        if reason := self._not_asked():
            return self._capture(command, started, f"not asked: {reason}", is_given_up=True)
        left = float("inf") if self.until is None else self.until - time.monotonic()
        seconds = min(self.kubectl.timeout, left)
        limit = Limit(seconds + _GRACE, "kubernetes.kubectl.timeout", _LARGEST)
        argv = ["kubectl", *words, *self.kubectl.options, f"--request-timeout={max(1, round(seconds))}s"]
        run = run_process(argv, limit, self.budget.buffer(), self.stop)
        answer = run.answer
        if answer.failure is None:
            return self._capture(command, started, None, text=answer.text, file=answer.file)
        failure = answer.failure
        if answer.exit_status is not None:  # it ended by itself
            failure = said_by(run.complaint, answer.exit_status, self.kubectl.context)
        kind = failure_of(failure)
        if kind.is_of_cluster and self.refusal is None:
            self.refusal = failure
        self.timeouts += answer.is_timeout
        text = answer.text if words[0] == "api-resources" else ""
        return self._capture(command, started, failure, text=text, is_given_up=answer.is_given_up)

    def _not_asked(self) -> str | None:
        if self.refusal is not None:
            return self.refusal
        if self.timeouts >= MOST_TIMEOUTS:
            return f"{self.timeouts} earlier calls timed out; see kubernetes.kubectl.timeout"
        if self.until is not None and time.monotonic() >= self.until:
            return "the run's deadline was over (--deadline)"
        return None

    def _capture(
        self,
        command: str,
        started: str,
        failure: str | None,
        *,
        text: str = "",
        file: str | None = None,
        is_given_up: bool = False,
    ) -> Capture:
        return Capture(
            router=None,
            platform=OF_OBJECTS,
            command=command,
            text=text,
            source=f"{self.kubectl.name}: {_SHOWN.sub('', command)}",
            failure=failure,
            is_given_up=is_given_up,
            started=started,
            finished=now(),
            file=file,
        )
