"""The objects of a live cluster: `kubectl get` for each kind that is read, and one capture for each answer.

A kind that is not installed leaves no capture. One that may not be listed in the whole cluster is asked for in each
namespace, so that a right for some of them is enough to read these.
"""

from __future__ import annotations

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer import FAILED_LIMIT
from ecmpaudit.collectors.capture_texts import loaded
from ecmpaudit.collectors.kubectl.failures import EXPIRED, FORBIDDEN, NOT_INSTALLED, failure_of, unavailable_groups
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.collectors.kubectl.program import Calls
    from ecmpaudit.model import Capture

DISCOVERY = ("api-resources", "-o", "name")
_CHUNK = 500
"""Objects of one request; kubectl asks for the next ones until it has all."""
_JOBS = 4
_MOST_NAMESPACES = 200
"""Namespaces that are asked one by one."""
_NAMED = 8
_NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NOT_NAMESPACED = "at the cluster scope"


def command_of(resource: str, namespace: str | None = None, selector: str = "") -> tuple[str, ...]:
    """Return the words of the call that lists a kind, in one namespace or in all."""
    where = ("-A",) if namespace is None else ("-n", namespace)
    labels = ("-l", selector) if selector else ()
    return ("get", resource, *where, *labels, "-o", "json", f"--chunk-size={_CHUNK}")


def labelled(calls: Calls, resource: str, selector: str) -> list[Capture]:
    """Return the answers for the objects of a kind with these labels."""
    return _Asking(calls, frozenset(), "", selector).ask(resource)


def objects_of_cluster(calls: Calls, resources: Sequence[str]) -> list[Capture]:
    """Return the answers for these kinds, as `bgppeers.metallb.io`, in their order; what failed says why.

    Where the cluster cannot be asked at all, there is one capture with the reason.
    """
    found = calls.call(DISCOVERY)
    if calls.refusal is not None or found.is_given_up:
        return [replace(found, text="")]
    failure = found.failure or ""
    asking = _Asking(calls, unavailable_groups(failure), failure)
    is_listed = (not failure or asking.unavailable) and len(found.text) < FAILED_LIMIT  # else its beginning is cut off
    installed = frozenset(loaded(found, calls.budget).text.split()) if is_listed else frozenset(resources)
    wanted = [each for each in resources if each in installed or each.partition(".")[2] in asking.unavailable]
    with ThreadPoolExecutor(_JOBS, thread_name_prefix="ecmpaudit-kubectl") as pool:
        try:
            answers = list(pool.map(asking.ask, wanted))
        except BaseException:  # also Ctrl-C: the calls are ended, so that the threads end
            calls.stop.now()
            raise
    captures = [capture for each in answers for capture in each]
    first = next((c for c in captures if c.failure and failure_of(c.failure).is_of_cluster), None)
    if first is None:
        return captures
    # What was not asked for because of a refusal that is here already says nothing new.
    return [c for c in captures if c is first or not (c.failure and failure_of(c.failure).is_of_cluster)]


@dataclass(slots=True)
class _Asking:
    """What the calls for the kinds share."""

    calls: Calls
    unavailable: frozenset[str]
    """API groups that the server could not list, so that a kind of them only seems not to be installed."""
    failure: str
    selector: str = ""
    _namespaces: list[str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, resource: str) -> list[Capture]:
        """Return the captures of one kind; none where it is not installed."""
        found = self._get(resource)
        kind = failure_of(found.failure) if found.failure else None
        if kind is NOT_INSTALLED:
            _, _, group = resource.partition(".")
            return [replace(found, failure=self.failure)] if group in self.unavailable else []
        if kind is FORBIDDEN:
            return self._of_namespaces(resource, found)
        return [found]

    def _get(self, resource: str, namespace: str | None = None) -> Capture:
        words = command_of(resource, namespace, self.selector)
        found = self.calls.call(words)
        if found.failure and failure_of(found.failure) is EXPIRED:  # once more, in one piece
            again = self.calls.call((*words[:-1], "--chunk-size=0"))
            return replace(again, command=found.command, source=found.source)
        return found

    def _of_namespaces(self, resource: str, whole: Capture) -> list[Capture]:
        """Return what may be read of each namespace, and one failure for the rest of them."""
        read: list[Capture] = []
        refused: list[str] = []
        why = ""
        names = self._names()
        for name in names[:_MOST_NAMESPACES]:
            if not _NAMESPACE.fullmatch(name):
                refused, why = [*refused, repr(name)[:80]], why or "no namespace can have this name"
                continue
            found = self._get(resource, name)
            if found.failure is None:
                read.append(found)
                continue
            if _NOT_NAMESPACED in found.failure:
                return [whole]
            refused, why = [*refused, name], why or found.failure
        refused += names[_MOST_NAMESPACES:]
        if not read:
            return [whole]
        if not refused:
            return read
        many = "namespace" if len(refused) == 1 else "namespaces"
        return [*read, replace(whole, failure=f"not read in {many} {listed(refused, _NAMED)}: {why}")]

    def _names(self) -> list[str]:
        """Return the namespaces, empty where they may not be listed."""
        with self._lock:
            if self._namespaces is None:
                found = loaded(self.calls.call(("get", "namespaces", "-o", "json", f"--chunk-size={_CHUNK}")))
                self._namespaces = [] if found.failure else _names_in(found.text)
            return self._namespaces


def _names_in(text: str) -> list[str]:
    """Return the names of a list of objects."""
    try:
        items = json.loads(text)["items"]
        names = [item["metadata"]["name"] for item in items]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return sorted({name for name in names if isinstance(name, str)})
