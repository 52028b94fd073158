"""A Kubernetes API on loopback for the real kubectl: discovery, lists in chunks, and whatever a server refuses.

It has what `kubectl api-resources`, `kubectl get` and `kubectl exec` ask for, and nothing else. `python -m
tests.kubernetes_api` starts one and asks it by kubectl, and ends with exit code 1 and the reason where that fails.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ecmpaudit.kubernetes.resources import resource_of
from tests.kubernetes_exec import serve_exec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Values = dict[str, Any]
KUBECTL = shutil.which("kubectl")
TOKEN = "the-token"  # noqa: S105 - of a server for tests
USER = "system:serviceaccount:ecmpaudit:ecmpaudit"


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind that the server has."""

    group: str
    version: str
    kind: str
    plural: str
    is_namespaced: bool = True

    @property
    def group_version(self) -> str:
        """`v1`, or `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version


OF_KUBERNETES = (
    Resource("", "v1", "Namespace", "namespaces", is_namespaced=False),
    Resource("", "v1", "Node", "nodes", is_namespaced=False),
    Resource("", "v1", "Service", "services"),
    Resource("", "v1", "Pod", "pods"),
    Resource("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"),
    Resource("apps", "v1", "DaemonSet", "daemonsets"),
)


def of_metallb(kind: str, version: str = "v1beta1") -> Resource:
    """Return one of MetalLB's kinds."""
    return Resource("metallb.io", version, kind, f"{kind.lower()}s")


METALLB = (
    *(of_metallb(kind) for kind in ("IPAddressPool", "BGPAdvertisement", "L2Advertisement")),
    of_metallb("BGPPeer", "v1beta2"),
)


def installed(objects: Iterable[Values]) -> tuple[Resource, ...]:
    """Return the kinds of Kubernetes itself, and those of the objects."""
    known = {(resource.group_version, resource.kind) for resource in OF_KUBERNETES}
    found = dict.fromkeys((str(values["apiVersion"]), str(values["kind"])) for values in objects)
    own = []
    for version, kind in found:
        if (version, kind) not in known:
            group, _, number = version.rpartition("/")
            is_namespaced = not kind.startswith("Cluster")
            own.append(Resource(group, number, kind, resource_of("", kind), is_namespaced))
    return (*OF_KUBERNETES, *own)


Allowed = Callable[[str, str, str | None], bool]
"""Whether a verb (`list`, `create`) on a resource (`services`, `pods/exec`) is allowed in a namespace; None is all."""


@dataclass
class Cluster:
    """What a server has and allows; a test changes it while the server runs."""

    resources: tuple[Resource, ...] = OF_KUBERNETES
    objects: list[Values] = field(default_factory=list)
    allowed: Allowed = lambda _, __, ___: True
    unauthorized: bool = False
    silent: Callable[[str], bool] = lambda _: False
    """Which paths are never answered."""
    unavailable: frozenset[str] = frozenset()
    """Groups whose own server does not answer, as that of an aggregated API."""
    expired: bool = False
    """Whether the server forgets where a list was, so that its second chunk is 410 Gone."""
    answers: Callable[[str, list[str]], tuple[bytes, bytes, int]] | None = None
    """What a command in a pod prints, its errors and its exit status, by `namespace/pod/container` and its words."""
    requests: list[str] = field(default_factory=list)
    """Method and path with its query, of each request."""
    released: threading.Event = field(default_factory=threading.Event)

    def items(self, resource: Resource, namespace: str | None, selector: str) -> list[Values]:
        """Return the objects of a kind, in one namespace, with these labels."""
        return [
            item
            for item in self.objects
            if item["kind"] == resource.kind
            and str(item["apiVersion"]).rpartition("/")[0] == resource.group
            and namespace in {None, item["metadata"].get("namespace")}
            and _selects(selector, item["metadata"].get("labels") or {})
        ]


def _selects(selector: str, labels: Mapping[str, str]) -> bool:
    """Return whether labels fit `a=b,c in (d,e),f`."""
    rest = selector
    while rest:
        key, _, after = rest.partition(" in (")
        if after and "," not in key and "=" not in key:
            values, _, rest = after.partition(")")
            if labels.get(key.strip()) not in values.split(","):
                return False
        else:
            term, _, rest = rest.partition(",")
            key, _, value = term.partition("=")
            if key not in labels or (value and labels[key] != value):
                return False
        rest = rest.lstrip(",")
    return True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster: Cluster

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def do_POST(self) -> None:
        self._answer("create")

    def do_GET(self) -> None:
        self._answer("list")

    def _answer(self, verb: str) -> None:
        cluster, url = self.cluster, urlsplit(self.path)
        cluster.requests.append(f"{self.command} {self.path}")
        steps = [step for step in url.path.split("/") if step]
        if cluster.silent(url.path):
            cluster.released.wait(60)
        elif cluster.unauthorized:  # kubectl sends no token over plain HTTP
            self._refuse(401, "Unauthorized", "Unauthorized")
        elif len(steps) <= 1 or (steps[0] == "apis" and len(steps) <= 3) or steps == ["api", "v1"]:
            self._discovery(steps)
        else:
            self._resource(verb, steps, {key: values[-1] for key, values in parse_qs(url.query).items()})

    def _discovery(self, steps: list[str]) -> None:
        resources = self.cluster.resources
        groups = dict.fromkeys(known.group_version for known in resources if known.group)
        match steps:
            case ["api"]:
                self._send({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
            case ["apis"]:
                names = dict.fromkeys(version.partition("/")[0] for version in groups)
                listed = [_group(name, [v for v in groups if v.partition("/")[0] == name]) for name in names]
                self._send({"kind": "APIGroupList", "apiVersion": "v1", "groups": listed})
            case ["version"]:
                self._send({"major": "1", "minor": "32", "gitVersion": "v1.32.0"})
            case ["api", version] | ["apis", _, version]:
                wanted = version if steps[0] == "api" else f"{steps[1]}/{version}"
                if wanted.partition("/")[0] in self.cluster.unavailable:
                    self._refuse(503, "ServiceUnavailable", "the server is currently unable to handle the request")
                    return
                found = [_discovered(known) for known in resources if known.group_version == wanted]
                answer = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": wanted, "resources": found}
                self._send(answer)
            case _:
                self._refuse(404, "NotFound", "the server could not find the requested resource")

    def _resource(self, verb: str, steps: list[str], query: Mapping[str, str]) -> None:
        version, rest = (steps[1], steps[2:]) if steps[0] == "api" else ("/".join(steps[1:3]), steps[3:])
        namespace = None
        if len(rest) > 2 and rest[0] == "namespaces":
            namespace, rest = rest[1], rest[2:]
        found = [r for r in self.cluster.resources if (r.group_version, r.plural) == (version, rest[0])]
        if not found:
            self._refuse(404, "NotFound", "the server could not find the requested resource")
            return
        name = "/".join([rest[0], *rest[2:]])
        is_exec = name == "pods/exec"
        asked = "get" if len(rest) == 2 or (is_exec and verb == "list") else verb
        if not self.cluster.allowed(asked, name, namespace):
            self._refuse(403, "Forbidden", _forbidden(asked, name, found[0], namespace))
        elif is_exec:
            serve_exec(self, self._run(f"{namespace}/{rest[1]}"))
        elif len(rest) == 2:
            items = self.cluster.items(found[0], namespace, "")
            named = [item for item in items if item["metadata"]["name"] == rest[1]]
            if named:
                self._send(named[0])
            else:
                self._refuse(404, "NotFound", f'{rest[0]} "{rest[1]}" not found')
        else:
            self._list(found[0], self.cluster.items(found[0], namespace, query.get("labelSelector", "")), query)

    def _run(self, pod: str) -> Callable[[list[str], str], tuple[bytes, bytes, int]]:
        def run(words: list[str], container: str) -> tuple[bytes, bytes, int]:
            answers = self.cluster.answers
            return answers(f"{pod}/{container}", words) if answers else (b"", b"", 0)

        return run

    def _list(self, resource: Resource, items: list[Values], query: Mapping[str, str]) -> None:
        start, limit = int(query.get("continue", "0")), int(query.get("limit", "0"))
        if start and self.cluster.expired:
            message = "The provided continue parameter is too old to display a consistent list result."
            self._refuse(410, "Expired", message)
            return
        end = start + limit if limit else len(items)
        metadata: Values = {"resourceVersion": "1"}
        if end < len(items):
            metadata["continue"] = str(end)
        kind = f"{resource.kind}List"
        part = items[start:end]
        self._send({"kind": kind, "apiVersion": resource.group_version, "metadata": metadata, "items": part})

    def _refuse(self, code: int, reason: str, message: str) -> None:
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        self._send({**status, "message": message, "reason": reason, "code": code}, code)

    def _send(self, values: Values, code: int = 200) -> None:
        content = json.dumps(values).encode("utf-8", errors="surrogatepass")
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _group(name: str, versions: Iterable[str]) -> Values:
    listed = [{"groupVersion": version, "version": version.partition("/")[2]} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[-1]}


def _discovered(resource: Resource) -> Values:
    return {
        "name": resource.plural,
        "singularName": resource.kind.lower(),
        "namespaced": resource.is_namespaced,
        "kind": resource.kind,
        "verbs": ["get", "list", "create"],
    }


def _forbidden(verb: str, name: str, resource: Resource, namespace: str | None) -> str:
    """Return the words of Kubernetes' authorizer (k8s.io/apiserver, responsewriters/errors.go)."""
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    group = f'in API group "{resource.group}"'
    return f'{resource.plural} is forbidden: User "{USER}" cannot {verb} resource "{name}" {group} {where}'


@dataclass(frozen=True, slots=True)
class Server:
    """A running API."""

    cluster: Cluster
    kubeconfig: Path
    address: str


@contextmanager
def served(cluster: Cluster, folder: Path) -> Iterator[Server]:
    """Serve a cluster, and write a kubeconfig whose current context is `prod`."""
    handler = type("Handler", (_Handler,), {"cluster": cluster})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(json.dumps(configuration(address)))
    kubeconfig.chmod(0o600)
    try:
        yield Server(cluster, kubeconfig, address)
    finally:
        cluster.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def configuration(address: str, token: str = TOKEN) -> Values:
    """Return a kubeconfig with the contexts `prod` and `test` of one server."""
    context = {"cluster": "served", "user": "audit"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "served", "cluster": {"server": address}}],
        "users": [{"name": "audit", "user": {"token": token}}],
        "contexts": [{"name": name, "context": context} for name in ("prod", "test")],
        "current-context": "prod",
    }


def require_kubectl() -> str:
    """Return the path of kubectl; skip the test without one, or fail it where kubectl is required."""
    if KUBECTL is None:
        reason = "kubectl is not installed (Debian: apt-get install kubernetes-client)"
        if os.environ.get("ECMPAUDIT_KUBECTL") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return KUBECTL


def _check() -> None:
    with tempfile.TemporaryDirectory() as folder, served(Cluster(), Path(folder)) as server:
        words = ["kubectl", f"--kubeconfig={server.kubeconfig}", "get", "nodes", "-o", "json"]
        environment = {**os.environ, "HOME": folder}
        subprocess.run(words, check=True, timeout=60, stdin=subprocess.DEVNULL, env=environment)


if __name__ == "__main__":
    try:
        _check()
    except (OSError, subprocess.SubprocessError) as error:
        sys.exit(f"kubectl cannot ask a server on loopback: {error}")
