"""The whole environment of a backend's process: nothing is inherited by accident."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_INHERITED = frozenset(
    "HOME USER LOGNAME TMPDIR TERM SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE PIP_CERT"
    " http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY".split()
)


def backend_environ(
    outside: Mapping[str, str],
    *,
    path: tuple[Path, ...],
    virtual_env: Path,
    epoch: int,
    jobs: int,
    extra: Mapping[str, str],
) -> dict[str, str]:
    """The variables of a backend's process.

    Search paths of compilers, linkers and pkg-config, and flags meant for the build machine, stay outside.

    :param outside: the environment crosswheel was started in.
    :param path: directories before the rest of PATH: wrappers, then the environment's programs.
    :param epoch: ``SOURCE_DATE_EPOCH``, seconds since 1970.
    :param extra: what the configuration and the user add; wins.
    """
    return {
        **{name: value for name, value in outside.items() if name in _INHERITED},
        "PATH": ":".join([*(str(directory) for directory in path), *_rest_of_path(outside)]),
        "VIRTUAL_ENV": str(virtual_env),
        "PYTHONNOUSERSITE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",  # into the sources, from where it would get into wheels
        "PYTHONUNBUFFERED": "1",  # so that the log has everything in its order
        "SOURCE_DATE_EPOCH": str(epoch),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "CROSSWHEEL_JOBS": str(jobs),
        **extra,
    }


def relevant_env(outside: Mapping[str, str]) -> dict[str, str]:
    """What a backend gets of the outside that can decide what it builds; all else says who asks, and through whom."""
    return {"PATH": ":".join(_rest_of_path(outside))}


def _rest_of_path(outside: Mapping[str, str]) -> list[str]:
    """PATH without the activated virtual environment, whose programs nobody has asked for."""
    activated = f"{outside['VIRTUAL_ENV']}/bin" if outside.get("VIRTUAL_ENV") else ""
    entries = outside.get("PATH", "/usr/bin:/bin").split(":")
    return [entry for entry in entries if entry and entry.rstrip("/") != activated]
