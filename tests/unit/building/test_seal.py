"""How the programs of a build are sealed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from crosswheel.building.options import BuildOptions
from crosswheel.building.seal import check_commands, named_directories, plan_seal, seal_with_tools, seen_directories
from crosswheel.errors import EnvironmentMissingError
from crosswheel.sealing import Mount, Seal, SealSupport
from crosswheel.sources.model import Source

SUPPORT = SealSupport(("/usr/bin/bwrap",))


@dataclass(frozen=True)
class Installed:
    """A toolchain in a directory of its own."""

    mounts: tuple[Mount, ...] = (Mount(Path("/opt/gcc"), Path("/opt/gcc")),)
    kernel_headers: tuple[Mount, ...] = (Mount(Path("/opt/gcc/linux"), Path("/usr/include/linux")),)


def test_a_build_is_sealed_where_it_can_be_unless_requested() -> None:
    def planned(**options: object) -> Seal:
        return plan_seal(SUPPORT, BuildOptions(**options))

    assert planned().support == SUPPORT
    unsealed = planned(unsealed=True).support
    assert (unsealed.available, unsealed.reason) == (False, "--unsealed")
    assert planned(network=False).network is False


def test_a_build_sees_the_machine_of_its_target_and_the_kernel_runs_its_programs(context) -> None:
    seal = seal_with_tools(
        Seal(SUPPORT), context.host, context.target, BuildOptions(), context.build_python, Installed()
    )
    assert "riscv64" in seal.machine.programs["uname"]
    (rule,) = seal.rules
    assert str(rule.interpreter).startswith("/build/tools/bin/")


def test_builds_see_the_python_and_the_toolchain(context) -> None:
    python = replace(context.build_python, executable=Path("/somewhere/python/bin/python3.13"))
    seal = seal_with_tools(
        Seal(SUPPORT), context.host, context.target, BuildOptions(target_python=Path("/sysroot")), python, Installed()
    )
    seen = {mount.inside: mount.outside for mount in seal.mounts}
    assert {Path("/somewhere/python"), Path("/opt/gcc"), Path("/sysroot")} <= set(seen)
    assert (seen[Path("/crosswheel/zig")] / "zig").is_file()
    assert not any(mount.writable for mount in seal.mounts)


def test_the_network_cannot_be_taken_from_builds_that_are_not_sealed(context) -> None:
    seal = Seal(SealSupport(reason="no namespaces", hint="sysctl"), network=False)
    with pytest.raises(EnvironmentMissingError, match="only be taken away from sealed builds: no namespaces") as caught:
        seal_with_tools(
            seal, context.host, context.target, BuildOptions(network=False), context.build_python, Installed()
        )
    assert caught.value.hint == "sysctl"


def test_commands_for_a_container_run_in_a_seal_or_on_request() -> None:
    options = BuildOptions(before_build=("apt-get install -y x",), cibuildwheel_before_build=True)
    check_commands(Seal(SUPPORT), options)
    check_commands(Seal(), replace(options, unsealed=True))
    check_commands(Seal(), replace(options, cibuildwheel_before_build=False))
    with pytest.raises(EnvironmentMissingError, match=r"\[tool.cibuildwheel\].*no namespaces") as caught:
        check_commands(Seal(SealSupport(reason="no namespaces")), options)
    assert "--unsealed" in str(caught.value.hint)


def test_directories_that_options_name_are_seen(tmp_path: Path, source: Source) -> None:
    for name in ("shared", "include", "lib", "project", "recipe"):
        (tmp_path / name).mkdir()
    options = BuildOptions(
        environment={"SHARED": f"{tmp_path}/shared:/nowhere/at/all", "PATH": "/usr/bin:$PATH", "N": "3"},
        cflags=(f"-I{tmp_path}/include",), ldflags=(f"-Wl,-rpath-link,{tmp_path}/lib",),
        config_settings={"setup-args": (f"-Dproject={tmp_path}/project",)}, recipe_directory=tmp_path / "recipe",
    )  # fmt: skip
    named = [mount.outside.name for mount in named_directories(options)]
    assert sorted(named) == ["include", "lib", "project", "shared"]
    recipe, *others = seen_directories(options, source)
    assert (recipe.outside, recipe.inside) == (tmp_path / "recipe", Path("/crosswheel/recipe"))
    assert tuple(others) == named_directories(options)


@pytest.mark.parametrize("path", ["/", "/home", "/tmp", "/usr", "/usr/lib", "/opt", "/proc/self", "~"])
def test_directories_of_everything_are_not(path: str) -> None:
    options = BuildOptions(environment={"A": str(Path.home()) if path == "~" else path})
    assert named_directories(options) == ()
