"""Windows' Python under wine: its environments, its scripts, what is copied and what is shared."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from fake_hosts import Shelf, fake_host

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import Host, machine
from crosswheel.runners.wine import installation
from crosswheel.runners.wine import runner as module
from crosswheel.runners.wine.environment import WindowsEnvironments, launcher, windows_path
from crosswheel.runners.wine.installation import (
    WineInstallation,
    copy_prefix,
    hard_link_equal_files,
    stop_wine,
    wine_environ,
)
from crosswheel.runners.wine.pythons import windows_platforms
from crosswheel.runners.wine.runner import WineRunner
from crosswheel.targets import PythonVersion, target_from_tag

AMD64 = target_from_tag("win_amd64")
ARM64 = target_from_tag("win_arm64")
PYTHON = PythonVersion(13)
FULL = "3.13.2"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A Windows of two files."""
    place = tmp_path / "template"
    (place / "drive_c" / "windows").mkdir(parents=True)
    (place / "drive_c" / "windows" / "kernel32.dll").write_bytes(b"code")
    for name in ("system.reg", "user.reg", "userdef.reg", ".update-timestamp"):
        (place / name).write_text(name, "utf-8")
    return place


def wine(place: Path, template: Path, answer=lambda _request: (0, "", "")) -> WineInstallation:
    return WineInstallation(
        fake_host(place, Shelf(place), answer, {"PATH": "/bin", "DISPLAY": ":0"}), place / "root", template
    )


def environments(found: WineInstallation, place: Path) -> WindowsEnvironments:
    return WindowsEnvironments(found, place / "home", "x86_64-pc-windows-msvc", FULL)


def test_every_python_is_named_by_its_own_version() -> None:
    for platform in windows_platforms().values():
        for version, python in platform.pythons.items():
            assert python.full_version.startswith(f"{version}.")
            assert f"=={version}." in python.requirement
            assert len(bytes.fromhex(python.sha256)) == 32


def test_the_launcher(tmp_path: Path, template: Path) -> None:
    found = wine(tmp_path / "o'brien's things", template)
    first, away, settings, command = launcher(found, Path("/w indows"), Path("/e nv/python.exe")).splitlines()
    assert (first, away) == ("#!/bin/sh", "unset DISPLAY WAYLAND_DISPLAY TMPDIR")
    assert dict(word.split("=", 1) for word in shlex.split(settings)[1:]) == installation.wine_variables(
        Path("/w indows")
    )
    assert shlex.split(command) == ["exec", str(found.program), "/e nv/python.exe", "$@"]


def test_a_persons_own_wine_and_screen_are_not_seen() -> None:
    seen = wine_environ(
        {"DISPLAY": ":0", "WINEPREFIX": "/home/x/.wine", "WINEARCH": "win32", "HOME": "/home/x", "TMPDIR": "/x"},
        Path("/p"),
    )
    assert (seen["WINEPREFIX"], seen["HOME"]) == ("/p", "/home/x")
    assert not seen.keys() & {"DISPLAY", "WINEARCH", "TMPDIR"}


def test_an_environment_is_laid_out_as_on_windows(tmp_path: Path, template: Path) -> None:
    found, place = wine(tmp_path, template), tmp_path / "env"
    with environments(found, tmp_path)(tmp_path / "python", place, pytest.fail):
        assert (place / "pyvenv.cfg").read_text("utf-8") == (
            f"home = {windows_path(tmp_path / 'home')}\ninclude-system-site-packages = false\nversion = 3.13.2\n"
        )
        names = ["python.exe", "python3.dll", "python313.dll", "vcruntime140.dll", "vcruntime140_1.dll"]
        assert sorted(path.name for path in (place / "Scripts").iterdir()) == names
        assert all(path.readlink() == tmp_path / "home" / path.name for path in (place / "Scripts").iterdir())
        text = launcher(found, place / "windows", place / "Scripts" / "python.exe")
        for name in ("python", "python3", "python3.13"):
            assert (place / "bin" / name).read_text("utf-8") == text
            assert (place / "bin" / name).stat().st_mode & 0o111
        assert (place / "Lib" / "site-packages").is_dir()


def test_its_processes_are_ended_whatever_happens(tmp_path: Path, template: Path) -> None:
    found = wine(tmp_path, template)
    with pytest.raises(KeyboardInterrupt), environments(found, tmp_path)(Path(), tmp_path / "env", pytest.fail):
        raise KeyboardInterrupt
    requests = found.host.runner.requests
    prefix = str(tmp_path / "env" / "windows")
    assert [request.argv[0] for request in requests] == [str(found.server), str(found.program), str(found.server)]
    assert [request.argv[-1] for request in requests] == ["-p60", "", "-k"]
    assert all(request.env["WINEPREFIX"] == prefix and "DISPLAY" not in request.env for request in requests)
    assert all(request.log and request.timeout for request in requests), "a pipe would stay open as long as a service"


def test_a_wine_that_does_not_start_is_told_and_ended(tmp_path: Path, template: Path) -> None:
    found = wine(tmp_path, template, lambda request: (int(request.argv[-1] == ""), "", ""))
    with (
        pytest.raises(EnvironmentMissingError, match="wine failed: wine ended with status 1"),
        environments(found, tmp_path)(Path(), tmp_path / "env", pytest.fail),
    ):
        pytest.fail("it did not start")
    assert found.host.runner.requests[-1].argv[-1] == "-k"


def test_packages_are_installed_for_windows_and_their_commands_run_there(tmp_path: Path, template: Path) -> None:
    asked: list[tuple[str, ...]] = []
    place = tmp_path / "env"

    def uv(*words: str | Path) -> None:
        asked.append(tuple(map(str, words)))
        info = place / "Lib" / "site-packages" / "tool-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Name: tool\nVersion: 1\n", "utf-8")
        (info / "entry_points.txt").write_text("[console_scripts]\ntool = tool.cli:main\n", "utf-8")

    with environments(wine(tmp_path, template), tmp_path)(Path(), place, uv) as environment:
        environment.install("--offline", "tool")
    ((*words, last),) = asked
    options = dict(zip(words[3::2], words[4::2], strict=False))
    assert (words[:3], words[-1], last) == (["pip", "install", "--quiet"], "--offline", "tool")
    assert options["--target"] == str(place / "Lib" / "site-packages")
    assert (options["--python-platform"], options["--python-version"]) == ("x86_64-pc-windows-msvc", FULL)
    (command,) = (place / "bin" / "tool").read_text("utf-8").split("\n", 1)[1:]
    program, option, code, rest = shlex.split(command.removeprefix("exec "))
    assert (program, option, rest) == (str(place / "bin" / "python"), "-c", "$@")
    assert "'tool.cli:main'" in code


def test_a_windows_has_a_registry_of_its_own_and_shares_the_rest(tmp_path: Path, template: Path) -> None:
    prefix = tmp_path / "prefix"
    copy_prefix(template, prefix)
    shared, own = "drive_c/windows/kernel32.dll", "system.reg"
    assert (prefix / shared).samefile(template / shared)
    assert not (prefix / own).samefile(template / own)
    assert (prefix / own).read_text("utf-8") == own
    assert (prefix / "dosdevices" / "c:").resolve() == prefix / "drive_c"
    assert (prefix / "dosdevices" / "z:").resolve() == Path("/")


def test_only_equal_files_are_shared(tmp_path: Path) -> None:
    for place, files in (("here/deep", {"a.dll": "a", "b.dll": "b"}), ("there", {"a.dll": "a", "b.dll": "B"})):
        (tmp_path / place).mkdir(parents=True)
        for name, text in files.items():
            (tmp_path / place / name).write_text(text, "utf-8")
    hard_link_equal_files(tmp_path / "here", tmp_path / "there")
    assert (tmp_path / "here" / "deep" / "a.dll").samefile(tmp_path / "there" / "a.dll")
    assert (tmp_path / "here" / "deep" / "b.dll").read_text("utf-8") == "b"


def test_only_wines_own_directory_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[Path] = []
    monkeypatch.setattr(installation, "remove_tree", removed.append)
    host = fake_host(tmp_path, Shelf(tmp_path), lambda _request: (1, "", ""))
    for name in ("wine-AbC123", "../etc", ""):
        (tmp_path / "wineserver").write_text(name, "utf-8")
        stop_wine(host, Path("wineserver"), tmp_path)
    assert removed == [Path("/tmp/wine-AbC123")]


def test_the_interpreter(tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "architecture", lambda: "x86_64")
    monkeypatch.setattr(machine, "libc", lambda: "glibc")
    monkeypatch.setattr(module, "python_home", lambda _host, python: tmp_path / python.full_version)

    def found(host: Host, debian: str, triple: str) -> WineInstallation:
        assert (debian, triple) == ("amd64", "x86_64-w64-mingw32")
        return WineInstallation(host, tmp_path / "root", template)

    monkeypatch.setattr(module, "install_wine", found)
    runner = WineRunner(fake_host(tmp_path, Shelf(tmp_path)))
    python = runner.interpreter(AMD64, PYTHON)
    assert (python.executable.name, python.full_version) == ("python3.13", FULL)
    assert python.description == "CPython 3.13.2 for win_amd64 under wine"
    assert f"exec {tmp_path}/root/usr/lib/crosswheel-wine/wine {tmp_path}/{FULL}/python.exe" in (
        python.executable.read_text("utf-8")
    )
    assert runner.runs_programs(AMD64)
    env, *settings, wine = runner.program_prefix(AMD64, "renamed", tmp_path / "shared")
    assert (env, wine) == ("/usr/bin/env", f"{tmp_path}/root/usr/lib/crosswheel-wine/wine")
    assert f"WINEPREFIX={tmp_path}/shared/wine/windows" in settings
    assert not runner.runs_programs(ARM64)
    with pytest.raises(EnvironmentMissingError, match="no Python for win_arm64"):
        runner.program_prefix(ARM64)
    with pytest.raises(EnvironmentMissingError, match=r"no Python 3.14 for win_amd64"):
        runner.interpreter(AMD64, PythonVersion(14))


@pytest.mark.parametrize(
    ("output", "limit"),
    [
        ("wine: Call from 00006FFFFF3FCF77 to unimplemented function ucrtbase.dll.crealf, aborting\n",
         "wine lacks the Windows function ucrtbase.dll.crealf"),
        ("importing a\nwine: Unimplemented function kernel32.dll.f called at address 00006F (thread 00f8)\n",
         "wine lacks the Windows function kernel32.dll.f"),
        ("wine: Unimplemented function python313.dll.PyModule_Create9 called at address 00006F\n", None),
        ("wine: Unimplemented function libown-1a2b.dll.f called at address 00006F\n", None),
        ("NotImplementedError: unimplemented function f\n", None),
        ("wine: Unhandled page fault on read access to 0000000000000000\n", None),
    ],
)  # fmt: skip
def test_what_wine_lacks_is_told_apart_from_crashes(tmp_path: Path, output: str, limit: str | None) -> None:
    host = fake_host(tmp_path, Shelf(tmp_path), lambda _request: (0, "", ""), {})
    found = WineRunner(host).own_limit(output)
    assert (found.reason if found else None) == limit
