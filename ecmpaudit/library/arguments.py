"""The arguments of the library's functions: their names, their types, and what they mean for a run.

A wrong type is a TypeError that names the argument; a wrong value is a ConfigurationError, as on the command line.
"""

from __future__ import annotations

import functools
import inspect
import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from ecmpaudit.auditing.cluster_objects import nothing_recorded
from ecmpaudit.auditing.request import GIVEN, Request, chosen_rules
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.commands.options import HistoryOptions
from ecmpaudit.commands.run_history import run_history
from ecmpaudit.errors import ConfigurationError, EcmpauditError
from ecmpaudit.library.asking import AskingArguments
from ecmpaudit.library.values import (
    Address,
    FilePath,
    Words,
    is_text,
    nodes_of,
    number,
    optional_path,
    path_of,
    paths,
    word,
    words,
    wrong_type,
)
from ecmpaudit.wording import suggestion

if TYPE_CHECKING:
    from ecmpaudit.auditing.cluster_objects import Recorded
    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.configuration.yaml_source import Source
    from ecmpaudit.model import Past
    from ecmpaudit.rules import Rule

_Function = TypeVar("_Function", bound=Callable[..., Any])


class ExpectationArguments(TypedDict, total=False):
    """What is expected and judged, as options of every audit; None is the same as leaving an argument out."""

    pool: Words | None
    nodes: Words | Mapping[str, Words] | None
    expect: int | None
    kube_dump: FilePath | list[FilePath] | None
    kubectl: str | None
    """The context of a live cluster; empty for the current one."""
    announcer: str | None
    max_paths: int | None
    growth: str | int | None
    """`2` nodes or `20%`."""
    select: Words | None
    ignore: Words | None
    history: FilePath | None
    """The file or URL of runs to compare with; it is read, and nothing is recorded."""
    parsers: FilePath | None
    """The folder of one's own platforms."""
    pools: Words | None
    """The same as `pool`."""


class ScanArguments(AskingArguments, ExpectationArguments, total=False):
    """Those of `ecmpaudit scan`, beside the configuration."""


class AuditArguments(ExpectationArguments, total=False):
    """Those of `ecmpaudit analyze`."""

    config: FilePath | Configuration | Mapping[str, Any] | None
    """A path, a text of YAML with a line break, a mapping, or a checked configuration."""


def naming_arguments(function: _Function) -> _Function:
    """Let the errors of a function name its arguments where those of the command line name options.

    What is in backticks is a command to type, and stays.
    """

    @functools.wraps(function)
    def called(*given: Any, **named: Any) -> Any:
        try:
            return function(*given, **named)
        except EcmpauditError as error:
            error.args = (in_arguments(str(error)),)
            raise

    return called  # type: ignore[return-value]


def in_arguments(message: str) -> str:
    """Return a message with the arguments of the library in place of the options of the command line."""
    parts = message.split("`")
    parts[::2] = (_OPTION.sub(_argument, part) for part in parts[::2])
    return "`".join(parts)


def _argument(option: re.Match[str]) -> str:
    name = _ARGUMENT_OF.get(option["name"], option["name"]).replace("-", "_")
    return name if name in _ARGUMENTS else option[0]


def documented(kind: Any) -> Callable[[_Function], _Function]:
    """Return what gives a function the signature in which help and completion show each of these arguments."""

    def decorated(function: _Function) -> _Function:
        function = naming_arguments(function)
        signature = inspect.signature(function)
        own = [known for known in signature.parameters.values() if known.kind is not inspect.Parameter.VAR_KEYWORD]
        keyword = inspect.Parameter.KEYWORD_ONLY
        further = [
            inspect.Parameter(name, keyword, default=None, annotation=getattr(typed, "__forward_arg__", typed))
            for name, typed in kind.__annotations__.items()
        ]
        function.__signature__ = signature.replace(parameters=[*own, *further])  # type: ignore[attr-defined]
        return function

    return decorated


_OPTION = re.compile(r"(?<![\w-])--(?P<name>[a-z]+(?:-[a-z]+)*)(?: (?:FILE|N|FOLDER|DIR)\b)?")
"""An option in a message, with the word for its value."""
_ARGUMENT_OF = {"router-name": "router", "inventory": "config", "exec": "exec_pods"}
"""The arguments that are called otherwise than their option."""
_ARGUMENTS = frozenset({*AuditArguments.__annotations__, *AskingArguments.__annotations__, "router", "platform"})


class Arguments:
    """The arguments of one call, checked."""

    def __init__(self, given: Mapping[str, Any], known: Collection[str] = AuditArguments.__annotations__) -> None:
        """Raise TypeError for a name that is none of the known ones, or a wrong type."""
        for name in given:
            if name not in known:
                hint = suggestion(name, known) or f"; expected one of {', '.join(known)}"
                raise TypeError(f"{name}: no such argument{hint}")
        self.parsers = optional_path("parsers", given.get("parsers"))
        self._select = words("select", given.get("select"))
        self._ignore = words("ignore", given.get("ignore"))
        history = given.get("history")
        self._history = None if history is None else str(path_of("history", history))
        config, source = configuration_of(given.get("config"))
        growth = given.get("growth")
        growth = growth if isinstance(growth, str) else number("growth", growth)
        self._scope = ScopeOptions(
            config,
            (*words("pool", given.get("pool")), *words("pools", given.get("pools"))),
            number("expect", given.get("expect")),
            nodes_of("nodes", given.get("nodes")),
            kube_dumps=paths("kube_dump", given.get("kube_dump")),
            kubectl=word("kubectl", given.get("kubectl")),
            announcer=word("announcer", given.get("announcer")),
            max_paths=number("max_paths", given.get("max_paths")),
            growth=None if growth is None else str(growth),
            is_searched=False,
            given=source,
        )

    def request(
        self, pool: str | None = None, limit: tuple[str, ...] = (), recorded: Recorded = nothing_recorded
    ) -> Request:
        """Return what is expected, in this pool only where one is given; as `Request.of`.

        Raises:
            ConfigurationError: a value cannot be used.
        """
        scope = replace(self._scope, limit=limit)
        return Request.of(scope if pool is None else replace(scope, pools=(pool,)), recorded)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules to run."""
        return chosen_rules(self._select, self._ignore)

    def past(self, request: Request) -> Past:
        """Return what earlier runs found: nothing without `history`."""
        return run_history(request, "library", HistoryOptions(place=self._history)).past()

    @property
    def history(self) -> str | None:
        """The place of the history."""
        return self._history


def configuration_of(value: object) -> tuple[Path | None, Configuration | Source | None]:
    """Return the file that `config` names, or the configuration that it is."""
    if value is None:
        return None, None
    if isinstance(value, Mapping):
        return None, _source_of(value)
    if isinstance(value, str) and is_text(value):
        from ecmpaudit.configuration.yaml_source import read_yaml  # noqa: PLC0415 - YAML, only where it is given

        source = read_yaml(value, GIVEN)
        if not isinstance(source.values, dict):
            raise ConfigurationError(f"{GIVEN}: expected a mapping with the sections of ecmpaudit.yaml")
        return None, source
    if isinstance(value, str | os.PathLike):
        path = path_of("config", value)
        return Path(path), None
    from ecmpaudit.configuration.schema import Configuration  # noqa: PLC0415 - pydantic, as above

    if not isinstance(value, Configuration):
        raise wrong_type("config", "a path, a text of YAML, a mapping or a Configuration", value)
    return None, value


def _source_of(value: Mapping[Any, Any]) -> Source:
    """Return the values of a mapping, without lines, as those of a file."""
    import yaml  # noqa: PLC0415 - as in configuration_of

    from ecmpaudit.configuration.yaml_source import read_yaml  # noqa: PLC0415 - as in configuration_of

    source = read_yaml(yaml.safe_dump(_plain("config", value), sort_keys=False), GIVEN)
    source.places = {path: replace(place, line=0) for path, place in source.places.items()}
    source.problems = [replace(problem, line=0) for problem in source.problems]
    return source


def _plain(place: str, value: object) -> object:
    """Return what YAML can write: paths and addresses as text, tuples as lists; TypeError for anything else."""
    if isinstance(value, Mapping):
        return {str(key): _plain(f"{place}.{key}", each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(f"{place}[{index}]", each) for index, each in enumerate(value)]
    if isinstance(value, os.PathLike | Address):
        return str(value)
    if value is None or isinstance(value, str | int | float):
        return value
    raise wrong_type(place, "a text, a number, a list or a mapping", value)
