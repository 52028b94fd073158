"""Arguments of `ssh` in other programs' inventories: jump hosts, keys and files, in the keys of `ecmpaudit.yaml`.

Options that decide neither the way to a host nor who logs in are skipped. Host keys are checked, whatever an inventory
says of StrictHostKeyChecking.
"""

from __future__ import annotations

import re
import shlex

_OPTIONS = {
    "proxyjump": "jump",
    "identityfile": "key",
    "port": "port",
    "user": "user",
    "userknownhostsfile": "known_hosts",
}
_LETTERS = {"J": "jump", "i": "key", "p": "port", "l": "user", "F": "config"}
_WITH_VALUE = frozenset("BbcDEeFIiJLlmOopQRSWw")
"""Letters of ssh(1) that take a value."""
_OPTION = re.compile(r"\s*(?P<name>\w+)\s*[=\s]\s*(?P<value>.*)", re.DOTALL)


def settings_of_arguments(arguments: str) -> dict[str, str]:
    """Return what `-J bastion -o IdentityFile=…` says, in the keys of `ecmpaudit.yaml`.

    Raises:
        ValueError: a ProxyCommand is not `ssh -W %h:%p HOST`, or a quote is open; the message is about `jump`.
    """
    found: dict[str, str] = {}
    for letter, word in _letters(shlex.split(arguments))[0]:
        option = _OPTION.fullmatch(word) if letter == "o" else None
        name, value = (option["name"].lower(), option["value"]) if option else (letter, word)
        key = _OPTIONS.get(name) if option else _LETTERS.get(letter)
        if name == "proxycommand" and value.lower() != "none":
            key, value = "jump", _jump_of_command(value)
        if key and not (key == "known_hosts" and value == "/dev/null"):
            found.setdefault(key, value)  # as ssh: of an option given twice the first counts
    return found


def _letters(words: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the options of a command line with their values, and the words that are none."""
    options: list[tuple[str, str]] = []
    others: list[str] = []
    rest = iter(words)
    for word in rest:
        if not re.fullmatch(r"-\w.*", word, re.DOTALL):
            others.append(word)
            continue
        for index, letter in enumerate(word[1:], 1):
            if letter in _WITH_VALUE:
                options.append((letter, word[index + 1 :] or next(rest, "")))
                break
            options.append((letter, ""))
    return options, others


def _jump_of_command(command: str) -> str:
    """Return the jump host of `ssh -W %h:%p HOST`."""
    program, *words = shlex.split(command)
    options, others = _letters(words)
    given = dict(options)
    if program.rpartition("/")[2] != "ssh" or len(others) != 1 or given.get("W") not in {"%h:%p", "[%h]:%p"}:
        raise ValueError(f"ProxyCommand {command}: only `ssh -W %h:%p HOST` is the same as a jump host")
    if given.keys() & {"o", "i", "F", "J"}:
        raise ValueError(f"ProxyCommand {command}: write the options of the jump host into ~/.ssh/config")
    host = others[0]
    host = f"{given['l']}@{host}" if "l" in given else host
    return f"{host}:{given['p']}" if "p" in given else host
