"""Each option of a command is an argument of the function of the same name, or is absent for a stated reason."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

import ecmpaudit
from ecmpaudit.commands.options import CollectionOptions
from ecmpaudit.configuration.transports import TransportName
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.library.asking import collection_of
from tests.test_option_table import OPTIONS

FUNCTIONS: dict[str, Any] = {
    "scan": ecmpaudit.scan,
    "analyze": ecmpaudit.audit,
    "explain": ecmpaudit.explain,
    "diff": ecmpaudit.diff,
}
OTHER_NAMES = {"--exec": "exec_pods"}
OF_LOAD = "it is an argument of `load`, which reads the texts"
WHAT_IS_SHOWN = "a result has tables, which pandas filters"
WRITTEN = "to_text, to_json and to_html of a result write it"
RECORDED = "the library records nothing and notifies nobody"
ABSENT = {
    "--memory": OF_LOAD,
    "--router-name": OF_LOAD,
    "--platform": OF_LOAD,
    "--inventory": "the key `inventories` of the mapping `config` names them",
    "--check": "it gives no audit",
    "--dask": "it is for a program that runs alone; a notebook has a client of its own",
    "--fail-on": "there is no exit code",
    **dict.fromkeys(("--router", "--node", "--prefix", "--vrf", "--label", "--by", "--verbose"), WHAT_IS_SHOWN),
    **dict.fromkeys(("--format", "--output", "--quiet", "--metrics-limit"), WRITTEN),
    **dict.fromkeys(("--record", "--confirm", "--quiet-unless-changed"), RECORDED),
}
PAIRS = [(option, command) for option, found in OPTIONS.items() for command in FUNCTIONS if command in found]


@pytest.mark.parametrize("option, command", PAIRS)
def test_an_option_is_an_argument_or_absent_for_a_stated_reason(option: str, command: str) -> None:
    argument = OTHER_NAMES.get(option, option.removeprefix("--").replace("-", "_"))
    if argument not in inspect.signature(FUNCTIONS[command]).parameters:
        assert ABSENT[option]


def test_no_option_is_said_to_be_absent_that_every_function_has() -> None:
    arguments = [set(inspect.signature(function).parameters) for function in FUNCTIONS.values()]
    shared = set.intersection(*arguments)
    assert {option for option in ABSENT if option.removeprefix("--").replace("-", "_") in shared} == set()


def test_the_arguments_of_a_scan_are_its_options() -> None:
    given: dict[str, Any] = {
        "limit": ["tor*", "!tor3"],
        "transport": "openssh",
        "full": True,
        "jobs": 3,
        "connect_rate": 2,
        "deadline": 30,
        "save": "today",
        "overwrite": True,
        "keep_secrets": True,
        "accept_new": "tor1",
        "exec_pods": True,
        "memory": 64,
    }
    assert collection_of(given) == CollectionOptions(
        limit=("tor*", "!tor3"),
        transport=TransportName.OPENSSH,
        full=True,
        jobs=3,
        connect_rate=2,
        deadline=30,
        save=Path("today"),
        overwrite=True,
        keep_secrets=True,
        accept_new=("tor1",),
        exec_pods=True,
        memory=64,
    )
    assert collection_of(dict.fromkeys(given)) == collection_of({}) == CollectionOptions()


@pytest.mark.parametrize(
    "argument, value, error, message",
    [
        ("jobs", 0, ConfigurationError, "jobs 0: expected at least 1"),
        ("jobs", 1.5, TypeError, "jobs: expected a whole number, found float"),
        ("connect_rate", 0, ConfigurationError, "connect_rate 0: expected at least 0.01"),
        ("connect_rate", True, TypeError, "connect_rate: expected connections per second, found bool"),
        ("deadline", float("nan"), ConfigurationError, "deadline nan: expected at least 1"),
        ("memory", -1, ConfigurationError, "memory -1: expected at least 1"),
        ("transport", "telnet", ConfigurationError, "transport telnet: expected one of paramiko, openssh, "),
        ("overwrite", "yes", TypeError, "overwrite: expected true or false, found str"),
        ("save", 3, TypeError, "save: expected a path, found int"),
        ("overwrit", True, TypeError, "overwrit: no such argument; did you mean overwrite?"),
        ("exec_pods", True, ConfigurationError, "exec_pods asks the pods of a live cluster: give kubectl"),
    ],
)  # fmt: skip
def test_a_wrong_argument_of_a_scan_is_named(
    argument: str, value: object, error: type[Exception], message: str
) -> None:
    scan: Any = ecmpaudit.scan
    with pytest.raises(error) as raised:
        scan({"routers": {"tor1": {"host": "127.0.0.1", "port": 1}}}, **{argument: value})
    assert str(raised.value).startswith(message)
