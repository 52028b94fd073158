"""What a platform.toml may hold: every fault is reported with file, key and remedy, all at once.

Only descriptions of one's own are checked at run time, so that a run without them does not load pydantic (50 ms);
a test checks the shipped ones.
"""

from __future__ import annotations

import re
from pathlib import Path  # noqa: TC003 - pydantic reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from ecmpaudit.errors import TemplateError
from ecmpaudit.platforms.fact_readers import FACT_READERS
from ecmpaudit.wording import suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pydantic_core import ErrorDetails

Status = Literal["installed", "queued", "rejected", "trapped", "offload_failure", "inactive", "backup"]
Kind = Literal["unicast", "blackhole", "unreachable", "prohibit", "local", "multicast", "broadcast"]
JsonForm = Literal["frr", "linux", "gobgp"]
Invariant = Literal[
    "each next hop once",
    "no next hop below a route without address",
    "one age for a route",
    "a weight for each of several",
    "no weight for one alone",
    "a weight for all or for none",
    "an age for all or for none",
    "one kind for a route",
    "an address for each next hop",
    "an address for all or for none",
    "an interface for all or for none",
    "a prefix in one place",
    "a protocol for each route",
    "one selected route",
    "each route once",
    "no route line twice",
    "order of addresses",
    "order of the kernel",
]
_COUNTED = {"prefixes", "routes", "next_hops"}
_TYPES = {
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a number",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
}


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}; check `{text}`") from error
    return text


def _pattern_with_group(text: str) -> str:
    if not re.compile(_pattern(text)).groups:
        raise ValueError(f"expected a pattern whose first group is the name, found `{text}`; put it in ( )")
    return text


def _pattern_of_count(text: str) -> str:
    groups = re.compile(_pattern(text)).groupindex.keys()
    if not groups & _COUNTED or groups - _COUNTED - {"hidden", "holddown"}:
        raise ValueError(
            f"expected groups named prefixes, routes or next_hops, found `{text}`; write (?P<routes>[0-9]+)"
        )
    return text


def _existing_template(name: str, info: ValidationInfo) -> str:
    folder: Path = (info.context or {})["folder"]
    if not (folder / name).is_file():
        raise ValueError(f"no such file: {folder / name}; write the template, or correct its name")
    return name


def _known_reader(name: str) -> str:
    if name not in FACT_READERS:
        raise ValueError(f'unknown reader "{name}"{_remedy(name, FACT_READERS)}')
    return name


def _as_table(entry: Any) -> Any:
    return {"command": entry} if isinstance(entry, str) else entry


Pattern = Annotated[str, AfterValidator(_pattern)]
Patterns = Annotated[list[Pattern], Field(min_length=1)]
Template = Annotated[str, AfterValidator(_existing_template)]


class Section(BaseModel):
    """A table of the file: no unknown keys, and no value of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Count(Section):
    """`counts` of `[[table]]`: a line that says how much the table lists."""

    pattern: Annotated[str, AfterValidator(_pattern_of_count)]
    below: bool = False
    of_whole_table: bool = False


class Table(Section):
    """`[[table]]`: one form of route table."""

    template: Template
    command: Pattern
    detect: Patterns
    signs: Patterns | None = None
    never: Patterns | None = None
    next_hop_lines: Pattern | None = None
    whole: Pattern | None = None
    inside: Annotated[str, AfterValidator(_pattern_with_group)] | None = None
    around: Pattern | None = None
    default_family: Literal[4, 6] | None = None
    invariants: list[Invariant] = []
    counts: list[Count] = []


class BgpTable(Section):
    """`[bgp_table]`: the BGP table."""

    template: Template
    command: Pattern
    detect: Patterns
    whole: Pattern | None = None
    default_family: Literal[4, 6] | None = None


class Fact(Section):
    """`[[fact]]`: what is read beside routes."""

    reader: Annotated[str, AfterValidator(_known_reader)]
    command: Pattern
    detect: Pattern | None = None
    template: Template | None = None
    lines: Pattern | None = None
    whole: Pattern | None = None
    default_family: Literal[4, 6] | None = None


class Ceiling(Section):
    """`[[ceiling]]`: a ceiling that holds while a setting is not given."""

    setting: str
    value: Annotated[int, Field(ge=1)]
    source: str
    since: str | None = None
    before: str | None = None


class Explain(Section):
    """`[[explain]]`: why lines of one form cannot be read."""

    pattern: Pattern
    reason: str


class ScanEntry(Section):
    """A command of `[scan]`; a text is one without options."""

    command: str
    family: Literal[4, 6] | None = None
    each: str | None = None
    between: str = " "
    whole: str | None = None
    after: str | None = None
    names: Annotated[str, AfterValidator(_pattern_with_group)] | None = None
    platform: str | None = None


ScanEntries = list[Annotated[ScanEntry, BeforeValidator(_as_table)]]


class ScanCheckEntry(Section):
    """`check` of `[scan]`: the command that shows whether a host answers, and which version it runs."""

    command: str
    version: Annotated[str, AfterValidator(_pattern_with_group)]


class ShellEntry(Section):
    """`[scan.shell]`: how the command line is used over a terminal."""

    netmiko: str
    prepare: list[str] = []
    user_suffix: str = ""
    skip: Pattern | None = None


class Scan(Section):
    """`[scan]`: what a scan asks."""

    router: ScanEntries = []
    node: ScanEntries = []
    poll: ScanEntries = []
    check: ScanCheckEntry | None = None
    shell: ShellEntry | None = None


class Spreading(Section):
    """`[spreading]`: how the router chooses among the next hops of a set, and where that is known from."""

    model: Literal["hash-threshold", "modulo-n"]
    source: Annotated[str, Field(min_length=1)]


class Selected(Section):
    """`[selected]`: the signs of a chosen route."""

    words: list[str]


class PlatformFile(Section):
    """A whole platform.toml."""

    title: str
    also_called: list[str] = []
    table: Annotated[list[Table], Field(min_length=1)]
    bgp_table: BgpTable | None = None
    fact: list[Fact] = []
    ceiling: list[Ceiling] = []
    explain: list[Explain] = []
    scan: Scan = Scan()
    exact_route: str | None = None
    json_form: JsonForm | None = None
    shows_candidates_only: bool = False
    why_candidates: str = ""
    ask_for: str = ""
    is_forwarding_table: bool = False
    is_kernel: bool = False
    own_routes_have_next_hops: bool = False
    spreading: Spreading | None = None
    protocols: dict[str, str] = {}
    kinds: dict[str, Kind] = {}
    marks: dict[str, str] = {}
    status: dict[str, Status] = {}
    selected: Selected | None = None
    vrfs: dict[str, str] = {}


def check(path: Path, description: Mapping[str, Any]) -> None:
    """Check the content of a platform.toml.

    Raises:
        TemplateError: one line for each fault, with file, key and remedy.
    """
    try:
        PlatformFile.model_validate(description, context={"folder": path.parent})
    except ValidationError as error:
        lines = (f"{path}: {line}" for details in error.errors(include_url=False) for line in _lines(details))
        raise TemplateError("\n".join(dict.fromkeys(lines))) from None


def _lines(details: ErrorDetails) -> Iterator[str]:
    key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in details["loc"]).removeprefix(".")
    yield f"{key}: {_message(details)}"


def _message(details: ErrorDetails) -> str:
    kind, found = details["type"], details["input"]
    if kind == "extra_forbidden":
        known = _keys_at(details["loc"][:-1])
        return f"unknown key{_remedy(str(details['loc'][-1]), known)}"
    if kind == "missing":
        return "missing; add it"
    if kind == "value_error":
        return str(details["ctx"]["error"])
    wanted = details["ctx"]["expected"] if kind == "literal_error" else _TYPES.get(kind)
    remedy = "; put it in [ ]" if kind == "list_type" and isinstance(found, str) else ""
    return f"{f'expected {wanted}' if wanted else details['msg']}, found {_shown(found)}{remedy}"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list) else str(value)


def _remedy(word: str, known: Collection[str]) -> str:
    return suggestion(word, known) or f"; expected one of {', '.join(known)}"


def _keys_at(location: tuple[str | int, ...]) -> Collection[str]:
    """Return the keys of the section at a place such as `("fact", 0)`."""
    section: type[BaseModel] = PlatformFile
    for step in location:
        if isinstance(step, str):
            section = next(_sections_in(section.model_fields[step].annotation))
    return section.model_fields


def _sections_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _sections_in(argument)
