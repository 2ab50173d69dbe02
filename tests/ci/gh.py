"""`gh api` for the comments of a pull request, kept in the file that GH_FAKE_COMMENTS names.

It knows what the documented workflow asks of it, and refuses everything else. The token says what
it may do. https://cli.github.com/manual/gh_api
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import jq

_ALL = re.compile(r"repos/team/campaigns/issues/(\d+)/comments(\?per_page=100)?")
_ONE = re.compile(r"repos/team/campaigns/issues/comments/(\d+)")
PAGE = 2  # smaller than GitHub's, so that there are several


def main() -> int:
    """Answer one request."""
    options = _options()
    store = Path(os.environ["GH_FAKE_COMMENTS"])
    comments = json.loads(store.read_text())
    name, _, value = (options.field or "=").partition("=")
    if options.method == "GET":
        found = _ALL.fullmatch(options.path)
        if not (found and found[2] and options.paginate and not options.field):
            return _refuse(404, options.path)
        ours = [each for each in comments if each["issue"] == int(found[1])]
        for page in range(0, len(ours), PAGE):
            for each in jq.compile(options.jq).input_value(ours[page : page + PAGE]):
                print(each if isinstance(each, str) else json.dumps(each))
        return 0
    if "pull-requests=write" not in os.environ["GH_TOKEN"]:
        return _refuse(403, "Resource not accessible by integration")
    if name != "body" or not value.startswith("@"):
        return _refuse(422, options.field)
    body = Path(value[1:]).read_text()
    if len(body) > 65_536:
        return _refuse(422, "Body is too long")
    store.write_text(json.dumps(_changed(comments, options.method, options.path, body)))
    return 0


def _changed(comments: list[Any], method: str, path: str, body: str) -> list[Any]:
    if method == "POST" and (found := _ALL.fullmatch(path)) and not found[2]:
        new = {"id": 100 + len(comments), "issue": int(found[1]), "body": body}
        return [*comments, new | {"user": {"login": "github-actions[bot]"}}]
    found = _ONE.fullmatch(path)
    assert method == "PATCH", method
    assert found, path
    assert any(each["id"] == int(found[1]) for each in comments)
    return [each | {"body": body} if each["id"] == int(found[1]) else each for each in comments]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("gh", allow_abbrev=False)
    parser.add_argument("command", choices=["api"])
    parser.add_argument("path")
    parser.add_argument("--method", default="GET", choices=["GET", "PATCH", "POST"])
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("--paginate", action="store_true")
    parser.add_argument("--jq", default=".")
    parser.add_argument("-F", "--field")
    return parser.parse_args()


def _refuse(status: int, why: str) -> int:
    print(f"gh: {why} (HTTP {status})", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
