"""Windows, by the gnu ABI with the UCRT."""

from crosswheel.platforms.model import Platform
from crosswheel.targets import WindowsTarget

WINDOWS = Platform(
    family="windows",
    target=WindowsTarget,
    toolchains={"zig": "crosswheel.toolchains.zig.toolchain:prepare_for_windows"},
    cxx_runtime=("libc++", "libc++abi", "libunwind"),
    python_provider="crosswheel.pythons.windows:WindowsProvider",
    runners=("crosswheel.runners.wine.runner:WineRunner",),
    mismatch="crosswheel.object_files.mismatch:pe_mismatch",
    repairer="crosswheel.wheels.repair.formats:check_pe",
    audit_checks=("dll", "pyd-suffix", "subsystem", "python-dll", "python-symbols", "dlls", "debug-file", "time-stamp"),
    audit_modules=(),
)
