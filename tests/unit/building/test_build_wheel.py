"""The steps of building one wheel: their order, and what each gets of those before it.

Scripts, hooks of the backend and the cache are the real ones, run by a runner that only acts as if. What would start
uv or a server for wrappers, and what has tests of its own, is replaced.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from fake_hosts import Shelf, fake_host, tarball

from crosswheel.build_systems import Configuration
from crosswheel.building import backend_setup, wheel_cache
from crosswheel.building import build_wheel as module
from crosswheel.building.build_wheel import build_wheel
from crosswheel.building.context import BuildContext
from crosswheel.building.target_requirements import TargetOverlays
from crosswheel.building.wheel_cache import BuiltWheel, WheelCache
from crosswheel.building.workspace import Stopwatch, Workspace
from crosswheel.environments.isolated import BuildEnvironment
from crosswheel.environments.packages import RequirementSource
from crosswheel.errors import BuildError
from crosswheel.host import ProcessRequest
from crosswheel.sealing import Sandbox
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.sources.model import Source
from crosswheel.toolchains.model import CallSettings, OverlaidEnvironment
from crosswheel.toolchains.wrappers import Wrappers
from crosswheel.wheels.archive import WheelName, pack_wheel, read_wheel

NAME = "demo-1.0-cp313-cp313-linux_riscv64.whl"
INFO = "demo-1.0.dist-info"
PYPROJECT = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
PACKAGES = RequirementSource(("--from", "here"))
OVERLAID = OverlaidEnvironment(("env",), "overlays")
ENV = re.compile(r"env -0 >(\S+)$")


@dataclass
class FakeBuild:
    """Acts as the programs of a build, and records what happens in order.

    :param script_variables: set by a script that contains a key.
    :param failing: a word of the script or command that fails.
    """

    workspace: Workspace
    events: list[str] = field(default_factory=list)
    environs: dict[str, Mapping[str, str]] = field(default_factory=dict)
    directories: dict[str, Path] = field(default_factory=dict)
    created: list[tuple[Path, tuple[str, ...], RequirementSource | None]] = field(default_factory=list)
    settings: list[CallSettings] = field(default_factory=list)
    audited: list[tuple[frozenset[str], object]] = field(default_factory=list)
    script_variables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    overlays: TargetOverlays = TargetOverlays(OVERLAID)  # noqa: RUF009  # frozen
    backend_requires: Sequence[str] = ("cython",)
    failing: str = "nothing"

    def record(self, event: str, env: Mapping[str, str], cwd: Path) -> None:
        self.events.append(event)
        self.environs[event] = env
        self.directories[event] = cwd

    def answer(self, request: ProcessRequest) -> tuple[int, str, str]:
        if request.log:
            request.log.touch()
        if request.argv[0] == "bash":
            return self.run_script(request)
        if request.argv[0] == "/bin/sh":
            self.record(f"command {request.argv[2]}", request.env, request.cwd)
            return int(self.failing in request.argv[2]), "", ""
        hook, directory = request.argv[-2:]
        return self.call_hook(hook, Path(directory), request)

    def run_script(self, request: ProcessRequest) -> tuple[int, str, str]:
        script, _, last = request.argv[2].rpartition("\n")
        self.record(f"script {script}", request.env, request.cwd)
        (request.cwd / f"ran-{script}").touch()
        after = {**request.env, **self.script_variables.get(script, {})}
        match = ENV.match(last)
        assert match
        Path(match[1]).write_text("".join(f"{name}={value}\0" for name, value in after.items()))
        return int(self.failing in script), "", ""

    def call_hook(self, hook: str, directory: Path, request: ProcessRequest) -> tuple[int, str, str]:
        """Do what pyproject_hooks' own script does: read its arguments, write what the hook returns."""
        arguments = json.loads((directory / "input.json").read_text())["kwargs"]
        self.record(f"hook {hook}", request.env, request.cwd)
        result: object = self.backend_requires
        if hook == "build_wheel":
            self.workspace.declared_extensions.write_text(
                json.dumps({"event": "declared", "name": "demo._core", "sources": ["a.c"], "optional": False})
            )
            result = backend_wheel(Path(arguments["wheel_directory"])).name
        (directory / "output.json").write_text(json.dumps({"return_val": result}))
        return int(hook == self.failing), "", ""

    # What is replaced

    def create_build_env(
        self, context: BuildContext, project: object, packages: RequirementSource, workspace: Workspace
    ) -> BuildEnvironment:
        self.events.append("environment")
        pins = ("setuptools==80.0",)
        return BuildEnvironment(
            context.host, context.build_python, workspace.environment, packages, ("setuptools",), pins
        )

    def install_backend_requires(
        self, environment: BuildEnvironment, requirements: tuple[str, ...], workspace: Workspace
    ) -> BuildEnvironment:
        self.events.append(f"install {' '.join(requirements)}")
        return replace(
            environment,
            requirements=(*environment.requirements, *requirements),
            pins=(*environment.pins, *(f"{name}==3.1" for name in requirements)),
        )

    def create_environment(
        self, host: object, python: object, directory: Path, requirements: tuple[str, ...], log: Path,
        *, packages: RequirementSource | None = None, writable: bool = False,
    ) -> SimpleNamespace:  # fmt: skip
        assert writable
        self.events.append(f"create {directory.name}")
        self.created.append((directory, requirements, packages))
        return SimpleNamespace(bin=directory / "bin", directory=directory)

    @contextlib.contextmanager
    def run_wrappers(
        self,
        host: object,
        toolchain: object,
        settings: CallSettings,
        directory: Path,
        log: Path,
        paths: object,
        programs: object,
        exec_hook: bool,
    ) -> Iterator[Wrappers]:
        self.events.append("wrappers start")
        self.settings.append(settings)
        yield FakeWrappers(directory / "bin", log, self)  # type: ignore[arg-type]
        self.events.append("wrappers stop")

    def resolve_overlays(
        self, context: BuildContext, environment: BuildEnvironment, directory: Path, build_dependency: object
    ) -> TargetOverlays:
        assert build_dependency is build_source
        assert directory == self.workspace.overlays
        self.events.append(f"overlays of {' '.join(environment.requirements)}")
        return self.overlays

    def repair_and_audit(
        self, context: BuildContext, source: Source, raw: Path, declared: frozenset[str], workspace: Workspace,
        native_libraries: object,
    ) -> SimpleNamespace:  # fmt: skip
        self.events.append("repair and audit")
        self.audited.append((declared, native_libraries))
        return SimpleNamespace(path=raw.rename(workspace.finished / raw.name), pure=False)


class FakeWrappers(Wrappers):
    """Wrappers that no server answers for; the server's place has the record."""

    def update_settings(self, settings: CallSettings) -> None:
        assert isinstance(self.server, FakeBuild)
        self.server.events.append("wrappers updated")
        self.server.settings.append(settings)


def build_source(context: BuildContext, source: Source) -> None:
    raise AssertionError("no requirement has to be built")


def backend_wheel(directory: Path) -> Path:
    files = {
        "demo/__init__.py": b"",
        "demo/tests/test_demo.py": b"",
        "demo/tests/data.txt": b"",
        f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp313-cp313-linux_riscv64\n",
    }
    return pack_wheel(files, {}, WheelName.parse(NAME), directory, 1 << 30)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(
        tmp_path / "build",
        tmp_path / "build.log",
        tmp_path / "calls.log",
        Stopwatch(),
        Sandbox(fake_host(tmp_path, Shelf(tmp_path)), tmp_path / "build"),
    )
    for directory in (workspace.raw, workspace.finished):
        directory.mkdir(parents=True)
    return workspace


@pytest.fixture
def programs(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> FakeBuild:
    fake = FakeBuild(workspace)
    for name in (
        "create_build_env", "install_backend_requires", "create_environment", "run_wrappers", "resolve_overlays",
    ):  # fmt: skip
        monkeypatch.setattr(module, name, getattr(fake, name))
    monkeypatch.setattr("crosswheel.building.repair_and_audit.repair_and_audit", fake.repair_and_audit)
    monkeypatch.setattr(module, "preload", lambda *modules: None)
    monkeypatch.setattr(backend_setup, "configure", lambda site, backend: Configuration({"CC": site.tools["cc"]}))
    return fake


@pytest.fixture
def context(context: BuildContext, programs: FakeBuild, tmp_path: Path) -> BuildContext:
    host = fake_host(tmp_path, Shelf(tmp_path), programs.answer, {"PATH": "/usr/bin"})
    return replace(context, host=host)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return source_of(tmp_path, PYPROJECT)


def source_of(directory: Path, pyproject: str) -> Source:
    archive = directory / "demo-1.0.tar.gz"
    archive.write_bytes(tarball({"demo-1.0/pyproject.toml": pyproject.encode()}))
    return Source("demo-1.0", archive, "ab" * 32, "https://example.org/demo", 1 << 30)


def tree(workspace: Workspace) -> Path:
    """Where the source is unpacked: the top directory of the archive."""
    return workspace.source_root / "demo-1.0"


def build(context: BuildContext, source: Source, workspace: Workspace, **options: object) -> BuiltWheel:
    context = replace(context, options=replace(context.options, **options))
    workspace = replace(workspace, sandbox=Sandbox(context.host, workspace.root))
    return build_wheel(context, source, WheelCache(context, source, PACKAGES), workspace, build_source)


def test_the_steps_in_order(context, source, workspace, programs):
    scripts = {"prepare": "PREPARE", "before_backend": "BACKEND", "before_build": ("make",), "after_build": "AFTER"}
    build(context, source, workspace, **scripts)
    assert programs.events == [
        "script PREPARE",
        "environment",
        "wrappers start",
        "script BACKEND",
        "create before-build",
        "command make",
        "hook get_requires_for_build_wheel",
        "install cython",
        "overlays of setuptools cython",
        "wrappers updated",
        "hook build_wheel",
        "wrappers stop",
        "script AFTER",
        "repair and audit",
    ]
    assert list(workspace.clock.seconds) == [
        "source", "environment", "libraries", "before-build", "overlays", "build", "store",
    ]  # fmt: skip


def test_steps_that_are_not_requested_do_not_run(context, source, workspace, programs):
    build(context, source, workspace)
    assert programs.events == [
        "environment",
        "wrappers start",
        "hook get_requires_for_build_wheel",
        "install cython",
        "overlays of setuptools cython",
        "wrappers updated",
        "hook build_wheel",
        "wrappers stop",
        "repair and audit",
    ]
    assert "before-build" not in workspace.clock.seconds


def test_where_each_runs(context, source, workspace, programs):
    scripts = {"prepare": "PREPARE", "before_backend": "BACKEND", "before_build": ("make",), "after_build": "AFTER"}
    built = build(context, source, workspace, **scripts)
    in_sources = {"script PREPARE", "script BACKEND", "command make", "hook build_wheel"}
    assert {programs.directories[event] for event in in_sources} == {tree(workspace)}
    assert (tree(workspace) / "ran-PREPARE").exists()
    assert "ran-AFTER" in read_wheel(built.wheel).files


def test_the_wheel_is_built_with_the_wrappers(context, source, workspace, programs):
    build(context, source, workspace)
    for event in ("hook get_requires_for_build_wheel", "hook build_wheel"):
        env = programs.environs[event]
        assert env["CC"] == str(workspace.tools / "bin/cc")
        assert env["PATH"].split(":")[:2] == [str(workspace.tools / "bin"), str(workspace.environment / "bin")]


def test_what_before_backend_sets_holds_for_everything_after_it_in_the_environment(
    context, source, workspace, programs, tmp_path
):
    programs.script_variables = {"BACKEND": {"SET": "by script", "SHLVL": "1"}, "PREPARE": {"PREPARED": "1"}}
    scripts = {"prepare": "PREPARE", "before_backend": "BACKEND", "before_build": ("make",), "after_build": "AFTER"}
    build(context, source, workspace, **scripts, recipe_directory=tmp_path, environment={"MINE": "1"})
    for event in ("command make", "hook get_requires_for_build_wheel", "hook build_wheel"):
        env = programs.environs[event]
        assert (env["SET"], env["MINE"]) == ("by script", "1")
        assert not {"RECIPE_DIRECTORY", "SOURCE_DIRECTORY", "PREPARED", "SHLVL"} & env.keys()
    for event in ("script PREPARE", "script BACKEND", "script AFTER"):
        env = programs.environs[event]
        assert (env["RECIPE_DIRECTORY"], env["SOURCE_DIRECTORY"]) == (str(tmp_path), str(tree(workspace)))
        assert env["MINE"] == "1"
    for event in ("script PREPARE", "script AFTER"):  # these do not compile
        env = programs.environs[event]
        assert not {"CC", "SET", "CROSSWHEEL_CROSS_VENV"} & env.keys()
        assert str(workspace.tools) not in env["PATH"]


def test_before_build_has_an_environment_of_its_own(context, source, workspace, programs):
    context = replace(context, index=IndexSettings.load({"PIP_INDEX_URL": "https://example.org/simple/"}, {}))
    build(context, source, workspace, before_build=("make {package}", "second"))
    directory = workspace.root / "before-build"
    assert programs.created == [(directory, ("pip",), PACKAGES)]
    for command in (f"make {tree(workspace)}", "second"):
        env = programs.environs[f"command {command}"]
        assert env["PATH"].split(":")[:2] == [str(directory / "bin"), str(workspace.tools / "bin")]
        assert env["VIRTUAL_ENV"] == str(directory)
        assert env["PIP_INDEX_URL"] == "https://example.org/simple/"
        assert env["CC"] == str(workspace.tools / "bin/cc")
    env = programs.environs["hook build_wheel"]
    assert env["VIRTUAL_ENV"] == str(workspace.environment)
    assert "PIP_INDEX_URL" not in env


def test_without_isolation_before_build_runs_in_the_environment_of_the_build(context, source, workspace, programs):
    build(context, source, workspace, before_build=("make",), isolation=False)
    assert programs.created == []
    env = programs.environs["hook build_wheel"]
    hook_variable = {name for name in env if name.startswith("_PYPROJECT_HOOKS")}
    assert programs.environs["command make"] == {name: env[name] for name in env.keys() - hook_variable}


def test_the_wrappers_know_overlays_before_the_wheel_is_built(context, source, workspace, programs):
    build(context, source, workspace, cflags=("-DX",))
    first, updated = programs.settings
    assert first.overlays is None
    assert first.user_flags.compile_args == ("-DX",)
    assert updated == replace(first, overlays=OVERLAID)


def test_the_audit_gets_what_was_declared_and_the_libraries(context, source, workspace, programs):
    build(context, source, workspace)
    ((declared, native_libraries),) = programs.audited
    assert declared == {"demo._core"}
    assert native_libraries.prefix is None


def test_the_wheel_is_stored_with_all_that_belongs_to_it(context, source, workspace, programs, monkeypatch, tmp_path):
    dependency = context.store.get_or_create(
        wheel_cache.Key.create("overlay", "numpy-2.0"), lambda entry: (entry / "numpy.whl").touch()
    )
    programs.overlays = TargetOverlays(OVERLAID, (str(dependency),), ("numpy was built",))
    workspace.calls.write_text("# cc -c a.c\n#   removed -I/usr/include: of the build machine\n")
    built = build(context, source, workspace, unvendor_tests=True)
    assert built.notes == ("removed -I/usr/include: of the build machine", "numpy was built")
    assert built.dependency_wheels == (str(dependency),)
    versions, resolved = {"setuptools": "80.0", "cython": "3.1"}, []

    def resolve(host: object, python: object, requirements: Sequence[str], *_: object) -> tuple[str, ...]:
        resolved.append(tuple(requirements))
        return tuple(f"{name}=={versions[name]}" for name in requirements)

    monkeypatch.setattr(wheel_cache, "resolve_requirements", resolve)
    same = replace(context, options=replace(context.options, unvendor_tests=True))
    cached = WheelCache(same, source, PACKAGES).lookup(tmp_path / "log")
    assert cached is not None
    assert cached.cached
    assert (cached.pure, cached.notes, cached.dependency_wheels) == (False, built.notes, built.dependency_wheels)
    assert read_wheel(cached.wheel).files == read_wheel(built.wheel).files
    assert [file.name for file in cached.extra_files] == ["demo-1.0-tests.tar.gz"]
    # First those of the project, then with those of its backend.
    assert resolved == [("setuptools",), ("setuptools", "cython")]
    assert WheelCache(context, source, PACKAGES).lookup(tmp_path / "log") is None  # other options
    versions["cython"] = "3.2"
    assert WheelCache(same, source, PACKAGES).lookup(tmp_path / "log") is None


def test_tests_are_taken_out_into_an_archive_if_requested(context, source, workspace, programs):
    built = build(context, source, workspace, unvendor_tests=True, retain_tests=("*.txt",))
    names = [name for name in read_wheel(built.wheel).files if name.startswith("demo/")]
    assert sorted(names) == ["demo/__init__.py", "demo/tests/data.txt"]
    assert built.extra_files == (workspace.finished / "demo-1.0-tests.tar.gz",)


def test_without_tests_taken_out_nothing_goes_with_the_wheel(context, source, workspace, programs):
    built = build(context, source, workspace)
    assert built.extra_files == ()
    assert "demo/tests/test_demo.py" in read_wheel(built.wheel).files
    assert not built.cached
    assert built.source_tree == tree(workspace)


def test_rust_is_refused_before_anything_is_installed(context, workspace, programs, tmp_path):
    source = source_of(tmp_path, '[build-system]\nrequires = ["maturin>=1"]\nbuild-backend = "maturin"\n')
    with pytest.raises(BuildError, match="maturin requires a Rust toolchain for manylinux_2_31_riscv64") as caught:
        build(context, source, workspace)
    assert caught.value.where == "demo-1.0"
    assert programs.events == []


@pytest.mark.parametrize(
    ("failing", "message", "last"),
    [
        ("PREPARE", "the script prepare ended with status 1", "script PREPARE"),
        ("BACKEND", "the script before-backend ended with status 1", "script BACKEND"),
        ("make", "before-build: `make` ended with status 1", "command make"),
        ("AFTER", "the script after-build ended with status 1", "script AFTER"),
    ],
)
def test_a_step_that_fails_is_the_last_and_nothing_is_stored(
    context, source, workspace, programs, failing, message, last
):
    programs.failing = failing
    scripts = {"prepare": "PREPARE", "before_backend": "BACKEND", "before_build": ("make",), "after_build": "AFTER"}
    with pytest.raises(BuildError, match=re.escape(message)) as caught:
        build(context, source, workspace, **scripts)
    assert caught.value.log == workspace.log
    assert programs.events[-1] == last
    assert list(context.store.entries()) == []


def test_a_backend_that_fails_leaves_nothing_in_the_store(context, source, workspace, programs):
    programs.failing = "build_wheel"
    with pytest.raises(BuildError):
        build(context, source, workspace)
    assert programs.events[-1] == "hook build_wheel"
    assert list(context.store.entries()) == []
