"""macOS on x86_64, arm64, and both (universal2)."""

from crosswheel.platforms.model import Platform
from crosswheel.targets import MacosTarget

MACOS = Platform(
    family="macos",
    target=MacosTarget,
    toolchains={"zig": "crosswheel.toolchains.zig.toolchain:prepare_for_macos"},
    # The system library includes an unwinder.
    cxx_runtime=("libc++", "libc++abi"),
    python_provider="crosswheel.pythons.probe:ProbeProvider",
    runners=("crosswheel.runners.native:NativeRunner", "crosswheel.runners.native:mac_only"),
    mismatch="crosswheel.object_files.mismatch:macho_mismatch",
    repairer="crosswheel.wheels.repair.formats:check_macho",
    audit_checks=(
        "file-type", "deployment-target", "flat-lookups", "mac-libraries", "system-symbols", "signature",
        "install-names",
    ),
    audit_modules=(),
)  # fmt: skip
