"""zig for Linux: clang and lld with zig's stubs of every glibc version and of musl."""
