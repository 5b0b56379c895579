"""Fortran 77 for toolchains without a Fortran compiler: f2c translates to C, which the toolchain compiles."""
