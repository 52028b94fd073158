"""docs/rbac.yaml as the kinds that are read make it: `python -m tests.recorded_output` writes it."""

from __future__ import annotations

from ecmpaudit.kubernetes.resources import resources_read

_HEAD = """\
# The smallest rights with which ecmpaudit asks a cluster by kubectl (docs/kubernetes.md): to list the kinds that it
# reads, and nothing else. Kinds that are not installed do no harm. Written by `python -m tests.recorded_output`.
apiVersion: v1
kind: ServiceAccount
metadata: {name: ecmpaudit, namespace: kube-system}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: ecmpaudit}
rules:
"""
_BINDING = """\
---
# Only for `scan --exec`, which runs the fixed read commands of nodes in the pods that speak BGP: whoever has this right
# may run anything in any pod. A Role in the namespaces of these pods, in place of it, is enough.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: ecmpaudit-exec}
rules:
  - apiGroups: [""]
    resources:
      - pods
    verbs: [get, list]
  - apiGroups: [""]
    resources:
      - pods/exec
    verbs: [get, create]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ecmpaudit}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ecmpaudit}
subjects:
  - {kind: ServiceAccount, name: ecmpaudit, namespace: kube-system}
"""


def manifest() -> str:
    """Return the roles with a rule for each API group."""
    groups: dict[str, list[str]] = {}
    for resource in resources_read():
        plural, _, group = resource.partition(".")
        groups.setdefault(group, []).append(plural)
    rules = "".join(_rule(group, plurals) for group, plurals in sorted(groups.items()))
    return f"{_HEAD}{rules}{_BINDING}"


def _rule(group: str, plurals: list[str]) -> str:
    lines = "".join(f"      - {plural}\n" for plural in sorted(plurals))
    return f"  - apiGroups: [{group or chr(34) * 2}]\n    resources:\n{lines}    verbs: [get, list]\n"
