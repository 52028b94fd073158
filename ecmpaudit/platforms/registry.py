"""The platforms that can be read, from `parsers/<platform>/platform.toml`.

A platform is data: which templates read which commands, what its letters and words mean, and what a scan asks.
Adding one needs no Python where the words map plainly.
"""

from __future__ import annotations

import contextlib
import os
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import TemplateError
from ecmpaudit.plain_files import read_plain
from ecmpaudit.platforms.fact_readers import FACT_READERS
from ecmpaudit.platforms.own_folder import DESCRIPTION, OWN_PARSERS, check_own_folder
from ecmpaudit.platforms.patient_patterns import compiled, is_own
from ecmpaudit.platforms.shells import Shell, shell_of
from ecmpaudit.resources import parsers_folder

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping

    from ecmpaudit.model.questions import Question

_WHY_CANDIDATES = "its table shows candidates, and not which of them are installed"
_ASK_FOR = "the forwarding table of the same router"


@dataclass(frozen=True, slots=True)
class PrintedCount:
    """A line of a route table that says how much the table lists."""

    pattern: re.Pattern[str]
    """Matches the line; its groups `prefixes`, `routes`, `next_hops`, `hidden` and `holddown` are the numbers."""
    is_below: bool = False
    """It is below its list, and not above."""
    is_of_whole_table: bool = False
    """It counts the whole table, whatever part of it was asked for."""


@dataclass(frozen=True, slots=True)
class TableFormat:
    """One form of route table: the command that prints it and the template that reads it."""

    template: Path
    command: re.Pattern[str]
    """Matches the command as people type it, abbreviations included."""
    detect: re.Pattern[str]
    """Matches lines that occur in this form and hardly elsewhere."""
    next_hop_lines: re.Pattern[str] | None
    """Matches every line with a next hop: a count that needs no template, to check the template by."""
    whole: re.Pattern[str] | None
    """Matches the commands that print a whole table: only there is an absent prefix a missing one. None: never."""
    inside: re.Pattern[str] | None = None
    """Matches the commands that print everything inside of prefixes, which are in its first group. None: never."""
    around: re.Pattern[str] | None = None
    """Matches the commands of a scan that print only what covers prefixes. None: never."""
    default_family: int | None = None
    """The family (4, 6) of a table whose command names none; None: both."""
    signs: re.Pattern[str] | None = None
    """Matches at least one line of every table of this form; None: it has no sign of its own."""
    never: re.Pattern[str] | None = None
    """Matches lines that a look-alike has and this form never."""
    invariants: frozenset[str] = frozenset()
    """What holds for every route of it, by names in `parsing.contradictions`: a text without it contradicts itself."""
    counts: tuple[PrintedCount, ...] = ()
    """The numbers that it prints of itself."""


@dataclass(frozen=True, slots=True)
class FactFormat:
    """The command that prints something else than routes, and who reads it."""

    reader: str
    """Name of its reader in `platforms.fact_readers`."""
    command: re.Pattern[str]
    """Matches the command as people type it, without the shell's part."""
    detect: re.Pattern[str] | None
    """Matches the text where no command is known; None: only the command identifies it."""
    template: Path | None
    """TextFSM for tables, TTP for configurations; None where it is JSON or needs none."""
    lines: re.Pattern[str] | None = None
    """Matches every line of the answer, where no TextFSM template does: other lines of a text are of another format."""
    whole: re.Pattern[str] | None = None
    """Matches the commands that list everything: only there is an absent fact a missing one. None: all of them."""
    default_family: int | None = None
    """The family (4, 6) of an answer whose command names none; None: both, or as the answer says."""

    @property
    def question(self) -> Question:
        """The question that it answers."""
        return FACT_READERS[self.reader].question

    @property
    def is_daemon_file(self) -> bool:
        """It is a file that a routing daemon is started with, and not the daemon's own answer."""
        return FACT_READERS[self.reader].is_daemon_file


@dataclass(frozen=True, slots=True)
class DefaultCeiling:
    """A ceiling that holds while a setting is not given."""

    setting: str
    value: int
    source: str
    """For messages: what it is and where that is written."""
    since: str | None = None
    """First version that it holds for; None: from the beginning."""
    before: str | None = None
    """First version that it no longer holds for."""


@dataclass(frozen=True, slots=True)
class BgpTableFormat:
    """The command that prints a router's BGP table and the template that reads it: candidates, and no routes."""

    template: Path
    command: re.Pattern[str]
    detect: re.Pattern[str]
    """Matches lines that occur in a BGP table and in no route table."""
    whole: re.Pattern[str] | None = None
    """Matches the commands that print every path, or all inside a prefix. None: all of them."""
    default_family: int | None = None
    """The family (4, 6) of a table whose command names none; None: unknown."""


@dataclass(frozen=True, slots=True)
class ScanCommand:
    """One command that a scan runs, on the routers or on the nodes of a platform."""

    command: str
    """Quoted for a shell. `{pool}` is replaced by an audited prefix, `{above}` by the network around it that is one bit
    shorter, `{pools}` by `each` of them, `{name}` by a word of an earlier answer, `{address}` by an address of it."""
    family: int | None = None
    """Only for pools of this family (4, 6)."""
    each: str | None = None
    """The words that `{pools}` has for each pool, or for each network around one where `{around}` is in them."""
    between: str = " "
    """What is between these words."""
    whole: str | None = None
    """What is asked where no pool is given, and where a host's version does not know the command."""
    after: str | None = None
    """The command whose answer has the names."""
    names: re.Pattern[str] | None = None
    """Finds each name in that answer, as its first group."""
    platform: str | None = None
    """The platform whose table answers, where that is another one."""


@dataclass(frozen=True, slots=True)
class ScanCheck:
    """The command of `scan --check`: quick to answer, and the answer names the version."""

    command: str
    version: re.Pattern[str]
    """Finds the version in the answer, as its first group."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is probably wrong with an unparsed line that matches."""

    pattern: re.Pattern[str]
    reason: str


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform's tables and the meaning of its words."""

    name: str
    title: str
    tables: tuple[TableFormat, ...]
    also_called: tuple[str, ...] = ()
    """What inventories call it: Ansible's `network_os`, netmiko's and NAPALM's names, containerlab's kinds, slugs."""
    bgp_table: BgpTableFormat | None = None
    facts: tuple[FactFormat, ...] = ()
    """What else is read beside route tables."""
    ceilings: tuple[DefaultCeiling, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    shows_candidates_only: bool = False
    """The table shows which route is best, not which next hops are installed (BIRD)."""
    why_candidates: str = _WHY_CANDIDATES
    """A sentence that says why not, for a note."""
    ask_for: str = _ASK_FOR
    """The output that shows which are installed."""
    is_forwarding_table: bool = False
    """It lists what a router forwards with, whatever its routing daemon says (the kernel's table)."""
    is_kernel: bool = False
    """Its commands may be asked on a host of any platform: every daemon runs on it."""
    own_routes_have_next_hops: bool = False
    """On a node, a route with a next hop is the node's own as well (GoBGP: what it was given to announce)."""
    spreading: str | None = None
    """How it chooses among the next hops of a set: `hash-threshold` or `modulo-n`; None where no source says."""
    exact_route: str | None = None
    """The command by which a router says which next hop a flow takes, with the flow in braces; None: none is known."""
    json_form: str | None = None
    """The form of its JSON route tables, by the name of its reader in `parsing.json_tables`; None: it has none."""
    scan_router: tuple[ScanCommand, ...] = ()
    """Commands that a scan runs on a router of this platform."""
    scan_node: tuple[ScanCommand, ...] = ()
    scan_poll: tuple[ScanCommand, ...] = ()
    """Commands of `drain` on a router, over and over: the routes to the audited prefixes, and nothing else."""
    scan_check: ScanCheck | None = None
    """None: the first command of the scan is the check, and the version is not known."""
    shell: Shell | None = None
    """How its command line is used over a terminal; None: commands are run one by one."""
    protocols: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    status: Mapping[str, str] = field(default_factory=dict)
    """Character in the star's place → `installed`, `queued` …; empty where every listed route is in the FIB."""
    selected_words: tuple[str, ...] = ()
    vrfs: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_daemon(self) -> bool:
        """It is a routing daemon, which a host has beside its system: a scan asks nodes for it too."""
        return bool(self.scan_node) and not self.is_kernel

    @property
    def templates(self) -> tuple[Path, ...]:
        """The TextFSM templates: of the route tables, then of the BGP table, then of other facts."""
        of_routes = tuple(table.template for table in self.tables)
        of_facts = [fact.template for fact in self.facts if fact.template and fact.template.suffix == ".textfsm"]
        return (*of_routes, *([self.bgp_table.template] if self.bgp_table else []), *of_facts)


def platforms(extra_folder: Path | None = None) -> Mapping[str, Platform]:
    """Return the known platforms by name; those of a folder of one's own replace shipped ones of the same name.

    The folder is `extra_folder`, or else what `--parsers` or the environment variable ECMPAUDIT_PARSERS names.

    Raises:
        TemplateError: a platform.toml is damaged or has faults (one line each), or the folder has none.
    """
    named = os.environ.get(OWN_PARSERS)
    return _read_folders(extra_folder or (Path(named) if named else None))


@contextlib.contextmanager
def own_parsers(folder: Path | None) -> Iterator[None]:
    """Use the folder of one's own platforms meanwhile, in this process and those it starts.

    None leaves it to the environment, and to the configuration that is read meanwhile.
    """
    before = os.environ.get(OWN_PARSERS)
    if folder is not None:
        os.environ[OWN_PARSERS] = str(folder)
    try:
        platforms()
        yield
    finally:
        os.environ.pop(OWN_PARSERS, None)
        if before is not None:
            os.environ[OWN_PARSERS] = before


@cache
def _read_folders(extra_folder: Path | None) -> Mapping[str, Platform]:
    if extra_folder:
        check_own_folder(extra_folder)
    found: dict[str, Platform] = {}
    for folder in (parsers_folder(), extra_folder):
        for description in sorted(folder.glob(f"*/{DESCRIPTION}")) if folder else ():
            found[description.parent.name] = _read_platform(description)
    return found


def _read_platform(path: Path) -> Platform:
    try:
        description = tomllib.loads(read_plain(path).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path}: no TOML: {error}") from error
    except OSError as error:
        raise TemplateError(f"{path}: cannot be read: {error.strerror}") from error
    if is_own(path):
        from ecmpaudit.platforms.schema import check  # noqa: PLC0415 - pydantic, paid only by who has own platforms

        check(path, description)
    return _platform(path, description)


def _platform(path: Path, description: dict[str, Any]) -> Platform:
    scan = description.get("scan", {})
    return Platform(
        name=path.parent.name,
        title=description["title"],
        also_called=tuple(description.get("also_called", ())),
        tables=tuple(_table(path.parent, table) for table in description["table"]),
        bgp_table=_bgp_table(path.parent, description.get("bgp_table")),
        facts=tuple(_fact(path.parent, entry) for entry in description.get("fact", ())),
        ceilings=tuple(DefaultCeiling(**entry) for entry in description.get("ceiling", ())),
        explanations=tuple(
            Explanation(_pattern(path.parent, entry["pattern"]), entry["reason"])
            for entry in description.get("explain", ())
        ),
        shows_candidates_only=description.get("shows_candidates_only", False),
        scan_router=tuple(_scan_command(path.parent, entry) for entry in scan.get("router", ())),
        scan_node=tuple(_scan_command(path.parent, entry) for entry in scan.get("node", ())),
        scan_poll=tuple(_scan_command(path.parent, entry) for entry in scan.get("poll", ())),
        scan_check=_scan_check(path.parent, scan.get("check")),
        shell=shell_of(scan.get("shell")),
        why_candidates=description.get("why_candidates", _WHY_CANDIDATES),
        ask_for=description.get("ask_for", _ASK_FOR),
        is_forwarding_table=description.get("is_forwarding_table", False),
        is_kernel=description.get("is_kernel", False),
        own_routes_have_next_hops=description.get("own_routes_have_next_hops", False),
        spreading=description.get("spreading", {}).get("model"),
        exact_route=description.get("exact_route"),
        json_form=description.get("json_form"),
        protocols=description.get("protocols", {}),
        kinds=description.get("kinds", {}),
        marks=description.get("marks", {}),
        status=description.get("status", {}),
        selected_words=tuple(description.get("selected", {}).get("words", ())),
        vrfs=description.get("vrfs", {}),
    )


def _table(folder: Path, table: dict[str, Any]) -> TableFormat:
    lines, whole = table.get("next_hop_lines"), table.get("whole")
    inside, around = table.get("inside"), table.get("around")
    signs, never = table.get("signs"), table.get("never")
    return TableFormat(
        template=folder / table["template"],
        command=_pattern(folder, table["command"]),
        detect=_any_of(folder, table["detect"]),
        next_hop_lines=_pattern(folder, lines) if lines else None,
        whole=_pattern(folder, whole) if whole else None,
        inside=_pattern(folder, inside) if inside else None,
        around=_pattern(folder, around) if around else None,
        default_family=table.get("default_family"),
        signs=_any_of(folder, signs) if signs else None,
        never=_any_of(folder, never) if never else None,
        invariants=frozenset(table.get("invariants", ())),
        counts=tuple(_printed_count(folder, entry) for entry in table.get("counts", ())),
    )


def _printed_count(folder: Path, entry: dict[str, Any]) -> PrintedCount:
    pattern = _pattern(folder, entry["pattern"])
    return PrintedCount(pattern, entry.get("below", False), entry.get("of_whole_table", False))


def _scan_command(folder: Path, entry: str | dict[str, Any]) -> ScanCommand:
    if isinstance(entry, str):
        return ScanCommand(entry)
    names = entry.get("names")
    return ScanCommand(**{**entry, "names": _pattern(folder, f"(?m){names}") if names else None})


def _scan_check(folder: Path, entry: dict[str, str] | None) -> ScanCheck | None:
    return ScanCheck(entry["command"], _pattern(folder, entry["version"])) if entry else None


def _fact(folder: Path, entry: dict[str, Any]) -> FactFormat:
    detect, template, whole = entry.get("detect"), entry.get("template"), entry.get("whole")
    lines = entry.get("lines")
    return FactFormat(
        reader=entry["reader"],
        command=_pattern(folder, entry["command"]),
        detect=_pattern(folder, f"(?m){detect}") if detect else None,
        template=folder / template if template else None,
        lines=_pattern(folder, lines) if lines else None,
        whole=_pattern(folder, whole) if whole else None,
        default_family=entry.get("default_family"),
    )


def _bgp_table(folder: Path, entry: dict[str, Any] | None) -> BgpTableFormat | None:
    if entry is None:
        return None
    whole = entry.get("whole")
    return BgpTableFormat(
        template=folder / entry["template"],
        command=_pattern(folder, entry["command"]),
        detect=_any_of(folder, entry["detect"]),
        whole=_pattern(folder, whole) if whole else None,
        default_family=entry.get("default_family"),
    )


def _any_of(folder: Path, patterns: list[str]) -> re.Pattern[str]:
    return _pattern(folder, "|".join(f"(?:{pattern})" for pattern in patterns))


def _pattern(folder: Path, pattern: str) -> re.Pattern[str]:
    return compiled(pattern, str(folder / "platform.toml"), own=is_own(folder))
