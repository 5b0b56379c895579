from called._called import ffi, lib


@ffi.def_extern()
def more(number):
    return number + 2


__all__ = ["lib"]
