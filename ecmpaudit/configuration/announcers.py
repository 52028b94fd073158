"""The load balancers whose announcements are known, by the names that `ecmpaudit.yaml` and `--announcer` take.

To add one: its name here, and a module of that name in `ecmpaudit/kubernetes/announcers`. The options, the schema,
hints and docs are derived from this list.
"""

import enum


class AnnouncerName(enum.StrEnum):
    """A load balancer. An address that two of them hold in their pools belongs to the one listed first."""

    AUTO = "auto"
    """Detect it for each address, from the objects of the cluster."""
    PURELB = "purelb"
    METALLB = "metallb"
    CALICO = "calico"
    CILIUM = "cilium"
    KUBE_VIP = "kube-vip"
    KUBE_ROUTER = "kube-router"
    ANTREA = "antrea"
    OPENELB = "openelb"
