"""Commands that send another one elsewhere: `ssh tor1 …`, `docker exec NAME …`, `ip netns exec NS …`.

Their answer is of that place, and not of the host with the shell. A namespace or a container is a place of its host:
two hosts may have one of the same name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ecmpaudit.parsing.time_limit import LONGEST_COMMAND

_PREFIXES = re.compile(
    r"""(?:(?:do|run|time|command|nohup)\s+
    |(?:sudo|doas)(?:\s+-[ugCDhpRTr]\s+[^\s\-]\S*|\s+-[A-Za-z]\S*|\s+--[\w\-]+(?:=\S+)?)*\s+
    |watch(?:\s+-\w+(?:\s+[\d.]+)?)*\s+
    |timeout(?:\s+-\S+)*\s+[\d.]+[smh]?\s+
    |nice(?:\s+-n\s*-?\d+)?\s+
    |stdbuf(?:\s+-\w+)+\s+
    |sshpass(?:\s+-[pfPd]\s*\S+|\s+-e)*\s+
    |(?:\S*/)?ip\s+vrf\s+exec\s+\S+\s+
    |(?:env\s+)?[A-Za-z_]\w*=\S*\s+
    )*""",
    re.VERBOSE,
)
"""Words before a command that change neither the place nor the table."""
_VALUE = r"(?:\s+|=)[^\s\-]\S*"
_WORD = r"[A-Za-z0-9][\w.:\-/]*"
_OPTIONS_OF_KUBECTL = (
    rf"(?:\s+(?:-[nc]{_VALUE}|--(?:namespace|container|context|kubeconfig){_VALUE}"
    r"|-[abd-mo-z][a-z]*|--(?:stdin|tty|quiet)))*"
)
_TO_HOSTS = (
    re.compile(
        r"(?:ssh|autossh)(?:\s+-[46AaCfGgKkMNnqsTtVvXxYy]+|\s+-[bcDEeFIiJLlmOopQRSWw]\s*\S+)*"
        rf"\s+(?:[\w.\-]+@)?(?P<place>{_WORD})\s+(?:--\s+)?(?P<command>\S.*)"
    ),
    re.compile(
        rf"(?:clush|pdsh|pssh)(?:\s+-[A-Zabilptv]\b)*\s+-[wH]\s*(?P<place>{_WORD})(?:\s+-\w+)*\s+(?P<command>[^\s\-].*)"
    ),
    re.compile(
        rf"(?:kubectl|oc|k|k3s\s+kubectl|microk8s\s+kubectl){_OPTIONS_OF_KUBECTL}\s+exec{_OPTIONS_OF_KUBECTL}"
        rf"\s+(?P<place>{_WORD}){_OPTIONS_OF_KUBECTL}\s+(?:--\s+)?(?P<command>[^\s\-].*)"
    ),
    re.compile(
        rf"ansible\s+(?:(?!all\b)(?P<place>{_WORD})(?=\s)|\S+)?.*?\s(?:-a|--args)(?:\s+|=)(?P<quote>[\"'])(?P<command>.+)(?P=quote)"
    ),
)
_TO_PLACES = (
    re.compile(
        r"(?:docker|podman|nerdctl|crictl)(?:[ -]compose)?\s+exec"
        rf"(?:\s+(?:-[euw]{_VALUE}|--(?:user|env|workdir|index){_VALUE}|-[ditT]+|--(?:detach|interactive|tty|privileged)))*"
        rf"\s+(?P<place>{_WORD})\s+(?P<command>\S.*)"
    ),
    re.compile(rf"(?:lxc|incus)\s+exec\s+(?P<place>{_WORD})(?:\s+-[tTn]\b)*\s+(?:--\s+)?(?P<command>[^\s\-].*)"),
    re.compile(
        rf"(?:lxc-attach|virt-lxc)\s+(?:-n|--name)(?:\s+|=)(?P<place>{_WORD})\s+(?:--\s+)?(?P<command>[^\s\-].*)"
    ),
    re.compile(rf"machinectl\s+shell\s+(?:\w+@)?(?P<place>{_WORD})\s+(?P<command>\S.*)"),
    re.compile(rf"(?:\S*/)?ip\s+netns\s+exec\s+(?P<place>{_WORD})\s+(?P<command>\S.*)"),
    re.compile(
        rf"nsenter(?:\s+-[a-zA-Z]+)*\s+(?:-n|--net)=?\s*(?:/var)?/run/(?:docker/)?netns/(?P<place>{_WORD})"
        r"(?:\s+-\S+)*\s+(?P<command>[^\s\-].*)"
    ),
    re.compile(
        r"nsenter(?:\s+-[b-su-zA-Z]+)*\s+(?:-t|--target)(?:\s*|=)"
        r"(?:(?P<place>\d+)|[\"']?(?:\$\(|`)[^)`]*?(?P<of>[A-Za-z0-9][\w.\-]*)\s*[)`][\"']?)"
        r"(?:\s+-\S+)*\s+(?P<command>[^\s\-].*)"
    ),
)
_SHELL = re.compile(
    r"""(?:(?:/bin/)?(?:ba|a)?sh\s+-l?c|su(?:\s+-\w*|\s+\w+)*?\s+-c)\s+(?P<quote>["'])(?P<command>.*)(?P=quote)\s*$"""
)
_NAMESPACE = re.compile(
    rf"(?P<before>(?:\S*/)?ip(?:\s+-[46dhjoprs]\w*)*)\s+-n(?:etns)?\s+(?P<place>{_WORD})(?P<after>\s.*)"
)
_VTYSH_PLACE = re.compile(rf"(?:\S*/)?vtysh\s.*?(?:-N|--pathspace)(?:\s+|=)(?P<place>{_WORD})")
_VTYSH_OPTION = re.compile(r"\s+(?:-N|--pathspace)(?:\s+|=)\S+")
_GOBGP_HOST = re.compile(rf"(?:\S*/)?gobgp\s.*?(?:-u|--host)(?:\s+|=)(?P<place>{_WORD})")
_GOBGP_OPTIONS = re.compile(r"\s+(?:-u|--host|-p|--port)(?:\s+|=)\S+")
_DEEPEST = 4
"""Commands that send another one elsewhere, one in the other: `ssh hv1 kubectl exec … -- ip netns exec …`."""


@dataclass(frozen=True, slots=True)
class SentCommand:
    """A command, and where it was sent."""

    command: str
    place: str | None = None
    """The host, container or namespace that answers; None where the line names none."""
    host: str | None = None
    """The host of that place, where the line names it; None for the host with the shell, and where `place` is one."""
    is_local: bool = False
    """The place is a namespace or a container, whose name is known on its host alone."""


def sent(typed: str) -> SentCommand:
    """Return the command that a shell line sends elsewhere, or the line itself."""
    found = SentCommand(typed[:LONGEST_COMMAND].strip())
    for _ in range(_DEEPEST):
        further = _sent_once(without_prefixes(found.command))
        if further is None:
            break
        if further.place is None:
            found = SentCommand(further.command, found.place, found.host, found.is_local)
        else:
            host = found.place if further.is_local else None
            found = SentCommand(further.command, further.place, host, further.is_local)
    return found


def without_prefixes(command: str) -> str:
    """Return a command without `sudo`, `time`, `LANG=C` and the like before it."""
    return command[_PREFIXES.match(command).end() :]  # type: ignore[union-attr]  # it matches the empty text too


def _sent_once(command: str) -> SentCommand | None:
    """Return what the outermost command sends; None where it sends nothing."""
    for wrapper in _TO_HOSTS:
        if found := wrapper.match(command):
            return SentCommand(_unquoted(found["command"]), _bare(found["place"]))
    for wrapper in _TO_PLACES:
        if found := wrapper.match(command):
            names = found.groupdict()
            return SentCommand(_unquoted(found["command"]), names["place"] or names.get("of"), is_local=True)
    return _sent_by_an_option(command)


def _sent_by_an_option(command: str) -> SentCommand | None:
    """Return what a shell runs, or a program whose own option names the place."""
    if found := _SHELL.match(command):
        return SentCommand(found["command"])
    if found := _NAMESPACE.match(command):
        return SentCommand(found["before"] + found["after"], found["place"], is_local=True)
    if found := _VTYSH_PLACE.match(command):
        return SentCommand(_VTYSH_OPTION.sub("", command), found["place"], is_local=True)
    if found := _GOBGP_HOST.match(command):
        return SentCommand(_GOBGP_OPTIONS.sub("", command), found["place"])
    return None


def _bare(place: str | None) -> str | None:
    """Return a pod's name without its kind: `deploy/frr` is `frr`."""
    kind, _, name = (place or "").partition("/")
    return name if name and kind.isalpha() else place


def _unquoted(text: str) -> str:
    return text[1:-1] if text[:1] in {"'", '"'} and text[-1:] == text[:1] else text
