#include <ffi.h>

static int twice(int number) { return 2 * number; }

int check(void)
{
    ffi_cif cif;
    ffi_type *types[] = {&ffi_type_sint};
    int number = 21;
    void *values[] = {&number};
    ffi_arg result = 0;
    if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_sint, types) != FFI_OK) return 1;
    ffi_call(&cif, FFI_FN(twice), &result, values);
    return (int)result != 42;
}
