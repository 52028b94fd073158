"""Why a call of kubectl failed, by its own words, and what to do.

The words are those of client-go and kubectl; they were seen with kubectl 1.20 and 1.32.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ecmpaudit.collectors.answer import NO_SUCH_COMMAND
from ecmpaudit.masking import masked

_LONGEST = 400
_LOG_LINE = re.compile(r"[IWEF]\d{4} \d\d:\d\d:\d\d")
_ERROR = re.compile(r"error:|Error |Unable to |The connection to the server |Unauthorized")
ABSENT = "kubectl cannot be started"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of failure."""

    name: str
    pattern: re.Pattern[str]
    remedy: str
    is_of_cluster: bool = False
    """Nothing else of the cluster can be read either."""


def _kind(name: str, pattern: str, remedy: str, *, is_of_cluster: bool = False) -> Kind:
    return Kind(name, re.compile(pattern, re.IGNORECASE), remedy, is_of_cluster)


FORBIDDEN = _kind(
    "forbidden",
    r"\(Forbidden\)|is forbidden: User",
    "allow its user `get` and `list` on it, as docs/rbac.yaml does",
)
NOT_INSTALLED = _kind(
    "not installed",
    r"the server doesn't have a resource type|the server could not find the requested resource",
    "",
)
EXPIRED = _kind("list expired", r"\(Expired\)|continue parameter is too old", "the list changed while it was read")
OTHER = _kind("failed", "", "")
_KINDS = (
    _kind(
        "absent", f"^{ABSENT}", "install it (Debian: kubernetes-client), or add its folder to PATH", is_of_cluster=True
    ),
    _kind(
        "no such context",
        r"context was not found for specified context|context \"[^\"]*\" does not exist",
        "`kubectl config get-contexts` lists those of the kubeconfig",
        is_of_cluster=True,
    ),
    _kind(
        "no kubeconfig",
        r"^error: stat |error loading config file|invalid configuration: no configuration has been provided"
        r"|couldn't get version/kind; json parse error",
        "give kubernetes.kubectl.kubeconfig, or set KUBECONFIG",
        is_of_cluster=True,
    ),
    _kind(
        "login helper",
        r"getting credentials: |no Auth Provider found",
        "run `kubectl get nodes` by hand, and solve what its login needs; cron may lack a PATH or variables",
        is_of_cluster=True,
    ),
    FORBIDDEN,
    _kind(
        "login",
        r"You must be logged in|\(Unauthorized\)|^Unauthorized|asked for the client to provide credentials",
        "its token has expired or is not valid: log in again, or give a kubeconfig with a valid one",
        is_of_cluster=True,
    ),
    _kind(
        "certificate",
        r"x509: |tls: |certificate ",
        "check the cluster's certificate-authority in the kubeconfig, and the clock",
        is_of_cluster=True,
    ),
    NOT_INSTALLED,
    EXPIRED,
    _kind(
        "unavailable",
        r"currently unable to handle the request|\(ServiceUnavailable\)",
        "its own API server does not answer: `kubectl get apiservices` shows why",
    ),
    _kind(
        "no answer",
        r"Unable to connect to the server|The connection to the server|connection refused|no route to host"
        r"|i/o timeout|context deadline exceeded|Client\.Timeout|no such host|handshake timeout|^EOF|: EOF$",
        "check that the API server is up and reachable from here: address, proxy, VPN",
        is_of_cluster=True,
    ),
)


def failure_of(text: str) -> Kind:
    """Return the kind of a failure, by its words."""
    return next((kind for kind in _KINDS if kind.pattern.search(text)), OTHER)


def said_by(complaint: bytes, exit_status: int, context: str = "") -> str:
    """Return why a call failed, in kubectl's words, with what to do."""
    said = _line_of(complaint)
    if exit_status in NO_SUCH_COMMAND:
        said = f"{ABSENT}: {said.removeprefix('kubectl: ')}"
    kind = failure_of(said)
    said = said or f"kubectl ended with exit status {exit_status}, and said nothing"
    where = f" (context {context})" if context and kind.is_of_cluster and context not in said else ""
    return f"{said}{where}; {kind.remedy}" if kind.remedy else said


def unavailable_groups(failure: str) -> frozenset[str]:
    """Return the API groups that `kubectl api-resources` could not list, by its failure."""
    _, found, rest = failure.partition("the complete list of server APIs: ")
    return frozenset(re.findall(r"(?:^|, )([a-z0-9.-]+)/v\w+: ", rest)) if found else frozenset()


def _line_of(complaint: bytes) -> str:
    """Return the line that says what is wrong, printable and not too long: kubectl logs on the same stream."""
    lines = [line.strip() for line in complaint.decode("utf-8", errors="replace").splitlines() if line.strip()]
    plain = [line for line in lines if not _LOG_LINE.match(line)] or lines
    line = next((line for line in plain if _ERROR.match(line)), plain[-1] if plain else "")
    return "".join(c if c.isprintable() else "?" for c in masked(line)[:_LONGEST])
