"""The audit as Prometheus metrics: a text file for node_exporter, and OpenMetrics.

The number of series is bounded. Each router has a few; a prefix on a router has four, for as many prefixes as the
limit says. Beyond it those with a finding come first, and `ecmpaudit_prefixes_without_metrics` is the number
of the others; the sums per router are over all. Of the incidents the worst 100 have a series each.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from ecmpaudit.model.questions import undetermined_by_host
from ecmpaudit.reporting.incident_facts import worst_first
from ecmpaudit.reporting.selection import rules_not_run
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.reporting.verdict import SEVERITY_ORDER
from ecmpaudit.rules import all_rules
from ecmpaudit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ecmpaudit.model import Audit, AuditedPrefix, RouterState

_SPREAD = "ECMP101"
"""The rule about the number of next hops."""
_INCIDENTS = 100
"""Incidents with a series of their own."""
_ROUTER = ("router",)
_PREFIX = ("router", "vrf", "prefix")


def render_prometheus(audit: Audit, *, metrics_limit: int, last_good: str | None = None) -> bytes:
    """Return the metrics in Prometheus' text format, as node_exporter's textfile collector reads it.

    `last_good` is when the last complete run before this one started (ISO 8601).
    """
    return generate_latest(registry_of(audit, metrics_limit, last_good))


def render_openmetrics(audit: Audit, *, metrics_limit: int, last_good: str | None = None) -> bytes:
    """Return the same metrics in the OpenMetrics format."""
    registry = registry_of(audit, metrics_limit, last_good)
    content: bytes = openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call]  # the library's
    return content


@dataclass(frozen=True, eq=False)  # the registry hashes it, and an audit has mappings inside
class _Metrics(Collector):
    """The metrics of one audit, in the form that the library asks for."""

    audit: Audit
    limit: int
    last_good: str | None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _of_the_run(self.audit, self.last_good)
        yield from _of_incidents(self.audit)
        yield from _of_routers(self.audit)
        yield from _of_prefixes(self.audit, self.limit)


def registry_of(audit: Audit, limit: int, last_good: str | None) -> CollectorRegistry:
    """Return the metrics of an audit, to which others may be added."""
    registry = CollectorRegistry()
    registry.register(_Metrics(audit, limit, last_good))
    return registry


def _of_the_run(audit: Audit, last_good: str | None) -> Iterator[GaugeMetricFamily]:
    info = _family("ecmpaudit_build_info", "The version of ecmpaudit that made this file.", ("version",))
    info.add_metric((__version__,), 1)
    yield info
    yield _single("ecmpaudit_incomplete", "1 if something could not be asked, read or understood.", audit.is_incomplete)
    started = _unix_time(audit.started)
    if started is not None:
        help_text = "When the run's oldest route table was taken, in Unix time."
        yield _single("ecmpaudit_run_timestamp_seconds", help_text, started)
    good = _unix_time(last_good) if audit.is_incomplete or started is None else started
    if good is not None:
        help_text = "When the last run started in which everything could be checked, with findings or without."
        yield _single("ecmpaudit_last_good_run_timestamp_seconds", help_text, good)
    not_run = _family("ecmpaudit_rule_not_run", "1 for a rule that --select or --ignore excluded.", ("code",))
    for code in rules_not_run(audit):
        not_run.add_metric((code,), 1)
    yield not_run
    findings = _family("ecmpaudit_findings", "Findings by code and severity.", ("code", "severity"))
    for (code, severity), number in _finding_counts(audit).items():
        findings.add_metric((code, severity), number)
    yield findings


def _finding_counts(audit: Audit) -> dict[tuple[str, str], int]:
    """Return the findings per code and severity; a rule that found nothing has 0, so that its series lasts.

    One that did not run, or could not be judged on some router and found nothing on the others, has no number: 0 would
    be a recovery.
    """
    undetermined = {code for each in audit.network.not_answered for code in each.undetermined}
    judged = (rule for rule in all_rules() if rule.code not in undetermined.union(rules_not_run(audit)))
    counts = Counter({(rule.code, rule.severity.value): 0 for rule in judged})
    counts.update((finding.code, finding.severity.value) for finding in audit.findings)
    return dict(sorted(counts.items()))


def _of_incidents(audit: Audit) -> Iterator[GaugeMetricFamily]:
    """Yield how many incidents there are, and one series for each of the worst.

    A severity without an incident has 0 only where all was judged: else it would be a recovery.
    """
    is_judged = not (audit.is_incomplete or audit.network.not_answered or rules_not_run(audit))
    counts = Counter(dict.fromkeys(SEVERITY_ORDER, 0) if is_judged else {})
    counts.update(incident.severity for incident in audit.incidents)
    family = _family("ecmpaudit_incidents", "Incidents by severity.", ("severity",))
    for severity in SEVERITY_ORDER:
        if severity in counts:
            family.add_metric((severity.value,), counts[severity])
    yield family
    incidents = worst_first(audit)
    left_out = len(incidents) - len(incidents[:_INCIDENTS])
    yield _single("ecmpaudit_incidents_without_metrics", "Incidents beyond the worst 100.", left_out)
    labels = ("incident", "severity", "kind", "title")
    info = _family("ecmpaudit_incident_info", "1 for an incident; its title changes as it grows or shrinks.", labels)
    for incident in incidents[:_INCIDENTS]:
        info.add_metric(_labels(incident.id, incident.severity, incident.kind, incident.title), 1)
    yield info


def _of_routers(audit: Audit) -> Iterator[GaugeMetricFamily]:
    routers = {router.name: router for router in audit.network.routers}
    of_router: dict[str, list[AuditedPrefix]] = {name: [] for name in routers}
    for prefix in audit.network.prefixes:
        of_router.setdefault(prefix.router, []).append(prefix)

    checked = _family("ecmpaudit_router_checked", "1 if the router was checked completely.", _ROUTER)
    unread = _family("ecmpaudit_router_lines_not_understood", "Lines that no rule of a template understood.", _ROUTER)
    for name, router in routers.items():
        checked.add_metric(_labels(name), _is_checked(router))
        unread.add_metric(_labels(name), len(router.unparsed))
    undetermined = _family(
        "ecmpaudit_router_undetermined", "1 for a rule that could not be judged on the router.", ("router", "code")
    )
    for host, code in sorted(
        {(each.router, code) for each in audit.network.not_answered for code in each.undetermined}
    ):
        undetermined.add_metric((*_labels(host), code), 1)
    yield from (checked, unread, undetermined)

    sums: tuple[tuple[str, str, Callable[[AuditedPrefix], int]], ...] = (
        ("prefixes", "Audited prefixes on the router.", lambda _: 1),
        ("prefixes_short", "Audited prefixes with fewer next hops than expected.", lambda p: p.shortfall > 0),
        ("expected_next_hops", "Expected next hops of all its audited prefixes.", lambda p: p.expected or 0),
        ("installed_next_hops", "Installed next hops of all its audited prefixes.", lambda p: len(p.installed)),
    )
    not_judged = _not_judged(audit)
    for name, text, value in sums:
        family = _family(f"ecmpaudit_router_{name}", text, _ROUTER)
        for router_name, prefixes in of_router.items():
            number = sum(map(value, prefixes))
            if number or router_name not in not_judged:
                family.add_metric(_labels(router_name), number)
        yield family
    family = _family(
        "ecmpaudit_router_prefixes_not_judged", "Audited prefixes without a finding that are not known clean.", _ROUTER
    )
    of_prefixes = Counter(prefix.router for prefix, _ in audit.prefixes_not_judged)
    for router_name in of_router:
        if of_prefixes[router_name] or router_name not in not_judged:
            family.add_metric(_labels(router_name), of_prefixes[router_name])
    yield family


def _not_judged(audit: Audit) -> set[str]:
    """Return the routers of which 0 prefixes are no fact: not read, or without what the spread is judged by."""
    unread = {state.name for state in audit.network.routers if not _is_checked(state)}
    routers = [state.name for state in audit.network.routers if not state.is_node]
    open_on = undetermined_by_host(audit.network.not_answered, routers)
    return unread | {host for host, pairs in open_on.items() if any(code == _SPREAD for code, _ in pairs)}


def _is_checked(router: RouterState) -> bool:
    return router.has_data and router.failure is None and not router.unparsed


def _of_prefixes(audit: Audit, limit: int) -> Iterator[GaugeMetricFamily]:
    shown = _within(audit, limit)
    left_out = len(audit.network.prefixes) - len(shown)
    yield _single("ecmpaudit_prefixes_without_metrics", "Prefixes on routers beyond --metrics-limit.", left_out)
    values: tuple[tuple[str, str, Callable[[AuditedPrefix], int | None]], ...] = (
        ("expected", "Next hops that the prefix should have; absent where unknown.", lambda p: p.expected),
        ("installed", "Next hops in the FIB.", lambda p: len(p.installed)),
        ("candidate", "Next hops that the selected protocol offers.", lambda p: len(p.candidates)),
        ("ceiling", "The most next hops that the router installs.", lambda p: p.ceiling.value if p.ceiling else None),
    )
    for name, text, value in values:
        family = _family(f"ecmpaudit_prefix_{name}_next_hops", text, _PREFIX)
        for prefix in shown:
            if (number := value(prefix)) is not None:
                family.add_metric(_labels(prefix.router, prefix.vrf, prefix.prefix), number)
        yield family


def _within(audit: Audit, limit: int) -> Sequence[AuditedPrefix]:
    prefixes = audit.network.prefixes
    if len(prefixes) <= limit:
        return prefixes
    blamed = {(f.router, f.vrf, f.prefix) for f in audit.findings}
    return sorted(prefixes, key=lambda p: (p.router, p.vrf, p.prefix) not in blamed)[:limit]


def _single(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _family(name: str, text: str, labels: tuple[str, ...]) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=labels)


def _labels(*values: str) -> tuple[str, ...]:
    r"""Return the values with harmful characters escaped, and backslashes doubled: `a` + newline is not `a\n`.

    Two equal sets of labels would make Prometheus refuse the whole file.
    """
    return tuple(safe(value.replace("\\", "\\\\")) for value in values)


def _unix_time(text: str | None) -> float | None:
    """Return seconds since 1970; None if there is none, or if the text of a snapshot is no time."""
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
