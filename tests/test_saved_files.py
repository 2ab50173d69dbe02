"""Saved plans on disk: whole or not at all, for their owner alone, and over nothing else."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from build import a_campaign
from plans import planned, saved

from ringg_runner.errors import PlanFileError, RunnerError
from ringg_runner.saved import files, sealing

TEXT = sealing.text_of(saved(planned(a_campaign())))
OTHER = sealing.text_of(saved(planned(a_campaign(name="another-campaign" * 2))))
AS_ROOT = os.geteuid() == 0


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def refused(path: Path) -> str:
    with pytest.raises(PlanFileError) as failure:
        files.write(path, TEXT)
    return str(failure.value)


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("there", [None, OTHER, ""], ids=["new", "over a plan", "over nothing"])
def test_a_plan_is_for_its_owner_alone_whatever_the_umask(
    tmp_path: Path, there: str | None
) -> None:
    path = tmp_path / "plan.json"
    if there is not None:
        path.touch(0o666)
        path.chmod(0o666)
        path.write_text(there)
    files.write(path, TEXT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == TEXT
    assert os.listdir(tmp_path) == ["plan.json"]  # noqa: PTH208


@pytest.mark.parametrize("text", ["version: 1\n", "{}", "x", '{\n  "version": 1,\n  "kind": "run"'])
def test_a_file_that_holds_something_else_is_never_overwritten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ringg-runner.yaml"
    path.write_text(text)
    assert refused(path) == f"nothing was written: {path} holds something else"
    assert path.read_text() == text


@pytest.mark.parametrize("leads", ["to a plan", "to a file", "nowhere", "to a device"])
def test_a_link_is_neither_followed_nor_replaced(tmp_path: Path, leads: str) -> None:
    goal, link = tmp_path / "goal", tmp_path / "plan.json"
    texts = {"to a plan": OTHER, "to a file": "precious"}
    if leads in texts:
        goal.write_text(texts[leads])
    link.symlink_to("/dev/null" if leads == "to a device" else goal)
    assert refused(link) == f"nothing was written: {link} is a symbolic link"
    assert link.is_symlink()
    assert leads not in texts or goal.read_text() == texts[leads]


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_what_is_no_regular_file_is_not_written_to_and_not_waited_for(
    tmp_path: Path, kind: str
) -> None:
    path = Path(os.devnull) if kind == "device" else tmp_path / "plan.json"
    if kind == "folder":
        path.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    assert refused(path) == f"nothing was written: {path} is no regular file"
    with pytest.raises(PlanFileError, match=r"regular file|cannot be read: Is a directory"):
        files.read(path)


def test_a_hard_link_elsewhere_keeps_what_it_had(tmp_path: Path) -> None:
    path, other = tmp_path / "plan.json", tmp_path / "kept.json"
    path.write_text(OTHER)
    other.hardlink_to(path)
    files.write(path, TEXT)
    assert (path.read_text(), other.read_text()) == (TEXT, OTHER)


@pytest.mark.parametrize("path", ["none/plan.json", "file/plan.json", "x" * 300])
def test_where_nothing_can_be_written_that_is_said(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunnerError, match=r"^nothing was written: .*: [A-Z]") as failure:
        files.write(tmp_path / path, TEXT)
    assert failure.value.exit_code == 1
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208


@pytest.mark.skipif(AS_ROOT, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RunnerError, match="Permission denied"):
        files.write(tmp_path / "plan.json", TEXT)
    tmp_path.chmod(0o700)


@pytest.mark.skipif(AS_ROOT, reason="root may read anything")
def test_a_plan_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.touch(0o000)
    with pytest.raises(PlanFileError, match=r"cannot be read: Permission denied"):
        files.read(path)
    with pytest.raises(RunnerError, match="Permission denied"):
        files.write(path, TEXT)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that fails")
def test_a_file_that_cannot_be_read_is_neither_trusted_nor_replaced() -> None:
    with pytest.raises(PlanFileError, match="cannot be read: Input/output error"):
        files.read(Path("/proc/self/mem"))
    with pytest.raises(RunnerError, match="nothing was written: /proc/self/mem: Input/output"):
        files.refuse_target(Path("/proc/self/mem"))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    files.write(tmp_path / "plan.json", TEXT)
    (tmp_path / "link").symlink_to("plan.json")
    assert files.read(tmp_path / "plan.json") == files.read(tmp_path / "link") == TEXT.encode()


def test_a_plan_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(PlanFileError, match=r"cannot be read: No such file or directory"):
        files.read(tmp_path / "plan.json")


def test_a_file_too_large_for_a_plan_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    with path.open("wb") as stream:
        stream.truncate(files.MAX_BYTES + 1)
    with pytest.raises(PlanFileError, match="too large"):
        files.read(path)


WRITES_FOR_EVER = """
import sys
from pathlib import Path
from ringg_runner.saved import files
path, *texts = sys.argv[1:]
while True:
    for text in texts:
        files.write(Path(path), text)
        print("written", flush=True)
"""


@pytest.mark.parametrize("after", range(8))
def test_a_process_killed_while_it_writes_leaves_an_old_plan_or_none(
    tmp_path: Path, after: int
) -> None:
    path = tmp_path / "plan.json"
    command = [sys.executable, "-c", WRITES_FOR_EVER, str(path), TEXT, OTHER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(after):
            assert process.stdout.readline() == "written\n"
        process.kill()
    if after or path.exists():
        assert path.read_text() in (TEXT, OTHER)


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """What a disk that runs full does to whoever writes a file, while the block runs."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("old", [OTHER, None], ids=["an old plan", "none"])
def test_a_disk_that_runs_full_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, old: str | None
) -> None:
    path = tmp_path / "plan.json"
    if old is not None:
        path.write_text(old)
    with (
        no_file_larger_than(100),
        pytest.raises(RunnerError, match=r"nothing was written: .*: File too large"),
    ):
        files.write(path, TEXT)
    found = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert found == ({} if old is None else {"plan.json": old})
