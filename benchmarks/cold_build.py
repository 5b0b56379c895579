"""Measure the first build on a machine, step by step: an empty cache, except for downloads.

    python benchmarks/cold_build.py ujson==6.1.0

A first build with an empty cache fetches everything. Then all of the cache but its downloads is removed, and a second
build is measured.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import crosswheel
from crosswheel.building.options import BuildOptions
from crosswheel.host import Host

if TYPE_CHECKING:
    from collections.abc import Iterator


class Steps:
    """Wall-clock seconds of each step; parallel steps overlap."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def step(self, label: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self.seconds[label] = self.seconds.get(label, 0) + time.perf_counter() - started

    def note(self, text: str) -> None:
        pass

    def detail(self, text: str) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("requirement")
    parser.add_argument("--target", default="linux-riscv64")
    parser.add_argument("--python", default="3.13")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        cache = Path(work, "cache")
        build(options, cache, Path(work, "first"))
        downloads = cache / "downloads"
        fetched = sum(file.stat().st_size for file in downloads.rglob("*") if file.is_file())
        for entry in cache.iterdir():
            if entry != downloads:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        steps, seconds = build(options, cache, Path(work, "second"))
    print(f"{options.requirement} for {options.target}, tested: {seconds:.1f} s; {fetched >> 20} MiB downloaded before")
    print("\n| step | s |\n|---|---|")
    for label, duration in sorted(steps.seconds.items(), key=lambda item: -item[1]):
        print(f"| {label} | {duration:.1f} |")


def build(options: argparse.Namespace, cache: Path, output: Path) -> tuple[Steps, float]:
    steps = Steps()
    host = Host.detect(progress=steps)
    host = replace(host, cache=cache, downloader=replace(host.downloader, cache=cache / "downloads"))  # type: ignore[type-var]
    started = time.perf_counter()
    (result,) = crosswheel.build(
        [options.requirement],
        targets=[options.target],
        pythons=[options.python],
        options=BuildOptions(output_directory=output, test=True),
        host=host,
    )
    if not result.ok:
        raise SystemExit(str(result.error))
    return steps, time.perf_counter() - started


if __name__ == "__main__":
    main()
