"""Whatever a file holds, whatever it is and whatever it is called: it ends in a finding.

No input may hang the tool, crash it, or keep it from looking at the other files.
"""

import contextlib
import os
import random
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from build import NOW, a_manifest, a_project_file, a_workspace, write
from conftest import Cli, Finished
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringg_runner import pipeline
from ringg_runner.errors import RunnerError
from ringg_runner.pipeline import Selection
from ringg_runner.report.findings import FORMATS, lines

LONG = 30
"""Seconds after which something hangs; all of this takes a fraction of one."""


@pytest.fixture(autouse=True)
def _ends() -> Iterator[None]:
    """End a test that waits for what never comes, so that it fails instead of the whole suite."""

    def hanging(*_: object) -> None:
        raise TimeoutError("this hangs")

    before = signal.signal(signal.SIGALRM, hanging)
    signal.alarm(LONG)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def bomb(levels: int = 12) -> str:
    """Lines that each hold the one before ten times: a million million values, and one list."""
    rows = ["a0: &a0 [x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels + 1)]
    return "\n".join(rows)


TEXT = a_manifest()
BINARY = random.Random(0).randbytes(4_000)
CONTENTS: dict[str, tuple[str | bytes, str, str]] = {
    "an alias bomb": (bomb(), "too-many-values", "more than 20,000 values"),
    "an alias bomb in a field": (
        f"{TEXT}labels: {{x: &x [a, a], y: &y [*x, *x], {bomb().replace(chr(10), ', ')}}}",
        "too-many-values",
        "20,000",
    ),
    "an alias to itself": (f"{TEXT}labels: &a {{b: *a}}", "unknown-alias", "*a refers to nothing"),
    "brackets within brackets": ("[" * 500_000, "yaml-syntax", ""),
    "whole brackets within brackets": (f"a: {'[' * 60}{']' * 60}", "too-deep", "32 levels"),
    "braces within braces": ("{a: " * 60 + "}" * 60, "too-deep", "32 levels"),
    "lists within lists, line by line": ("- " * 300_000, "too-deep", "32 levels"),
    "a key within a key": ("? " * 300_000, "yaml-syntax", ""),
    "a huge id": (a_manifest(list_id="x" * 900_000 + " "), "malformed", "xxxxxxxx"),
    "a huge key": (f'{TEXT}? {"x" * 900_000}\n: 1\n', "unknown-key", "xxxxxxxx"),
    "huge references": (a_manifest(list_id="${a.b}" * 100_000), "unknown-reference", "${a.b}"),
    "a reference that never ends": (a_manifest(list_id="${a" * 200_000), "malformed-reference", ""),
    "huge escapes": (a_manifest(callback_url="$" * 900_000), "callback-url", ""),
    "a huge URL": (a_manifest(callback_url=f"http://{'0' * 900_000}"), "callback-url", ""),
    "a huge number": (f"{TEXT}labels: {{a: {'1:' * 400_000}1}}", "ambiguous-scalar", "1:1:1:"),
    "a huge list": (
        a_manifest(email_completion_user_ids=[f"u{n}" for n in range(2_000)] + ["u1"]),
        "repeated",
        "u1 stands in",
    ),
    "a list of everything": (
        f"{TEXT}email_completion_user_ids: [{', '.join(['a', '[b]', '{c: d}', '1'] * 400)}]",
        "repeated",
        "",
    ),
    "many unknown keys": (TEXT + "".join(f"lst_i{n}: 1\n" for n in range(2_000)), "unknown-key",
                          "unknown key lst_i1999"),
    "the same key for ever": ("a: 1\n" * 2_000, "duplicate-key", "a second time"),
    "documents for ever": ("--- a\n" * 150_000, "too-many-documents", "2,000"),
    "more than a megabyte": ("#" * 1_048_577, "too-large", "larger than 1 MiB"),
    "a tag that runs code": (
        'a: !!python/object/apply:os.system ["touch pwned"]', "yaml-tag", "python/object/apply"
    ),
    "a tag on the document": ("!!python/name:os.system\n" + TEXT, "yaml-tag", "python/name"),
    "a tag of one's own": (f"{TEXT}labels: !mine {{a: b}}", "yaml-tag", "!mine"),
    "a tag on a key": (f"{TEXT}!!str labels: {{a: b}}", "yaml-tag", "yaml.org,2002:str"),
    "a directive": ("%YAML 9.9\n---\na: 1", "yaml-syntax", ""),
    "bytes at random": (BINARY, "not-utf-8", "is not UTF-8"),
    "a program": (b"\x7fELF\x02\x01\x01\x00" + BINARY, "not-utf-8", "is not UTF-8"),
    "an archive": (b"\x1f\x8b\x08\x00" + BINARY, "not-utf-8", "0x8b is not UTF-8"),
    "UTF-16 with a mark": (TEXT.encode("utf-16"), "not-utf-8", "this is UTF-16"),
    "UTF-16 without one": (TEXT.encode("utf-16-le"), "not-utf-8", "this is UTF-16"),
    "UTF-16, the other way": (TEXT.encode("utf-16-be"), "not-utf-8", "this is UTF-16"),
    "UTF-32": (TEXT.encode("utf-32"), "not-utf-8", "this is UTF-32"),
    "Latin-1": (f"# café\n{TEXT}".encode("latin-1"), "not-utf-8", "it is é in Latin-1"),
    "Windows-1252": ("# 5 €\n".encode("cp1252"), "not-utf-8", "it is € in Windows-1252"),
    "UTF-7": (b"+AHs-a: 1", "unknown-key", "unknown key +AHs-a"),
    "a cut-off character": (b"a: \xe0\xa4", "not-utf-8", "0xe0 is not UTF-8"),
    "a NUL": (b"version: 1\nname: a\0b\n", "yaml-syntax", r"'\x00' cannot stand in YAML"),
    "NULs alone": (b"\0" * 4_000, "yaml-syntax", r"'\x00' cannot stand in YAML"),
    "a bell and an escape": (b"a: \x1b[31m\x07", "yaml-syntax", r"'\x1b' cannot stand in YAML"),
    "a tab for an indent": ("labels:\n\ta: b\n", "yaml-syntax", ""),
    "tabs alone": ("\t" * 100_000, "yaml-syntax", ""),
    "old Mac line ends": (a_manifest(list_id=1).replace("\n", "\r"), "wrong-type", "list_id must"),
    "Windows line ends": (a_manifest(list_id=1).replace("\n", "\r\n"), "wrong-type", "list_id mus"),
    "a UTF-8 mark": (b"\xef\xbb\xbf" + a_manifest(list_id=1).encode(), "wrong-type", "list_id mus"),
    "a mark within": (f"{TEXT}# \ufeff\n", "yaml-syntax", r"'\ufeff' cannot stand in YAML"),
    "an emoji for a name": (a_manifest(name="🎉"), "malformed", "🎉 is not valid as name"),
    "a name from right to left": (a_manifest(name="\u202enwo"), "malformed", "is not valid"),
    "JSON": ('{"version": 1, "name": 2}', "missing-key", "list_id is missing"),
    "XML": ('<?xml version="1.0"?><a/>', "wrong-type", "must be a mapping"),
    "a picture of a manifest": ("version", "wrong-type", "must be a mapping"),
    "nothing": ("", "empty-file", ""),
    "comments": ("# one\n# two\n", "empty-file", ""),
    "a mark alone": (b"\xef\xbb\xbf", "empty-file", ""),
    "three dashes": ("---\n---\n", "empty-file", ""),
}  # fmt: skip


def told(done: Finished, file: str, rule: str) -> str:
    """The line that tells of this file, by this rule."""
    assert "Traceback" not in done.out + done.err
    found = [
        line
        for line in done.out.splitlines()
        if line.startswith(f"{file}:") and line.endswith(f" [{rule}]")
    ]
    assert found, done.out[:2_000]
    return "\n".join(found)


@pytest.mark.parametrize(("content", "rule", "said"), CONTENTS.values(), ids=CONTENTS.keys())
def test_a_hostile_manifest_is_told_and_the_others_are_checked(
    cli: Cli, tmp_path: Path, content: str | bytes, rule: str, said: str
) -> None:
    a_workspace(tmp_path, "", a_manifest(list_id=12))
    write(tmp_path / "campaigns" / "1.yaml", content)
    done = cli("validate", "--format", "concise")
    assert done.code == 3
    assert said in told(done, "campaigns/1.yaml", rule)
    assert "list_id must be text" in told(done, "campaigns/2.yaml", "wrong-type")
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("content", [row[0] for row in CONTENTS.values()], ids=CONTENTS.keys())
def test_a_hostile_project_file_is_told(cli: Cli, tmp_path: Path, content: str | bytes) -> None:
    a_workspace(tmp_path, a_manifest())
    write(tmp_path / "ringg-runner.yaml", content)
    done = cli("validate", "--format", "concise")
    assert done.code == 3
    assert done.out.startswith("ringg-runner.yaml:")
    assert "Traceback" not in done.out + done.err
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("content", [row[0] for row in CONTENTS.values()], ids=CONTENTS.keys())
def test_hostile_standard_input_is_told(cli: Cli, content: str | bytes) -> None:
    done = cli("validate", "-", stdin=content if isinstance(content, bytes) else content.encode())
    assert done.code == 3
    assert "<stdin>:" in done.out + done.err
    assert "Traceback" not in done.out + done.err


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


def linked_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


THINGS = {
    "a pipe": a_pipe,
    "a socket": a_socket,
    "a link to a device that never ends": linked_to("/dev/zero"),
    "a link to a device that waits": linked_to("/dev/tty"),
    "a link to itself": linked_to("it.yaml"),
    "a link to nothing": linked_to("nowhere.yaml"),
}


@pytest.mark.parametrize("make", THINGS.values(), ids=THINGS.keys())
def test_what_is_no_file_is_never_waited_for(
    cli: Cli, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    a_workspace(tmp_path, a_manifest(list_id=12))
    path = tmp_path / "campaigns" / "it.yaml"
    make(path)
    done = cli("validate", "--format", "concise")
    assert done.code == 3
    told(done, "campaigns/1.yaml", "wrong-type")
    told(done, "campaigns/it.yaml", "unreadable")
    named = cli("validate", "campaigns/it.yaml", "campaigns/1.yaml", "--format", "concise")
    assert named.code == 3
    told(named, "campaigns/1.yaml", "wrong-type")


@pytest.mark.parametrize("make", THINGS.values(), ids=THINGS.keys())
def test_a_project_file_that_is_no_file_is_told_and_not_passed_over(
    cli: Cli, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    a_workspace(tmp_path, a_manifest())
    (tmp_path / "ringg-runner.yaml").unlink()
    make(tmp_path / "it.yaml")
    (tmp_path / "it.yaml").rename(tmp_path / "ringg-runner.yaml")
    done = cli("validate", "--format", "concise")
    assert done.code == 3
    told(done, "ringg-runner.yaml", "unreadable")
    assert cli("validate", "--project", "ringg-runner.yaml").code == 3


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/stdin", "/dev/full", "/proc/self/mem"])
def test_a_device_that_is_named_is_not_read(cli: Cli, device: str) -> None:
    done = cli("validate", device, "--format", "concise")
    assert done.code == 3
    assert "Traceback" not in done.out + done.err


def test_a_key_file_that_is_a_pipe_is_not_waited_for(cli: Cli, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key")
    settings = a_project_file(environments={"production": {"api_key_file": "key"}})
    a_workspace(tmp_path, a_manifest(), project=settings)
    assert cli("validate").code == 0
    assert cli("plan").code == 0


def test_links_in_a_circle_are_gone_through_once(cli: Cli, tmp_path: Path) -> None:
    a_workspace(tmp_path, a_manifest(list_id=12))
    (tmp_path / "campaigns" / "a").mkdir()
    (tmp_path / "campaigns" / "a" / "b").symlink_to("..")
    (tmp_path / "campaigns" / "c").symlink_to("c")
    done = cli("validate", "--format", "concise")
    assert done.out.count("list_id must be text") == 1


NAMES = {
    "spaces": b" a  b .yaml",
    "a line break": b"a\n::error::b.yaml",
    "a return and an escape": b"a\r\x1b[2Jb.yaml",
    "no UTF-8": b"caf\xe9 \xff.yaml",
    "a hyphen": b"--strict.yaml",
    "a reference": b"${env.HOME}.yaml",
    "markup": b"<b>&amp;%0A.yaml",
    "right to left": "\u202elmay.a.yaml".encode(),
    "as long as may be": b"x" * 250 + b".yaml",
}


@pytest.mark.parametrize("output", FORMATS)
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_whatever_a_file_is_called_its_finding_is_told_in_every_format(
    cli: Cli, tmp_path: Path, name: bytes, output: str
) -> None:
    write(tmp_path / "campaigns" / os.fsdecode(name), a_manifest(list_id=12))
    write(tmp_path / "campaigns" / "z.yaml", a_manifest(list_id=12))
    done = cli("validate", "--format", output)
    assert (done.code, done.err) == (3, "")
    assert done.out.count("list_id must be text") >= 2
    assert "\x1b" not in done.out
    assert "\n::error::b" not in done.out


QUICK = settings(
    derandomize=True,
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

# Values that belong somewhere, here in places where they may not belong.
FIELDS = yaml.safe_load(
    a_manifest(
        callback_url="https://hooks.example.com/${name}",
        email_completion_user_ids=["${users.ops}"],
        labels={"team": "growth"},
        enabled=True,
        start={"not_before": "2026-12-01T09:00:00Z", "not_after": "2026-11-01T09:00:00Z"},
    )
)
SETTINGS = yaml.safe_load(
    a_project_file(
        manifests=["campaigns"],
        default_environment="production",
        defaults={"agent_id": "${agents.a}", "start": {"not_after": "2026-11-01T09:00:00Z"}},
        environments={
            "production": {"agents": {"a": "${vars.b}"}, "vars": {"b": "${vars.b}"}},
            "sandbox": {"base_url": "sandbox", "ledger": "${env.X}", "api_key_file": "key"},
        },
    )
)
WORDS = st.sampled_from(
    ["off", "${agents.a}", "${env.X}", "${", "rg_live_12345678", "*", "a b", ""]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=8)
KEYS = st.sampled_from([*FIELDS, *SETTINGS, "production", "not_after", "vars"]) | st.text(
    max_size=4
)
TREES = st.recursive(
    LEAVES, lambda below: st.lists(below, max_size=4) | st.dictionaries(KEYS, below, max_size=4)
)


@st.composite
def mutated(draw: st.DrawFn, whole: dict[str, Any]) -> Any:
    """A file as it should be, but for some values that are something else, or gone."""

    def go(value: Any) -> Any:
        fate = draw(st.integers(0, 9))
        if fate == 0:
            return draw(TREES)
        if isinstance(value, dict):
            return {key: go(below) for key, below in value.items() if draw(st.integers(0, 19))}
        if isinstance(value, list):
            return [go(below) for below in value for _ in range(draw(st.integers(1, 2)))]
        return value

    return go(whole)


@st.composite
def torn(draw: st.DrawFn, text: str) -> bytes:
    """A text with a stretch of it taken out, doubled, or replaced by other bytes."""
    data = text.encode()
    first = draw(st.integers(0, len(data)))
    last = draw(st.integers(first, len(data)))
    other = draw(st.binary(max_size=6) | st.sampled_from([b"", b"\n", b"&a ", b"*a", b"- ", b": "]))
    middle = draw(st.sampled_from([b"", data[first:last] * 2]))
    return data[:first] + other + middle + data[last:]


def written(tree: Any) -> bytes:
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False).encode("utf-8", "replace")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    signal.alarm(20 * LONG)
    return tmp_path


def check(root: Path, manifest: bytes, project: bytes) -> None:
    """Check a project, and write what is found; no error but ours may come of it."""
    write(root / "campaigns" / "1.yaml", manifest)
    write(root / "campaigns" / "2.yaml", a_manifest(name="two", list_id="two"))
    write(root / "ringg-runner.yaml", project)
    with contextlib.suppress(RunnerError):
        checked = pipeline.check(Selection(), root, {"RINGG_API_KEY": "12345678"}, NOW)
        for output in FORMATS:
            assert "\x1b[2J" not in "".join(lines(checked, output, 80))
    with contextlib.suppress(RunnerError):
        pipeline.prepare(Selection(strict=True), root, {}, NOW)


@QUICK
@given(
    st.binary(max_size=200)
    | mutated(FIELDS).map(written)
    | TREES.map(written)
    | torn(written(FIELDS).decode())
)
def test_no_manifest_crashes_a_check(here: Path, content: bytes) -> None:
    check(here, content, written(SETTINGS))
    check(here, content, a_project_file().encode())


@QUICK
@given(
    st.binary(max_size=200)
    | mutated(SETTINGS).map(written)
    | TREES.map(written)
    | torn(written(SETTINGS).decode())
)
def test_no_project_file_crashes_a_check(here: Path, content: bytes) -> None:
    check(here, written(FIELDS), content)
