"""Which symbols the C library of a Linux target has, and since which version."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.pythons.symbols import parse_table
from crosswheel.toolchains.zig.glibc_symbols import glibc_symbols
from crosswheel.toolchains.zig.model import zig_targets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.targets import LinuxTarget

Version = tuple[int, ...]
_SINCE: Mapping[str, Version] = {
    **dict.fromkeys(("_Fork", "gettid", "reallocarray"), (1, 2, 2)),
    **dict.fromkeys(("pthread_getname_np", "qsort_r", "tcgetwinsize", "tcsetwinsize"), (1, 2, 3)),
    **dict.fromkeys(("preadv2", "pwritev2", "statx"), (1, 2, 5)),
}
"""Functions that musl has added since 1.2.0, by its release notes."""
_SUFFIX = "64"
"""musl's loader finds ``fopen64`` as ``fopen``, for modules that were linked with versions before 1.2.4."""
_LOADER = frozenset(
    {"__tls_get_addr", "___tls_get_addr", "__tls_get_offset", "__stack_chk_guard", "_GLOBAL_OFFSET_TABLE_"}
)
"""Names that the loader provides or the linker resolves, on one architecture or another."""


def first_version(name: str, target: LinuxTarget) -> Version | None:
    """Return the first version of the target's C library that has a symbol; None if no known version has.

    It is empty for what every version has; for musl, for what 1.2.0 has.
    """
    if name in _LOADER:
        return ()
    if target.libc.name == "glibc":
        return _glibc(target.architecture.name).get(name)
    names = _musl()[target.architecture.name]
    if name in names or name.removesuffix(_SUFFIX) in names:
        return _SINCE.get(name, ())
    return None


@cache
def _glibc(architecture: str) -> Mapping[str, Version]:
    suffix = "eabihf" if architecture == "armv7l" else ""
    return glibc_symbols(f"{zig_targets()[architecture].zig}-linux-gnu{suffix}")


@cache
def _musl() -> Mapping[str, frozenset[str]]:
    return parse_table(files("crosswheel.wheels.audit").joinpath("musl_symbols.txt").read_text("utf-8"))
