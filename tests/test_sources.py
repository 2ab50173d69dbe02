"""Which files a path stands for, what they are called, and what is refused unread."""

import io
import os
import shutil
import sys
from pathlib import Path

import pytest
from build import write

from ringg_runner.authoring import sources
from ringg_runner.authoring.sources import MAX_BYTES, STDIN, Source, SourceText
from ringg_runner.diagnostics import Diagnostic

READS_EVERYTHING = os.geteuid() == 0


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*paths: Path) -> list[str]:
    files, findings = sources.find(paths)
    assert findings == ()
    return [source.file for source in files]


def the_text(path: Path) -> SourceText | Diagnostic:
    return sources.read(Source.of(path))


def refusal(path: Path) -> Diagnostic:
    told = the_text(path)
    assert isinstance(told, Diagnostic)
    assert told.hint
    return told


def test_a_folder_stands_for_the_yaml_files_below_it_sorted(here: Path) -> None:
    for name in ("b.yml", "a.yaml", "sub/deep/c.yaml", "a.json", "yaml", "A.YAML"):
        write(here / "campaigns" / name, "")
    assert names(Path("campaigns")) == [
        "campaigns/a.yaml",
        "campaigns/b.yml",
        "campaigns/sub/deep/c.yaml",
    ]


def test_hidden_folders_and_the_project_file_are_left_out(here: Path) -> None:
    for name in (".git/a.yaml", "sub/.ringg-runner/a.yaml", "ringg-runner.yaml", "sub/b.yaml"):
        write(here / name, "")
    assert names(Path()) == ["sub/b.yaml"]


def test_a_file_that_is_named_is_taken_whatever_it_is_called(here: Path) -> None:
    write(here / ".hidden" / "a.json", "")
    assert names(Path(".hidden/a.json")) == [".hidden/a.json"]


def test_a_hidden_folder_that_is_named_is_searched(here: Path) -> None:
    write(here / ".hidden" / "a.yaml", "")
    assert names(Path(".hidden")) == [".hidden/a.yaml"]


def test_a_file_reached_twice_is_taken_once(here: Path) -> None:
    write(here / "sub" / "a.yaml", "")
    (here / "link.yaml").symlink_to("sub/a.yaml")
    found = names(Path("sub"), Path("sub/../sub/a.yaml"), here / "sub", Path("link.yaml"))
    assert found == ["sub/a.yaml"]


def test_a_linked_file_is_taken_and_a_linked_folder_is_not_followed(here: Path) -> None:
    write(here / "outside" / "a.yaml", "")
    (here / "inside").mkdir()
    (here / "inside" / "link.yaml").symlink_to("../outside/a.yaml")
    (here / "inside" / "around").symlink_to("..")
    assert names(Path("inside")) == ["inside/link.yaml"]


def test_a_link_to_itself_is_told_as_unreadable(here: Path) -> None:
    (here / "a.yaml").symlink_to("a.yaml")
    (file,), findings = sources.find([here])
    assert findings == ()
    assert refusal(file.path).rule == "unreadable"


@pytest.mark.parametrize(
    "path",
    ["gone.yaml", "gone/", "a.yaml/b", "x" * 5_000, "a\0b"],
    ids=lambda p: ascii(p[:9]),
)
def test_a_path_that_leads_nowhere_is_told(here: Path, path: str) -> None:
    write(here / "a.yaml", "")
    files, (told,) = sources.find([Path(path)])
    assert files == ()
    assert (told.rule, told.position) == ("no-such-file", (1, 1))
    assert told.hint


def test_a_path_that_leads_nowhere_hides_no_other(here: Path) -> None:
    write(here / "a.yaml", "")
    files, findings = sources.find([Path("missing"), Path("a.yaml"), Path("gone")])
    assert [source.path.name for source in files] == ["a.yaml"]
    assert [told.file for told in findings] == ["missing", "gone"]


def test_a_folder_that_cannot_be_searched_is_told(here: Path) -> None:
    # Names that add up to more than a path may hold: nobody can list that, not even root.
    deep = here / "campaigns"
    deep.mkdir()
    os.chdir(deep)
    for _ in range(20):
        os.mkdir("x" * 250)  # noqa: PTH102
        os.chdir("x" * 250)
    os.chdir(here)
    write(deep / "a.yaml", "")
    (file,), (told,) = sources.find([Path("campaigns")])
    assert file.path.name == "a.yaml"
    assert told.rule == "unreadable"
    assert told.message == "cannot be read: File name too long"
    shutil.rmtree(deep)


def test_a_file_is_called_by_its_way_from_the_working_directory(here: Path) -> None:
    assert sources.display(here / "campaigns" / "a.yaml") == "campaigns/a.yaml"
    assert sources.display(Path("./campaigns/../a.yaml")) == "a.yaml"
    assert sources.display(here.parent / "a.yaml") == (here.parent / "a.yaml").as_posix()
    assert sources.display(Path("../a.yaml")) == "../a.yaml"
    assert sources.display(here) == "."
    assert sources.display(Path(f"{here}-2/a.yaml")) == f"{here}-2/a.yaml"
    assert sources.display(STDIN) == "<stdin>"


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"", ""), (b"a: \xc3\xa9\r\n", "a: é\r\n"), (b"\xef\xbb\xbfa: b", "a: b")],
    ids=["empty", "UTF-8", "byte order mark"],
)
def test_a_file_is_read_as_it_is(here: Path, content: bytes, text: str) -> None:
    assert the_text(write(here / "a.yaml", content)) == SourceText("a.yaml", text)


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        (b"a: \xe9\n", (1, 4), "the byte 0xe9 is not UTF-8: it is é in Latin-1"),
        (b"a: \x80", (1, 4), "the byte 0x80 is not UTF-8: it is € in Windows-1252"),
        (b"a: \x81", (1, 4), "the byte 0x81 is not UTF-8"),
        (b"\x7fELF\xff", (1, 5), "the byte 0xff is not UTF-8"),
        (b"a: 1\r\n\xc3\xa9\xff", (2, 2), "the byte 0xff is not UTF-8: it is ÿ in Latin-1"),
        (b"\xef\xbb\xbfa\xff", (1, 2), "the byte 0xff is not UTF-8: it is ÿ in Latin-1"),
        (b"a: \xed\xa0\x80", (1, 4), "the byte 0xed is not UTF-8: it is í in Latin-1"),
        (b"a: \xc3", (1, 4), "the byte 0xc3 is not UTF-8: it is Ã in Latin-1"),
        ("a: 1".encode("utf-16"), (1, 1), "this is UTF-16, not UTF-8"),
        ("a: 1".encode("utf-16-le"), (1, 1), "this is UTF-16, not UTF-8"),
        ("a: 1".encode("utf-16-be"), (1, 1), "this is UTF-16, not UTF-8"),
        (b"\xfe\xff" + "é: 1".encode("utf-16-be"), (1, 1), "this is UTF-16, not UTF-8"),
        ("a: 1".encode("utf-32"), (1, 1), "this is UTF-32, not UTF-8"),
        ("a: 1".encode("utf-32-le"), (1, 1), "this is UTF-32, not UTF-8"),
        ("a: 1".encode("utf-32-be"), (1, 1), "this is UTF-32, not UTF-8"),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_a_file_that_is_not_utf_8_is_told_where_it_is_not_and_what_it_may_be(
    here: Path, content: bytes, place: tuple[int, int], message: str
) -> None:
    told = refusal(write(here / "a.yaml", content))
    assert (told.rule, told.position) == ("not-utf-8", place)
    assert told.message == message
    if place != (1, 1):
        assert told.quote is not None
        assert told.quote.text[told.position.column - 1] == "\ufffd"


def test_a_file_may_be_as_large_as_is_allowed_and_no_larger(here: Path) -> None:
    assert isinstance(the_text(write(here / "a.yaml", b"#" * MAX_BYTES)), SourceText)
    assert refusal(write(here / "a.yaml", b"#" * (MAX_BYTES + 1))).rule == "too-large"


def test_a_pipe_is_not_waited_for(here: Path) -> None:
    os.mkfifo("pipe.yaml")
    (file,), findings = sources.find([here])
    assert findings == ()
    told = refusal(file.path)
    assert (told.rule, told.file) == ("unreadable", "pipe.yaml")
    assert "- for standard input" in (told.hint or "")


@pytest.mark.parametrize("path", ["gone.yaml", "folder", "/dev/null"])
def test_what_is_no_file_is_not_read(here: Path, path: str) -> None:
    (here / "folder").mkdir()
    assert refusal(Path(path)).rule == "unreadable"


def test_a_path_that_no_system_takes_is_told_as_unreadable(here: Path) -> None:
    told = refusal(Path("x" * 5_000))
    assert (told.rule, told.message) == ("unreadable", "cannot be read: File name too long")


@pytest.mark.skipif(READS_EVERYTHING, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(here: Path) -> None:
    write(here / "a.yaml", "").chmod(0)
    assert "Permission denied" in refusal(here / "a.yaml").message


class Stdin(io.TextIOWrapper):
    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))


def test_a_hyphen_stands_for_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b"\xef\xbb\xbfa: \xc3\xa9"))
    files, findings = sources.find([STDIN, Path("-")])
    assert (files, findings) == ((Source("<stdin>", STDIN),), ())
    assert the_text(STDIN) == SourceText("<stdin>", "a: é")


@pytest.mark.parametrize(
    ("content", "rule"), [(b"\xff", "not-utf-8"), (b"#" * (MAX_BYTES + 1), "too-large")]
)
def test_standard_input_is_held_to_the_same_bounds(
    monkeypatch: pytest.MonkeyPatch, content: bytes, rule: str
) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(content))
    told = refusal(STDIN)
    assert (told.rule, told.file) == (rule, "<stdin>")
