"""A cross gcc or clang that is installed already: distributions' packages, a vendor's toolchain."""
