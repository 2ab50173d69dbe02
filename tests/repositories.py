"""Real git repositories, whatever the machine's own git is set to."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from build import write

VARIABLES = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
AUTHOR = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")


@dataclass(frozen=True)
class Repository:
    """A git repository whose first branch is `main`."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> Repository:
        """Begin a repository in a folder, which is made."""
        root.mkdir(parents=True, exist_ok=True)
        repository = cls(root)
        repository.git("init", "--quiet", "--initial-branch=main")
        return repository

    def git(self, *arguments: str) -> str:
        """Run git, and return what it prints."""
        done = subprocess.run(
            ["git", *AUTHOR, *arguments],
            cwd=self.root,
            env=os.environ | VARIABLES,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def write(self, **files: str) -> None:
        """Write files; a name here is a path whose slashes are double underscores."""
        for name, text in files.items():
            write(self.root / f"{name.replace('__', '/')}.yaml", text)

    def commit(self, **files: str) -> str:
        """Write files, commit everything there is, and return the commit."""
        self.write(**files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=More")
        return self.git("rev-parse", "HEAD").strip()
