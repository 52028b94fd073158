"""Cutting a large table down to the lines about a few networks, before any row is made.

Kept are the routes inside the networks, the routes that cover them, and every line that is no plain route: headings,
and each line that no rule matches. A skipped line has been matched by a rule of the template as well, so it is known
for the whole text which lines were understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
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

_WORTH_IT, _LINE = 10_000, 40
"""Lines from which on cutting is quicker than parsing all of them, and characters that a line has at least, roughly."""
_PRECEDING = r"[\x00-\-/;-@G-`g-\x7f]"
"""A character that may precede an address, so that it is no part of another. ASCII, so that Rust searches it fast."""
_PREFIX_LINES = {4: r"(?m)^[^:\n]{0,40}?\b[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+[/ ]", 6: "::[0-9A-Fa-f:.]*/[0-9]"}
"""Patterns of a line with a prefix of a family."""


@dataclass(frozen=True, slots=True)
class SkippedChunk:
    """A chunk of plain routes of other networks, perhaps with a blank line below, and nothing else."""

    lines: int
    nonblank: int
    families: frozenset[int]
    """Families (4, 6) of its prefixes."""


def skipped(
    template: ColumnarTemplate, text: str, networks: tuple[Network, ...], family: int | None
) -> SkippedChunk | None:
    """Return what a large text holds if all lines are plain routes, none inside or around the networks; else None.

    That takes a few passes over the text, which need not be divided into its lines.
    """
    if len(text) < _WORTH_IT * _LINE:
        return None
    counted = pl.Series(TEXT, [text]).to_frame().select_seq(_counts(template, networks, family))
    is_about, plain, line_feeds, families = counted.row(0)
    nonblank = line_feeds if text.endswith("\n") else line_feeds + 1
    return None if is_about or plain < nonblank else SkippedChunk(line_feeds + 1, nonblank, frozenset(families))


@lru_cache(maxsize=16)
def _counts(template: ColumnarTemplate, networks: tuple[Network, ...], family: int | None) -> list[pl.Expr]:
    """Return whether a text is about the networks, how many plain routes and line feeds it has, and its families."""
    about = _any_alternative(networks)
    text = pl.col(TEXT).str
    return [
        (text.contains(f"^{about}") | text.contains(f"{_PRECEDING}{about}")).alias("is_about"),
        text.count_matches(f"(?m){_any_of(_plain_routes(template))}").alias("plain"),
        text.count_matches("\n", literal=True).alias("line_feeds"),
        _families(family).alias("families"),
    ]


def families_in(text: str, family: int | None) -> frozenset[int]:
    """Return the families of a text of which only a part was kept: that of its command, else those of its prefixes."""
    return frozenset(pl.DataFrame({TEXT: [text]}).select_seq(_families(family)).item())


def _families(family: int | None) -> pl.Expr:
    if family is not None:
        return pl.concat_list(pl.lit(family))
    found = (pl.when(pl.col(TEXT).str.contains(pattern)).then(number) for number, pattern in _PREFIX_LINES.items())
    return pl.concat_list(*found).list.drop_nulls()


def lines_about(template: ColumnarTemplate, lines: pl.DataFrame, networks: tuple[Network, ...]) -> pl.DataFrame:
    """Return the lines of routes inside or around the networks, and all lines that are no plain route.

    The first line names a prefix, or none does.
    """
    if lines.height < _WORTH_IT:
        return lines
    is_plain = lines[TEXT].str.contains(_any_of(_plain_routes(template)))
    is_relevant = lines[TEXT].str.contains(pattern_of(networks))
    facts = pl.DataFrame({"plain": is_plain, "new": _begins_prefix(template, lines), "relevant": is_relevant})
    of_its_prefix = pl.when("new").then(pl.col("relevant") | ~pl.col("plain")).forward_fill().fill_null(value=True)
    return lines.filter(facts.select(of_its_prefix | ~pl.col("plain")).to_series())


def _plain_routes(template: ColumnarTemplate) -> list[ColumnarRule]:
    """Return the rules before the first that reads anything else, in their order."""
    return list(takewhile(_is_plain_route, template.rules))


def _any_of(rules: Sequence[ColumnarRule]) -> str:
    """Return one pattern for all the rules: whether any of them matches takes a single pass."""
    patterns = (re.sub(r"\(\?P<\w+>", "(?:", rule.pattern) for rule in rules)
    return "|".join(f"(?:{pattern})" for pattern in patterns) or r"[^\x00-\x{10FFFF}]"


def _begins_prefix(template: ColumnarTemplate, lines: pl.DataFrame) -> pl.Series:
    """Return for each line whether its rule sets the prefix for the lines below, or clears it."""
    found = pl.repeat(value=False, n=lines.height, eager=True)
    rest = lines.select(TEXT).with_row_index()
    for rule in template.rules:
        if not rest.height:
            break
        matches = rest[TEXT].str.contains(rule.pattern)
        if "PREFIX" in rule.values or rule.clears_all:
            found = found.scatter(rest["index"].filter(matches), values=True)
        rest = rest.filter(~matches)
    return found.scatter(rest["index"], values=True)  # what no rule matches here is not ASCII, and is matched later


def _is_plain_route(rule: ColumnarRule) -> bool:
    """Return whether the rule records a next hop, and neither a message nor an unparsed line."""
    return rule.records and not {"UNPARSED", "HEADING", "MESSAGE"} & set(rule.values)


def pattern_of(networks: tuple[Network, ...]) -> str:
    """Return a pattern that every line about these networks matches, and few others."""
    return f"(?:^|{_PRECEDING}){_any_alternative(networks)}"


@lru_cache(maxsize=16)
def _any_alternative(networks: tuple[Network, ...]) -> str:
    """Return the pattern without the character that has to precede it."""
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
