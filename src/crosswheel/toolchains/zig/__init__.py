"""zig, from the ziglang package: clang and lld driven directly, with zig's headers and C library stubs."""
