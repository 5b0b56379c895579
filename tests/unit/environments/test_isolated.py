"""What a backend's process gets of the world outside."""

from __future__ import annotations

from pathlib import Path

from fake_hosts import NoDownloads, fake_host

from crosswheel.environments.isolated import backend_environ
from crosswheel.sealing import Sandbox

OUTSIDE = {
    "HOME": "/home/me",
    "PATH": "/home/me/venv/bin:/usr/bin:/bin",
    "VIRTUAL_ENV": "/home/me/venv",
    "CFLAGS": "-march=native",
    "CC": "gcc",
    "PKG_CONFIG_PATH": "/usr/lib/pkgconfig",
    "CPATH": "/usr/include",
    "LIBRARY_PATH": "/usr/lib",
    "LD_LIBRARY_PATH": "/opt/lib",
    "C_INCLUDE_PATH": "/usr/include",
    "CMAKE_PREFIX_PATH": "/usr",
    "PYTHONPATH": "/somewhere",
    "PYTHONHASHSEED": "7",
    "TZ": "Asia/Tokyo",
    "LC_ALL": "de_DE",
    "https_proxy": "http://proxy",
    "SOURCE_DATE_EPOCH": "5",
}


def environ(**extra: str) -> dict[str, str]:
    host = fake_host(Path("/nowhere"), NoDownloads(), environ=OUTSIDE)
    sandbox = Sandbox(host, Path("/build-1"))
    path = (Path("/w"), Path("/env/bin"))
    return backend_environ(sandbox, path=path, virtual_env=Path("/env"), epoch=315532800, jobs=3, extra=extra)


def test_flags_and_search_paths_of_the_build_machine_stay_outside() -> None:
    dropped = {
        "CFLAGS", "CC", "PKG_CONFIG_PATH", "CPATH", "LIBRARY_PATH", "LD_LIBRARY_PATH", "C_INCLUDE_PATH",
        "CMAKE_PREFIX_PATH", "PYTHONPATH",
    }  # fmt: skip
    assert not dropped & environ().keys()


def test_proxies_come_along_and_the_user_does_not() -> None:
    found = environ()
    assert (found["HOME"], found["TMPDIR"]) == ("/build-1/home", "/build-1/tmp")
    assert (found["USER"], found["LOGNAME"]) == ("build", "build")
    assert environ()["https_proxy"] == "http://proxy"


def test_programs_are_found_in_order_and_not_those_of_the_user() -> None:
    assert environ()["PATH"].startswith("/w:/env/bin:/usr/bin:/bin:/usr/sbin:/sbin")
    assert "venv" not in environ()["PATH"]


def test_what_could_vary_is_fixed() -> None:
    found = environ()
    assert (found["PYTHONHASHSEED"], found["TZ"], found["LC_ALL"], found["LANG"]) == ("0", "UTC", "C.UTF-8", "C.UTF-8")
    assert found["SOURCE_DATE_EPOCH"] == "315532800"
    assert found["PYTHONNOUSERSITE"] == "1"
    assert found["CROSSWHEEL_JOBS"] == "3"
    assert found["VIRTUAL_ENV"] == "/env"


def test_what_the_user_sets_wins() -> None:
    assert environ(CFLAGS="-O1", TZ="Europe/Berlin")["CFLAGS"] == "-O1"
    assert environ(TZ="Europe/Berlin")["TZ"] == "Europe/Berlin"
