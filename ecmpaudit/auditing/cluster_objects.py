"""The objects of a cluster for a run: from files, from kubectl now, or from kubectl as a snapshot has it.

What kubectl answered is captures, which a scan saves; where inputs have them, no cluster is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.capture_texts import loaded
from ecmpaudit.configuration.announcers import AnnouncerName
from ecmpaudit.configuration.home import in_home
from ecmpaudit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from ecmpaudit.auditing.scope import ScopeOptions
    from ecmpaudit.collectors.kubectl.program import Kubectl
    from ecmpaudit.configuration.kubernetes_section import KubectlSection
    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.kubernetes.announcing import Announcements
    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Object
    from ecmpaudit.model import Capture
    from ecmpaudit.platforms.speakers import Speaker

    Recorded = Callable[[int | None], Sequence[Capture]]
    """Gives what kubectl answered before; it gets the MiB that the configuration allows for texts."""

_OF_PODS = "kubectl get pods "
LIVE = "kubectl"
"""What reports call a live cluster as the source of expectations, asked now or before."""


def nothing_recorded(_: int | None) -> Sequence[Capture]:
    """Return no answers: a live cluster has to be asked."""
    return ()


@dataclass(frozen=True, slots=True)
class ClusterSources:
    """Where the objects of a cluster are, and the options for them."""

    files: tuple[Path, ...] = ()
    captures: tuple[Capture, ...] = ()
    """What kubectl answered."""
    announcer: str = AnnouncerName.AUTO
    routers: tuple[str, ...] | None = None
    kubectl: Kubectl | None = None
    """How the live cluster is reached; None where its objects are from elsewhere."""
    speakers: tuple[Speaker, ...] = ()
    """The pods that speak BGP, as the configuration has them."""
    asks_pods: bool = False
    """The configuration wants them to be asked."""


def cluster_sources(
    configuration: Configuration | None,
    path: Path | None,
    options: ScopeOptions,
    recorded: Recorded,
) -> ClusterSources | None:
    """Return the sources, None where there are none; a live cluster is asked, unless its answers are `recorded`.

    Raises:
        ConfigurationError: an option needs a cluster and there is none, or has a value that cannot be used.
    """
    configured = configuration.kubernetes if configuration else None
    is_replaced = bool(options.kube_dumps) or options.kubectl is not None
    files = options.kube_dumps
    if configured and path and not is_replaced:
        files = tuple(path.parent / in_home(file) for file in configured.files)
    section = configured.kubectl if configured else None
    kubectl = _kubectl(options, section, path, is_replaced=is_replaced)
    memory = configuration.memory if configuration else None
    captures = tuple(recorded(memory)) if options.kubectl is None and not options.kube_dumps else ()
    if not captures and kubectl is not None:
        captures = tuple(_asked(kubectl, memory, options.until))
    if not files and not captures:
        if options.announcer:
            raise ConfigurationError("--announcer needs the objects of a cluster: give --kube-dump FILE or --kubectl")
        return None
    announcer = options.announcer or (configured.announcer if configured else AnnouncerName.AUTO)
    routers = configured.routers if configured else None
    speakers = chosen_speakers(section) if kubectl else ()
    return ClusterSources(
        files, captures, announcer, routers, kubectl, speakers, asks_pods=section is not None and section.exec
    )


def chosen_speakers(section: KubectlSection | None) -> tuple[Speaker, ...]:
    """Return the pods that speak BGP, those of the configuration in place of known ones of the same name.

    Raises:
        ConfigurationError: one that is not known lacks a key.
    """
    from ecmpaudit.platforms.speakers import speaker_of, speakers  # noqa: PLC0415 - only for a live cluster

    found = dict(speakers())
    for name, own in (section.speakers if section else {}).items():
        known = found.get(name)
        if known and (own.platform is None or own.platform == known.platform):
            found[name] = replace(
                known, selectors=own.selectors or known.selectors, container=own.container or known.container
            )
            continue
        container = own.container or (known.container if known else None)
        selectors = own.selectors or (known.selectors if known else None)
        if not (container and selectors and own.platform):
            raise ConfigurationError(
                f"kubernetes.kubectl.speakers.{name}: expected selectors, container and platform, as it is none of "
                f"{', '.join(speakers())}"
            )
        found[name] = speaker_of(name, own.platform, container, selectors)
    return tuple(found.values())


def _kubectl(
    options: ScopeOptions, section: KubectlSection | None, path: Path | None, *, is_replaced: bool
) -> Kubectl | None:
    """Return how the cluster is reached, None where none is to be asked."""
    if options.kubectl is None and (section is None or is_replaced):
        return None
    from ecmpaudit.collectors.kubectl.program import Kubectl  # noqa: PLC0415 - only for a live cluster

    if options.kubectl and Path(options.kubectl).is_file():
        raise ConfigurationError(
            f"--kubectl {options.kubectl}: takes the next word as a context: put it after the files"
        )
    place = section.kubeconfig if section else None
    return Kubectl(
        context=options.kubectl or (section.context if section else None) or "",
        kubeconfig=path.parent / in_home(place) if place and path else place,
        **({"timeout": section.timeout} if section else {}),
    )


def _asked(kubectl: Kubectl, memory: int | None, until: float | None) -> list[Capture]:
    from ecmpaudit.collectors.kubectl.objects import objects_of_cluster  # noqa: PLC0415 - only for a live cluster
    from ecmpaudit.collectors.kubectl.program import Calls  # noqa: PLC0415 - as above
    from ecmpaudit.kubernetes.resources import resources_read  # noqa: PLC0415 - as above

    return objects_of_cluster(Calls(kubectl, AnswerBudget(memory), until=until), list(resources_read()))


def announcements_in(sources: ClusterSources) -> Announcements:
    """Return what a cluster's nodes should announce, by its objects.

    Raises:
        ConfigurationError: a file is not there, or there is no such announcer.
    """
    # Imported here because pydantic and PyYAML cost 60 ms, and most runs have no cluster's objects.
    from ecmpaudit.kubernetes.announcing import announcements_of  # noqa: PLC0415 - see above

    if sources.announcer not in [*AnnouncerName]:
        known = ", ".join(AnnouncerName)
        raise ConfigurationError(f'--announcer: expected one of {known}, found "{sources.announcer}"')
    return announcements_of(objects_in(sources), sources.announcer)


def pods_not_listed(captures: Sequence[Capture]) -> tuple[str, ...]:
    """Return a sentence for each list of the pods that speak BGP that did not come."""
    return tuple(f"{capture.source}: {capture.failure}" for capture in captures if _is_of_pods(capture))


def _is_of_pods(capture: Capture) -> bool:
    return (capture.command or "").startswith(_OF_PODS)


def objects_in(sources: ClusterSources) -> Objects:
    """Return the objects of the sources, with the kinds that could not be read."""
    from ecmpaudit.kubernetes.dump import read_texts, texts_of  # noqa: PLC0415 - as announcements_in

    failed: list[Capture] = []
    objects = read_texts(chain(texts_of(sources.files), _texts(sources.captures, failed)))
    for capture in sources.captures:
        if capture.finished:
            objects.was_read(capture.finished, "kubectl")
    for capture in failed:
        objects.problems.append(f"{capture.source}: {capture.failure}")
        unread = (
            kind for kind in _kinds_of(capture) if kind not in objects.by_kind
        )  # others: some namespaces are read
        objects.unread.update(dict.fromkeys(unread, capture.failure or ""))
    return objects


def _texts(captures: Sequence[Capture], failed: list[Capture]) -> Iterator[tuple[str, str]]:
    """Yield the texts of captures one by one, each with its source; captures without one go into `failed`."""
    for capture in captures:
        if _is_of_pods(capture):
            continue  # they decide no announcement
        whole = loaded(capture)
        if whole.failure is None:
            yield whole.source, whole.text
        else:
            failed.append(whole)


def _kinds_of(capture: Capture) -> Collection[type[Object]]:
    """Return the kinds that a call of kubectl was for: all of them where the cluster could not be asked at all."""
    from ecmpaudit.kubernetes.resources import resources_read  # noqa: PLC0415 - as announcements_in

    known = resources_read()
    words = (capture.command or "").split()
    return [known[word] for word in words if word in known] or list(known.values())
