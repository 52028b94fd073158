"""What FRR and iproute2 print of a route as JSON: the keys that they have, and the type of each value.

A key that is not here, or a value of another type, makes a text unusual: `json_tables` reads that. Fields of the type
`Any` are not read. None is the default, so that a key that is absent is not written again. Fields are in the order in
which they are printed, in which they are found quickest.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Raw, Struct, field

from ecmpaudit.parsing.outside_values import LARGEST, WRAPPED

Number = Annotated[int, Meta(ge=0, le=LARGEST)] | None
Metric = Annotated[int, Meta(ge=WRAPPED, le=LARGEST)] | None
Whole = Annotated[int, Meta(ge=-LARGEST, le=LARGEST)] | None
NumberOrText = Number | str


class _Shape(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False, rename="camel"):
    """An object of which every key is known; it refers to no other object that refers to it."""


class FrrNextHop(_Shape):
    """One of the `nexthops` of FRR (lib/nexthop.c, `nexthop_json_helper`; zebra_vty.c in older versions)."""

    flags: Whole = None
    duplicate: bool | None = None
    fib: bool | None = None
    ip: str | None = None
    afi: Literal["ipv4", "ipv6"] | None = None
    directly_connected: Any = None
    interface_index: Any = None
    interface_name: str | None = None
    unreachable: bool | None = None
    reject: bool | None = None
    admin_prohibited: bool | None = None
    older_admin_prohibited: bool | None = field(name="admin-prohibited", default=None)
    blackhole: bool | None = None
    resolver: bool | None = None
    vrf: str | None = None
    active: bool | None = None
    on_link: bool | None = None
    link_down: bool | None = None
    recursive: bool | None = None
    backup_index: Any = None
    rmap_source: Any = None
    source: Any = None
    labels: Any = None
    weight: Number = None
    srte_color: Any = None
    seg6local: Any = None
    seg6local_context: Any = field(name="seg6localContext", default=None)
    seg6: Any = None


class FrrRoute(_Shape, kw_only=True):
    """One route of FRR (zebra/zebra_vty.c, `vty_show_ip_route`)."""

    prefix: str
    prefix_len: Whole = None
    protocol: str
    instance: Number = None
    vrf_id: Any = None
    vrf_name: str | None = None
    selected: bool | None = None
    dest_selected: Any = None
    distance: Number = None
    metric: Metric = None
    installed: bool | None = None
    failed: bool | None = None
    queued: bool | None = None
    trapped: bool | None = None
    offloaded: Any = None
    offload_failed: bool | None = None
    tag: Any = None
    table: Number = None
    internal_status: Any = None
    internal_flags: Any = None
    internal_next_hop_num: Whole = None
    internal_next_hop_active_num: Whole = None
    internal_next_hop_fib_installed_num: Whole = None
    nexthop_group_id: Whole = None
    installed_nexthop_group_id: Any = None
    received_nexthop_group_id: Any = None
    pic_nexthop_id: Any = None
    installed_pic_nexthop_group_id: Any = None
    resolved_protocol: Any = None
    mtu: Any = None
    uptime: str | None = None
    nexthops: list[Raw]
    """Each as it is printed: a table has far more of them than differ."""
    backup_nexthops: Any = None
    opaque: Any = None
    as_path: Any = None
    communities: Any = None
    large_communities: Any = None
    selection_reason: Any = None


FrrDocument = dict[str, list[FrrRoute] | dict[str, list[FrrRoute]]]
"""By prefix, or by VRF and prefix (FRR 10.1 and later)."""


class Via(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False, frozen=True):
    """A next hop of the other family than its route."""

    host: str | None = None
    family: str | None = None


class LinuxNextHop(_Shape):
    """One of the `nexthops` of iproute2 (ip/iproute.c, `print_rta_multipath`), or the only one of a route."""

    gateway: str | None = None
    via: Via | None = None
    dev: str | None = None
    weight: Number = None
    flags: tuple[str, ...] | None = None
    encap: Any = None
    realms: Any = None


class LinuxRoute(LinuxNextHop, kw_only=True):
    """One route of iproute2 (ip/iproute.c, `print_route`), which has its next hop itself where it has only one."""

    dst: str
    type: str | None = None
    table: NumberOrText = None
    protocol: str | None = None
    metric: Number = None
    pref: str | None = None
    nexthops: list[LinuxNextHop] | None = None
    nhid: Any = None
    scope: Any = None
    prefsrc: Any = None
    src: Any = field(name="from", default=None)
    tos: Any = None
    uid: Any = None
    error: Any = None
    expires: Any = None
    metrics: Any = None
    cache: Any = None
