"""Kill builds at random moments, and check that nothing is left running or lying about.

    python tools/random_kills.py DIRECTORY [--kills 40] [--seed N] [--target linux-riscv64 --target …] [OPTION…]

A C++ project is generated and built, as a reference. Then its build is started again and again, and crosswheel is
killed by SIGKILL, alternately the process and its whole process group. Two seconds later no process that it started may
run. Then the build runs to its end: it must write the same wheels, and the directory for temporary files, the output
directory and the cache may hold nothing unfinished. Other options are passed to ``crosswheel build``.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import secrets
import signal
import subprocess  # noqa: TID251  # programs that it does not run to the end
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 2.0
"""Seconds after which nothing may run."""
MARK = "CROSSWHEEL_KILL_TEST"
PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "victim"
version = "1.0"
"""
SETUP = """\
from glob import glob
from setuptools import Extension, setup
setup(packages=[], ext_modules=[Extension("victim", sorted(glob("*.cpp")), language="c++")])
"""
MODULE = """\
#include <Python.h>
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "victim", nullptr, -1};
PyMODINIT_FUNC PyInit_victim() { return PyModule_Create(&definition); }
"""
SOURCE = """\
#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>
std::map<std::string, std::vector<int>> count_%(number)d(const std::string &text) {
    std::map<std::string, std::vector<int>> found;
    std::istringstream words(text);
    for (std::string word; words >> word;)
        found[word].push_back(%(number)d);
    for (auto &entry : found)
        std::sort(entry.second.begin(), entry.second.end());
    return found;
}
"""


def write_project(directory: Path, *, sources: int = 8) -> Path:
    """Write a C++ project whose sources take seconds to compile."""
    directory.mkdir(parents=True)
    (directory / "pyproject.toml").write_text(PYPROJECT)
    (directory / "setup.py").write_text(SETUP)
    (directory / "module.cpp").write_text(MODULE)
    for number in range(1, sources + 1):
        (directory / f"source{number}.cpp").write_text(SOURCE % {"number": number})
    return directory


@dataclass(frozen=True)
class Process:
    """A process, told apart from others that had its identifier by its start time."""

    pid: int
    started: int
    parent: int = field(compare=False)
    session: int = field(compare=False)
    command: str = field(compare=False)


def processes() -> list[Process]:
    """Return all processes that run; zombies do not."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (directory / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            command = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if fields[0] != "Z":
                found.append(Process(int(directory.name), int(fields[19]), int(fields[1]), int(fields[3]), command))
    return found


def descendants(pid: int) -> set[Process]:
    """Return the processes below one, and those of their sessions."""
    running = processes()
    own_session = next((process.session for process in running if process.pid == pid), pid)
    pids, sessions = {pid}, set()
    while True:
        below = {p for p in running if p.pid != pid and (p.parent in pids or p.session in sessions)}
        sizes = len(pids), len(sessions)
        pids |= {process.pid for process in below}
        sessions |= {process.session for process in below} - {own_session}
        if sizes == (len(pids), len(sessions)):
            return below


@dataclass(frozen=True)
class Victim:
    """A build that can be killed.

    :param directory: of its own files: output, cache, logs and temporary files.
    :param project: the source.
    :param options: passed to ``crosswheel build``.
    :param cache: the cache.
    :param shares_cache: whether other processes use it too; then it is not searched for unfinished files.
    """

    directory: Path
    project: Path
    options: tuple[str, ...]
    cache: Path
    shares_cache: bool = False
    mark: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def temporary(self) -> Path:
        """Its ``TMPDIR``."""
        return self.directory / "tmp"

    @property
    def output(self) -> Path:
        """Where its wheels are written."""
        return self.directory / "dist"

    def start(self) -> subprocess.Popen[str]:
        """Start the build, in a process group of its own."""
        self.temporary.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,  # noqa: TID251
            MARK: self.mark, "TMPDIR": str(self.temporary), "CROSSWHEEL_CACHE_DIR": str(self.cache),
            "CROSSWHEEL_LOG_DIR": str(self.directory / "logs"),
        }  # fmt: skip
        return subprocess.Popen(
            [sys.executable, "-m", "crosswheel", "build", str(self.project), "--rebuild", "-o", str(self.output),
             "--env", f"{MARK}={self.mark}", *self.options],
            env=environment, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def complete(self) -> dict[str, str]:
        """Build to the end; return the hashes of the wheels.

        :raises RuntimeError: if the build fails.
        """
        process = self.start()
        output, _ = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(output)
        return {wheel.name: hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in self.output.glob("*.whl")}

    def running(self) -> list[Process]:
        """Return the processes that have the mark, or a path of the build in a place where it shows."""
        return [process for process in processes() if process.pid != os.getpid() and self._is_own(process.pid)]

    def left_over(self) -> list[Path]:
        """Return what is unfinished or temporary."""
        places = [self.output, *(() if self.shares_cache else (self.cache,))]
        names = ((top, name) for place in places for top, *lists in os.walk(place) for each in lists for name in each)
        parts = [Path(top, name) for top, name in names if name.startswith(".") and name.endswith(".part")]
        return [*self.temporary.iterdir(), *parts]

    def _is_own(self, pid: int) -> bool:
        needles = (f"{MARK}={self.mark}".encode(), os.fsencode(self.temporary))
        for name in ("environ", "cmdline", "mountinfo"):
            with contextlib.suppress(OSError):
                data = Path(f"/proc/{pid}/{name}").read_bytes()
                if any(needle in data for needle in needles):
                    return True
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(self.temporary)
        return False


@dataclass(frozen=True)
class Kill:
    """A kill, and what it left.

    :param delay: seconds after the start of the build.
    :param group: whether the whole process group was killed.
    :param killed: how many processes ran below crosswheel; None if the build had ended by then.
    :param survivors: which of them, or of those with the mark, ran when patience was over.
    :param seconds: until none of them ran.
    """

    delay: float
    group: bool
    killed: int | None
    survivors: tuple[str, ...]
    seconds: float = 0.0


def kill_build(victim: Victim, delay: float, *, group: bool, patience: float = PATIENCE) -> Kill:
    """Start the build, kill it after a while, and look whether everything ends.

    :param patience: seconds in which it should.
    """
    process = victim.start()
    try:
        process.communicate(timeout=delay)
    except subprocess.TimeoutExpired:
        below = descendants(process.pid)
        (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
        killed = time.monotonic()
        while (survivors := {*below.intersection(processes()), *victim.running()}) and (
            time.monotonic() - killed < patience
        ):
            time.sleep(0.05)
        seconds = time.monotonic() - killed
        process.communicate()
        return Kill(delay, group, len(below), tuple(each.command for each in survivors), seconds)
    return Kill(delay, group, None, tuple(each.command for each in victim.running()))


def kill_at_random(
    victim: Victim,
    *,
    kills: int,
    seed: int,
    complete_every: int = 10,
    patience: float = PATIENCE,
    say: Callable[[str], object] = print,
) -> bool:
    """Build once, then kill builds; return whether nothing was left, and all complete builds were the same."""
    chance = random.Random(seed)
    victim.complete()  # with a cold cache, which takes longer
    started = time.monotonic()
    reference = victim.complete()
    duration = time.monotonic() - started
    say(f"seed {seed}; a complete build takes {duration:.1f} s; {len(reference)} wheels")
    is_clean = bool(reference) and not victim.left_over()
    number = 0
    while number < kills:
        kill = kill_build(victim, chance.uniform(0, duration), group=number % 2 == 1, patience=patience)
        if kill.killed is None:  # the build was faster this time
            duration = min(duration, kill.delay)
            is_clean = is_clean and not kill.survivors
            continue
        number += 1
        is_clean = is_clean and not kill.survivors
        what = "group" if kill.group else "process"
        say(f"{number}: {what} after {kill.delay:.2f} s, {kill.killed} processes below, "
            f"{len(kill.survivors)} survive {kill.seconds:.2f} s")  # fmt: skip
        for command in kill.survivors:
            say(f"    survives: {command}")
        if number % complete_every == 0 or number == kills:
            before = len(victim.left_over())
            same = victim.complete() == reference
            left = victim.left_over()
            is_clean = is_clean and same and not left
            say(f"   complete build: {'the same wheels' if same else 'OTHER WHEELS'}; {before} left over before, "
                f"{len(left)} after")  # fmt: skip
            for path in left:
                say(f"    left: {path}")
    return is_clean


def main() -> int:
    """Run the kills; return 1 if something was left."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--target", action="append")
    parser.add_argument("--cache", type=Path, help="of this program alone; default: an empty one")
    parser.add_argument("--complete-every", type=int, default=10, help="kills between complete builds")
    options, rest = parser.parse_known_args()
    targets = options.target or ["linux-riscv64", "musl-aarch64"]
    build_options = [*(word for target in targets for word in ("-t", target)), *rest]
    directory = options.directory.absolute()
    victim = Victim(
        directory, write_project(directory / "project"), tuple(build_options), options.cache or directory / "cache"
    )
    is_clean = kill_at_random(victim, kills=options.kills, seed=options.seed, complete_every=options.complete_every)
    print("nothing was left" if is_clean else "FAILED: see above")
    return int(not is_clean)


if __name__ == "__main__":
    sys.exit(main())
