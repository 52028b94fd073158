"""The readers of facts: the one place where each is registered, by the name that platform.toml gives as `reader`.

A reader is a function `(capture, resolved) -> CaptureFacts`. It is named here and imported by
`parsing.facts.readers` when the first answer of its kind is read; the packages here load no parser.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecmpaudit.model.questions import Question

_FACTS = "ecmpaudit.parsing.facts"


@dataclass(frozen=True, slots=True)
class FactReader:
    """One reader."""

    function: str
    """`module:function`."""
    question: Question
    """What its answer belongs to: without the answer, this question stays open."""
    is_daemon_file: bool = False
    """It reads a file that a routing daemon is started with, and not the daemon's own answer."""


FACT_READERS = {
    "frr summary": FactReader(f"{_FACTS}.frr_sessions:read_summary", Question.SESSIONS),
    "frr neighbors": FactReader(f"{_FACTS}.frr_sessions:read_neighbors", Question.SESSION_DETAILS),
    "frr configuration": FactReader(f"{_FACTS}.frr_configuration:read_frr_configuration", Question.CONFIGURATION),
    "frr zebra": FactReader(f"{_FACTS}.frr_build:read_zebra", Question.MAXIMUM),
    "frr version": FactReader(f"{_FACTS}.frr_build:read_version", Question.BUILD),
    "frr advertised": FactReader(f"{_FACTS}.exports:read_advertised", Question.EXPORTS),
    "frr ospf neighbors": FactReader(f"{_FACTS}.frr_ospf:read_ospf_neighbors", Question.ADJACENCIES),
    "frr ospf externals": FactReader(f"{_FACTS}.ospf_externals:read_frr_externals", Question.EXTERNAL_ROUTES),
    "frr rip status": FactReader(f"{_FACTS}.frr_rip:read_rip_status", Question.RIP_SOURCES),
    "bird ospf neighbors": FactReader(f"{_FACTS}.bird_ospf:read_bird_neighbors", Question.ADJACENCIES),
    "bird ospf state": FactReader(f"{_FACTS}.ospf_externals:read_bird_externals", Question.EXTERNAL_ROUTES),
    "bird protocols": FactReader(f"{_FACTS}.bird_sessions:read_protocols", Question.SESSIONS),
    "bird configuration": FactReader(
        f"{_FACTS}.bird_configuration:read_bird_configuration", Question.CONFIGURATION, is_daemon_file=True
    ),
    "bird filtered": FactReader(f"{_FACTS}.bird_paths:read_filtered_paths", Question.REJECTED_PATHS),
    "bird exports": FactReader(f"{_FACTS}.exports:read_bird_exports", Question.EXPORTS),
    "gobgp neighbors": FactReader(f"{_FACTS}.gobgp_sessions:read_gobgp_neighbors", Question.SESSIONS),
    "gobgp exports": FactReader(f"{_FACTS}.exports:read_gobgp_exports", Question.EXPORTS),
    "cilium peers": FactReader(f"{_FACTS}.cilium:read_cilium_peers", Question.SESSIONS),
    "cilium exports": FactReader(f"{_FACTS}.cilium:read_cilium_exports", Question.EXPORTS),
    "addresses": FactReader(f"{_FACTS}.linux:read_addresses", Question.ADDRESSES),
    "neighbour entries": FactReader(f"{_FACTS}.linux_forwarding:read_neighbor_entries", Question.NEIGHBORS),
    "next-hop objects": FactReader(f"{_FACTS}.linux_forwarding:read_next_hop_objects", Question.NEXT_HOP_OBJECTS),
    "use of neighbour entries": FactReader(f"{_FACTS}.linux:read_multipath_settings", Question.USE_NEIGH),
    "frr bfd": FactReader(f"{_FACTS}.bfd:read_frr_bfd", Question.BFD),
    "bird bfd": FactReader(f"{_FACTS}.bfd:read_bird_bfd", Question.BFD),
    "hardware tables": FactReader(f"{_FACTS}.hardware_tables:read_crm_resources", Question.TABLE_USE),
    "hash policy": FactReader(f"{_FACTS}.linux:read_multipath_settings", Question.HASH_POLICY),
}
