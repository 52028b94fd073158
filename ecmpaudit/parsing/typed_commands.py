"""What was typed at a prompt: the command that reached a router, the place that it was sent to, what filtered it.

A shell sends commands elsewhere: `ssh tor1 …`, `docker exec NAME …`, `kubectl exec POD -- …`, `ip netns exec NS …`,
`gobgp -u HOST …`. Such an answer is of that place, and not of the host with the shell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ecmpaudit.parsing.time_limit import LONGEST_COMMAND

_QUOTED = re.compile(
    r"""\b(?:vtysh|birdc?l?6?)\b[^"']{0,200}?(?P<quote>["'])(?P<command>[^"']+)(?P=quote)(?P<rest>[^"']*)"""
)
_PREFIXES = re.compile(r"(?:(?:do|run|sudo|time|watch(?:\s+-n\s*\d+)?)\s+|birdc?l?6?\s+(?:-\S+\s+(?:\S*/\S*\s+)?)*)*")
_HARMLESS_PIPE = re.compile(
    r"\s*\|\s*(?:no-?more|cat|less|more|json|jq(?:\s+-\S+)*\s+['\"]?\.['\"]?|tee\s+\S+|display\s+\w+|sort|column\s*-t)\s*$"
)
_PIPE = re.compile(r"\s\|\s*(?P<filter>\S.*)$")
_VALUE = r"(?:\s+|=)[^\s\-]\S*"
_WORD = r"[A-Za-z0-9][\w.:\-/]*"
_OPTIONS_OF_KUBECTL = (
    rf"(?:\s+(?:-[nc]{_VALUE}|--(?:namespace|container|context|kubeconfig){_VALUE}"
    r"|-[abd-mo-z][a-z]*|--(?:stdin|tty|quiet)))*"
)
_WRAPPERS = (
    re.compile(
        r"ssh(?:\s+-[46AaCfGgKkMNnqsTtVvXxYy]+|\s+-[bcDEeFIiJLlmOopQRSWw]\s*\S+)*"
        rf"\s+(?:[\w.\-]+@)?(?P<place>{_WORD})\s+(?P<command>\S.*)"
    ),
    re.compile(
        r"(?:docker|podman|nerdctl)(?:[ -]compose)?\s+exec"
        rf"(?:\s+(?:-[euw]{_VALUE}|--(?:user|env|workdir|index){_VALUE}|-[ditT]+|--(?:detach|interactive|tty|privileged)))*"
        rf"\s+(?P<place>{_WORD})\s+(?P<command>\S.*)"
    ),
    re.compile(
        rf"(?:kubectl|oc){_OPTIONS_OF_KUBECTL}\s+exec{_OPTIONS_OF_KUBECTL}\s+(?P<place>{_WORD}){_OPTIONS_OF_KUBECTL}"
        r"\s+(?:--\s+)?(?P<command>[^\s\-].*)"
    ),
    re.compile(rf"(?:\S*/)?ip\s+(?:netns|vrf)\s+exec\s+(?P<place>{_WORD})\s+(?P<command>\S.*)"),
)
_SHELL = re.compile(r"""(?:/bin/)?(?:ba|a)?sh\s+-l?c\s+(?P<quote>["'])(?P<command>.*)(?P=quote)\s*$""")
_NAMESPACE = re.compile(
    rf"(?P<before>(?:\S*/)?ip(?:\s+-[46dhjoprs]\w*)*)\s+-n(?:etns)?\s+(?P<place>{_WORD})(?P<after>\s.*)"
)
_VTYSH_PLACE = re.compile(rf"(?:\S*/)?vtysh\s.*?-N\s+(?P<place>{_WORD})")
_GOBGP_HOST = re.compile(rf"(?:\S*/)?gobgp\s.*?(?:-u|--host)(?:\s+|=)(?P<place>{_WORD})")
_GOBGP_OPTIONS = re.compile(r"\s+(?:-u|--host|-p|--port)(?:\s+|=)\S+")
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
_DEEPEST = 3
"""Commands that send another one elsewhere, one in the other: `ssh hv1 kubectl exec … -- ip netns exec …`."""


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """A command as a router received it."""

    command: str
    place: str | None = None
    """The host, container or namespace that the command line names; None where it names none."""


def read_typed(typed: str) -> TypedCommand:
    """Return the command that a line sends to a router, and the place that it sends it to."""
    command, place = typed[:LONGEST_COMMAND].strip(), None
    for _ in range(_DEEPEST):
        bare = command[len(_PREFIXES.match(command)[0]) :] if command.startswith(("sudo ", "do ", "run ")) else command  # type: ignore[index]  # it matches the empty text too
        found = next(filter(None, (wrapper.match(bare) for wrapper in _WRAPPERS)), None)
        if found is None:
            break
        place, command = _name(found["place"]), _unquoted(found["command"])
    if shell := _SHELL.match(command):
        command = shell["command"]
    if namespace := _NAMESPACE.match(command):
        place, command = namespace["place"], namespace["before"] + namespace["after"]
    if named := _VTYSH_PLACE.match(command) or _GOBGP_HOST.match(command):
        place = named["place"]
    if "gobgp" in command:
        command = _GOBGP_OPTIONS.sub("", command)
    return TypedCommand(asked(command), place)


def asked(typed: str) -> str:
    """Return the command that a shell line sends to the routing daemon, with a pipe that filters it, or the line."""
    typed = typed[:LONGEST_COMMAND]
    quoted = _QUOTED.search(typed)
    if quoted:
        pipe = _PIPE.search(quoted["rest"])
        bare = quoted["command"] + (pipe[0] if pipe else "")
    else:
        bare = typed[_PREFIXES.match(typed).end() :]  # type: ignore[union-attr]  # it matches the empty text too
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


def _name(place: str) -> str:
    return place.removeprefix("pod/").removeprefix("deploy/").removeprefix("ds/")


def _unquoted(text: str) -> str:
    return text[1:-1] if text[:1] in {"'", '"'} and text[-1:] == text[:1] else text
