"""Results of Ansible in files, one JSON object for each host (`ansible … --tree DIR`): the answers inside of them."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture

_SIGNS = ('"stdout"', '"unreachable"', '"msg"')
"""A result has one of them, and `changed`."""


def answers_in_result(capture: Capture) -> list[Capture]:
    """Return the answers in a result, with the host that the file is named by; empty for any other text.

    A result of one command has it as `cmd`; one of a network module has lists, and its commands in `invocation`.
    """
    if not any(sign in capture.text for sign in _SIGNS):
        return []
    try:
        result = json.loads(capture.text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(result, dict) or not isinstance(result.get("changed"), bool):
        return []
    name = PurePath(capture.source).name.removesuffix(".json")
    return list(_answers(replace(capture, router=name, text=""), result))


def _answers(empty: Capture, result: dict[str, Any]) -> Iterator[Capture]:
    failure = _failure(result)
    commands = _commands(result)
    texts = result.get("stdout")
    if isinstance(texts, list):
        for number, text in enumerate(texts):
            command = commands[number] if number < len(commands) else None
            yield replace(empty, command=command, text=text if isinstance(text, str) else json.dumps(text))
    elif isinstance(texts, str) and (texts or not failure):
        command = commands[0] if commands else None
        yield replace(empty, command=command, text=texts, failure=failure, exit_status=_status(result))
    elif failure:
        yield replace(empty, command=commands[0] if commands else None, failure=failure)


def _commands(result: dict[str, Any]) -> list[str]:
    if isinstance(command := result.get("cmd"), str):
        return [command]
    if isinstance(command, list):
        return [shlex.join(map(str, command))]
    invocation = result.get("invocation")
    arguments = invocation.get("module_args") if isinstance(invocation, dict) else None
    given = arguments.get("commands") if isinstance(arguments, dict) else None
    return [each["command"] if isinstance(each, dict) and "command" in each else str(each) for each in given or ()]


def _failure(result: dict[str, Any]) -> str | None:
    """Return why Ansible has no whole answer."""
    if not (result.get("failed") or result.get("unreachable") or _status(result)):
        return None
    return f"Ansible reports: {result.get('stderr') or result.get('msg') or 'failed'}".strip()


def _status(result: dict[str, Any]) -> int | None:
    status = result.get("rc")
    return status if isinstance(status, int) else None
