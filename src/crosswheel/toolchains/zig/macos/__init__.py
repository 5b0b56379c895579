"""zig for macOS: clang and zig's Mach-O linker; frameworks only with Apple's SDK."""
