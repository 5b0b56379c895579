"""zig's clang, and its own linker for Mach-O, for macOS: no SDK of Apple's, so no frameworks."""
