"""The request of a run: expectations and ceilings, from the configuration file and from options.

Options narrow or add to what the configuration expects, and the report says where expectations come from. `--max-paths`
is one more ceiling.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.auditing.ceilings import Ceilings
from ecmpaudit.auditing.cluster_objects import (
    LIVE,
    announcements_in,
    cluster_sources,
    nothing_recorded,
    pods_not_listed,
)
from ecmpaudit.auditing.unavailable import Unavailable
from ecmpaudit.configuration.patterns import words_of
from ecmpaudit.configuration.reader import find_configuration, places_searched
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.flags import Flags
from ecmpaudit.expectations.from_configuration import configured_ceilings, scope_of_further_pools
from ecmpaudit.expectations.from_kubernetes import knowledge_of
from ecmpaudit.expectations.growth import parse_growth
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.inventories.reading import OPTION, read_with_inventories
from ecmpaudit.model import Ceiling
from ecmpaudit.model.network import DETECTION_LIMIT
from ecmpaudit.rules import all_rules, rules_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.auditing.cluster_objects import ClusterSources, Recorded
    from ecmpaudit.auditing.scope import ScopeOptions
    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.model import Capture, Growth
    from ecmpaudit.rules import Rule

GIVEN = "config"
"""What messages and reports call a configuration that is no file."""


@dataclass(frozen=True)
class Request:
    """What is expected, and which ceilings are known before any router was asked."""

    expectations: Expectations
    ceilings: Ceilings = Ceilings()  # noqa: RUF009 - frozen, and empty
    configuration: Configuration | None = None
    path: Path | None = None
    """Where the configuration was read from."""
    growth: Growth | None = None
    """How many nodes will be added; None where that is not given."""
    digest: str | None = None
    """SHA-256 of the configuration file as it was read."""
    sources: tuple[str, ...] = ()
    """Where the expectations come from, for reports: `ecmpaudit.yaml`, `--pool`."""
    cluster: ClusterSources | None = None
    """Where the objects of a cluster are from."""

    @classmethod
    def of(cls, options: ScopeOptions, recorded: Recorded = nothing_recorded) -> Request:
        """Return the request that options and the configuration file make.

        A live cluster is asked, unless its answers are recorded.

        Raises:
            ConfigurationError: an option or the configuration cannot be used.
        """
        if options.given is not None:
            return cls._with_file(options, Path(GIVEN), recorded)
        is_wanted = options.is_searched or options.config is not None
        return cls._with_file(options, find_configuration(options.config) if is_wanted else None, recorded)

    @classmethod
    def without_file(cls, options: ScopeOptions) -> Request:
        """Return the request that the options alone make; errors are those of `of`."""
        return cls._with_file(options, None, nothing_recorded)

    @classmethod
    def _with_file(cls, options: ScopeOptions, path: Path | None, recorded: Recorded) -> Request:
        flags = Flags.of(words_of(options.pools), options.expect, parse_nodes(options.nodes))
        configuration, digest = _configuration(options, path)
        growth = options.growth or (configuration.growth if configuration else None)
        cluster = cluster_sources(configuration, path, options, recorded)
        return cls(
            _expectations(flags, configuration, path, cluster),
            _ceilings(options.max_paths, configuration, path),
            configuration,
            path,
            parse_growth(growth) if growth else None,
            digest,
            _sources(options, configuration, path, cluster),
            cluster,
        )

    def with_pods_not_listed(self, failed: tuple[Capture, ...]) -> Request:
        """Return a copy in which it is known that some of the pods that speak BGP could not be listed."""
        known = self.expectations.cluster
        if not failed or known is None or self.cluster is None:
            return self
        known = replace(known, undetermined=(*known.undetermined, *pods_not_listed(failed)))
        cluster = replace(self.cluster, captures=(*self.cluster.captures, *failed))
        return replace(self, expectations=self.expectations.with_cluster(known), cluster=cluster)

    @property
    def inventory(self) -> Configuration:
        """The configuration that names the routers.

        Raises:
            ConfigurationError: there is none.
        """
        if self.configuration is None:
            searched = ", ".join(str(place) for place in places_searched())
            raise ConfigurationError(
                f"a scan needs a configuration that names the routers; looked for {searched}; "
                "`ecmpaudit config init` writes a first one"
            )
        return self.configuration

    @property
    def audited(self) -> list[str]:
        """The prefixes that contain all audited ones; empty when any prefix may be audited."""
        cluster = self.expectations.cluster
        of_services = [*cluster.ranges, *cluster.expected] if cluster else []
        fabric = self.expectations.fabric
        of_fabric = fabric.prefixes if fabric else ()
        return [*self.expectations.pools(None), *self.expectations.named_prefixes(None), *of_services, *of_fabric]

    @property
    def cluster_captures(self) -> tuple[Capture, ...]:
        """What kubectl answered for the objects of a live cluster, now or as a snapshot has it."""
        return self.cluster.captures if self.cluster else ()

    @property
    def memory(self) -> int | None:
        """MiB that the answers of a run may take in memory; None where the configuration does not say."""
        return self.configuration.memory if self.configuration else None

    @property
    def detection_limit(self) -> float:
        """Seconds within which a router has to notice that a node is silent."""
        return self.configuration.detection if self.configuration else DETECTION_LIMIT

    @property
    def routers(self) -> tuple[str, ...]:
        """The names of the routers: their routes are audited, whatever else they are."""
        return tuple(self.configuration.routers if self.configuration else ())

    @property
    def unavailable(self) -> Unavailable:
        """What the configuration says that hosts do not answer."""
        return Unavailable.of(self.configuration) if self.configuration else Unavailable()

    @property
    def nodes(self) -> frozenset[str]:
        """The names of the nodes, also those of the cluster: their routes are not audited."""
        of_cluster = self.expectations.cluster.nodes if self.expectations.cluster else ()
        own = self.configuration.nodes if self.configuration else ()
        return frozenset(own).union(node.name for node in of_cluster)


def _configuration(options: ScopeOptions, path: Path | None) -> tuple[Configuration | None, str | None]:
    """Return the configuration with all its hosts, and the SHA-256 of its file."""
    if options.given is None:
        return read_with_inventories(path, options.inventories, options.limit)
    from ecmpaudit.configuration.yaml_source import Source  # noqa: PLC0415 - YAML, only where one is given

    if isinstance(options.given, Source):
        return read_with_inventories(path, options.inventories, options.limit, options.given)
    if options.given.inventory or options.inventories:
        raise ConfigurationError(
            f"{GIVEN}: it lacks the hosts of its inventory: give the path of the file, or a mapping"
        )
    return options.given, None


def _expectations(
    flags: Flags, configuration: Configuration | None, path: Path | None, cluster: ClusterSources | None
) -> Expectations:
    """Return what the configuration and the cluster expect, as narrowed or added to by the flags.

    A configuration without pools and without a cluster's objects only names hosts: then `--pool` narrows nothing.
    """
    expectations, further = Expectations((), ()), None
    if configuration:
        expectations = Expectations.from_configuration(configuration, _name(path))
        further = scope_of_further_pools(configuration, _name(path))
    if cluster is None:
        return expectations.with_flags(flags, further)
    if not _expects_something(configuration):
        expectations = expectations.with_flags(flags, further)
    known = knowledge_of(announcements_in(cluster), expectations.nodes, cluster.routers)
    known = replace(known, undetermined=(*known.undetermined, *pods_not_listed(cluster.captures)))
    expectations = expectations.with_cluster(known)
    return expectations.with_flags(flags, further) if _expects_something(configuration) else expectations


def _expects_something(configuration: Configuration | None) -> bool:
    return configuration is not None and bool(
        configuration.clusters or configuration.kubernetes or configuration.fabric
    )


def _sources(
    options: ScopeOptions, configuration: Configuration | None, path: Path | None, cluster: ClusterSources | None
) -> tuple[str, ...]:
    """Return where the expectations come from, in a fixed order."""
    flags = {
        "--pool": options.pools,
        "--nodes": options.nodes,
        "--expect": options.expect,
        "--kube-dump": options.kube_dumps,
    }
    given = tuple(flag for flag, value in flags.items() if value)
    given += (LIVE,) if cluster and cluster.captures else ()
    if configuration is None:
        return given
    if (options.kube_dumps or options.kubectl is not None) and configuration.kubernetes:
        return (f"{_name(path)} without the files of its `kubernetes`", *given)
    is_used = _expects_something(configuration) or (given and configuration.nodes)
    return (_name(path), *given) if is_used else given


def _name(path: Path | None) -> str:
    """Return what reports call the configuration: its file, or the option where only an inventory is given."""
    return path.name if path else OPTION


def _ceilings(max_paths: int | None, configuration: Configuration | None, path: Path | None) -> Ceilings:
    of_every_router = (Ceiling(max_paths, "--max-paths"),) if max_paths else ()
    configured = configured_ceilings(configuration, _name(path)) if configuration else {}
    return Ceilings(of_every_router, configured)


def chosen_rules(select: Sequence[str], ignore: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules to run: those selected, or all, without those ignored; each word is as in `rules_named`.

    Raises:
        ConfigurationError: a code is no rule's.
    """
    ignored = rules_named(ignore)
    return tuple(known for known in rules_named(select) or all_rules() if known not in ignored)
