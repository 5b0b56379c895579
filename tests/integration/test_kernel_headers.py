"""Builds that read kernel headers in /usr/include themselves, as evdev does: they see the target's, compilers too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import crosswheel

if TYPE_CHECKING:
    from crosswheel.host import Host

pytestmark = pytest.mark.network
# Both ways to learn of the kernel must agree.
PROJECT = {
    "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
    "setup.py": """\
import os, re, subprocess
from pathlib import Path
from setuptools import Extension, setup

header = Path("/usr/include/linux/version.h").read_text()
code = re.search(r"LINUX_VERSION_CODE (\\d+)", header)[1]
subprocess.check_call("$CC_FOR_BUILD program.c -o program && ./program", shell=True)
if os.path.exists("/usr/bin/gcc"):
    subprocess.check_call("/usr/bin/gcc program.c -o program && ./program", shell=True)
setup(name="keys", version="1.0", ext_modules=[Extension("keys", ["keys.c"], define_macros=[("READ", code)])])
""",
    "program.c": """\
#include <linux/input.h>
#include <sys/epoll.h>
#include <sys/socket.h>
int main(void) { return KEY_A != 30; }
""",
    "keys.c": """\
#include <Python.h>
#include <linux/version.h>
_Static_assert(READ == LINUX_VERSION_CODE, "headers of another kernel");
static PyModuleDef keys = {PyModuleDef_HEAD_INIT, "keys", 0, -1, 0};
PyMODINIT_FUNC PyInit_keys(void) { return PyModule_Create(&keys); }
""",
}


@pytest.mark.skipif(not Path("/usr/include/linux/version.h").exists(), reason="the machine has no kernel headers")
@pytest.mark.parametrize("target", ["linux-riscv64", "musl-aarch64"])
def test_headers_that_a_build_reads_are_the_targets(sealed_host: Host, tmp_path: Path, target: str) -> None:
    project = tmp_path / "keys"
    project.mkdir()
    for name, text in PROJECT.items():
        (project / name).write_text(text)
    options = crosswheel.BuildOptions(output_directory=tmp_path / "dist")
    (result,) = crosswheel.build([str(project)], targets=[target], pythons=["3.13"], options=options, host=sealed_host)
    assert result.error is None, result.error
