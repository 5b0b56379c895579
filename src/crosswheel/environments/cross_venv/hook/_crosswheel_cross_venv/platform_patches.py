"""Patches of ``os.uname``, ``platform`` and ``packaging.tags``."""

import os
import sys

from _crosswheel_cross_venv.callers import facts, is_cross_caller, wraps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any


def target_uname() -> "os.uname_result | None":
    """Return ``os.uname()`` of the target; None for callers that do not get the target's values."""
    if not is_cross_caller():
        return None
    target = facts()["uname"]
    return os.uname_result((target["system"], target["node"], target["release"], target["version"], target["machine"]))


def target_confstr() -> "str | None":
    """Return the C library and its version, empty if it is not glibc; None for other callers."""
    if not is_cross_caller():
        return None
    name, version = facts()["libc"]
    return f"{name} {version}" if name == "glibc" else ""


def target_long_bits() -> int:
    """Return the number of bits of C's ``long``; 0 for callers that do not get the target's values."""
    return int(facts()["types"]["l"][0]) * 8 if is_cross_caller() else 0


def patch_platform(module: "ModuleType") -> None:
    """Patch ``platform``; its unpatched functions, ``platform.machine()`` too, call the patched ones."""
    names = module.__dict__
    real_uname, real_architecture = names["uname"], names["architecture"]
    real_libc_ver, real_platform = names["libc_ver"], names["platform"]
    platform_cache: dict[Any, str] = {}

    @wraps(real_uname)
    def uname() -> "Any":
        if not is_cross_caller():
            return real_uname()
        target = facts()["uname"]
        result = names["uname_result"](
            target["system"], target["node"], target["release"], target["version"], target["machine"]
        )
        # Otherwise computed by running the program uname; functools.cached_property uses this value.
        result.__dict__["processor"] = target["machine"]
        return result

    @wraps(real_architecture)
    def architecture(*arguments: "Any", **named: "Any") -> "Any":
        if not _means_python(arguments, named) or not is_cross_caller():
            return real_architecture(*arguments, **named)
        return f"{facts()['pointer_size'] * 8}bit", str(facts()["linkage"])

    @wraps(real_libc_ver)
    def libc_ver(*arguments: "Any", **named: "Any") -> "Any":
        if not _means_python(arguments, named) or not is_cross_caller():
            return real_libc_ver(*arguments, **named)
        name, version = facts()["libc"]
        return (name, version) if name == "glibc" or sys.version_info >= (3, 14) else ("", "")

    @wraps(real_platform)
    def platform(*arguments: "Any", **named: "Any") -> str:
        if not is_cross_caller():
            return str(real_platform(*arguments, **named))
        key = (arguments, tuple(sorted(named.items())))
        if key not in platform_cache:
            cache = names.get("_platform_cache", {})
            kept = dict(cache)
            cache.clear()
            platform_cache[key] = str(real_platform(*arguments, **named))
            cache.clear()
            cache.update(kept)
        return platform_cache[key]

    names.update(
        mac_ver=_mac_ver(names["mac_ver"]), uname=uname, architecture=architecture, libc_ver=libc_ver, platform=platform
    )


def _means_python(arguments: "tuple[Any, ...]", named: "dict[str, Any]") -> bool:
    """Whether functions that examine an executable are called for the running Python's."""
    return (*arguments[:1], *named.values()) in {(), (sys.executable,)}


def _mac_ver(real: "Any") -> "Any":
    @wraps(real)
    def mac_ver(*arguments: "Any", **named: "Any") -> "Any":
        version = facts()["product_version"] if is_cross_caller() else ""
        return (version, ("", "", ""), facts()["uname"]["machine"]) if version else real(*arguments, **named)

    return mac_ver


def patch_tags(module: "ModuleType") -> None:
    """Patch ``packaging.tags``, which reads the ELF header of its own interpreter to detect the platform."""
    for name in ("platform_tags", "_platform_tags"):
        real = module.__dict__.get(name)
        if real is not None:
            module.__dict__[name] = _platform_tags(real)


def _platform_tags(real: "Any") -> "Any":
    @wraps(real)
    def platform_tags(*arguments: "Any", **named: "Any") -> "Iterator[str]":
        return iter(facts()["platform_tags"]) if is_cross_caller() else real(*arguments, **named)

    return platform_tags


def patch_cpuinfo(module: "ModuleType") -> None:
    """Patch py-cpuinfo, which executes the instruction ``cpuid``: that describes the build machine's processor."""
    source = module.__dict__["DataSource"]
    source.can_cpuid = False
    source.has_proc_cpuinfo = staticmethod(lambda: bool(facts()["cpuinfo"]))
    source.cat_proc_cpuinfo = staticmethod(lambda: (0, facts()["cpuinfo"]))
    # The original asks a child process, where the module is __main__ and not patched.
    internal = module.__dict__["_get_cpu_info_internal"]

    @wraps(module.__dict__["get_cpu_info_json"])
    def get_cpu_info_json() -> str:
        import json

        return json.dumps(internal())

    module.__dict__["get_cpu_info_json"] = get_cpu_info_json
