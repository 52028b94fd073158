"""Where a large text is cut: above a route or a heading, never within a route, and nothing is lost between chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.parsing import chunking
from ecmpaudit.parsing.chunking import chunk_bounds
from ecmpaudit.parsing.large_files import LargeFile
from ecmpaudit.parsing.template import engine_of
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.parsing.columnar import ColumnarTemplate

IPV4 = (
    "B>* 198.51.100.1/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05\n"
    "  *                        via 192.0.2.2, eth0, weight 1, 00:00:05"
)
IPV6 = "B>* 2001:db8::1/128 [20/0] via fe80::1, eth0, weight 1, 00:00:05"
HEADING = "VRF red:"
NEXT_HOP = "  *                        via 192.0.2.3, eth0, weight 1, 00:00:05"


@pytest.fixture(scope="module")
def frr() -> ColumnarTemplate:
    (template,) = {table.template for table in platforms()["frr"].tables if table.template.stem == "show_ip_route"}
    columnar = engine_of(template).columnar
    assert columnar is not None
    return columnar


def chunks(text: str, template: ColumnarTemplate, size: int) -> list[str]:
    return [text[start:end] for start, end in chunk_bounds(text, template, size)]


@pytest.mark.parametrize("size", [1, 40, 66, 67, 100])
def test_a_chunk_ends_above_the_first_prefix_that_follows_its_size(frr: ColumnarTemplate, size: int) -> None:
    assert chunks(f"{IPV4}\n{IPV6}\n{IPV4}", frr, size)[0] == IPV4


def test_a_chunk_has_at_least_its_size(frr: ColumnarTemplate) -> None:
    text = f"{IPV4}\n{IPV6}\n{IPV4}"
    assert chunks(text, frr, len(IPV4)) == [IPV4, f"{IPV6}\n{IPV4}"]
    assert chunks(text, frr, len(IPV6)) == [IPV4, IPV6, IPV4]
    assert chunks(text, frr, len(IPV4) + 1) == [f"{IPV4}\n{IPV6}", IPV4]
    assert chunks(text, frr, len(text)) == [text]


def test_a_heading_begins_a_chunk_and_next_hops_and_blank_lines_do_not(frr: ColumnarTemplate) -> None:
    text = f"{IPV4}\n\n{HEADING}\n{IPV6}\n{NEXT_HOP}\n"
    assert chunks(text, frr, 1) == [f"{IPV4}\n", HEADING, f"{IPV6}\n{NEXT_HOP}\n"]


@pytest.mark.parametrize("text", ["", "\n", "nonsense", f"{NEXT_HOP}\n{NEXT_HOP}\n", IPV4, f"{IPV4}\n"])
def test_a_text_without_a_second_prefix_is_one_chunk(frr: ColumnarTemplate, text: str) -> None:
    assert chunks(text, frr, 1) == [text]


def test_without_a_prefix_among_the_next_lines_a_chunk_becomes_larger(
    frr: ColumnarTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunking, "_MOST_LINES", 2)
    text = "\n".join([IPV4, *[NEXT_HOP] * 5, IPV6, IPV4])
    assert chunks(text, frr, 1) == ["\n".join([IPV4, *[NEXT_HOP] * 5]), IPV6, IPV4]
    assert chunks(text, frr, 210) == [text], "one size further down no prefix follows"


@pytest.mark.parametrize("further, ends_above", [(10_002, IPV6), (10_003, IPV4)])
def test_the_next_prefix_is_searched_in_10000_lines_after_the_size(
    frr: ColumnarTemplate, further: int, ends_above: str
) -> None:
    text = "\n".join([IPV4, *[NEXT_HOP] * further, IPV6, *[NEXT_HOP] * 10, IPV4])
    (_, end), *_ = chunk_bounds(text, frr, 300)
    assert text[end + 1 :].startswith(ends_above)


def test_a_mapped_file_is_cut_like_its_text(frr: ColumnarTemplate, tmp_path: Path) -> None:
    text = "\n".join([IPV4, IPV6, HEADING] * 20)
    file = tmp_path / "table.txt"
    file.write_text(text, encoding="ascii")
    with LargeFile(str(file)) as mapped:
        bounds = list(chunk_bounds(mapped, frr, 150))
    assert bounds == list(chunk_bounds(text, frr, 150))
    assert "\n".join(text[start:end] for start, end in bounds) == text
    assert len(bounds) > 10
