"""What build systems are told."""

from __future__ import annotations

from configparser import ConfigParser
from dataclasses import replace
from pathlib import Path

from crosswheel.build_systems import BuildSite, configure
from crosswheel.pythons.model import TargetPython
from crosswheel.targets import PythonVersion, find_target
from crosswheel.toolchains.wrappers import Wrappers


class Floors:
    def minimum_version(self, architecture: str, libc: str) -> tuple[int, int] | None:
        return (1, 2) if libc == "musl" else (2, 17)


def site(place: Path, spec: str) -> BuildSite:
    version = PythonVersion(13)
    target = find_target(spec, Floors(), native="linux-x86_64")
    suffix = {"EXT_SUFFIX": target.ext_suffix(version), "SOABI": target.soabi(version)}
    return BuildSite(
        target=target,
        python=TargetPython(target, version, "3.13.0", place / "include", suffix, "made up"),
        tools=Wrappers(place / "tools", place / "log"),
        compiler_id="clang",
        directory=place / "config",
        root=place,
        environment_bin=place / "env",
        exe_wrapper=place / "run",
        jobs=3,
    )


def test_meson_learns_the_machine(tmp_path: Path) -> None:
    configuration = configure(site(tmp_path, "linux-s390x"), "mesonpy")
    (argument, *_) = configuration.config_settings["setup-args"]
    parser = ConfigParser()
    parser.read(argument.removeprefix("--cross-file="))
    assert parser["host_machine"]["cpu_family"] == "'s390x'"
    assert parser["host_machine"]["endian"] == "'big'"
    assert parser["properties"]["longdouble_format"] == "'IEEE_QUAD_BE'"
    assert parser["binaries"]["exe_wrapper"] == f"'{tmp_path / 'run'}'"
    assert configuration.defaults == {"builddir": (str(tmp_path / "meson"),)}


def test_macs_are_described_without_their_sdk(tmp_path: Path) -> None:
    place = site(tmp_path, "macosx_11_0_arm64")
    configuration = configure(place, "mesonpy")
    (argument, *_) = configuration.config_settings["setup-args"]
    parser = ConfigParser()
    parser.read(argument.removeprefix("--cross-file="))
    assert parser["host_machine"]["system"] == "'darwin'"
    assert parser["host_machine"]["subsystem"] == "'macos'"
    assert parser["host_machine"]["cpu_family"] == "'aarch64'"
    assert parser["properties"]["longdouble_format"] == "'IEEE_DOUBLE_LE'"
    toolchain = Path(configuration.env["CMAKE_TOOLCHAIN_FILE"]).read_text()
    assert 'set(CMAKE_SYSTEM_NAME "Darwin")' in toolchain
    assert 'set(CMAKE_BUILD_WITH_INSTALL_RPATH "ON")' in toolchain
    assert configuration.env["LDSHARED"].endswith("/cc -bundle -undefined dynamic_lookup")
    assert "host_alias=aarch64-apple-darwin20" in Path(configuration.env["CONFIG_SITE"]).read_text()


def test_other_backends_get_no_meson_settings(tmp_path: Path) -> None:
    assert configure(site(tmp_path, "linux-riscv64"), "setuptools.build_meta").config_settings == {}


def test_cmake_looks_nowhere_else(tmp_path: Path) -> None:
    configuration = configure(site(tmp_path, "musl-aarch64"), "scikit_build_core.build")
    text = Path(configuration.env["CMAKE_TOOLCHAIN_FILE"]).read_text()
    assert 'set(CMAKE_SYSTEM_PROCESSOR "aarch64")' in text
    assert 'set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY "ONLY")' in text
    assert str(tmp_path / "tools" / "cc") in text
    assert f'set(PKG_CONFIG_EXECUTABLE "{tmp_path / "tools" / "pkg-config"}" CACHE FILEPATH "")' in text


def test_configure_scripts_learn_that_they_cross(tmp_path: Path) -> None:
    configuration = configure(site(tmp_path, "linux-ppc64le"), "setuptools.build_meta")
    text = Path(configuration.env["CONFIG_SITE"]).read_text()
    assert "host_alias=powerpc64le-linux-gnu" in text
    assert "cross_compiling=yes" in text
    assert "ac_cv_c_bigendian=no" in text


def test_no_tool_is_named_without_its_place(tmp_path: Path) -> None:
    env = configure(site(tmp_path, "linux-i686"), "setuptools.build_meta").env
    for name in ("CC", "CXX", "AR", "RANLIB", "LDSHARED", "LDCXXSHARED", "PKG_CONFIG"):
        assert env[name].startswith(str(tmp_path / "tools"))


def test_native_libraries_are_where_every_build_system_looks(tmp_path: Path) -> None:
    libraries = tmp_path / "libraries"
    (libraries / "bin").mkdir(parents=True)
    (libraries / "bin" / "xml2-config").touch()
    configuration = configure(replace(site(tmp_path, "linux-s390x"), libraries=libraries), "mesonpy")
    toolchain = Path(configuration.env["CMAKE_TOOLCHAIN_FILE"]).read_text()
    assert f'set(CMAKE_FIND_ROOT_PATH "{libraries};' in toolchain
    assert f'list(APPEND CMAKE_PREFIX_PATH "{libraries}")' in toolchain
    places = f"{libraries}/lib/pkgconfig:{libraries}/share/pkgconfig"
    assert configuration.env["PKG_CONFIG_LIBDIR"] == places
    cross = (tmp_path / "config" / "meson-cross.ini").read_text()
    assert f"pkg_config_libdir = '{places}'" in cross
    assert f"xml2-config = '{libraries}/bin/xml2-config'" in cross


def test_a_library_is_configured_without_a_python(tmp_path: Path) -> None:
    configuration = configure(replace(site(tmp_path, "linux-s390x"), python=None), "")
    assert "Python" not in Path(configuration.env["CMAKE_TOOLCHAIN_FILE"]).read_text()


def test_tools_of_the_build_machine_have_variables_of_their_own(tmp_path: Path) -> None:
    env = configure(site(tmp_path, "linux-riscv64"), "setuptools.build_meta").env
    for name in ("CC_FOR_BUILD", "BUILD_CC", "CC_BUILD", "HOSTCC", "HOST_CC"):
        assert env[name] == f"{tmp_path}/tools/cc-for-build"
    for name in ("CXX_FOR_BUILD", "BUILD_CXX", "CXX_BUILD", "HOSTCXX", "HOST_CXX"):
        assert env[name] == f"{tmp_path}/tools/c++-for-build"
    assert env["CPP_FOR_BUILD"] == f"{tmp_path}/tools/cc-for-build -E"
    assert (env["CFLAGS_FOR_BUILD"], env["BUILD_LDFLAGS"]) == ("", "")


def test_meson_gets_a_native_file(tmp_path: Path) -> None:
    configuration = configure(site(tmp_path, "linux-s390x"), "mesonpy")
    native = tmp_path / "config" / "meson-native.ini"
    assert f"--native-file={native}" in configuration.config_settings["setup-args"]
    parser = ConfigParser()
    parser.read(native)
    assert parser["binaries"]["cpp"] == f"'{tmp_path}/tools/c++-for-build'"
    assert parser["binaries"]["pkg-config"] == f"'{tmp_path}/tools/pkg-config-for-build'"


def test_meson_finds_cmake_and_what_it_is_configured_for(tmp_path: Path) -> None:
    configuration = configure(site(tmp_path, "linux-s390x"), "mesonpy")
    parser = ConfigParser()
    parser.read(tmp_path / "config" / "meson-cross.ini")
    assert parser["binaries"]["cmake"] == "'cmake'"
    assert parser["properties"]["cmake_toolchain_file"] == f"'{configuration.env['CMAKE_TOOLCHAIN_FILE']}'"


def test_a_configure_script_for_the_build_machine_is_recognized(tmp_path: Path) -> None:
    text = Path(configure(site(tmp_path, "linux-riscv64"), "").env["CONFIG_SITE"]).read_text()
    assert text.index("*cc-for-build*) return 0") < text.index("cross_compiling=yes")


def test_a_nested_cmake_for_the_build_machine_is_recognized(tmp_path: Path) -> None:
    configuration = configure(site(tmp_path, "linux-riscv64"), "")
    text = Path(configuration.env["CMAKE_TOOLCHAIN_FILE"]).read_text()
    assert text.index("return()") < text.index("CMAKE_SYSTEM_NAME")
    for name in ("HOST_CC", "HOST_C_COMPILER", "CMAKE_C_COMPILER_FOR_BUILD"):
        assert f'set({name} "{tmp_path}/tools/cc-for-build" CACHE FILEPATH "")' in text


def test_python_config_reports_the_targets_python(tmp_path: Path) -> None:
    (directory,) = configure(site(tmp_path, "linux-riscv64"), "setuptools.build_meta").path
    names = {"python-config", "python3-config", "python3.13-config"}
    assert {path.name for path in directory.iterdir()} == names
    text = (directory / "python3-config").read_text()
    assert f"-I{tmp_path}/include" in text
    assert "echo .cpython-313-riscv64-linux-gnu.so" in text
    assert configure(replace(site(tmp_path, "linux-riscv64"), python=None), "").path == ()


def test_python_config_names_the_library_that_windows_modules_are_linked_with(tmp_path: Path) -> None:
    windows = site(tmp_path, "linux-riscv64")
    python = replace(windows.python, library=tmp_path / "libs" / "python313.lib")
    (directory,) = configure(replace(windows, python=python), "").path
    assert f"-L{tmp_path}/libs $embed -lpython313" in (directory / "python3-config").read_text().replace("'", "")
