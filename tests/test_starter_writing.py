"""Files are put into a folder all together, or not at all, and never over others."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from build import write

from ringg_runner.errors import InvalidInputError, RunnerError
from ringg_runner.starter.writing import refuse_to_overwrite, write_all

FILES = {"a.yaml": "a\n", "campaigns/b.yaml": "b\n", "deep/er/c.json": "c\n"}


def everything(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_all_files_are_written_with_the_folders_they_need(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "project"
    refuse_to_overwrite(folder, FILES)
    write_all(folder, FILES)
    assert everything(folder) == FILES


@pytest.mark.parametrize(
    ("there", "named"),
    [
        ("a.yaml", "a.yaml"),
        ("campaigns", "campaigns"),
        ("deep/er", "deep/er"),
        ("deep", "deep"),
    ],
)
def test_what_is_in_the_way_is_named(tmp_path: Path, there: str, named: str) -> None:
    write(tmp_path / there, "mine")
    with pytest.raises(InvalidInputError, match=f": {named}$"):
        refuse_to_overwrite(tmp_path, FILES)


def test_a_link_that_leads_nowhere_is_in_the_way_too(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "gone")
    with pytest.raises(InvalidInputError, match=r"a\.yaml"):
        refuse_to_overwrite(tmp_path, FILES)


def test_a_file_is_no_folder_to_write_into(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="is not a folder"):
        refuse_to_overwrite(write(tmp_path / "file", ""), FILES)


@pytest.mark.parametrize("there", ["deep/er/c.json", "deep"])
def test_where_one_file_cannot_be_written_none_stays(tmp_path: Path, there: str) -> None:
    write(tmp_path / there, "came meanwhile")
    with pytest.raises(RunnerError, match="nothing was written"):
        write_all(tmp_path, FILES)
    assert everything(tmp_path) == {there: "came meanwhile"}
    assert not (tmp_path / "campaigns").exists()


def test_a_disk_that_takes_no_more_leaves_nothing_half_written(tmp_path: Path) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, 8_192))

    done = subprocess.run(
        [sys.executable, "-m", "ringg_runner", "init", "project"],
        cwd=tmp_path,
        preexec_fn=little_room,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing was written: project/schemas/project.schema.json: File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_others_use_meanwhile_is_left_to_them(tmp_path: Path) -> None:
    class Busy(dict[str, str]):
        """Files beside which another one is put while they are written."""

        def items(self) -> object:  # type: ignore[override]
            yield "campaigns/b.yaml", "b\n"
            write(tmp_path / "campaigns" / "mine.yaml", "mine")
            yield "campaigns/mine.yaml", "theirs"

    with pytest.raises(RunnerError, match="nothing was written"):
        write_all(tmp_path, Busy())
    assert everything(tmp_path) == {"campaigns/mine.yaml": "mine"}
