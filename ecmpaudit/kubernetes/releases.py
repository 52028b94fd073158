"""Which release of a load balancer a cluster runs, from the image tags in the dump.

A Node lists the images that it has, and after an upgrade the old one is still there: only a release that is the only
one counts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.schema import Node
from ecmpaudit.kubernetes.workloads import DaemonSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.kubernetes.objects import Objects

Release = tuple[int, int]
"""Its first two numbers: 3.31 is (3, 31)."""
_TAG = re.compile(r":v?(\d{1,4})\.(\d{1,4})(?:[.-]|$)")


@lru_cache(maxsize=16)
def release_of(objects: Objects, image: str) -> Release | None:
    """Return the release of an image such as `calico/node`, None where none or several were found."""
    for names in (_of_daemon_sets(objects), _of_nodes(objects)):
        found = {release for name in names if (release := release_in(name, image))}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def release_in(name: str, image: str) -> Release | None:
    """Return the release of one image by its name, `registry/calico/node:v3.31.0`; None where its tag shows none."""
    repository, colon, tag = name.partition("@")[0].rpartition(":")
    match = _TAG.match(colon + tag)
    if not match or not f"/{repository}".endswith(f"/{image}"):
        return None
    return int(match[1]), int(match[2])


def _of_daemon_sets(objects: Objects) -> Iterator[str]:
    for found in objects.of(DaemonSet):
        yield from (container.image for container in found.spec.template.spec.containers)


def _of_nodes(objects: Objects) -> Iterator[str]:
    for node in objects.of(Node):
        for image in node.status.images:
            yield from image.names
