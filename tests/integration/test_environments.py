"""Real build environments for every build Python there is, and what their Pythons say when they pretend."""

from __future__ import annotations

import json
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from c_types import c_values

from crosswheel.environments.build_log import read_declared
from crosswheel.environments.cross_venv import CrossVenv
from crosswheel.environments.hooks import HookRunner
from crosswheel.environments.isolated import (
    BuildEnvironment,
    backend_environ,
    create_environment,
    use_current_environment,
)
from crosswheel.environments.packages import RequirementSource
from crosswheel.errors import BuildError, CrosswheelError, EnvironmentMissingError, SourceError
from crosswheel.host import Host, ProcessResult
from crosswheel.pythons.discovery import find_build_python
from crosswheel.pythons.model import BuildPython, TargetPython
from crosswheel.sealing import Sandbox
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.targets import PythonVersion, Target, find_target

pytestmark = pytest.mark.network

VERSIONS = (10, 11, 12, 13)
TARGETS = ("manylinux_2_31_riscv64", "manylinux_2_31_armv7l", "manylinux_2_17_s390x", "musllinux_1_2_aarch64")
REQUIRES = ("setuptools>=75", "wheel", "meson-python", "scikit-build-core", "hatchling", "pip", "numpy", "cython")


class AnyFloor:
    def minimum_version(self, architecture: str, libc: str) -> tuple[int, int]:
        return (2, 17) if libc == "glibc" else (1, 2)


def target(tag: str) -> Target:
    return find_target(tag, AnyFloor(), native="linux-x86_64")


def build_python(host: Host, minor: int) -> BuildPython:
    try:
        return find_build_python(host, PythonVersion(minor), install=False)
    except EnvironmentMissingError as error:
        pytest.skip(error.what)


def packages_of(host: Host) -> RequirementSource:
    index = IndexSettings.load(host.environ, {})
    return RequirementSource(index.uv_options(), index.uv_environ())


def facts_file(place: Path, tag: str, version: PythonVersion, **overrides: str) -> Path:
    where = target(tag)
    include = place / "include"
    include.mkdir(exist_ok=True)
    variables = {"EXT_SUFFIX": where.ext_suffix(version), "SOABI": where.soabi(version), "CC": "cc", "ANSWER": 42}
    python = TargetPython(
        where, version, f"{version.feature}.0", include, MappingProxyType(variables), "a test",
        c_values=c_values(where),
    )  # fmt: skip
    build = BuildPython(Path("/usr/bin/python3"), version, "", include, {})
    return CrossVenv(python, build, overrides).write(place / "cross_venv.json")


@pytest.fixture(scope="module", params=VERSIONS)
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> BuildEnvironment:
    host = Host.detect()
    python = build_python(host, request.param)
    place = tmp_path_factory.mktemp(f"python3{request.param}")
    return create_environment(host, python, place / "env", REQUIRES, place / "log", packages=packages_of(host))


def environ(environment: BuildEnvironment, facts: Path | None, **extra: str) -> dict[str, str]:
    told = {"CROSSWHEEL_CROSS_VENV": str(facts)} if facts else {}
    return backend_environ(
        Sandbox(environment.host, environment.directory.parent), path=environment.path,
        virtual_env=environment.directory, epoch=315532800, jobs=3,
        extra={**told, **extra},
    )  # fmt: skip


Run = Callable[..., ProcessResult]


@pytest.fixture
def run(environment: BuildEnvironment, tmp_path: Path) -> Run:
    def python(*arguments: str | Path, tag: str = TARGETS[0]) -> ProcessResult:
        told = facts_file(tmp_path, tag, environment.build_python.version)
        outcome = environment.host.run(environment.python, *arguments, cwd=tmp_path, env=environ(environment, told))
        assert outcome.ok, outcome.stderr
        return outcome

    return python


ASK = """
import importlib, json, os, platform, struct, sys, sysconfig, types
answers = {
    "uname": list(os.uname()), "machine": platform.machine(), "processor": platform.processor(),
    "platform_uname": platform.uname().machine, "bits": platform.architecture()[0], "libc": platform.libc_ver(),
    "platform": platform.platform(), "sysconfig": sysconfig.get_platform(),
    "suffix": sysconfig.get_config_var("EXT_SUFFIX"), "answer": sysconfig.get_config_vars("ANSWER", "NO_SUCH"),
    "include": sysconfig.get_path("include"), "platinclude": sysconfig.get_paths()["platinclude"],
    "header": sysconfig.get_config_h_filename(), "purelib": sysconfig.get_path("purelib"),
    "template": sysconfig.get_paths(vars={"base": "", "platbase": "", "installed_base": ""})["include"],
    "data": importlib.import_module(sysconfig._get_sysconfigdata_name()).build_time_vars["SOABI"],
    "pointer": [struct.calcsize("P"), struct.calcsize("@P"), struct.calcsize("l")], "maxsize": sys.maxsize,
    "order": sys.byteorder,
    "modules": all(isinstance(module, types.ModuleType) for module in (os, sys)),
    "plain": type(importlib.import_module("colorsys")) is types.ModuleType,
    "confstr": os.confstr("CS_GNU_LIBC_VERSION"),
}
from packaging.tags import platform_tags, sys_tags
answers["tags"] = list(platform_tags())
answers["best"] = str(next(iter(sys_tags())))
from packaging.markers import default_environment
answers["marker"] = default_environment()["platform_machine"]
import setuptools, distutils.sysconfig, distutils.util
from setuptools.command.bdist_wheel import get_platform
answers["setuptools"] = [distutils.util.get_platform(), distutils.sysconfig.get_python_inc(),
    distutils.sysconfig.get_config_var("EXT_SUFFIX"), get_platform(None)]
import mesonpy._tags, scikit_build_core.builder.wheel_tag as skb
answers["mesonpy"] = str(mesonpy._tags.Tag())
answers["skbuild"] = str(skb.WheelTag.compute_best([]))
print(json.dumps(answers))
"""


@pytest.mark.parametrize("tag", TARGETS)
def test_every_question_is_answered_for_the_target(
    environment: BuildEnvironment, run: Run, tmp_path: Path, tag: str
) -> None:
    told = json.loads(run("-c", ASK, tag=tag).stdout)
    where, version = target(tag), environment.build_python.version
    arch = where.architecture
    assert told["uname"][4] == told["machine"] == told["processor"] == told["platform_uname"] == arch.machine
    assert told["marker"] == arch.machine
    assert told["bits"] == f"{arch.bits}bit"
    assert told["libc"] == (list(where.libc_version) if where.libc.name == "glibc" else ["", ""])
    assert arch.machine in told["platform"]
    assert told["sysconfig"] == where.platform
    assert told["suffix"] == where.ext_suffix(version)
    assert told["answer"] == [42, None]
    assert told["include"] == told["platinclude"] == str(tmp_path / "include")
    assert told["header"] == str(tmp_path / "include" / "pyconfig.h")
    assert told["purelib"] == str(environment.site_packages)
    assert told["template"].startswith("/include/python3")
    assert told["data"] == where.soabi(version)
    assert told["pointer"] == [arch.pointer_size] * 3
    assert told["maxsize"] == 2 ** (arch.bits - 1) - 1
    assert told["order"] == arch.endian
    assert told["modules"], "modules are no longer modules"
    assert told["plain"], "other modules have become like sys"
    assert told["confstr"] == (f"glibc {told['libc'][1]}" if where.libc.name == "glibc" else None)
    assert told["tags"] == list(where.platform_tags())
    assert told["best"] == f"{version.interpreter}-{version.abi}-{where.tag}"
    plain = f"linux_{arch.machine}"
    assert told["setuptools"] == [where.platform, str(tmp_path / "include"), where.ext_suffix(version), plain]
    assert told["mesonpy"] == told["skbuild"] == f"{version.interpreter}-{version.abi}-{plain}"


TRUTH = "import os, platform, sys, sysconfig; print(platform.machine(), sysconfig.get_platform(), sys.maxsize)"


@pytest.fixture
def beside(environment: BuildEnvironment) -> Iterator[Path]:
    """The environment's own facts, of a 32-bit target, where builds write them."""
    python = environment.build_python
    directory = environment.directory.parent / "config"
    directory.mkdir()
    facts = facts_file(directory, "manylinux_2_31_armv7l", python.version)
    yield facts.rename(directory / "cross-venv.json")
    shutil.rmtree(directory)


@pytest.mark.parametrize("options", [(), ("-I",), ("-E",), ("-s",), ("-IB", "-X", "utf8")])
@pytest.mark.parametrize("clean", [{}, {"PATH": "/usr/bin:/bin"}])
@pytest.mark.usefixtures("beside")
def test_children_in_clean_environments_report_the_target(
    environment: BuildEnvironment, tmp_path: Path, options: tuple[str, ...], clean: dict[str, str]
) -> None:
    """Whoever starts the environment's Python, as projects' scripts do for their generators."""
    host, python = environment.host, environment.python
    started = host.run(python, *options, "-c", TRUTH, cwd=tmp_path, env=clean)
    assert started.stdout.split() == ["armv7l", "linux-armv7l", str(2**31 - 1)], started.stderr
    link = tmp_path / "other-python"
    link.symlink_to(python.resolve())
    other = host.run(link, *options, "-c", TRUTH, cwd=tmp_path, env=clean)
    assert other.stdout.split() == ["x86_64", "linux-x86_64", str(sys.maxsize)], "not of the environment"


@pytest.mark.usefixtures("beside")
def test_the_build_machines_own_programs_are_not_affected(environment: BuildEnvironment, tmp_path: Path) -> None:
    """Those that install something for the environment, and an environment that a backend creates."""
    host, python = environment.host, environment.python
    native = [platform.machine(), f"linux-{platform.machine()}", str(sys.maxsize)]
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    tags = host.run(python, "-Im", "pip", "debug", "--verbose", cwd=tmp_path, env=clean).stdout
    assert platform.machine() in tags
    assert "armv7l" not in tags
    made = host.run(python, "-I", "-m", "venv", "--without-pip", tmp_path / "made", cwd=tmp_path, env=clean)
    assert made.ok, made.stderr
    assert host.run(tmp_path / "made/bin/python", "-c", TRUTH, cwd=tmp_path, env=clean).stdout.split() == native
    off = host.run(python, "-c", TRUTH, cwd=tmp_path, env={**clean, "CROSSWHEEL_CROSS_VENV": ""})
    assert off.stdout.split() == native
    uv = host.program("uv")
    assert uv is not None
    source = packages_of(host)
    env = {**clean, **source.env, "UV_CACHE_DIR": str(tmp_path / "uv")}
    outcome = host.run(
        uv, "pip", "install", "--no-config", *source.options, "--target", tmp_path / "there", "--python", python,
        "markupsafe==3.0.2", cwd=tmp_path, env=env,
    )  # fmt: skip
    assert outcome.ok, outcome.stderr
    assert list((tmp_path / "there" / "markupsafe").glob("_speedups*x86_64*.so"))


SYSTEM = """
import json, sys, os, setuptools, importlib.util
from packaging.markers import default_environment, Marker
told = {"project": sys.platform, "marker": default_environment()["sys_platform"],
        "evaluated": Marker("sys_platform == 'emscripten'").evaluate()}
told["installed"] = importlib.util.module_from_spec(importlib.util.find_spec("probe_of_platform"))
importlib.util.find_spec("probe_of_platform").loader.exec_module(told["installed"])
told["installed"] = told["installed"].PLATFORM
print(json.dumps(told))
"""


def test_only_the_project_and_its_markers_are_told_another_system(environment: BuildEnvironment, run: Run) -> None:
    """What is installed here chooses its own code by ``sys.platform``; a project means its target's."""
    probe = environment.site_packages / "probe_of_platform.py"
    probe.write_text("import sys\nPLATFORM = sys.platform\n")
    told = json.loads(run("-c", SYSTEM, tag="pyodide_2025_0_wasm32").stdout)
    assert told == {"project": "emscripten", "marker": "emscripten", "evaluated": True, "installed": "linux"}


WINDOWS = """
import json, os, platform, struct, sys, sysconfig, setuptools
from packaging.markers import default_environment
from setuptools.command import build_ext
marker = default_environment()
print(json.dumps({"names": [sys.platform, os.name, platform.system()], "paths": [os.sep, os.path.join("a", "b")],
    "markers": [marker["sys_platform"], marker["os_name"], marker["platform_system"], marker["platform_machine"]],
    "long": struct.calcsize("l"), "pointer": struct.calcsize("P"), "platform": sysconfig.get_platform(),
    "version": sys.version,
    "stable": build_ext.get_abi3_suffix(), "compiler": setuptools._distutils.ccompiler.get_default_compiler()}))
"""


def test_a_project_for_windows_is_told_so_and_nobody_else_is(environment: BuildEnvironment, run: Run) -> None:
    """``os`` works as before: only its name is told; setuptools keeps the compilers of Unix."""
    told = json.loads(run("-c", WINDOWS, tag="win_amd64").stdout)
    assert told["names"] == ["win32", "nt", "Windows"]
    assert told["version"].endswith(" 64 bit (AMD64)]")  # greenlet chooses an object file by that
    assert told["markers"] == ["win32", "nt", "Windows", "AMD64"]
    assert told["paths"] == ["/", "a/b"]
    assert (told["long"], told["pointer"]) == (4, 8)
    assert (told["platform"], told["stable"], told["compiler"]) == ("win-amd64", ".pyd", "unix")


STANDARD_LIBRARY = """
import asyncio, concurrent.futures, ctypes, ctypes.util, importlib.machinery, multiprocessing, sqlite3, ssl, subprocess
import sys, sysconfig, tempfile, uuid, zoneinfo, decimal, array, pickle, venv
def double(number):
    return 2 * number
if __name__ == "__main__":
    assert ctypes.sizeof(ctypes.c_void_p) == (8 if sys.maxsize > 2**32 else 4)
    assert ctypes.CDLL(ctypes.util.find_library("c")).abs(-3) == 3
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(double, [1, 2]) == [2, 4]
    assert sqlite3.connect(":memory:").execute("select 1 + 1").fetchone() == (2,)
    assert ssl.create_default_context().verify_mode == ssl.CERT_REQUIRED
    assert asyncio.run(asyncio.sleep(0, "slept")) == "slept"
    assert subprocess.check_output([sys.executable, "-c", "print(1)"]) == b"1\\n"
    with tempfile.TemporaryDirectory() as place:
        venv.create(place, symlinks=True)
    assert array.array("l", [1]).itemsize == ctypes.sizeof(ctypes.c_long)
    assert pickle.loads(pickle.dumps(2**40)) == 2**40
    assert uuid.uuid1().version == 1
    native = importlib.import_module("_imp").extension_suffixes()
    assert all("x86_64" in s or s in (".abi3.so", ".so") for s in native)
    assert importlib.machinery.EXTENSION_SUFFIXES[0] != native[0], "what the project's extensions are called"
    import Cython.Compiler.Scanning, numpy
    assert Cython.Compiler.Scanning.__file__.endswith(native[0])
    assert numpy.arange(5, dtype="<i8").sum() == 10
    assert numpy.dtype(numpy.intp).itemsize == 8
    print("all well")
"""


@pytest.mark.parametrize("tag", ["manylinux_2_31_armv7l", "manylinux_2_17_s390x"])
def test_the_standard_library_and_build_side_extensions_work(run: Run, tmp_path: Path, tag: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(STANDARD_LIBRARY)
    assert run(script, tag=tag).stdout == "all well\n"


def test_pip_and_uv_install_for_this_machine(environment: BuildEnvironment, run: Run, tmp_path: Path) -> None:
    told = facts_file(tmp_path, TARGETS[0], environment.build_python.version)
    tags = run("-m", "pip", "debug", "--verbose").stdout
    assert "x86_64" in tags
    assert "riscv64" not in tags
    uv = environment.host.program("uv")
    assert uv is not None
    source = packages_of(environment.host)
    outcome = environment.host.run(
        uv, "pip", "install", "--no-config", *source.options, "--target", tmp_path / "there", "--python",
        environment.python, "markupsafe==3.0.2", cwd=tmp_path,
        env={**environ(environment, told), **source.env, "UV_CACHE_DIR": str(tmp_path / "uv")},
    )  # fmt: skip
    assert outcome.ok, outcome.stderr
    assert list((tmp_path / "there" / "markupsafe").glob("_speedups*x86_64*.so"))


def test_meson_asks_for_this_machine(environment: BuildEnvironment, run: Run) -> None:
    said = run("-c", "from mesonbuild.envconfig import detect_cpu_family as f; print(f({}))", tag=TARGETS[1]).stdout
    assert said == "x86_64\n"


SETUP = """
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
names = {names!r}
setup(name="many", version="1.0", ext_modules=[
    Extension(name, [f"{{name}}.c", f"{{name}}_more.c"], optional=name == "broken") for name in names])
"""
MODULE = """
#include <Python.h>
int {name}_more(void);
static struct PyModuleDef def = {{PyModuleDef_HEAD_INIT, "{name}", 0, 0, 0, 0, 0, 0, 0}};
PyMODINIT_FUNC PyInit_{name}(void) {{ {name}_more(); {broken} return PyModule_Create(&def); }}
"""


@pytest.fixture
def native(environment: BuildEnvironment, tmp_path: Path) -> Iterator[Callable[..., HookRunner]]:
    """Hooks that pretend this very machine, with its own compiler: what is tried is the hook, not a toolchain."""
    if environment.host.program("gcc") is None:
        pytest.skip("no gcc")
    python = environment.build_python
    where = target("manylinux_2_17_x86_64")
    variables = dict(python.config_vars)
    told = TargetPython(
        where, python.version, python.full_version, python.include, variables, "this machine", c_values=c_values(where)
    )
    facts = CrossVenv(told, python, {}).write(tmp_path / "native.json")

    def hooks(source: Path, **settings: tuple[str, ...]) -> HookRunner:
        env = environ(environment, facts, CROSSWHEEL_DECLARED=str(tmp_path / "declared.jsonl"), CC="gcc")
        return HookRunner(
            Sandbox(environment.host, tmp_path), source, environment.python, "setuptools.build_meta:__legacy__", (),
            env, tmp_path / "build.log", settings,
        )  # fmt: skip

    yield hooks


def project(place: Path, *names: str) -> Path:
    source = place / "project"
    source.mkdir()
    (source / "setup.py").write_text(SETUP.format(names=names))
    for name in names:
        broken = "this is not C;" if name == "broken" else ""
        (source / f"{name}.c").write_text(MODULE.format(name=name, broken=broken))
        (source / f"{name}_more.c").write_text(f"int {name}_more(void) {{ return 1; }}\n")
    return source


def test_extensions_built_side_by_side_are_all_there(native: Callable[..., HookRunner], tmp_path: Path) -> None:
    import zipfile

    hooks = native(project(tmp_path, *"abcde"))
    (tmp_path / "out").mkdir()
    assert hooks.requirements() == ()
    wheel = hooks.build_wheel(tmp_path / "out")
    modules = {name.partition(".")[0] for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".so")}
    assert modules == set("abcde") == read_declared(tmp_path / "declared.jsonl").names


def test_an_optional_extension_that_fails_is_on_record(native: Callable[..., HookRunner], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    native(project(tmp_path, "a", "broken")).build_wheel(tmp_path / "out")
    found = read_declared(tmp_path / "declared.jsonl")
    assert found.names == {"a", "broken"}
    assert found.optional == {"broken"}
    assert "broken" in found.failures


def test_the_first_real_error_is_told(native: Callable[..., HookRunner], tmp_path: Path) -> None:
    source = project(tmp_path, "a")
    (source / "a_more.c").write_text("#include <H5nowhere.h>\n")
    (tmp_path / "out").mkdir()
    with pytest.raises(BuildError) as caught:
        native(source).build_wheel(tmp_path / "out")
    assert caught.value.what == "header H5nowhere.h not found: the package requires hdf5 for the target"
    assert caught.value.log == tmp_path / "build.log"


@pytest.mark.parametrize("setuptools", ["setuptools==68.2.2", "setuptools==75.8.2", "setuptools==80.9.0"])
def test_older_setuptools(host: Host, tmp_path: Path, setuptools: str) -> None:
    python = build_python(host, 11)
    environment = create_environment(
        host, python, tmp_path / "env", (setuptools, "wheel"), tmp_path / "log", packages=packages_of(host)
    )
    source = project(tmp_path, "a", "b")
    told = facts_file(tmp_path, "manylinux_2_31_armv7l", python.version)
    # A "compiler" that makes empty files: the object files and modules only have to be asked for.
    fake = tmp_path / "cc"
    fake.write_text('#!/bin/sh\necho "$@" >>"$CALLS"\nwhile [ $# -gt 1 ]; do [ "$1" = -o ] && : >"$2"; shift; done\n')
    fake.chmod(0o755)
    env = environ(
        environment, told, CC=str(fake), LDSHARED=f"{fake} -shared", CALLS=str(tmp_path / "calls"),
        CROSSWHEEL_DECLARED=str(tmp_path / "declared.jsonl"),
    )  # fmt: skip
    hooks = HookRunner(
        Sandbox(host, tmp_path),
        source,
        environment.python,
        "setuptools.build_meta:__legacy__",
        (),
        env,
        tmp_path / "build.log",
        {},
    )
    (tmp_path / "out").mkdir()
    assert set(hooks.requirements()) <= {"wheel"}
    assert hooks.build_wheel(tmp_path / "out").name == "many-1.0-cp311-cp311-linux_armv7l.whl"
    assert read_declared(tmp_path / "declared.jsonl").names == {"a", "b"}
    calls = (tmp_path / "calls").read_text()
    assert f"-I{tmp_path}/include" in calls
    assert f"-I{python.include} " not in calls


def test_setup_requires_are_asked_for_and_not_fetched_as_eggs(
    host: Host, packages: Path, tmp_path: Path, environment: BuildEnvironment
) -> None:
    source = tmp_path / "legacy"
    source.mkdir()
    for file in (packages / "legacy").iterdir():
        (source / file.name).write_bytes(file.read_bytes())
    told = facts_file(tmp_path, TARGETS[0], environment.build_python.version)
    hooks = HookRunner(
        Sandbox(host, tmp_path), source, environment.python, "setuptools.build_meta:__legacy__", (),
        environ(environment, told), tmp_path / "build.log", {},
    )  # fmt: skip
    assert "iniconfig" in hooks.requirements()
    assert not [*source.glob("*.egg"), *source.glob(".eggs")]


def test_environments_are_kept_and_not_shared(host: Host, tmp_path: Path) -> None:
    python = build_python(host, 13)
    source = packages_of(host)
    one = create_environment(host, python, tmp_path / "one", ["iniconfig==2.0.0"], tmp_path / "log", packages=source)
    more = one.install(["pluggy==1.5.0"], tmp_path / "log")
    assert more.directory == one.directory
    assert more.install(["iniconfig==2.0.0"], tmp_path / "log") is more
    two = create_environment(host, python, tmp_path / "two", ["iniconfig==2.0.0"], tmp_path / "log", packages=source)
    assert (more.site_packages / "pluggy").is_dir()
    assert not (two.site_packages / "pluggy").exists()
    ask = "import iniconfig, sys; print(sys.prefix, iniconfig.__file__, iniconfig.__cached__)"
    for environment in (more, two):
        said = host.run(environment.python, "-c", ask, cwd=tmp_path).stdout.split()
        assert said[0] == str(environment.directory)
        assert all(word.startswith(said[0]) for word in said)
        assert Path(said[2]).is_file()  # nobody has to compile it again


def test_programs_of_packages_run_in_their_own_environment(environment: BuildEnvironment, tmp_path: Path) -> None:
    (tmp_path / "x.pyx").write_text("x = 1\n")
    outcome = environment.host.run("cython", "x.pyx", cwd=tmp_path, env=environ(environment, None))
    assert outcome.ok, outcome.stderr
    head = (environment.bin / "cython").read_text("utf-8", "replace")
    assert str(environment.host.cache) not in head


@pytest.mark.parametrize(
    ("requirement", "kind", "said"),
    [
        ("no-such-project-of-crosswheel-tests>=1", SourceError, "'no-such-project-of-crosswheel-tests>=1'"),
        ("iniconfig==99", SourceError, "'iniconfig==99'"),
    ],
)
def test_requirements_that_cannot_be_had(
    host: Host, tmp_path: Path, requirement: str, kind: type[CrosswheelError], said: str
) -> None:
    python = build_python(host, 13)
    wanted = ["setuptools", requirement]
    with pytest.raises(kind) as caught:
        create_environment(host, python, tmp_path / "env", wanted, tmp_path / "log", packages=packages_of(host))
    assert said in caught.value.what
    assert caught.value.log == tmp_path / "log"
    assert requirement in (tmp_path / "log").read_text()
    assert not (tmp_path / "env").exists()


def test_without_isolation_everything_installed_is_seen_and_nothing_written(host: Host, tmp_path: Path) -> None:
    python = build_python(host, 13)
    activated = create_environment(
        host, python, tmp_path / "mine", ["iniconfig"], tmp_path / "log", packages=packages_of(host)
    )
    before = sorted(path.name for path in activated.site_packages.iterdir())
    mine = replace(host, environ={**host.environ, "VIRTUAL_ENV": str(activated.directory)})
    overlay = use_current_environment(mine, python, tmp_path / "overlay", ())
    told = facts_file(tmp_path, "manylinux_2_31_armv7l", python.version)
    ask = "import iniconfig, platform; print(iniconfig.__file__, platform.machine())"
    said = host.run(overlay.python, "-c", ask, cwd=tmp_path, env=environ(overlay, told)).stdout.split()
    assert said == [str(activated.site_packages / "iniconfig" / "__init__.py"), "armv7l"]
    assert sorted(path.name for path in activated.site_packages.iterdir() if path.name != "__pycache__") == before
    assert overlay.path == (overlay.directory / "bin", activated.directory / "bin")
