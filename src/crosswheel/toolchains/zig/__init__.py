"""The zig toolchain: clang and lld of the ziglang package run directly, with zig's headers and C library stubs."""
