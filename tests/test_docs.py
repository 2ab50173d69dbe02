"""What the README and the documentation show is what happens."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from shells import heard

ROOT = Path(__file__).parent.parent
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#\s]+)?(?:#([^)\s]+))?\)")


def blocks(page: Path) -> list[tuple[str, str]]:
    return BLOCK.findall(page.read_text())


def run(command: str, folder: Path) -> str:
    """Run a command as its reader would, and return what it prints."""
    variables = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
    }
    _, said = heard(["bash", "-c", command], folder, variables)
    return said


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(kind == "console" for kind, _ in blocks(page))],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_the_commands_of_a_page_print_what_it_shows(page: Path, tmp_path: Path) -> None:
    for kind, text in blocks(page):
        first, _, _ = text.partition("\n")
        if kind == "yaml" and re.fullmatch(r"# [\w./-]+\.yaml", first):
            file = tmp_path / first.removeprefix("# ")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        if kind == "console":
            for example in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, _, shown = example.partition("\n")
                assert run(command, tmp_path) == shown, command


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "campaigns", tmp_path / "campaigns")
    shutil.copy(ROOT / "ringg-runner.yaml", tmp_path)
    return tmp_path


def test_the_readme_shows_the_main_job_as_it_runs(examples: Path) -> None:
    shown = [text for kind, text in blocks(ROOT / "README.md") if kind == "text"]
    assert run("ringg-runner apply --env sandbox", examples) == shown[0]
    again = run("ringg-runner apply --env sandbox", examples)
    assert again.count("\nskipped ") == 3
    assert again.splitlines()[-1] == "0 started, 3 skipped, 1 held"


def test_the_readme_shows_a_mistake_as_it_is_told(examples: Path) -> None:
    shown = [text for kind, text in blocks(ROOT / "README.md") if kind == "text"]
    manifest = examples / "campaigns" / "diwali-renewals.yaml"
    manifest.write_text(manifest.read_text().replace("agents.renewals", "agents.renewal"))
    assert shown[1] in run("ringg-runner validate", examples)


def test_the_readme_shows_a_manifest_that_is_an_example() -> None:
    shown = next(text for kind, text in blocks(ROOT / "README.md") if kind == "yaml")
    assert (ROOT / "campaigns" / "diwali-renewals.yaml").read_text().startswith(shown)


def test_the_readme_needs_one_line_for_each_of_its_two_commands() -> None:
    commands = [text for kind, text in blocks(ROOT / "README.md") if kind == "sh"]
    assert [len(command.splitlines()) for command in commands] == [1, 1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
        if target.startswith(("http:", "https:")):
            continue
        goal = (page.parent / target).resolve() if target else page
        assert goal.exists(), target
        if anchor:
            assert anchor in _anchors(goal), f"{target}#{anchor}"


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", title.lower()) for title in titles)
    return {title.replace(" ", "-") for title in plain}


def test_the_tour_of_the_code_names_every_module() -> None:
    tour = (ROOT / "CONTRIBUTING.md").read_text()
    package = ROOT / "ringg_runner"
    modules = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if not path.name.startswith("__") and path.parent.name != "cli"
    ]
    assert [module for module in modules if f"`{module}`" not in tour] == []
