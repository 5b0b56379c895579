"""Programs of the build machine that projects look for, and those that answer for it where the target is meant."""

from __future__ import annotations

import zipfile
from pathlib import Path
from textwrap import dedent

import pytest

import crosswheel
from crosswheel import BuildOptions, Stage
from crosswheel.errors import AuditError, BuildError

pytestmark = pytest.mark.network
SETUPTOOLS = '[build-system]\nrequires = ["setuptools>=77"{more}]\nbuild-backend = "setuptools.build_meta"\n'
MODULE = """
    #include <Python.h>
    {text}
    static struct PyModuleDef m = {{PyModuleDef_HEAD_INIT, "demo", NULL, -1, NULL, NULL, NULL, NULL, NULL}};
    PyMODINIT_FUNC PyInit_demo(void) {{ return PyModule_Create(&m); }}
"""
SETUP = """
    import glob, os, shutil, subprocess
    from setuptools import Extension, setup
    from setuptools.command.build_ext import build_ext

    class Build(build_ext):
        def build_extension(self, ext):
            out = self.get_ext_fullpath(ext.name)
            os.makedirs(os.path.dirname(out), exist_ok=True)
            {commands}

    setup(name="demo", version="1.0", ext_modules=[Extension("demo", ["demo.c"])], cmdclass={{"build_ext": Build}})
"""


def write(directory: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return directory


def setuptools_project(directory: Path, commands: str, *more: str, **files: str) -> Path:
    listed = "".join(f', "{text}"' for text in more)
    setup = SETUP.format(commands=dedent(commands).strip().replace("\n", "\n            "))
    own = {name.replace("__", "."): text for name, text in files.items()}
    return write(
        directory,
        {"pyproject.toml": SETUPTOOLS.format(more=listed), "setup.py": setup, "demo.c": MODULE.format(text=""), **own},
    )


def build(project: Path, out: Path, target: str = "linux-riscv64", **options: object):
    settings = BuildOptions(output_directory=out, **options)
    (result,) = crosswheel.build([str(project)], targets=[target], pythons=["3.13"], options=settings)
    return result


def modules(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return [name for name in archive.namelist() if name.startswith("demo.")]


@pytest.mark.parametrize(
    ("target", "suffix"),
    [
        ("linux-riscv64", ".cpython-313-riscv64-linux-gnu.so"),
        ("musl-aarch64", ".cpython-313-aarch64-linux-musl.so"),
        ("pyodide-3.13", ".cpython-313-wasm32-emscripten.so"),
        ("win-amd64", ".cp313-win_amd64.pyd"),
    ],
)
def test_python_config_answers_for_the_target(tmp_path: Path, target: str, suffix: str) -> None:
    makefile = """
        CONFIG := python3-config
        demo$(shell $(CONFIG) --extension-suffix): demo.c
        \t$(CC) $(shell python3.13-config --includes) -shared -fPIC $< -o $@ $(shell python-config --ldflags)
    """
    copy = """
        subprocess.check_call(["make"])
        (module,) = glob.glob("demo.*.so") + glob.glob("demo.*.pyd")
        shutil.copy(module, os.path.dirname(out))
    """
    result = build(setuptools_project(tmp_path / "demo", copy, Makefile=makefile), tmp_path / "dist", target)
    assert result.error is None, result.error
    assert modules(result.wheel) == [f"demo{suffix}"]


@pytest.mark.parametrize("target", ["linux-riscv64", "pyodide-3.13", "win-amd64", "macos-arm64"])
def test_pkg_config_describes_the_targets_python(tmp_path: Path, target: str) -> None:
    commands = """
        import sysconfig
        def ask(*words):
            return subprocess.run(["pkg-config", *words], capture_output=True, text=True, check=True).stdout.split()
        assert ask("--modversion", "python3") == ["3.13"]
        assert ask("--cflags", "python-3.13") == ["-I" + sysconfig.get_path("include")]
        assert "python" in ask("--libs", "python3-embed")[-1]
        assert subprocess.run(["pkg-config", "--exists", "python3 >= 4"]).returncode
        assert subprocess.run(["pkg-config", "--exists", "pythonic"]).returncode
        super().build_extension(ext)
    """
    result = build(setuptools_project(tmp_path / "demo", commands), tmp_path / "dist", target)
    assert result.error is None, result.error
    assert len(modules(result.wheel)) == 1


@pytest.mark.skipif(not Path("/usr/bin/gcc").exists(), reason="the build machine has no gcc")
def test_a_compiler_of_the_build_machine_is_named(tmp_path: Path) -> None:
    command = """
        include = __import__("sysconfig").get_path("include")
        subprocess.check_call(["/usr/bin/gcc", f"-I{include}", "-shared", "-fPIC", "demo.c", "-o", out])
    """
    result = build(setuptools_project(tmp_path / "demo", command), tmp_path / "dist")
    assert isinstance(result.error, AuditError)
    assert "the build called /usr/bin/gcc" in result.error.what
    assert "CC" in (result.error.hint or "")


@pytest.mark.skipif(not Path("/usr/bin/gcc").exists(), reason="the build machine has no gcc")
def test_scons_that_takes_the_build_machines_compiler_is_named(tmp_path: Path) -> None:
    sconstruct = """
        import sysconfig
        environment = Environment(CPPPATH=[sysconfig.get_path("include")], SHLIBPREFIX="")
        environment.SharedLibrary("demo", ["demo.c"])
    """
    command = """
        subprocess.check_call(["scons"])
        shutil.copy("demo.so", out)
    """
    project = setuptools_project(tmp_path / "demo", command, "scons", SConstruct=sconstruct)
    result = build(project, tmp_path / "dist")
    assert isinstance(result.error, AuditError)
    assert "SCons" in result.error.what
    assert "ENV=os.environ" in (result.error.hint or "")


def test_a_refused_wheel_says_why_its_module_did_not_compile(tmp_path: Path) -> None:
    command = """
        try:
            subprocess.check_call([*self.compiler.compiler_so, "-c", "demo.c"])
        except subprocess.CalledProcessError:
            print("going on without demo")
    """
    project = setuptools_project(tmp_path / "demo", command)
    (project / "demo.c").write_text("#include <Python.h>\nint f(void) { return undeclared_thing; }\n")
    result = build(project, tmp_path / "dist")
    assert isinstance(result.error, AuditError)
    assert "demo.c:2:" in result.error.what
    assert "undeclared_thing" in result.error.what


CMAKE = {
    "pyproject.toml": """
        [build-system]
        requires = ["scikit-build-core>=0.11", "pybind11>=3"]
        build-backend = "scikit_build_core.build"
        [project]
        name = "demo"
        version = "1.0"
    """,
    "CMakeLists.txt": """
        cmake_minimum_required(VERSION 3.15...4.0)
        project(demo LANGUAGES CXX)
        find_package(BISON REQUIRED)
        find_package(FLEX REQUIRED)
        bison_target(parser demo.y "${CMAKE_CURRENT_BINARY_DIR}/demo_parser.cc")
        set(PYBIND11_FINDPYTHON ON)
        find_package(pybind11 CONFIG REQUIRED)
        pybind11_add_module(demo demo.cc)
        target_include_directories(demo PRIVATE "${CMAKE_CURRENT_BINARY_DIR}")
        target_sources(demo PRIVATE ${BISON_parser_OUTPUTS})
        install(TARGETS demo DESTINATION .)
    """,
    "demo.y": """
        %{
        int yylex(void) { return 0; }
        void yyerror(const char *) {}
        %}
        %token WORD
        %%
        words: | words WORD;
    """,
    "demo.cc": """
        #include <pybind11/pybind11.h>
        int yyparse(void);
        PYBIND11_MODULE(demo, m) { m.def("parse", &yyparse); }
    """,
}


def test_programs_that_cmake_looks_for_are_installed(tmp_path: Path) -> None:
    project = write(tmp_path / "demo", CMAKE)
    check = 'python -c "import demo; assert demo.parse() == 0"'
    result = build(project, tmp_path / "dist", test=True, test_commands=(check,), rebuild=True)
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED


def test_a_program_is_not_installed_unless_options_allow_it(tmp_path: Path) -> None:
    result = build(write(tmp_path / "demo", CMAKE), tmp_path / "dist", auto=False)
    assert isinstance(result.error, BuildError)
    assert 'tools = ["bison"]' in (result.error.hint or "")
    assert "for the target" not in f"{result.error.what} {result.error.hint}"


def test_pep_725_names_programs_of_the_build_machine(tmp_path: Path) -> None:
    command = """
        listed = subprocess.run(["gperf"], input="one\\ntwo\\n", text=True, check=True, capture_output=True).stdout
        assert "in_word_set" in listed
        super().build_extension(ext)
    """
    project = setuptools_project(tmp_path / "demo", command)
    text = (project / "pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(f'{text}[external]\nbuild-requires = ["dep:generic/gperf@>=3"]\n')
    assert build(project, tmp_path / "dist", auto=False).error is None


def test_meson_finds_libraries_of_the_target_by_cmake(tmp_path: Path) -> None:
    project = write(
        tmp_path / "demo",
        {
            "pyproject.toml": """
                [build-system]
                requires = ["meson-python>=0.17", "cmake"]
                build-backend = "mesonpy"
                [project]
                name = "demo"
                version = "1.0"
            """,
            "meson.build": """
                project('demo', 'c', version: '1.0')
                python = import('python').find_installation(pure: false)
                zlib = dependency('ZLIB', method: 'cmake', modules: ['ZLIB::ZLIB'])
                python.extension_module('demo', 'demo.c', dependencies: zlib, install: true)
            """,
            "demo.c": """
                #include <Python.h>
                #include <zlib.h>
                static PyObject *version(PyObject *self, PyObject *args) { return PyUnicode_FromString(zlibVersion()); }
                static PyMethodDef methods[] = {{"version", version, METH_NOARGS, "zlib's."}, {NULL, NULL, 0, NULL}};
                static struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "demo", NULL, -1, methods};
                PyMODINIT_FUNC PyInit_demo(void) { return PyModule_Create(&m); }
            """,
        },
    )
    check = 'python -c "import demo; assert demo.version().startswith(str(1)), demo.version()"'
    result = build(project, tmp_path / "dist", libraries=("zlib",), test=True, test_commands=(check,))
    assert result.error is None, result.error
    assert (result.stage, result.libraries) == (Stage.TESTED, ("zlib",))


def test_make_runs_with_all_processors(tmp_path: Path) -> None:
    makefile = """
        all:
        \t+$(MAKE) -f Makefile part
        part: one two
        one two:
        \t@echo "flags of $@: $(MAKEFLAGS)"
        .PHONY: all part one two
    """
    command = """
        subprocess.check_call(["make"])
        super().build_extension(ext)
    """
    result = build(setuptools_project(tmp_path / "demo", command, Makefile=makefile), tmp_path / "dist", rebuild=True)
    assert result.error is None, result.error
    log = result.log.read_text()
    assert "warning: jobserver unavailable" not in log
    jobs = crosswheel.host.Host.detect().jobs
    assert f"-j{jobs}" in log
