"""The functions of the library: load, audit, scan, diff and explain, as the commands of the same names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from ecmpaudit.auditing.covering import forwarded_by
from ecmpaudit.auditing.explanation import absence_of, wanted_prefix
from ecmpaudit.auditing.explanation import explain as explanation_of
from ecmpaudit.auditing.filters import Chosen, left_of
from ecmpaudit.auditing.run import Material, audit_material, read_material
from ecmpaudit.auditing.scope import FilterOptions
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.files import captures_of_text, read_inputs
from ecmpaudit.configuration.history_places import is_run
from ecmpaudit.encoding import decode
from ecmpaudit.library.arguments import Arguments, AuditArguments, ScanArguments, documented, naming_arguments
from ecmpaudit.library.asking import collection_of
from ecmpaudit.library.results import AuditResult, DifferencesResult, ExplanationResult, Loaded
from ecmpaudit.library.values import is_text, items, number, optional_path, path_of, word, words
from ecmpaudit.platforms.names import platform_name
from ecmpaudit.platforms.registry import own_parsers

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Unpack

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.library.values import FilePath
    from ecmpaudit.model import Capture

Input = Any
"""A path, a text with a line break, an open file, what `load` returned, or a list of paths, texts and files."""
_INPUTS = "a path, a text with a line break, an open file, or a list of them"
_Result = TypeVar("_Result")


@naming_arguments
def load(
    *inputs: Input,
    router: str | None = None,
    platform: str | None = None,
    memory: int | None = None,
    parsers: FilePath | None = None,
) -> Loaded:
    """Return the tables and facts in files, folders, saved snapshots and texts.

    A string with a line break is a text; any other string, and every `pathlib.Path`, is a path. Lists are taken apart.
    A file that cannot be read raises no error: it is in `failed`, and makes an audit incomplete. `router` and
    `platform` overrule the text; `memory` are the MiB that the texts may take in memory; `parsers` is a folder of one's
    own platforms.

    Raises:
        TypeError: an argument has a wrong type; the message names it.
    """
    folder = optional_path("parsers", parsers)
    unread = replace(_unread(inputs, number("memory", memory)), router=word("router", router), parsers=folder)
    with own_parsers(folder):
        asked_for = word("platform", platform)
        return _read(replace(unread, platform=platform_name(asked_for) if asked_for else None))


@documented(AuditArguments)
def audit(material: Input, **arguments: Unpack[AuditArguments]) -> AuditResult:
    """Return the audit of what was loaded, or of a path, a text or a list of them; arguments are those of `analyze`.

    Raises:
        TypeError: an argument has a wrong type, or no such argument exists; the message names it.
        ConfigurationError: an argument or the configuration cannot be used.
    """
    checked = Arguments(arguments)
    with own_parsers(_parsers(material, checked)):
        material, request = _with_request(material, "material", checked)
        return _audited(material, request, checked)


@documented(ScanArguments)
def scan(config: Input, **arguments: Unpack[ScanArguments]) -> AuditResult:
    """Ask the routers and nodes of a configuration over SSH, and return the audit; arguments are those of `scan`.

    With `full`, whole tables are asked for. `deadline` is in seconds; `save` is a folder for the answers, which
    `overwrite` replaces. Errors are those of `audit`.
    """
    from ecmpaudit.commands.scan import asked  # noqa: PLC0415 - paramiko, only for a scan

    if config is None:
        raise TypeError("config: expected a path, a text of YAML, a mapping or a Configuration, found NoneType")
    checked = Arguments({**arguments, "config": config}, ("config", *ScanArguments.__annotations__))
    collection = collection_of(arguments)
    with own_parsers(checked.parsers):
        request = checked.request(limit=collection.limit)
        rules, past = checked.rules, checked.past(request)
        material, until = asked(collection, request)
        return _as(AuditResult, audit_material(material, request, rules, past, until), material=material)


@documented(AuditArguments)
def explain(prefix: str, material: Input, **arguments: Unpack[AuditArguments]) -> ExplanationResult:
    """Return the chain of each node for a prefix or an address on every router, and what an audit finds on it.

    The material and the errors are those of `audit`.
    """
    if not isinstance(prefix, str):
        prefix = words("prefix", prefix)[0] if words("prefix", prefix) else ""
    wanted = wanted_prefix(prefix)
    checked = Arguments(arguments)
    with own_parsers(_parsers(material, checked)):
        read, request = _with_request(material, "material", checked)
        whole = _audited(read, request, checked)
        if not request.expectations.has_any and all(known.prefix != wanted for known in whole.network.prefixes):
            again = checked.request(pool=wanted, recorded=lambda _: request.cluster_captures)
            whole = _audited(whole.material, again, checked)
        left = left_of(whole, Chosen(prefixes=frozenset({wanted})), FilterOptions())
        found = explanation_of(left.network, wanted, whole.material.captures)
        config = request.path.name if request.path else None
        absence = ""
        if not found.routers:
            every = (prefix.prefix for prefix in whole.network.prefixes)
            why = absence_of(wanted, request.expectations, left.network, config, every)
            absence = "; ".join(filter(None, (why, forwarded_by(whole.material.tables, wanted))))
        return _as(ExplanationResult, replace(found, findings=left.findings, absence=absence))


@documented(AuditArguments)
def diff(before: Input, after: Input, **arguments: Unpack[AuditArguments]) -> DifferencesResult:
    """Return what changed between two sides: paths, texts, what was loaded, audits, or runs of `history` (`last`, 12).

    Errors are those of `audit`.
    """
    from ecmpaudit.commands.diff import of_rules  # noqa: PLC0415 - as below
    from ecmpaudit.history.differences import differences  # noqa: PLC0415 - only where it is wanted
    from ecmpaudit.history.observations import observation_of  # noqa: PLC0415 - as above

    checked = Arguments(arguments)
    sides = {"before": before, "after": after}
    runs = {name: _run(str(side), checked) for name, side in sides.items() if _is_run(side, checked)}
    audits = {name: _side(name, side, checked) for name, side in sides.items() if name not in runs}
    routers = {table.router for each in audits.values() for table in each.material.tables}
    routers |= {router for run in runs.values() for router in run.answers}
    named = [router for router in routers if router]
    if len(named) == 1 and len(routers) > 1:  # a pasted table without a router's name gets that of the other side
        audits = {name: _side(name, _named(each.material, named[0]), checked) for name, each in audits.items()}
    places = [place for run in runs.values() for place in run.spreads]
    places += [prefix.key for each in audits.values() for prefix in each.network.prefixes]
    seen = runs | {
        name: observation_of(_title(sides[name], name), each, each.material, places) for name, each in audits.items()
    }
    old, new = (of_rules(seen[name], checked.rules) for name in sides)
    return _as(DifferencesResult, differences(old, new))


def _unread(inputs: tuple[Input, ...], memory: int | None) -> Loaded:
    """Return the texts of the inputs, before anything is read in them."""
    budget = AnswerBudget(memory)
    return Loaded(given=tuple(_captures(inputs, budget)), budget=budget)


def _captures(inputs: tuple[Input, ...], budget: AnswerBudget) -> Iterator[Capture]:
    """Yield the captures of each input; texts are called `text`, or `text 2` where there are several."""
    flat = [each for value in inputs for each in _flat(value)]
    texts = [value for _, value in flat if isinstance(value, str) and is_text(value)]
    numbers = iter(range(1, len(texts) + 1))
    for name, value in flat:
        if isinstance(value, str) and is_text(value):
            index = next(numbers)
            yield from captures_of_text(value, f"text {index}" if len(texts) > 1 else "text")
        elif _is_open_file(value):
            yield from captures_of_text(_content(value), str(getattr(value, "name", "open file")))
        elif isinstance(value, str | os.PathLike):
            yield from read_inputs([path_of(name, value)], budget)
        else:
            raise TypeError(f"{name}: expected {_INPUTS}, found {type(value).__name__}")


def _flat(value: Input) -> Iterator[tuple[str, Any]]:
    """Yield each input of a list with its name for messages; an open file is one input, and no list of its lines."""
    if _is_open_file(value):
        yield "inputs", value
    else:
        yield from items("inputs", value, _INPUTS)


def _is_open_file(value: Any) -> bool:
    return callable(getattr(value, "read", None))


def _content(file: Any) -> str:
    content = file.read()
    return content if isinstance(content, str) else decode(content)


def _read(loaded: Loaded, request: Request | None = None) -> Loaded:
    """Return what the texts show, with the hosts that the request names as routers and nodes."""
    read = read_material(
        loaded.given,
        router=loaded.router,
        platform=loaded.platform,
        nodes=request.nodes if request else (),
        routers=request.routers if request else (),
        budget=loaded.budget,
    )
    own = {name: getattr(loaded, name) for name in ("given", "router", "platform", "parsers", "budget")}
    return _as(Loaded, read, **own)


def _with_request(value: Input, argument: str, arguments: Arguments) -> tuple[Material, Request]:
    """Return what was loaded and what is expected; objects of a cluster in it are used in place of a live one."""
    if isinstance(value, AuditResult):
        value = value.material
    if isinstance(value, Material) and not isinstance(value, Loaded):
        return value, arguments.request()
    unread: list[Loaded] = [value] if isinstance(value, Loaded) else []

    def recorded(memory: int | None) -> list[Capture]:
        if not unread:
            unread.append(_loaded(value, argument, memory))
        return [capture for capture in unread[0].given if capture.is_of_cluster]

    request = arguments.request(recorded=recorded)
    if isinstance(value, Loaded) and not (request.nodes or request.routers):
        return value, request
    recorded(request.memory)
    return _read(unread[0], request), request


def _loaded(value: Input, argument: str, memory: int | None) -> Loaded:
    if not (isinstance(value, str | os.PathLike | list | tuple | Iterator) or _is_open_file(value)):
        raise TypeError(f"{argument}: expected what `load` returned, {_INPUTS}, found {type(value).__name__}")
    return _unread((value,), memory)


def _audited(material: Material, request: Request, arguments: Arguments) -> AuditResult:
    audited = audit_material(material, request, arguments.rules, arguments.past(request))
    return _as(AuditResult, audited, material=material)


def _parsers(value: Input, arguments: Arguments) -> Path | None:
    """Return the folder of one's own platforms: that of the call, or that which the material was loaded with."""
    material = value.material if isinstance(value, AuditResult) else value
    return arguments.parsers or (material.parsers if isinstance(material, Loaded) else None)


def _side(argument: str, value: Input, arguments: Arguments) -> AuditResult:
    if isinstance(value, AuditResult):
        return value
    with own_parsers(_parsers(value, arguments)):
        material, request = _with_request(value, argument, arguments)
        return _audited(material, request, arguments)


def _named(material: Material, router: str) -> Material:
    """Return what the same texts show when those without a router's name are of this router."""
    return _read(replace(material, router=router)) if isinstance(material, Loaded) else material


def _is_run(value: Input, arguments: Arguments) -> bool:
    return arguments.history is not None and isinstance(value, str | int) and is_run(str(value))


def _run(name: str, arguments: Arguments) -> Any:
    from ecmpaudit.history.store import open_history  # noqa: PLC0415 - SQLAlchemy, only for runs

    with open_history(str(arguments.history), create=False) as history:
        return history.observation(name)


def _title(value: Input, argument: str) -> str:
    """Return what the differences call a side: its path, or the name of the argument."""
    is_path = isinstance(value, os.PathLike) or (isinstance(value, str) and not is_text(value))
    return str(value) if is_path else argument


def _as(kind: type[_Result], value: Any, **further: Any) -> _Result:
    """Return a thing of the model as a result of the library."""
    return kind(**{each.name: getattr(value, each.name) for each in fields(value)}, **further)
