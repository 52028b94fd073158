"""Prompts: which line of a terminal session is one, which router it names, and which command was typed there.

`B>  10.0.0.0/24` and `O[10]>* 0.0.0.0/0` look like prompts and are routes. So a prompt that ends in `>` and is of no
special form counts only if a known command follows, or if its router was named by an earlier prompt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ecmpaudit.parsing.cut_marks import is_cut_mark
from ecmpaudit.parsing.pagers import PAGER
from ecmpaudit.parsing.time_limit import LONGEST_COMMAND
from ecmpaudit.parsing.typed_commands import read_typed

_HEADINGS = tuple(
    re.compile(form)
    for form in (
        # pyATS and others that log what they send
        (
            r"(?:.{0,80}: )?\+{3,} ?(?P<router>[A-Za-z0-9][\w.\-]*)\b[^\n]{0,60}?: executing command "
            r"(?P<quote>['\"])(?P<command>.+?)(?P=quote) ?\+{3,}"
        ),
        # Ansible, pssh -i, and head or tail of several files
        r"(?P<router>[A-Za-z0-9][\w.\-]*) \| (?:CHANGED|SUCCESS|FAILED|UNREACHABLE)!?(?: \| rc=\d+)? (?:>>|=>)",
        r"\[\d+\] \d\d:\d\d:\d\d \[(?:SUCCESS|FAILURE)\] (?:[\w.\-]+@)?(?P<router>[A-Za-z0-9][\w.\-]*)",
        r"==> (?:\S*/)?(?P<router>[A-Za-z0-9][\w\-]*)(?:\.\w+)* <==$",
    )
)
"""Lines that name the host of which the lines below are."""
FIRST_LINE = re.compile(
    r"(?:[\u250c\u256d]\u2500*)?[\[(]?[\w.\-]{1,40}[@\u327f](?P<router>[A-Za-z0-9][\w.\-]{0,80})"
    r"(?:[\])]|[ :~]|$)[^|>]{0,80}$"
)
"""The first line of a prompt of two lines, which names the host."""
_SHORTEST_NAME = 2
"""Names of one letter are not accepted: codes of routes look the same."""
_NAME = r"(?P<router>[A-Za-z0-9][\w.\-]{0,80})"
_MODE = r"(?:\([\w./:\[\]\-]{1,60}\))?"
_BEFORE = r"(?:\{\w{1,20}(?::\w{1,10})?\}\s?)?(?:\[edit[^\]]{0,100}\]\s?)?"
_UNMISTAKABLE = tuple(
    re.compile(rf"[ \t]*{_BEFORE}(?P<prompt>{form})(?P<rest>.*)")
    for form in (
        rf"RP/\d+/\w{{1,8}}/CPU\d+:{_NAME}{_MODE}#",
        rf"(?:\([\w.\-]{{1,40}}\) ?)?\[?[\w.\-]{{1,40}}@{_NAME}(?:(?::| )[^\s#$%>\]]{{0,80}})?\]?{_MODE} ?[#$%>]",
        rf"\*?[A-D]:(?:[\w.\-]{{1,40}}@)?{_NAME}{_MODE}[#>]",
        rf"<[~*]?{_NAME}>",
        rf"{_NAME}{_MODE}#",
    )
)
_DOUBTFUL = tuple(
    re.compile(rf"[ \t]*(?P<prompt>{form})(?P<rest>.*)")
    for form in (
        rf"{_NAME}{_MODE}>",
        rf"{_NAME}(?: {_MODE})? ?[#$%]",
        rf"\[[~*]?{_NAME}\]",
        r"(?P<router>)(?:[\u2514\u2570]\u2500*)?[$#%>\u276f](?= |$)",
    )
)
_KNOWN_COMMAND = re.compile(
    r"\s*(?:do\s+|run\s+|sudo\s+)?(?:sho?w?\s+(?:ip|ipv6|ro|bgp|run|ver|zebra|protocols|interfaces|status|network)"
    r"|dis(?:play)?\s+\S|(?:vtysh|birdcl?6?|gobgp|ssh|sysctl|docker|podman|kubectl|oc)(?:\s|$)"
    r"|(?:cat|less|more)\s+\S*bird6?\.conf|get\s+ro|/?ip(?:v6)?[ /]+route[ /]+pr|(?:bgpctl|netstat)\s"
    r"|(?:\S{0,20}/)?ip\s+(?:-\S+\s+)*(?:r|addr|a\b|nexthop|netns|vrf))"
)
_ANY_COMMAND = re.compile(r"\s+[A-Za-z!?./]|!|\s*(?:exit|quit|logout|end|conf\w*|term\w*|en|enable)\b")
_NAME_OF_A_SHELL = re.compile(r"(?:ba|da|a|k|z)?sh(?:-[\d.]+)?")
_TIME_OF_DAY = re.compile(r"\[?(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?Z?\]?\s+(?=[^\d\s])")
"""A terminal's time before its prompt."""
SHELLS_OF_DAEMONS = frozenset({"bird", "gobgp", "vtysh"})
"""Prompts that name the program and not the router."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt and what was typed there."""

    router: str | None
    """None where it names none, as `bird>` and `$` do."""
    command: str
    """The command as the router or its daemon received it; empty for a bare prompt."""
    margin: int = 0
    """Characters of indentation before it."""
    pager: str = ""
    """The pager's prompt before it on the same line, where a pager was left."""
    is_second_line: bool = False
    """It names no host itself, so that a line above it may: `$ ip route`."""
    is_heading: bool = False
    """No prompt, but a line of a tool that names the host of which the lines below are."""
    host: str | None = None
    """The host of the namespace or container that `router` names; None where `router` is a host, or none is named."""


def read_prompt(line: str, known_routers: frozenset[str] = frozenset()) -> Prompt | None:
    """Return the prompt that the line begins with, None if it is none."""
    head = line[:LONGEST_COMMAND].rstrip()
    if timed := _TIME_OF_DAY.match(head):
        prompt = _read_without_time(head[timed.end() :], known_routers)
        return prompt if prompt and prompt.router and prompt.command else None
    return _read_without_time(head, known_routers)


def _read_without_time(head: str, known_routers: frozenset[str]) -> Prompt | None:
    if is_cut_mark(head):
        return None
    if heading := next(filter(None, (form.match(head) for form in _HEADINGS)), None):
        return Prompt(heading["router"], read_typed(heading.groupdict().get("command") or "").command, is_heading=True)
    pager = PAGER.match(head)
    if pager:
        prompt = read_prompt(head[pager.end() :], known_routers) if not PAGER.match(head[pager.end() :]) else None
        return replace(prompt, pager=pager[0].strip()) if prompt else None
    for form in _UNMISTAKABLE:
        found = form.match(head)
        if found and _is_plausible(found):
            return _prompt(found)
    for form in _DOUBTFUL:
        found = form.match(head)
        if found and (_KNOWN_COMMAND.match(found["rest"]) or _is_of_known(found, known_routers)):
            return _prompt(found)
    return None


def _is_plausible(found: re.Match[str]) -> bool:
    if _KNOWN_COMMAND.match(found["rest"]):
        return True
    is_name = len(found["router"]) >= _SHORTEST_NAME
    return is_name and (not found["rest"] or _ANY_COMMAND.match(found["rest"]) is not None)


def _is_of_known(found: re.Match[str], known_routers: frozenset[str]) -> bool:
    """Return whether it is `tor1>` with any command, where tor1 is known, or alone after a name of several letters."""
    if not found["router"]:
        if not found["prompt"].isascii():
            return True
        return found["prompt"] in {"$", "#"} and not found["rest"]
    known = found["router"] in known_routers or found["router"] in SHELLS_OF_DAEMONS
    is_bare_name = found["prompt"].endswith((">", "$")) and not found["rest"] and len(found["router"]) >= _SHORTEST_NAME
    return is_bare_name or (known and (not found["rest"] or _ANY_COMMAND.match(found["rest"]) is not None))


def _prompt(found: re.Match[str]) -> Prompt:
    router, typed = found["router"] or None, found["rest"].strip()
    if router in SHELLS_OF_DAEMONS or (router and _NAME_OF_A_SHELL.fullmatch(router)):
        router = None
    to = read_typed(typed)
    host = (to.host or router) if to.is_local else None
    margin, names_none = len(found[0]) - len(found[0].lstrip()), not found["router"]
    return Prompt(to.place or router, to.command, margin, is_second_line=names_none, host=host)
