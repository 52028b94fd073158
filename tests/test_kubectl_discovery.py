"""Which kinds of objects a cluster is asked for, by what it says it has, and which namespaces are read one by one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.collectors.kubectl.objects import objects_of_cluster
from ecmpaudit.collectors.kubectl.program import Calls, Kubectl
from ecmpaudit.model import Capture

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = ("nodes", "bgppeers.metallb.io", "ciliumnodes.cilium.io")
LIST = "nodes\nbgppeers.metallb.io\n"
ONE_GROUP_LACKS = (
    "error: unable to retrieve the complete list of server APIs: cilium.io/v2: the server is currently unable to handle"
    " the request"
)
NO_TYPE = "error: the server doesn't have a resource type"
REFUSED = 'Error from server (Forbidden): nodes is forbidden: User "reader" cannot list resource'


def answer(text: str = "", failure: str | None = None) -> Capture:
    return Capture(None, None, None, text, "kubectl", failure=failure)


@dataclass(slots=True)
class Recorded(Calls):
    """A cluster that answers from a table: by the kind, or by the kind and its namespace."""

    answers: dict[str, Capture] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def call(self, words: Sequence[str]) -> Capture:
        """Return the answer of the table, else an empty list."""
        where = f" {words[3]}" if words[2] == "-n" else ""
        key = "discovery" if words[0] == "api-resources" else f"{words[1]}{where}"
        self.asked.append(key)
        return self.answers.get(key, answer('{"items": []}'))


def asked_of(listing: Capture) -> list[str]:
    """Return the kinds that a cluster is asked for after this answer to what it has."""
    calls = Recorded(Kubectl(), answers={"discovery": listing})
    objects_of_cluster(calls, KINDS)
    return [kind for kind in KINDS if kind in calls.asked]


@pytest.mark.parametrize(
    "listing, asked",
    [
        pytest.param(answer(LIST), KINDS[:2], id="the-kinds-it-has"),
        pytest.param(answer(LIST, ONE_GROUP_LACKS), KINDS, id="and-those-of-a-group-that-did-not-answer"),
        pytest.param(answer("nodes\n", ONE_GROUP_LACKS), (KINDS[0], KINDS[2]), id="but-none-of-a-group-that-did"),
        pytest.param(answer("nodes\n", REFUSED), KINDS, id="all-where-it-does-not-say"),
        pytest.param(answer("nodes\n".ljust(65535), ONE_GROUP_LACKS), (KINDS[0], KINDS[2]), id="a-long-list"),
        pytest.param(answer("nodes\n".ljust(65536), ONE_GROUP_LACKS), KINDS, id="all-where-the-list-may-be-cut"),
    ],
)
def test_a_cluster_is_asked_for_the_kinds_that_it_has_or_may_have(listing: Capture, asked: Sequence[str]) -> None:
    assert asked_of(listing) == list(asked)


def namespaces(*names: str) -> Capture:
    return answer(json.dumps({"items": [{"metadata": {"name": name}} for name in names]}))


@pytest.mark.parametrize(
    "refused, why",
    [
        ([], []),
        (["b"], [f"not read in namespace b: {REFUSED}"]),
        (["b", "c"], [f"not read in namespaces b, c: {REFUSED}"]),
        (["a", "b", "c"], [REFUSED]),
    ],
)
def test_the_namespaces_that_refuse_a_kind_are_named_unless_all_do(refused: list[str], why: list[str]) -> None:
    answers = {
        "discovery": answer("nodes\n"),
        "namespaces": namespaces("a", "b", "c"),
        "nodes": answer(failure=REFUSED),
        **{f"nodes {name}": answer(failure=REFUSED) for name in refused},
    }
    calls = Recorded(Kubectl(), answers=answers)
    assert [found.failure for found in objects_of_cluster(calls, KINDS) if found.failure] == why
    assert calls.asked == ["discovery", "nodes", "namespaces", "nodes a", "nodes b", "nodes c"]


def test_a_kind_of_a_group_that_did_not_answer_is_not_taken_for_one_that_is_not_installed() -> None:
    answers = {"discovery": answer(LIST, ONE_GROUP_LACKS), KINDS[1]: answer(failure=NO_TYPE)}
    answers[KINDS[2]] = answers[KINDS[1]]
    captures = objects_of_cluster(Recorded(Kubectl(), answers=answers), KINDS)
    assert [found.failure for found in captures] == [None, ONE_GROUP_LACKS]
