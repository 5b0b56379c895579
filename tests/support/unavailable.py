"""Skipping tests over what a third party cannot provide now; imported by the conftest of tests that download.

Only :class:`crosswheel.errors.UnavailableError` skips a test, and one that is marked ``network`` where there is no
connection at all. Every other error, and a failed assertion, fails it.
"""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest

from crosswheel.downloads.debian import DebianArchive
from crosswheel.errors import CrosswheelError, UnavailableError
from crosswheel.host import Host
from crosswheel.host.machine import native_alias
from crosswheel.runners.select import find_runner
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.targets import PythonVersion, find_target
from crosswheel.toolchains.select import find_toolchain

_LOCAL = {"localhost", "127.0.0.1", "::1"}


def skip_reason(error: BaseException | None) -> str | None:
    """Why an error skips a test, or None if the test fails; also of an error that names its cause (``raise from``)."""
    while isinstance(error, CrosswheelError):
        if isinstance(error, UnavailableError):
            # A server of the test's own that does not answer is a failure.
            local = urlsplit(error.where or "").hostname in _LOCAL
            return None if local else f"not available: {error.what}"
        error = error.__cause__
    return None


def skip_unavailable(item: pytest.Item, call: pytest.CallInfo[Any], report: pytest.TestReport) -> pytest.TestReport:
    """The report of a test or its fixtures, as skipped if what they need is unavailable."""
    reason = skip_reason(call.excinfo.value) if call.excinfo and report.failed else None
    if reason is not None:
        path, line, _ = item.location
        report.outcome = "skipped"
        report.longrepr = (path, line or 0, f"Skipped: {reason}")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return skip_unavailable(item, call, report)


@pytest.fixture(autouse=True)
def _skip_without_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    skip_without_debian(monkeypatch)


def skip_without_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip a test when it needs a package that Debian's archive lacks.

    At once, since a build only reports that its wheel is untested or that it failed.
    """
    for method in ("read_index", "fetch_all"):
        monkeypatch.setattr(DebianArchive, method, _skipping(getattr(DebianArchive, method)))


def _skipping(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*words: Any, **options: Any) -> Any:
        try:
            return function(*words, **options)
        except UnavailableError as error:
            if (reason := skip_reason(error)) is not None:
                pytest.skip(reason)
            raise

    return call


def require_interpreter(host: Host, alias: str, version: PythonVersion) -> None:
    """Skip the test if a target's Python, which a program that it starts will run, cannot be downloaded."""
    target = find_target(alias, find_toolchain(host, "zig"), native=native_alias())
    find_runner(host, target, version)[0].interpreter(target, version)


@pytest.fixture(autouse=True)
def _skip_without_network(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("network") and (missing := unreachable_address(dict(os.environ))):
        pytest.skip(f"no network: no connection to {missing}")


def unreachable_address(environ: Mapping[str, str]) -> str | None:
    """``host:port`` of the proxy or else of the package index if nothing accepts a connection there.

    Only a connection is tried: what a server answers, or whether its certificate is trusted, never skips a test.
    """
    proxies = [environ.get(name) or environ.get(name.upper()) for name in ("https_proxy", "all_proxy")]
    url = urlsplit(next(filter(None, proxies), None) or IndexSettings.load(environ, {}).index_url)
    if not url.hostname:
        return None
    port = url.port or (80 if url.scheme == "http" else 443)
    return None if _connects(url.hostname, port) else f"{url.hostname}:{port}"


@cache
def _connects(host: str, port: int) -> bool:
    for _ in range(2):
        try:
            socket.create_connection((host, port), timeout=20).close()
        except OSError:
            continue
        return True
    return False


def skipped_for(reports: Iterable[pytest.TestReport]) -> list[str]:
    """One line for each reason, the most frequent first, with the number of tests skipped for it."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ") for report in reports if isinstance(report.longrepr, tuple)
    )
    return [f"{count:5}  {reason}" for reason, count in sorted(reasons.items(), key=lambda row: (-row[1], row[0]))]
