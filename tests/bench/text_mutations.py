"""How much of a damaged table is read wrongly in silence: `python -m tests.bench.text_mutations [--each N] [--seed N]`.

Real outputs of every form are damaged as copying, terminals and broken connections damage them, and read. A mutation is
read wrongly in silence when the routes differ from those of the whole output, and no line is reported, no cut is
noticed, and no error is raised. Two classes of these are counted apart, because the text alone cannot show them:
- `value`: one value is another one of its form (`192.0.2.1` for `192.0.2.10`), and nothing else changed;
- `absent`: whole lines are absent, and everything that was read is right.
The same seed gives the same mutations.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from dataclasses import astuple, dataclass
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.errors import EcmpauditError
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.transcript import captures_from_text
from tests import dumps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ecmpaudit.parsing.route_table import RouteTable

    Mutation = Callable[[list[str], random.Random], list[str]]

FIXTURES = Path(__file__).parent.parent / "fixtures"
FORMS: dict[str, tuple[str, ...]] = {
    "frr text": (
        "frr-10.7.0/show_ip_route__recursive.txt",
        "frr-10.7.0/show_ipv6_route__5nodes.txt",
        "frr-8.4.4/show_ip_route__bgp_ospf.txt",
        "frr-6.0.3/show_ip_route__5nodes.txt",
    ),
    "frr detail": (
        "frr-10.7.0/show_ip_route_172.31.1.1-32__5nodes.txt",
        "frr-8.4.4/show_ip_route_172.31.1.1-32__bgp_ospf.txt",
    ),
    "frr json": ("frr-10.7.0/show_ip_route__5nodes.json", "frr-8.4.4/show_ip_route__bgp_ospf.json"),
    "bird": (
        "bird-1.6.8/show_route__bgp_ospf.txt",
        "bird-2.0.12/show_route__tables.txt",
        "bird-2.19.2/show_route__5nodes.txt",
        "bird-3.3.2/show_route__5nodes__verbose.txt",
    ),
    "bird all": (
        "bird-1.6.8/show_route_all__5nodes.txt",
        "bird-2.0.12/show_route_all__bgp_ospf.txt",
        "bird-3.3.2/show_route_all__5nodes.txt",
    ),
    "linux text": (
        "frr-10.7.0/linux_ip_route__5nodes__tor1.txt",
        "frr-10.7.0/linux_ip_-6_route__5nodes__tor1.txt",
        "bird-1.6.8/linux_ip_route__5nodes__rx1.txt",
    ),
    "linux -d": ("frr-10.7.0/linux_ip_-d_route__5nodes__tor1.txt", "frr-8.4.4/linux_ip_-d_route__5nodes__tor1.txt"),
    "linux json": ("frr-10.7.0/linux_ip_route__5nodes__tor1.json", "frr-10.7.0/linux_ip_-6_route__5nodes__tor1.json"),
    "gobgp text": ("gobgp/global_rib--ipv4.txt", "gobgp/global_rib--ipv6.txt"),
    "gobgp json": ("gobgp/global_rib_json--ipv4.txt", "gobgp/global_rib_json--ipv6.txt"),
    "arista_eos": ("arista_eos/show_ip_route--next_hops_beside.txt", "arista_eos/show_ip_route--ipv6.txt"),
    "cisco_ios": ("cisco_ios/show_ip_route--one_mask_and_several.txt", "cisco_ios/show_ipv6_route--ecmp.txt"),
    "cisco_iosxr": ("cisco_iosxr/show_route--ipv4_with_backup.txt", "cisco_iosxr/show_route--ipv6.txt"),
    "cisco_nxos": ("cisco_nxos/show_ip_route--vrfs_and_second_best.txt", "cisco_nxos/show_ip_route--ipv6.txt"),
    "edgeos": ("edgeos/show_ip_route--ecmp.txt", "edgeos/show_ipv6_route--ecmp.txt"),
    "huawei_vrp": ("huawei_vrp/display_ip_routing-table--ecmp.txt", "huawei_vrp/display_ipv6_routing-table--ecmp.txt"),
    "juniper_junos": ("juniper_junos/show_route--active_and_rivals.txt", "juniper_junos/show_route--ipv6.txt"),
    "junos forwarding": (
        "juniper_junos_forwarding/show_route_forwarding-table--lists.txt",
        "juniper_junos_forwarding/show_route_forwarding-table--ipv6.txt",
    ),
    "nokia_srl": ("nokia_srl/route-table_detail--ecmp.txt", "nokia_srl/route-table_detail--ipv6_and_older.txt"),
}
"""Each form that is read, with dumps (`dumps.tar.xz`) or fixtures of it."""
_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz .:/,*>"
"""What a character is changed into: those that tables consist of."""
_COMPARED = (
    "vrf", "prefix", "protocol", "selected", "kind", "next_hop", "interface", "weight", "installed", "active"
)  # fmt: skip
"""What an audit judges. Ages, metrics and the numbers of lines are not compared."""

_WORD = re.compile(r"[^\s,\"()\[\]{}]+")

Routes = Counter[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Share:
    """How some mutations were read."""

    mutations: int
    wrong: int
    """Read wrongly in silence, although the text shows the damage."""
    value: int
    """Read wrongly in silence: one value is another one of its form."""
    absent: int
    """Read in silence without the routes or next hops of lines that are absent."""


def _characters(lines: list[str]) -> list[tuple[int, int]]:
    return [(row, column) for row, line in enumerate(lines) for column in range(len(line))]


def _replace(lines: list[str], row: int, start: int, end: int, text: str) -> list[str]:
    line = lines[row]
    return [*lines[:row], line[:start] + text + line[end:], *lines[row + 1 :]]


def character_lost(lines: list[str], chance: random.Random) -> list[str]:
    """Return the lines without one character."""
    row, column = chance.choice(_characters(lines))
    return _replace(lines, row, column, column + 1, "")


def character_doubled(lines: list[str], chance: random.Random) -> list[str]:
    """Return the lines with one character twice."""
    row, column = chance.choice(_characters(lines))
    return _replace(lines, row, column, column, lines[row][column])


def character_changed(lines: list[str], chance: random.Random) -> list[str]:
    """Return the lines with one character replaced by another one."""
    row, column = chance.choice(_characters(lines))
    other = chance.choice(_CHARACTERS.replace(lines[row][column], ""))
    return _replace(lines, row, column, column + 1, other)


def digits_swapped(lines: list[str], chance: random.Random) -> list[str]:
    """Return the lines with two neighbouring digits swapped."""
    pairs = [(r, c) for r, c in _characters(lines) if len(two := lines[r][c : c + 2]) > 1 and two.isdigit()]
    row, column = chance.choice([(r, c) for r, c in pairs if lines[r][c] != lines[r][c + 1]])
    return _replace(lines, row, column, column + 2, lines[row][column : column + 2][::-1])


def end_of_line_lost(lines: list[str], chance: random.Random) -> list[str]:
    """Return the lines with the end of one lost."""
    row, column = chance.choice(_characters(lines))
    return _replace(lines, row, column, len(lines[row]), "")


def joined_with_next(lines: list[str], chance: random.Random) -> list[str]:
    """Return the lines with two of them on one line."""
    row = chance.randrange(len(lines) - 1)
    return [*lines[:row], lines[row] + lines[row + 1], *lines[row + 2 :]]


def line_lost(lines: list[str], chance: random.Random) -> list[str]:
    """Return the lines without one, or without two that follow one another."""
    row = chance.randrange(len(lines) - 1)
    return [*lines[:row], *lines[row + chance.choice((1, 1, 2)) :]]


def line_moved(lines: list[str], chance: random.Random) -> list[str]:
    """Return the lines with one at another place."""
    rest = list(lines)
    line = rest.pop(chance.randrange(len(rest)))
    rest.insert(chance.randrange(len(rest) + 1), line)
    return rest


def line_doubled(lines: list[str], chance: random.Random) -> list[str]:
    """Return the lines with one twice, here or at another place."""
    row = chance.randrange(len(lines))
    place = chance.choice((row, chance.randrange(len(lines))))
    return [*lines[:place], lines[row], *lines[place:]]


def line_torn(lines: list[str], chance: random.Random) -> list[str]:
    """Return the lines with one broken in two, of which one part may be lost at the break."""
    row, column = chance.choice([(r, c) for r, c in _characters(lines) if c])
    line = lines[row]
    return [*lines[:row], line[:column], line[column:], *lines[row + 1 :]]


def cut_at_the_end(lines: list[str], chance: random.Random) -> list[str]:
    """Return the lines up to a place within one of them."""
    row, column = chance.choice([(r, c) for r, c in _characters(lines) if c])
    return [*lines[:row], lines[row][:column]]


WITHIN_LINES = (
    character_lost, character_doubled, character_changed, digits_swapped, end_of_line_lost, joined_with_next
)  # fmt: skip
OF_LINES = (line_lost, line_moved, line_doubled, line_torn)
AT_THE_END = (cut_at_the_end,)
GROUPS = {"within lines": WITHIN_LINES, "whole lines": OF_LINES, "cut at the end": AT_THE_END}


@cache
def original(file: str) -> str:
    """Return the text of a dump or of a fixture; JSON on one line is printed as `ip -j -p` does."""
    text = dumps.text(file) if file in dumps.names() else (FIXTURES / file).read_text(encoding="utf-8")
    if text.lstrip()[:1] in {"{", "["} and text.rstrip().count("\n") < 3:
        text = json.dumps(json.loads(text), indent=2) + "\n"
    return text


def routes(table: RouteTable) -> Routes:
    """Return what a table says about each route; a next hop that is listed twice counts once."""
    of_route: dict[int, set[tuple[object, ...]]] = {}
    for route, *facts in table.frame.select("route", *_COMPARED).rows():
        of_route.setdefault(route, set()).add(tuple(facts))
    return Counter(fact for facts in of_route.values() for fact in facts)


def read(text: str, name: str) -> Routes | None:
    """Return the routes of a text; None where something is reported."""
    found: Routes = Counter()
    try:
        tables = [read_capture(capture) for capture in captures_from_text(text, name)]
    except EcmpauditError:
        return None
    if any(table.unparsed or table.cut for table in tables):
        return None
    for table in tables:
        found += routes(table)
    return found


def mutants(form: str, mutation: Mutation, each: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield the file and the text of each mutation of a form; those that change nothing are skipped."""
    chance = random.Random(f"{seed} {form} {mutation.__name__}")  # noqa: S311 - repeatable, no secret
    made = 0
    while made < each:
        file = FORMS[form][made % len(FORMS[form])]
        text = original(file)
        lines = text.removesuffix("\n").split("\n")
        mutated = mutation(lines, chance)
        end = "" if mutation in AT_THE_END else "\n"
        made += 1
        if "\n".join(mutated) + end != text:
            yield file, "\n".join(mutated) + end


def outcome(file: str, text: str) -> str:
    """Return `right`, which includes what is reported, or how the text is read wrongly in silence."""
    whole, found = whole_routes(file), read(text, file)
    if found is None or found == whole:
        return "right"
    before, after = original(file).rstrip("\n").split("\n"), text.rstrip("\n").split("\n")
    changed = [(a, b) for a, b in zip(before, after, strict=False) if a != b]
    if len(before) == len(after) and len(changed) == 1 and is_another_value(*changed[0]):
        return "value"
    remaining = iter(before)
    is_part = all(line in remaining for line in after if line.strip())
    return "absent" if found <= whole and is_part else "wrong"


def is_another_value(line: str, damaged: str) -> bool:
    """Return whether two lines differ in one word alone, such as an address or the name of an interface."""
    words, others = _WORD.findall(line), _WORD.findall(damaged)
    different = [1 for word, other in zip(words, others, strict=False) if word != other]
    return len(words) == len(others) and len(different) == 1 and _WORD.sub("", line) == _WORD.sub("", damaged)


def measure(
    form: str, mutation: Mutation, each: int, seed: int, show: Callable[[str, str, str], None] | None = None
) -> Share:
    """Return how the mutations of one kind of one form are read; `show` is called with each that is read wrongly."""
    read_as: Counter[str] = Counter()
    for file, text in mutants(form, mutation, each, seed):
        found = outcome(file, text)
        read_as[found] += 1
        if show and found == "wrong":
            show(f"{form}, {mutation.__name__}: {file}", file, text)
    return Share(read_as.total(), read_as["wrong"], read_as["value"], read_as["absent"])


@cache
def whole_routes(file: str) -> Routes:
    """Return the routes of a file without a mutation.

    Raises:
        ValueError: it is not read without a report.
    """
    found = read(original(file), file)
    if not found:
        raise ValueError(f"{file}: expected a table that is read whole")
    return found


def total(shares: Iterable[Share]) -> Share:
    """Return several shares as one."""
    return Share(*map(sum, zip(*map(astuple, shares), strict=True)))


def differences(file: str, text: str) -> str:
    """Return the lines that a mutation changed."""
    return "\n".join(list(unified_diff(original(file).split("\n"), text.split("\n"), n=1, lineterm=""))[2:])


def print_share(name: str, share: Share) -> None:
    """Print one line of the table."""
    percent = 100 * (share.wrong + share.value + share.absent) / share.mutations
    print(f"  {name:<20}{share.mutations:>6}{share.wrong:>7}{share.value:>7}{share.absent:>8}{percent:>8.1f} %")


def main() -> None:
    """Print the shares of each group by form and by kind."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--each", type=int, default=60, help="mutations of each kind and form")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--form", action="append", choices=FORMS)
    parser.add_argument("--show", action="store_true", help="print each mutation that is read wrongly")
    wanted = parser.parse_args()

    def show(title: str, file: str, text: str) -> None:
        print(title, differences(file, text), sep="\n")

    for group, kinds in GROUPS.items():
        shares = {
            (form, kind.__name__): measure(form, kind, wanted.each, wanted.seed, show if wanted.show else None)
            for form in wanted.form or FORMS
            for kind in kinds
        }
        print(f"\n{group:<22}{'all':>6}{'wrong':>7}{'value':>7}{'absent':>8}")
        for form in wanted.form or FORMS:
            print_share(form, total(share for (known, _), share in shares.items() if known == form))
        for kind in kinds:
            print_share(kind.__name__, total(share for (_, known), share in shares.items() if known == kind.__name__))
        print_share("all", total(shares.values()))


if __name__ == "__main__":
    main()
