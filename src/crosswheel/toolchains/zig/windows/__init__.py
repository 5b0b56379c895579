"""zig's clang and lld for Windows: the gnu ABI with the UCRT, headers and libraries of MinGW-w64."""
