"""Manifests are loaded from every file, each with what is wrong with it."""

from pathlib import Path

import pytest
from build import a_manifest, write

from ringg_runner.authoring import manifests
from ringg_runner.diagnostics import Severity


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_manifests_come_by_file_and_place(here: Path) -> None:
    write(here / "b.yaml", a_manifest(name="c"))
    write(here / "a.yaml", f"{a_manifest(name='a')}---\n{a_manifest(name='b')}")
    loaded = manifests.load([here / "b.yaml", here])
    assert (len(loaded.files), loaded.findings) == (2, ())
    assert [(m.file, m.position.line, m.data["name"]) for m in loaded.manifests] == [
        ("a.yaml", 1, "a"),
        ("a.yaml", 7, "b"),
        ("b.yaml", 1, "c"),
    ]


def test_everything_wrong_with_every_file_is_told(here: Path) -> None:
    write(here / "a.yaml", a_manifest(list_id=1))
    write(here / "b.yaml", "a: [")
    write(here / "c.yaml", a_manifest())
    loaded = manifests.load([here, here / "missing"])
    assert len(loaded.files) == 3
    assert len(loaded.manifests) == 2
    assert [(told.file, told.rule) for told in loaded.findings] == [
        ("missing", "no-such-file"),
        ("a.yaml", "wrong-type"),
        ("b.yaml", "yaml-syntax"),
    ]


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"# a comment\n", b"---\n", b"---\n---\n", b"\xef\xbb\xbf"]
)
def test_a_file_without_a_manifest_is_worth_a_warning(here: Path, content: bytes) -> None:
    write(here / "a.yaml", content)
    loaded = manifests.load([here])
    (told,) = loaded.findings
    assert (len(loaded.files), loaded.manifests) == (1, ())
    assert (told.file, told.rule, told.severity) == ("a.yaml", "empty-file", Severity.WARNING)
    assert told.hint == "write one, or remove the file"


def test_a_file_with_a_syntax_error_is_not_called_empty_too(here: Path) -> None:
    write(here / "a.yaml", "[")
    assert [told.rule for told in manifests.load([here]).findings] == ["yaml-syntax"]


def test_nothing_is_loaded_from_nowhere() -> None:
    assert manifests.load([]) == manifests.Loaded((), (), ())
