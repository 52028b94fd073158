"""From pasted text to captures: what a terminal, a mail or a ticket added is taken away, and sessions are split.

Every step keeps one output line per input line, so that line numbers stay those of the file. `B>  10.0.0.0/24` looks
like a prompt and is a route: only a prompt that is followed by a known kind of command counts as one.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ecmpaudit.model import Capture

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_=>])")
_BACKSPACED = re.compile(r"[^\b\n]\x08")
_PAGER = re.compile(r"(?:--+ ?[Mm]ore ?--+|<--- More --->|\(END\)|lines \d+-\d+(?:/\d+)?(?: \(END\))?)[ \x08]*")
_COMMAND = (
    r"(?:do +)?(?:sh(?:ow?)? +(?:ip|ipv6|ro|route|bgp|run|ver|zebra|protocols|interfaces|status)\b.*"
    r"|(?:sudo +)?(?:vtysh|birdc6?|birdcl|ip) .*)"
)
_PROMPT = re.compile(rf"^\[?(?P<host>[A-Za-z0-9][\w.@:~/\- ]*?)\]?(?:\([\w\-]+\))?\s?[#>$%]\s*(?P<command>{_COMMAND})$")
_BARE_PROMPT = re.compile(
    r"^\[?(?P<host>[A-Za-z0-9][\w.@:~/\-]*?)\]?(?:\([\w\-]+\))?[#>$%]\s*(?:exit|quit|logout)?\s*$"
)
_QUOTED_COMMAND = re.compile(
    r"""(?:vtysh|birdc6?|birdcl)\b.*?(?:-c +|-r +| )(?P<quote>["'])(?P<command>.+?)(?P=quote)"""
)


def captures_from_text(
    text: str, source: str, *, router: str | None = None, platform: str | None = None
) -> list[Capture]:
    """Return one capture per command in the text; one for the whole of it where no prompt is seen."""
    lines = clean_lines(text)
    whole = Capture(router=router, platform=platform, command=None, text="", source=source)
    sections: list[tuple[Capture, list[str]]] = [(whole, [])]
    host = None
    for number, line in enumerate(lines, start=1):
        prompt = _PROMPT.match(line)
        if prompt:
            host = _host_name(prompt["host"])
            begun = replace(whole, router=router or host, command=_asked(prompt["command"]), first_line=number + 1)
            sections.append((begun, []))
        elif host and (bare := _BARE_PROMPT.match(line)) and _host_name(bare["host"]) == host:
            sections.append((replace(whole, router=router or host, first_line=number + 1), []))
        else:
            sections[-1][1].append(line)
    return [
        replace(capture, text="\n".join(body))
        for capture, body in sections
        if any(line.strip() for line in body) or capture.command
    ] or [whole]


def clean_lines(text: str) -> list[str]:
    """Return the lines without what terminals and mail programs add: colours, pager prompts, quoting, indentation."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    if "ore" in text or "END" in text or "lines " in text:
        text = _PAGER.sub("", text)
    while "\x08" in text and (shorter := _BACKSPACED.sub("", text)) != text:
        text = shorter
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return _without_margin(_without_quoting(lines))


def _without_quoting(lines: list[str]) -> list[str]:
    lines = ["" if line.startswith("```") else line for line in lines]
    told = [line for line in lines if line.strip()]
    if told and all(line.startswith(">") for line in told):
        return [line[1:].removeprefix(" ") for line in lines]
    return lines


def _without_margin(lines: list[str]) -> list[str]:
    """Take away blanks that stand before every line: a margin from a ticket or a Markdown list."""
    margin = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    return [line[margin:] for line in lines] if margin else lines


def _host_name(prompt: str) -> str:
    """Return the router's name in a prompt: `admin@sonic:~` is `sonic`."""
    return prompt.rpartition("@")[2].partition(":")[0].strip()


def _asked(command: str) -> str:
    """Return the command that a shell line hands to the routing daemon, or the line itself."""
    quoted = _QUOTED_COMMAND.search(command)
    asked = quoted["command"] if quoted else command
    return re.sub(r"^(?:do|sudo|birdc6?|birdcl) +(?:-\S+ +)*", "", asked.strip())
