"""What the user asked an audit for: expectations and ceilings, from flags or from the configuration file.

Flags that say what is expected replace what the configuration says of it; `--max-paths` is one more ceiling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.configuration.reader import find_configuration, places_searched, read_configuration
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.expectations.configured import Expectations, ceiling_of
from ecmpaudit.expectations.growth import parse_growth
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.model import Ceiling
from ecmpaudit.rules import all_rules, rule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.model import Growth
    from ecmpaudit.rules import Rule


@dataclass(frozen=True)
class Request:
    """What is expected, and which ceilings are known before any router was asked."""

    expectations: Expectations
    max_paths: int | None = None
    configuration: Configuration | None = None
    path: Path | None = None
    """Where the configuration was read from."""
    growth: Growth | None = None
    """How many nodes are to come."""

    @classmethod
    def of(
        cls,
        config: Path | None,
        pools: Sequence[str],
        expect: int | None,
        nodes: Sequence[str],
        max_paths: int | None,
        growth: str | None = None,
    ) -> Request:
        """Return the request of a command line.

        Raises:
            ConfigurationError: a flag or the configuration cannot be used.
        """
        by_flags = Expectations.from_flags(pools, expect, parse_nodes(nodes))
        path = find_configuration(config)
        configuration = read_configuration(path) if path else None
        to_come = growth or (configuration.growth if configuration else None)
        expectations = by_flags
        if not by_flags.has_any and configuration is not None and path is not None:
            expectations = Expectations.from_configuration(configuration, path.name)
        return cls(expectations, max_paths, configuration, path, parse_growth(to_come) if to_come else None)

    @property
    def inventory(self) -> Configuration:
        """The configuration that names the routers.

        Raises:
            ConfigurationError: there is none.
        """
        if self.configuration is None:
            searched = ", ".join(str(place) for place in places_searched())
            raise ConfigurationError(f"a scan needs a configuration that names the routers; looked for {searched}")
        return self.configuration

    @property
    def audited(self) -> list[str]:
        """The prefixes that all audited ones lie in; empty when any prefix may be audited."""
        return [*self.expectations.pools(None), *self.expectations.named_prefixes(None)]

    @property
    def nodes(self) -> frozenset[str]:
        """The names of the nodes: routes that these tell are no audited router's."""
        return frozenset(self.configuration.nodes if self.configuration else ())

    def ceilings(self, router: str | None, family: int) -> list[Ceiling]:
        """Return the ceilings that flag and configuration give a router for a family (4 or 6)."""
        given = [Ceiling(self.max_paths, "--max-paths")] if self.max_paths else []
        if self.configuration and self.path:
            written = ceiling_of(self.configuration, router, family, self.path.name)
            given += [written] if written else []
        return given


def chosen_rules(select: Sequence[str], ignore: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules to run: those selected, or all, without those ignored.

    Raises:
        ConfigurationError: a code is no rule's.
    """
    selected = {rule(code).code for code in select} or {known.code for known in all_rules()}
    wanted = selected - {rule(code).code for code in ignore}
    return tuple(known for known in all_rules() if known.code in wanted)
