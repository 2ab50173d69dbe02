"""The registry of rules is the page docs/rules.md: whole, true to the code, and shown by `rule`."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from build import NOW, a_finding
from conftest import Cli

from ringg_runner import pipeline
from ringg_runner.api.server_list import Listing, Row
from ringg_runner.authoring import rules, schemas
from ringg_runner.authoring.rules import Rule
from ringg_runner.campaigns import ListId
from ringg_runner.diagnostics import Diagnostic, Severity
from ringg_runner.errors import FindingsError
from ringg_runner.pipeline import Selection

RULES = list(rules.registry().values())
PACKAGE = Path(rules.__file__).parent.parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMELESS = {"schema"}
"""Has no example: the schemas of what people write need no more than the other rules."""


@dataclass(frozen=True)
class Example:
    """A mistake, what is said of it, and how it is mended; each block by its kind."""

    mistake: list[tuple[str, str]]
    told: str
    mended: list[tuple[str, str]]

    @classmethod
    def of(cls, rule: Rule) -> "Example":
        blocks = BLOCK.findall(rule.explanation)
        (place,) = (number for number, (kind, _) in enumerate(blocks) if kind == "text")
        return cls(blocks[:place], blocks[place][1], blocks[place + 1 :])


def lay_out(folder: Path, blocks: list[tuple[str, str]]) -> dict[str, Any] | None:
    """Write the files, run the commands, and return what the server would say."""
    server = None
    for kind, text in blocks:
        if kind == "yaml":
            name = text.partition("\n")[0].removeprefix("# ")
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        elif kind == "sh":
            subprocess.run(["bash", "-ec", text], cwd=folder, check=True)
        else:
            server = json.loads(text)
    return server


def found(folder: Path, server: dict[str, Any] | None) -> tuple[Diagnostic, ...]:
    if server is None:
        return pipeline.check(Selection(), folder, {}, datetime.now(UTC)).findings
    rows = (
        Row(ListId(row["id"]), row["campaign_status"], agent_id=row["agent_id"])
        for row in server["campaigns"]
    )
    listing = Listing({row.list_id: row for row in rows})
    try:
        pipeline.prepare(Selection(), folder, {}, NOW).plan(NOW, {}, listing)
    except FindingsError as failure:
        return failure.findings
    return ()


def line_of(finding: Diagnostic) -> str:
    line, column = finding.position
    place = f"{finding.file}:{line}:{column}"
    return f"{place}: {finding.severity}: {finding.message}; {finding.hint}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project that all examples belong to, as the page shows it."""
    blocks = BLOCK.findall(rules.page())
    lay_out(tmp_path, [next(block for block in blocks if "# campaigns/" in block[1])])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_project_of_the_examples_has_no_findings(folder: Path) -> None:
    assert found(folder, None) == ()


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.name not in NAMELESS], ids=lambda rule: rule.name
)
def test_the_example_of_a_rule_is_told_where_and_as_the_page_says_and_can_be_mended(
    folder: Path, rule: Rule
) -> None:
    example = Example.of(rule)
    (told,) = found(folder, lay_out(folder, example.mistake))
    assert line_of(told) == example.told
    assert told.rule == rule.name
    # A machine that checks need not have the variables of the one that applies.
    seen = Severity.WARNING if rule.name == "unset-variable" else rule.severity
    assert told.severity is seen
    assert example.mended
    assert found(folder, lay_out(folder, example.mended)) == ()


def test_a_rule_without_an_example_is_known_by_name() -> None:
    assert {rule.name for rule in RULES if not BLOCK.findall(rule.explanation)} == NAMELESS


def test_every_rule_has_a_row_and_a_section_in_the_same_order() -> None:
    sections = re.findall(r"^## ([a-z].*)$", rules.page(), re.MULTILINE)
    assert sections == [rule.name for rule in RULES]
    rows = re.findall(r"^\| \[`.*$", rules.page(), re.MULTILINE)
    assert len(rows) == len(RULES)
    assert all(rule.summary and rule.explanation for rule in RULES)


def functions_with_a_rule(trees: list[ast.Module]) -> dict[str, tuple[str, ...]]:
    """Everything that can be called with a parameter `rule`: its name, and its parameters."""
    known = {}
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef):
            names = tuple(arg.arg for arg in node.args.args if arg.arg not in ("self", "cls"))
        elif isinstance(node, ast.ClassDef):
            fields = (line.target for line in node.body if isinstance(line, ast.AnnAssign))
            names = tuple(target.id for target in fields if isinstance(target, ast.Name))
        else:
            continue
        if "rule" in names:
            known[node.name] = names
    return known


def rules_in_the_code() -> Iterator[str]:
    """Every rule name that the code hands to whatever takes one."""
    stage = [*(PACKAGE / "authoring").glob("*.py"), PACKAGE / "prepared.py"]
    trees = [ast.parse(path.read_text()) for path in (*stage, PACKAGE / "diagnostics.py")]
    known = functions_with_a_rule(trees)
    for call in (n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Call)):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        called = call.func.id if isinstance(call.func, ast.Name) else called
        if called not in known:
            continue
        given = {word.arg: word.value for word in call.keywords}
        given |= dict(zip(known[called], call.args, strict=False))
        value = given.get("rule")
        if isinstance(value, ast.Constant):
            yield str(value.value)
        else:
            # Handed on: from a parameter of the same name, or from a problem that has one.
            assert value is not None, ast.unparse(call)
            assert ast.unparse(value) in ("rule", "p.rule"), ast.unparse(call)


def test_the_code_knows_the_rules_of_the_page_and_no_others() -> None:
    assert set(rules_in_the_code()) == {rule.name for rule in RULES}


def test_editors_know_the_names_and_the_levels() -> None:
    schema = schemas.load("project")["properties"]["rules"]
    assert schema["propertyNames"]["enum"] == [rule.name for rule in RULES]
    assert tuple(schema["additionalProperties"]["enum"]) == rules.LEVELS


def test_what_cannot_be_lowered_is_an_error_and_has_a_reason() -> None:
    assert {rule.severity for rule in RULES if rule.fixed} == {Severity.ERROR}
    assert {rule.name for rule in RULES if not rule.fixed} == {
        *("empty-file", "non-uuid-id", "placeholder-id", "unused-alias", "window-passed"),
        *("callback-undocumented", "same-as-default", "private-callback"),
    }


@pytest.mark.parametrize(
    ("level", "strict", "severity"),
    [
        (None, False, Severity.WARNING),
        (None, True, Severity.ERROR),
        ("info", True, Severity.INFO),
        ("warning", True, Severity.ERROR),
        ("error", False, Severity.ERROR),
        ("off", True, None),
    ],
)
def test_a_finding_weighs_what_the_project_says(
    level: str | None, strict: bool, severity: Severity | None
) -> None:
    finding = a_finding(severity=Severity.WARNING)
    other = a_finding(rule="another-rule", severity=Severity.INFO)
    levels = {finding.rule: level} if level else {}
    weighed = list(rules.weigh([finding, other], levels, strict=strict))
    assert [told.severity for told in weighed] == [s for s in (severity, Severity.INFO) if s]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_prints_what_the_page_says(cli: Cli, rule: Rule) -> None:
    done = cli("rule", rule.name)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{rule.name} ({rule.severity}): {rule.summary}\n\n")
    assert rule.explanation in done.out
    assert (rule.fixed in done.last_line) if rule.fixed else ("under rules:" in done.last_line)


def test_rule_without_a_name_lists_them_all(cli: Cli) -> None:
    done = cli("rule")
    assert done.code == 0
    assert [line.split()[:2] for line in done.out.splitlines()] == [
        [rule.name, rule.severity] for rule in RULES
    ]


@pytest.mark.parametrize(
    ("name", "hint"),
    [("uuid-id", "did you mean non-uuid-id?"), ("zzz", "ringg-runner rule lists them all")],
)
def test_an_unknown_rule_is_wrong_usage_and_the_nearest_is_named(
    cli: Cli, name: str, hint: str
) -> None:
    done = cli("rule", name)
    assert (done.code, done.out) == (64, "")
    assert done.err == f"error: no rule is called {name}\nhint: {hint}\n"
