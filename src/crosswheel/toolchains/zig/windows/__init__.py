"""zig for Windows: clang and lld-link for the gnu ABI with the UCRT; headers and libraries of MinGW-w64."""
