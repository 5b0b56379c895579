"""Whatever starts a program of the target runs it: by the kernel's rules, and by the preloaded library without them."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crosswheel.runners.binfmt import binfmt_rules, write_launcher
from crosswheel.targets import Target, target_from_tag
from crosswheel.toolchains.calls import run_call
from crosswheel.toolchains.model import Call, Tool
from crosswheel.toolchains.select import find_toolchain
from crosswheel.toolchains.wrappers.exec_hook import install_exec_hook

if TYPE_CHECKING:
    from crosswheel.host import Host

pytestmark = pytest.mark.network
_REGISTER = "/proc/sys/fs/binfmt_misc"
SOURCE = """\
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
    char line[80] = "";
    if (!fgets(line, sizeof line, stdin)) line[0] = 0;
    printf("%s|%s|%s|%d|%s", argv[0], argc > 1 ? argv[1] : "", getenv("WORD") ? getenv("WORD") : "",
           (int)sizeof(long), line);
    return 7;
}
"""


def _target(tag: str) -> Target:
    target = target_from_tag(tag)
    assert target is not None
    return target


@dataclass(frozen=True)
class Programs:
    """Programs of a target, and how commands that start them are run."""

    directory: Path
    command: tuple[str, ...]
    env: dict[str, str]

    def run(self, script: str, stdin: str = "") -> tuple[int, str, str]:
        env = {"PATH": "/usr/bin:/bin", **self.env}
        result = subprocess.run(
            [*self.command, "/bin/sh", "-c", script],
            cwd=self.directory, env=env, input=stdin, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return result.returncode, result.stdout.replace("\r", ""), result.stderr


def _namespaces() -> bool:
    script = f"mount -t binfmt_misc binfmt_misc {_REGISTER}"
    unshare = shutil.which("unshare")
    return bool(unshare) and not subprocess.run([unshare, "-Urm", "sh", "-c", script], check=False).returncode  # type: ignore[list-item]


def _kernel(host: Host, target: Target, directory: Path) -> Programs:
    if not _namespaces():
        pytest.skip("this kernel has no binfmt_misc in namespaces")
    launcher = write_launcher(host, target, directory / "shared")
    (rule,) = binfmt_rules(host, target, launcher)
    script = f"mount -t binfmt_misc binfmt_misc {_REGISTER}; printf %s {shlex.quote(rule.registration())}"
    command = ("unshare", "-Urm", "sh", "-c", f'{script} > {_REGISTER}/register; exec "$@"', "sh")
    return Programs(directory, command, {})


def _hook(host: Host, target: Target, directory: Path) -> Programs:
    launcher = write_launcher(host, target, directory / "shared")
    return Programs(directory, (), install_exec_hook(host, target, directory / "hook", launcher))


@pytest.fixture(params=["kernel", "hook"])
def programs(host, request, tmp_path) -> Programs:
    return _programs(host, request.param, "manylinux_2_31_riscv64", tmp_path)


def _programs(host: Host, way: str, tag: str, tmp_path: Path) -> Programs:
    target = _target(tag)
    (tmp_path / "show.c").write_text(SOURCE)
    toolchain = find_toolchain(host, "zig").prepare(target)
    status, output = run_call(host, toolchain, Call(Tool.CC, ("-O1", "show.c", "-o", "show"), str(tmp_path)))
    assert status == 0, output
    return (_kernel if way == "kernel" else _hook)(host, target, tmp_path)


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("./show 'a b'", "./show|a b||8|in"),
        ("WORD=yes ./show", "./show||yes|8|in"),
        ("PATH=$PWD:$PATH; show", "show|||8|in"),
        ("env -i ./show", "./show|||8|in"),
        ("env -i PATH=/usr/bin:/bin sh -c './show x'", "./show|x||8|in"),
        ("env -i PATH=/usr/bin:/bin sh -c 'exec ./show x'", "./show|x||8|in"),
        ("nice ./show x", "./show|x||8|in"),
        ("find . -name show -exec {} found ';'", "./show|found||8|in"),
    ],
)
def test_shells_run_it(programs, script, output):
    status, out, error = programs.run(script, "in")
    assert (status, out) == (0 if script.startswith("find") else 7, output), error


@pytest.mark.parametrize(
    "code",
    [
        "subprocess.run(['./show', 'x'])",
        "subprocess.run(['./show', 'x'], env={})",
        "subprocess.run(['./show', 'x'], env={}, close_fds=False)",
        "subprocess.run(['other', 'x'], executable='./show')",
        "subprocess.run('./show x', shell=True, env={})",
        "os.waitpid(os.posix_spawn('./show', ['./show', 'x'], {}), 0)",
        "os.execv('./show', ['./show', 'x'])",
        "os.environ.clear(); os.execvp('./show', ['./show', 'x'])",
        "os.environ.clear(); os.system('./show x')",
        "os.environ.clear(); print(os.popen('./show x').read(), end='')",
    ],
)
def test_python_runs_it(programs, code):
    _, out, error = programs.run(f"{sys.executable} -c {shlex.quote(f'import os, subprocess; {code}')}")
    assert out in {"./show|x||8|", "other|x||8|"}, error


def test_make_runs_it(programs):
    (programs.directory / "Makefile").write_text(
        "all: simple shell\nsimple:\n\t-@./show x\nshell:\n\t@./show y | cat\n"
    )
    assert programs.run("env -i PATH=/usr/bin:/bin make -s")[1] == "./show|x||8|./show|y||8|"


def test_programs_of_the_machine_run_as_before(programs):
    assert programs.run("env -i /bin/echo a; env -i sh -c 'echo b'; ls show; ./missing")[:2] == (127, "a\nb\nshow\n")


def test_it_prints_nothing_of_its_own(programs):
    assert programs.run("./show")[2] == ""


@pytest.mark.parametrize("way", ["kernel", "hook"])
@pytest.mark.parametrize(
    ("tag", "output"),
    [
        ("musllinux_1_2_aarch64", "./show|x||8|in"),
        ("manylinux_2_17_s390x", "./show|x||8|in"),
        ("manylinux_2_17_i686", "./show|x||4|in"),
        ("pyodide_2025_0_wasm32", "./show|x||4|in"),
        ("win_amd64", "show.exe|x||4|in"),
    ],
)
def test_programs_of_other_targets_run(host, tmp_path, way, tag, output):
    name = "show.exe" if tag.startswith("win") and way == "kernel" else "show"
    status, out, error = _programs(host, way, tag, tmp_path).run(f"./{name} x", "in")
    assert (status, out.rpartition("\\")[2]) == (7, output), error


def test_the_library_shows_the_targets_processor(host, tmp_path):
    programs = _programs(host, "hook", "manylinux_2_31_riscv64", tmp_path)
    read = f'{sys.executable} -c \'print(open("/proc/cpuinfo").read().count("rv64imafdc"))\''
    assert programs.run(f"grep -c rv64imafdc /proc/cpuinfo; {read}")[1] == f"{host.jobs}\n{host.jobs}\n"
