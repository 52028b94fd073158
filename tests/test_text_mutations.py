"""Damaged outputs are reported: of the mutations that the text can show, few are read wrongly in silence."""

from __future__ import annotations

import pytest

from tests.bench.text_mutations import FORMS, GROUPS, is_another_value, measure, total

EACH, SEED = 4, 7


@pytest.mark.parametrize("group, most", [("within lines", 0.01), ("whole lines", 0.055), ("cut at the end", 0.05)])
def test_few_mutations_are_read_wrongly_in_silence(group: str, most: float) -> None:
    share = total(measure(form, kind, EACH, SEED) for form in FORMS for kind in GROUPS[group])
    assert share.mutations > EACH * len(FORMS) // 2
    assert share.wrong <= most * share.mutations


@pytest.mark.parametrize(
    "damaged, is_value",
    [
        ("  via 192.0.2.1, eth0", True),
        ("  via 192.0.2.10, eth1", True),
        ("  via 192.0.2.1, eth1", False),
        ("  via 192.0.2.10 eth0", False),
        ("  via 192.0.2.10", False),
    ],
)
def test_another_value_is_one_word_in_place_of_another(damaged: str, is_value: bool) -> None:
    assert is_another_value("  via 192.0.2.10, eth0", damaged) is is_value
