from cffi import FFI

ffi = FFI()
ffi.cdef('int twice(int); extern "Python" int more(int); int asked(void);')
ffi.set_source(
    "called._called",
    "static int more(int);\n"
    "static int twice(int n) { return 2 * n; }\n"
    "static int asked(void) { return more(GIVEN); }\n",
)
