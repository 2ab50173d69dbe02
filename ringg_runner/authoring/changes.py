"""Which files a branch touches, told by git: committed, uncommitted and untracked ones.

It runs git and knows the file system; what is selected by it is decided elsewhere.
"""

# Paths are compared as texts here, once for every manifest, and pathlib is slow at that.
# ruff: noqa: PTH114, PTH115, PTH118, PTH120

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from ringg_runner.errors import InvalidInputError, UsageError
from ringg_runner.redaction import showable
from ringg_runner.selecting import Touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from ringg_runner.authoring.project import Project

_MOST_WORDS = 500
"""How many characters of what git says are shown."""

# What somebody has set for git must not change what counts as changed.
_SETTINGS = ("-c", "diff.relative=false", "-c", "diff.autoRefreshIndex=true")
_ENGLISH = {"LC_ALL": "C"}
_TOUCHED = ("diff", "--name-only", "-z", "--no-renames", "--diff-filter=d", "--no-ext-diff")
_UNTRACKED = ("ls-files", "--others", "--exclude-standard", "-z")

_HISTORY = "fetch it with its whole history: in CI fetch-depth: 0 (GitHub), GIT_DEPTH: 0 (GitLab)"
_REPOSITORY = (
    "run it in a clone of the repository that holds the manifests, or leave the option out"
)


@dataclass(frozen=True, slots=True)
class Changes:
    """The files of a repository that a branch touches, by their absolute paths, free of links."""

    top: str
    paths: frozenset[str]

    def among(self, files: Iterable[str]) -> frozenset[str]:
        """Return those of the files that the branch touches: themselves, or a link on their way.

        Raises InvalidInputError for a file that lies in no folder of the repository, or in another
        repository within it: of such a file git cannot tell.
        """
        way, belongs = cache(_way), cache(self._belongs)
        found = set()
        for file in files:
            folder, name = os.path.split(file)
            real, links = way(folder)
            place = os.path.join(real, name)
            if os.path.islink(place):
                place, links = _way(file)
            if not belongs(os.path.dirname(place)):
                raise InvalidInputError(
                    f"{showable(file)} is no file of the repository {showable(self.top)}:"
                    " git cannot tell whether it changed",
                    _REPOSITORY,
                )
            if not self.paths.isdisjoint((place, *links)):
                found.add(file)
        return frozenset(found)

    def _belongs(self, folder: str) -> bool:
        """Tell whether a folder is one of the repository, and of none within it."""
        while folder != self.top:
            above = os.path.dirname(folder)
            if above == folder or os.path.lexists(os.path.join(folder, ".git")):
                return False
            folder = above
        return True


def _way(path: str) -> tuple[str, tuple[str, ...]]:
    """Return a path free of links, and the links on the way to it."""
    return os.path.realpath(path), tuple(_links(path))


def _links(path: str) -> Iterator[str]:
    """Yield every link on the way to a path, each where it really lies: that is what git knows."""
    folder, name = os.path.split(path)
    if folder == path:
        return
    yield from _links(folder)
    real = os.path.realpath(folder)
    place = os.path.join(real, name)
    if os.path.islink(place):
        yield place
        yield from _links(os.path.join(real, os.readlink(place)))


def touched(
    ref: str, project: Project, files: Iterable[str], environ: Mapping[str, str]
) -> Touched:
    """Return which files of a project's manifests a branch touches, and whether its own file too.

    Raises what `changed_since` and `Changes.among` raise.
    """
    changes = changed_since(ref, project.root, environ)
    own = changes.among([project.document.file]) if project.document else ()
    return Touched(changes.among(dict.fromkeys(files)), next(iter(own), None))


def changed_since(ref: str, folder: Path, environ: Mapping[str, str]) -> Changes:
    """Return what differs between where the branch left `ref` and the files as they are now.

    Files that are not tracked yet and not ignored count, deleted ones do not. `folder` is any one
    of the repository, `environ` what git is run with. Raises UsageError for what can be no ref, and
    InvalidInputError where git cannot tell.
    """
    if not ref or ref.startswith("-"):
        raise UsageError(
            f'--changed-since "{showable(ref)}": this is no git ref',
            "name a branch, a tag or a commit: origin/main, or HEAD^ for the last commit",
        )
    git = partial(_git, environ, ref)
    top = os.fsdecode(git(folder, _REPOSITORY, "rev-parse", "--show-toplevel")).removesuffix("\n")
    base = git(top, _HISTORY, "merge-base", ref, "HEAD").decode().strip()
    listed = git(top, None, *_SETTINGS, *_TOUCHED, base, "--") + git(top, None, *_UNTRACKED)
    names = filter(None, os.fsdecode(listed).split("\0"))
    top = os.path.realpath(top)
    return Changes(top, frozenset(os.path.join(top, name) for name in names))


def _git(
    environ: Mapping[str, str], ref: str, folder: str | Path, hint: str | None, *arguments: str
) -> bytes:
    """Return what git prints; raises InvalidInputError with its own words where it fails."""
    program = shutil.which("git", path=environ.get("PATH"))
    if program is None:
        raise _untold(ref, "there is no git in PATH", "install it, or leave the option out")
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and no argument can be taken for an option
            [program, "-C", str(folder), *arguments],
            env={**environ, **_ENGLISH},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as failure:
        raise _untold(ref, f"git cannot be run: {failure.strerror}", None) from None
    if done.returncode:
        words = showable(done.stderr.decode(errors="replace"), _MOST_WORDS)
        # Only the search for a common commit fails without a word.
        raise _untold(ref, words or "this clone shows no commit that HEAD has in common", hint)
    return done.stdout


def _untold(ref: str, why: str, hint: str | None) -> InvalidInputError:
    return InvalidInputError(f"what changed since {showable(ref)} is not known: {why}", hint)
