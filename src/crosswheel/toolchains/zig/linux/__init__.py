"""zig's clang and lld for Linux: stubs of every glibc and of musl come from zig's package."""
