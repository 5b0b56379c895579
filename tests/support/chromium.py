"""Headless Chromium, controlled by the DevTools protocol over a pair of pipes, without a port or a library."""

from __future__ import annotations

import base64
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",  # too small in many containers
    "--disable-gpu",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--lang=en",
    "--no-sandbox",  # unavailable to root and in many containers; the pages are our own
)

# The browser reads descriptor 3 and writes descriptor 4. Some shells do not support descriptors of two digits.
LAUNCH = """
import fcntl, os, sys
apart = [fcntl.fcntl(int(word), fcntl.F_DUPFD_CLOEXEC, 10) for word in sys.argv[1:3]]
for number, descriptor in zip((3, 4), apart):
    os.dup2(descriptor, number)
os.execv(sys.argv[3], sys.argv[3:])
"""


def find_chromium() -> str | None:
    """Return the path of Chromium or Chrome, or None if neither is installed."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """The only page of a browser, its errors and its requests."""

    def __init__(self, read: int, write: int) -> None:
        self._write = write
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._number = 0
        self._session: dict[str, str] = {}
        self.errors: list[str] = []
        self.asked: list[str] = []
        threading.Thread(target=self._read, args=(read,), daemon=True).start()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._session = {"sessionId": session}
        for domain in ("Runtime", "Log", "Network", "Page"):
            self.call(f"{domain}.enable")

    def _read(self, read: int) -> None:
        with os.fdopen(read, "rb") as pipe:
            rest = b""
            while data := pipe.read1(1 << 16):
                *messages, rest = (rest + data).split(b"\0")
                for message in messages:
                    self._messages.put(json.loads(message))
        self._messages.put(None)

    def call(self, method: str, *, seconds: float = 60, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol, and record the events that arrive before its response."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters} | self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + seconds
        while True:
            try:
                answer = self._messages.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"{method}: no response in {seconds} s") from None
            if answer is None:
                raise EOFError(f"{method}: the browser has exited")
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self._note(answer.get("method"), answer.get("params", {}))

    def _note(self, method: str | None, parameters: dict[str, Any]) -> None:
        match method:
            case "Network.requestWillBeSent":
                self.asked.append(parameters["request"]["url"])
            case "Runtime.exceptionThrown":
                self.errors.append(json.dumps(parameters["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if parameters["type"] in {"error", "warning", "assert"}:
                self.errors.append(json.dumps(parameters["args"]))
            case "Log.entryAdded" if parameters["entry"]["level"] in {"error", "warning"}:
                self.errors.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; promises are awaited."""
        done = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait_for(self, expression: str, seconds: float = 20) -> None:
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + seconds
        while not self.evaluate(f"Boolean({expression})"):
            assert time.monotonic() < end, f"{expression} is not true after {seconds} s"
            time.sleep(0.1)

    def go(self, url: str) -> None:
        """Open a URL, and discard the earlier errors and requests."""
        self.call("Runtime.evaluate", expression="0")  # the events of the previous page arrive before its response
        self.errors.clear()
        self.asked.clear()
        self.call("Page.navigate", url=url)
        self.wait_for(f"location.href === {json.dumps(url)} && document.readyState !== 'loading'")

    def text(self, name: str) -> str:
        """Return the visible text of an element, by its id."""
        return str(self.evaluate(f"document.getElementById({json.dumps(name)}).innerText"))

    def type(self, name: str, text: str) -> None:
        """Replace the text of an input element, as typing does."""
        self.evaluate(f"document.getElementById({json.dumps(name)}).select()")
        self.call("Input.insertText", text=text)

    def picture(self, path: Path, width: int, height: int) -> None:
        """Save a screenshot of the whole page.

        :param width: of the window, in pixels.
        :param height: the minimum, in pixels.
        """
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        size["height"] = max(height, self.evaluate("document.documentElement.scrollHeight"))
        self.call("Emulation.setDeviceMetricsOverride", **size)
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def open_page(program: str, place: Path) -> Iterator[Page]:
    """Start a browser whose profile and log are in a directory."""
    command = [program, *FLAGS, f"--user-data-dir={place / 'profile'}"]
    from_us, to_browser = os.pipe()
    from_browser, to_us = os.pipe()
    with (place / "browser.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, str(from_us), str(to_us), *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(from_us, to_us),
            start_new_session=True,
        )
    os.close(from_us)
    os.close(to_us)
    try:
        yield Page(from_browser, to_browser)
    except (BrokenPipeError, EOFError) as error:
        raise RuntimeError((place / "browser.log").read_text("utf-8", "replace")) from error
    finally:
        os.close(to_browser)  # at this the browser exits
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
