"""Wheels that ship a program, as those of ninja and clang-format do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import crosswheel
from crosswheel.object_files.elf import read_elf
from crosswheel.wheels.archive import read_wheel

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.network
PROJECT = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "greeter"
version = "1.0"
[project.scripts]
greet = "greeter:main"
[tool.hatch.build.targets.wheel]
packages = ["greeter"]
artifacts = ["greeter/bin/*", "greeter/*.so"]
[tool.hatch.build.targets.wheel.hooks.custom]
""",
    "hatch_build.py": """\
import os, subprocess, sysconfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

class Compile(BuildHookInterface):
    def initialize(self, version, build_data):
        os.makedirs("greeter/bin", exist_ok=True)
        subprocess.check_call("$CC -O1 greet.c -o greeter/bin/greet", shell=True, cwd=self.root)
        subprocess.check_call("$CC -O1 -shared -fPIC answer.c -o greeter/libanswer.so", shell=True, cwd=self.root)
        # A project that looks whether its program works.
        subprocess.check_call([os.path.join(self.root, "greeter/bin/greet"), "build"])
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data.update(pure_python=False, tag=f"py3-none-{platform}")
""",
    "greet.c": """\
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv) {
    const char *name = strrchr(argv[0], '/');
    printf("%s greets %s, %d\\n", name ? name + 1 : argv[0], argc > 1 ? argv[1] : "", (int)sizeof(long));
    return 0;
}
""",
    "answer.c": "int answer(void) { return 42; }\n",
    "greeter/__init__.py": """\
import ctypes, os, subprocess, sys

here = os.path.dirname(__file__)
program = os.path.join(here, "bin", "greet")

def answer():
    return ctypes.CDLL(os.path.join(here, "libanswer.so")).answer()

def main():
    return subprocess.call([program, *sys.argv[1:]])
""",
}
COMMANDS = (
    "python -c 'import greeter; assert greeter.answer() == 42'",
    'test "$(greet you)" = "greet greets you, SIZE"',
    'test "$($(python -c "import greeter; print(greeter.program)") shell)" = "greet greets shell, SIZE"',
    """python -c 'import greeter, subprocess
assert subprocess.check_output([greeter.program, "clean"], env={}) == b"greet greets clean, SIZE\\n"'""",
)


@pytest.mark.parametrize(("target", "size"), [("linux-riscv64", 8), ("linux-armv7l", 4)])
def test_a_shipped_program_is_tested(tmp_path: Path, target: str, size: int) -> None:
    for name, text in PROJECT.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    commands = tuple(command.replace("SIZE", str(size)) for command in COMMANDS)
    options = crosswheel.BuildOptions(output_directory=tmp_path / "dist", test=True, test_commands=commands)
    project = str(tmp_path / "project")
    (result,) = crosswheel.build([project], targets=[target], pythons=["3.13"], options=options)
    assert result.error is None, result.error
    assert result.stage == "tested", result.remark
    assert result.wheel is not None
    program = read_elf(read_wheel(result.wheel).files["greeter/bin/greet"])
    assert program is not None
    assert program.bits == size * 8
