"""Compilers of the build machine during a build for another machine: by their wrappers, by their paths, and zig's."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crosswheel.build_systems import BuildSite, configure
from crosswheel.host.machine import SYSTEM_PROGRAMS, architecture, libc
from crosswheel.targets import find_target
from crosswheel.toolchains.build_machine_tools import BuildMachineTools
from crosswheel.toolchains.model import Call, CallSettings, Tool
from crosswheel.toolchains.select import find_toolchain
from crosswheel.toolchains.wrappers import Wrappers, run_wrappers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.host import Host

C = '#include <math.h>\n#include <stdio.h>\nint main(int n, char **v) { printf("%.3f", cos(n)); return v == 0; }\n'
CXX = """
#include <iostream>
#include <stdexcept>
int main() { try { throw std::runtime_error("thrown"); } catch (const std::exception &e) { std::cout << e.what(); } }
"""
STARTS_LD = """
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    int status;
    if (!fork()) execlp("ld", "ld", "--version", (char *)0);
    wait(&status);
    return status != 0;
}
"""
gcc = pytest.mark.skipif(not Path("/usr/bin/gcc").exists(), reason="the build machine has no gcc")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "p.c").write_text(C)
    (tmp_path / "p.cc").write_text(CXX)
    return tmp_path


@pytest.fixture
def tools(host: Host, tmp_path: Path) -> Iterator[Wrappers]:
    zig = find_toolchain(host, "zig")
    riscv = zig.prepare(find_target("linux-riscv64", zig, native="linux-x86_64"))
    with run_wrappers(host, riscv, CallSettings(), tmp_path / "tools", tmp_path / "calls.log") as wrappers:
        yield wrappers


def run(tools: Wrappers, cwd: Path, *argv: str, **env: str) -> str:
    path = f"{tools.directory}:{':'.join(SYSTEM_PROGRAMS)}"
    ended = subprocess.run(argv, cwd=cwd, env={"PATH": path, **env}, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize(("compiler", "source", "output"), [("cc", "p.c", "0.540"), ("c++", "p.cc", "thrown")])
def test_a_program_for_the_build_machine_runs_there(
    tools: Wrappers, sources: Path, compiler: str, source: str, output: str
) -> None:
    of_the_target = {"CPATH": "/nonexistent", "LIBRARY_PATH": "/nonexistent", "PKG_CONFIG_LIBDIR": "/nonexistent"}
    run(tools, sources, f"{compiler}-for-build", source, "-o", "program", "-lm", **of_the_target)
    assert run(tools, sources, "./program") == output


@gcc
@pytest.mark.parametrize("option", ["-O1", "-flto", "-fuse-ld=bfd"])
def test_gcc_called_by_its_path_links_with_its_own_linker(tools: Wrappers, sources: Path, option: str) -> None:
    run(tools, sources, "/usr/bin/gcc", option, "p.c", "-o", "program", "-lm")
    assert run(tools, sources, "./program") == "0.540"
    assert "# ld" in tools.log.read_text(), "gcc did not find the wrapper, so nothing was tested"


@gcc
def test_the_target_still_gets_its_linker(tools: Wrappers, sources: Path) -> None:
    run(tools, sources, "/usr/bin/gcc", "p.c", "-o", "for-build", "-lm")
    run(tools, sources, "gcc", "p.c", "-o", "for-target", "-lm")
    run(tools, sources, "gcc", "-c", "p.c", "-o", "p.o")
    run(tools, sources, "ld", "-r", "p.o", "-o", "partial.o")
    machines = [(sources / name).read_bytes()[18] for name in ("for-build", "for-target", "partial.o")]
    assert machines[1:] == [243, 243]
    assert machines[0] != 243


def test_clang_is_recognized_by_its_name(tools: Wrappers, sources: Path) -> None:
    """A clang of the build machine sets no variable for the linker that it starts."""
    (sources / "clang.c").write_text(STARTS_LD)
    run(tools, sources, "cc-for-build", "clang.c", "-o", "clang-19")
    run(tools, sources, "./clang-19")
    assert "# ld-for-build --version" in tools.log.read_text()


@pytest.mark.parametrize(
    ("name", "tool", "source", "output"), [("cc", Tool.CC, "p.c", "0.540"), ("c++", Tool.CXX, "p.cc", "thrown")]
)
def test_zig_compiles_where_the_build_machine_has_no_compiler(
    host: Host, sources: Path, name: str, tool: Tool, source: str, output: str
) -> None:
    tools = BuildMachineTools(host, directories=(str(sources),))
    plan = tools.plan(name, Call(tool, (source, "-o", "program", "-lm"), str(sources)))
    assert "zig" in plan.commands[0][0]
    for part in plan.requires:
        tools.build_component(part)
    for command in plan.commands:
        assert host.run(*command, cwd=sources).ok
    assert host.run(sources / "program", cwd=sources).stdout == output


def test_a_compiler_that_cannot_link_is_not_used(host: Host, sources: Path) -> None:
    for name in ("gcc", "g++"):
        (sources / name).write_text("#!/bin/sh\necho 'stdio.h: No such file' >&2; exit 1\n")
        (sources / name).chmod(0o755)
    plan = BuildMachineTools(host, directories=(str(sources),)).plan("cc", Call(Tool.CC, ("-c", "p.c"), str(sources)))
    assert "zig" in plan.commands[0][0]


def test_a_machine_without_pkg_config_has_no_packages(host: Host, sources: Path) -> None:
    tools = BuildMachineTools(host, directories=(str(sources),))
    assert tools.plan("pkg-config", Call(Tool.PKG_CONFIG, ("--exists", "zlib"), str(sources))).status == 1


@pytest.mark.parametrize(
    ("before", "crosses"),
    [
        ("", True),
        ("CC=/tools/cc", True),
        ("host_alias=riscv64-linux-gnu", True),
        ("CC='/tools/cc-for-build -m64'", False),
        (f"host_alias={architecture()}-linux-{'gnu' if libc() == 'glibc' else 'musl'}", False),
    ],
)
def test_a_configure_script_for_the_build_machine_is_not_configured_for_the_target(
    host: Host, tmp_path: Path, before: str, crosses: bool
) -> None:
    zig = find_toolchain(host, "zig")
    site = BuildSite(
        target=find_target("linux-riscv64", zig, native="linux-x86_64"),
        python=None,
        tools=Wrappers(tmp_path / "tools", tmp_path / "calls.log"),
        compiler_id="clang",
        directory=tmp_path / "config",
        root=tmp_path,
        environment_bin=tmp_path,
        exe_wrapper=None,
        jobs=1,
    )
    script = f"{before}\n. {configure(site, '').env['CONFIG_SITE']}\necho $cross_compiling"
    assert (host.run("/bin/sh", "-c", script, cwd=tmp_path).stdout.strip() == "yes") is crosses
