"""The files that describe an interpreter which cannot be run."""

import json
from pathlib import Path

import pytest

from crosswheel.pythons import pyconfig
from crosswheel.pythons.prefix import read_build_details, read_sysconfigdata
from crosswheel.pythons.target_prefix import (
    build_details,
    make_target_python,
    sysconfigdata,
    sysconfigdata_name,
    write_build_info,
)
from crosswheel.targets import PythonVersion

CP313 = PythonVersion(13)


@pytest.fixture
def make(riscv, pyconfig_text, tmp_path):
    def run(version=CP313, full_version="3.13.1"):
        return make_target_python(
            riscv, version, full_version, pyconfig.parse_pyconfig(pyconfig_text), tmp_path, "somewhere"
        )

    return run


def test_sysconfigdata_is_a_module_with_the_variables(make):
    namespace: dict[str, object] = {}
    exec(sysconfigdata(make()), namespace)
    assert namespace["build_time_vars"] == make().config_vars


def test_the_module_has_the_name_that_sysconfig_imports(make):
    assert sysconfigdata_name(make()) == "_sysconfigdata__linux_riscv64-linux-gnu"
    threaded = make(PythonVersion(13, freethreaded=True))
    assert sysconfigdata_name(threaded) == "_sysconfigdata_t_linux_riscv64-linux-gnu"


def test_build_details_have_what_pep_739_requires(make, tmp_path):
    details = build_details(make())
    assert details["schema_version"] == "1.0"
    assert details["base_prefix"] == str(tmp_path)
    assert details["platform"] == "linux-riscv64"
    assert details["language"]["version"] == "3.13"
    assert details["implementation"]["hexversion"] == 0x030D01F0
    assert details["abi"] == {
        "flags": [],
        "extension_suffix": ".cpython-313-riscv64-linux-gnu.so",
        "stable_abi_suffix": ".abi3.so",
    }
    assert details["suffixes"]["extensions"] == [".cpython-313-riscv64-linux-gnu.so", ".abi3.so", ".so"]
    assert details["c_api"] == {"headers": str(tmp_path / "include" / "python3.13")}


def test_the_running_python_would_say_the_same_of_its_version(make):
    import sys

    running = "{}.{}.{}".format(*sys.version_info[:3])
    if sys.version_info.releaselevel != "final":
        pytest.skip("this Python is no final release")
    details = build_details(make(PythonVersion(sys.version_info.minor), running))
    assert details["implementation"]["hexversion"] == sys.hexversion
    assert tuple(details["language"]["version_info"].values()) == tuple(sys.version_info)
    assert details["implementation"]["cache_tag"] == sys.implementation.cache_tag


def test_a_free_threaded_interpreter_loads_no_stable_abi(make):
    details = build_details(make(PythonVersion(13, freethreaded=True)))
    assert details["abi"] == {"flags": ["t"], "extension_suffix": ".cpython-313t-riscv64-linux-gnu.so"}
    assert ".abi3.so" not in details["suffixes"]["extensions"]


def test_a_candidate_is_told_from_a_release(make):
    version = build_details(make(full_version="3.13.0rc2"))["implementation"]
    assert version["version"]["releaselevel"] == "candidate"
    assert version["hexversion"] == 0x030D00C2


def test_what_is_written_is_what_the_prefix_provider_reads(make, tmp_path: Path):
    python = make()
    write_build_info(tmp_path, python)
    assert read_sysconfigdata(tmp_path / "_sysconfigdata__linux_riscv64-linux-gnu.py") == python.config_vars
    assert json.loads((tmp_path / "build-details.json").read_text("utf-8")) == build_details(python)
    stated = {"MULTIARCH": "riscv64-linux-gnu", "EXT_SUFFIX": ".cpython-313-riscv64-linux-gnu.so"}
    assert read_build_details(tmp_path / "build-details.json") == stated
