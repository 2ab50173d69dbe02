"""What a branch touches, asked of real repositories."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from build import write
from repositories import VARIABLES, Repository

from ringg_runner.authoring.changes import Changes, changed_since
from ringg_runner.errors import InvalidInputError, UsageError

ENVIRON = {"PATH": os.environ["PATH"], **VARIABLES}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A branch `ours` with nothing of its own yet; `main` went on in the meantime."""
    repository = Repository.at(tmp_path / "work")
    repository.commit(kept="1", changed="1", removed="1", sub__kept="1", sub__changed="1")
    repository.git("checkout", "--quiet", "-b", "ours")
    repository.git("checkout", "--quiet", "main")
    repository.commit(kept="theirs", added_by_others="1")
    repository.git("checkout", "--quiet", "ours")
    return repository


def touched(repository: Repository, ref: str = "main", folder: str = ".") -> set[str]:
    """The files that changed, by their names in the repository."""
    changes = changed_since(ref, repository.root / folder, ENVIRON)
    top = f"{repository.root.resolve()}/"
    assert all(path.startswith(top) for path in changes.paths)
    return {path.removeprefix(top) for path in changes.paths}


def test_a_branch_without_changes_touches_nothing(repository: Repository) -> None:
    assert touched(repository) == set()


def test_what_others_did_since_on_the_other_branch_does_not_count(repository: Repository) -> None:
    repository.commit(changed="2")
    assert touched(repository) == {"changed.yaml"}
    repository.git("merge", "--quiet", "--no-edit", "main")
    assert touched(repository) == {"changed.yaml"}


def test_committed_staged_unstaged_and_untracked_files_count_and_deleted_do_not(
    repository: Repository,
) -> None:
    repository.commit(committed="1")
    repository.write(staged="1")
    repository.git("add", "staged.yaml")
    repository.write(changed="2", untracked="1", sub__untracked="1", deep__er__untracked="1")
    repository.git("rm", "--quiet", "removed.yaml")
    (repository.root / "sub" / "kept.yaml").unlink()
    assert touched(repository) == {
        "committed.yaml",
        "staged.yaml",
        "changed.yaml",
        "untracked.yaml",
        "sub/untracked.yaml",
        "deep/er/untracked.yaml",
    }


def test_what_is_changed_back_is_not_changed(repository: Repository) -> None:
    repository.commit(changed="2")
    repository.write(changed="1")
    assert touched(repository) == set()


def test_a_file_that_was_only_touched_is_not_changed(repository: Repository) -> None:
    os.utime(repository.root / "changed.yaml", (1, 1))
    assert touched(repository) == set()
    # Not even by somebody who lets git show such files.
    repository.git("config", "diff.autoRefreshIndex", "false")
    assert touched(repository) == set()


def test_a_file_that_was_moved_is_touched_under_its_new_name(repository: Repository) -> None:
    repository.git("mv", "changed.yaml", "moved.yaml")
    repository.commit()
    assert touched(repository) == {"moved.yaml"}


def test_a_file_that_git_ignores_is_not_touched(repository: Repository) -> None:
    write(repository.root / ".git" / "info" / "exclude", "ignored.yaml\n")
    repository.write(ignored="1", untracked="1")
    assert touched(repository) == {"untracked.yaml"}


def test_in_a_subfolder_the_whole_repository_is_seen(repository: Repository) -> None:
    repository.commit(changed="2", sub__changed="2")
    repository.write(untracked="1", sub__untracked="1")
    everything = {"changed.yaml", "sub/changed.yaml", "untracked.yaml", "sub/untracked.yaml"}
    assert touched(repository, folder="sub") == everything
    repository.git("config", "diff.relative", "true")
    assert touched(repository, folder="sub") == everything


@pytest.mark.parametrize(
    "name",
    ["white space", 'quo"te', "new\nline", "tab\tstop", "ünïcödé", "-option", ":(top)magic", "*"],
)
def test_a_file_may_have_any_name(repository: Repository, name: str) -> None:
    write(repository.root / f"committed {name}.yaml", "1")
    repository.commit()
    write(repository.root / f"{name}.yaml", "1")
    assert touched(repository) == {f"committed {name}.yaml", f"{name}.yaml"}


def test_a_file_may_have_a_name_that_is_not_utf_8(repository: Repository) -> None:
    file = os.fsdecode(os.fsencode(repository.root) + b"/latin-\xe9.yaml")
    write(Path(file), "1")
    changes = changed_since("main", repository.root, ENVIRON)
    assert changes.among([file]) == {file}


@pytest.mark.parametrize("ref", ["main", "HEAD", "HEAD^0", "v1", "main~0", "@{-1}"])
def test_a_ref_is_whatever_git_takes_for_a_commit(repository: Repository, ref: str) -> None:
    repository.git("tag", "v1", "main")
    repository.write(untracked="1")
    assert touched(repository, ref) == {"untracked.yaml"}


def test_a_commit_may_be_named_by_its_hash(repository: Repository) -> None:
    first = repository.commit(changed="2")
    repository.commit(sub__changed="2")
    assert touched(repository, first) == {"sub/changed.yaml"}
    assert touched(repository, first[:12]) == {"sub/changed.yaml"}


def test_another_work_tree_of_the_repository_is_one_too(repository: Repository) -> None:
    repository.git("worktree", "add", "--quiet", "-b", "theirs", "../other", "main")
    other = Repository(repository.root.parent / "other")
    other.commit(changed="2")
    assert touched(other) == {"changed.yaml"}


@pytest.mark.parametrize("ref", ["", "-", "--output=x", "-O/dev/null", "--end-of-options"])
def test_what_looks_like_an_option_is_no_ref(repository: Repository, ref: str) -> None:
    with pytest.raises(UsageError, match=r"^--changed-since \".*\": this is no git ref$") as caught:
        touched(repository, ref)
    assert caught.value.hint
    assert not (repository.root / "x").exists()


@pytest.mark.parametrize("ref", ["nowhere", "main..HEAD", "^main", "main:kept.yaml", "a b", "\x1b"])
def test_an_unknown_ref_is_told_in_gits_words(repository: Repository, ref: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        touched(repository, ref)
    said = str(caught.value)
    assert said.startswith(f"what changed since {ref.strip(chr(27))} is not known: ")
    assert "fatal: Not a valid " in said
    assert "\x1b" not in said
    assert "fetch-depth: 0" in (caught.value.hint or "")


def test_branches_with_nothing_in_common_are_told_as_such(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "--orphan", "unrelated")
    repository.commit(unrelated="1")
    with pytest.raises(InvalidInputError, match="no commit that HEAD has in common") as caught:
        touched(repository)
    assert "fetch-depth: 0" in (caught.value.hint or "")


def test_a_shallow_clone_that_does_not_reach_back_far_enough_is_told_as_such(
    repository: Repository, tmp_path: Path
) -> None:
    repository.commit(changed="2")
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.root}", "../shallow")
    shallow = Repository(tmp_path / "shallow")
    with pytest.raises(InvalidInputError, match="fatal: Not a valid object name origin/main"):
        touched(shallow, "origin/main")
    shallow.git("fetch", "--quiet", "--depth=1", "origin", "main:main")
    with pytest.raises(InvalidInputError, match="no commit that HEAD has in common"):
        touched(shallow)
    shallow.git("fetch", "--quiet", "--unshallow", "origin")
    assert touched(shallow) == {"changed.yaml"}


def test_where_there_is_no_repository_git_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="fatal: not a git repository") as caught:
        changed_since("main", tmp_path, ENVIRON)
    assert "in a clone" in (caught.value.hint or "")


def test_a_repository_without_a_work_tree_has_no_manifests(tmp_path: Path) -> None:
    bare = Repository.at(tmp_path)
    bare.git("config", "core.bare", "true")
    with pytest.raises(InvalidInputError, match="must be run in a work tree"):
        changed_since("main", tmp_path, ENVIRON)


def test_a_repository_without_a_commit_has_no_history(tmp_path: Path) -> None:
    Repository.at(tmp_path)
    with pytest.raises(InvalidInputError, match="fatal: Not a valid object name main"):
        changed_since("main", tmp_path, ENVIRON)


def test_without_git_nobody_can_tell(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there is no git in PATH") as caught:
        changed_since("main", tmp_path, {"PATH": str(tmp_path)})
    assert caught.value.hint


def test_a_git_that_cannot_be_run_is_told_as_such(tmp_path: Path) -> None:
    write(tmp_path / "git", b"\0\0").chmod(0o755)
    with pytest.raises(InvalidInputError, match="git cannot be run: Exec format error"):
        changed_since("main", tmp_path, {"PATH": str(tmp_path)})


def test_an_environment_variable_of_gits_cannot_make_it_run_something_else(
    repository: Repository,
) -> None:
    repository.commit(changed="2")
    outside = repository.root.parent / "ran"
    environ = ENVIRON | {"GIT_EXTERNAL_DIFF": f"touch {outside}; false"}
    changes = changed_since("main", repository.root, environ)
    assert len(changes.paths) == 1
    assert not outside.exists()


def among(repository: Repository, *names: str) -> set[str]:
    """Which of these files of the repository's folder changed."""
    changes = changed_since("main", repository.root, ENVIRON)
    files = {str(repository.root / name): name for name in names}
    return {files[file] for file in changes.among(files)}


def test_files_are_known_by_whatever_way_they_are_reached(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(changed="2", sub__changed="2")
    (repository.root.parent / "elsewhere").symlink_to(repository.root)
    changes = changed_since("main", repository.root, ENVIRON)
    monkeypatch.chdir(repository.root / "sub")
    ways = ["changed.yaml", "../changed.yaml", "../../elsewhere/sub/changed.yaml"]
    others = ["kept.yaml", "../kept.yaml", "../../elsewhere/sub/kept.yaml"]
    assert changes.among([*ways, *others]) == set(ways)
    changes = changed_since("main", repository.root.parent / "elsewhere" / "sub", ENVIRON)
    assert changes.among([*ways, *others]) == set(ways)


def test_a_link_to_a_file_is_touched_with_its_file(repository: Repository) -> None:
    (repository.root / "link.yaml").symlink_to("changed.yaml")
    (repository.root / "link-to-link.yaml").symlink_to("link.yaml")
    (repository.root / "folder").symlink_to("sub")
    repository.git("checkout", "--quiet", "main")
    repository.commit()
    repository.git("checkout", "--quiet", "-b", "later")
    links = ("link.yaml", "link-to-link.yaml", "folder/changed.yaml", "folder/kept.yaml")
    assert among(repository, *links) == set()
    repository.commit(changed="2", sub__changed="2")
    assert among(repository, *links) == set(links[:3])


def test_a_link_that_leads_elsewhere_now_is_touched(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "main")
    (repository.root / "link.yaml").symlink_to("kept.yaml")
    (repository.root / "link-to-link.yaml").symlink_to("link.yaml")
    (repository.root / "folder").symlink_to("nowhere")
    repository.commit()
    repository.git("checkout", "--quiet", "-b", "later")
    for name, target in (("link.yaml", "changed.yaml"), ("folder", "sub")):
        (repository.root / name).unlink()
        (repository.root / name).symlink_to(target)
    repository.commit()
    links = {"link.yaml", "link-to-link.yaml", "folder/kept.yaml", "folder/changed.yaml"}
    # What a new link leads to is what it was.
    files = {"kept.yaml", "changed.yaml", "sub/kept.yaml", "sub/changed.yaml"}
    assert among(repository, *links, *files) == links


def test_of_a_file_outside_the_repository_git_cannot_tell(repository: Repository) -> None:
    outside = write(repository.root.parent / "outside.yaml", "1")
    (repository.root / "link.yaml").symlink_to(outside)
    for name in ("../outside.yaml", "link.yaml"):
        with pytest.raises(InvalidInputError, match=f"{name} is no file of the repository") as told:
            among(repository, "kept.yaml", name)
        assert told.value.hint


def test_of_a_file_of_another_repository_within_git_cannot_tell(repository: Repository) -> None:
    inner = Repository.at(repository.root / "inner")
    inner.commit(a="1", deep__b="1")
    for name in ("inner/a.yaml", "inner/deep/b.yaml"):
        with pytest.raises(InvalidInputError, match="is no file of the repository"):
            among(repository, "kept.yaml", name)
    repository.git("-c", "advice.addEmbeddedRepo=false", "add", "--all")
    with pytest.raises(InvalidInputError, match="is no file of the repository"):
        among(repository, "inner/a.yaml")


def test_a_repository_may_be_the_whole_machine() -> None:
    assert Changes("/", frozenset({"/etc"})).among(["/etc", "/nowhere"]) <= {"/etc"}


def test_a_submodule_that_changed_is_no_trouble(repository: Repository) -> None:
    inner = Repository.at(repository.root / "inner")
    inner.commit(a="1")
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message=A repository within")
    inner.commit(a="2")
    assert "inner/a.yaml" not in touched(repository)
    shutil.rmtree(repository.root / "inner")
    assert touched(repository) == set()
