"""What is said about the exception that a build ended with."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosswheel.environments.backend_exceptions import ProjectFiles
from crosswheel.environments.build_log import compiler_error, diagnose

OPENED = """Traceback (most recent call last):
  File "<string>", line 3, in <module>
FileNotFoundError: [Errno 2] No such file or directory: '{}'
"""
STARTED = """Traceback (most recent call last):
  File "/usr/lib/python3.12/subprocess.py", line 1026, in __init__
    self._execute_child(args, executable, preexec_fn, close_fds,
  File "/usr/lib/python3.12/subprocess.py", line 1950, in _execute_child
    raise child_exception_type(errno_num, err_msg, err_filename)
FileNotFoundError: [Errno 2] No such file or directory: '{}'
"""
IMPORTED = """Traceback (most recent call last):
  File "<string>", line 3, in <module>
ModuleNotFoundError: No module named '{}'
"""


@pytest.fixture
def project(tmp_path: Path) -> ProjectFiles:
    root = tmp_path / "project"
    files = {
        "own/__init__.py": "", "src/inner/part.py": "", "own/_fast.pyx": "", "one.c": "PyMODINIT_FUNC PyInit_one(void)",
        "vendored/yaml.c": "int parse(void);", "data/there.txt": "", "tests/numpy.py": "", "run.sh": "",
    }  # fmt: skip
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return ProjectFiles(root)


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (OPENED.format("gone.txt"), "the project reads gone.txt, which its sources do not contain"),
        (OPENED.format("{root}/docs/gone.txt"), "the project reads docs/gone.txt, which its sources do not contain"),
        (OPENED.format("there.txt"), "the project reads there.txt, but contains data/there.txt"),
        (OPENED.format("/srv/x"), "the build reads /srv/x of this machine"),
        (STARTED.format("swig"), "the build runs swig on the build machine"),
        (STARTED.format("./configure"), "the build runs ./configure, which the project does not contain"),
        (STARTED.format("{root}/run.sh"), "run.sh is part of the project, but its interpreter"),
        (STARTED.format("/opt/x/bin/tool"), "the build runs /opt/x/bin/tool, which this machine does not have"),
        (IMPORTED.format("own"), "own is part of the project (own/__init__.py), but its directory is not on sys.path"),
        (IMPORTED.format("inner.part"), "inner.part is part of the project (src/inner/part.py)"),
        (IMPORTED.format("own._fast"), "the project builds own._fast itself (own/_fast.pyx)"),
        (IMPORTED.format("own._other"), "the project builds own._other itself (in own)"),
        (IMPORTED.format("one"), "the project builds one itself (one.c)"),
        (IMPORTED.format("yaml"), "if yaml is a build requirement"),
        (IMPORTED.format("numpy"), "if numpy is a build requirement"),
        (IMPORTED.format("pkg_resources"), "setuptools<82"),
        (IMPORTED.format("imp"), "Python 3.12 has removed imp"),
    ],
)
def test_what_is_missing(project: ProjectFiles, log: str, said: str) -> None:
    hint = diagnose(log.replace("{root}", str(project.root)), project).hint
    assert hint is not None
    assert hint.startswith(said) or said in hint.split(" in [")[0]


def test_a_variable_of_the_environment_is_not_any_key(project: ProjectFiles) -> None:
    lines = 'Traceback (most recent call last):\n  File "<frozen os>", line 685, in __getitem__\n{}'
    assert "--env WHERE=" in str(diagnose(lines.format("KeyError: 'WHERE'\n"), project).hint)
    assert diagnose("Traceback\n  File \"setup.py\", line 9\nKeyError: 'WHERE'\n", project).hint is None


def test_a_message_of_several_lines_is_told_as_a_whole() -> None:
    log = "Traceback\n  File x\nValueError: invalid pyproject.toml config: `project.version`.\nit must be pep440\n"
    assert diagnose(log).what.endswith("`project.version`. it must be pep440")
    assert diagnose(log + "\n".join("abcdef")).what.endswith("`project.version`.")


def test_the_exception_in_a_group_is_the_cause() -> None:
    log = """  | ExceptionGroup: Failed to parse pyproject.toml (1 sub-exception)
  +-+---------------- 1 ----------------
    | errors.ConfigurationError: Field "project.version" is an invalid PEP 440 version string
    +------------------------------------
"""
    assert diagnose(log).what == (
        'the build failed: errors.ConfigurationError: Field "project.version" is an invalid PEP 440 version string'
    )


@pytest.mark.parametrize(
    ("log", "what", "hint"),
    [
        (
            "make: swig: No such file or directory\nmake: *** [Makefile:2: all] Error 127\n",
            "program swig not found",
            "runs swig",
        ),
        (
            "gen.sh: line 2: swig: command not found\n",
            "program swig not found",
            "the build runs swig on the build machine",
        ),
        ("gen.sh: 2: swig: not found\n", "program swig not found", "runs swig"),
        ("make: *** [x] Error 1 (ignored)\nmake[1]: *** [Makefile:2: y] Error 1\n", "[Makefile:2: y] Error 1", None),
        ("x.c:1:1: error: real\nninja: build stopped: subcommand failed.\n", "x.c:1:1: error: real", None),
        ("crosswheel: error: undefined function f (module m.so)\n", "undefined function f", "--allow-undefined f"),
    ],
)
def test_programs(log: str, what: str, hint: str | None) -> None:
    found = diagnose(f"{log}subprocess.CalledProcessError: Command '['x']' returned non-zero exit status 1.\n")
    assert what in found.what
    assert (found.hint is None) if hint is None else (hint in str(found.hint))


@pytest.mark.parametrize(
    "command", ["['pkg-config', '--cflags', 'libfoo']", "['/usr/bin/pkg-config', 'libfoo', '--libs']",
                "pkg-config --libs libfoo"],
)  # fmt: skip
def test_a_package_that_pkg_config_did_not_find(command: str) -> None:
    found = diagnose(f"subprocess.CalledProcessError: Command '{command}' returned non-zero exit status 1.\n")
    assert found.missing == ("package", "libfoo")


def test_the_first_error_of_a_build_that_went_on() -> None:
    assert compiler_error("a\n_configtest.c:1:1: error: probe\nm.c:2:1: error: real\nm.c:3:1: error: more\n") == (
        "m.c:2:1: error: real"
    )
    assert compiler_error("warning: nothing\n") is None
