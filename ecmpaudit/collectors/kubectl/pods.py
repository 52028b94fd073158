"""The pods of a cluster that speak BGP, as targets: each is asked for the node that it runs on.

A name out of the cluster is put into a call only if it can be one; what cannot is a pod that is not asked, and said so.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ecmpaudit.collectors.capture_texts import loaded
from ecmpaudit.collectors.commands import commands_for, follow_ups_for, whole_tables_for
from ecmpaudit.collectors.kubectl.objects import labelled
from ecmpaudit.collectors.target import Pod, Target
from ecmpaudit.model.addressing import family_of
from ecmpaudit.platforms.speakers import host_commands, is_of_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecmpaudit.collectors.kubectl.program import Calls
    from ecmpaudit.model import Capture
    from ecmpaudit.platforms.registry import ScanCommand
    from ecmpaudit.platforms.speakers import Speaker

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
"""A name of a pod, a namespace, a node or a container (RFC 1123)."""
ABSENT = "no such command in the container"


@dataclass(frozen=True, slots=True)
class SpeakingPods:
    """What was found."""

    targets: tuple[Target, ...]
    failed: tuple[Capture, ...]
    """Lists of pods that did not come."""


def speaking_pods(
    calls: Calls, speakers: Iterable[Speaker], pools: Sequence[str], asked_otherwise: Iterable[str]
) -> SpeakingPods:
    """Return the pods that can be asked; of a node in `asked_otherwise` only what its daemon knows is asked."""
    targets: dict[str, Target] = {}
    failed: list[Capture] = []
    has_own = frozenset(asked_otherwise)
    for speaker in speakers:
        for selector in speaker.selectors:
            for capture in labelled(calls, "pods", selector):
                if capture.failure is not None:
                    failed.append(capture)
                    continue
                failed += _with_odd_names(capture, speaker.container)
                for target in _targets(capture, speaker, pools, calls):
                    place = str(target.pod)
                    is_first = target.name not in has_own and place not in targets
                    targets.setdefault(place, target if is_first else _without_host(target))
                    has_own |= {target.name}
    return SpeakingPods(tuple(targets.values()), tuple(failed))


def is_absent_program(capture: Capture) -> bool:
    """Return whether a capture is of a program of the host that the container's image lacks, which it may."""
    failure = capture.failure or ""
    return failure.startswith(ABSENT) and is_of_host(capture.command or "")


def _without_host(target: Target) -> Target:
    kept = tuple(command for command in target.commands if not is_of_host(command))
    return replace(target, commands=kept)


def _of_families(commands: Sequence[ScanCommand], pools: Sequence[str]) -> list[ScanCommand]:
    """Return the commands without those of a family in which nothing is audited: Calico's bird6 may not run."""
    families = {family_of(pool) for pool in pools}
    return [command for command in commands if not families or command.family in {None, *families}]


def _items(capture: Capture, container: str) -> list[Any]:
    """Return the pods of a list that have the container, and a node."""
    try:
        items = json.loads(loaded(capture).text)["items"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return [
        item
        for item in (items if isinstance(items, list) else ())
        if any(_text(each, "name") == container for each in _value(item, "spec", "containers") or ())
        and _text(item, "spec", "nodeName")
    ]


def _names(item: Any) -> list[str]:
    return [_text(item, "metadata", "namespace"), _text(item, "metadata", "name"), _text(item, "spec", "nodeName")]


def _with_odd_names(capture: Capture, container: str) -> Iterator[Capture]:
    """Yield a failure for each pod that is not asked because of a name."""
    for item in _items(capture, container):
        odd = [name for name in _names(item) if not _LABEL.fullmatch(name)]
        if odd:
            yield replace(capture, text="", file=None, failure=f"a pod is not asked: {odd[0][:80]!r} is no name of one")


def _targets(capture: Capture, speaker: Speaker, pools: Sequence[str], calls: Calls) -> Iterator[Target]:
    """Yield a target for each pod that has the container."""
    for item in _items(capture, speaker.container):
        namespace, name, node = _names(item)
        if not all(_LABEL.fullmatch(each) for each in (namespace, name, node)):
            continue
        of_host = host_commands() if _value(item, "spec", "hostNetwork") is True else ()
        known = _of_families((*of_host, *speaker.commands), pools)
        phase = _text(item, "status", "phase")
        problem = f"not asked: its pod {namespace}/{name} is {phase or 'of no phase'}, not Running"
        yield Target(
            name=node,
            platform=speaker.platform,
            commands=commands_for(known, pools),
            follow_ups=follow_ups_for(known, pools),
            whole_tables=whole_tables_for(known, pools),
            pod=Pod(
                namespace,
                name,
                speaker.container,
                tuple(calls.kubectl.options),
                "" if phase == "Running" else problem,
            ),
            command_timeout=calls.kubectl.timeout,
        )


def _value(values: Any, *keys: str) -> Any:
    for key in keys:
        values = values.get(key) if isinstance(values, dict) else None
    return values


def _text(values: Any, *keys: str) -> str:
    found = _value(values, *keys)
    return found if isinstance(found, str) else ""
