"""The formats for other programs, each read by a parser that is not ours."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
import xmlschema
from build import a_finding
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from junitparser import JUnitXml

from ringg_runner.authoring import schemas
from ringg_runner.authoring.rules import registry
from ringg_runner.diagnostics import Diagnostic, Position, Quote, Severity
from ringg_runner.pipeline import Checked
from ringg_runner.redaction import writable
from ringg_runner.report import findings

DATA = Path(__file__).parent / "data"
SARIF = Draft7Validator(json.loads((DATA / "sarif-2.1.0.json").read_text(encoding="utf-8")))
JUNIT = xmlschema.XMLSchema(str(DATA / "junit-10.xsd"))

# What https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format asks for.
GITLAB = Draft7Validator(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": {"type": "string"},
                "check_name": {"type": "string"},
                "fingerprint": {"type": "string", "minLength": 1},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": {
                        "path": {"type": "string"},
                        "lines": {
                            "type": "object",
                            "required": ["begin"],
                            "properties": {"begin": {"type": "integer", "minimum": 1}},
                        },
                    },
                },
            },
        },
    }
)

FULL = a_finding(
    file="campaigns/a b.yaml",
    position=Position(4, 11),
    end=Position(4, 28),
    rule="unknown-reference",
    message="unknown reference ${agents.renewal}",
    hint="did you mean ${agents.renewals}?",
    quote=Quote("agent_id: ${agents.renewal}"),
)
WARNING = a_finding(file="campaigns/b.yaml", severity=Severity.WARNING, rule="unset-variable")
CHECKED = Checked(
    ("campaigns/a b.yaml", "campaigns/b.yaml", "campaigns/c.yaml"), 3, (FULL, WARNING)
)


def written(output: str, *found: Diagnostic, files: tuple[str, ...] = ()) -> str:
    return told(output, Checked(files, len(files), found))


def told(output: str, checked: Checked) -> str:
    """What a check looks like in a format, where no encoding may be in the way."""
    return "\n".join(findings.lines(checked, output, 100)).encode().decode()


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Read workflow commands as the runner does: by line, by the second ::, by comma."""
    found = []
    for line in re.split("\r\n|\r|\n", text):
        if line.startswith("::"):
            head, _, data = line[2:].partition("::")
            name, _, properties = head.partition(" ")
            pairs = (pair.partition("=") for pair in properties.split(","))
            told = {key: unescaped(value, ":,%\r\n") for key, _, value in pairs}
            found.append((name, told, unescaped(data, "%\r\n")))
    return found


def unescaped(text: str, characters: str) -> str:
    codes = {f"%{ord(character):02X}": character for character in characters}
    return re.sub("|".join(codes), lambda code: codes[code.group()], text)


def test_a_workflow_command_names_the_place_and_the_rule() -> None:
    assert commands(told("github", CHECKED)) == [
        (
            "error",
            {
                "file": "campaigns/a b.yaml",
                "line": "4",
                "endLine": "4",
                "col": "11",
                "endColumn": "28",
                "title": "ringg-runner unknown-reference",
            },
            "campaigns/a b.yaml:4:11: unknown reference ${agents.renewal}\n"
            "help: did you mean ${agents.renewals}?",
        ),
        (
            "warning",
            {
                "file": "campaigns/b.yaml",
                "line": "1",
                "col": "1",
                "title": "ringg-runner unset-variable",
            },
            "campaigns/b.yaml:1:1: it is wrong",
        ),
    ]


def test_a_stretch_of_several_lines_has_no_columns_on_github() -> None:
    finding = a_finding(position=Position(2, 3), end=Position(4, 1), severity=Severity.INFO)
    ((name, properties, _),) = commands(written("github", finding))
    assert (name, properties["line"], properties["endLine"]) == ("notice", "2", "4")
    assert not properties.keys() & {"col", "endColumn"}


@pytest.mark.parametrize(
    ("errors", "warnings", "last"),
    [
        (10, 10, None),
        (11, 0, "1 error more in the log of this step: GitHub shows 10 of a kind"),
        (0, 12, "2 warnings more in the log of this step: GitHub shows 10 of a kind"),
        (13, 11, "3 errors and 1 warning more in the log of this step: GitHub shows 10 of a kind"),
    ],
)
def test_what_github_will_not_show_is_counted_in_the_last_line(
    errors: int, warnings: int, last: str | None
) -> None:
    found = [a_finding(position=Position(n, 1)) for n in range(1, errors + 1)]
    found += [a_finding(severity=Severity.WARNING, message=str(n)) for n in range(warnings)]
    text = written("github", *found)
    assert len(commands(text)) == errors + warnings + (last is not None)
    if last:
        assert commands(text.splitlines()[-1]) == [("notice", {"title": "ringg-runner"}, last)]
    else:
        assert text.splitlines()[-1].startswith(f"{errors} errors")


def log_of(checked: Checked) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(told("sarif", checked))
    SARIF.validate(log)
    return log


def results(*found: Diagnostic) -> list[dict[str, Any]]:
    found_results: list[dict[str, Any]] = log_of(Checked((), 0, found))["runs"][0]["results"]
    return found_results


def fingerprints(*found: Diagnostic) -> list[str]:
    return [result["partialFingerprints"]["ringgRunner/v1"] for result in results(*found)]


def test_a_sarif_log_has_every_result_with_its_region_and_its_rule() -> None:
    (run,) = log_of(CHECKED)["runs"]
    first, second = run["results"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert (first["level"], second["level"]) == ("error", "warning")
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "campaigns/a%20b.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 4, "startColumn": 11, "endLine": 4, "endColumn": 28}
    rules = run["tool"]["driver"]["rules"]
    assert [rules[r["ruleIndex"]]["id"] for r in run["results"]] == [
        "unknown-reference",
        "unset-variable",
    ]
    assert {rule["id"] for rule in rules} == registry().keys()
    levels = {rule["id"]: rule["defaultConfiguration"]["level"] for rule in rules}
    assert (levels["secret"], levels["non-uuid-id"]) == ("error", "warning")


def test_a_rule_without_a_description_is_in_the_sarif_log_all_the_same() -> None:
    (result,) = results(a_finding(rule="a-new-rule"))
    assert result["ruleId"] == "a-new-rule"


def test_a_file_beside_the_root_has_an_absolute_uri() -> None:
    (result,) = results(a_finding(file="/elsewhere/a#b.yaml"))
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "file:///elsewhere/a%23b.yaml"}


def test_no_message_writes_a_link_into_an_alert() -> None:
    (result,) = results(a_finding(message="[click](https://example.com)"))
    assert result["message"]["text"] == "[click] (https://example.com)"


def test_a_fingerprint_stays_when_its_line_moves() -> None:
    quote = Quote("  list_id: 12")
    before = a_finding(position=Position(4, 3), quote=quote)
    after = a_finding(position=Position(9, 1), quote=Quote("list_id: 12"), message="in other words")
    assert fingerprints(before) == fingerprints(after)


@pytest.mark.parametrize(
    "changed", [{"file": "b.yaml"}, {"rule": "b-rule"}, {"quote": Quote("c: d")}, {"quote": None}]
)
def test_a_fingerprint_changes_with_its_rule_its_file_and_its_line(
    changed: dict[str, object],
) -> None:
    finding = a_finding(quote=Quote("a: b"))
    assert fingerprints(finding) != fingerprints(a_finding(**({"quote": Quote("a: b")} | changed)))


def test_findings_that_are_alike_have_fingerprints_of_their_own() -> None:
    alike = [a_finding(message=message) for message in "abc"]
    assert len(set(fingerprints(*alike))) == 3


def test_the_fingerprints_of_gitlab_are_those_of_sarif() -> None:
    issues = json.loads(told("gitlab", CHECKED))
    assert [issue["fingerprint"] for issue in issues] == fingerprints(FULL, WARNING)


def test_a_code_quality_report_has_what_gitlab_asks_for() -> None:
    issues = json.loads(told("gitlab", CHECKED))
    GITLAB.validate(issues)
    del issues[0]["fingerprint"]
    assert issues[0] == {
        "description": "unknown reference ${agents.renewal}; did you mean ${agents.renewals}?",
        "check_name": "unknown-reference",
        "severity": "major",
        "location": {"path": "campaigns/a b.yaml", "lines": {"begin": 4}},
    }
    assert issues[1]["severity"] == "minor"


def suite_of(text: str) -> Any:
    JUNIT.validate(text)
    (suite,) = JUnitXml.fromstring(text.encode())
    return suite


def test_in_a_junit_report_every_file_is_a_case() -> None:
    suite = suite_of(told("junit", CHECKED))
    assert (suite.tests, suite.failures, suite.errors) == (3, 1, 0)
    broken, warned, fine = suite
    assert [case.name for case in (broken, warned, fine)] == list(CHECKED.files)
    (failure,) = broken.result
    assert (failure.type, failure.message) == ("unknown-reference", FULL.message)
    assert failure.text == (
        "campaigns/a b.yaml:4:11: error: unknown reference ${agents.renewal};"
        " did you mean ${agents.renewals}? [unknown-reference]"
    )
    assert (warned.result, fine.result) == ([], [])
    assert warned.system_out == "campaigns/b.yaml:1:1: warning: it is wrong [unset-variable]"
    assert fine.system_out is None


def test_all_errors_of_a_file_are_one_failure() -> None:
    ((failure,),) = (
        case.result for case in suite_of(written("junit", a_finding(), a_finding(message="too")))
    )
    assert failure.message == "2 errors, the first: it is wrong"
    assert len(failure.text.splitlines()) == 2


def test_the_json_is_the_documented_one() -> None:
    document = json.loads(told("json", CHECKED))
    Draft7Validator(schemas.load("diagnostics")).validate(document)
    assert document["diagnostics"][0]["end"] == {"line": 4, "column": 28}


@pytest.mark.parametrize("output", findings.FORMATS)
def test_a_check_without_findings_is_written_too(output: str) -> None:
    text = told(output, Checked(("a.yaml",), 1, ()))
    match output:
        case "sarif":
            assert log_of(Checked(("a.yaml",), 1, ()))["runs"][0]["results"] == []
        case "junit":
            assert [case.name for case in suite_of(text)] == ["a.yaml"]
        case "gitlab":
            assert json.loads(text) == []
        case "json":
            assert json.loads(text)["diagnostics"] == []
        case _:
            assert text == "0 errors, 0 warnings in 1 manifest of 1 file"


ANY = st.text(st.characters(exclude_categories=()), max_size=40)
NAMES = (
    st.binary(min_size=1, max_size=20)
    .filter(lambda name: 0 not in name)
    .map(os.fsdecode)
    .filter(lambda name: name != "/")
)
POSITIONS = st.builds(Position, st.integers(1, 10**6), st.integers(1, 10**6))
FINDINGS = st.builds(
    Diagnostic,
    NAMES,
    POSITIONS,
    st.sampled_from(Severity),
    st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True),
    ANY,
    st.none() | ANY,
    st.none() | POSITIONS,
    st.none() | st.builds(Quote, ANY),
)
MANY = st.lists(FINDINGS, max_size=4)
slow = settings(max_examples=50, deadline=None)


@given(MANY)
def test_whatever_is_found_github_reads_each_command_and_no_other(found: list[Diagnostic]) -> None:
    read = commands(written("github", *found))
    assert [name for name, _, _ in read] == [
        {"error": "error", "warning": "warning", "info": "notice"}[finding.severity]
        for finding in found
    ]
    for finding, (_, properties, _) in zip(found, read, strict=True):
        assert properties["file"] == writable(finding.file)
        assert properties["title"] == f"ringg-runner {finding.rule}"


@slow
@given(MANY)
def test_whatever_is_found_the_sarif_log_fits_the_published_schema(found: list[Diagnostic]) -> None:
    assert told("sarif", Checked((), 0, tuple(found))).isascii()
    read = results(*found)
    for finding, result in zip(found, read, strict=True):
        artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
        path = unquote_to_bytes(artifact["uri"].removeprefix("file://"))
        assert path == os.fsencode(finding.file)
    assert len(set(fingerprints(*found))) == len(found)


@slow
@given(MANY, st.lists(NAMES, max_size=3))
def test_whatever_is_found_the_junit_report_fits_its_schema(
    found: list[Diagnostic], names: list[str]
) -> None:
    text = written("junit", *found, files=tuple(names))
    assert text.isascii()
    files = sorted({*names, *(finding.file for finding in found)})
    assert [case.name for case in suite_of(text)] == [writable(name) for name in files]


@given(MANY)
def test_whatever_is_found_gitlab_reads_it(found: list[Diagnostic]) -> None:
    text = written("gitlab", *found)
    assert text.isascii()
    issues = json.loads(text)
    GITLAB.validate(issues)
    assert len({issue["fingerprint"] for issue in issues}) == len(found)


@given(MANY)
def test_whatever_is_found_the_json_fits_its_schema_and_reads_back(found: list[Diagnostic]) -> None:
    # Standard output writes what is no character as JSON itself would: \\udcff.
    checked = Checked((), 0, tuple(found))
    text = "\n".join(findings.lines(checked, "json", 100)).encode(errors="backslashreplace")
    document = json.loads(text)
    Draft7Validator(schemas.load("diagnostics")).validate(document)
    assert [told["file"] for told in document["diagnostics"]] == [f.file for f in found]
