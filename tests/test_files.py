"""Files that are there as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ringg_runner.files import refuse_unwritable, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_and_written_over(tmp_path: Path) -> None:
    file = tmp_path / "report.md"
    for text in ("one\n", "zwei: ä\n"):
        write_whole(file, text)
        assert file.read_bytes() == text.encode()
    assert names(tmp_path) == ["report.md"]


def test_what_is_no_character_is_written_as_its_number(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", "\udcff")
    assert (tmp_path / "a").read_text() == "\\udcff"


def test_others_may_read_it_as_any_file_here(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "a", "")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    write_whole(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "text"


def test_what_breaks_off_leaves_what_was_there_before(tmp_path: Path) -> None:
    file = tmp_path / "a"
    write_whole(file, "before")
    with pytest.raises(TypeError):
        write_whole(file, None)  # type: ignore[arg-type]
    assert (file.read_text(), names(tmp_path)) == ("before", ["a"])


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("a folder", "Is a directory"),
        ("a pipe", "Invalid argument"),
        ("no folder above", "No such file or directory"),
    ],
)
def test_where_no_file_can_be_written_is_told_and_nothing_is_left(
    tmp_path: Path, what: str, said: str
) -> None:
    place = tmp_path / "there"
    if what == "a folder":
        place.mkdir()
    elif what == "a pipe":
        os.mkfifo(place)
    else:
        place = place / "a"
    before = names(tmp_path)
    with pytest.raises(OSError, match=said):
        refuse_unwritable(place)
    with pytest.raises(OSError, match=said):
        write_whole(place, "text")
    assert names(tmp_path) == before


def test_asking_whether_a_file_can_be_written_leaves_nothing(tmp_path: Path) -> None:
    refuse_unwritable(tmp_path / "a")
    assert names(tmp_path) == []
    write_whole(tmp_path / "a", "text")
    refuse_unwritable(tmp_path / "a")
    assert (tmp_path / "a").read_text() == "text"
