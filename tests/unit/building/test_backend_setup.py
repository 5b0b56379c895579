"""What compiler wrappers, scripts and the backend are configured with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fake_hosts import Shelf, fake_host
from recipes_of_libraries import library

from crosswheel.build_systems import BuildSite, Configuration
from crosswheel.building import backend_setup as module
from crosswheel.building.backend_setup import make_hook_runner, script_environment, wrapper_settings
from crosswheel.building.context import BuildContext
from crosswheel.building.native_libraries import NativeLibraries
from crosswheel.building.workspace import Stopwatch, Workspace
from crosswheel.environments.build_tools import BuildTools
from crosswheel.environments.hooks import HookRunner
from crosswheel.environments.isolated import BuildEnvironment
from crosswheel.host.machine import SYSTEM_DIRECTORIES
from crosswheel.native_libraries.prefix import Prefix
from crosswheel.sealing import Sandbox, program_path
from crosswheel.sources.model import Source
from crosswheel.sources.project import Project
from crosswheel.targets import target_from_tag
from crosswheel.toolchains.model import FortranBuild, Support, UserFlags
from crosswheel.toolchains.wrappers import Wrappers

PROJECT = Project("some.backend", ("backends",), ("some",), None)


@pytest.fixture
def workspace(tmp_path: Path, context: BuildContext) -> Workspace:
    workspace = Workspace(
        tmp_path / "build", tmp_path / "log", tmp_path / "calls", Stopwatch(), Sandbox(context.host, tmp_path / "build")
    )
    workspace.source_root.mkdir(parents=True)
    return workspace


@pytest.fixture
def context(context: BuildContext, tmp_path: Path) -> BuildContext:
    """With a host that answers what the shell prints."""
    host = fake_host(tmp_path, Shelf(tmp_path), lambda request: (0, f"{request.argv[2]} in {request.cwd}\n", ""))
    host = replace(host, environ={"PATH": "/usr/bin", "HOME": "/home/one", "CFLAGS": "-O0"})
    return replace(context, host=host)


def with_options(context: BuildContext, **options: object) -> BuildContext:
    return replace(context, options=replace(context.options, **options))


class FakeRunner:
    def __init__(self, *, runs_programs: bool) -> None:
        self.answer = runs_programs

    def runs_programs(self, target: object) -> bool:
        return self.answer


@pytest.fixture(autouse=True)
def runner(monkeypatch: pytest.MonkeyPatch) -> FakeRunner:
    fake = FakeRunner(runs_programs=True)
    monkeypatch.setattr(module, "find_runner", lambda host, target, version=None: (fake, Support(available=True)))
    return fake


def hooks(
    context: BuildContext, source: Source, workspace: Workspace, native: NativeLibraries | None = None
) -> HookRunner:
    environment = BuildEnvironment(context.host, context.build_python, workspace.environment)
    tools = Wrappers(workspace.tools / "bin", workspace.calls)
    native = native or NativeLibraries(None, (), workspace.root / "maps")
    return make_hook_runner(
        context, source, PROJECT, workspace, environment, tools, workspace.source_root, native, BuildTools()
    )


# Wrappers


def test_headers_of_the_build_python_are_mapped_to_the_targets(context, workspace, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "include")
    context = replace(
        context,
        build_python=replace(context.build_python, include=link),
        target_python=replace(context.target_python, include=tmp_path / "target"),
    )
    settings = wrapper_settings(context, workspace, workspace.source_root)
    assert dict(settings.path_map) == {
        str(link): str(tmp_path / "target"), str(tmp_path / "include"): str(tmp_path / "target"),
    }  # fmt: skip
    assert f"-I{tmp_path / 'target'}" in settings.extra_compile


def test_the_build_machines_directories_are_removed_and_the_builds_are_kept(context, workspace, tmp_path):
    include = tmp_path / "opt/include/python3.13"
    context = replace(context, build_python=replace(context.build_python, include=include))
    settings = wrapper_settings(context, workspace, workspace.source_root)
    assert settings.removed_paths == (*SYSTEM_DIRECTORIES, str(tmp_path / "opt/include"))
    assert settings.kept_paths == (str(workspace.root), str(context.host.cache), str(workspace.source_root))


def test_no_path_of_the_build_gets_into_binaries(context, workspace):
    prefixes = (f"-ffile-prefix-map={workspace.root}=.", f"-ffile-prefix-map={context.host.cache}=.")
    assert wrapper_settings(context, workspace, workspace.source_root).extra_compile[:2] == prefixes


def test_the_users_flags_and_symbols_reach_the_wrappers(context, workspace):
    options = {"cflags": ("-DA",), "cxxflags": ("-DB",), "ldflags": ("-s",),
               "export_symbols": ("api",), "allow_undefined": ("no_*",)}  # fmt: skip
    settings = wrapper_settings(with_options(context, **options), workspace, workspace.source_root)
    assert settings.user_flags == UserFlags(("-DA",), ("-DB",), ("-s",))
    assert settings.exports == ("api",)
    assert settings.allowed_undefined == ("no_*",)


def test_links_search_the_directory_of_the_targets_python_library_if_there_is_one(context, workspace, tmp_path):
    assert wrapper_settings(context, workspace, workspace.source_root).extra_link == ()
    python = replace(context.target_python, library=tmp_path / "libs/libpython3.13.a")
    settings = wrapper_settings(replace(context, target_python=python), workspace, workspace.source_root)
    assert settings.extra_link == (f"-L{tmp_path / 'libs'}",)


def test_fortran_is_prepared_where_the_sources_have_it(context, workspace):
    context = with_options(context, fix_fortran_prototypes=True)
    assert wrapper_settings(context, workspace, workspace.source_root).fortran is None
    (workspace.source_root / "solve.f").write_text("      SUBROUTINE SOLVE(X)\n      END\n")
    settings = wrapper_settings(context, workspace, workspace.source_root)
    assert settings.fortran == FortranBuild(str(workspace.root / "fortran"), str(workspace.source_root), True)


# Scripts


def test_scripts_find_the_build_python_and_no_wrappers(context, source, workspace):
    context = with_options(context, environment={"A": "$HOME/a", "B": "$(pwd)"})
    tools = BuildTools((Path("/cache/bison/bin"),), {"M4": "/cache/bison/bin/m4"})
    env = script_environment(context, source, workspace, tools)
    assert env["PYTHON"] == "/usr/bin/python3"
    assert env["PATH"] == program_path("/cache/bison/bin")
    assert env["M4"] == "/cache/bison/bin/m4"
    assert env["VIRTUAL_ENV"] == str(workspace.environment)
    assert env["SOURCE_DATE_EPOCH"] == str(source.epoch)
    assert (env["A"], env["B"]) == (f"{workspace.root}/home/a", f"pwd in {workspace.root}")
    assert not {"CFLAGS", "CC"} & env.keys()


# The backend's environment variables


def test_the_backend_finds_wrappers_then_libraries_then_its_environment(context, source, workspace, tmp_path):
    native = NativeLibraries(Prefix(tmp_path / "prefix", (library("zlib"),)), ("pkgconf",), tmp_path / "maps")
    env = hooks(context, source, workspace, native).env
    tools = (workspace.tools / "bin", workspace.configuration / "bin")
    own = (*tools, tmp_path / "prefix/bin", workspace.environment / "bin")
    assert env["PATH"] == program_path(*own)
    assert env["MAKEFLAGS"] == f"-j{context.host.jobs}"
    assert env["VIRTUAL_ENV"] == str(workspace.environment)
    assert env["SOURCE_DATE_EPOCH"] == str(source.epoch)


def test_flags_for_the_build_machine_do_not_reach_the_backend(context, source, workspace):
    assert "-O0" not in hooks(context, source, workspace).env.values()


def test_variables_of_the_target_the_build_systems_and_the_user_in_rising_order(
    context, source, workspace, monkeypatch
):
    configuration = Configuration({"FROM_SYSTEM": "1", "BOTH": "system", "USED": "x"})
    monkeypatch.setattr(module, "configure", lambda site, backend: configuration)
    context = with_options(context, environment={"BOTH": "user", "MORE": "$USED/y", "RAN": "$(pwd)"})
    env = hooks(context, source, workspace).env
    assert (env["FROM_SYSTEM"], env["BOTH"], env["MORE"]) == ("1", "user", "x/y")
    assert env["RAN"] == f"pwd in {workspace.source_root}"


def test_the_backend_has_the_targets_own_variables(context, source, workspace, monkeypatch):
    monkeypatch.setattr(module, "configure", lambda site, backend: Configuration())
    context = replace(context, target=target_from_tag("macosx_11_0_arm64"))
    assert hooks(context, source, workspace).env["MACOSX_DEPLOYMENT_TARGET"] == "11.0"


def test_pythons_of_the_environment_report_the_target(context, source, workspace):
    env = hooks(context, source, workspace).env
    facts = json.loads((workspace.environment.parent / "config/cross-venv.json").read_text())
    tools = workspace.tools / "bin"
    assert facts["platform"] == context.target.platform
    compilers = {name: facts["config_vars"][name] for name in ("CC", "CXX", "AR", "LDSHARED", "LDCXXSHARED", "RANLIB")}
    assert compilers == {
        "CC": f"{tools}/cc", "CXX": f"{tools}/c++", "AR": f"{tools}/ar", "RANLIB": f"{tools}/ranlib",
        "LDSHARED": f"{tools}/cc -shared", "LDCXXSHARED": f"{tools}/c++ -shared",
    }  # fmt: skip
    assert env["CROSSWHEEL_DECLARED"] == str(workspace.declared_extensions)


def test_what_the_build_systems_are_configured_for(context, source, workspace, monkeypatch, tmp_path):
    calls: list[tuple[BuildSite, str]] = []
    monkeypatch.setattr(module, "configure", lambda *arguments: calls.append(arguments) or Configuration())
    native = NativeLibraries(Prefix(tmp_path / "prefix", ()), (), tmp_path / "maps")
    hooks(context, source, workspace, native)
    ((site, backend),) = calls
    assert backend == "some.backend"
    assert (site.target, site.python, site.compiler_id) == (context.target, context.target_python, "clang")
    assert (site.directory, site.root) == (workspace.configuration, workspace.root)
    assert (site.libraries, site.environment_bin) == (tmp_path / "prefix", workspace.environment / "bin")
    assert site.exe_wrapper == workspace.tools / "bin" / "crosswheel-run"


def test_a_wrapper_runs_programs_of_the_target_where_something_can(context, source, workspace, runner, monkeypatch):
    sites: list[BuildSite] = []
    monkeypatch.setattr(module, "configure", lambda site, backend: sites.append(site) or Configuration())
    hooks(context, source, workspace)
    runner.answer = False
    hooks(context, source, workspace)
    assert [site.exe_wrapper for site in sites] == [workspace.tools / "bin" / "crosswheel-run", None]


# Config settings


def test_config_settings_of_the_user_follow_those_for_the_target_and_replace_defaults(
    context, source, workspace, monkeypatch
):
    configuration = Configuration(
        config_settings={"setup-args": ("--cross",), "target-only": ("1",)},
        defaults={"build-dir": ("build",), "builddir": ("b",)},
    )
    monkeypatch.setattr(module, "configure", lambda site, backend: configuration)
    requested = {"setup-args": ("-Da=1", "-Db={project}/b"), "build-dir": ("{package}",), "user-only": ("#{project}",)}
    assert hooks(with_options(context, config_settings=requested), source, workspace).settings == {
        "setup-args": ("--cross", "-Da=1", f"-Db={workspace.source_root}/b"),
        "target-only": ("1",),
        "build-dir": (str(workspace.source_root),),
        "builddir": ("b",),
        "user-only": ("{project}",),
    }


def test_the_backend_of_the_project_runs_in_the_environment_and_the_sources(context, source, workspace):
    runner = hooks(context, source, workspace)
    assert (runner.backend, runner.backend_path) == ("some.backend", ("backends",))
    assert (runner.source, runner.python) == (workspace.source_root, workspace.environment / "bin/python")
    assert runner.log == workspace.log
