"""The machine: what ``os.uname``, ``platform`` and ``packaging`` know of it."""

import os
import sys

from _crosswheel_cross_venv.callers import facts, like, pretends

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any


def pretended_uname() -> "os.uname_result | None":
    """``os.uname()`` of the target, None for who is to be told the truth."""
    if not pretends():
        return None
    told = facts()["uname"]
    return os.uname_result((told["system"], told["node"], told["release"], told["version"], told["machine"]))


def pretended_confstr() -> "str | None":
    """The C library and its version, empty if it is not glibc; None for who is to be told the truth."""
    if not pretends():
        return None
    name, version = facts()["libc"]
    return f"{name} {version}" if name == "glibc" else ""


def change_platform(module: "ModuleType") -> None:
    """The module ``platform``, whose other functions ask these."""
    names = module.__dict__
    real_uname, real_architecture = names["uname"], names["architecture"]
    real_libc_ver, real_platform = names["libc_ver"], names["platform"]
    told_platform: dict[Any, str] = {}

    @like(real_uname)
    def uname() -> "Any":
        if not pretends():
            return real_uname()
        told = facts()["uname"]
        result = names["uname_result"](told["system"], told["node"], told["release"], told["version"], told["machine"])
        # Computed when asked for, by the program uname; it is kept where functools.cached_property looks.
        result.__dict__["processor"] = told["machine"]
        return result

    @like(real_architecture)
    def architecture(*arguments: "Any", **named: "Any") -> "Any":
        if arguments or named or not pretends():
            return real_architecture(*arguments, **named)
        return f"{facts()['pointer_size'] * 8}bit", str(facts()["linkage"])

    @like(real_libc_ver)
    def libc_ver(*arguments: "Any", **named: "Any") -> "Any":
        if arguments or named or not pretends():
            return real_libc_ver(*arguments, **named)
        name, version = facts()["libc"]
        return (name, version) if name == "glibc" or sys.version_info >= (3, 14) else ("", "")

    @like(real_platform)
    def platform(*arguments: "Any", **named: "Any") -> str:
        if not pretends():
            return str(real_platform(*arguments, **named))
        key = (arguments, tuple(sorted(named.items())))
        if key not in told_platform:
            cache = names.get("_platform_cache", {})
            kept = dict(cache)
            cache.clear()
            told_platform[key] = str(real_platform(*arguments, **named))
            cache.clear()
            cache.update(kept)
        return told_platform[key]

    names.update(
        mac_ver=_mac_ver(names["mac_ver"]), uname=uname, architecture=architecture, libc_ver=libc_ver, platform=platform
    )


def _mac_ver(real: "Any") -> "Any":
    @like(real)
    def mac_ver(*arguments: "Any", **named: "Any") -> "Any":
        version = facts()["product_version"] if pretends() else ""
        return (version, ("", "", ""), facts()["uname"]["machine"]) if version else real(*arguments, **named)

    return mac_ver


def change_tags(module: "ModuleType") -> None:
    """``packaging.tags``, which reads its own interpreter's ELF header to learn the platform."""
    for name in ("platform_tags", "_platform_tags"):
        real = module.__dict__.get(name)
        if real is not None:
            module.__dict__[name] = _platform_tags(real)


def _platform_tags(real: "Any") -> "Any":
    @like(real)
    def platform_tags(*arguments: "Any", **named: "Any") -> "Iterator[str]":
        return iter(facts()["platform_tags"]) if pretends() else real(*arguments, **named)

    return platform_tags
