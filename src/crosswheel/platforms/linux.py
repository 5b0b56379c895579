"""Linux with glibc (manylinux) or musl (musllinux)."""

from crosswheel.platforms.model import Platform
from crosswheel.targets import LinuxTarget

LINUX = Platform(
    family="linux",
    target=LinuxTarget,
    toolchains={
        "zig": "crosswheel.toolchains.zig.toolchain:prepare_for_linux",
        "gcc": "crosswheel.toolchains.gcc.toolchain:prepare_for_linux",
    },
    cxx_runtime=("libc++", "libc++abi", "libunwind"),
    python_provider="crosswheel.pythons.probe:ProbeProvider",
    runners=("crosswheel.runners.native:NativeRunner", "crosswheel.runners.qemu:QemuRunner"),
    mismatch="crosswheel.object_files.mismatch:elf_mismatch",
    repairer="crosswheel.wheels.repair.formats:repair_elf",
    audit_checks=(
        "float-abi",
        "libc",
        "symbol-versions",
        "libraries",
        "elf-file",
        "policy",
        "musl-loader",
        "unresolved",
        "forbidden-symbols",
        "run-path",
        "carried",
    ),
    audit_modules=("elftools.elf.elffile", "auditwheel.policy"),
)
