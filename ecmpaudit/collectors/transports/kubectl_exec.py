"""A container of a cluster, by `kubectl exec`: each command is a call of its own, and no shell reads it."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer import NO_SUCH_COMMAND
from ecmpaudit.collectors.kubectl.failures import FORBIDDEN, OTHER, failure_of, said_by
from ecmpaudit.collectors.transports.processes import run_process
from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.collectors.answer import Answer, Limit
    from ecmpaudit.collectors.answer_budget import AnswerBuffer
    from ecmpaudit.collectors.connection import Access
    from ecmpaudit.collectors.stop import Stop
    from ecmpaudit.collectors.target import Pod, Target

_NOT_IN_THE_IMAGE = (b"executable file not found", b"no such file or directory: unknown", b"stat /")
"""Parts of what containerd and CRI-O say of a program that an image does not have."""
_ALLOW = "allow its user `get` and `create` on pods/exec, as the role ecmpaudit-exec of docs/rbac.yaml does"
_STARTED = b"kubectl: "
"""What `run_process` says begins with the program that it could not start."""


@dataclass(slots=True)
class PodSession:
    """One container."""

    pod: Pod
    stop: Stop
    is_open: bool = True
    takes_several: bool = False

    def run(self, command_line: str, limit: Limit, output: AnswerBuffer) -> Answer:
        """Return the answer to the words of a command line."""
        pod = self.pod
        words = ["kubectl", "exec", "-n", pod.namespace, pod.name, "-c", pod.container, *pod.options, "--"]
        run = run_process([*words, *shlex.split(command_line)], limit, output, self.stop)
        answer = run.answer
        if answer.failure is None or answer.exit_status in {None, 0}:
            return answer
        is_started = not run.complaint.startswith(_STARTED)
        if is_started and any(words in run.complaint for words in _NOT_IN_THE_IMAGE):
            return replace(answer, failure=f"no such command in the container (exit status {answer.exit_status})")
        said = said_by(run.complaint, 1 if is_started else NO_SUCH_COMMAND[0])
        kind = failure_of(said)
        if kind is FORBIDDEN:
            said = said.replace(kind.remedy, _ALLOW)
        return answer if kind is OTHER else replace(answer, failure=said)


@contextmanager
def opened(target: Target, access: Access) -> Iterator[PodSession]:
    """Yield a session; nothing is connected before the first command.

    Raises:
        CollectionError: the pod does not run.
    """
    if target.pod is None or target.pod.problem:
        raise CollectionError(target.pod.problem if target.pod else "no pod")
    yield PodSession(target.pod, access.stop)
