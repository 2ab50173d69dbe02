"""The language server of most editors, spoken to as an editor does: JSON-RPC over its streams."""

from __future__ import annotations

import itertools
import json
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MODULES = Path(__file__).parent / "editors" / "node_modules"
SERVER = MODULES / "yaml-language-server" / "bin" / "yaml-language-server"
"""Where `.ci/editors` installs it."""

IS_HERE = SERVER.exists() and shutil.which("node") is not None
PATIENCE = 120


@dataclass
class Editor:
    """An editor with a folder open: what it asks, and what it is told of each file.

    No two texts may have one name: what is said of the first could be taken for the second's.
    """

    folder: Path
    process: subprocess.Popen[bytes]
    settings: dict[str, Any]
    wishes_told: bool = False
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    diagnostics: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def open(self, name: str, text: str) -> str:
        """Open a file with this text in it, saved or not; return how the server calls it."""
        uri = (self.folder / name).as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.diagnostics.pop(uri, None)
        self._notify("textDocument/didOpen", {"textDocument": document})
        return uri

    def problems(self, name: str, text: str) -> list[str]:
        """Return what is marked in a file, each with its line."""
        uri = self.open(name, text)
        while uri not in self.diagnostics:
            self._take()
        found = self.diagnostics[uri]
        return [f"{each['range']['start']['line'] + 1}: {each['message']}" for each in found]

    def completions(self, name: str, text: str, line: int, column: int) -> list[dict[str, Any]]:
        """Return what is offered at a place; lines and columns count from 1."""
        answer = self._at("textDocument/completion", name, text, line, column)
        items: list[dict[str, Any]] = answer["items"]
        return items

    def hover(self, name: str, text: str, line: int, column: int) -> str:
        """Return what is shown when the mouse rests at a place."""
        answer = self._at("textDocument/hover", name, text, line, column)
        return str(answer["contents"]["value"])

    def _at(self, method: str, name: str, text: str, line: int, column: int) -> Any:
        place = {"line": line - 1, "character": column - 1}
        return self.ask(method, {"textDocument": {"uri": self.open(name, text)}, "position": place})

    def ask(self, method: str, parameters: Any) -> Any:
        """Send a request, and return its result."""
        number = next(self.numbers)
        self._send({"id": number, "method": method, "params": parameters})
        while True:
            message = self._take()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _notify(self, method: str, parameters: Any) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _take(self) -> dict[str, Any]:
        """Read a message; what the server asks of its own is answered."""
        stream = self.process.stdout
        assert stream is not None
        ready, _, _ = select.select([stream], [], [], PATIENCE)
        assert ready, "the language server says nothing"
        length = 0
        while (header := stream.readline().strip()) != b"":
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        message: dict[str, Any] = json.loads(stream.read(length))
        if "id" in message and "method" in message:
            self._send({"id": message["id"], "result": self._reply(message)})
        elif message.get("method") == "textDocument/publishDiagnostics":
            told = message["params"]
            self.diagnostics[told["uri"]] = told["diagnostics"]
        return message

    def _reply(self, question: dict[str, Any]) -> Any:
        if question["method"] != "workspace/configuration":
            return None
        self.wishes_told = True
        wishes = {"yaml": self.settings}
        return [wishes.get(item["section"]) for item in question["params"]["items"]]

    def introduce(self) -> None:
        """Open the folder, and wait until the server knows the settings."""
        self.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": self.folder.as_uri(),
                "capabilities": {"textDocument": {"hover": {"contentFormat": ["markdown"]}}},
                "workspaceFolders": [{"uri": self.folder.as_uri(), "name": "project"}],
            },
        )
        self._notify("initialized", {})
        self._notify("workspace/didChangeConfiguration", {"settings": {"yaml": self.settings}})
        while not self.wishes_told:
            self._take()
        self.problems("first.yaml", "a: 1\n")


@contextmanager
def an_editor(folder: Path, settings: dict[str, Any] | None = None) -> Iterator[Editor]:
    """Open a folder in an editor; `settings` is what it has for YAML."""
    with subprocess.Popen(
        ["node", SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        yaml = {"schemaStore": {"enable": False}, "hover": True, "completion": True}
        editor = Editor(folder, process, yaml | {"validate": True} | (settings or {}))
        try:
            editor.introduce()
            yield editor
        finally:
            process.kill()
