"""Cutting a large table down to the lines about a few networks, before any row is made.

Kept are the routes inside the networks, the routes that cover them, and every line that is no plain route: headings,
and whatever no rule understands. A line that is cut away was matched by a rule of the template all the same, so what
was understood is known of the whole text.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.parsing.columnar import TEXT, in_parallel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from ipaddress import IPv6Network

    from ecmpaudit.parsing.columnar import ColumnarRule, ColumnarTemplate

    Network = IPv4Network | IPv6Network

_WORTH_IT = 5_000
"""Lines from which on cutting is quicker than reading."""


def lines_about(template: ColumnarTemplate, lines: pl.DataFrame, networks: Sequence[Network]) -> pl.DataFrame:
    """Return the lines of routes inside or around the networks, and all lines that are no plain route."""
    if lines.height < _WORTH_IT:
        return lines
    looks_relevant = pattern_of(networks)
    told = pl.concat(in_parallel(lambda chunk: _told(template, chunk, looks_relevant), lines), rechunk=True)
    relevant = pl.col("relevant").forward_fill().fill_null(value=False)
    keep = told.select(relevant | ~pl.col("plain")).to_series()
    return lines.filter(keep)


def _told(template: ColumnarTemplate, lines: pl.DataFrame, looks_relevant: str) -> pl.DataFrame:
    """Return for each line whether it is of a plain route, and on a route's own line whether that is relevant.

    What is of no plain route counts as relevant: the next hops below it are kept and found to have no route.
    """
    rest = lines.select(TEXT).with_row_index()
    told = []
    for rule in template.rules[: _leading_routes(template)]:
        matches = rest[TEXT].str.contains(rule.pattern)
        if matches.any():
            of_rule = rest if matches.all() else rest.filter(matches)
            begins = "PREFIX" in rule.values
            relevant = pl.col(TEXT).str.contains(looks_relevant) if begins else pl.lit(None, dtype=pl.Boolean)
            told.append(of_rule.select("index", relevant=relevant, plain=pl.lit(value=True)))
            rest = rest.filter(~matches)
        if not rest.height:
            break
    told.append(rest.select("index", relevant=pl.lit(value=True), plain=pl.lit(value=False)))
    return pl.concat(told).sort("index").drop("index")


def _leading_routes(template: ColumnarTemplate) -> int:
    """Return how many rules at the head of the template are plain routes: they record, and are no last resort."""
    for number, rule in enumerate(template.rules):
        if not _is_route(rule):
            return number
    return len(template.rules)


def _is_route(rule: ColumnarRule) -> bool:
    return rule.records and not {"UNPARSED", "MESSAGE"} & set(rule.values)


def pattern_of(networks: Sequence[Network]) -> str:
    """Return a pattern that every line about these networks matches, and few others."""
    alternatives = dict.fromkeys(text for network in networks for text in _alternatives(network))
    return f"(?i)(?:^|[^0-9a-f.:])(?:{'|'.join(alternatives)})"


def _alternatives(network: Network) -> Iterator[str]:
    yield "default"
    for length in range(network.prefixlen):
        yield re.escape(str(network.supernet(new_prefix=length)))
    yield _inside_ipv4(network) if isinstance(network, IPv4Network) else _inside_ipv6(network)


def _inside_ipv4(network: IPv4Network) -> str:
    """Return the octets that all addresses inside share; the octet that the length divides is spelled out."""
    whole, rest = divmod(network.prefixlen, 8)
    octets = str(network.network_address).split(".")
    shared = "".join(rf"{octet}\." for octet in octets[:whole])
    if whole == 4:  # noqa: PLR2004 - a host
        return shared.removesuffix(r"\.")
    if not rest:
        return shared or "[0-9]"
    first = int(octets[whole])
    return f"{shared}(?:{'|'.join(str(octet) for octet in range(first, first + 2 ** (8 - rest)))})" + r"(?:\.|/|\b)"


def _inside_ipv6(network: IPv6Network) -> str:
    """Return the whole groups that all addresses inside share, up to the first zero, which may be written `::`."""
    groups = network.network_address.exploded.split(":")[: network.prefixlen // 16]
    shared = []
    for group in groups:
        if int(group, 16) == 0:
            break
        shared.append(f"0*{int(group, 16):x}:")
    return "".join(shared) or "[0-9a-f]*:"


def host(address: str) -> Network:
    """Return an address as the network that holds it alone."""
    return ip_network(address)
