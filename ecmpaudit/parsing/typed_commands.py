"""What was typed at a prompt: the command that reached a routing daemon, what filtered it, and what it asks for."""

from __future__ import annotations

import re
from dataclasses import replace

from ecmpaudit.parsing.command_wrappers import SentCommand, sent, without_prefixes
from ecmpaudit.parsing.time_limit import LONGEST_COMMAND

_QUOTED = re.compile(
    r"""\b(?:vtysh|birdc?l?6?)\b[^"']{0,200}?(?P<quote>["'])(?P<command>[^"']+)(?P=quote)(?P<rest>[^"']*)"""
)
_CLIENT = re.compile(r"birdc?l?6?\s+(?:-\S+\s+(?:\S*/\S*\s+)?)*")
_HARMLESS_PIPE = re.compile(
    r"\s*\|\s*(?:no-?more|cat|less|more|json|jq(?:\s+-\S+)*\s+['\"]?\.['\"]?|tee\s+\S+|display\s+\w+|sort|column\s*-t)\s*$"
)
_PIPE = re.compile(r"\|\s*(?P<filter>\S.*)$")
_CONFIGURATION = re.compile(
    r"(?:no +|undo +)?ip(?:v6)? +route(?:-static)? +(?:(?:vrf|vpn-instance) +\S+ +)?(?:\d+\.|[0-9A-Fa-f]*:|default\b)"
    r"|(?:\S*/)?ip +(?:-\S+ +)*r\w* +(?:a|add|del|delete|change|replace|append|flush|get)\b"
)
_ASKS_FOR_ROUTES = re.compile(
    r"(?:sh|show|dis|display|get|list|netstat|nv +show|bgpctl +show|diagnose +ip) +(?!run|conf|current|start)"
    r"(?:\S+ +)*?(?:ro|rou|rout|routes?|routing|routing-tables?|route-table|rib|fib|forwarding(?:-table)?)(?=\s|$)"
    r"(?!.*\b(?:summary|statistics|counters?|policy|instance|protocol)\b)"
    r"|netstat +-\w*r|route +-n|/?(?:ip|ipv6|routing)[ /]+routes?[ /]+print"
)


def read_typed(typed: str) -> SentCommand:
    """Return the command that a line sends to a router, as it is received there, and the place that it is sent to."""
    to = sent(typed)
    return replace(to, command=asked(to.command))


def asked(typed: str) -> str:
    """Return the command that a shell line sends to the routing daemon, with a pipe that filters it, or the line."""
    typed = typed[:LONGEST_COMMAND]
    quoted = _QUOTED.search(typed)
    if quoted:
        pipe = _PIPE.search(quoted["rest"])
        bare = quoted["command"] + (f" {pipe[0]}" if pipe else "")
    else:
        bare = without_prefixes(typed)
        bare = _CLIENT.sub("", bare, count=1) if _CLIENT.match(bare) else bare
    return _HARMLESS_PIPE.sub("", bare)


def filter_of(command: str) -> str | None:
    """Return what a command's output was filtered with, `include 192.0.2`; None where it prints all its lines."""
    found = _PIPE.search(_HARMLESS_PIPE.sub("", command[:LONGEST_COMMAND]))
    return found["filter"].strip("'\" ") if found else None


def is_configuration(command: str) -> bool:
    """Return whether a line changes routes instead of printing them: `ip route 0.0.0.0/0 192.0.2.4`."""
    return _CONFIGURATION.match(command[:LONGEST_COMMAND]) is not None


def asks_for_routes(command: str) -> bool:
    """Return whether a command prints routes on some platform, known or not: `show routing route`."""
    return _ASKS_FOR_ROUTES.match(command[:LONGEST_COMMAND]) is not None and not is_configuration(command)
