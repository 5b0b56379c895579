"""Fortran 77 where there is no Fortran compiler: f2c makes C of it, and the kit's C compiler does the rest."""
