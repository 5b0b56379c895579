"""The gcc toolchain: an installed cross gcc or clang, from a distribution's packages or a vendor."""
