"""The provider that probes: what it keeps, when it asks again."""

from dataclasses import replace

import pytest

from crosswheel.pythons import pyconfig
from crosswheel.pythons.check_runner import ProbeError
from crosswheel.pythons.probe import ProbeProvider, feature_macros


@pytest.fixture
def platform(compiler):
    return compiler(
        symbols=frozenset({"printf", "acosh"}),
        conditions=frozenset({"__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__"}),
        numbers={"sizeof(long)": 4, "sizeof(void *)": 4},
    )


@pytest.fixture
def provide(make_host, platform, riscv, build_python, toolchain):
    def run(build_python=build_python, toolchain=toolchain):
        return ProbeProvider(make_host(platform)).target_python(riscv, build_python, toolchain)

    return run


def test_the_headers_are_the_build_python_s_and_pyconfig_is_the_target_s(provide):
    include = provide().include
    assert sorted(path.name for path in include.rglob("*.h")) == ["Python.h", "object.h", "patchlevel.h", "pyconfig.h"]
    found = pyconfig.parse_pyconfig((include / "pyconfig.h").read_text("utf-8")).values
    assert found == {
        "HAVE_ACOSH": "1",
        "HAVE_DUP9": None,
        "HAVE_STDIO_H": "1",
        "SIZEOF_LONG": "4",
        "SIZEOF_VOID_P": "4",
        "Py_ENABLE_SHARED": None,
        "WITH_DOC_STRINGS": "1",
        "WORDS_BIGENDIAN": "1",
        "_GNU_SOURCE": "1",
    }


def test_the_variables_repeat_pyconfig(provide):
    values = provide().config_vars
    assert (values["SIZEOF_LONG"], values["HAVE_DUP9"], values["WITH_DOC_STRINGS"]) == (4, 0, 1)


def test_nothing_of_the_build_machine_is_left(provide, build_python):
    home = str(build_python.executable.parent.parent)
    assert not {name: value for name, value in provide().config_vars.items() if home in str(value)}


def test_a_second_time_nothing_is_asked(provide, platform):
    first = provide()
    asked = len(platform.stages)
    assert provide() == first
    assert len(platform.stages) == asked


@pytest.mark.parametrize("change", ["toolchain", "version", "pyconfig"])
def test_another_kit_or_python_is_asked_anew(provide, platform, toolchain, build_python, change):
    first = provide()
    asked = len(platform.stages)
    if change == "toolchain":
        second = provide(toolchain=replace(toolchain, identity="fake-2"))
    elif change == "version":
        second = provide(replace(build_python, full_version="3.13.2"))
    else:
        path = build_python.include / "pyconfig.h"
        path.write_text(path.read_text("utf-8").replace("WITH_DOC_STRINGS 1", "WITH_DOC_STRINGS 2"), "utf-8")
        second = provide()
    assert second.include != first.include
    assert len(platform.stages) == 2 * asked


def test_a_failed_probe_leaves_nothing_behind(provide, platform):
    platform.link = lambda _source: (1, "", "ld.lld: error: unable to find library -lm")
    with pytest.raises(ProbeError):
        provide()
    platform.__dict__.pop("link")
    assert provide().include.is_dir()


def test_features_are_what_configure_defines_for_the_system_s_headers():
    values = {"_GNU_SOURCE": "1", "_POSIX_SOURCE": None, "_PYTHONFRAMEWORK": '""', "HAVE_X": "1", "_Py_X": "1"}
    assert feature_macros(values) == {"_GNU_SOURCE": "1"}
