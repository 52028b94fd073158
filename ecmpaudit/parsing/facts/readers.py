"""The readers of facts, by their names in platform.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.parsing.facts.bird_configuration import read_bird_configuration
from ecmpaudit.parsing.facts.bird_sessions import read_protocols
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts
from ecmpaudit.parsing.facts.exports import read_advertised, read_bird_exports, read_gobgp_exports
from ecmpaudit.parsing.facts.formats import format_of
from ecmpaudit.parsing.facts.frr_build import read_version, read_zebra
from ecmpaudit.parsing.facts.frr_configuration import read_frr_configuration
from ecmpaudit.parsing.facts.frr_sessions import read_neighbors, read_summary
from ecmpaudit.parsing.facts.gobgp_sessions import read_gobgp_neighbors
from ecmpaudit.parsing.facts.linux import read_addresses, read_hash_policy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecmpaudit.model import Capture

READERS: dict[str, Callable[[Capture, Path | None], CaptureFacts]] = {
    "frr summary": read_summary,
    "frr neighbors": read_neighbors,
    "frr configuration": read_frr_configuration,
    "frr zebra": read_zebra,
    "frr version": read_version,
    "frr advertised": read_advertised,
    "bird protocols": read_protocols,
    "bird configuration": read_bird_configuration,
    "bird exports": read_bird_exports,
    "gobgp neighbors": read_gobgp_neighbors,
    "gobgp exports": read_gobgp_exports,
    "addresses": read_addresses,
    "hash policy": read_hash_policy,
}
"""By the name given as `reader` in platform.toml."""


def read_facts(capture: Capture) -> CaptureFacts:
    """Return the facts of a capture; none if it is no output of that kind.

    Raises:
        UnknownFormatError: it should be one and is not: an error of the program, or a text that is cut short.
    """
    known = format_of(capture)
    return READERS[known.reader](capture, known.template) if known else CaptureFacts()
