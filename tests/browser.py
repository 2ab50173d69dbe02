"""A real browser, as far as tests need one: Chromium without a window, asked over a pipe.

The protocol: https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 60.0
"""For how many seconds a browser may think about one thing."""

# Each fits the place that the protocol has for it: 3 is read by the browser, 4 is written.
_COMMAND = 'exec "$0" "$@" 3<&"$IN" 4>&"$OUT"'
_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
)
_TROUBLE = {
    "Log.entryAdded",
    "Runtime.consoleAPICalled",
    "Runtime.exceptionThrown",
    "Page.javascriptDialogOpening",
}


def found() -> str | None:
    """Return the browser that is installed here, if there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@dataclass
class Tab:
    """A page in the browser: what it asked the network for, and what it complained about."""

    _to: int
    _from: int
    session: str | None = None
    requested: list[str] = field(default_factory=list)
    trouble: list[Any] = field(default_factory=list)
    loaded: int = 0
    _sent: int = 0
    _rest: bytes = b""

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol, and return its result."""
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._sent:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def value(self, expression: str) -> Any:
        """Return what a script in the page comes to, as JSON."""
        told = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def show(self, url: str, width: int, height: int, *, scheme: str = "light") -> None:
        """Load a page in a window of this size, in light or dark, as if it were the first."""
        self.requested.clear()
        self.trouble.clear()
        before = self.loaded
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme_of = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[scheme_of])
        self.call("Page.navigate", url=url)
        while self.loaded == before:
            self._next()

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], PATIENCE)
            assert ready, "the browser says nothing"
            data = os.read(self._from, 1 << 20)
            assert data, "the browser has ended"
            self._rest += data
        raw, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        self._take(message)
        return message

    def _take(self, message: dict[str, Any]) -> None:
        event, params = message.get("method"), message.get("params", {})
        if event == "Network.requestWillBeSent":
            self.requested.append(params["request"]["url"])
        elif event in _TROUBLE:
            self.trouble.append(params)
        elif event == "Page.loadEventFired":
            self.loaded += 1


@contextmanager
def browsing(program: str, profile: Path) -> Iterator[Tab]:
    """Run a browser with an empty profile while the block runs."""
    (browser_reads, to), (from_, browser_writes) = os.pipe(), os.pipe()
    # Higher than those that they are to become.
    theirs = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (browser_reads, browser_writes)]
    os.close(browser_reads)
    os.close(browser_writes)
    ends = dict(zip(("IN", "OUT"), map(str, theirs), strict=True))
    process = subprocess.Popen(
        ["bash", "-c", _COMMAND, program, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"],
        env={**os.environ, **ends, "HOME": str(profile)},
        pass_fds=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for end in theirs:
        os.close(end)
    try:
        tab = Tab(to, from_)
        target = tab.call("Target.createTarget", url="about:blank")["targetId"]
        told = tab.call("Target.attachToTarget", targetId=target, flatten=True)
        tab.session = told["sessionId"]
        for domain in ("Page", "Log", "Runtime", "Network"):
            tab.call(f"{domain}.enable")
        yield tab
    finally:
        process.kill()
        process.wait()
        os.close(to)
        os.close(from_)
