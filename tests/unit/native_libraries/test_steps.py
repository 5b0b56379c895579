"""The commands of recipes, by build system, and what a failed one reports."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from fake_hosts import Shelf, fake_host
from recipes_of_libraries import library, target

from crosswheel.environments.packages import RequirementSource
from crosswheel.errors import BuildError, UsageError
from crosswheel.native_libraries.build import LibraryBuild
from crosswheel.native_libraries.recipe import LibraryBuildSteps
from crosswheel.native_libraries.steps import BUILD_SYSTEMS, BuildDirs, BuildStep
from crosswheel.sealing import Sandbox

DIRS = BuildDirs(
    Path("/s"), Path("/b"), Path("/stage"), "riscv64-linux-gnu", "x86_64-linux-gnu", Path("/x.ini"), Path("/n.ini"), 3
)
PATHS = "--prefix=/usr --libdir=/usr/lib --sysconfdir=/etc --localstatedir=/var --disable-shared --enable-static"


def commands(build: LibraryBuildSteps) -> list[str]:
    return [f"{step.name}: {' '.join(step.command)}" for step in BUILD_SYSTEMS[build.system].steps(build, DIRS)]


def test_autotools() -> None:
    assert commands(
        LibraryBuildSteps(system="autotools", options=("--x",), targets=("libs",), install=("install.libs",))
    ) == [
        f"configure: sh /s/configure --build=x86_64-linux-gnu --host=riscv64-linux-gnu {PATHS} --x",
        "build: make -j3 libs",
        "install: make install.libs DESTDIR=/stage",
    ]


def test_make() -> None:
    assert commands(LibraryBuildSteps(system="make", configure=("perl", "Configure"), options=("o",), install=())) == [
        "configure: perl Configure o",
        "build: make -j3",
    ]


def test_cmake() -> None:
    configure, build, install = BUILD_SYSTEMS["cmake"].steps(
        LibraryBuildSteps(system="cmake", options=("-DX=ON",)), DIRS
    )
    assert configure.command[:7] == ("cmake", "-S", "/s", "-B", "/b", "-G", "Ninja")
    assert {"-DBUILD_SHARED_LIBS=OFF", "-DCMAKE_INSTALL_PREFIX=/usr", "-DX=ON"} < set(configure.command)
    assert build.command == ("cmake", "--build", "/b", "--parallel", "3")
    assert install.environ == {"DESTDIR": "/stage"}


def test_meson() -> None:
    configure, build, install = BUILD_SYSTEMS["meson"].steps(
        LibraryBuildSteps(system="meson", options=("-Dx=y",)), DIRS
    )
    assert configure.command[:5] == ("meson", "setup", "/b", "/s", "--cross-file=/x.ini")
    assert {"--native-file=/n.ini", "--default-library=static", "--wrap-mode=nodownload", "-Dx=y"} < set(
        configure.command
    )
    assert build.command == ("ninja", "-C", "/b", "-j3")
    assert install.environ == {"DESTDIR": "/stage"}


@pytest.mark.parametrize("system", ["autotools", "cmake", "make", "meson"])
def test_nothing_is_installed_where_the_recipe_does_that_itself(
    system: Literal["autotools", "cmake", "make", "meson"],
) -> None:
    steps = BUILD_SYSTEMS[system].steps(LibraryBuildSteps(system=system, install=()), DIRS)
    assert "install" not in {step.name for step in steps}


def library_build(directory: Path, status: int = 0) -> LibraryBuild:
    host = fake_host(directory, Shelf(directory), lambda _request: (status, "", ""))

    class FakeToolchain:
        target = target("linux-riscv64")

    return LibraryBuild(host, FakeToolchain(), library("openssl"), (), RequirementSource())


def run_step(directory: Path, step: BuildStep, log: Path) -> None:
    build = library_build(directory, 2)
    build._run(Sandbox(build.host, directory), step, {}, DIRS, log)


def test_a_step_that_fails_is_named_with_its_command(tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    with pytest.raises(
        BuildError, match=r"openssl-3\.5\.7 does not build for manylinux_2_31_riscv64: build failed"
    ) as caught:
        run_step(tmp_path, BuildStep("build", ("make", "-j 3")), log)
    assert caught.value.where == "cd /b && make '-j 3'"
    assert caught.value.log == log
    assert "--- build ---\n$ cd /b && make '-j 3'" in log.read_text()
    assert caught.value.hint is None
    (tmp_path / "calls.log").write_text("cd /b && clang")
    with pytest.raises(BuildError) as caught:
        run_step(tmp_path, BuildStep("build", ("make",)), log)
    assert caught.value.hint == f"build with --keep, and run the lines of {tmp_path}/calls.log"


def test_an_unknown_placeholder(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"the recipe of openssl has an unknown placeholder 'tripel' in '\{tripel\}-x'"
    ) as caught:
        library_build(tmp_path)._expand("{tripel}-x", {"triple": "riscv64-linux-gnu"})
    assert caught.value.hint == "known placeholders: triple"
