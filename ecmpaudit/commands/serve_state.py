"""What `ecmpaudit serve` knows: the last audit in its forms, and how its runs went."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from ecmpaudit.reporting.formats import Format, Settings, render
from ecmpaudit.reporting.prometheus import registry_of
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.commands.answers import Answers
    from ecmpaudit.model import Audit


@dataclass(frozen=True, slots=True)
class Published:
    """The audit of the last run that has one; each form is rendered once, when it is first asked for."""

    answers: Answers
    settings: Settings
    rendered: dict[Format, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def audit(self) -> Audit:
        """What was found."""
        return self.answers.finished.audit

    def form(self, form: Format) -> bytes:
        """Return the report in this form."""
        with self.lock:
            if form not in self.rendered:
                self.rendered[form] = render(form, self.audit, self.settings)
            return self.rendered[form]


@dataclass(frozen=True, slots=True)
class Known:
    """All that is served, at one moment."""

    published: Published | None = None
    complete_at: float | None = None
    """The moment of the monotonic clock at which the last complete run ended."""
    ended_at: float | None = None
    """When the last run ended, in Unix time, whatever its outcome."""
    runs: tuple[int, ...] = (0, 0, 0, 0)
    """How many were complete, incomplete, without an audit or with a failed step after it, and left to another scan."""
    problem: str | None = None
    """Why the last run failed."""
    unusable: str | None = None
    """Why the configuration cannot be used any more; the one before it stays in use."""
    skipped: str | None = None
    """Why the last run did not begin: another scan of the same configuration was running."""

    @property
    def number(self) -> int:
        """How many runs have ended."""
        return sum(self.runs)


class State:
    """What the loop of scans writes and requests read; each reader has one consistent `Known`."""

    def __init__(self, interval: float, stale_after: int) -> None:
        self.known = Known()
        self._oldest = interval * stale_after
        self._intervals = stale_after
        self._start = secrets.token_hex(4)
        self.is_ending = False
        """Streams of events end."""

    def publish(self, answers: Answers, settings: Settings) -> None:
        """Serve this audit from now on."""
        complete_at = self.known.complete_at if answers.finished.audit.is_incomplete else time.monotonic()
        self.known = replace(self.known, published=Published(answers, settings), complete_at=complete_at)

    def ended(self, *, is_complete: bool, problem: str | None) -> None:
        """Note how a run ended."""
        kind = 2 if problem else 0 if is_complete else 1
        ended = replace(self.known, problem=problem, skipped=None, ended_at=time.time())
        self.known = replace(ended, runs=_one_more(self.known.runs, kind))

    def skipped(self, reason: str) -> None:
        """Note that another scan of the same configuration was running: that is no failure, and no fresh run."""
        self.known = replace(self.known, skipped=reason, runs=_one_more(self.known.runs, 3))

    def mark(self, known: Known) -> str:
        """Return what differs after each run, and after a new start."""
        return f"{self._start}-{known.number}"

    def configured(self, unusable: str | None) -> None:
        """Note whether the configuration could be read."""
        self.known = replace(self.known, unusable=unusable)

    def not_ready(self) -> str | None:
        """Return why the report is not to be relied on; None where it is."""
        at, problem = self.known.complete_at, self.known.problem
        problem = problem or self.known.skipped
        because = f"; the last run: {problem}" if problem else ""
        if at is None:
            return f"no run was complete yet{because}"
        age = time.monotonic() - at
        if age > self._oldest:
            return (
                f"the last complete run ended {age:.0f} s ago, {counted(self._intervals, 'interval')} or more{because}"
            )
        return None

    def metrics(self, accept: str) -> tuple[bytes, str]:
        """Return the metrics of the last audit and of the server, and their media type."""
        known = self.known
        registry = CollectorRegistry()
        if known.published:
            settings = known.published.settings
            registry = registry_of(known.published.audit, settings.metrics_limit, settings.last_good)
        registry.register(_OfTheServer(known, is_ready=self.not_ready() is None))
        encoder, media_type = choose_encoder(accept)
        content: bytes = encoder(registry)
        return content, media_type


def _one_more(runs: tuple[int, ...], kind: int) -> tuple[int, ...]:
    return tuple(number + (place == kind) for place, number in enumerate(runs))


@dataclass(frozen=True, eq=False)  # the registry hashes it
class _OfTheServer(Collector):
    known: Known
    is_ready: bool

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        runs = CounterMetricFamily("ecmpaudit_serve_runs", "Runs since the server started.", labels=("outcome",))
        for outcome, number in zip(("complete", "incomplete", "failed", "skipped"), self.known.runs, strict=True):
            runs.add_metric((outcome,), number)
        yield runs
        text = "1 if the configuration file could be read; with 0, the one before it is in use."
        yield GaugeMetricFamily("ecmpaudit_serve_configuration_usable", text, value=self.known.unusable is None)
        text = "1 if the last run did all of its steps."
        yield GaugeMetricFamily("ecmpaudit_serve_last_run_ok", text, value=self.known.problem is None)
        text = "1 if the last complete run is recent, as /readyz says."
        yield GaugeMetricFamily("ecmpaudit_serve_ready", text, value=self.is_ready)
        if self.known.ended_at is not None:
            text = "When the last run ended, in Unix time."
            yield GaugeMetricFamily("ecmpaudit_serve_last_run_end_timestamp_seconds", text, value=self.known.ended_at)
