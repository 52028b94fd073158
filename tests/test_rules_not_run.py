"""Rules that `--select` and `--ignore` exclude: each report names them, and none counts as one that found nothing."""

from __future__ import annotations

import io
import json

import pytest
from pyarrow import parquet

from ecmpaudit.model import Audit, Severity
from ecmpaudit.reporting.formats import FORMS, Format, Settings, render
from ecmpaudit.reporting.verdict import verdict
from tests.notation import parse_network
from tests.recorded_scans import HEALTHY, audited, captures_of

ALL_BUT_302 = [
    "ECMP001", "ECMP002", "ECMP003", "ECMP004", "ECMP005",
    "ECMP101", "ECMP102", "ECMP103", "ECMP104", "ECMP105", "ECMP106",
    "ECMP107", "ECMP108", "ECMP109",
    "ECMP201", "ECMP202", "ECMP203", "ECMP204", "ECMP205",
    "ECMP301", "ECMP303", "ECMP304", "ECMP305",
    "ECMP401", "ECMP402", "ECMP403", "ECMP404", "ECMP405", "ECMP406", "ECMP407",
    "ECMP501", "ECMP502", "ECMP503",
    "ECMP601", "ECMP602", "ECMP603", "ECMP604",
    "ECMP701", "ECMP702", "ECMP703", "ECMP704", "ECMP705", "ECMP706", "ECMP707",
]  # fmt: skip
ALL_BUT_101 = tuple(code for code in (*ALL_BUT_302, "ECMP302") if code != "ECMP101")
SHORT_4 = "tor1 198.51.100.7/32 via 192.0.2.1-2\nexpect 198.51.100.7/32 nodes 192.0.2.1-3"
SHORT_6 = "tor1 2001:db8:100::7/128 via 2001:db8::1\nexpect 2001:db8:100::7/128 count 2"


def shown(form: Format, audit: Audit) -> str:
    """Return a report as text; of Parquet, the messages of its rows."""
    document = render(form, audit, Settings(Severity.ERROR))
    if form is Format.PARQUET:
        return "\n".join(parquet.read_table(io.BytesIO(document)).column("message").to_pylist())
    return document.decode()


@pytest.mark.sampled(4)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_names_the_rules_that_were_not_run(form: Format) -> None:
    audit = audited(captures_of(HEALTHY), select=["ECMP302"])
    found = shown(form, audit)
    if form is Format.JSON:
        assert json.loads(found)["rules_not_run"] == ALL_BUT_302
    elif form in {Format.PROMETHEUS, Format.OPENMETRICS}:
        assert 'ecmpaudit_rule_not_run{code="ECMP101"} 1.0' in found
        assert 'ecmpaudit_findings{code="ECMP101"' not in found
        assert 'ecmpaudit_findings{code="ECMP302",severity="error"} 0.0' in found
    else:
        assert "rules not run (--select, --ignore): ECMP001, 002, 003, 004, 005, 101, 102" in found
        assert "706 and 707" in found


@pytest.mark.sampled(4)
@pytest.mark.parametrize("form", FORMS)
def test_where_every_rule_was_run_no_form_says_anything(form: Format) -> None:
    found = shown(form, audited(captures_of(HEALTHY)))
    assert "rules not run" not in found
    assert "ecmpaudit_rule_not_run{" not in found
    assert "NOT-RUN" not in found


@pytest.mark.parametrize("notation", [SHORT_4, SHORT_6], ids=["IPv4", "IPv6"])
def test_a_prefix_that_is_short_is_never_called_clean_for_want_of_its_rule(notation: str) -> None:
    audit = Audit(parse_network(notation), codes=ALL_BUT_101)
    assert verdict(audit) == "clean: the rules that were run found nothing; not run: 1 rule"
    assert audit.clean_prefixes == ()
    assert "fine:" not in shown(Format.TEXT, audit)


def test_a_prefix_that_has_what_is_expected_stays_clean() -> None:
    network = parse_network("tor1 198.51.100.7/32 via 192.0.2.1-2\nexpect 198.51.100.7/32 nodes 192.0.2.1-2")
    audit = Audit(network, codes=ALL_BUT_101)
    assert [prefix.prefix for prefix in audit.clean_prefixes] == ["198.51.100.7/32"]
