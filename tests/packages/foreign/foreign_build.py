"""What cffi compiles."""

from cffi import FFI

ffi = FFI()
ffi.cdef("long long product(int first, int second);")
ffi.set_source("_foreign", "static long long product(int first, int second) { return (long long)first * second; }")
