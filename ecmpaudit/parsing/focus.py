"""Cutting a large table down to the lines about a few networks, before any row is made.

Kept are the routes inside the networks, the routes that cover them, and every line that is no plain route: headings,
and whatever no rule understands. A line that is cut away was matched by a rule of the template all the same, so what
was understood is known of the whole text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Network, ip_network
from itertools import groupby, takewhile
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.parsing.columnar import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from ipaddress import IPv6Network

    from ecmpaudit.parsing.columnar import ColumnarRule, ColumnarTemplate

    Network = IPv4Network | IPv6Network

_WORTH_IT = 10_000
"""Lines from which on cutting is quicker than reading."""


def lines_about(
    template: ColumnarTemplate, text: str, lines: pl.DataFrame, networks: tuple[Network, ...]
) -> pl.DataFrame:
    """Return the lines of routes inside or around the networks, and all lines that are no plain route.

    The first line of the text names a prefix, or no line does.
    """
    if lines.height < _WORTH_IT:
        return lines
    leading = list(takewhile(_is_plain_route, template.rules))
    is_plain = lines[TEXT].str.contains(_any_of(leading))
    may_be_relevant = pl.Series([text]).str.contains(_any_alternative(networks)).item()  # quicker than line by line
    if not may_be_relevant and is_plain.all():
        return lines.clear()
    looks_relevant = lines[TEXT].str.contains(pattern_of(networks))
    told = pl.DataFrame({"plain": is_plain, "prefix": _names_prefix(leading, lines), "relevant": looks_relevant})
    of_its_route = pl.when("prefix").then("relevant").when(~pl.col("plain")).then(pl.lit(value=True)).forward_fill()
    return lines.filter(told.select(of_its_route.fill_null(value=True) | ~pl.col("plain")).to_series())


def _any_of(rules: Sequence[ColumnarRule]) -> str:
    """Return one pattern for all the rules: whether any of them matches takes a single pass."""
    patterns = (re.sub(r"\(\?P<\w+>", "(?:", rule.pattern) for rule in rules)
    return "|".join(f"(?:{pattern})" for pattern in patterns) or r"[^\x00-\x{10FFFF}]"


def _names_prefix(rules: Sequence[ColumnarRule], lines: pl.DataFrame) -> pl.Series:
    """Return for each line whether the first rule that matches it has a prefix."""
    found = pl.repeat(value=False, n=lines.height, eager=True)
    rest = lines.select(TEXT).with_row_index()
    for rule in rules:
        matches = rest[TEXT].str.contains(rule.pattern)
        if "PREFIX" in rule.values:
            found = found.scatter(rest["index"].filter(matches), values=True)
        rest = rest.filter(~matches)
    return found


def _is_plain_route(rule: ColumnarRule) -> bool:
    """It records a next hop, and is no last resort."""
    return rule.records and not {"UNPARSED", "MESSAGE"} & set(rule.values)


def pattern_of(networks: tuple[Network, ...]) -> str:
    """Return a pattern that every line about these networks matches, and few others."""
    return f"(?i:(?:^|[^0-9a-f.:])(?:{_any_alternative(networks)}))"


@lru_cache(maxsize=16)
def _any_alternative(networks: tuple[Network, ...]) -> str:
    """Return the pattern without what has to stand before it."""
    return f"(?i:{'|'.join(dict.fromkeys(text for network in networks for text in _alternatives(network)))})"


def _alternatives(network: Network) -> Iterator[str]:
    """Yield a pattern for each network around this one, with or without its length, and one for all inside."""
    yield "default"
    around = [network.supernet(new_prefix=length) for length in range(network.prefixlen)]
    for address, networks in groupby(around, key=lambda wider: wider.network_address):
        lengths = "|".join(str(wider.prefixlen) for wider in networks)
        yield rf"{re.escape(str(address))}(?:/(?:{lengths})(?:[^0-9]|$)|[^0-9a-f.:/]|$)"
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
    return (
        f"{shared}(?:{'|'.join(str(octet) for octet in range(first, first + 2 ** (8 - rest)))})" + r"(?:\.|/|(?-u:\b))"
    )


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
